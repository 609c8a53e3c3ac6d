import type { Clock } from '../../core/clock.ts'
import type { ChangedThing } from '../changed-thing.ts'
import { databaseAway } from '../faults.ts'

/** What the memory stores share: the clock, whether the "database" is there at all, and the feed of changes. */
export interface MemoryDatabase {
  readonly clock: Clock
  /** Fault `unavailable` while the database is away. */
  reach(): void
  setAvailable(available: boolean): void
  /** Appends to the feed. */
  changed(thing: ChangedThing): void
  /** How many changes there were. */
  head(): number
  /** The things changed after that number, each once, in the order of their newest change. */
  changedSince(number: number): readonly ChangedThing[]
}

export function createMemoryDatabase(clock: Clock): MemoryDatabase {
  const feed: ChangedThing[] = []
  let available = true
  return {
    clock,
    reach() {
      if (!available) throw databaseAway()
    },
    setAvailable(value) {
      available = value
    },
    changed(thing) {
      feed.push(thing)
    },
    head: () => feed.length,
    changedSince(number) {
      const newest = new Map<string, ChangedThing>()
      for (const thing of feed.slice(number)) {
        const key = JSON.stringify([thing.noun, thing.tenantId, thing.id])
        newest.delete(key)
        newest.set(key, thing)
      }
      return [...newest.values()]
    },
  }
}
