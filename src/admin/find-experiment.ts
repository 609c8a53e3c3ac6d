import { Fault } from '../core/fault.ts'
import type { ExperimentFilter, ExperimentKind, StoredExperiment } from '../store/experiment-port.ts'
import type { Page, Stores } from '../store/ports.ts'

export type ExperimentStores = Pick<Stores, 'experiments'>

const mostPerRead = 200

/** Fault `not_found` naming the list that has those there are; of a rollout when it is asked for as an experiment, and the other way. */
export async function findExperiment(
  { experiments }: ExperimentStores,
  tenantId: string,
  slug: string,
  kind: ExperimentKind,
): Promise<StoredExperiment> {
  const found = await experiments.find(tenantId, slug)
  if (found !== null && found.kind === kind) return found
  throw noExperiment(slug, kind, found)
}

function noExperiment(slug: string, kind: ExperimentKind, found: StoredExperiment | null): Fault {
  const other =
    found === null
      ? ''
      : ` It is ${found.kind === 'rollout' ? 'a rollout' : 'an experiment'}: see /admin/v1/${found.kind}s/${slug}.`
  return new Fault(
    'not_found',
    `There is no ${kind} '${slug}'.${other === '' ? ` GET /admin/v1/${kind}s lists those there are.` : other}`,
    { param: 'slug' },
  )
}

/** Within a write: what is there must still be of this kind. */
export function requireKind(now: StoredExperiment, kind: ExperimentKind): void {
  if (now.kind !== kind) throw noExperiment(now.slug, kind, now)
}

/** All that run or are paused of a tenant, of one kind, newest first. */
export async function underWay(
  { experiments }: ExperimentStores,
  tenantId: string,
  filter: Pick<ExperimentFilter, 'kind' | 'prompt'>,
): Promise<readonly StoredExperiment[]> {
  const found: StoredExperiment[] = []
  for (const status of ['running', 'paused'] as const) {
    let cursor: string | undefined
    do {
      const page: Page<StoredExperiment> = await experiments.list(tenantId, {
        ...filter,
        status,
        limit: mostPerRead,
        cursor,
      })
      found.push(...page.data)
      cursor = page.nextCursor ?? undefined
    } while (cursor !== undefined)
  }
  return found
}
