import { drizzle as drizzleOf, type PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'
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
  readonly sql: postgres.Sql
  readonly drizzle: Drizzle
  /** Lets running statements finish for up to five seconds. */
  close(): Promise<void>
}

/**
 * A pool of at most `maxConnections`; connects with the first statement, and again by itself whenever a connection was lost.
 * To the embedded database one is as fast as many, because there is one backend behind them.
 */
export function openConnection(connection: Connection, options: { readonly maxConnections: number }): OpenConnection {
  const { application, connectTimeoutMs, statementTimeoutMs } = connection.settings
  const shared = {
    max: options.maxConnections,
    connect_timeout: connectTimeoutMs / 1000,
    onnotice: () => {},
    backoff: (retries: number) => Math.min(0.05 * 2 ** retries, 1),
  }
  const sql =
    connection.kind === 'embedded'
      ? postgres({ ...shared, path: connection.path, user: 'postgres', database: 'postgres', max_lifetime: null })
      : postgres(connection.url, {
          ...shared,
          connection: {
            application_name: application,
            TimeZone: 'UTC',
            ...(statementTimeoutMs > 0 ? { statement_timeout: statementTimeoutMs } : {}),
          },
        })
  return { sql, drizzle: drizzleOf(sql, { schema }), close: () => sql.end({ timeout: 5 }) }
}
