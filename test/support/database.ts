import { createHash, randomUUID } from 'node:crypto'
import { cpSync, existsSync, mkdtempSync, readFileSync, realpathSync, renameSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import { migrate } from '../../db/migrate.ts'
import { migrationsFolder, readMigrations } from '../../db/migration-files.ts'
import { openDatabase, type Database } from '../../db/open.ts'

export type DatabaseKind = 'embedded' | 'server'

/**
 * What a test file runs against: always the embedded database, and a real server too when TEST_DATABASE_URL is set.
 * `describe.each(databaseKinds)('on the %s database', (kind) => …)`
 */
export const databaseKinds: readonly DatabaseKind[] =
  process.env['TEST_DATABASE_URL'] === undefined ? ['embedded'] : ['embedded', 'server']

export interface ScratchOptions {
  readonly kind?: DatabaseKind | undefined
  /** false: without the schema `promptbox`. Default true. */
  readonly migrated?: boolean | undefined
  readonly maxConnections?: number | undefined
}

/**
 * A throw-away database of its own, migrated, open; `close()` removes it. An embedded one takes about half a second and
 * 400 MB of memory: open one per test file (`beforeAll`/`afterAll`) and call `emptyDatabase` before each test, instead of one
 * per test. `connection` is for a second client or another thread (`openConnection` of `db/connection.ts`).
 *
 *     let database: Database
 *     beforeAll(async () => { database = await scratchDatabase({ kind }) })
 *     beforeEach(() => emptyDatabase(database))
 *     afterAll(() => database.close())
 */
export function scratchDatabase(options: ScratchOptions = {}): Promise<Database> {
  return options.kind === 'server' ? scratchOnServer(options) : scratchEmbedded(options)
}

/** Takes every row out of every table, the log's too, except the default tenant. Sequences go on. */
export async function emptyDatabase({ sql }: Pick<Database, 'sql'>): Promise<void> {
  const tables = await sql<{ name: string }[]>`
    select format('promptbox.%I', c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'promptbox' and c.relkind in ('r', 'p') and not c.relispartition
      and c.relname not in ('migrations', 'tenants')`
  await sql.unsafe(`truncate ${tables.map(({ name }) => name).join(', ')}`)
  await sql`delete from promptbox.tenants where id <> 'default'`
}

/** A fresh empty directory under the system's temporary one; `remove` deletes it. */
export function scratchDirectory(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(realpathSync(tmpdir()), 'promptbox-test-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** A scratch directory in which an embedded database has been before, so that opening it is fast. */
export async function embeddedDataDirectory(
  options: Pick<ScratchOptions, 'migrated'> = {},
): Promise<ReturnType<typeof scratchDirectory>> {
  const directory = scratchDirectory()
  cpSync(await embeddedTemplate(options.migrated ?? true), directory.path, { recursive: true })
  return directory
}

async function scratchEmbedded(options: ScratchOptions): Promise<Database> {
  const directory = await embeddedDataDirectory(options)
  const database = await openDatabase({
    databaseUrl: null,
    dataDir: directory.path,
    application: 'promptbox test',
    maxConnections: options.maxConnections,
  })
  return {
    ...database,
    close: async () => {
      await database.close()
      directory.remove()
    },
  }
}

/**
 * Making an embedded database from nothing takes seconds, so it is done once for each version of engine and migrations, kept
 * in the temporary directory, and copied.
 */
async function embeddedTemplate(migrated: boolean): Promise<string> {
  const engine = readFileSync(
    createRequire(import.meta.url)
      .resolve('@electric-sql/pglite')
      .replace(/dist[/\\][^/\\]+$/, 'package.json'),
    'utf8',
  )
  const steps = migrated ? readMigrations(migrationsFolder()).map(({ sha256 }) => sha256) : []
  const key = createHash('sha256')
    .update(JSON.stringify([engine, steps]))
    .digest('hex')
    .slice(0, 16)
  const template = join(realpathSync(tmpdir()), `promptbox-test-template-${key}`)
  if (existsSync(template)) return template
  const making = scratchDirectory()
  const database = await openDatabase({ databaseUrl: null, dataDir: making.path, application: 'promptbox test' })
  if (migrated) await migrate(database.sql)
  await database.close()
  try {
    renameSync(making.path, template)
  } catch {
    // Another test file was faster; its template is as good.
    making.remove()
  }
  return template
}

async function scratchOnServer(options: ScratchOptions): Promise<Database> {
  const base = process.env['TEST_DATABASE_URL']
  if (base === undefined) throw new Error('TEST_DATABASE_URL is not set')
  const name = `promptbox_test_${randomUUID().replaceAll('-', '').slice(0, 16)}`
  await onServer(base, (sql) => sql`create database ${sql(name)} encoding 'UTF8' template template0`)
  const url = new URL(base)
  url.pathname = `/${name}`
  const database = await openDatabase({
    databaseUrl: url.href,
    dataDir: '',
    application: 'promptbox test',
    maxConnections: options.maxConnections,
  })
  if (options.migrated ?? true) await migrate(database.sql)
  return {
    ...database,
    close: async () => {
      await database.close()
      await onServer(base, (sql) => sql`drop database if exists ${sql(name)} with (force)`)
    },
  }
}

async function onServer(url: string, work: (sql: postgres.Sql) => Promise<unknown>): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  try {
    await work(sql)
  } finally {
    await sql.end({ timeout: 5 })
  }
}
