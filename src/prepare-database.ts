import type { Database } from '../db/open.ts'
import { openConnection } from '../db/connection.ts'
import { migrate, migrationStatus, type MigrateOptions } from '../db/migrate.ts'
import { seed, seedGuardrailsOnce } from '../db/seed.ts'
import { Fault } from './core/fault.ts'
import type { Observe } from './core/observation.ts'
import { databaseErrorOf, withFaults } from './store/postgres/database-errors.ts'
import type { SnapshotStore, Stores } from './store/ports.ts'

export interface DatabasePreparation {
  /**
   * Brings the schema up to date and, in a database that was empty, puts the first prompts there. Once done it stays done;
   * a try that failed because the database is away is tried again by the next call.
   *
   * @throws Fault `unavailable` while the database is away; any other error means that this build must not use it.
   */
  prepare(): Promise<void>
}

/**
 * `withSeed`: a database in which nothing was ever changed gets the three example prompts. Every database gets the guardrails
 * of a fresh installation, once.
 */
export function prepareDatabase(
  database: Database,
  stores: Stores,
  options: { readonly withSeed: boolean; readonly observe: Observe },
): DatabasePreparation {
  let running: Promise<void> | null = null
  const run = async (): Promise<void> => {
    await withFaults(() =>
      bringUpToDate(database, ({ number, name, tookMs }) => {
        options.observe({
          type: 'notice',
          message: `Migrated the database: step ${number} ${name}, ${Math.round(tookMs)} ms.`,
        })
      }),
    )
    // Prompts first: they are for a database in which nothing was ever changed.
    if (options.withSeed) await seed(stores, { tenantId: 'default', id: 'seed', name: 'seed' })
    await seedGuardrailsOnce(stores, 'default')
  }
  return {
    prepare: () => {
      running ??= run().catch((error: unknown) => {
        running = null
        throw error
      })
      return running
    },
  }
}

/** On a connection of its own: a step may take as long as it needs, which no statement of the pool may. */
async function bringUpToDate({ sql, connection }: Database, onApplied: MigrateOptions['onApplied']): Promise<void> {
  const { pending } = await migrationStatus(sql)
  if (pending.length === 0) return
  const settings = { ...connection.settings, statementTimeoutMs: 0 }
  const apart = openConnection({ ...connection, settings }, { maxConnections: 1 })
  try {
    await migrate(apart.sql, { onApplied })
  } finally {
    await apart.close()
  }
}

/** The snapshot's source, which first makes sure that there is a schema to read. */
export function preparedSnapshotStore(store: SnapshotStore, preparation: DatabasePreparation): SnapshotStore {
  return {
    head: async () => {
      await preparation.prepare()
      return store.head()
    },
    all: () => store.all(),
    since: (since) => store.since(since),
  }
}

/** SQLSTATE of a server that is there and will never let us in like this: wrong password, wrong user, no such database. */
const refusals = new Set(['28P01', '28000', '3D000'])

/**
 * Waits for the database at start, at most so long. Null when it is ready, else why it is away. What this build must not
 * ignore (a newer schema, a wrong password, a database that does not exist) is thrown.
 */
export async function reasonDatabaseIsAway(preparation: DatabasePreparation, withinMs: number): Promise<string | null> {
  let timer: NodeJS.Timeout | null = null
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(resolve, withinMs, `It does not answer within ${withinMs} ms.`)
  })
  try {
    return await Promise.race([preparation.prepare().then(() => null), late])
  } catch (error) {
    if (!(error instanceof Fault) || error.kind !== 'unavailable') throw error
    const cause = databaseErrorOf(error.cause)
    if (cause === null) return error.message
    if (refusals.has(cause.code)) {
      throw new Error(`The server in DATABASE_URL refuses: ${cause.error.message}. Correct the URL.`, { cause: error })
    }
    return `${cause.error.message} (${cause.code}).`
  } finally {
    if (timer !== null) clearTimeout(timer)
  }
}
