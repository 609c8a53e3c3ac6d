import { sql } from 'drizzle-orm'
import { boolean, check, doublePrecision, index, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { instant, promptbox } from './promptbox.ts'

/**
 * What people, clients and judges say of exchanges. No reference to the exchange: feedback may come before it is recorded, and
 * lives on when its day is dropped.
 */
export const feedback = promptbox.table(
  'feedback',
  {
    tenantId: text('tenant_id').notNull(),
    requestId: uuid('request_id').notNull(),
    name: text('name').notNull(),
    source: text('source').notNull(),
    /** One of the three is not NULL. */
    number: doublePrecision('number'),
    truth: boolean('truth'),
    words: text('words'),
    comment: text('comment'),
    keyId: text('key_id'),
    at: instant('at').notNull(),
    /** What of it is in the statistics of an experiment; NULL: nothing. */
    counted: doublePrecision('counted'),
  },
  (table) => [
    primaryKey({ name: 'feedback_pkey', columns: [table.tenantId, table.requestId, table.name, table.source] }),
    index('feedback_at_index').on(table.at),
    check('feedback_value_check', sql`num_nonnulls(${table.number}, ${table.truth}, ${table.words}) = 1`),
  ],
)
