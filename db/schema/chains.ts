import { sql } from 'drizzle-orm'
import { check, foreignKey, integer, primaryKey, text } from 'drizzle-orm/pg-core'
import { instant, promptbox } from './promptbox.ts'
import { tenants } from './tenants.ts'

/** A chain without its steps: those are `chain_versions`. */
export const chains = promptbox.table(
  'chains',
  {
    tenantId: text('tenant_id')
      .notNull()
      .references(() => tenants.id),
    slug: text('slug').notNull(),
    name: text('name').notNull(),
    description: text('description'),
    /** The highest version number given out. */
    latestVersion: integer('latest_version').notNull(),
    /** The version that `chain:<slug>` means. */
    activeVersion: integer('active_version').notNull(),
    createdAt: instant('created_at')
      .notNull()
      .default(sql`now()`),
    updatedAt: instant('updated_at')
      .notNull()
      .default(sql`now()`),
    archivedAt: instant('archived_at'),
  },
  (table) => [primaryKey({ name: 'chains_pkey', columns: [table.tenantId, table.slug] })],
)

/** One immutable version of a chain. */
export const chainVersions = promptbox.table(
  'chain_versions',
  {
    tenantId: text('tenant_id').notNull(),
    slug: text('slug').notNull(),
    version: integer('version').notNull(),
    /** The author's JSON, to the letter. */
    body: text('body').notNull(),
    changeNote: text('change_note'),
    createdBy: text('created_by').notNull(),
    createdAt: instant('created_at')
      .notNull()
      .default(sql`now()`),
  },
  (table) => [
    primaryKey({ name: 'chain_versions_pkey', columns: [table.tenantId, table.slug, table.version] }),
    foreignKey({
      name: 'chain_versions_chain_fkey',
      columns: [table.tenantId, table.slug],
      foreignColumns: [chains.tenantId, chains.slug],
    }),
    check('chain_versions_version_check', sql`${table.version} > 0`),
    check('chain_versions_body_check', sql`json_typeof(${table.body}::json) = 'object'`),
  ],
)
