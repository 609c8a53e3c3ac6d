import { builtInOwner } from '../contract/template.ts'
import { Fault } from '../core/fault.ts'
import { builtInTemplate } from '../library/index.ts'
import type { BuiltInTemplate } from '../library/template.ts'
import type {
  StoredTemplate,
  TemplateKey,
  TemplateRow,
  TemplateStanding,
  TemplateStore,
  TemplateValue,
} from '../store/ports.ts'

/** A template wherever it comes from; a built-in one was never made. */
export type ListedTemplate = Omit<TemplateRow, 'createdAt' | 'updatedAt'> & {
  readonly createdAt: number | null
  readonly updatedAt: number | null
}
export type FoundTemplate = ListedTemplate & TemplateValue

const noStanding: TemplateStanding = { reviews: 0, stars: 0, forks: 0 }

/**
 * The template of that slug: of `owner` when given, else the tenant's own, else the built-in one. Fault `not_found`, code
 * `template_not_found`, also for what another tenant does not share.
 */
export async function findTemplate(
  store: TemplateStore,
  tenantId: string,
  slug: string,
  owner?: string,
): Promise<FoundTemplate> {
  const stored = owner === builtInOwner ? null : await store.find(tenantId, { owner: owner ?? tenantId, slug })
  if (stored !== null) return stored
  const builtIn = owner === undefined || owner === builtInOwner ? builtInTemplate(slug) : undefined
  if (builtIn === undefined) throw noSuchTemplate(slug, owner)
  const standings = await store.standings(builtInOwner)
  return { ...builtInRow(builtIn, standings.get(slug)), ...valueOf(builtIn) }
}

/** Of which template it is spoken, without reading what is known of it. Faults as `findTemplate`. */
export async function templateKey(
  store: TemplateStore,
  tenantId: string,
  slug: string,
  owner?: string,
): Promise<TemplateKey> {
  const found = await findTemplate(store, tenantId, slug, owner)
  return { owner: found.owner, slug: found.slug }
}

/** One of the tenant's own. Fault `not_found`; for a built-in one it says what can be done instead. */
export async function ownTemplate(store: TemplateStore, tenantId: string, slug: string): Promise<StoredTemplate> {
  const stored = await store.find(tenantId, { owner: tenantId, slug })
  if (stored !== null) return stored
  if (builtInTemplate(slug) === undefined) throw noSuchTemplate(slug)
  throw new Fault(
    'not_found',
    `You have no template '${slug}' of your own. The built-in one cannot be changed: fork it into a prompt, and make a template of that.`,
    { param: 'slug', code: 'template_not_found' },
  )
}

export function builtInRow(template: BuiltInTemplate, standing: TemplateStanding = noStanding): ListedTemplate {
  const { slug, name, description, category, useCase, domain, complexity, tags, version } = template
  return {
    owner: builtInOwner,
    slug,
    name,
    description,
    category,
    useCase,
    domain,
    complexity,
    tags,
    ...standing,
    model: version.model,
    visibility: 'shared',
    createdAt: null,
    updatedAt: null,
    archivedAt: null,
  }
}

function valueOf(template: BuiltInTemplate): TemplateValue {
  const { slug: _slug, goodAnswers: _goodAnswers, ...value } = template
  return value
}

function noSuchTemplate(slug: string, owner?: string): Fault {
  const whose = owner === undefined ? '' : ` of '${owner}' that you can see`
  const hint = owner === undefined ? ' One that another tenant shares needs `owner`.' : ''
  return new Fault(
    'not_found',
    `There is no template '${slug}'${whose}. GET /admin/v1/templates lists those there are.${hint}`,
    { param: 'slug', code: 'template_not_found' },
  )
}
