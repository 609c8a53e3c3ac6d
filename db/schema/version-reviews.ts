import { sql } from 'drizzle-orm'
import { foreignKey, primaryKey, text, integer } from 'drizzle-orm/pg-core'
import { instant, promptbox } from './promptbox.ts'
import { promptVersions } from './prompt-versions.ts'

/** The decision of each reviewer about a version since it was last submitted. What was decided before is in `events`. */
export const versionReviews = promptbox.table(
  'version_reviews',
  {
    tenantId: text('tenant_id').notNull(),
    slug: text('slug').notNull(),
    version: integer('version').notNull(),
    /** Key id: one admin key is one person. */
    actorId: text('actor_id').notNull(),
    actorName: text('actor_name').notNull(),
    decision: text('decision', { enum: ['approved', 'rejected'] }).notNull(),
    reason: text('reason'),
    at: instant('at')
      .notNull()
      .default(sql`now()`),
  },
  (table) => [
    primaryKey({ name: 'version_reviews_pkey', columns: [table.tenantId, table.slug, table.version, table.actorId] }),
    foreignKey({
      name: 'version_reviews_version_fkey',
      columns: [table.tenantId, table.slug, table.version],
      foreignColumns: [promptVersions.tenantId, promptVersions.slug, promptVersions.version],
    }),
  ],
)
