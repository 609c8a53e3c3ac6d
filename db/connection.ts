import { drizzle as drizzleOf, type PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import postgres, { type Sql } from 'postgres'
import { lastingClient } from './lasting-client.ts'
import * as schema from './schema/index.ts'

export type Drizzle = PostgresJsDatabase<typeof schema>

/** How to reach the database, in plain data, so that another thread can be told. May hold a password: never log it. */
export type Connection =
  | { readonly kind: 'server'; readonly url: string; readonly settings: ConnectionSettings }
  | { readonly kind: 'embedded'; readonly path: string; readonly settings: ConnectionSettings }

export interface ConnectionSettings {
  /** Shown in `pg_stat_activity`. */
  readonly application: string
  readonly connectTimeoutMs: number
  /** Longest single statement on a real server, milliseconds; 0: no limit. Migrations lift it for themselves. */
  readonly statementTimeoutMs: number
}

export interface OpenConnection {
  /**
   * The raw client, set up as Drizzle, which shares it, wants it. Moments go in as ISO text and come out as PostgreSQL's text,
   * never as Date: `${new Date(ms).toISOString()}::timestamptz`. JSON goes in as text (`${JSON.stringify(value)}::jsonb`) and
   * comes out parsed. bigint and numeric come out as text.
   */
  readonly sql: Sql
  readonly drizzle: Drizzle
  /** Lets running statements finish for up to five seconds. */
  close(): Promise<void>
}

/**
 * A pool of about `maxConnections`, half of them for transactions (at least one each); connects with the first statement, and
 * again by itself whenever a connection was lost. To the embedded database one is as fast as many, because there is one
 * backend behind them.
 */
export function openConnection(connection: Connection, options: { readonly maxConnections: number }): OpenConnection {
  const sql = lastingClient(({ max, onclose }) => makeClient(connection, { max, onclose }), options)
  return { sql, drizzle: drizzleOf(sql, { schema }), close: () => sql.end({ timeout: 5 }) }
}

function makeClient(connection: Connection, pool: { readonly max: number; readonly onclose: () => void }): Sql {
  const { application, connectTimeoutMs, statementTimeoutMs } = connection.settings
  const shared = { ...pool, connect_timeout: connectTimeoutMs / 1000, onnotice: () => {}, max_lifetime: null }
  const sql =
    connection.kind === 'embedded'
      ? postgres({ ...shared, path: connection.path, user: 'postgres', database: 'postgres' })
      : postgres(connection.url, {
          ...shared,
          connection: {
            application_name: application,
            TimeZone: 'UTC',
            ...(statementTimeoutMs > 0 ? { statement_timeout: statementTimeoutMs } : {}),
          },
        })
  passThrough(sql)
  return sql
}

/**
 * Drizzle makes its own of moments and JSON and sets the client it is given accordingly. Ours are replaced under its feet, so
 * each is set the same way: date, time, timestamp and their arrays unread and unwritten, JSON unwritten.
 */
function passThrough(sql: Sql): void {
  const { parsers, serializers } = sql.options
  for (const type of [1082, 1083, 1114, 1115, 1182, 1184, 1185, 1231]) {
    parsers[type] = (value: string) => value
    serializers[type] = (value: unknown) => value
  }
  for (const type of [114, 3802]) serializers[type] = (value: unknown) => value
}
