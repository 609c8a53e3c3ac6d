import type { VersionBody } from '../prompts/compiled-version.ts'
import { requireUsableVersion } from '../prompts/lint-version.ts'
import type { Actor, PromptStore, StoredVersion } from '../store/ports.ts'
import { findPrompt } from './find-prompt.ts'

/** Adds the next version of a prompt, once it is known to work. The warnings are for its author. */
export async function addPromptVersion(
  prompts: PromptStore,
  actor: Actor,
  slugOrAlias: string,
  body: VersionBody,
): Promise<{ readonly version: StoredVersion; readonly warnings: readonly string[] }> {
  const warnings = requireUsableVersion(body)
  const { slug } = await findPrompt(prompts, actor.tenantId, slugOrAlias)
  const version = await prompts.addVersion(actor, slug, body)
  return { version, warnings: version.dependencies.length === 0 ? warnings : requireUsableVersion(version.served) }
}
