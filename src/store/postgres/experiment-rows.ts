import { and, asc, count, eq, gt, sql } from 'drizzle-orm'
import { experimentPhaseUnits, experiments, experimentUnits } from '../../../db/schema/index.ts'
import type { ExperimentBody } from '../../contract/experiment-body.ts'
import type { ExperimentDecision } from '../../contract/experiment-results.ts'
import type { JsonObject } from '../../core/json.ts'
import { buildUnitFilter, unitFilterFromBuffer, withRoom } from '../../experiments/unit-filter.ts'
import type { PhaseValue } from '../../snapshot/change.ts'
import type { RolloutProgress, StoredExperiment } from '../experiment-port.ts'
import { withoutUnits } from '../experiment-values.ts'
import type { Session } from './transaction.ts'

export interface ExperimentKey {
  readonly tenantId: string
  readonly slug: string
}

type Row = typeof experiments.$inferSelect

export const isExperiment = ({ tenantId, slug }: ExperimentKey) =>
  and(eq(experiments.tenantId, tenantId), eq(experiments.slug, slug))

/** In the very words of the partial index, whose condition a list of parameters would not meet. */
export const isUnderWay = sql`${experiments.status} in ('running', 'paused')`

/** Of a prompt, those that run or are paused, in the order of their slugs. */
export async function underWayOf(
  session: Session,
  { tenantId, slug }: ExperimentKey,
): Promise<readonly Pick<StoredExperiment, 'kind' | 'slug'>[]> {
  return session
    .select({ kind: experiments.kind, slug: experiments.slug })
    .from(experiments)
    .where(and(eq(experiments.tenantId, tenantId), eq(experiments.prompt, slug), isUnderWay))
    .orderBy(asc(sql`${experiments.slug} collate "C"`))
}

export function toExperiment({ prompt: _prompt, ...row }: Row): StoredExperiment {
  return {
    ...row,
    body: row.body as unknown as ExperimentBody,
    phases: withoutUnits(row.phases as unknown as readonly PhaseValue[]),
    decision: row.decision as unknown as ExperimentDecision | null,
    rollout: row.rollout as unknown as RolloutProgress | null,
  }
}

/** What of an experiment can be written again. */
export function columnsOf(stored: Omit<StoredExperiment, 'createdAt' | 'createdBy' | 'updatedAt' | 'updatedBy'>) {
  const { status, body, seed, phases, plannedUnits, decision, rollout, judgedUsd, nextWeights, startedAt, stoppedAt } =
    stored
  return {
    status,
    prompt: body.prompt,
    seed,
    body: body as unknown as JsonObject,
    phases: phases as unknown as readonly JsonObject[],
    plannedUnits,
    decision: decision as unknown as JsonObject | null,
    rollout: rollout as unknown as JsonObject | null,
    judgedUsd,
    nextWeights,
    startedAt,
    stoppedAt,
  }
}

/** Units that one statement gives. */
const unitsAtOnce = 10_000

/**
 * Remembers the units that are in a phase by now. How many there are, and whether others were remembered before. Later ones are
 * added to what there is: a filter of another size would take other units for units of the phase, and move them.
 */
export async function keepUnitsOf(
  session: Session,
  { tenantId, slug }: ExperimentKey,
  phase: number,
): Promise<{ readonly units: number; readonly isNew: boolean }> {
  const { unit } = experimentUnits
  const own = and(
    eq(experimentUnits.tenantId, tenantId),
    eq(experimentUnits.experiment, slug),
    eq(experimentUnits.phase, phase),
  )
  const [counted] = await session.select({ units: count() }).from(experimentUnits).where(own)
  const units = counted?.units ?? 0
  const place = { tenantId, experiment: slug, phase }
  const kept = experimentPhaseUnits
  const isPlace = and(eq(kept.tenantId, tenantId), eq(kept.experiment, slug), eq(kept.phase, phase))
  const [before] = await session.select({ units: kept.units }).from(kept).where(isPlace)
  const filter = before === undefined ? buildUnitFilter(withRoom(units)) : unitFilterFromBuffer(before.units)
  for (let last: string | undefined; ;) {
    const behind = last === undefined ? own : and(own, gt(unit, last))
    const rows = await session
      .select({ unit })
      .from(experimentUnits)
      .where(behind)
      .orderBy(asc(unit))
      .limit(unitsAtOnce)
    for (const row of rows) filter.add(row.unit)
    last = rows.at(-1)?.unit
    if (rows.length < unitsAtOnce) break
  }
  const bytes = filter.toBuffer()
  if (before !== undefined && before.units.equals(bytes)) return { units, isNew: false }
  await session
    .insert(kept)
    .values({ ...place, units: bytes })
    .onConflictDoUpdate({ target: [kept.tenantId, kept.experiment, kept.phase], set: { units: bytes } })
  return { units, isNew: true }
}
