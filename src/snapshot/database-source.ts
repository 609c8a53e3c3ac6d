import type { Clock } from '../core/clock.ts'
import { Fault } from '../core/fault.ts'
import type { SnapshotStore } from '../store/ports.ts'
import { applyInSlices } from './apply-changes.ts'
import type { SnapshotChange } from './change.ts'
import type { IndexedSnapshot } from './indexed-snapshot.ts'
import { createSlices } from '../core/slices.ts'
import { SnapshotDraft } from './snapshot-draft.ts'
import { withinTime } from './time-limit.ts'

/** What came out of asking the database. */
export type Pulled =
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'changes'; readonly changes: readonly SnapshotChange[]; readonly head: string }
  /** A whole new base, its version the head. */
  | { readonly kind: 'everything'; readonly base: IndexedSnapshot }

export interface DatabaseSource {
  /** The newest change number. Fault `unavailable` when the database is away or hangs. */
  head(): Promise<string>
  /**
   * What is newer than `position`; null: nothing was loaded from this database yet. `current` lends its compiled versions.
   * Throws whatever the store throws, and Fault `unavailable` when it hangs.
   */
  pull(position: string | null, current: IndexedSnapshot): Promise<Pulled>
}

export interface DatabaseSourceOptions {
  readonly store: SnapshotStore
  readonly empty: IndexedSnapshot
  readonly clock: Clock
  /** Milliseconds one question may take. Loading gets more after each time it was not enough, up to `maxLimitMs`. */
  readonly limitMs: number
  readonly maxLimitMs: number
}

export function createDatabaseSource({
  store,
  empty,
  clock,
  limitMs,
  maxLimitMs,
}: DatabaseSourceOptions): DatabaseSource {
  let loadLimitMs = limitMs

  /** A slow database must not be asked for the same heavy thing with the same short limit for ever. */
  async function patiently<Value>(work: Promise<Value>): Promise<Value> {
    const startedAt = clock.monotonic()
    try {
      return await withinTime(work, loadLimitMs, 'The database')
    } catch (error) {
      if (clock.monotonic() - startedAt >= loadLimitMs) loadLimitMs = Math.min(loadLimitMs * 2, maxLimitMs)
      throw error
    }
  }

  const head = () => withinTime(store.head(), limitMs, 'The database')
  const since = (position: string) => patiently(store.since(position))

  async function everything(reuse: IndexedSnapshot): Promise<Pulled> {
    const before = await head()
    const draft = new SnapshotDraft(empty, reuse)
    const slices = createSlices()
    const batches = store.all()[Symbol.asyncIterator]()
    try {
      for (;;) {
        const batch = await patiently(batches.next())
        if (batch.done === true) break
        await applyInSlices(draft, batch.value, slices)
      }
    } catch (error) {
      // Not awaited: it may hang as `next` did, and its own failure says nothing new.
      batches.return?.().catch(() => undefined)
      throw error
    }
    // What was changed while the batches were read may be in them or not: applied once more, it surely is.
    const missed = await since(before)
    await applyInSlices(draft, missed.changes, slices)
    loadLimitMs = limitMs
    return { kind: 'everything', base: draft.finish({ version: missed.head, tier: 'database', builtAt: clock.now() }) }
  }

  return {
    head,
    async pull(position, current) {
      if (position === null) return everything(current)
      let news: Awaited<ReturnType<SnapshotStore['since']>>
      try {
        news = await since(position)
      } catch (error) {
        if (error instanceof Fault && error.code === 'history_pruned') return everything(current)
        throw error
      }
      loadLimitMs = limitMs
      // A feed that went back is another history: somebody restored a backup.
      if (BigInt(news.head) < BigInt(position)) return everything(current)
      if (news.head === position && news.changes.length === 0) return { kind: 'unchanged' }
      return { kind: 'changes', changes: news.changes, head: news.head }
    },
  }
}
