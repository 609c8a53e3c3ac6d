import { sql } from 'drizzle-orm'
import { bigserial, index, integer, jsonb, text } from 'drizzle-orm/pg-core'
import type { JsonObject } from '../../src/core/json.ts'
import { instant, promptbox } from './promptbox.ts'
import { tenants } from './tenants.ts'

/**
 * Who did what, when and why: the audit trail, each prompt's timeline and the history a rollback goes back along.
 * Append only (a trigger refuses UPDATE and DELETE).
 */
export const events = promptbox.table(
  'events',
  {
    id: bigserial('id', { mode: 'number' }).primaryKey(),
    tenantId: text('tenant_id')
      .notNull()
      .references(() => tenants.id),
    /** `prompt`, `key`, `credential`, `model`, `route`, `chain`, `guardrail`, `template`, `agent`. */
    noun: text('noun').notNull(),
    nounId: text('noun_id').notNull(),
    event: text('event').notNull(),
    actorId: text('actor_id').notNull(),
    actorName: text('actor_name').notNull(),
    label: text('label'),
    fromVersion: integer('from_version'),
    toVersion: integer('to_version'),
    version: integer('version'),
    reason: text('reason'),
    detail: jsonb('detail').$type<JsonObject>(),
    at: instant('at')
      .notNull()
      .default(sql`now()`),
  },
  (table) => [
    index('events_noun_index').on(table.tenantId, table.noun, table.nounId, table.id),
    index('events_tenant_index').on(table.tenantId, table.id),
  ],
)
