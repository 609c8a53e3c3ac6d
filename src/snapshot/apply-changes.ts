import type { SnapshotChange } from './change.ts'
import type { IndexedSnapshot, SnapshotStamp } from './indexed-snapshot.ts'
import { SnapshotDraft } from './snapshot-draft.ts'
import type { Slices } from '../core/slices.ts'

/**
 * The snapshot after these changes: a new value that shares what did not change with the old one. Later changes win; a
 * change that was already applied changes nothing. A version that stays the same (number and hash) keeps its compiled form.
 */
export function applyChanges(
  snapshot: IndexedSnapshot,
  changes: Iterable<SnapshotChange>,
  stamp: SnapshotStamp,
): IndexedSnapshot {
  const draft = new SnapshotDraft(snapshot)
  for (const change of changes) draft.apply(change)
  return draft.finish(stamp)
}

/** Puts changes into a draft and lets the event loop have its turn in between. */
export async function applyInSlices(
  draft: SnapshotDraft,
  changes: Iterable<SnapshotChange>,
  slices: Slices,
): Promise<void> {
  for (const change of changes) {
    draft.apply(change)
    if (slices.due()) await slices.rest()
  }
}
