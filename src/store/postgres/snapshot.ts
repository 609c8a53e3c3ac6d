import { and, asc, gt, inArray, isNull, lte, sql, type SQL } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import type { Drizzle } from '../../../db/connection.ts'
import {
  changes,
  keys,
  models,
  prompts,
  promptVersions,
  providerCredentials,
  routes,
} from '../../../db/schema/index.ts'
import { Fault } from '../../core/fault.ts'
import type {
  CredentialValue,
  KeyValue,
  ModelValue,
  PromptValue,
  RouteValue,
  SnapshotChange,
} from '../../snapshot/change.ts'
import { credentialId } from '../../snapshot/snapshot.ts'
import type { ChangedThing } from '../changed-thing.ts'
import type { SnapshotStore } from '../ports.ts'
import { chainValues, liveChains } from './chain-values.ts'
import { experimentValues, runningExperiments } from './experiment-snapshot.ts'
import { guardrailValues, storedGuardrails } from './guardrail-values.ts'
import { withFaults } from './database-errors.ts'
import { promptColumns } from './prompt-rows.ts'

/**
 * Most rows that one statement gives. Every statement stands alone: no cursor and no transaction stays open between two
 * batches, because the embedded database has one backend for everybody.
 */
const batchSize = 500

export function createSnapshotStore(database: Drizzle): SnapshotStore {
  return {
    head: () => withFaults(async () => String(await headOf(database))),

    async *all() {
      for await (const rows of livePrompts(database)) yield* promptChanges(database, rows)
      yield* liveKeys(database)
      yield await withFaults(() => credentialChanges(database))
      yield await withFaults(() => modelChanges(database))
      yield await withFaults(() => routeChanges(database))
      yield* liveChains(database)
      yield* storedGuardrails(database)
      yield* runningExperiments(database)
    },

    since: (since) =>
      withFaults(async () => {
        const head = await headOf(database)
        const after = BigInt(since)
        if (head <= after) return { changes: [], head: String(head) }
        await refuseWhenPruned(database, after)
        const things = await changedThings(database, after, head)
        const news: SnapshotChange[] = []
        for (const batch of inBatches(things)) {
          for await (const change of newestValues(database, batch)) news.push(change)
        }
        return { changes: news, head: String(head) }
      }),
  }
}

async function headOf(database: Drizzle): Promise<bigint> {
  const [newest] = await database
    .select({ seq: changes.seq })
    .from(changes)
    .orderBy(sql`${changes.seq} desc`)
    .limit(1)
  return newest?.seq ?? 0n
}

/** Fault `conflict`, code `history_pruned`, when lines after `since` have been taken out of the feed. */
async function refuseWhenPruned(database: Drizzle, since: bigint): Promise<void> {
  const [oldest] = await database.select({ seq: changes.seq }).from(changes).orderBy(asc(changes.seq)).limit(1)
  if (oldest === undefined || oldest.seq <= since + 1n) return
  throw new Fault(
    'conflict',
    `The change feed begins at ${oldest.seq} and no longer reaches back to ${since}. Load everything.`,
    {
      code: 'history_pruned',
    },
  )
}

/** Each thing once, however often it changed, in the order of its first change. */
async function changedThings(database: Drizzle, since: bigint, head: bigint): Promise<readonly ChangedThing[]> {
  const things = new Map<string, ChangedThing>()
  for (let after = since; ;) {
    const rows = await database
      .select({ seq: changes.seq, noun: changes.noun, tenantId: changes.tenantId, id: changes.nounId })
      .from(changes)
      .where(and(gt(changes.seq, after), lte(changes.seq, head)))
      .orderBy(asc(changes.seq))
      .limit(batchSize)
    for (const { noun, tenantId, id } of rows) things.set(JSON.stringify([noun, tenantId, id]), { noun, tenantId, id })
    const last = rows.at(-1)
    if (last === undefined || rows.length < batchSize) return [...things.values()]
    after = last.seq
  }
}

async function* newestValues(database: Drizzle, things: readonly ChangedThing[]): AsyncGenerator<SnapshotChange> {
  const changed = things.filter(({ noun }) => noun === 'prompt')
  if (changed.length > 0) {
    const rows = await database
      .select(promptColumns)
      .from(prompts)
      .where(and(among(changed, prompts.tenantId, prompts.slug), isNull(prompts.archivedAt)))
    const live = new Set<string>()
    for await (const batch of promptChanges(database, rows)) {
      for (const change of batch) {
        if (change.noun === 'prompt') live.add(JSON.stringify([change.tenantId, change.id]))
        yield change
      }
    }
    for (const { tenantId, id } of changed) {
      if (!live.has(JSON.stringify([tenantId, id]))) yield { noun: 'prompt', tenantId, id, value: null }
    }
  }
  const ids = (noun: ChangedThing['noun']): string[] =>
    things.filter((thing) => thing.noun === noun).map(({ id }) => id)
  yield* withAbsent('key', ids('key'), (some) => keyChanges(database, inArray(keys.id, some)))
  yield* withAbsent('credential', ids('credential'), (some) =>
    credentialChanges(database, inArray(storedCredentialId, some)),
  )
  yield* withAbsent('model', ids('model'), (some) => modelChanges(database, inArray(models.id, some)))
  yield* withAbsent('route', ids('route'), (some) => routeChanges(database, inArray(routes.slug, some)))
  yield* chainValues(
    database,
    things.filter(({ noun }) => noun === 'chain'),
  )
  yield* guardrailValues(
    database,
    things.filter(({ noun }) => noun === 'guardrail'),
  )
  yield* experimentValues(
    database,
    things.filter(({ noun }) => noun === 'experiment'),
  )
}

/** The values of these ids; of those that are no longer there, that they are gone. */
async function* withAbsent(
  noun: Exclude<ChangedThing['noun'], 'prompt' | 'chain' | 'guardrail' | 'experiment'>,
  ids: string[],
  read: (ids: string[]) => Promise<readonly SnapshotChange[]>,
): AsyncGenerator<SnapshotChange> {
  if (ids.length === 0) return
  const found = await read(ids)
  yield* found
  const there = new Set(found.map((change) => change.id))
  for (const id of ids) if (!there.has(id)) yield { noun, id, value: null }
}

type PromptRow = Pick<PromptValue, 'tenantId' | 'slug' | 'aliases' | 'category' | 'labels'> & {
  readonly latestVersion: number | null
}

/** Archived ones are left out here, not in the statement: without statistics the planner would take the filter for selective and sort the table for each batch. */
async function* livePrompts(database: Drizzle): AsyncGenerator<readonly PromptRow[]> {
  for (let last: Pick<PromptRow, 'tenantId' | 'slug'> | undefined; ;) {
    const behind =
      last === undefined ? undefined : sql`(${prompts.tenantId}, ${prompts.slug}) > (${last.tenantId}, ${last.slug})`
    const rows = await withFaults(() =>
      database
        .select(promptColumns)
        .from(prompts)
        .where(behind)
        .orderBy(asc(prompts.tenantId), asc(prompts.slug))
        .limit(batchSize),
    )
    yield rows.filter((row) => row.archivedAt === null)
    last = rows.at(-1)
    if (rows.length < batchSize) return
  }
}

/**
 * Prompts with their versions, read after the rows: a label then never points to a version that is missing. The numbers of
 * versions have no gaps, so the rows tell how many versions a batch will have; one prompt alone may have more than fit.
 */
async function* promptChanges(
  database: Drizzle,
  rows: readonly PromptRow[],
): AsyncGenerator<readonly SnapshotChange[]> {
  let batch: PromptRow[] = []
  let versions = 0
  for (const row of rows) {
    const count = row.latestVersion ?? 0
    if (batch.length > 0 && versions + count > batchSize) {
      yield await withFaults(() => withVersions(database, batch))
      batch = []
      versions = 0
    }
    batch.push(row)
    versions += count
  }
  if (batch.length > 0) yield await withFaults(() => withVersions(database, batch))
}

async function withVersions(database: Drizzle, rows: readonly PromptRow[]): Promise<SnapshotChange[]> {
  const versions = new Map<string, PromptValue['versions'][number][]>(
    rows.map((row) => [JSON.stringify([row.tenantId, row.slug]), []]),
  )
  const wanted = rows.filter((row) => row.latestVersion !== null).map(({ tenantId, slug }) => ({ tenantId, id: slug }))
  const found =
    wanted.length === 0
      ? []
      : await database
          .select({
            tenantId: promptVersions.tenantId,
            slug: promptVersions.slug,
            number: promptVersions.version,
            semver: promptVersions.semver,
            hash: promptVersions.hash,
            body: sql<string>`coalesce(${promptVersions.resolved}, ${promptVersions.body})`,
          })
          .from(promptVersions)
          .where(among(wanted, promptVersions.tenantId, promptVersions.slug))
          .orderBy(asc(promptVersions.tenantId), asc(promptVersions.slug), asc(promptVersions.version))
  for (const { tenantId, slug, number, semver, hash, body } of found) {
    versions.get(JSON.stringify([tenantId, slug]))?.push({ number, semver, hash, body })
  }
  return rows.map(({ tenantId, slug, aliases, category, labels }) => ({
    noun: 'prompt',
    tenantId,
    id: slug,
    value: {
      tenantId,
      slug,
      aliases,
      category,
      labels,
      versions: versions.get(JSON.stringify([tenantId, slug])) ?? [],
    },
  }))
}

/** Any of these things, as one parameter: the statement's text stays the same however many there are. */
function among(
  things: readonly { readonly tenantId: string; readonly id: string }[],
  tenantId: PgTable['_']['columns'][string],
  id: PgTable['_']['columns'][string],
): SQL {
  const list = JSON.stringify(things.map((thing) => [thing.tenantId, thing.id]))
  return sql`(${tenantId}, ${id}) in (select pair ->> 0, pair ->> 1 from jsonb_array_elements(${list}::jsonb) pair)`
}

async function* liveKeys(database: Drizzle): AsyncGenerator<readonly SnapshotChange[]> {
  for (let last: string | undefined; ;) {
    const batch = await withFaults(() => keyChanges(database, last === undefined ? undefined : gt(keys.id, last)))
    yield batch
    last = batch.at(-1)?.id
    if (batch.length < batchSize) return
  }
}

/** The first batch, by id, of the keys that are in force. */
async function keyChanges(database: Drizzle, which: SQL | undefined): Promise<readonly SnapshotChange[]> {
  const rows: KeyValue[] = await database
    .select({
      id: keys.id,
      tenantId: keys.tenantId,
      name: keys.name,
      hash: keys.hash,
      scopes: keys.scopes,
      roles: keys.roles,
      expiresAt: keys.expiresAt,
    })
    .from(keys)
    .where(and(isNull(keys.revokedAt), which))
    .orderBy(asc(keys.id))
    .limit(batchSize)
  return rows.map((value) => ({ noun: 'key', id: value.id, value }))
}

async function credentialChanges(database: Drizzle, which?: SQL): Promise<readonly SnapshotChange[]> {
  const { provider, name, sealedApiKey, baseUrl } = providerCredentials
  const rows: CredentialValue[] = await database
    .select({ provider, name, sealedApiKey, baseUrl })
    .from(providerCredentials)
    .where(which)
  return rows.map((value) => ({ noun: 'credential', id: credentialId(value), value }))
}

/** `credentialId` as the database says it. */
const storedCredentialId = sql<string>`case ${providerCredentials.name} when 'default' then ${providerCredentials.provider}
  else ${providerCredentials.provider} || '/' || ${providerCredentials.name} end`

async function modelChanges(database: Drizzle, which?: SQL): Promise<readonly SnapshotChange[]> {
  const rows: ModelValue[] = await database
    .select({ id: models.id, aliases: models.aliases, prices: models.prices, facts: models.facts })
    .from(models)
    .where(which)
  return rows.map((value) => ({ noun: 'model', id: value.id, value }))
}

async function routeChanges(database: Drizzle, which?: SQL): Promise<readonly SnapshotChange[]> {
  const rows: RouteValue[] = await database.select({ slug: routes.slug, body: routes.body }).from(routes).where(which)
  return rows.map((value) => ({ noun: 'route', id: value.slug, value }))
}

function* inBatches<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  for (let start = 0; start < items.length; start += batchSize) yield items.slice(start, start + batchSize)
}
