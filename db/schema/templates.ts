import { sql } from 'drizzle-orm'
import { check, index, integer, jsonb, primaryKey, text } from 'drizzle-orm/pg-core'
import type { JsonObject } from '../../src/core/json.ts'
import { instant, promptbox, searchWords } from './promptbox.ts'
import { tenants } from './tenants.ts'

/** Starting points for prompts, made by a tenant. The built-in ones are in the program and not here. */
export const templates = promptbox.table(
  'templates',
  {
    tenantId: text('tenant_id')
      .notNull()
      .references(() => tenants.id),
    slug: text('slug').notNull(),
    name: text('name').notNull(),
    category: text('category'),
    useCase: text('use_case'),
    tags: text('tags')
      .array()
      .notNull()
      .default(sql`'{}'::text[]`),
    description: text('description'),
    /** Who finds it: `private`, its tenant; `shared`, every tenant. */
    visibility: text('visibility', { enum: ['private', 'shared'] })
      .notNull()
      .default('private'),
    /** Everything else, as the admin API takes it: version body, recommended models and settings, example use. */
    content: jsonb('content').$type<JsonObject>().notNull(),
    createdBy: text('created_by').notNull(),
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
    primaryKey({ name: 'templates_pkey', columns: [table.tenantId, table.slug] }),
    index('templates_search_index').using('gin', table.search),
    check('templates_visibility_check', sql`${table.visibility} in ('private', 'shared')`),
  ],
)

/** What somebody thinks of a template, one row for each person; also how often each was forked. */
export const templateReviews = promptbox.table(
  'template_reviews',
  {
    /** Tenant of the template; `built-in` for one that comes with the program. */
    ownerTenantId: text('owner_tenant_id').notNull(),
    slug: text('slug').notNull(),
    /** Tenant of the reviewer. */
    tenantId: text('tenant_id')
      .notNull()
      .references(() => tenants.id),
    actorId: text('actor_id').notNull(),
    actorName: text('actor_name').notNull(),
    rating: integer('rating').notNull(),
    comment: text('comment'),
    at: instant('at')
      .notNull()
      .default(sql`now()`),
  },
  (table) => [
    primaryKey({
      name: 'template_reviews_pkey',
      columns: [table.ownerTenantId, table.slug, table.tenantId, table.actorId],
    }),
    check('template_reviews_rating_check', sql`${table.rating} between 1 and 5`),
  ],
)

/** Which prompts were made from a template. */
export const templateForks = promptbox.table(
  'template_forks',
  {
    ownerTenantId: text('owner_tenant_id').notNull(),
    slug: text('slug').notNull(),
    tenantId: text('tenant_id')
      .notNull()
      .references(() => tenants.id),
    promptSlug: text('prompt_slug').notNull(),
    at: instant('at')
      .notNull()
      .default(sql`now()`),
  },
  (table) => [
    primaryKey({
      name: 'template_forks_pkey',
      columns: [table.ownerTenantId, table.slug, table.tenantId, table.promptSlug],
    }),
  ],
)
