import { createHash } from 'node:crypto'
import { topLevelMembers } from '../core/json-members.ts'
import type { Planned } from './exchange.ts'

/** Part of every key: change it when the meaning of a key changes, and all that was stored before is a miss. */
const keyFormat = 1

/**
 * Members of a request that have no say in what is answered, so that two requests which differ only here share an answer:
 * how it is delivered, whom it is for, and what the provider may keep of it for itself.
 */
const withoutMeaning: ReadonlySet<string> = new Set([
  'stream',
  'stream_options',
  'user',
  'safety_identifier',
  'metadata',
  'prompt_cache_key',
  'prompt_cache_retention',
  'prompt_cache_options',
])

/** Headers that only name the one request; the others choose an account or change what the provider does. */
const headersWithoutMeaning: ReadonlySet<string> = new Set(['x-client-request-id', 'idempotency-key'])

/** What a request that may be answered from the cache is known by. */
export interface CacheKey {
  /** SHA-256, hex. */
  readonly key: string
  /** The request itself bounds its answer, so that one which ends at the bound is complete. */
  readonly boundsLength: boolean
}

/**
 * The key of a request: equal for two requests exactly when the same caller would send the same to the same targets. What
 * must never be shared is part of it: tenant, scopes of the key, prompt and version, guardrails. The members of the body
 * count whatever their order, each by its exact text, so that numbers JSON.parse would round stay apart.
 *
 * @returns null when the answer may not be served twice: it is stored upstream (`store`), several were asked for (`n`), or
 *   it holds a sound that expires.
 */
export function cacheKeyOf(planned: Planned, guardrailPolicy: string): CacheKey | null {
  const body = planned.targets[0]?.body()
  if (typeof body !== 'string') return null
  const members = topLevelMembers(body)
  if (!mayBeServedTwice(members)) return null
  const { asked, prompt } = planned
  const frame = [
    keyFormat,
    asked.operation,
    asked.key.tenantId,
    asked.key.scopes.toSorted(),
    prompt === null ? null : [prompt.slug, prompt.hash],
    guardrailPolicy,
    planned.targets.map(({ provider, model, credentials }) => [
      provider.id,
      model,
      [...new Set(credentials.map(({ baseUrl }) => baseUrl))].toSorted(),
    ]),
    Object.entries(planned.forwardHeaders)
      .filter(([name]) => !headersWithoutMeaning.has(name))
      .toSorted(([left], [right]) => compare(left, right)),
  ]
  const hash = createHash('sha256').update(JSON.stringify(frame))
  for (const name of [...members.keys()].toSorted(compare)) {
    const raw = members.get(name) ?? ''
    // Lengths keep the parts apart: nothing can be moved from one into the next.
    if (!withoutMeaning.has(name)) hash.update(`\n${name.length}:${name}${raw.length}:`).update(raw)
  }
  return {
    key: hash.digest('hex'),
    boundsLength: isSet(members, 'max_tokens') || isSet(members, 'max_completion_tokens'),
  }
}

function mayBeServedTwice(members: ReadonlyMap<string, string>): boolean {
  if (members.get('store') === 'true') return false
  const n = members.get('n')
  if (n !== undefined && n !== 'null' && Number(n) !== 1) return false
  return !isSet(members, 'audio') && !(members.get('modalities') ?? '').includes('audio')
}

function isSet(members: ReadonlyMap<string, string>, name: string): boolean {
  return (members.get(name) ?? 'null') !== 'null'
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}
