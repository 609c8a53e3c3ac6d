import type { JsonObject } from '../core/json.ts'
import type { Usage } from '../core/usage.ts'

/** A complete answer as it is kept: nothing of who asked, nothing that may differ when it is served again. */
export interface CacheEntry {
  /** The provider and the model (in its words) that answered. */
  readonly provider: string
  readonly model: string
  /** One whole `chat.completion`, parsed. Must not be changed. */
  readonly completion: JsonObject
  /** Tokens as the provider counted them; null: it said nothing. */
  readonly usage: Usage | null
  /** What the provider could not honour of the request. */
  readonly warnings: readonly string[]
}

/** What entries are kept apart by, and purged by. */
export interface CacheScope {
  readonly tenant: string
  /** Slug; null: no prompt was named. */
  readonly prompt: string | null
}

/**
 * Answers by the key of their request. A cache makes things faster and is never in the way: reading or writing one that is
 * away, slow or broken is a miss and an observation, never an error.
 */
export interface AnswerCache {
  /** The entry, or null: there is none, its time is over, it was purged, or the cache is away. Never rejects. */
  get(key: string, scope: CacheScope): Promise<CacheEntry | null>
  /** Keeps an entry for so many seconds. One larger than the bound is not kept, and a cache that is away keeps nothing. Never rejects. */
  put(key: string, entry: CacheEntry, ttlSeconds: number, scope: CacheScope): Promise<void>
  /**
   * Forgets everything of this scope; when it resolves none of it is served any more.
   *
   * @returns how many entries that were.
   * @throws Fault `unavailable`: the cache is away or slow, and it is not certain that anything was forgotten.
   */
  purge(tenant: string, prompt: string | null): Promise<number>
  close(): Promise<void>
}
