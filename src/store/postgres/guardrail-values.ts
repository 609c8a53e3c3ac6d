import { asc, sql, type SQL } from 'drizzle-orm'
import type { Drizzle } from '../../../db/connection.ts'
import { guardrails } from '../../../db/schema/index.ts'
import type { SnapshotChange } from '../../snapshot/change.ts'
import { withFaults } from './database-errors.ts'

/** Guardrails in one batch: one with long lists of words can be large. */
const batchSize = 50

interface GuardrailId {
  readonly tenantId: string
  readonly id: string
}

/** All guardrails, in batches. */
export async function* storedGuardrails(database: Drizzle): AsyncGenerator<readonly SnapshotChange[]> {
  for (let last: GuardrailId | undefined; ;) {
    const behind =
      last === undefined
        ? undefined
        : sql`(${guardrails.tenantId}, ${guardrails.slug}) > (${last.tenantId}, ${last.id})`
    const batch = await withFaults(() => valuesOf(database, behind))
    if (batch.length > 0) yield batch
    last = batch.at(-1)
    if (last === undefined || batch.length < batchSize) return
  }
}

/** The newest values of these guardrails; of those that are no longer there, that they are gone. */
export async function* guardrailValues(
  database: Drizzle,
  things: readonly GuardrailId[],
): AsyncGenerator<SnapshotChange> {
  for (let start = 0; start < things.length; start += batchSize) {
    const some = things.slice(start, start + batchSize)
    const list = JSON.stringify(some.map(({ tenantId, id }) => [tenantId, id]))
    // One parameter: the statement's text stays the same however many there are.
    const among = sql`(${guardrails.tenantId}, ${guardrails.slug}) in (select pair ->> 0, pair ->> 1 from jsonb_array_elements(${list}::jsonb) pair)`
    const found = await valuesOf(database, among)
    yield* found
    const there = new Set(found.map(({ tenantId, id }) => JSON.stringify([tenantId, id])))
    for (const { tenantId, id } of some) {
      if (!there.has(JSON.stringify([tenantId, id]))) yield { noun: 'guardrail', tenantId, id, value: null }
    }
  }
}

async function valuesOf(database: Drizzle, which: SQL | undefined) {
  const { tenantId, slug, body } = guardrails
  const rows = await database
    .select({ tenantId, slug, body })
    .from(guardrails)
    .where(which)
    .orderBy(asc(tenantId), asc(slug))
    .limit(batchSize)
  return rows.map((value) => ({ noun: 'guardrail', tenantId: value.tenantId, id: value.slug, value }) as const)
}
