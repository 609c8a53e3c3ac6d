import { sql } from 'drizzle-orm'
import { boolean, doublePrecision, foreignKey, index, integer, jsonb, primaryKey, text } from 'drizzle-orm/pg-core'
import type { JsonObject } from '../../src/core/json.ts'
import { instant, promptbox } from './promptbox.ts'
import { promptVersions } from './prompt-versions.ts'

/** Every run of a version's test cases, with its result whole. */
export const testRuns = promptbox.table(
  'test_runs',
  {
    /** UUIDv7. */
    id: text('id').notNull(),
    tenantId: text('tenant_id').notNull(),
    slug: text('slug').notNull(),
    version: integer('version').notNull(),
    passed: boolean('passed').notNull(),
    /** Share of the checks that passed, 0 to 1. */
    score: doublePrecision('score').notNull(),
    /** All stored cases were run: only such a run opens a gate. */
    complete: boolean('complete').notNull(),
    /** What it was run for: `demand`, `save`, `gate`. */
    trigger: text('trigger').notNull(),
    costUsd: doublePrecision('cost_usd'),
    result: jsonb('result').$type<JsonObject>().notNull(),
    createdBy: text('created_by').notNull(),
    createdAt: instant('created_at')
      .notNull()
      .default(sql`now()`),
  },
  (table) => [
    primaryKey({ name: 'test_runs_pkey', columns: [table.tenantId, table.id] }),
    foreignKey({
      name: 'test_runs_version_fkey',
      columns: [table.tenantId, table.slug, table.version],
      foreignColumns: [promptVersions.tenantId, promptVersions.slug, promptVersions.version],
    }),
    index('test_runs_version_index').on(table.tenantId, table.slug, table.version, table.createdAt),
  ],
)
