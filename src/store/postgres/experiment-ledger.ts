import { and, asc, desc, eq, sql } from 'drizzle-orm'
import type { Drizzle } from '../../../db/connection.ts'
import { experimentLooks, experiments, experimentUnits } from '../../../db/schema/index.ts'
import type { ExperimentResults } from '../../contract/experiment-results.ts'
import type { JsonObject } from '../../core/json.ts'
import type { ExperimentLedger, UnjudgedExchange } from '../experiment-port.ts'
import { mostLooks, statisticsOf } from '../experiment-values.ts'
import { withFaults } from './database-errors.ts'
import { type ExperimentKey, isExperiment, toExperiment } from './experiment-rows.ts'
import { foldEvents } from './fold-events.ts'
import { readCells, readTotals, sumsOf } from './fold-rows.ts'
import { prepareExperiment } from './prepare-experiment.ts'

export function createExperimentLedger(database: Drizzle): ExperimentLedger {
  return {
    prepare: (tenantId, slug, days) => prepareExperiment(database, { tenantId, slug }, days),

    fold: (most, now, unstored = () => null) => foldEvents(database, most, now, unstored),

    statistics: (tenantId, slug, unstored) =>
      withFaults(async () => {
        const [row] = await database.select().from(experiments).where(isExperiment({ tenantId, slug }))
        const phases = row === undefined ? unstored : toExperiment(row).phases
        if (phases === undefined) return null
        const key = { tenantId, experiment: slug }
        const cells = await readCells(database, [{ ...key, phase: null }])
        const totals = await readTotals(database, [key])
        const values = cells.map(({ value }) => value)
        return statisticsOf(phases, values, totals[0]?.value ?? null)
      }),

    assignment: (tenantId, slug, unit) =>
      withFaults(async () => {
        const { variant, phase, firstAt, exchanges } = experimentUnits
        const [row] = await database
          .select({ variant, phase, firstAt, exchanges })
          .from(experimentUnits)
          .where(and(isOf({ tenantId, slug }), eq(experimentUnits.unit, unit)))
          .orderBy(desc(phase))
          .limit(1)
        return row ?? null
      }),

    units: (tenantId, slug, { limit, after }) =>
      withFaults(async () => {
        const { unit, phase, variant, firstAt, exchanges, sums } = experimentUnits
        const behind = after === undefined ? undefined : sql`(${unit}, ${phase}) > (${after.unit}, ${after.phase}::int)`
        const rows = await database
          .select({ unit, phase, variant, firstAt, exchanges, sums })
          .from(experimentUnits)
          .where(and(isOf({ tenantId, slug }), behind))
          .orderBy(asc(unit), asc(phase))
          .limit(limit)
        return rows.map((row) => ({ ...row, sums: sumsOf(row.sums) }))
      }),

    keepLook: (tenantId, slug, { at, results }) =>
      withFaults(() =>
        database.transaction(async (transaction) => {
          const look = { tenantId, experiment: slug, at, results: results as unknown as JsonObject }
          await transaction.insert(experimentLooks).values(look).onConflictDoNothing()
          const own = and(eq(experimentLooks.tenantId, tenantId), eq(experimentLooks.experiment, slug))
          if ((await transaction.$count(experimentLooks, own)) <= mostLooks) return
          await transaction.execute(sql`
            delete from promptbox.experiment_looks looks using (
              select at, row_number() over (order by at desc) as place from promptbox.experiment_looks
              where tenant_id = ${tenantId} and experiment = ${slug}
            ) numbered
            where looks.tenant_id = ${tenantId} and looks.experiment = ${slug} and looks.at = numbered.at
              and place > ${mostLooks / 2} and place % 2 = 0`)
        }),
      ),

    looks: (tenantId, slug, most) =>
      withFaults(async () => {
        // As `isShown` has it.
        const rows = await database.execute<{ readonly at: number; readonly results: ExperimentResults }>(sql`
          select (extract(epoch from at) * 1000)::float8 as at, results from (
            select at, results, row_number() over (order by at desc) - 1 as place, count(*) over () as number
            from promptbox.experiment_looks where tenant_id = ${tenantId} and experiment = ${slug}
          ) looks
          where place % greatest(1, ceil(number::numeric / ${Math.max(1, most)}::int)::int) = 0
          order by at`)
        return [...rows]
      }),

    unjudged: (tenantId, slug, sample) => withFaults(() => readUnjudged(database, { tenantId, slug }, sample)),
  }
}

const isOf = ({ tenantId, slug }: ExperimentKey) =>
  and(eq(experimentUnits.tenantId, tenantId), eq(experimentUnits.experiment, slug))

/** By the index of the prompt: an experiment is of one. The sample is that of `isSampled`. */
async function readUnjudged(
  database: Drizzle,
  { tenantId, slug }: ExperimentKey,
  { metric, share, since, most }: Parameters<ExperimentLedger['unjudged']>[2],
): Promise<readonly UnjudgedExchange[]> {
  const moment = sql`${new Date(since).toISOString()}::timestamptz`
  const rows = await database.execute<{
    readonly request_id: string
    readonly variant: string
    readonly request: string
    readonly response: string
  }>(sql`
    select exchange.request_id::text as request_id, exchange.variant, coalesce(bodies.rendered, bodies.request) as request,
      bodies.response
    from promptbox.exchanges exchange
    join promptbox.exchange_bodies bodies
      on bodies.created_at = exchange.created_at and bodies.request_id = exchange.request_id
    where exchange.tenant_id = ${tenantId}
      and exchange.prompt = (select prompt from promptbox.experiments where tenant_id = ${tenantId} and slug = ${slug})
      and exchange.experiment = ${slug} and exchange.created_at > ${moment} and bodies.created_at > ${moment}
      and exchange.outcome = 'ok' and exchange.variant is not null and bodies.response is not null
      and (exchange.experiment_excluded is null or exchange.experiment_excluded = 'cache')
      and ('x' || right(exchange.request_id::text, 8))::bit(32)::bigint < ${share * 2 ** 32}::float8
      and not exists (
        select from promptbox.feedback
        where feedback.tenant_id = exchange.tenant_id and feedback.request_id = exchange.request_id
          and feedback.name = ${metric} and feedback.source = 'judge')
    order by exchange.created_at desc, exchange.request_id desc
    limit ${most}`)
  return [...rows].map(({ request_id: requestId, ...row }) => ({ requestId, ...row }))
}
