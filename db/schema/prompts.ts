import { sql } from 'drizzle-orm'
import { index, integer, primaryKey, text } from 'drizzle-orm/pg-core'
import { instant, promptbox, searchWords } from './promptbox.ts'
import { tenants } from './tenants.ts'

const noTexts = sql`'{}'::text[]`

/**
 * A prompt without its contents: those are `prompt_versions`. `latestVersion` is the highest version number given out;
 * adding one to it (an UPDATE, which locks the row) is how version numbers stay without gaps under many writers.
 * `search` is matched with `@@`; it holds the unstemmed words of slug, name, description and tags and the English stems of
 * name and description, so ask with `websearch_to_tsquery('simple', q) || websearch_to_tsquery('english', q)`.
 */
export const prompts = promptbox.table(
  'prompts',
  {
    tenantId: text('tenant_id')
      .notNull()
      .references(() => tenants.id),
    slug: text('slug').notNull(),
    name: text('name').notNull(),
    description: text('description'),
    category: text('category'),
    useCase: text('use_case'),
    domain: text('domain'),
    complexity: text('complexity'),
    appContexts: text('app_contexts').array().notNull().default(noTexts),
    tags: text('tags').array().notNull().default(noTexts),
    starters: text('starters').array().notNull().default(noTexts),
    complianceTags: text('compliance_tags').array().notNull().default(noTexts),
    aliases: text('aliases').array().notNull().default(noTexts),
    latestVersion: integer('latest_version'),
    owner: text('owner'),
    createdAt: instant('created_at')
      .notNull()
      .default(sql`now()`),
    updatedAt: instant('updated_at')
      .notNull()
      .default(sql`now()`),
    archivedAt: instant('archived_at'),
    search: searchWords('search').generatedAlwaysAs(sql`promptbox.prompt_search(slug, name, description, tags)`),
  },
  (table) => [
    primaryKey({ name: 'prompts_pkey', columns: [table.tenantId, table.slug] }),
    index('prompts_search_index').using('gin', table.search),
    index('prompts_tags_index').using('gin', table.tags),
  ],
)
