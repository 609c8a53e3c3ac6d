import type { RunningExperiment } from '../experiments/running-experiment.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'
import type { StoredExperiment } from '../store/experiment-port.ts'

const author = 'file'

/**
 * An experiment of `promptbox.yaml` as if it were stored: it is served and counted, but decides nothing by itself, since there
 * is nowhere to write a decision down. null: none of this slug is served, or it is no file's.
 */
export function experimentOfFile(snapshot: Snapshot, tenantId: string, slug: string): StoredExperiment | null {
  const value = runningOf(snapshot, tenantId, slug)?.value
  if (value === undefined || value.kind !== 'experiment') return null
  const { body, seed, phases, startedAt } = value
  return {
    tenantId,
    slug,
    kind: 'experiment',
    status: 'running',
    body,
    seed,
    phases,
    plannedUnits: body.planned_units ?? null,
    decision: null,
    rollout: null,
    judgedUsd: 0,
    preparedAt: null,
    nextWeights: null,
    createdAt: startedAt,
    createdBy: author,
    updatedAt: startedAt,
    updatedBy: author,
    startedAt,
    stoppedAt: null,
  }
}

/** There are some hundred at most, and nobody waits for it on the way of a request. */
function runningOf({ experiments }: Snapshot, tenantId: string, slug: string): RunningExperiment | undefined {
  for (const list of experiments.values()) {
    const found = list.find(({ value }) => value.slug === slug && value.tenantId === tenantId)
    if (found !== undefined) return found
  }
  return undefined
}

export function isOfFile({ createdBy }: Pick<StoredExperiment, 'createdBy'>): boolean {
  return createdBy === author
}
