import type { Clock } from '../core/clock.ts'
import type { SnapshotTier } from '../core/observation.ts'
import { applyInSlices } from './apply-changes.ts'
import type { SnapshotChange } from './change.ts'
import { type IndexedSnapshot, type SnapshotStamp, hasThing, restamp } from './indexed-snapshot.ts'
import { SnapshotDraft } from './snapshot-draft.ts'
import { createSlices } from '../core/slices.ts'
import { promptKey } from './snapshot.ts'

/** What a file or the environment adds. Without a database, all there is. */
export interface Fallback {
  readonly changes: readonly SnapshotChange[]
  /** Short digest of the content; part of the snapshot's version. */
  readonly digest: string
}

/**
 * Lays the tiers over one another. The rule: a thing (a prompt, guardrail or experiment by its slug, a key or model by its id) is taken
 * from the first of these that has it: the database (or, while it is away, its last good copy on disk), `promptbox.yaml`, the
 * environment. So what exists only in the file is served next to the database's, whether the database is there or not.
 *
 * What a prompt of the database answers to, slug or alias, is its own: a file's prompt with that slug is not served, and a
 * file's alias does not count there; nor is an experiment of a file about it. Otherwise a file could change what a protected
 * label serves.
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
  /** Things of the overlay by each name they would like to answer to. */
  let overlayByName: ReadonlyMap<string, readonly string[]> = new Map()

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
          [...overlay.values()].map((change) => beneath(base, change)).filter((change) => change !== null),
        )
    },

    async changeBase(changes, version) {
      const names = new Set([...namesHeld(base, changes), ...changes.flatMap(namesOf)])
      const draft = new SnapshotDraft(base)
      await applyInSlices(draft, changes, createSlices())
      base = draft.finish({ version, tier: base.tier, builtAt: clock.now() })
      if (overlay.size === 0) {
        served = restamp(base, stamp())
        return
      }
      // What leaves the base, or gives up a name, uncovers what lies under it; what comes or takes a name covers it.
      const touched = new Set([...names].flatMap((name) => overlayByName.get(name) ?? []))
      const uncovered = [...touched].flatMap((key) => {
        const change = overlay.get(key)
        if (change === undefined || hasThing(base, change)) return []
        return [beneath(base, change) ?? { ...change, value: null }]
      })
      const own = changes.filter((change) => change.value !== null || !touched.has(thingKey(change)))
      await refill(new SnapshotDraft(served), [...own, ...uncovered])
    },

    async setFallback(source, fallback) {
      fallbacks[source] = fallback
      const before = overlay
      overlay = overlayOf(fallbacks)
      overlayByName = byName(overlay)
      const gone = [...before].filter(([key]) => !overlay.has(key)).map(([, change]) => change)
      const differing = [...overlay].filter(([key, change]) => before.get(key) !== change).map(([, change]) => change)
      await refill(new SnapshotDraft(served), [
        ...gone.filter((change) => beneath(base, change) !== null).map((change) => ({ ...change, value: null })),
        // What was to be seen before may not be any more, such as an experiment that moved on to a prompt of the base.
        ...differing
          .filter((change) => !hasThing(base, change))
          .map((change) => beneath(base, change) ?? { ...change, value: null }),
      ])
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

/** What is to be seen of a thing that lies under the base; null: nothing. */
function beneath(base: IndexedSnapshot, change: SnapshotChange): SnapshotChange | null {
  const { held } = base.tables.prompts
  if (change.noun === 'experiment' && change.value !== null) {
    if (held.has(promptKey(change.tenantId, change.value.body.prompt))) return null
  }
  if (change.noun !== 'prompt') return hasThing(base, change) ? null : change
  if (held.has(promptKey(change.tenantId, change.id))) return null
  const { value } = change
  if (value === null) return change
  const aliases = value.aliases.filter((alias) => !held.has(promptKey(change.tenantId, alias)))
  return aliases.length === value.aliases.length ? change : { ...change, value: { ...value, aliases } }
}

/** All names that the thing asks for, and whose being taken matters to it. */
function namesOf(change: SnapshotChange): readonly string[] {
  if (change.noun === 'experiment' && change.value !== null) {
    return [thingKey(change), promptKey(change.tenantId, change.value.body.prompt)]
  }
  if (change.noun !== 'prompt') return [thingKey(change)]
  return [change.id, ...(change.value?.aliases ?? [])].map((name) => promptKey(change.tenantId, name))
}

/** All names that these things answer to before they change. */
function namesHeld(base: IndexedSnapshot, changes: readonly SnapshotChange[]): readonly string[] {
  return changes.flatMap((change) =>
    change.noun === 'prompt' && hasThing(base, change)
      ? (base.tables.prompts.held.get(promptKey(change.tenantId, change.id))?.names() ?? [])
      : [],
  )
}

function byName(overlay: ReadonlyMap<string, SnapshotChange>): ReadonlyMap<string, readonly string[]> {
  const keys = new Map<string, string[]>()
  for (const [key, change] of overlay) {
    for (const name of namesOf(change)) keys.set(name, [...(keys.get(name) ?? []), key])
  }
  return keys
}

function thingKey(change: SnapshotChange): string {
  return 'tenantId' in change ? `${change.noun}/${change.tenantId}/${change.id}` : `${change.noun}/${change.id}`
}
