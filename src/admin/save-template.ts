import type { Complexity, RecommendedModels, RecommendedSettings, TemplateExample } from '../contract/template.ts'
import { Fault } from '../core/fault.ts'
import type { VersionBody } from '../prompts/compiled-version.ts'
import { requireUsableVersion } from '../prompts/lint-version.ts'
import { partialsOf, referenceKey } from '../prompts/partials.ts'
import type { Actor, PromptStore, StoredPrompt, StoredTemplate, Stores, TemplateValue } from '../store/ports.ts'
import { findPrompt, findVersion } from './find-prompt.ts'
import { ownTemplate } from './find-template.ts'

/** What is said of a template, as the wire has it. Absent: not mentioned; null: nothing. */
interface WireTemplate {
  readonly name?: string | undefined
  readonly category?: string | undefined
  readonly description?: string | null | undefined
  readonly use_case?: string | null | undefined
  readonly domain?: string | null | undefined
  readonly complexity?: Complexity | null | undefined
  readonly tags?: readonly string[] | undefined
  readonly recommended_models?: RecommendedModels | undefined
  readonly recommended_settings?: RecommendedSettings | undefined
  readonly example?: TemplateExample | null | undefined
}

export interface NewTemplate extends WireTemplate {
  readonly slug: string
  readonly from_prompt?: string | undefined
  /** A number only beside `from_prompt`, a body only without it. */
  readonly version?: VersionBody | number | undefined
}

export interface SavedTemplate {
  readonly template: StoredTemplate
  readonly warnings: readonly string[]
}

/** Makes a template of a version body or of a prompt, once it is known to work. The warnings are for its author. */
export async function createTemplate(
  stores: Pick<Stores, 'prompts' | 'templates'>,
  actor: Actor,
  wanted: NewTemplate,
): Promise<SavedTemplate> {
  const { from_prompt: from, version } = wanted
  const begun =
    from === undefined
      ? { value: nothingSaid, version: typeof version === 'object' ? version : undefined }
      : await fromPrompt(stores.prompts, actor.tenantId, from, typeof version === 'number' ? version : undefined)
  const value = { ...begun.value, ...mentioned(wanted) }
  const { name, category } = value
  if (begun.version === undefined) throw missing('version')
  if (name === undefined) throw missing('name')
  if (category === undefined || category === null) throw missing('category')
  const body = withoutHistory(begun.version)
  requireNoPartials(body)
  const warnings = requireUsableVersion(body, 'version')
  const template = await stores.templates.create(actor, wanted.slug, { ...value, name, category, version: body })
  return { template, warnings }
}

/** Changes one of the tenant's own. Fault `not_found`. */
export async function changeTemplate(
  { templates }: Pick<Stores, 'templates'>,
  actor: Actor,
  slug: string,
  changes: WireTemplate & { readonly version?: VersionBody | undefined },
): Promise<SavedTemplate> {
  const version = changes.version === undefined ? undefined : withoutHistory(changes.version)
  if (version !== undefined) requireNoPartials(version)
  const warnings = version === undefined ? [] : requireUsableVersion(version, 'version')
  const own = await ownTemplate(templates, actor.tenantId, slug)
  const said = { ...mentioned(changes), ...(version === undefined ? {} : { version }) }
  return { template: await templates.change(actor, own.slug, said), warnings }
}

type Begun = Omit<TemplateValue, 'name' | 'version'> & { readonly name?: string }

const nothingSaid: Begun = {
  description: null,
  category: null,
  useCase: null,
  domain: null,
  complexity: null,
  tags: [],
  recommendedModels: [],
  recommendedSettings: [],
  example: null,
}

async function fromPrompt(
  prompts: PromptStore,
  tenantId: string,
  slugOrAlias: string,
  wanted: number | undefined,
): Promise<{ readonly value: Begun; readonly version: VersionBody }> {
  const prompt = await findPrompt(prompts, tenantId, slugOrAlias)
  const number = wanted ?? prompt.labels['production'] ?? prompt.latestVersion
  if (number === null) {
    throw new Fault(
      'conflict',
      `from_prompt: '${prompt.slug}' has no version yet. Add one first: POST /admin/v1/prompts/${prompt.slug}/versions.`,
      { param: 'from_prompt' },
    )
  }
  // With its partials filled in: whoever forks the template may not have them.
  return { value: saidOf(prompt), version: (await findVersion(prompts, prompt, number, 'version')).served }
}

function saidOf({ name, description, category, useCase, domain, complexity, tags }: StoredPrompt): Begun {
  const known = (['low', 'medium', 'high'] as const).find((word) => word === complexity) ?? null
  return { ...nothingSaid, name, description, category, useCase, domain, complexity: known, tags }
}

/** Only the fields that were mentioned. */
function mentioned(wire: WireTemplate): Partial<Omit<TemplateValue, 'version'>> {
  return {
    ...(wire.name === undefined ? {} : { name: wire.name }),
    ...(wire.description === undefined ? {} : { description: wire.description }),
    ...(wire.category === undefined ? {} : { category: wire.category }),
    ...(wire.use_case === undefined ? {} : { useCase: wire.use_case }),
    ...(wire.domain === undefined ? {} : { domain: wire.domain }),
    ...(wire.complexity === undefined ? {} : { complexity: wire.complexity }),
    ...(wire.tags === undefined ? {} : { tags: wire.tags }),
    ...(wire.recommended_models === undefined ? {} : { recommendedModels: wire.recommended_models }),
    ...(wire.recommended_settings === undefined ? {} : { recommendedSettings: wire.recommended_settings }),
    ...(wire.example === undefined ? {} : { example: wire.example }),
  }
}

/** A template stands alone: whoever forks it may be of another tenant. */
function requireNoPartials(body: VersionBody): void {
  const [partial] = partialsOf(body)
  if (partial === undefined) return
  throw new Fault(
    'invalid_request',
    `\`version\` has a partial, {{> ${referenceKey(partial)}}}, which whoever forks the template may not have. Write its text there, or make the template of a prompt with \`from_prompt\`.`,
    { param: 'version' },
  )
}

/** Numbers, parents and notes belong to the history of a prompt; a template has none. */
function withoutHistory(body: VersionBody): VersionBody {
  const { semver: _semver, parent_version: _parent, change_note: _note, ...kept } = body
  return kept
}

const missing = (field: string): Fault =>
  new Fault('invalid_request', `\`${field}\` is missing; the prompt has none to take over, so give one.`, {
    param: field,
  })
