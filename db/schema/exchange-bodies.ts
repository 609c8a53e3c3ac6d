import { boolean, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { instant, promptbox } from './promptbox.ts'

/**
 * The messages of an exchange, apart from its row so that lists never read them; partitioned like `exchanges`. JSON text, cut
 * at the configured size, hence `text`: a cut one is no longer JSON. No row: bodies were not recorded.
 */
export const exchangeBodies = promptbox.table(
  'exchange_bodies',
  {
    requestId: uuid('request_id').notNull(),
    createdAt: instant('created_at').notNull(),
    truncated: boolean('truncated').notNull(),
    tenantId: text('tenant_id').notNull(),
    request: text('request').notNull(),
    rendered: text('rendered'),
    response: text('response'),
  },
  (table) => [primaryKey({ name: 'exchange_bodies_pkey', columns: [table.createdAt, table.requestId] })],
)
