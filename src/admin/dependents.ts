import { Fault } from '../core/fault.ts'
import type { DependentVersion, Page, PromptStore } from '../store/ports.ts'
import { findPrompt } from './find-prompt.ts'

/** The versions that have a prompt in them as a partial. Fault `not_found`. */
export async function listDependents(
  prompts: PromptStore,
  tenantId: string,
  slugOrAlias: string,
  page: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<Page<DependentVersion>> {
  const { slug } = await findPrompt(prompts, tenantId, slugOrAlias)
  return prompts.dependents(tenantId, slug, page)
}

export const isOutdated = ({ usesVersion, currentVersion }: DependentVersion): boolean =>
  currentVersion !== null && currentVersion !== usesVersion

/** Most prompts that the answer to a change names. */
const mostNamed = 100
/** One prompt may have several versions with labels. */
const rowsRead = 400

/**
 * Slugs of the prompts that would change if they were composed anew, sorted, the first hundred. null: the database went away.
 * It is asked after a write that has succeeded: an error would make the client write again.
 */
export async function outdatedDependents(
  prompts: PromptStore,
  tenantId: string,
  slug: string,
): Promise<string[] | null> {
  try {
    const { data } = await prompts.dependents(tenantId, slug, { outdated: true, limit: rowsRead })
    return [...new Set(data.map((row) => row.slug))].slice(0, mostNamed)
  } catch (error) {
    if (error instanceof Fault && error.kind === 'unavailable') return null
    throw error
  }
}
