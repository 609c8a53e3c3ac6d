import { and, desc, eq, isNull, sql } from 'drizzle-orm'
import type { Drizzle } from '../../../db/connection.ts'
import { keys } from '../../../db/schema/index.ts'
import { readCursor, toPage, writeCursor } from '../cursor.ts'
import { noKey } from '../faults.ts'
import type { KeyStore } from '../ports.ts'
import { withFaults } from './database-errors.ts'
import { note, write } from './transaction.ts'

export function createKeyStore(database: Drizzle): KeyStore {
  return {
    create: (actor, key) =>
      write(database, async (transaction) => {
        const { id, tenantId, name, hash, prefix, expiresAt } = key
        const thing = { noun: 'key', tenantId, id } as const
        const [row] = await transaction
          .insert(keys)
          .values({
            id,
            tenantId,
            name,
            hash,
            prefix,
            expiresAt,
            scopes: [...key.scopes],
            roles: [...key.roles],
            createdBy: actor.id,
          })
          .returning()
        if (row === undefined) throw noKey(id)
        await note(transaction, actor, thing, { event: 'key_created' })
        return { value: row, changed: thing }
      }),

    list: (tenantId, page) =>
      withFaults(async () => {
        const after = page.cursor === undefined ? undefined : readCursor('keys', page.cursor, ['moment', 'text'])
        const behind =
          after === undefined
            ? undefined
            : sql`(${keys.createdAt}, ${keys.id}) < (${sql.param(after[0], keys.createdAt)}::timestamptz, ${after[1]})`
        const rows = await database
          .select()
          .from(keys)
          .where(and(eq(keys.tenantId, tenantId), behind))
          .orderBy(desc(keys.createdAt), desc(keys.id))
          .limit(page.limit + 1)
        return toPage(
          rows,
          page.limit,
          (row) => row,
          (last) => writeCursor('keys', last.createdAt, last.id),
        )
      }),

    revoke: (actor, id) =>
      write(database, async (transaction) => {
        const own = and(eq(keys.tenantId, actor.tenantId), eq(keys.id, id))
        const [revoked] = await transaction
          .update(keys)
          .set({ revokedAt: sql`clock_timestamp()` })
          .where(and(own, isNull(keys.revokedAt)))
          .returning()
        if (revoked !== undefined) {
          const thing = { noun: 'key', tenantId: actor.tenantId, id } as const
          await note(transaction, actor, thing, { event: 'key_revoked' })
          return { value: revoked, changed: thing }
        }
        const [row] = await transaction.select().from(keys).where(own)
        if (row === undefined) throw noKey(id)
        return { value: row, changed: null }
      }),
  }
}
