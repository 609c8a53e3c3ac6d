import { type VersionDiff, diffVersions } from '../prompts/diff.ts'
import type { PromptStore } from '../store/ports.ts'
import { findPrompt, findVersion } from './find-prompt.ts'

/** Compares two versions of one prompt as they are served. Fault `not_found` naming the one that is missing. */
export async function diffPromptVersions(
  prompts: PromptStore,
  tenantId: string,
  slugOrAlias: string,
  range: { readonly from: number; readonly to: number },
): Promise<{ readonly slug: string; readonly diff: VersionDiff }> {
  const prompt = await findPrompt(prompts, tenantId, slugOrAlias)
  const from = await findVersion(prompts, prompt, range.from, 'from')
  const to = await findVersion(prompts, prompt, range.to, 'to')
  return { slug: prompt.slug, diff: diffVersions(from.served, to.served) }
}
