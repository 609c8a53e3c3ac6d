import type { Sql, TransactionSql } from 'postgres'

const oldestMajorVersion = 15

/** Throws when the server is too old, or the database cannot hold every text. */
export async function checkServer(sql: Sql): Promise<void> {
  const [server] = await sql<{ number: number; version: string; encoding: string }[]>`
    select current_setting('server_version_num')::int as number, current_setting('server_version') as version,
      current_setting('server_encoding') as encoding`
  if (server === undefined || server.number < oldestMajorVersion * 10_000) {
    throw new Error(
      `The database server is PostgreSQL ${server?.version ?? 'of unknown version'}; Promptbox needs ${oldestMajorVersion} or newer. Upgrade the server, or leave DATABASE_URL unset to use the embedded database.`,
    )
  }
  if (server.encoding !== 'UTF8') {
    throw new Error(
      `The database has the encoding ${server.encoding}; Promptbox needs UTF8: create database promptbox encoding 'UTF8' template template0.`,
    )
  }
}

export async function schemaExists(sql: Sql | TransactionSql): Promise<boolean> {
  const rows = await sql`select 1 from pg_catalog.pg_namespace where nspname = 'promptbox'`
  return rows.length > 0
}

/** Throws when there is a schema `promptbox` that is somebody else's: anything in it, but no migrations table of ours. */
export async function checkOwnership(sql: Sql | TransactionSql): Promise<void> {
  const [found] = await sql<{ things: number; ours: number }[]>`
    select
      (select count(*)::int from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where n.nspname = 'promptbox')
      + (select count(*)::int from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
        where n.nspname = 'promptbox') as things,
      (select count(*)::int from pg_catalog.pg_attribute where attrelid = to_regclass('promptbox.migrations')
        and attname in ('number', 'name', 'sha256', 'applied_at')) as ours`
  if (found === undefined || found.things === 0 || found.ours === 4) return
  throw new Error(
    'This database has a schema "promptbox" that Promptbox did not make, and it is not empty. Nothing in it was touched. Rename that schema, or give Promptbox a database of its own (DATABASE_URL).',
  )
}
