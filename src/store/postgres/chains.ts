import { and, asc, desc, eq, gt, isNotNull, isNull, lt, sql } from 'drizzle-orm'
import type { Drizzle } from '../../../db/connection.ts'
import { chainVersions, chains } from '../../../db/schema/index.ts'
import type { ChainBody } from '../../contract/chain-body.ts'
import type { ChainStore, StoredChain, StoredChainVersion } from '../chain-port.ts'
import { readCursor, toPage, writeCursor } from '../cursor.ts'
import { chainTaken, noChain, noChainVersion } from '../faults.ts'
import type { Actor } from '../ports.ts'
import { withFaults } from './database-errors.ts'
import { isVersionNumber } from './prompt-writes.ts'
import { type Transaction, note, write } from './transaction.ts'

export function createChainStore(database: Drizzle): ChainStore {
  /** A change to one chain, alone with it. `work` gives what is to be set; null: nothing. */
  function changeTo(
    actor: Actor,
    slug: string,
    work: (transaction: Transaction, chain: StoredChain) => Promise<ChainChanges | null>,
  ): Promise<StoredChain> {
    return write(database, async (transaction) => {
      const chain = await lockChain(transaction, actor.tenantId, slug)
      const changes = await work(transaction, chain)
      if (changes === null) return { value: chain, changed: null }
      return { value: await update(transaction, chain, changes), changed: thingOf(chain) }
    })
  }

  return {
    create: (actor, { slug, name, description, body, changeNote }) =>
      write(database, async (transaction) => {
        const own = { tenantId: actor.tenantId, slug }
        const [row] = await transaction
          .insert(chains)
          .values({ ...own, name, description, latestVersion: 1, activeVersion: 1 })
          .onConflictDoNothing()
          .returning()
        if (row === undefined) throw chainTaken(slug)
        await append(transaction, actor, own, { version: 1, body, changeNote })
        await note(transaction, actor, thingOf(own), { event: 'chain_created', version: 1, reason: changeNote })
        return { value: row, changed: thingOf(own) }
      }),

    list: (tenantId, { archived, limit, cursor }) =>
      withFaults(async () => {
        const after = cursor === undefined ? undefined : readCursor('chains', cursor, ['text'])[0]
        const inOrder = sql`${chains.slug} collate "C"`
        const rows = await database
          .select()
          .from(chains)
          .where(
            and(
              eq(chains.tenantId, tenantId),
              archived ? isNotNull(chains.archivedAt) : isNull(chains.archivedAt),
              after === undefined ? undefined : gt(inOrder, after),
            ),
          )
          .orderBy(asc(inOrder))
          .limit(limit + 1)
        return toPage(
          rows,
          limit,
          (row) => row,
          (last) => writeCursor('chains', last.slug),
        )
      }),

    find: (tenantId, slug) =>
      withFaults(async () => {
        const [row] = await database.select().from(chains).where(isChain({ tenantId, slug }))
        return row ?? null
      }),

    addVersion: (actor, slug, { name, description, body, changeNote, activate }) =>
      write(database, async (transaction) => {
        const chain = await lockChain(transaction, actor.tenantId, slug)
        const version = chain.latestVersion + 1
        await append(transaction, actor, chain, { version, body, changeNote })
        const thing = thingOf(chain)
        await note(transaction, actor, thing, { event: 'chain_version_created', version, reason: changeNote })
        if (activate) {
          const moved = { fromVersion: chain.activeVersion, toVersion: version }
          await note(transaction, actor, thing, { event: 'chain_activated', ...moved, reason: changeNote })
        }
        const value = await update(transaction, chain, {
          latestVersion: version,
          ...(activate ? { activeVersion: version } : {}),
          ...(name === undefined ? {} : { name }),
          ...(description === undefined ? {} : { description }),
        })
        return { value: { chain: value, version }, changed: thing }
      }),

    versions: (tenantId, slug, page) =>
      withFaults(async () => {
        const before = page.cursor === undefined ? undefined : readCursor('chain versions', page.cursor, ['version'])[0]
        const [chain] = await database.select({ slug: chains.slug }).from(chains).where(isChain({ tenantId, slug }))
        if (chain === undefined) throw noChain(slug)
        const rows = await database
          .select()
          .from(chainVersions)
          .where(
            and(
              eq(chainVersions.tenantId, tenantId),
              eq(chainVersions.slug, slug),
              before === undefined ? undefined : lt(chainVersions.version, before),
            ),
          )
          .orderBy(desc(chainVersions.version))
          .limit(page.limit + 1)
        return toPage(rows, page.limit, toVersion, (last) => writeCursor('chain versions', last.version))
      }),

    version: (tenantId, slug, number) =>
      withFaults(async () => {
        const row = await findVersion(database, { tenantId, slug }, number)
        return row === null ? null : toVersion(row)
      }),

    activate: (actor, slug, version, reason) =>
      changeTo(actor, slug, async (transaction, chain) => {
        if ((await findVersion(transaction, chain, version)) === null) throw noChainVersion(slug, version)
        if (chain.activeVersion === version) return null
        const moved = { fromVersion: chain.activeVersion, toVersion: version, reason }
        await note(transaction, actor, thingOf(chain), { event: 'chain_activated', ...moved })
        return { activeVersion: version }
      }),

    archive: (actor, slug, reason) =>
      changeTo(actor, slug, async (transaction, chain) => {
        if (chain.archivedAt !== null) return null
        await note(transaction, actor, thingOf(chain), { event: 'chain_archived', reason })
        return { archivedAt: sql`clock_timestamp()` }
      }),

    restore: (actor, slug, reason) =>
      changeTo(actor, slug, async (transaction, chain) => {
        if (chain.archivedAt === null) return null
        await note(transaction, actor, thingOf(chain), { event: 'chain_restored', reason })
        return { archivedAt: null }
      }),
  }
}

type Own = Pick<StoredChain, 'tenantId' | 'slug'>
type ChainChanges = Parameters<ReturnType<Transaction['update']>['set']>[0]

const thingOf = ({ tenantId, slug }: Own) => ({ noun: 'chain', tenantId, id: slug }) as const
const isChain = ({ tenantId, slug }: Own) => and(eq(chains.tenantId, tenantId), eq(chains.slug, slug))

async function lockChain(transaction: Transaction, tenantId: string, slug: string): Promise<StoredChain> {
  const [row] = await transaction.select().from(chains).where(isChain({ tenantId, slug })).for('update')
  if (row === undefined) throw noChain(slug)
  return row
}

async function update(transaction: Transaction, chain: StoredChain, changes: ChainChanges): Promise<StoredChain> {
  const [row] = await transaction
    .update(chains)
    .set({ ...changes, updatedAt: sql`clock_timestamp()` })
    .where(isChain(chain))
    .returning()
  if (row === undefined) throw noChain(chain.slug)
  return row
}

async function append(
  transaction: Transaction,
  actor: Actor,
  { tenantId, slug }: Own,
  {
    version,
    body,
    changeNote,
  }: { readonly version: number; readonly body: ChainBody; readonly changeNote: string | null },
): Promise<void> {
  await transaction
    .insert(chainVersions)
    .values({ tenantId, slug, version, body: JSON.stringify(body), changeNote, createdBy: actor.id })
}

type VersionRow = typeof chainVersions.$inferSelect

async function findVersion(
  session: Drizzle | Transaction,
  { tenantId, slug }: Own,
  number: number,
): Promise<VersionRow | null> {
  if (!isVersionNumber(number)) return null
  const [row] = await session
    .select()
    .from(chainVersions)
    .where(and(eq(chainVersions.tenantId, tenantId), eq(chainVersions.slug, slug), eq(chainVersions.version, number)))
  return row ?? null
}

function toVersion({ slug, version, body, changeNote, createdBy, createdAt }: VersionRow): StoredChainVersion {
  return { slug, version, body: JSON.parse(body) as ChainBody, changeNote, createdBy, createdAt }
}
