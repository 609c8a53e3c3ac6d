import { parseChainModel, readChainInput } from '../chains/reference.ts'
import { Fault } from '../core/fault.ts'
import { type JsonObject, type JsonValue, ownMember } from '../core/json.ts'
import { assembleObject, topLevelMembers } from '../core/json-members.ts'
import { deepestNesting, isNestedDeeper } from '../core/nesting.ts'
import { quoted } from '../prompts/selector.ts'
import { maxValueDepth } from '../prompts/variables.ts'
import { type Snapshot, type SnapshotChain, type SnapshotChainVersion, promptKey } from '../snapshot/snapshot.ts'
import type { ChainMessages } from './chain-scope.ts'
import type { Asked } from './exchange.ts'
import { dialectOf } from './over-chat.ts'
import { inChatWords } from './plan-target.ts'
import { requireSwitch } from './require-switch.ts'
import { asksForUsage } from './upstream-body.ts'

/** A request that names a chain, understood. */
export interface ChainCall {
  readonly asked: Asked
  readonly chain: SnapshotChain
  readonly version: SnapshotChainVersion
  readonly variables: JsonObject
  /** The messages of the request, in chat's words; undefined: it has none. */
  readonly messages: ChainMessages | undefined
  /** What else the request says, raw, in chat's words: for the step whose answer is the chain's. */
  readonly members: ReadonlyMap<string, string>
  readonly clientWantsUsage: boolean
  /** What of the request has no meaning over chat. */
  readonly warnings: readonly string[]
}

/**
 * What the request says to a chain; null when it names none.
 *
 * @throws Fault: unknown chain or version, an operation no chain can answer, a prompt named beside it, wrong variables.
 */
export function calledChain(asked: Asked): ChainCall | null {
  const model = ownMember(asked.body, 'model')
  const reference = typeof model === 'string' ? parseChainModel(model) : null
  if (reference === null) return null
  requireSwitch(asked.body)
  const dialect = dialectOf(asked.operation)
  if (asked.operation !== 'chat' && dialect === null) {
    throw new Fault(
      'invalid_request',
      `A chain cannot be used on ${asked.path}. Ask it on /chat/completions, or name a model, such as \`openai/…\`.`,
      { param: 'model', code: 'unsupported_endpoint' },
    )
  }
  const chain = findChain(asked.snapshot, asked.key.tenantId, reference.slug)
  const version = findChainVersion(chain, reference.version)
  const input = readChainInput(asked)
  const own = new Map(topLevelMembers(asked.text))
  for (const name of ['model', ...input.strip]) own.delete(name)
  if (input.metadata === null) own.delete('metadata')
  else if (input.metadata !== undefined) own.set('metadata', input.metadata)
  const text = assembleObject(own)
  const request =
    dialect === null
      ? { members: own, warnings: [] }
      : inChatWords(dialect, { body: JSON.parse(text) as JsonObject, text })
  const members = new Map(request.members)
  const raw = members.get('messages')
  const messages = raw === undefined ? undefined : { text: raw, value: JSON.parse(raw) as JsonValue }
  requireWritable(input.variables, messages?.value)
  for (const name of ['model', 'messages', 'stream', ...(asked.stream ? [] : ['stream_options'])]) members.delete(name)
  if (dialect !== null && asked.stream) members.set('stream_options', '{"include_usage":true}')
  return {
    asked,
    chain,
    version,
    variables: input.variables,
    messages,
    members,
    clientWantsUsage: dialect !== null || asksForUsage(asked.body),
    warnings: request.warnings,
  }
}

/** What mappings take of them is written anew for a step, and writing recurses. */
function requireWritable(variables: JsonObject, messages: JsonValue | undefined): void {
  for (const [name, value] of Object.entries(variables)) {
    if (!isNestedDeeper(value, maxValueDepth)) continue
    throw new Fault(
      'invalid_variables',
      `The variable ${quoted(name)} must not be nested deeper than ${maxValueDepth} levels. Make it flatter.`,
      { param: 'variables' },
    )
  }
  if (!isNestedDeeper(messages)) return
  throw new Fault(
    'invalid_request',
    `\`messages\` must not be nested deeper than ${deepestNesting} levels where a chain is called. Make them flatter.`,
    { param: 'messages' },
  )
}

/** @throws Fault `model_not_found`, code `chain_not_found`. */
export function findChain(snapshot: Snapshot, tenantId: string, slug: string): SnapshotChain {
  const chain = snapshot.chains.get(promptKey(tenantId, slug))
  if (chain !== undefined) return chain
  throw new Fault('model_not_found', `There is no chain \`${slug}\`. See GET /v1/models for those this key may use.`, {
    param: 'model',
    code: 'chain_not_found',
  })
}

/** @param number null: the active version. @throws Fault `model_not_found`, code `chain_not_found`. */
export function findChainVersion(chain: SnapshotChain, number: number | null): SnapshotChainVersion {
  const wanted = number ?? chain.activeVersion
  const version = chain.versions.findLast((each) => each.number === wanted)
  if (version !== undefined) return version
  throw new Fault(
    'model_not_found',
    `The chain \`${chain.slug}\` has no version ${wanted}. Its newest is ${chain.versions.at(-1)?.number ?? 0}.`,
    { param: 'model', code: 'chain_not_found' },
  )
}
