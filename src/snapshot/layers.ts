import type { Clock } from '../core/clock.ts'
import type { SnapshotTier } from '../core/observation.ts'
import { applyInSlices } from './apply-changes.ts'
import type { SnapshotChange } from './change.ts'
import { type IndexedSnapshot, type SnapshotStamp, hasThing, restamp } from './indexed-snapshot.ts'
import { SnapshotDraft } from './snapshot-draft.ts'
import { createSlices } from './slices.ts'

/** What a file or the environment adds. Without a database, all there is. */
export interface Fallback {
  readonly changes: readonly SnapshotChange[]
  /** Short digest of the content; part of the snapshot's version. */
  readonly digest: string
}

/**
 * Lays the tiers over one another. The rule: a thing (a prompt by its slug, a key or model by its id) is taken from the
 * first of these that has it: the database (or, while it is away, its last good copy on disk), `promptbox.yaml`, the
 * environment. So what exists only in the file is served next to the database's, whether the database is there or not.
 *
 * Calls must follow one another: await one before the next.
 */
export interface Layers {
  /** What requests should be served from. */
  served(): IndexedSnapshot
  /** The database's part of it alone: what goes to the copy on disk. */
  base(): IndexedSnapshot
  /** Everything of the base is new. */
  replaceBase(base: IndexedSnapshot): Promise<void>
  changeBase(changes: readonly SnapshotChange[], version: string): Promise<void>
  setFallback(source: 'file' | 'environment', fallback: Fallback | null): Promise<void>
}

export function createLayers(empty: IndexedSnapshot, clock: Clock): Layers {
  let base = empty
  let served = empty
  const fallbacks: Record<'file' | 'environment', Fallback | null> = { file: null, environment: null }
  let overlay: ReadonlyMap<string, SnapshotChange> = new Map()

  function stamp(): SnapshotStamp {
    const { file, environment } = fallbacks
    const parts = [
      ...(base.tier === 'none' ? [] : [base.version]),
      ...(file === null ? [] : [`file.${file.digest}`]),
      ...(environment === null ? [] : [`environment.${environment.digest}`]),
    ]
    return {
      version: parts.length === 0 ? empty.version : parts.join('+'),
      tier: tierOf(base, fallbacks),
      builtAt: clock.now(),
    }
  }

  async function refill(draft: SnapshotDraft, changes: Iterable<SnapshotChange>): Promise<void> {
    await applyInSlices(draft, changes, createSlices())
    served = draft.finish(stamp())
  }

  return {
    served: () => served,
    base: () => base,

    async replaceBase(next) {
      base = next
      if (overlay.size === 0) served = restamp(base, stamp())
      else
        await refill(
          new SnapshotDraft(base, served),
          [...overlay.values()].filter((change) => !hasThing(base, change)),
        )
    },

    async changeBase(changes, version) {
      const draft = new SnapshotDraft(base)
      await applyInSlices(draft, changes, createSlices())
      base = draft.finish({ version, tier: base.tier, builtAt: clock.now() })
      if (overlay.size === 0) {
        served = restamp(base, stamp())
        return
      }
      // What leaves the base uncovers what lies under it.
      const uncovered = changes.map((change) =>
        change.value === null ? (overlay.get(thingKey(change)) ?? change) : change,
      )
      await refill(new SnapshotDraft(served), uncovered)
    },

    async setFallback(source, fallback) {
      fallbacks[source] = fallback
      const before = overlay
      overlay = overlayOf(fallbacks)
      const gone = [...before].filter(([key]) => !overlay.has(key)).map(([, change]) => ({ ...change, value: null }))
      const differing = [...overlay].filter(([key, change]) => before.get(key) !== change).map(([, change]) => change)
      const visible = [...gone, ...differing].filter((change) => !hasThing(base, change))
      await refill(new SnapshotDraft(served), visible)
    },
  }
}

function tierOf(
  base: IndexedSnapshot,
  fallbacks: Readonly<Record<'file' | 'environment', Fallback | null>>,
): SnapshotTier {
  if (base.tier !== 'none') return base.tier
  if (fallbacks.file !== null && fallbacks.file.changes.length > 0) return 'file'
  if (fallbacks.environment !== null && fallbacks.environment.changes.length > 0) return 'environment'
  return 'none'
}

function overlayOf({
  file,
  environment,
}: Readonly<Record<'file' | 'environment', Fallback | null>>): Map<string, SnapshotChange> {
  const overlay = new Map<string, SnapshotChange>()
  for (const change of environment?.changes ?? []) overlay.set(thingKey(change), change)
  for (const change of file?.changes ?? []) overlay.set(thingKey(change), change)
  return overlay
}

function thingKey(change: SnapshotChange): string {
  return 'tenantId' in change ? `${change.noun}/${change.tenantId}/${change.id}` : `${change.noun}/${change.id}`
}
