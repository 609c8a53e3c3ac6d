import { and, arrayOverlaps, asc, eq, inArray, ne, or, sql } from 'drizzle-orm'
import type { Drizzle } from '../../../db/connection.ts'
import { models } from '../../../db/schema/index.ts'
import type { ModelValue } from '../../snapshot/change.ts'
import { modelNameTaken, noModel } from '../faults.ts'
import type { Actor, ModelStore } from '../ports.ts'
import { withFaults } from './database-errors.ts'
import { note, write, type Transaction } from './transaction.ts'

const columns = { id: models.id, aliases: models.aliases, prices: models.prices, facts: models.facts }

export function createModelStore(database: Drizzle): ModelStore {
  return {
    put: (actor, { id, aliases, prices, facts }) =>
      write(database, async (transaction) => {
        await checkNames(transaction, actor, { id, aliases })
        const thing = { noun: 'model', tenantId: actor.tenantId, id } as const
        const value = { aliases: [...aliases], prices, facts, updatedBy: actor.id, updatedAt: sql`clock_timestamp()` }
        const [row] = await transaction
          .insert(models)
          .values({ tenantId: actor.tenantId, id, ...value })
          .onConflictDoUpdate({ target: [models.tenantId, models.id], set: value })
          .returning(columns)
        if (row === undefined) throw noModel(id)
        await note(transaction, actor, thing, { event: 'model_put' })
        return { value: row, changed: thing }
      }),

    list: () => withFaults(() => database.select(columns).from(models).orderBy(asc(models.id))),

    remove: (actor, id) =>
      write(database, async (transaction) => {
        const thing = { noun: 'model', tenantId: actor.tenantId, id } as const
        const removed = await transaction
          .delete(models)
          .where(and(eq(models.tenantId, actor.tenantId), eq(models.id, id)))
          .returning({ id: models.id })
        if (removed.length === 0) throw noModel(id)
        await note(transaction, actor, thing, { event: 'model_removed' })
        return { value: undefined, changed: thing }
      }),
  }
}

/** No constraint can hold that ids and aliases share one name space, so writers of models take turns. */
async function checkNames(
  transaction: Transaction,
  actor: Actor,
  { id, aliases }: Pick<ModelValue, 'id' | 'aliases'>,
): Promise<void> {
  await transaction.execute(sql`lock table ${models} in share row exclusive mode`)
  const names = [id, ...aliases]
  const [other] = await transaction
    .select(columns)
    .from(models)
    .where(
      and(
        eq(models.tenantId, actor.tenantId),
        ne(models.id, id),
        or(inArray(models.id, names), arrayOverlaps(models.aliases, names)),
      ),
    )
    .limit(1)
  if (other === undefined) return
  if (other.aliases.includes(id)) throw modelNameTaken('id', id, other.id)
  const taken = aliases.find((alias) => alias === other.id || other.aliases.includes(alias))
  throw modelNameTaken('aliases', taken ?? id, other.id)
}
