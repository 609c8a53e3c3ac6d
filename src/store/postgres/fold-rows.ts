import { type SQL, sql } from 'drizzle-orm'
import type { FoldedCell, FoldedTotals, FoldedUnit } from '../../experiments/fold.ts'
import type { UnitSum, UnitSums } from '../../experiments/statistics.ts'
import type { Session } from './transaction.ts'

/** An experiment as the folding job names it in its maps. */
export interface FoldKey {
  readonly tenantId: string
  readonly experiment: string
}

export interface FoldedRow<Value> extends FoldKey {
  readonly value: Value
}

/** What a row is to the driver: a type, not an interface. */
type Fields<Row> = { readonly [Name in keyof Row]: Row[Name] }

/** Sums as they are kept: `[sum, count]` by metric. */
export type StoredSums = Readonly<Record<string, readonly [number | null, number]>>

export function sumsOf(stored: StoredSums): UnitSums {
  const sums: Record<string, UnitSum> = {}
  for (const [metric, [sum, count]] of Object.entries(stored)) {
    if (sum !== null && (count > 0 || sum !== 0)) sums[metric] = { sum, count }
  }
  return sums
}

function storedSums(sums: UnitSums): StoredSums {
  return Object.fromEntries(Object.entries(sums).map(([metric, { sum, count }]) => [metric, [sum, count] as const]))
}

/** Rows of one parameter, so that the text of a statement stays the same however many there are. */
export function rowsOf(rows: readonly unknown[], columns: string): SQL {
  return sql`jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as given (${sql.raw(columns)})`
}

export const milliseconds = (column: string): SQL => sql.raw(`(extract(epoch from ${column}) * 1000)::float8`)
const moment = (milliseconds: number | null): string | null =>
  milliseconds === null ? null : new Date(milliseconds).toISOString()

/** These units as they are there, in whichever phases. */
export async function readUnits(
  session: Session,
  wanted: readonly (FoldKey & Pick<FoldedUnit, 'unit'>)[],
): Promise<readonly FoldedRow<FoldedUnit>[]> {
  const list = wanted.map(({ tenantId, experiment, unit }) => ({ tenant: tenantId, experiment, unit }))
  const rows = await session.execute<{
    readonly tenant: string
    readonly experiment: string
    readonly unit: string
    readonly phase: number
    readonly variant: string
    readonly first_at: number
    readonly exchanges: number
    readonly sums: StoredSums
  }>(sql`
    select units.tenant_id as tenant, units.experiment, units.unit, units.phase, variant,
      ${milliseconds('first_at')} as first_at, exchanges::float8 as exchanges, sums
    from ${rowsOf(list, 'tenant text, experiment text, unit text')}
    join promptbox.experiment_units units on units.tenant_id = given.tenant and units.experiment = given.experiment
      and units.unit = given.unit`)
  return [...rows].map(({ tenant, experiment, unit, phase, variant, first_at: firstAt, exchanges, sums }) => ({
    tenantId: tenant,
    experiment,
    value: { unit, phase, variant, firstAt, exchanges, sums: sumsOf(sums) },
  }))
}

/** What these units did before their experiment began. */
export async function readBefore(
  session: Session,
  wanted: readonly (FoldKey & Pick<FoldedUnit, 'unit'>)[],
): Promise<readonly FoldedRow<{ readonly unit: string; readonly sums: UnitSums }>[]> {
  const list = wanted.map(({ tenantId, experiment, unit }) => ({ tenant: tenantId, experiment, unit }))
  const rows = await session.execute<{
    readonly tenant: string
    readonly experiment: string
    readonly unit: string
    readonly sums: StoredSums
  }>(sql`
    select distinct on (units.tenant_id, units.experiment, units.unit)
      units.tenant_id as tenant, units.experiment, units.unit, sums
    from ${rowsOf(list, 'tenant text, experiment text, unit text')}
    join promptbox.experiment_pre_units units on units.tenant_id = given.tenant and units.experiment = given.experiment
      and units.unit = given.unit`)
  return [...rows].map(({ tenant, experiment, unit, sums }) => ({
    tenantId: tenant,
    experiment,
    value: { unit, sums: sumsOf(sums) },
  }))
}

/** The statistics of these phases; `phase` null: of all. */
export async function readCells(
  session: Session,
  wanted: readonly (FoldKey & { readonly phase: number | null })[],
): Promise<readonly FoldedRow<FoldedCell>[]> {
  const list = wanted.map(({ tenantId, experiment, phase }) => ({ tenant: tenantId, experiment, phase }))
  const rows = await session.execute<Fields<FoldedCell> & { readonly tenant: string; readonly experiment: string }>(sql`
    select cells.tenant_id as tenant, cells.experiment, cells.phase, variant, metric, units::float8 as units,
      exchanges::float8 as exchanges, moments, sketch
    from ${rowsOf(list, 'tenant text, experiment text, phase int')}
    join promptbox.experiment_statistics cells on cells.tenant_id = given.tenant
      and cells.experiment = given.experiment and (given.phase is null or cells.phase = given.phase)`)
  return [...rows].map(({ tenant, experiment, ...value }) => ({ tenantId: tenant, experiment, value }))
}

export async function readTotals(
  session: Session,
  wanted: readonly FoldKey[],
): Promise<readonly FoldedRow<FoldedTotals>[]> {
  const list = wanted.map(({ tenantId, experiment }) => ({ tenant: tenantId, experiment }))
  const rows = await session.execute<{
    readonly tenant: string
    readonly experiment: string
    readonly excluded: FoldedTotals['excluded']
    readonly first_at: number | null
    readonly last_at: number | null
  }>(sql`
    select totals.tenant_id as tenant, totals.experiment, excluded, ${milliseconds('first_at')} as first_at,
      ${milliseconds('last_at')} as last_at
    from ${rowsOf(list, 'tenant text, experiment text')}
    join promptbox.experiment_totals totals on totals.tenant_id = given.tenant and totals.experiment = given.experiment`)
  return [...rows].map(({ tenant, experiment, excluded, first_at: firstAt, last_at: lastAt }) => ({
    tenantId: tenant,
    experiment,
    value: { excluded, firstAt, lastAt },
  }))
}

export async function writeUnits(session: Session, rows: readonly FoldedRow<FoldedUnit>[]): Promise<void> {
  if (rows.length === 0) return
  const list = rows.map(({ tenantId, experiment, value: { unit, phase, variant, firstAt, exchanges, sums } }) => {
    const row = { tenant: tenantId, experiment, unit, phase, variant, first_at: moment(firstAt), exchanges }
    return { ...row, sums: storedSums(sums) }
  })
  await session.execute(sql`
    insert into promptbox.experiment_units (tenant_id, experiment, unit, phase, variant, first_at, exchanges, sums)
    select * from ${rowsOf(
      list,
      'tenant text, experiment text, unit text, phase int, variant text, first_at timestamptz, exchanges int8, sums jsonb',
    )}
    on conflict (tenant_id, experiment, unit, phase)
    do update set first_at = excluded.first_at, exchanges = excluded.exchanges, sums = excluded.sums`)
}

export async function writeCells(session: Session, rows: readonly FoldedRow<FoldedCell>[]): Promise<void> {
  if (rows.length === 0) return
  const list = rows.map(({ tenantId, experiment, value }) => ({ tenant: tenantId, experiment, ...value }))
  await session.execute(sql`
    insert into promptbox.experiment_statistics
      (tenant_id, experiment, phase, variant, metric, units, exchanges, moments, sketch)
    select tenant, experiment, phase, variant, metric, units, exchanges, nullif(moments, 'null'), nullif(sketch, 'null')
    from ${rowsOf(
      list,
      'tenant text, experiment text, phase int, variant text, metric text, units int8, exchanges int8, moments jsonb, sketch jsonb',
    )}
    on conflict (tenant_id, experiment, phase, variant, metric)
    do update set units = excluded.units, exchanges = excluded.exchanges, moments = excluded.moments,
      sketch = excluded.sketch`)
}

export async function writeTotals(session: Session, rows: readonly FoldedRow<FoldedTotals>[]): Promise<void> {
  if (rows.length === 0) return
  const list = rows.map(({ tenantId, experiment, value: { excluded, firstAt, lastAt } }) => {
    return { tenant: tenantId, experiment, excluded, first_at: moment(firstAt), last_at: moment(lastAt) }
  })
  await session.execute(sql`
    insert into promptbox.experiment_totals (tenant_id, experiment, excluded, first_at, last_at)
    select * from ${rowsOf(
      list,
      'tenant text, experiment text, excluded jsonb, first_at timestamptz, last_at timestamptz',
    )}
    on conflict (tenant_id, experiment)
    do update set excluded = excluded.excluded, first_at = excluded.first_at, last_at = excluded.last_at`)
}
