import { and, asc, eq, sql, type SQL } from 'drizzle-orm'
import type { Drizzle } from '../../../db/connection.ts'
import { experimentPhaseUnits, experiments } from '../../../db/schema/index.ts'
import type { SnapshotChange } from '../../snapshot/change.ts'
import { experimentValue } from '../experiment-values.ts'
import { withFaults } from './database-errors.ts'
import { toExperiment } from './experiment-rows.ts'

/** Experiments in one batch: the units that one remembers can be megabytes. */
const batchSize = 10

interface ExperimentId {
  readonly tenantId: string
  readonly id: string
}

/** All experiments that run, in batches. */
export async function* runningExperiments(database: Drizzle): AsyncGenerator<readonly SnapshotChange[]> {
  for (let last: ExperimentId | undefined; ;) {
    const behind =
      last === undefined
        ? undefined
        : sql`(${experiments.tenantId}, ${experiments.slug}) > (${last.tenantId}, ${last.id})`
    const batch = await withFaults(() => valuesOf(database, behind))
    const there = batch.filter(({ value }) => value !== null)
    if (there.length > 0) yield there
    last = batch.at(-1)
    if (last === undefined || batch.length < batchSize) return
  }
}

/** The newest values of these experiments; of those that do not run, that they are gone. */
export async function* experimentValues(
  database: Drizzle,
  things: readonly ExperimentId[],
): AsyncGenerator<SnapshotChange> {
  for (let start = 0; start < things.length; start += batchSize) {
    const some = things.slice(start, start + batchSize)
    const list = JSON.stringify(some.map(({ tenantId, id }) => [tenantId, id]))
    // One parameter: the statement's text stays the same however many there are.
    const among = sql`(${experiments.tenantId}, ${experiments.slug}) in (select pair ->> 0, pair ->> 1 from jsonb_array_elements(${list}::jsonb) pair)`
    const found = await valuesOf(database, among)
    yield* found
    const there = new Set(found.map(({ tenantId, id }) => JSON.stringify([tenantId, id])))
    for (const { tenantId, id } of some) {
      if (!there.has(JSON.stringify([tenantId, id]))) yield { noun: 'experiment', tenantId, id, value: null }
    }
  }
}

async function valuesOf(database: Drizzle, which: SQL | undefined) {
  const rows = await database
    .select()
    .from(experiments)
    .where(and(eq(experiments.status, 'running'), which))
    .orderBy(asc(experiments.tenantId), asc(experiments.slug))
    .limit(batchSize)
  const values = []
  for (const row of rows) {
    const kept = experimentPhaseUnits
    const units = await database
      .select({ phase: kept.phase, units: kept.units })
      .from(kept)
      .where(and(eq(kept.tenantId, row.tenantId), eq(kept.experiment, row.slug)))
    const value = experimentValue(toExperiment(row), new Map(units.map(({ phase, units: bytes }) => [phase, bytes])))
    values.push({ noun: 'experiment', tenantId: row.tenantId, id: row.slug, value } as const)
  }
  return values
}
