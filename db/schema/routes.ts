import { sql } from 'drizzle-orm'
import { jsonb, primaryKey, text } from 'drizzle-orm/pg-core'
import type { SnapshotRoute } from '../../src/snapshot/snapshot.ts'
import { instant, promptbox } from './promptbox.ts'
import { tenants } from './tenants.ts'

/** Several models under one name, and the rule which of them to try. */
export const routes = promptbox.table(
  'routes',
  {
    tenantId: text('tenant_id')
      .notNull()
      .references(() => tenants.id),
    slug: text('slug').notNull(),
    body: jsonb('body').$type<SnapshotRoute['body']>().notNull(),
    updatedBy: text('updated_by').notNull(),
    updatedAt: instant('updated_at')
      .notNull()
      .default(sql`now()`),
  },
  (table) => [primaryKey({ name: 'routes_pkey', columns: [table.tenantId, table.slug] })],
)
