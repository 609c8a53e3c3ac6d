import type { Socket } from 'node:net'
import { drizzle as drizzleOf, type PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import postgres, { type Options, type Sql } from 'postgres'
import { setTypes } from './client-types.ts'
import { connectOnce, type Address } from './connect-once.ts'
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
  /**
   * Longest single statement on a real server, milliseconds; 0: no limit. A server that says nothing for longer than that is
   * given up. Migrations need a connection without it.
   */
  readonly statementTimeoutMs: number
}

/** What a server that ended a statement for its time needs to say so. */
const graceMs = 5_000

/** Longer than nearly every statement takes, shorter than anybody wants to wait for a database that is back. */
const doubtMs = 2_000

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
 * A pool of at most `maxConnections`, one more where LISTEN is used, and as many again while some give no answer. Connects with
 * the first statement, and again by itself whenever a connection was lost. To the embedded database one is as fast as many,
 * because there is one backend behind them. A transaction has a connection for itself: in one, use its own `sql`, or with a
 * pool of one you wait for yourself.
 */
export function openConnection(connection: Connection, options: { readonly maxConnections: number }): OpenConnection {
  const { connectTimeoutMs } = connection.settings
  const sql = lastingClient(
    {
      lane: ({ onclose }) => {
        const connectToAny = connectOnce(connectTimeoutMs, onclose)
        const lane = makeClient(connection, { onclose, socket: () => connectToAny(address) })
        const { path, host, port } = lane.options
        const address: Address = { path, host, port }
        // With more hosts the driver would keep an error to itself and wait for its own attempt at the next one.
        Object.assign(lane.options, { host: host.slice(0, 1) })
        return lane
      },
      listener: () => makeClient(connection, {}),
      maker: () =>
        makeClient(connection, {
          socket: () => Promise.reject(new Error('this client only puts statements together')),
        }),
    },
    { ...options, silenceMs: silenceMsOf(connection), doubtMs },
  )
  return { sql, drizzle: drizzleOf(sql, { schema }), close: () => sql.end({ timeout: 5 }) }
}

/** The embedded database has no statement timeout, and tells of its own end. */
function silenceMsOf({ kind, settings }: Connection): number {
  const { connectTimeoutMs, statementTimeoutMs } = settings
  return kind === 'embedded' || statementTimeoutMs === 0 ? 0 : connectTimeoutMs + statementTimeoutMs + graceMs
}

interface ClientOptions {
  readonly onclose?: () => void
  readonly socket?: (address: Address) => Promise<Socket>
}

function makeClient(connection: Connection, options: ClientOptions): Sql {
  const { application, connectTimeoutMs, statementTimeoutMs } = connection.settings
  // `socket` is missing from the driver's types.
  const shared: ClientOptions &
    Pick<Options<{}>, 'max' | 'connect_timeout' | 'max_lifetime' | 'fetch_types' | 'onnotice'> = {
    ...options,
    max: 1,
    connect_timeout: connectTimeoutMs / 1000,
    max_lifetime: null,
    // Lost in the middle, the driver's own question for array types is a rejection nobody handles. We know the types we use.
    fetch_types: false,
    onnotice: () => {},
  }
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
  setTypes(sql)
  return sql
}
