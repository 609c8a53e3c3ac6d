import { sql } from 'drizzle-orm'
import { bigint, text } from 'drizzle-orm/pg-core'
import { instant, promptbox } from './promptbox.ts'

/**
 * The feed the snapshot follows: one row for each thing that was changed, without its value. Insert in the transaction that
 * makes the change.
 *
 * Numbers become visible in their order, so a reader that goes on from the highest it saw misses nothing: a trigger makes
 * writers queue from their first insert here until they commit. Insert here last, therefore. Another trigger sends
 * `NOTIFY promptbox_changes`, so the store need not.
 *
 * Old rows may be pruned, but never the newest one. A reader whose number is smaller than the lowest `seq` minus one has
 * missed something and loads everything.
 */
export const changes = promptbox.table('changes', {
  seq: bigint('seq', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity({ name: 'changes_seq' }),
  noun: text('noun', {
    enum: ['prompt', 'key', 'credential', 'model', 'route', 'chain', 'guardrail', 'experiment'],
  }).notNull(),
  tenantId: text('tenant_id').notNull(),
  nounId: text('noun_id').notNull(),
  at: instant('at')
    .notNull()
    .default(sql`now()`),
})

/** Channel of `LISTEN`; the payload is empty. The embedded database delivers no notices. */
export const changesChannel = 'promptbox_changes'
