import { builtInOwner } from '../contract/template.ts'
import { Fault } from '../core/fault.ts'
import type { Actor, StoredPrompt } from '../store/ports.ts'
import { createPrompt } from './create-prompt.ts'
import type { AdminDependencies } from './dependencies.ts'
import { findTemplate } from './find-template.ts'

export interface WantedFork {
  readonly slug: string
  readonly name?: string | undefined
  readonly labels?: readonly string[] | undefined
  /** In place of the template's own. */
  readonly model?: string | undefined
}

/**
 * Makes a prompt that begins with the template's version, and counts it. Fault `not_found` for a template that the tenant
 * does not see, `conflict` when it is archived or the slug of the prompt is taken.
 */
export async function forkTemplate(
  { stores, observe }: Pick<AdminDependencies, 'stores' | 'observe'>,
  actor: Actor,
  which: { readonly slug: string; readonly owner?: string | undefined },
  wanted: WantedFork,
): Promise<{ readonly prompt: StoredPrompt; readonly warnings: readonly string[] }> {
  const template = await findTemplate(stores.templates, actor.tenantId, which.slug, which.owner)
  if (template.archivedAt !== null) {
    throw new Fault(
      'conflict',
      `Template '${template.slug}' is archived. Restore it first: POST /admin/v1/templates/${template.slug}/restore.`,
      { param: 'slug' },
    )
  }
  const { name, description, category, useCase, domain, complexity, tags, version } = template
  const created = await createPrompt(stores.prompts, actor, {
    slug: wanted.slug,
    name: wanted.name ?? name,
    description,
    category,
    use_case: useCase,
    domain,
    complexity,
    tags,
    version: {
      ...version,
      model: wanted.model ?? version.model,
      change_note: `Forked from template ${template.slug} (${whoseText(template.owner, actor.tenantId)})`,
    },
    labels: wanted.labels,
  })
  try {
    await stores.templates.recordFork(actor, template, created.prompt.slug)
    return created
  } catch (error) {
    // The prompt is there and served: an error would make its author try again, and fail for good.
    observe({ type: 'defect', where: 'admin: count a fork of a template', error })
    return { ...created, warnings: [...created.warnings, 'The prompt was made, but the fork could not be counted.'] }
  }
}

function whoseText(owner: string, tenantId: string): string {
  if (owner === builtInOwner) return 'built-in'
  return owner === tenantId ? 'own' : `shared by ${owner}`
}
