import type { ChainValue } from '../../snapshot/change.ts'
import type { ChainStore, NewChainVersion, StoredChain, StoredChainVersion } from '../chain-port.ts'
import { readCursor, toPage, writeCursor } from '../cursor.ts'
import { chainTaken, noChain, noChainVersion } from '../faults.ts'
import type { Actor } from '../ports.ts'
import type { MemoryDatabase } from './database.ts'

export interface MemoryChains extends ChainStore {
  /** What a request may see; null when it is archived or was never there. */
  value(tenantId: string, slug: string): ChainValue | null
  slugs(): readonly { readonly tenantId: string; readonly slug: string }[]
}

interface Row {
  chain: StoredChain
  readonly versions: StoredChainVersion[]
}

export function createMemoryChains(database: MemoryDatabase): MemoryChains {
  const rows = new Map<string, Row>()
  const keyOf = (tenantId: string, slug: string): string => JSON.stringify([tenantId, slug])

  function rowOf(tenantId: string, slug: string): Row {
    database.reach()
    const row = rows.get(keyOf(tenantId, slug))
    if (row === undefined) throw noChain(slug)
    return row
  }

  function changeTo(row: Row, changes: Partial<StoredChain>): StoredChain {
    row.chain = { ...row.chain, ...changes, updatedAt: database.clock.now() }
    const { tenantId, slug } = row.chain
    database.changed({ noun: 'chain', tenantId, id: slug })
    return row.chain
  }

  function append(actor: Actor, row: Row, { body, changeNote }: Pick<NewChainVersion, 'body' | 'changeNote'>): number {
    const version = row.versions.length + 1
    row.versions.push({
      slug: row.chain.slug,
      version,
      body: structuredClone(body),
      changeNote,
      createdBy: actor.id,
      createdAt: database.clock.now(),
    })
    return version
  }

  return {
    async create(actor, { slug, name, description, body, changeNote }) {
      database.reach()
      const key = keyOf(actor.tenantId, slug)
      if (rows.has(key)) throw chainTaken(slug)
      const now = database.clock.now()
      const own = { tenantId: actor.tenantId, slug, name, description }
      const row: Row = {
        chain: { ...own, latestVersion: 1, activeVersion: 1, createdAt: now, updatedAt: now, archivedAt: null },
        versions: [],
      }
      rows.set(key, row)
      append(actor, row, { body, changeNote })
      return changeTo(row, {})
    },

    async list(tenantId, { archived, limit, cursor }) {
      database.reach()
      const after = cursor === undefined ? '' : readCursor('chains', cursor, ['text'])[0]
      const found = [...rows.values()]
        .map(({ chain }) => chain)
        .filter((chain) => chain.tenantId === tenantId && (chain.archivedAt !== null) === archived)
        .filter(({ slug }) => slug > after)
        .sort((left, right) => (left.slug < right.slug ? -1 : 1))
      return toPage(found.slice(0, limit + 1), limit, same, (last) => writeCursor('chains', last.slug))
    },

    async find(tenantId, slug) {
      database.reach()
      return rows.get(keyOf(tenantId, slug))?.chain ?? null
    },

    async addVersion(actor, slug, added) {
      const row = rowOf(actor.tenantId, slug)
      const version = append(actor, row, added)
      const chain = changeTo(row, {
        latestVersion: version,
        ...(added.activate ? { activeVersion: version } : {}),
        ...(added.name === undefined ? {} : { name: added.name }),
        ...(added.description === undefined ? {} : { description: added.description }),
      })
      return { chain, version }
    },

    async versions(tenantId, slug, page) {
      database.reach()
      const before = page.cursor === undefined ? Infinity : readCursor('chain versions', page.cursor, ['version'])[0]
      const found = rowOf(tenantId, slug)
        .versions.filter(({ version }) => version < before)
        .toReversed()
      return toPage(found.slice(0, page.limit + 1), page.limit, same, (last) =>
        writeCursor('chain versions', last.version),
      )
    },

    async version(tenantId, slug, number) {
      database.reach()
      return rows.get(keyOf(tenantId, slug))?.versions[number - 1] ?? null
    },

    async activate(actor, slug, version) {
      const row = rowOf(actor.tenantId, slug)
      if (row.versions[version - 1] === undefined) throw noChainVersion(slug, version)
      return row.chain.activeVersion === version ? row.chain : changeTo(row, { activeVersion: version })
    },

    async archive(actor, slug) {
      const row = rowOf(actor.tenantId, slug)
      return row.chain.archivedAt === null ? changeTo(row, { archivedAt: database.clock.now() }) : row.chain
    },

    async restore(actor, slug) {
      const row = rowOf(actor.tenantId, slug)
      return row.chain.archivedAt === null ? row.chain : changeTo(row, { archivedAt: null })
    },

    value(tenantId, slug) {
      const row = rows.get(keyOf(tenantId, slug))
      if (row === undefined || row.chain.archivedAt !== null) return null
      const versions = row.versions.map(({ version, body }) => ({ number: version, body: JSON.stringify(body) }))
      return { tenantId, slug, activeVersion: row.chain.activeVersion, versions }
    },

    slugs: () => [...rows.values()].map(({ chain: { tenantId, slug } }) => ({ tenantId, slug })),
  }
}

const same = <Value>(value: Value): Value => value
