import { type VersionDiff, diffVersions } from '../prompts/diff.ts'
import type { PromptStore } from '../store/ports.ts'
import { findPrompt } from './find-prompt.ts'
import { type WantedVersion, selectVersion } from './select-version.ts'

/** Compares two versions of one prompt as they are served. Fault `not_found` naming the one that is missing. */
export async function diffPromptVersions(
  prompts: PromptStore,
  tenantId: string,
  slugOrAlias: string,
  range: { readonly from: WantedVersion; readonly to: WantedVersion },
): Promise<{ readonly slug: string; readonly from: number; readonly to: number; readonly diff: VersionDiff }> {
  const prompt = await findPrompt(prompts, tenantId, slugOrAlias)
  const from = await selectVersion(prompts, prompt, range.from, 'from')
  const to = await selectVersion(prompts, prompt, range.to, 'to')
  return {
    slug: prompt.slug,
    from: from.version,
    to: to.version,
    diff: diffVersions(from.served, to.served),
  }
}
