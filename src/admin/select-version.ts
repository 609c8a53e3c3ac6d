import { largestPage } from '../contract/admin/fields.ts'
import { Fault } from '../core/fault.ts'
import type { Selector } from '../prompts/reference.ts'
import { parseSelector, selectorRule } from '../prompts/selector.ts'
import type { PromptStore, StoredPrompt, StoredVersion } from '../store/ports.ts'
import { findVersion } from './find-prompt.ts'

/** A version as somebody names it: its number, or `3`, `v3`, `1.2.0`, `latest`, or a label as text. */
export type WantedVersion = number | string

/**
 * The one version of a prompt that is meant, by the same words as after the `@` of a model string. `param` names the field
 * that asked for it.
 *
 * @throws Fault `invalid_request` for a text that is no selector, `not_found` for one that leads nowhere.
 */
export async function selectVersion(
  prompts: PromptStore,
  prompt: StoredPrompt,
  wanted: WantedVersion,
  param: string,
): Promise<StoredVersion> {
  if (typeof wanted === 'number') return findVersion(prompts, prompt, wanted, param)
  const selector = parseSelector(wanted)
  if (selector === null) throw new Fault('invalid_request', `\`${param}\` ${selectorRule}.`, { param })
  if (selector.kind === 'semver') return findSemver(prompts, prompt, selector.semver, param)
  const number = numberOf(prompt, selector)
  if (number !== null) return findVersion(prompts, prompt, number, param)
  const labels = Object.keys(prompt.labels).sort()
  const known = ['latest', ...labels].join(', ')
  const missing =
    selector.kind === 'label'
      ? `label '${selector.label}'. Give a number, a semantic version, or one of: ${known}.`
      : 'version yet. Add one first.'
  throw new Fault('not_found', `Prompt '${prompt.slug}' has no ${missing}`, { param })
}

function numberOf(prompt: StoredPrompt, selector: Exclude<Selector, { kind: 'semver' }>): number | null {
  switch (selector.kind) {
    case 'version':
      return selector.number
    case 'latest':
      return prompt.latestVersion
    case 'label':
      return Object.hasOwn(prompt.labels, selector.label) ? (prompt.labels[selector.label] ?? null) : null
  }
}

/** Newest first, a page at a time: people mean recent ones. */
async function findSemver(
  prompts: PromptStore,
  { tenantId, slug }: StoredPrompt,
  semver: string,
  param: string,
): Promise<StoredVersion> {
  let cursor: string | undefined
  do {
    const page = await prompts.versions(tenantId, slug, { limit: largestPage, cursor })
    const found = page.data.find((version) => version.semver === semver)
    if (found !== undefined) return found
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined)
  throw new Fault('not_found', `Prompt '${slug}' has no version with the semantic version ${semver}.`, { param })
}
