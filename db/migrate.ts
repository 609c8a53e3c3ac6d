import type { Sql, TransactionSql } from 'postgres'
import { migrationsFolder, readMigrations, type Migration } from './migration-files.ts'
import { checkOwnership, checkServer, schemaExists } from './preconditions.ts'

export interface MigrateOptions {
  /** How long to wait for another process that migrates, and for the tables a step changes, milliseconds. Default 30,000. */
  readonly lockTimeoutMs?: number | undefined
  /** The last step to take. Default: that of this build. */
  readonly upTo?: number | undefined
  /** Default: the migrations of this build. */
  readonly folder?: string | undefined
  /** Called after each step, when it is committed. */
  readonly onApplied?:
    | ((step: { readonly number: number; readonly name: string; readonly tookMs: number }) => void)
    | undefined
}

export interface MigrationStatus {
  /** Number of the newest step in the database; null: none. */
  readonly database: number | null
  /** Number of the newest step of this build. */
  readonly build: number
  readonly pending: readonly { readonly number: number; readonly name: string }[]
}

interface AppliedRow {
  readonly number: number
  readonly name: string
  readonly sha256: string
}

/** Any number that nobody else in the database uses as an advisory lock. */
const migrationLock = '7308324466290485101'

/**
 * Brings the schema `promptbox` to the state of this build; how many steps it took. Safe to call from many processes at once
 * and to call again after it was interrupted: each step is one transaction that first takes the lock and then looks at what
 * is still to do. Every mistake is an Error whose message says what to do: the server is too old, the schema is somebody
 * else's or newer than this build, an applied step is not the one of this build, another process holds the lock too long.
 */
export async function migrate(sql: Sql, options: MigrateOptions = {}): Promise<number> {
  const migrations = readMigrations(options.folder ?? migrationsFolder())
  await checkServer(sql)
  for (let steps = 0; ; steps++) {
    const started = performance.now()
    const done = await locked(sql, options, async (transaction) => {
      await checkOwnership(transaction)
      await makeMigrationsTable(transaction)
      const pending = pendingAfter(await appliedRows(transaction), migrations)
      const next = pending.find(({ number }) => number <= (options.upTo ?? number))
      if (next !== undefined) await takeForward(transaction, next)
      return next
    })
    if (done === undefined) return steps
    options.onApplied?.({ number: done.number, name: done.name, tookMs: performance.now() - started })
  }
}

/**
 * What is applied and what is pending; changes nothing. Throws as `migrate` does, except for the lock.
 */
export async function migrationStatus(
  sql: Sql,
  options: Pick<MigrateOptions, 'folder'> = {},
): Promise<MigrationStatus> {
  const migrations = readMigrations(options.folder ?? migrationsFolder())
  await checkServer(sql)
  await checkOwnership(sql)
  const applied = (await migrationsTableExists(sql)) ? await appliedRows(sql) : []
  const pending = pendingAfter(applied, migrations).map(({ number, name }) => ({ number, name }))
  return { database: applied.at(-1)?.number ?? null, build: migrations.length - 1, pending }
}

/**
 * Goes back until step `toNumber` is the newest one (-1: before the first); how many steps that took. Needs the build that
 * knows the steps to undo, so downgrade in this order: go back with the newer Promptbox, then start the older one. The
 * exchange log is kept, always.
 */
export async function migrateBack(sql: Sql, toNumber: number, options: MigrateOptions = {}): Promise<number> {
  const migrations = readMigrations(options.folder ?? migrationsFolder())
  if (!Number.isInteger(toNumber) || toNumber < -1 || toNumber >= migrations.length) {
    throw new Error(
      `There is no step ${toNumber} to go back to; this build has -1 (before the first) to ${migrations.length - 1}.`,
    )
  }
  await checkServer(sql)
  for (let steps = 0; ; steps++) {
    const undone = await locked(sql, options, async (transaction) => {
      await checkOwnership(transaction)
      if (!(await migrationsTableExists(transaction))) return undefined
      const applied = await appliedRows(transaction)
      pendingAfter(applied, migrations)
      const last = migrations[applied.length - 1]
      if (last === undefined || last.number <= toNumber) return undefined
      await transaction.unsafe(last.back).simple()
      await transaction`delete from promptbox.migrations where number = ${last.number}`
      return last
    })
    if (undone === undefined) return steps
  }
}

async function takeForward(transaction: TransactionSql, migration: Migration): Promise<void> {
  try {
    await transaction.unsafe(migration.forward).simple()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(
      `Migration ${migration.number} (${migration.name}) failed and was rolled back whole: ${reason}. The database is as it was; start again when the cause is gone.`,
      { cause: error },
    )
  }
  await transaction`
    insert into promptbox.migrations (number, name, sha256)
    values (${migration.number}, ${migration.name}, ${migration.sha256})`
}

async function locked<Result>(
  sql: Sql,
  options: MigrateOptions,
  work: (transaction: TransactionSql) => Promise<Result>,
): Promise<Result> {
  const lockTimeoutMs = options.lockTimeoutMs ?? 30_000
  const result = await sql.begin(async (transaction) => {
    await transaction`select set_config('statement_timeout', '0', true), set_config('lock_timeout', ${`${lockTimeoutMs}ms`}, true)`
    try {
      await transaction`select pg_advisory_xact_lock(${migrationLock}::bigint)`
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === '55P03')) throw error
      throw new Error(
        `Another process has been migrating this database for more than ${lockTimeoutMs} ms. Wait for it to finish (its connection is in pg_stat_activity), then start again.`,
        { cause: error },
      )
    }
    // Boxed: the driver would take an array or a promise apart.
    return { value: await work(transaction) }
  })
  return (result as { value: Result }).value
}

async function makeMigrationsTable(transaction: TransactionSql): Promise<void> {
  // Not IF NOT EXISTS: that asks for the right to create even when there is nothing to create.
  if (!(await schemaExists(transaction))) await transaction`create schema promptbox`
  if (await migrationsTableExists(transaction)) return
  await transaction`
    create table promptbox.migrations (
      number integer primary key,
      name text not null,
      sha256 text not null,
      applied_at timestamp (3) with time zone not null default now()
    )`
}

async function migrationsTableExists(sql: Sql | TransactionSql): Promise<boolean> {
  const rows = await sql`select 1 where to_regclass('promptbox.migrations') is not null`
  return rows.length > 0
}

function appliedRows(sql: Sql | TransactionSql): Promise<readonly AppliedRow[]> {
  return sql<AppliedRow[]>`select number, name, sha256 from promptbox.migrations order by number`
}

/** Throws when what is applied is not a beginning of what this build knows. */
function pendingAfter(applied: readonly AppliedRow[], migrations: readonly Migration[]): readonly Migration[] {
  const newest = applied.at(-1)
  if (newest !== undefined && newest.number >= migrations.length) {
    throw new Error(
      `The database is newer than this Promptbox: its schema is at migration ${newest.number} (${newest.name}), this build knows up to ${migrations.length - 1}. Start a newer Promptbox, or go back with the newer one first: its migrateBack to ${migrations.length - 1} keeps the exchange log.`,
    )
  }
  applied.forEach((row, index) => {
    const known = migrations[index]
    if (known !== undefined && row.number === known.number && row.sha256 === known.sha256) return
    throw new Error(
      `Migration ${row.number} (${row.name}) in this database is not the one of this build: the schema would be something nobody has tested. Run the Promptbox that applied it; if the file db/migrations was edited, undo the edit.`,
    )
  })
  return migrations.slice(applied.length)
}
