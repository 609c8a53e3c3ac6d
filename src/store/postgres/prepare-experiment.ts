import { and, isNull, sql } from 'drizzle-orm'
import type { Drizzle } from '../../../db/connection.ts'
import { experiments } from '../../../db/schema/index.ts'
import type { ExperimentBody } from '../../contract/experiment-body.ts'
import { Fault } from '../../core/fault.ts'
import { largestFeedback } from '../../experiments/fold-feedback.ts'
import { countedFeedback } from '../../experiments/unit-values.ts'
import { noExperiment } from '../faults.ts'
import { withFaults } from './database-errors.ts'
import { type ExperimentKey, isExperiment, toExperiment } from './experiment-rows.ts'

const dayMs = 86_400_000
/** It reads days of one prompt. Shorter than a connection may be silent, and than the job may keep rollouts waiting. */
const collectWithinMs = 25_000
/** Any number that nobody else in the database uses as an advisory lock. */
const prepareLock = '7308324466290485104'

/**
 * Collects what units did with the prompt before the experiment, in one statement over the exchanges of the prompt and their feedback; one
 * process at a time: while another is at it, nothing happens. Units that
 * were counted meanwhile are left out: what they have in the statistics has no such values, and has to be taken out again as
 * it was put in. The long statement runs without a lock on the experiment; the lock comes after it.
 *
 * A log that is too large to be read in time is not tried again and again: the experiment goes on without such values. Throws an
 * Error that says so, once that is settled.
 */
export async function prepareExperiment(
  database: Drizzle,
  own: ExperimentKey,
  days: number,
  withinMs: number = collectWithinMs,
): Promise<void> {
  try {
    await collectBefore(database, own, days, withinMs)
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'statement_timeout') throw error
    await withFaults(() =>
      database
        .update(experiments)
        .set({ preparedAt: sql`clock_timestamp()` })
        .where(and(isExperiment(own), isNull(experiments.preparedAt))),
    )
    const rule = `What units did before could not be read within ${withinMs / 1000} s, so the results go without it.`
    throw new Error(rule, { cause: error })
  }
}

function collectBefore(database: Drizzle, own: ExperimentKey, days: number, withinMs: number): Promise<void> {
  return withFaults(() =>
    database.transaction(async (transaction) => {
      const [turn] = await transaction.execute<{ readonly mine: boolean }>(
        sql`select pg_try_advisory_xact_lock(${prepareLock}::bigint) as mine`,
      )
      if (turn?.mine !== true) return
      const [row] = await transaction.select().from(experiments).where(isExperiment(own))
      if (row === undefined) throw noExperiment(own.slug)
      const { kind, body, startedAt, preparedAt } = toExperiment(row)
      if (preparedAt !== null || startedAt === null) return
      if (kind === 'experiment' && body.unit === 'assigned') {
        await transaction.execute(sql`select set_config('statement_timeout', ${`${withinMs}`}, true)`)
        const range = { from: startedAt - days * dayMs, until: startedAt }
        await transaction.execute(collect(own, body, range))
      }
      await transaction.select({ slug: experiments.slug }).from(experiments).where(isExperiment(own)).for('update')
      await transaction.execute(sql`
        delete from promptbox.experiment_pre_units before using promptbox.experiment_units units
        where before.tenant_id = ${own.tenantId} and before.experiment = ${own.slug}
          and units.tenant_id = before.tenant_id and units.experiment = before.experiment and units.unit = before.unit`)
      await transaction
        .update(experiments)
        .set({ preparedAt: sql`clock_timestamp()` })
        .where(isExperiment(own))
    }),
  )
}

/**
 * The rules of `measuresOf` in `experiments/exposure.ts` and of `foldFeedback`, for a whole prompt at once. What an exchange measures
 * only when nobody else answered it is `own`. Of feedback only what was said before the start: later the experiment itself may be
 * in it.
 */
function collect(
  { tenantId, slug }: ExperimentKey,
  body: ExperimentBody,
  { from, until }: { readonly from: number; readonly until: number },
) {
  const moment = (milliseconds: number) => sql`${new Date(milliseconds).toISOString()}::timestamptz`
  return sql`
    with past as not materialized (
      select unit, request_id, outcome, stream, duration_ms, time_to_first_chunk_ms, input_tokens, output_tokens, cost_usd,
        outcome = 'ok' as ok, output_check is distinct from 'mismatch' as fits,
        cache <> 'hit' and experiment_excluded is null as own,
        experiment_excluded is null or experiment_excluded = 'cache' as spoken_of
      from promptbox.exchanges
      where tenant_id = ${tenantId} and prompt = ${body.prompt} and created_at >= ${moment(from)}
        and created_at < ${moment(until)} and unit is not null
    ), said as (
      select unit, jsonb_object_agg(name, jsonb_build_array(sum, count)) as sums
      from (
        select past.unit, feedback.name, count(*) as count, sum(least(${largestFeedback}::float8,
          greatest(-${largestFeedback}::float8, coalesce(feedback.number, feedback.truth::int::float8)))) as sum
        from past join promptbox.feedback on feedback.tenant_id = ${tenantId} and feedback.request_id = past.request_id
        where past.spoken_of and feedback.words is null and feedback.at < ${moment(until)}
          and feedback.name in (select jsonb_array_elements_text(${JSON.stringify(countedFeedback(body))}::jsonb))
        group by past.unit, feedback.name
      ) named
      group by unit
    )
    insert into promptbox.experiment_pre_units (tenant_id, experiment, unit, sums)
    select ${tenantId}::text, ${slug}::text, unit, measured.sums || coalesce(said.sums, '{}'::jsonb)
    from (
      select unit, jsonb_build_object(
        'guardrail_block_rate', jsonb_build_array(count(*) filter (where outcome = 'blocked'), count(*)),
        'success_rate', jsonb_build_array(
          count(*) filter (where ok and fits), count(*) filter (where outcome <> 'client_closed')),
        'output_valid_rate', jsonb_build_array(count(*) filter (where ok and fits), count(*) filter (where ok)),
        'latency_ms', jsonb_build_array(
          sum(duration_ms) filter (where own and ok), count(*) filter (where own and ok)),
        'time_to_first_chunk_ms', jsonb_build_array(
          sum(time_to_first_chunk_ms) filter (where own and ok and stream),
          count(time_to_first_chunk_ms) filter (where own and ok and stream)),
        'input_tokens', jsonb_build_array(
          sum(input_tokens) filter (where own), count(input_tokens) filter (where own)),
        'output_tokens', jsonb_build_array(
          sum(output_tokens) filter (where own), count(output_tokens) filter (where own)),
        'cost_usd', jsonb_build_array(sum(cost_usd) filter (where own), count(cost_usd) filter (where own))) as sums
      from past
      group by unit
    ) measured
    left join said using (unit)
    order by unit
    on conflict do nothing`
}
