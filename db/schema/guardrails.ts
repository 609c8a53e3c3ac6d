import { sql } from 'drizzle-orm'
import { bigint, check, index, jsonb, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import type { SnapshotGuardrail } from '../../src/snapshot/snapshot.ts'
import { instant, promptbox } from './promptbox.ts'
import { tenants } from './tenants.ts'

/** What is looked for in what goes in and comes out, and what follows. */
export const guardrails = promptbox.table(
  'guardrails',
  {
    tenantId: text('tenant_id')
      .notNull()
      .references(() => tenants.id),
    slug: text('slug').notNull(),
    body: jsonb('body').$type<SnapshotGuardrail['body']>().notNull(),
    createdAt: instant('created_at')
      .notNull()
      .default(sql`now()`),
    createdBy: text('created_by').notNull(),
    updatedAt: instant('updated_at')
      .notNull()
      .default(sql`now()`),
    updatedBy: text('updated_by').notNull(),
  },
  (table) => [primaryKey({ name: 'guardrails_pkey', columns: [table.tenantId, table.slug] })],
)

/**
 * How often a guardrail said what, hour by hour: counted by the writer in the transaction that writes the exchanges, so that
 * the counts are exact and live on when the days of the log are dropped. No reference to anything: a count is never refused.
 */
export const guardrailHours = promptbox.table(
  'guardrail_hours',
  {
    tenantId: text('tenant_id').notNull(),
    /** Beginning of the hour the exchange began in, UTC. */
    hour: instant('hour').notNull(),
    guardrail: text('guardrail').notNull(),
    stage: text('stage').notNull(),
    verdict: text('verdict').notNull(),
    mode: text('mode').notNull(),
    count: bigint('count', { mode: 'number' }).notNull(),
  },
  (table) => [
    primaryKey({
      name: 'guardrail_hours_pkey',
      columns: [table.tenantId, table.hour, table.guardrail, table.stage, table.verdict, table.mode],
    }),
    // The job that drops old hours asks for no tenant.
    index('guardrail_hours_hour_index').on(table.hour),
  ],
)

/** What people say of what guardrails said. It lives on when the exchange is dropped. */
export const guardrailFeedback = promptbox.table(
  'guardrail_feedback',
  {
    tenantId: text('tenant_id')
      .notNull()
      .references(() => tenants.id),
    requestId: uuid('request_id').notNull(),
    guardrail: text('guardrail').notNull(),
    /** Id of who says it. */
    actor: text('actor').notNull(),
    /** `input`, `output`; NULL: of the exchange as a whole. */
    stage: text('stage'),
    verdict: text('verdict', { enum: ['false_positive', 'true_positive', 'missed'] }).notNull(),
    kind: text('kind'),
    comment: text('comment'),
    createdAt: instant('created_at')
      .notNull()
      .default(sql`now()`),
  },
  (table) => [
    primaryKey({
      name: 'guardrail_feedback_pkey',
      columns: [table.tenantId, table.requestId, table.guardrail, table.actor],
    }),
    index('guardrail_feedback_guardrail_index').on(table.tenantId, table.guardrail, table.verdict),
    check('guardrail_feedback_verdict_check', sql`${table.verdict} in ('false_positive', 'true_positive', 'missed')`),
  ],
)
