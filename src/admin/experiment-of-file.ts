import { Fault } from '../core/fault.ts'
import type { RunningExperiment } from '../experiments/running-experiment.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'
import type { StoredExperiment } from '../store/experiment-port.ts'
import type { Stores } from '../store/ports.ts'

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

interface Needs {
  readonly stores: Pick<Stores, 'experiments'>
  readonly snapshot: () => Snapshot
}

/** Also one of `promptbox.yaml`, which is read here and changed there. null: there is none, of either. */
export async function storedOrOfFile(
  { stores, snapshot }: Needs,
  tenantId: string,
  slug: string,
): Promise<StoredExperiment | null> {
  return (await stores.experiments.find(tenantId, slug)) ?? experimentOfFile(snapshot(), tenantId, slug)
}

/**
 * Fault of the kind, code `kept_in_file`, for an experiment that only the file can change, or whose name it has. For what reads:
 * `not_found`, because nothing of this name is stored.
 */
export async function requireNotOfFile(
  needs: Needs,
  tenantId: string,
  slug: string,
  kind: 'conflict' | 'not_found' = 'conflict',
): Promise<void> {
  const found = await storedOrOfFile(needs, tenantId, slug)
  if (found === null || !isOfFile(found)) return
  throw new Fault(
    kind,
    `Experiment '${slug}' is kept in promptbox.yaml, and runs as long as it stands there. Change it under \`experiments.${slug}\` of that file, or take it out to stop it; GET /admin/v1/experiments/${slug}/results reads what it found.`,
    { param: 'slug', code: 'kept_in_file' },
  )
}
