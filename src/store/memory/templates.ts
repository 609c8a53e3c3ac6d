import { builtInOwner } from '../../contract/template.ts'
import { readCursor, toPage, writeCursor } from '../cursor.ts'
import { noReview, noTemplate, templateTaken } from '../faults.ts'
import type {
  Actor,
  StoredReview,
  StoredTemplate,
  TemplateFilter,
  TemplateKey,
  TemplateRow,
  TemplateStanding,
  TemplateStore,
  TemplateValue,
  TemplateVisibility,
} from '../ports.ts'
import { comparePlaces, rankOf, type TemplatePlace } from '../template-port.ts'
import { changedTemplateFields, templateValueOf } from '../template-value.ts'
import type { MemoryDatabase } from './database.ts'
import { wordsOf } from './prompt-search.ts'

interface MemoryTemplate extends TemplateKey {
  /** JSON of a `TemplateValue`. */
  value: string
  visibility: TemplateVisibility
  readonly createdAt: number
  updatedAt: number
  archivedAt: number | null
}

const keyOf = (...parts: readonly string[]): string => JSON.stringify(parts)

export function createMemoryTemplates(database: MemoryDatabase): TemplateStore {
  const templates = new Map<string, MemoryTemplate>()
  /** By template, then by reviewer. */
  const reviews = new Map<string, Map<string, StoredReview>>()
  /** By template, the prompts by tenant and slug. */
  const forks = new Map<string, Set<string>>()

  function standingOf({ owner, slug }: TemplateKey): TemplateStanding {
    const given = [...(reviews.get(keyOf(owner, slug))?.values() ?? [])]
    return {
      reviews: given.length,
      stars: given.reduce((sum, { rating }) => sum + rating, 0),
      forks: forks.get(keyOf(owner, slug))?.size ?? 0,
    }
  }

  function toStored({ value, ...template }: MemoryTemplate): StoredTemplate {
    const parsed = JSON.parse(value) as TemplateValue
    return { ...template, ...parsed, ...standingOf(template), model: parsed.version.model }
  }

  function own(actor: Actor, slug: string): MemoryTemplate {
    database.reach()
    const template = templates.get(keyOf(actor.tenantId, slug))
    if (template === undefined) throw noTemplate(slug)
    return template
  }

  function visible(tenantId: string, { owner, slug }: TemplateKey): MemoryTemplate | null {
    const template = templates.get(keyOf(owner, slug))
    if (template === undefined) return null
    return owner === tenantId || (template.visibility === 'shared' && template.archivedAt === null) ? template : null
  }

  function requireVisible(tenantId: string, key: TemplateKey): void {
    if (key.owner !== builtInOwner && visible(tenantId, key) === null) throw noTemplate(key.slug)
  }

  return {
    async create(actor, slug, value) {
      database.reach()
      const key = keyOf(actor.tenantId, slug)
      if (templates.has(key)) throw templateTaken(slug)
      const at = database.clock.now()
      const template: MemoryTemplate = {
        owner: actor.tenantId,
        slug,
        value: JSON.stringify(templateValueOf(value)),
        visibility: 'private',
        createdAt: at,
        updatedAt: at,
        archivedAt: null,
      }
      templates.set(key, template)
      return toStored(template)
    },

    async list(tenantId, filter) {
      database.reach()
      const place = (row: TemplateRow): TemplatePlace => ({ ...row, rank: rankOf(row, filter.sort) })
      return [...templates.values()]
        .map(toStored)
        .filter((template) => fits(template, tenantId, filter))
        .filter((row) => filter.after === null || comparePlaces(place(row), filter.after) > 0)
        .sort((left, right) => comparePlaces(place(left), place(right)))
        .slice(0, filter.limit)
        .map(({ version: _version, example: _example, recommendedModels: _m, recommendedSettings: _s, ...row }) => row)
    },

    async find(tenantId, key) {
      database.reach()
      const template = visible(tenantId, key)
      return template === null ? null : toStored(template)
    },

    async change(actor, slug, changes) {
      const template = own(actor, slug)
      const before = JSON.parse(template.value) as TemplateValue
      if (changedTemplateFields(before, changes).length > 0) {
        template.value = JSON.stringify(templateValueOf(before, changes))
        template.updatedAt = database.clock.now()
      }
      return toStored(template)
    },

    async setVisibility(actor, slug, visibility) {
      const template = own(actor, slug)
      if (template.visibility !== visibility) template.updatedAt = database.clock.now()
      template.visibility = visibility
      return toStored(template)
    },

    async setArchived(actor, slug, archived) {
      const template = own(actor, slug)
      if ((template.archivedAt !== null) !== archived) {
        template.updatedAt = database.clock.now()
        template.archivedAt = archived ? template.updatedAt : null
      }
      return toStored(template)
    },

    async categories(tenantId) {
      database.reach()
      const counts = new Map<string, number>()
      for (const template of templates.values()) {
        const { category } = JSON.parse(template.value) as TemplateValue
        if (category === null || template.archivedAt !== null || visible(tenantId, template) === null) continue
        counts.set(category, (counts.get(category) ?? 0) + 1)
      }
      return [...counts].map(([category, count]) => ({ category, count }))
    },

    async standings(owner) {
      database.reach()
      const found = new Map<string, TemplateStanding>()
      for (const key of [...reviews.keys(), ...forks.keys()]) {
        const [of = '', slug = ''] = JSON.parse(key) as readonly string[]
        const standing = standingOf({ owner: of, slug })
        if (of === owner && standing.reviews + standing.forks > 0) found.set(slug, standing)
      }
      return found
    },

    async review(actor, key, { rating, comment }) {
      database.reach()
      requireVisible(actor.tenantId, key)
      const review: StoredReview = {
        tenantId: actor.tenantId,
        actorId: actor.id,
        actorName: actor.name,
        rating,
        comment,
        at: database.clock.now(),
      }
      const template = keyOf(key.owner, key.slug)
      const given = reviews.get(template) ?? new Map<string, StoredReview>()
      reviews.set(template, given.set(keyOf(actor.tenantId, actor.id), review))
      return review
    },

    async reviews(tenantId, key, page) {
      database.reach()
      const after =
        page.cursor === undefined ? null : readCursor('template-reviews', page.cursor, ['moment', 'text', 'text'])
      requireVisible(tenantId, key)
      const cursor = after === null ? null : { at: after[0], tenantId: after[1], actorId: after[2] }
      const found = [...(reviews.get(keyOf(key.owner, key.slug))?.values() ?? [])]
        .filter((review) => cursor === null || newestFirst(review, cursor) > 0)
        .sort(newestFirst)
      return toPage(
        found.slice(0, page.limit + 1),
        page.limit,
        (review) => review,
        (last) => writeCursor('template-reviews', last.at, last.tenantId, last.actorId),
      )
    },

    async removeReview(actor, { owner, slug }) {
      database.reach()
      const given = reviews.get(keyOf(owner, slug))
      if (given?.delete(keyOf(actor.tenantId, actor.id)) !== true) throw noReview(slug)
    },

    async recordFork(actor, { owner, slug }, promptSlug) {
      database.reach()
      const made = forks.get(keyOf(owner, slug)) ?? new Set<string>()
      forks.set(keyOf(owner, slug), made.add(keyOf(actor.tenantId, promptSlug)))
    },
  }
}

type ReviewPlace = Pick<StoredReview, 'at' | 'tenantId' | 'actorId'>

function newestFirst(left: ReviewPlace, right: ReviewPlace): number {
  if (left.at !== right.at) return right.at - left.at
  const [first, second] = [keyOf(left.tenantId, left.actorId), keyOf(right.tenantId, right.actorId)]
  return first === second ? 0 : first < second ? 1 : -1
}

function fits(template: StoredTemplate, tenantId: string, filter: TemplateFilter): boolean {
  const isOwn = template.owner === tenantId
  const isArchived = filter.archived === true
  if (!isOwn && (isArchived || filter.source === 'own' || template.visibility !== 'shared')) return false
  if (isOwn && filter.source === 'shared') return false
  if ((template.archivedAt !== null) !== isArchived) return false
  if (filter.category !== undefined && template.category !== filter.category) return false
  if (filter.useCase !== undefined && template.useCase !== filter.useCase) return false
  if (filter.complexity !== undefined && template.complexity !== filter.complexity) return false
  if (filter.tag !== undefined && !template.tags.includes(filter.tag)) return false
  if (filter.q === undefined) return true
  const { slug, name, description, tags } = template
  const words = wordsOf([slug, name, description ?? '', ...tags].join(' '))
  return [...wordsOf(filter.q)].every((word) => words.has(word))
}
