import { and, eq, isNull, or, sql } from 'drizzle-orm'
import { templates } from '../../../db/schema/index.ts'
import type { Complexity } from '../../contract/template.ts'
import type { JsonObject } from '../../core/json.ts'
import type { StoredTemplate, TemplateKey, TemplateRow, TemplateSort, TemplateValue } from '../ports.ts'

/** What the column `content` holds beside the small fields: as text, because jsonb would order the members of schemas anew. */
type Large = Pick<TemplateValue, 'recommendedModels' | 'recommendedSettings' | 'example' | 'version'>

export function contentOf(value: TemplateValue): JsonObject {
  const { domain, complexity, recommendedModels, recommendedSettings, example, version } = value
  const large: Large = { recommendedModels, recommendedSettings, example, version }
  return { domain, complexity, model: version.model, large: JSON.stringify(large) }
}

const reviews = sql<number>`(
  select count(*)::int from promptbox.template_reviews reviews
  where reviews.owner_tenant_id = templates.tenant_id and reviews.slug = templates.slug
)`
const stars = sql<number>`(
  select coalesce(sum(reviews.rating), 0)::int from promptbox.template_reviews reviews
  where reviews.owner_tenant_id = templates.tenant_id and reviews.slug = templates.slug
)`
const forks = sql<number>`(
  select count(*)::int from promptbox.template_forks forks
  where forks.owner_tenant_id = templates.tenant_id and forks.slug = templates.slug
)`

/** `rankOf` in SQL: the same division of the same whole numbers, so that it compares with what a cursor holds. */
export function rank(sort: TemplateSort) {
  if (sort === 'rating') return sql<number>`coalesce(${stars}::float8 / nullif(${reviews}, 0)::float8, 0::float8)`
  return sort === 'forks' ? sql<number>`${forks}::float8` : sql<number>`0::float8`
}

/** For `select`: all of a `TemplateRow`. */
export const rowColumns = {
  owner: templates.tenantId,
  slug: templates.slug,
  name: templates.name,
  description: templates.description,
  category: templates.category,
  useCase: templates.useCase,
  domain: sql<string | null>`${templates.content} ->> 'domain'`,
  complexity: sql<Complexity | null>`${templates.content} ->> 'complexity'`,
  tags: templates.tags,
  model: sql<string>`${templates.content} ->> 'model'`,
  visibility: templates.visibility,
  createdAt: templates.createdAt,
  updatedAt: templates.updatedAt,
  archivedAt: templates.archivedAt,
  reviews,
  stars,
  forks,
}

/** For `select`: all of a `StoredTemplate`, the large fields still text. */
export const wholeColumns = { ...rowColumns, large: sql<string>`${templates.content} ->> 'large'` }

export function toStored({ large, ...row }: TemplateRow & { readonly large: string }): StoredTemplate {
  return { ...row, ...(JSON.parse(large) as Large) }
}

export const isTemplate = ({ owner, slug }: TemplateKey) => and(eq(templates.tenantId, owner), eq(templates.slug, slug))

/** Its own, archived or not, and what others share and have not archived. */
export const isVisibleTo = (tenantId: string) =>
  or(eq(templates.tenantId, tenantId), and(eq(templates.visibility, 'shared'), isNull(templates.archivedAt)))
