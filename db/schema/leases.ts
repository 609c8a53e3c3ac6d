import { primaryKey, text } from 'drizzle-orm/pg-core'
import { instant, promptbox } from './promptbox.ts'
import { tenants } from './tenants.ts'

/** Work that one process at a time does. Who has it and until when, by the clock of the database. */
export const leases = promptbox.table(
  'leases',
  {
    tenantId: text('tenant_id')
      .notNull()
      .references(() => tenants.id),
    name: text('name').notNull(),
    holder: text('holder').notNull(),
    until: instant('until').notNull(),
  },
  (table) => [primaryKey({ name: 'leases_pkey', columns: [table.tenantId, table.name] })],
)
