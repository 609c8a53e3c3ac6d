import { sql } from 'drizzle-orm'
import { jsonb, primaryKey, text } from 'drizzle-orm/pg-core'
import type { OperatorPrices, SnapshotModel } from '../../src/snapshot/snapshot.ts'
import { instant, promptbox } from './promptbox.ts'
import { tenants } from './tenants.ts'

/** What operators say about a model on top of the built-in data. */
export const models = promptbox.table(
  'models',
  {
    tenantId: text('tenant_id')
      .notNull()
      .references(() => tenants.id),
    /** `<provider>/<model>`. */
    id: text('id').notNull(),
    aliases: text('aliases')
      .array()
      .notNull()
      .default(sql`'{}'::text[]`),
    prices: jsonb('prices').$type<OperatorPrices>(),
    /** NULL: nothing was said. */
    facts: jsonb('facts').$type<NonNullable<SnapshotModel['facts']>>(),
    updatedBy: text('updated_by').notNull(),
    updatedAt: instant('updated_at')
      .notNull()
      .default(sql`now()`),
  },
  (table) => [primaryKey({ name: 'models_pkey', columns: [table.tenantId, table.id] })],
)
