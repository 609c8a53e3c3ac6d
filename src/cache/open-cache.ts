import type { Clock } from '../core/clock.ts'
import type { Observe } from '../core/observation.ts'
import type { AnswerCache } from './answer-cache.ts'
import { createMemoryCache } from './memory-cache.ts'
import { openRedisCache } from './redis-cache.ts'

export interface CacheLimits {
  /** Answers kept in memory, bytes in all. */
  readonly cacheMaxBytes: number
  readonly cacheMaxEntries: number
  /** One answer, bytes. */
  readonly cacheMaxEntryBytes: number
  /** What one command to Redis may take, milliseconds. */
  readonly cacheRedisTimeoutMs: number
}

/** The cache of this process: in Redis, shared with the other replicas, when there is one; else in memory. */
export function openAnswerCache(options: {
  readonly redisUrl: string | null
  readonly limits: CacheLimits
  readonly clock: Clock
  readonly observe: Observe
}): AnswerCache {
  const { redisUrl, limits, clock, observe } = options
  const maxEntryBytes = limits.cacheMaxEntryBytes
  if (redisUrl !== null) {
    return openRedisCache({ url: redisUrl, timeoutMs: limits.cacheRedisTimeoutMs, maxEntryBytes, clock, observe })
  }
  const { cacheMaxBytes: maxBytes, cacheMaxEntries: maxEntries } = limits
  return createMemoryCache({ maxBytes, maxEntries, maxEntryBytes }, clock, observe)
}
