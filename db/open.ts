import type { Sql } from 'postgres'
import type { Observe } from '../src/core/observation.ts'
import { openConnection, type Connection, type Drizzle } from './connection.ts'
import { startEmbeddedDatabase } from './embedded/embedded-database.ts'

export interface OpenOptions {
  /** null: the embedded database in `dataDir`. */
  readonly databaseUrl: string | null
  readonly dataDir: string
  /** For the admin API and the snapshot. Default: 10 to a server, 1 to the embedded database. */
  readonly maxConnections?: number | undefined
  /** Shown in `pg_stat_activity`. */
  readonly application: string
  /** Default 10,000. */
  readonly connectTimeoutMs?: number | undefined
  /** Default 30,000; 0: no limit. */
  readonly statementTimeoutMs?: number | undefined
  /** Hears when the embedded database breaks and when it is back. */
  readonly observe?: Observe | undefined
}

export interface Database {
  /** See `OpenConnection.sql` for what goes in and comes out. */
  readonly sql: Sql
  readonly drizzle: Drizzle
  readonly embedded: boolean
  /** This start made the database; always false for a server, where `migrate` tells. */
  readonly firstStart: boolean
  /** For `openConnection` in another thread. */
  readonly connection: Connection
  /** Close other threads' connections first. */
  close(): Promise<void>
}

/**
 * Opens the database. A server is not spoken to yet, so this succeeds while it is away; `migrate` checks what it is. The
 * embedded one is up when this resolves; throws when its data directory is in use or cannot be opened.
 */
export async function openDatabase(options: OpenOptions): Promise<Database> {
  const settings = {
    application: options.application,
    connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
    statementTimeoutMs: options.statementTimeoutMs ?? 30_000,
  }
  if (options.databaseUrl !== null) {
    const connection: Connection = { kind: 'server', url: checkedUrl(options.databaseUrl), settings }
    const open = openConnection(connection, { maxConnections: options.maxConnections ?? 10 })
    return { ...open, embedded: false, firstStart: false, connection }
  }
  const engine = await startEmbeddedDatabase({ dataDir: options.dataDir, observe: options.observe })
  const connection: Connection = { kind: 'embedded', path: engine.path, settings }
  const open = openConnection(connection, { maxConnections: options.maxConnections ?? 1 })
  const close = async (): Promise<void> => {
    await open.close()
    await engine.close()
  }
  return { ...open, embedded: true, firstStart: engine.firstStart, connection, close }
}

function checkedUrl(url: string): string {
  const scheme = URL.canParse(url) ? new URL(url).protocol : null
  if (scheme === 'postgres:' || scheme === 'postgresql:') return url
  throw new Error('DATABASE_URL has to be a PostgreSQL URL, such as postgres://user:password@host:5432/promptbox.')
}
