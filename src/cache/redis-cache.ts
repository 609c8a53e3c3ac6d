import { randomBytes } from 'node:crypto'
import { Fault } from '../core/fault.ts'
import type { AnswerCache, CacheEntry, CacheScope } from './answer-cache.ts'
import { entryFormat, entryFromText, entryToText } from './entry-text.ts'
import { type RedisLink, type RedisLinkOptions, openRedisLink } from './redis-link.ts'

export interface RedisCacheOptions extends RedisLinkOptions {
  /** One entry, bytes. */
  readonly maxEntryBytes: number
}

/** How long purging, which somebody asked for and waits for, may take. */
const purgeWithinMs = 5_000
/** Nothing is kept for longer (a year), so neither is what purging needs. */
const longestSeconds = 31_536_000
/** Of an epoch, base64url characters. */
const epochLength = 22

/**
 * Answers in Redis, shared by all replicas.
 *
 * A value carries the epoch of its scope (a random word under a key of its own) as it was when it was written; it counts
 * only while that is still the epoch. So purging is taking one word away: atomic, whatever the number of entries, and safe
 * when Redis throws keys out by itself, because a lost epoch makes misses and never brings purged answers back. An index of
 * the scope, by expiry, is there for counting only. The keys of a scope share a hash tag, for Redis behind a cluster proxy.
 */
export function openRedisCache(options: RedisCacheOptions): AnswerCache {
  const { observe, clock } = options
  const link = openRedisLink(options)

  return {
    async get(key, scope) {
      const names = namesOf(scope)
      const found = await link.attempt('get', (client) => client.mGet([names.epoch, names.value(key)]))
      const [epoch, value] = found ?? []
      return typeof epoch === 'string' && typeof value === 'string' ? entryOfValue(value, epoch) : null
    },

    async put(key, entry, ttlSeconds, scope) {
      const text = entryToText(entry)
      const bytes = Buffer.byteLength(text)
      if (bytes > options.maxEntryBytes) return
      const names = namesOf(scope)
      const epoch = await currentEpoch(link, names.epoch)
      if (epoch === null) return
      const now = Math.floor(clock.now() / 1000)
      const stored = await link.attempt('put', (client) =>
        client
          .multi()
          .set(names.value(key), valueOfEntry(text, epoch), { expiration: { type: 'EX', value: ttlSeconds } })
          .zAdd(names.index, { score: now + ttlSeconds, value: key })
          .zRemRangeByScore(names.index, '-inf', now)
          .expire(names.index, longestSeconds)
          .expire(names.epoch, longestSeconds)
          .exec(),
      )
      if (stored !== null) observe({ type: 'cache-stored', bytes })
    },

    async purge(tenant, prompt) {
      const names = namesOf({ tenant, prompt })
      const now = Math.floor(clock.now() / 1000)
      const done = await link.attempt(
        'purge',
        (client) =>
          client.multi().zCount(names.index, `(${now}`, '+inf').unlink([names.epoch, names.index]).execTyped(),
        purgeWithinMs,
      )
      if (done === null) {
        throw new Fault(
          'unavailable',
          'Redis did not answer, so it is not certain that the cached answers were purged. Try again.',
        )
      }
      return done[0]
    },

    close: () => link.close(),
  }
}

/** The word that counts for a scope now, made when there is none; null: Redis is away. */
async function currentEpoch(link: RedisLink, name: string): Promise<string | null> {
  const made = randomBytes(16).toString('base64url')
  // Of several replicas that make one at the same time the first wins, and all use its.
  const replies = await link.attempt('put', (client) =>
    client
      .multi()
      .set(name, made, { condition: 'NX', expiration: { type: 'EX', value: longestSeconds } })
      .get(name)
      .exec(),
  )
  const epoch: unknown = replies?.[1]
  return typeof epoch === 'string' ? epoch : null
}

/** Format, epoch, entry: the format first, so that a later one may put anything behind it. */
function valueOfEntry(text: string, epoch: string): string {
  return entryFormat + epoch + text.slice(entryFormat.length)
}

function entryOfValue(value: string, epoch: string): CacheEntry | null {
  if (!value.startsWith(entryFormat)) return null
  const body = entryFormat.length + epochLength
  if (value.slice(entryFormat.length, body) !== epoch) return null
  return entryFromText(entryFormat + value.slice(body))
}

function namesOf(scope: CacheScope): { epoch: string; index: string; value: (key: string) => string } {
  // Encoded, so that no name of a tenant can end the hash tag or run into the prompt's.
  const tag = `promptbox:cache:{${encodeURIComponent(scope.tenant)}/${encodeURIComponent(scope.prompt ?? '')}}`
  return { epoch: `${tag}:epoch`, index: `${tag}:index`, value: (key) => `${tag}:answer:${key}` }
}
