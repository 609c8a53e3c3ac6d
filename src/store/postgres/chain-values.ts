import { and, asc, isNull, sql, type SQL } from 'drizzle-orm'
import type { Drizzle } from '../../../db/connection.ts'
import { chainVersions, chains } from '../../../db/schema/index.ts'
import type { ChainValue, SnapshotChange } from '../../snapshot/change.ts'
import { withFaults } from './database-errors.ts'

/** Chains in one batch: each has all its versions with it. */
const batchSize = 50

interface ChainId {
  readonly tenantId: string
  readonly id: string
}

/** All live chains, in batches. */
export async function* liveChains(database: Drizzle): AsyncGenerator<readonly SnapshotChange[]> {
  for (let last: ChainId | undefined; ;) {
    const behind =
      last === undefined ? undefined : sql`(${chains.tenantId}, ${chains.slug}) > (${last.tenantId}, ${last.id})`
    const batch = await withFaults(() => valuesOf(database, behind))
    if (batch.length > 0) yield batch
    const end = batch.at(-1)
    if (end === undefined || batch.length < batchSize) return
    last = end
  }
}

/** The newest values of these chains; of those that are no longer there, that they are gone. */
export async function* chainValues(database: Drizzle, things: readonly ChainId[]): AsyncGenerator<SnapshotChange> {
  for (let start = 0; start < things.length; start += batchSize) {
    const some = things.slice(start, start + batchSize)
    const found = await valuesOf(database, among(some, chains.tenantId, chains.slug))
    yield* found
    const there = new Set(found.map(({ tenantId, id }) => JSON.stringify([tenantId, id])))
    for (const { tenantId, id } of some) {
      if (!there.has(JSON.stringify([tenantId, id]))) yield { noun: 'chain', tenantId, id, value: null }
    }
  }
}

/** The first batch of the live ones. Versions are read after the chains: the active one is then never missing. */
async function valuesOf(database: Drizzle, which: SQL | undefined) {
  const rows = await database
    .select({ tenantId: chains.tenantId, id: chains.slug, activeVersion: chains.activeVersion })
    .from(chains)
    .where(and(isNull(chains.archivedAt), which))
    .orderBy(asc(chains.tenantId), asc(chains.slug))
    .limit(batchSize)
  const versions = new Map<string, ChainValue['versions'][number][]>(
    rows.map(({ tenantId, id }) => [JSON.stringify([tenantId, id]), []]),
  )
  const found =
    rows.length === 0
      ? []
      : await database
          .select()
          .from(chainVersions)
          .where(among(rows, chainVersions.tenantId, chainVersions.slug))
          .orderBy(asc(chainVersions.tenantId), asc(chainVersions.slug), asc(chainVersions.version))
  for (const { tenantId, slug, version, body } of found) {
    versions.get(JSON.stringify([tenantId, slug]))?.push({ number: version, body })
  }
  return rows.map(({ tenantId, id, activeVersion }) => {
    const value = { tenantId, slug: id, activeVersion, versions: versions.get(JSON.stringify([tenantId, id])) ?? [] }
    return { noun: 'chain', tenantId, id, value } as const
  })
}

/** Any of these things, as one parameter: the statement's text stays the same however many there are. */
function among(
  things: readonly ChainId[],
  tenantId: typeof chains.tenantId | typeof chainVersions.tenantId,
  slug: typeof chains.slug | typeof chainVersions.slug,
): SQL {
  const list = JSON.stringify(things.map((thing) => [thing.tenantId, thing.id]))
  return sql`(${tenantId}, ${slug}) in (select pair ->> 0, pair ->> 1 from jsonb_array_elements(${list}::jsonb) pair)`
}
