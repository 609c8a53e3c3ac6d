import { and, eq, isNull, or, sql, type SQL } from 'drizzle-orm'
import { templateForks, templateReviews, templates } from '../../../db/schema/index.ts'
import type { Complexity } from '../../contract/template.ts'
import type { JsonObject } from '../../core/json.ts'
import type { StoredTemplate, TemplateKey, TemplateRow, TemplateSort, TemplateValue } from '../ports.ts'
import type { Session } from './transaction.ts'

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

/**
 * The same three numbers of all templates at once, each table read through once: a list sorted by them would otherwise look
 * up every template's own, again and again. To be joined from the left.
 */
export function tallies(session: Session) {
  const reviewed = session
    .select({
      owner: templateReviews.ownerTenantId,
      slug: templateReviews.slug,
      reviews: sql<number>`count(*)::int`.as('reviews'),
      stars: sql<number>`sum(${templateReviews.rating})::int`.as('stars'),
    })
    .from(templateReviews)
    .groupBy(templateReviews.ownerTenantId, templateReviews.slug)
    .as('reviewed')
  const forked = session
    .select({
      owner: templateForks.ownerTenantId,
      slug: templateForks.slug,
      forks: sql<number>`count(*)::int`.as('forks'),
    })
    .from(templateForks)
    .groupBy(templateForks.ownerTenantId, templateForks.slug)
    .as('forked')
  const numbers = {
    reviews: sql<number>`coalesce(${reviewed.reviews}, 0)`,
    stars: sql<number>`coalesce(${reviewed.stars}, 0)`,
    forks: sql<number>`coalesce(${forked.forks}, 0)`,
  }
  /** `rankOf` in SQL: the same division of the same whole numbers, so that it compares with what a cursor holds. */
  const rank = {
    name: sql<number>`0::float8`,
    rating: sql<number>`coalesce(${reviewed.stars}::float8 / ${reviewed.reviews}::float8, 0::float8)`,
    forks: sql<number>`${numbers.forks}::float8`,
  } satisfies Record<TemplateSort, SQL>
  const ofTemplate = (tally: typeof reviewed | typeof forked) =>
    and(eq(tally.owner, templates.tenantId), eq(tally.slug, templates.slug))
  return { reviewed, forked, numbers, rank, ofTemplate }
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
