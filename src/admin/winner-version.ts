import type { VariantBody } from '../contract/experiment-body.ts'
import type { VersionBody } from '../prompts/compiled-version.ts'
import type { Actor, StoredPrompt, Stores } from '../store/ports.ts'
import { addPromptVersion } from './add-version.ts'
import { labelledVersion } from './experiment-versions.ts'
import { findVersion } from './find-prompt.ts'

/**
 * The version a label can point to so that everybody gets what a variant is. One that changes model or parameters is made a
 * version first, whose parent is the version it changes; asked again, the one that was made is found.
 *
 * @throws Fault `not_found` when the version is gone; `invalid_request` when the changed version would not work.
 */
export async function versionOfVariant(
  { prompts }: Pick<Stores, 'prompts'>,
  actor: Actor,
  prompt: StoredPrompt,
  variant: VariantBody,
  experiment: string,
): Promise<number> {
  const number = variant.version ?? labelledVersion(prompt, 'winner')
  const { model, parameters } = variant
  if (model === undefined && parameters === undefined) return number
  const parent = await findVersion(prompts, prompt, number, 'winner')
  const note = `Variant ${variant.name} of experiment ${experiment}.`
  const made = await madeBefore(prompts, prompt, number, note)
  if (made !== null) return made
  const { semver: _semver, ...kept } = parent.body
  const body: VersionBody = {
    ...kept,
    ...(model === undefined ? {} : { model }),
    ...(parameters === undefined ? {} : { parameters: { ...kept.parameters, ...parameters } }),
    parent_version: number,
    change_note: note,
  }
  return (await addPromptVersion(prompts, actor, prompt.slug, body)).version.version
}

const searched = 50

/** A label that may not move yet is tried again after its approval, which was given to the version of the first try. */
async function madeBefore(
  prompts: Stores['prompts'],
  { tenantId, slug }: StoredPrompt,
  parent: number,
  note: string,
): Promise<number | null> {
  const { data } = await prompts.versions(tenantId, slug, { limit: searched })
  return data.find(({ parentVersion, changeNote }) => parentVersion === parent && changeNote === note)?.version ?? null
}
