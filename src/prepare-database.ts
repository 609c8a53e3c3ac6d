import type { Database } from '../db/open.ts'
import { migrate } from '../db/migrate.ts'
import { seed } from '../db/seed.ts'
import { Fault } from './core/fault.ts'
import type { Observe } from './core/observation.ts'
import { withFaults } from './store/postgres/database-errors.ts'
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

/** `withSeed`: a database made by this start gets the three example prompts. */
export function prepareDatabase(
  database: Database,
  stores: Stores,
  options: { readonly withSeed: boolean; readonly observe: Observe },
): DatabasePreparation {
  let running: Promise<void> | null = null
  const run = async (): Promise<void> => {
    let isNew = false
    await withFaults(() =>
      migrate(database.sql, {
        onApplied: ({ number, name, tookMs }) => {
          if (number === 0) isNew = true
          options.observe({
            type: 'notice',
            message: `Migrated the database: step ${number} ${name}, ${Math.round(tookMs)} ms.`,
          })
        },
      }),
    )
    if (isNew && options.withSeed) await seed(stores, { tenantId: 'default', id: 'seed', name: 'seed' })
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

/** Resolves true when the database is ready, false when it is away; rethrows what this build must not ignore. */
export async function isDatabaseReady(preparation: DatabasePreparation, withinMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | null = null
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, withinMs, false)
  })
  try {
    return await Promise.race([preparation.prepare().then(() => true), late])
  } catch (error) {
    if (error instanceof Fault && error.kind === 'unavailable') return false
    throw error
  } finally {
    if (timer !== null) clearTimeout(timer)
  }
}
