import { sql } from 'drizzle-orm'
import { index, text } from 'drizzle-orm/pg-core'
import { instant, promptbox } from './promptbox.ts'
import { tenants } from './tenants.ts'

/** What clients sign in with. Only the HMAC of a key is kept. */
export const keys = promptbox.table(
  'keys',
  {
    id: text('id').primaryKey(),
    tenantId: text('tenant_id')
      .notNull()
      .references(() => tenants.id),
    name: text('name').notNull(),
    /** HMAC of the key, base64url. */
    hash: text('hash').notNull().unique('keys_hash_key'),
    prefix: text('prefix').notNull(),
    scopes: text('scopes').array().notNull(),
    /** What its holder may do besides: a protected label can ask for one. */
    roles: text('roles')
      .array()
      .notNull()
      .default(sql`'{}'::text[]`),
    createdBy: text('created_by').notNull(),
    createdAt: instant('created_at')
      .notNull()
      .default(sql`now()`),
    expiresAt: instant('expires_at'),
    revokedAt: instant('revoked_at'),
  },
  (table) => [index('keys_tenant_index').on(table.tenantId, table.createdAt, table.id)],
)
