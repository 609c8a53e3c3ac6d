import type { Clock } from '../core/clock.ts'
import type { Observe } from '../core/observation.ts'
import type { AnswerCache, CacheEntry, CacheScope } from './answer-cache.ts'
import { entryFromText, entryToText } from './entry-text.ts'

export interface MemoryCacheLimits {
  /** All entries together, bytes. 0: nothing is kept. */
  readonly maxBytes: number
  readonly maxEntries: number
  /** One entry, bytes. */
  readonly maxEntryBytes: number
}

interface Kept {
  readonly bytes: Buffer
  readonly scope: CacheScope
  /** `Clock.monotonic`. */
  readonly expiresAt: number
}

/** What an entry costs beside its bytes: key, scope, map slot, buffer object. */
const overheadBytes = 512

/**
 * Answers in this process, the least recently used out first. Entries lie outside the heap as bytes, so that a full cache
 * costs the garbage collector nothing and its size is known exactly. Nothing has a timer: what is over is found out when it
 * is asked for, or goes when the room is needed.
 */
export function createMemoryCache(limits: MemoryCacheLimits, clock: Clock, observe: Observe): AnswerCache {
  // In the order of their last use.
  const entries = new Map<string, Kept>()
  let size = 0

  const drop = (key: string, kept: Kept): void => {
    entries.delete(key)
    size -= costOf(kept)
  }
  const tellDepth = (): void => {
    observe({ type: 'cache-depth', entries: entries.size, bytes: size })
  }

  return {
    async get(key) {
      const kept = entries.get(key)
      if (kept === undefined) return null
      if (kept.expiresAt <= clock.monotonic()) {
        drop(key, kept)
        tellDepth()
        return null
      }
      entries.delete(key)
      entries.set(key, kept)
      return entryFromText(kept.bytes.toString('utf8'))
    },

    async put(key, entry, ttlSeconds, scope) {
      const kept = { bytes: bytesOf(entry), scope, expiresAt: clock.monotonic() + ttlSeconds * 1000 }
      if (kept.bytes.length > limits.maxEntryBytes || costOf(kept) > limits.maxBytes) return
      const before = entries.get(key)
      if (before !== undefined) drop(key, before)
      entries.set(key, kept)
      size += costOf(kept)
      for (const [oldest, old] of entries) {
        if (size <= limits.maxBytes && entries.size <= limits.maxEntries) break
        drop(oldest, old)
      }
      observe({ type: 'cache-stored', bytes: kept.bytes.length })
      tellDepth()
    },

    async purge(tenant, prompt) {
      const now = clock.monotonic()
      let purged = 0
      for (const [key, kept] of entries) {
        if (kept.scope.tenant !== tenant || kept.scope.prompt !== prompt) continue
        drop(key, kept)
        if (kept.expiresAt > now) purged += 1
      }
      tellDepth()
      return purged
    },

    async close() {
      entries.clear()
      size = 0
    },
  }
}

function costOf(kept: Kept): number {
  return kept.bytes.length + overheadBytes
}

/** In memory of its own: a small buffer from node's pool would hold its whole slab for as long as it is kept. */
function bytesOf(entry: CacheEntry): Buffer {
  const text = entryToText(entry)
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text))
  bytes.write(text)
  return bytes
}
