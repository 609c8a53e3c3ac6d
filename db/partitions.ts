import type { Sql, TransactionSql } from 'postgres'

/** The tables that have one partition for each UTC day, `<table>_<yyyymmdd>`. */
const logTables = ['exchanges', 'exchange_bodies'] as const

const dayMs = 86_400_000
/** Any number that nobody else in the database uses as an advisory lock. */
const partitionLock = '7308324466290485102'

/**
 * Makes the partitions for `days` days from the UTC day of `from` (milliseconds since 1970) on, as far as they are missing;
 * how many days were. For the job that keeps some days ahead.
 */
export async function ensurePartitions(
  sql: Sql,
  range: { readonly from: number; readonly days: number },
): Promise<number> {
  if (!Number.isInteger(range.days) || range.days < 1 || range.days > 400) {
    throw new RangeError(`days: ${range.days} is not a whole number from 1 to 400`)
  }
  return ensurePartitionsFor(
    sql,
    Array.from({ length: range.days }, (_, day) => range.from + day * dayMs),
  )
}

/**
 * Makes the partitions that rows of these moments (milliseconds since 1970) need, as far as they are missing; how many days
 * were. One look at the catalogue when nothing is missing. For the writer, before each batch, so that a record of an unusual
 * day (a spool replayed after a long outage) never fails the batch. Many processes may call it at once.
 */
export async function ensurePartitionsFor(sql: Sql, moments: Iterable<number>): Promise<number> {
  const wanted = new Set(Array.from(moments, dayOf))
  const missing = withoutThose(wanted, await partitionDays(sql))
  if (missing.length === 0) return 0
  const made = await sql.begin((transaction) => ensurePartitionsWithin(transaction, moments))
  return made
}

/** The same inside a transaction that is open: what it makes is there for others when that commits. */
export async function ensurePartitionsWithin(transaction: TransactionSql, moments: Iterable<number>): Promise<number> {
  const wanted = new Set(Array.from(moments, dayOf))
  await transaction`select pg_advisory_xact_lock(${partitionLock}::bigint)`
  const missing = withoutThose(wanted, await partitionDays(transaction))
  for (const day of missing) for (const table of logTables) await makePartition(transaction, table, day)
  return missing.length
}

/**
 * Drops the partitions whose whole day lies before `moment` (milliseconds since 1970), messages first; the days dropped, as
 * `yyyy-mm-dd`. One short transaction for each day, so that an interrupted run has done whole days; waits at most
 * `lockTimeoutMs` (default 5,000) for readers of a day and then throws, to be tried again later.
 */
export async function dropPartitionsBefore(
  sql: Sql,
  moment: number,
  options: { readonly lockTimeoutMs?: number | undefined } = {},
): Promise<readonly string[]> {
  const old = [...(await partitionDays(sql, 1))].filter((day) => day + dayMs <= moment).toSorted((a, b) => a - b)
  for (const day of old) {
    await sql.begin(async (transaction) => {
      await transaction`select set_config('lock_timeout', ${`${options.lockTimeoutMs ?? 5000}ms`}, true)`
      await transaction`select pg_advisory_xact_lock(${partitionLock}::bigint)`
      for (const table of logTables.toReversed()) {
        await transaction`drop table if exists promptbox.${transaction(partitionName(table, day))}`
      }
    })
  }
  return old.map((day) => isoDay(day))
}

/** True for the error of a row whose day has no partition. */
export function isMissingPartition(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    error.code === '23514' &&
    error.message.startsWith('no partition of relation')
  )
}

/**
 * ATTACH, not CREATE … PARTITION OF: that would lock the whole log against readers and writers for the moment it takes, and
 * queue behind the longest of them.
 */
async function makePartition(transaction: TransactionSql, table: string, day: number): Promise<void> {
  const partition = `promptbox.${partitionName(table, day)}`
  const bounds = `from ('${isoDay(day)} 00:00:00+00') to ('${isoDay(day + dayMs)} 00:00:00+00')`
  await transaction.unsafe(`create table if not exists ${partition} (like promptbox.${table} including all)`)
  const attached = await transaction`select 1 from pg_catalog.pg_inherits where inhrelid = ${partition}::regclass`
  if (attached.length > 0) return
  await transaction.unsafe(`alter table promptbox.${table} attach partition ${partition} for values ${bounds}`)
}

/** Days (milliseconds since 1970 of their beginning) that have a partition in at least so many of the tables. */
async function partitionDays(
  sql: Sql | TransactionSql,
  tables: number = logTables.length,
): Promise<ReadonlySet<number>> {
  const rows = await sql<{ day: string }[]>`
    select right(child.relname, 8) as day
    from pg_catalog.pg_inherits
    join pg_catalog.pg_class child on child.oid = inhrelid
    where inhparent in ('promptbox.exchanges'::regclass, 'promptbox.exchange_bodies'::regclass)
    group by 1
    having count(*) >= ${tables}`
  return new Set(rows.map(({ day }) => Date.parse(`${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}T00:00:00Z`)))
}

function withoutThose(wanted: ReadonlySet<number>, there: ReadonlySet<number>): readonly number[] {
  return [...wanted].filter((day) => !there.has(day))
}

function dayOf(moment: number): number {
  return Math.floor(moment / dayMs) * dayMs
}

function isoDay(day: number): string {
  return new Date(day).toISOString().slice(0, 10)
}

function partitionName(table: string, day: number): string {
  return `${table}_${isoDay(day).replaceAll('-', '')}`
}
