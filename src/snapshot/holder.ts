import type { Clock } from '../core/clock.ts'
import type { Observe, SnapshotTier } from '../core/observation.ts'
import type { IndexedSnapshot } from './indexed-snapshot.ts'
import type { Snapshot } from './snapshot.ts'

/** What serves at this moment, for `/readyz` and metrics. */
export interface HolderStatus {
  readonly tier: SnapshotTier
  readonly version: string
  readonly prompts: number
  readonly keys: number
  /** Milliseconds since 1970 when the serving snapshot was made. */
  readonly builtAt: number
  /** Staleness: milliseconds since the database last said that this is the newest state; if it never did, since it was made. */
  readonly ageMs: number
}

/** The one place that points to the serving snapshot. */
export interface SnapshotHolder {
  /** The snapshot that serves now; an exchange asks once and keeps what it got. */
  current(): Snapshot
  /** Puts another one in its place. `tookMs`: how long it was in the making. */
  swap(next: IndexedSnapshot, tookMs: number): void
  /** The database has nothing newer. */
  confirm(): void
  status(): HolderStatus
}

export function createSnapshotHolder(first: IndexedSnapshot, clock: Clock, observe: Observe): SnapshotHolder {
  let serving = first
  let swappedAt = clock.monotonic()
  let confirmedAt: number | null = null
  return {
    current: () => serving,
    swap(next, tookMs) {
      serving = next
      swappedAt = clock.monotonic()
      observe({ type: 'snapshot-swapped', tier: next.tier, version: next.version, prompts: next.promptCount, tookMs })
    },
    confirm() {
      confirmedAt = clock.monotonic()
    },
    status: () => ({
      tier: serving.tier,
      version: serving.version,
      prompts: serving.promptCount,
      keys: serving.tables.keysById.size,
      builtAt: serving.builtAt,
      ageMs: clock.monotonic() - (confirmedAt ?? swappedAt),
    }),
  }
}
