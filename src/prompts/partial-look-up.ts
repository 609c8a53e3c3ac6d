import type { VersionBody } from './compiled-version.ts'
import type { CompositionCode } from './composition-error.ts'
import type { Dependency } from './compose.ts'
import type { PartialReference } from './partials.ts'
import { selectorText } from './selector.ts'

/** One version of the prompt that a partial names. */
export interface FoundPartial {
  readonly kind: 'found'
  readonly slug: string
  readonly version: number
  /** As it is served: composed already. */
  readonly body: VersionBody
  readonly dependencies: readonly Dependency[]
}

export interface RefusedPartial {
  readonly kind: 'refused'
  readonly code: CompositionCode
  /** A clause that follows "but", with the way out. */
  readonly why: string
}

export type LookUpPartial = (reference: PartialReference) => FoundPartial | RefusedPartial

/** What the prompt of a partial says about its versions. */
export interface PartialPrompt {
  readonly slug: string
  readonly archived: boolean
  readonly labels: Readonly<Record<string, number>>
  readonly latestVersion: number | null
}

const refused = (code: CompositionCode, why: string): RefusedPartial => ({ kind: 'refused', code, why })

export const noSuchPrompt = ({ id }: PartialReference): RefusedPartial =>
  refused('partial_not_found', `there is no prompt '${id}'. Create it first, or take the partial out`)

export const leadsBack = (path: readonly string[]): RefusedPartial =>
  refused('partial_cycle', `it leads back to the prompt itself: ${path.join(' → ')}. Take one of these partials out`)

/**
 * The number of the version that is meant.
 *
 * @param numberOfSemver the version with this semantic version, if there is one.
 */
export function numberOfPartial(
  { id, selector }: PartialReference,
  prompt: PartialPrompt,
  numberOfSemver: (semver: string) => number | null,
): number | RefusedPartial {
  if (prompt.archived)
    return refused('partial_archived', `prompt '${prompt.slug}' is archived. Restore it, or take the partial out`)
  if (prompt.latestVersion === null)
    return refused('partial_not_found', `prompt '${prompt.slug}' has no version yet. Add one, or take the partial out`)
  const latest = prompt.latestVersion
  switch (selector.kind) {
    case 'latest':
      return latest
    case 'version':
      if (selector.number <= latest) return selector.number
      break
    case 'semver': {
      const number = numberOfSemver(selector.semver)
      if (number !== null) return number
      break
    }
    case 'label': {
      const number = Object.hasOwn(prompt.labels, selector.label) ? prompt.labels[selector.label] : undefined
      if (number !== undefined) return number
      const way = `Set that label, or name what there is, such as \`{{> ${id}@${latest}}}\``
      return refused('partial_not_found', `prompt '${prompt.slug}' has no label '${selector.label}'. ${way}`)
    }
  }
  return refused(
    'partial_not_found',
    `prompt '${prompt.slug}' has no version ${selectorText(selector)}. Its latest is ${latest}`,
  )
}
