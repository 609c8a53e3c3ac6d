import type { Complexity, RecommendedModels, RecommendedSettings, TemplateExample } from '../contract/template.ts'
import type { VersionBody } from '../prompts/compiled-version.ts'
import type { Actor, Page } from './ports.ts'

/** What is said about a template and can be changed. */
export interface TemplateValue {
  readonly name: string
  readonly description: string | null
  readonly category: string | null
  readonly useCase: string | null
  readonly domain: string | null
  readonly complexity: Complexity | null
  readonly tags: readonly string[]
  readonly recommendedModels: RecommendedModels
  readonly recommendedSettings: RecommendedSettings
  readonly example: TemplateExample | null
  readonly version: VersionBody
}

/** Which template: slugs are unique in their tenant only. */
export interface TemplateKey {
  /** Its tenant, or `builtInOwner`. */
  readonly owner: string
  readonly slug: string
}

/** What became of a template. */
export interface TemplateStanding {
  readonly reviews: number
  /** Sum of all ratings. */
  readonly stars: number
  readonly forks: number
}

export type TemplateVisibility = 'private' | 'shared'

/** A row of a list: everything that is small. */
export interface TemplateRow
  extends
    TemplateKey,
    TemplateStanding,
    Omit<TemplateValue, 'recommendedModels' | 'recommendedSettings' | 'example' | 'version'> {
  readonly model: string
  readonly visibility: TemplateVisibility
  readonly createdAt: number
  readonly updatedAt: number
  readonly archivedAt: number | null
}

export type StoredTemplate = TemplateRow & TemplateValue

export interface StoredReview {
  /** Of the reviewer. */
  readonly tenantId: string
  readonly actorId: string
  readonly actorName: string
  readonly rating: number
  readonly comment: string | null
  readonly at: number
}

export const templateSorts = ['name', 'rating', 'forks'] as const
export type TemplateSort = (typeof templateSorts)[number]

/** Where a template stands in a list: by rank, the highest first, then by name, owner and slug. */
export interface TemplatePlace extends TemplateKey {
  readonly rank: number
  readonly name: string
}

export interface TemplateFilter {
  /** Full text over slug, name, description and tags. */
  readonly q?: string | undefined
  readonly category?: string | undefined
  readonly tag?: string | undefined
  readonly useCase?: string | undefined
  readonly complexity?: string | undefined
  /** `own`: of the tenant; `shared`: what other tenants share; left out: both. */
  readonly source?: 'own' | 'shared' | undefined
  /** true: only the tenant's own archived ones; else only live ones. */
  readonly archived?: boolean | undefined
  readonly sort: TemplateSort
  /** Only what comes after this place. */
  readonly after: TemplatePlace | null
  readonly limit: number
}

/**
 * Templates that tenants made, and what is thought of all templates, also the built-in ones, which are not stored. A tenant
 * sees its own, and those that others share and have not archived; for it all others are not there at all.
 */
export interface TemplateStore {
  /** Private. Fault `conflict` when the tenant has one of that slug already, also an archived one. */
  create(actor: Actor, slug: string, value: TemplateValue): Promise<StoredTemplate>
  /** In the order of `comparePlaces`, at most `limit`. */
  list(tenantId: string, filter: TemplateFilter): Promise<readonly TemplateRow[]>
  /** null when there is none that this tenant sees. */
  find(tenantId: string, key: TemplateKey): Promise<StoredTemplate | null>
  /** Fields that are absent stay. Fault `not_found`. */
  change(actor: Actor, slug: string, changes: Partial<TemplateValue>): Promise<StoredTemplate>
  /** Setting what is set already is no event. Fault `not_found`. */
  setVisibility(actor: Actor, slug: string, visibility: TemplateVisibility): Promise<StoredTemplate>
  /** Twice is no error. Fault `not_found`. */
  setArchived(actor: Actor, slug: string, archived: boolean): Promise<StoredTemplate>
  /** How many live templates the tenant sees in each category, in any order. Those without one are left out. */
  categories(tenantId: string): Promise<readonly { readonly category: string; readonly count: number }[]>
  /** Of all templates of an owner that have any, by slug. */
  standings(owner: string): Promise<ReadonlyMap<string, TemplateStanding>>
  /** One for each actor; a second one replaces the first. Fault `not_found` when the tenant does not see the template. */
  review(
    actor: Actor,
    key: TemplateKey,
    review: { readonly rating: number; readonly comment: string | null },
  ): Promise<StoredReview>
  /** Newest first. Fault `not_found` as above. */
  reviews(
    tenantId: string,
    key: TemplateKey,
    page: { readonly limit: number; readonly cursor?: string | undefined },
  ): Promise<Page<StoredReview>>
  /** The actor's own, also of a template that is no longer seen. Fault `not_found` when there is none. */
  removeReview(actor: Actor, key: TemplateKey): Promise<void>
  /** Notes that the actor made a prompt from a template. Twice counts once. */
  recordFork(actor: Actor, key: TemplateKey, promptSlug: string): Promise<void>
}

/** What a list is sorted by: the average rating (0 without any), the forks, or nothing but the name. */
export function rankOf({ reviews, stars, forks }: TemplateStanding, sort: TemplateSort): number {
  if (sort === 'rating') return reviews === 0 ? 0 : stars / reviews
  return sort === 'forks' ? forks : 0
}

/** The order of every list. Texts by their bytes in UTF-8, as the database sorts them with the collation "C". */
export function comparePlaces(left: TemplatePlace, right: TemplatePlace): number {
  return (
    right.rank - left.rank ||
    compareBytes(left.name, right.name) ||
    compareBytes(left.owner, right.owner) ||
    compareBytes(left.slug, right.slug)
  )
}

function compareBytes(left: string, right: string): number {
  return left === right ? 0 : Buffer.compare(Buffer.from(left), Buffer.from(right))
}
