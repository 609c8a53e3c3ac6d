import { sql } from 'drizzle-orm'
import { check, doublePrecision, foreignKey, integer, primaryKey, text } from 'drizzle-orm/pg-core'
import { instant, promptbox } from './promptbox.ts'
import { prompts } from './prompts.ts'

/** What a label of a prompt asks of a version before it may point there. A label without a row asks nothing. */
export const labelProtections = promptbox.table(
  'label_protections',
  {
    tenantId: text('tenant_id').notNull(),
    slug: text('slug').notNull(),
    label: text('label').notNull(),
    /** Approvals by others than the author. */
    approvals: integer('approvals').notNull(),
    /** Whoever moves the label has one of these; empty: anybody may. */
    roles: text('roles')
      .array()
      .notNull()
      .default(sql`'{}'::text[]`),
    /** Least score of the version's newest test run, 0 to 1; NULL: no run is asked for. */
    minScore: doublePrecision('min_score'),
    updatedBy: text('updated_by').notNull(),
    updatedAt: instant('updated_at')
      .notNull()
      .default(sql`now()`),
  },
  (table) => [
    primaryKey({ name: 'label_protections_pkey', columns: [table.tenantId, table.slug, table.label] }),
    foreignKey({
      name: 'label_protections_prompt_fkey',
      columns: [table.tenantId, table.slug],
      foreignColumns: [prompts.tenantId, prompts.slug],
    }),
    check('label_protections_approvals_check', sql`${table.approvals} between 0 and 10`),
  ],
)
