import { sql } from 'drizzle-orm'
import type { Drizzle } from '../../../db/connection.ts'
import { changes, events } from '../../../db/schema/index.ts'
import type { AuditedThing, ChangedThing } from '../changed-thing.ts'
import type { Actor } from '../ports.ts'
import { withFaults } from './database-errors.ts'

export type Transaction = Parameters<Parameters<Drizzle['transaction']>[0]>[0]
/** Where a statement can run. */
export type Session = Drizzle | Transaction

export interface Written<Value> {
  readonly value: Value
  /** null: nothing that a request can see was changed. */
  readonly changed: ChangedThing | null
}

/**
 * One write, whole or not at all. The line in the feed comes last: from there to the commit all writers stand in one queue,
 * which is what makes the feed's numbers appear in order.
 */
export async function write<Value>(
  database: Drizzle,
  work: (transaction: Transaction) => Promise<Written<Value>>,
): Promise<Value> {
  return withFaults(() =>
    database.transaction(async (transaction) => {
      const { value, changed } = await work(transaction)
      if (changed !== null) {
        await transaction.insert(changes).values({ noun: changed.noun, tenantId: changed.tenantId, nounId: changed.id })
      }
      return value
    }),
  )
}

export type EventDetails = Partial<
  Pick<typeof events.$inferInsert, 'label' | 'fromVersion' | 'toVersion' | 'version' | 'reason'>
> & { readonly event: string }

/** Appends to the audit trail. The moment is that of the statement, because a transaction may have begun before another it waited for. */
export async function note(
  transaction: Transaction,
  actor: Actor,
  thing: AuditedThing,
  ...rows: readonly [EventDetails, ...EventDetails[]]
): Promise<void> {
  await transaction.insert(events).values(
    rows.map((row) => ({
      ...row,
      tenantId: thing.tenantId,
      noun: thing.noun,
      nounId: thing.id,
      actorId: actor.id,
      actorName: actor.name,
      at: sql`clock_timestamp()`,
    })),
  )
}
