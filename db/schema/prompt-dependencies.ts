import { foreignKey, index, integer, primaryKey, text } from 'drizzle-orm/pg-core'
import { promptbox } from './promptbox.ts'
import { promptVersions } from './prompt-versions.ts'

/** Which partials stand in a version, directly or through another partial, and at which version they were taken. */
export const promptDependencies = promptbox.table(
  'prompt_dependencies',
  {
    tenantId: text('tenant_id').notNull(),
    slug: text('slug').notNull(),
    version: integer('version').notNull(),
    partialSlug: text('partial_slug').notNull(),
    /** As the author wrote it: `production`, `3`, `1.2.0`. */
    partialSelector: text('partial_selector').notNull(),
    partialVersion: integer('partial_version').notNull(),
  },
  (table) => [
    primaryKey({
      name: 'prompt_dependencies_pkey',
      // The version too: a partial can stand in another partial at an older version than beside it.
      columns: [
        table.tenantId,
        table.slug,
        table.version,
        table.partialSlug,
        table.partialSelector,
        table.partialVersion,
      ],
    }),
    foreignKey({
      name: 'prompt_dependencies_version_fkey',
      columns: [table.tenantId, table.slug, table.version],
      foreignColumns: [promptVersions.tenantId, promptVersions.slug, promptVersions.version],
    }),
    index('prompt_dependencies_partial_index').on(table.tenantId, table.partialSlug),
  ],
)
