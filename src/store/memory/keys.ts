import type { KeyValue } from '../../snapshot/change.ts'
import { readCursor, toPage, writeCursor } from '../cursor.ts'
import { keyTaken, noKey } from '../faults.ts'
import type { KeyStore, StoredKey } from '../ports.ts'
import type { MemoryDatabase } from './database.ts'

export interface MemoryKeys extends KeyStore {
  /** What a request may see; null when it is revoked or was never there. */
  value(id: string): KeyValue | null
  ids(): readonly string[]
}

export function createMemoryKeys(database: MemoryDatabase): MemoryKeys {
  const keys = new Map<string, StoredKey>()
  return {
    async create(actor, key) {
      database.reach()
      if (keys.has(key.id)) throw keyTaken('id')
      if ([...keys.values()].some((other) => other.hash === key.hash)) throw keyTaken('hash')
      const { id, tenantId, name, hash, prefix, expiresAt } = key
      const stored: StoredKey = {
        id,
        tenantId,
        name,
        hash,
        prefix,
        expiresAt,
        scopes: [...key.scopes],
        roles: [...key.roles],
        createdAt: database.clock.now(),
        createdBy: actor.id,
        revokedAt: null,
      }
      keys.set(id, stored)
      database.changed({ noun: 'key', tenantId, id })
      return stored
    },

    async list(tenantId, page) {
      database.reach()
      const [before, beforeId] =
        page.cursor === undefined ? [Infinity, ''] : readCursor('keys', page.cursor, ['moment', 'text'])
      const found = [...keys.values()]
        .filter((key) => key.tenantId === tenantId)
        .filter((key) => key.createdAt < before || (key.createdAt === before && key.id < beforeId))
        .sort((left, right) => right.createdAt - left.createdAt || (left.id < right.id ? 1 : -1))
      return toPage(found.slice(0, page.limit + 1), page.limit, same, (last) =>
        writeCursor('keys', last.createdAt, last.id),
      )
    },

    async revoke(actor, id) {
      database.reach()
      const key = keys.get(id)
      if (key === undefined || key.tenantId !== actor.tenantId) throw noKey(id)
      if (key.revokedAt !== null) return key
      const revoked = { ...key, revokedAt: database.clock.now() }
      keys.set(id, revoked)
      database.changed({ noun: 'key', tenantId: key.tenantId, id })
      return revoked
    },

    value(id) {
      const key = keys.get(id)
      if (key === undefined || key.revokedAt !== null) return null
      return {
        id,
        tenantId: key.tenantId,
        name: key.name,
        hash: key.hash,
        scopes: key.scopes,
        roles: key.roles,
        expiresAt: key.expiresAt,
      }
    },

    ids: () => [...keys.keys()],
  }
}

const same = <Value>(value: Value): Value => value
