import { Fault } from '../core/fault.ts'
import type { PromptStore, StoredPrompt, StoredVersion } from '../store/ports.ts'

/** The prompt by slug or alias. Fault `not_found`, code `prompt_not_found`. */
export async function findPrompt(prompts: PromptStore, tenantId: string, slugOrAlias: string): Promise<StoredPrompt> {
  const prompt = await prompts.find(tenantId, slugOrAlias)
  if (prompt === null) {
    throw new Fault('not_found', `There is no prompt '${slugOrAlias}'. GET /admin/v1/prompts lists those there are.`, {
      param: 'slug',
      code: 'prompt_not_found',
    })
  }
  return prompt
}

/** One version of a prompt found before. `param` names the field that asked for it. Fault `not_found`. */
export async function findVersion(
  prompts: PromptStore,
  prompt: StoredPrompt,
  number: number,
  param: string,
): Promise<StoredVersion> {
  const version = await prompts.version(prompt.tenantId, prompt.slug, number)
  if (version !== null) return version
  const known = prompt.latestVersion === null ? 'It has none yet.' : `Its latest is ${prompt.latestVersion}.`
  throw new Fault('not_found', `Prompt '${prompt.slug}' has no version ${number}. ${known}`, { param })
}
