import { sql } from 'drizzle-orm'
import type { Drizzle } from '../../../db/connection.ts'
import type { ExperimentBody } from '../../contract/experiment-body.ts'
import { Fault } from '../../core/fault.ts'
import { timestampOf } from '../../core/ids.ts'
import type { AssignmentExclusion } from '../../core/record.ts'
import type { Exposure } from '../../experiments/exposure.ts'
import { foldFeedback, type FeedbackToFold, lookAgainAt, numberOfFeedback } from '../../experiments/fold-feedback.ts'
import { ExperimentFold, noTotals, unitOf } from '../../experiments/fold.ts'
import { withFaults } from './database-errors.ts'
import {
  type FoldKey,
  milliseconds,
  readBefore,
  readCells,
  readTotals,
  readUnits,
  rowsOf,
  writeCells,
  writeTotals,
  writeUnits,
} from './fold-rows.ts'
import type { ExperimentKind, FindUnstored } from '../experiment-port.ts'
import { type Counted, settle } from './settle-events.ts'
import type { Transaction } from './transaction.ts'

/** Any number that nobody else in the database uses as an advisory lock. */
const foldLock = '7308324466290485103'

/** Who says nothing for so long in a transaction was cut off; the server, and all others, would wait for it for hours. */
const silenceMs = 60_000

/** What cannot be counted is tried again after so long. */
const postponedMs = 600_000

/**
 * Folds up to `most` events that may be looked at by `now`; how many it took. Where one of them cannot be counted, it takes
 * fewer; one that cannot be counted by itself goes behind all others, with those of its experiment, and its error comes out.
 */
export async function foldEvents(
  database: Drizzle,
  most: number,
  now: number,
  unstored: FindUnstored,
): Promise<number> {
  try {
    return await withFaults(() => foldSome(database, most, now, unstored))
  } catch (error) {
    if (error instanceof Fault && error.kind === 'unavailable') throw error
    if (most > 1) return await foldEvents(database, Math.ceil(most / 2), now, unstored)
    await withFaults(() => postponeFirst(database, now))
    throw error
  }
}

async function postponeFirst(database: Drizzle, now: number): Promise<void> {
  const [due, later] = [now, now + postponedMs].map((at) => sql`${new Date(at).toISOString()}::timestamptz`)
  await database.execute(sql`
    update promptbox.experiment_events events set not_before = ${later}
    from (
      select id, tenant_id, experiment from promptbox.experiment_events where not_before <= ${due}
      order by not_before, id limit 1
    ) first
    where events.not_before <= ${due} and (events.id = first.id
      or events.tenant_id = first.tenant_id and events.experiment = first.experiment)`)
}

/**
 * One transaction with a fixed number of statements, however many events there are.
 *
 * Whoever folds is alone with it (an advisory lock): what one adds to a unit depends on what others have added, and two that
 * took turns event by event would wait for each other's rows all the time, on all experiments at once. Whoever finds it taken
 * goes on to its rollouts. On top of it the rows of the experiments are locked, in their order, so that nobody changes one meanwhile.
 */
function foldSome(database: Drizzle, most: number, now: number, unstored: FindUnstored): Promise<number> {
  return database.transaction(async (transaction) => {
    const [turn] = await transaction.execute<{ mine: boolean }>(
      sql`select pg_try_advisory_xact_lock(${foldLock}::bigint) as mine,
        set_config('idle_in_transaction_session_timeout', ${`${silenceMs}`}, true) as silence`,
    )
    if (turn?.mine !== true) return 0
    const events = await readEvents(transaction, most, now)
    if (events.length === 0) return 0
    const exposures = events.flatMap((event) => event.exposure ?? [])
    const said = await readFeedback(transaction, events)
    const keys = [...exposures, ...said.flatMap(({ tenantId, exchange }) => placesOf(tenantId, exchange))]
    const folds = await openFolds(transaction, keys, unstored)
    for (const exposure of exposures) folds.get(keyOf(exposure))?.expose(exposure)
    const { counted, waiting } = foldAll(said, folds, now)
    await keep(transaction, folds)
    await settle(transaction, { counted, waiting, all: events.map(({ id }) => id) })
    return events.length
  })
}

interface WaitingEvent {
  readonly id: number
  readonly tenantId: string
  readonly requestId: string
  readonly at: number
  /** null: feedback. */
  readonly exposure: Exposure | null
  readonly name: string | null
  readonly source: string | null
}

interface Said extends FeedbackToFold {
  readonly event: WaitingEvent
  readonly tenantId: string
}

const keyOf = ({ tenantId, experiment }: FoldKey): string => JSON.stringify([tenantId, experiment])

async function readEvents(transaction: Transaction, most: number, now: number): Promise<readonly WaitingEvent[]> {
  const rows = await transaction.execute<{
    readonly id: number
    readonly tenant: string
    readonly request: string
    readonly at: number
    readonly experiment: string | null
    readonly phase: number | null
    readonly variant: string | null
    readonly unit: string | null
    readonly excluded: AssignmentExclusion | null
    readonly measures: Exposure['measures'] | null
    readonly name: string | null
    readonly source: string | null
  }>(sql`
    select id::float8 as id, tenant_id as tenant, request_id::text as request, ${milliseconds('at')} as at, experiment,
      phase, variant, unit, excluded, measures, feedback_name as name, feedback_source as source
    from promptbox.experiment_events
    where not_before <= ${new Date(now).toISOString()}::timestamptz
    order by not_before, id
    limit ${most}`)
  return [...rows].map(({ id, tenant: tenantId, request: requestId, at, name, source, ...rest }) => {
    const { experiment, phase, variant, unit, excluded, measures } = rest
    const event = { id, tenantId, requestId, at, name, source }
    if (experiment === null || phase === null || variant === null) return { ...event, exposure: null }
    const what = { tenantId, experiment, phase, variant, unit, requestId, at, excluded, measures: measures ?? {} }
    return { ...event, exposure: what }
  })
}

/**
 * The statements that the events are about, as they are now, with their exchanges. Locked in the order in which writers of
 * feedback take theirs. The exchange is found by the millisecond that its id carries, so one partition is read for each.
 */
async function readFeedback(transaction: Transaction, events: readonly WaitingEvent[]): Promise<readonly Said[]> {
  const asked = new Map<string, WaitingEvent>()
  for (const event of events) {
    if (event.exposure === null)
      asked.set(JSON.stringify([event.tenantId, event.requestId, event.name, event.source]), event)
  }
  if (asked.size === 0) return []
  const byId = new Map([...asked.values()].map((event) => [event.id, event]))
  const list = [...asked.values()].map(({ id, tenantId, requestId, name, source }) => {
    const began = new Date(timestampOf(requestId) ?? 0).toISOString()
    return { id, tenant: tenantId, request: requestId, name, source, began }
  })
  const rows = await transaction.execute<{
    readonly id: number
    readonly name: string
    readonly number: number | null
    readonly truth: boolean | null
    readonly counted: number | null
    readonly request: string | null
    readonly experiment: string | null
    readonly phase: number | null
    readonly variant: string | null
    readonly unit: string | null
    readonly excluded: AssignmentExclusion | null
  }>(sql`
    with said as (
      select given.id, given.began, feedback.tenant_id, feedback.request_id, feedback.name, number, truth, counted
      from ${rowsOf(list, 'id int8, tenant text, request uuid, name text, source text, began timestamptz')}
      join promptbox.feedback on feedback.tenant_id = given.tenant and feedback.request_id = given.request
        and feedback.name = given.name and feedback.source = given.source
      order by feedback.tenant_id collate "C", feedback.request_id, feedback.name collate "C", feedback.source collate "C"
      for no key update of feedback
    )
    select said.id::float8 as id, said.name, said.number, said.truth, said.counted, exchange.request_id::text as request,
      exchange.experiment, exchange.experiment_phase as phase, exchange.variant, exchange.unit,
      exchange.experiment_excluded as excluded
    from said
    left join lateral (
      select * from promptbox.exchanges
      where created_at = said.began and request_id = said.request_id and tenant_id = said.tenant_id
      limit 1
    ) exchange on true`)
  return [...rows].flatMap(({ id, name, number, truth, counted, request, ...rest }) => {
    const event = byId.get(id)
    if (event === undefined) return []
    const value = numberOfFeedback(number ?? truth ?? '')
    const exchange = request === null ? null : { requestId: request, ...rest }
    return [{ event, tenantId: event.tenantId, name, value, counted, exchange }]
  })
}

interface Place extends FoldKey {
  readonly phase: number
  readonly unit: string | null
  readonly requestId: string
}

function placesOf(tenantId: string, exchange: Said['exchange']): Place[] {
  if (exchange === null || exchange.experiment === null || exchange.phase === null) return []
  const { experiment, phase, unit, requestId } = exchange
  return [{ tenantId, experiment, phase, unit, requestId }]
}

type Folds = Map<string, ExperimentFold>

/** What is known of all units and phases that are touched, by experiment. Those of experiments that are not there are left out. */
async function openFolds(transaction: Transaction, places: readonly Place[], unstored: FindUnstored): Promise<Folds> {
  const folds: Folds = new Map()
  const keys = distinct(places, ({ tenantId, experiment }) => ({ tenantId, experiment }))
  if (keys.length === 0) return folds
  const known = await lockExperiments(transaction, keys)
  for (const key of keys) {
    const body = known.has(keyOf(key)) ? null : unstored(key.tenantId, key.experiment)
    if (body !== null) known.set(keyOf(key), { body, kind: 'experiment' })
  }
  const units = distinct(places, (place) => ({
    tenantId: place.tenantId,
    experiment: place.experiment,
    unit: unitOf(place),
  }))
  const phases = distinct(places, ({ tenantId, experiment, phase }) => ({ tenantId, experiment, phase }))
  const found = {
    units: groupOf(await readUnits(transaction, units)),
    before: groupOf(await readBefore(transaction, units)),
    cells: groupOf(await readCells(transaction, phases)),
    totals: groupOf(await readTotals(transaction, keys)),
  }
  for (const [key, { body, kind }] of known) {
    const before = new Map((found.before.get(key) ?? []).map(({ unit, sums }) => [unit, sums]))
    const totals = found.totals.get(key)?.[0] ?? noTotals
    const [own, cells] = [found.units.get(key) ?? [], found.cells.get(key) ?? []]
    folds.set(key, new ExperimentFold({ body, kind, units: own, before, cells, totals }))
  }
  return folds
}

async function lockExperiments(transaction: Transaction, keys: readonly FoldKey[]) {
  const list = keys.map(({ tenantId, experiment }) => ({ tenant: tenantId, experiment }))
  const rows = await transaction.execute<{
    readonly tenant: string
    readonly experiment: string
    readonly body: ExperimentBody
    readonly kind: ExperimentKind
  }>(sql`
    select tenant_id as tenant, slug as experiment, body, kind from promptbox.experiments
    where (tenant_id, slug) in (select tenant, experiment from ${rowsOf(list, 'tenant text, experiment text')})
    order by tenant_id, slug
    for no key update`)
  return new Map(
    [...rows].map(({ tenant, experiment, body, kind }) => [keyOf({ tenantId: tenant, experiment }), { body, kind }]),
  )
}

function foldAll(said: readonly Said[], folds: Folds, now: number) {
  const counted: Counted[] = []
  const waiting: { id: number; until: string }[] = []
  for (const each of said) {
    const { tenantId, event } = each
    const result = foldFeedback(each, (experiment) => folds.get(keyOf({ tenantId, experiment })) ?? null)
    if (result.fate === 'counted') {
      const { requestId: request, name, source } = event
      counted.push({ tenant: tenantId, request, name, source, counted: result.counted })
    } else if (result.fate === 'waits') {
      const until = lookAgainAt(event.at, now)
      if (until !== null) waiting.push({ id: event.id, until: new Date(until).toISOString() })
    }
  }
  return { counted, waiting }
}

async function keep(transaction: Transaction, folds: Folds): Promise<void> {
  const results = [...folds].map(([key, fold]) => {
    const [tenantId = '', experiment = ''] = JSON.parse(key) as string[]
    return { place: { tenantId, experiment }, after: fold.result() }
  })
  await writeUnits(
    transaction,
    results.flatMap(({ place, after }) => after.units.map((value) => ({ ...place, value }))),
  )
  await writeCells(
    transaction,
    results.flatMap(({ place, after }) => after.cells.map((value) => ({ ...place, value }))),
  )
  await writeTotals(
    transaction,
    results.map(({ place, after }) => ({ ...place, value: after.totals })),
  )
}

function distinct<Item, Key>(items: readonly Item[], pick: (item: Item) => Key): readonly Key[] {
  return [...new Map(items.map((item) => [JSON.stringify(pick(item)), pick(item)])).values()]
}

function groupOf<Value>(rows: readonly (FoldKey & { readonly value: Value })[]): ReadonlyMap<string, readonly Value[]> {
  const groups = new Map<string, Value[]>()
  for (const row of rows) {
    const group = groups.get(keyOf(row))
    if (group === undefined) groups.set(keyOf(row), [row.value])
    else group.push(row.value)
  }
  return groups
}
