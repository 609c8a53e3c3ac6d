import { sql } from 'drizzle-orm'
import { check, foreignKey, index, integer, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { instant, promptbox, searchWords } from './promptbox.ts'
import { prompts } from './prompts.ts'

/** One immutable version of a prompt. Only `status` ever changes (a trigger refuses any other change). */
export const promptVersions = promptbox.table(
  'prompt_versions',
  {
    tenantId: text('tenant_id').notNull(),
    slug: text('slug').notNull(),
    version: integer('version').notNull(),
    semver: text('semver'),
    status: text('status', { enum: ['draft', 'in_review', 'approved', 'rejected'] }).notNull(),
    /** The author's JSON, to the letter. Not `jsonb`: that turns 1.0 into another text, loses key order and refuses \u0000. */
    body: text('body').notNull(),
    /** The body with its partials filled in, as it is served; NULL: it has none, and `body` is served. */
    resolved: text('resolved'),
    /** SHA-256 of the canonical JSON of the body as it is served, hex. */
    hash: text('hash').notNull(),
    parentVersion: integer('parent_version'),
    changeNote: text('change_note'),
    createdBy: text('created_by').notNull(),
    createdAt: instant('created_at')
      .notNull()
      .default(sql`now()`),
    /** What its messages say, as written; matched like `prompts.search`. */
    search: searchWords('search').generatedAlwaysAs(sql`promptbox.version_search(body)`),
  },
  (table) => [
    primaryKey({ name: 'prompt_versions_pkey', columns: [table.tenantId, table.slug, table.version] }),
    foreignKey({
      name: 'prompt_versions_prompt_fkey',
      columns: [table.tenantId, table.slug],
      foreignColumns: [prompts.tenantId, prompts.slug],
    }),
    uniqueIndex('prompt_versions_semver_key')
      .on(table.tenantId, table.slug, table.semver)
      .where(sql`${table.semver} is not null`),
    index('prompt_versions_search_index').using('gin', table.search),
    check('prompt_versions_version_check', sql`${table.version} > 0`),
    check('prompt_versions_status_check', sql`${table.status} in ('draft', 'in_review', 'approved', 'rejected')`),
    check('prompt_versions_body_check', sql`json_typeof(${table.body}::json) = 'object'`),
  ],
)
