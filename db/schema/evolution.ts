import { sql } from 'drizzle-orm'
import { doublePrecision, index, integer, jsonb, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import type { JsonObject } from '../../src/core/json.ts'
import { instant, promptbox } from './promptbox.ts'
import { tenants } from './tenants.ts'

const tenantId = () =>
  text('tenant_id')
    .notNull()
    .references(() => tenants.id)
const now = sql`now()`

/** How far a prompt may be improved by itself. */
export const evolutionPolicies = promptbox.table(
  'evolution_policies',
  {
    tenantId: tenantId(),
    prompt: text('prompt').notNull(),
    body: jsonb('body').$type<JsonObject>().notNull(),
    spentUsd: doublePrecision('spent_usd').notNull().default(0),
    lastRunAt: instant('last_run_at'),
    updatedAt: instant('updated_at').notNull().default(now),
    updatedBy: text('updated_by').notNull(),
  },
  (table) => [primaryKey({ name: 'evolution_policies_pkey', columns: [table.tenantId, table.prompt] })],
)

/** A proposed version, with where it comes from and how far it came. */
export const evolutionProposals = promptbox.table(
  'evolution_proposals',
  {
    id: uuid('id').notNull(),
    tenantId: tenantId(),
    prompt: text('prompt').notNull(),
    parentVersion: integer('parent_version').notNull(),
    /** NULL: no version was made of it. */
    version: integer('version'),
    strategy: text('strategy').notNull(),
    state: text('state').notNull(),
    detail: jsonb('detail').$type<JsonObject>().notNull(),
    experiment: text('experiment'),
    costUsd: doublePrecision('cost_usd').notNull().default(0),
    createdAt: instant('created_at').notNull().default(now),
    updatedAt: instant('updated_at').notNull().default(now),
  },
  (table) => [
    primaryKey({ name: 'evolution_proposals_pkey', columns: [table.tenantId, table.id] }),
    index('evolution_proposals_prompt_index').on(table.tenantId, table.prompt, table.createdAt),
  ],
)
