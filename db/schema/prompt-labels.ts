import { sql } from 'drizzle-orm'
import { foreignKey, integer, primaryKey, text } from 'drizzle-orm/pg-core'
import { instant, promptbox } from './promptbox.ts'
import { promptVersions } from './prompt-versions.ts'

/** Where each label of a prompt points now. Where it pointed before is in `events`. */
export const promptLabels = promptbox.table(
  'prompt_labels',
  {
    tenantId: text('tenant_id').notNull(),
    slug: text('slug').notNull(),
    label: text('label').notNull(),
    version: integer('version').notNull(),
    updatedBy: text('updated_by').notNull(),
    updatedAt: instant('updated_at')
      .notNull()
      .default(sql`now()`),
  },
  (table) => [
    primaryKey({ name: 'prompt_labels_pkey', columns: [table.tenantId, table.slug, table.label] }),
    foreignKey({
      name: 'prompt_labels_version_fkey',
      columns: [table.tenantId, table.slug, table.version],
      foreignColumns: [promptVersions.tenantId, promptVersions.slug, promptVersions.version],
    }),
  ],
)
