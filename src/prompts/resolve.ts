import { Fault } from '../core/fault.ts'
import type { Selector } from './reference.ts'
import { quoted, selectorText } from './selector.ts'

/** What resolving needs of a prompt and its versions; `SnapshotPrompt` and `SnapshotVersion` are such. */
export interface ResolvablePrompt<Version extends ResolvableVersion> {
  readonly slug: string
  readonly labels: ReadonlyMap<string, number>
  readonly versions: ReadonlyMap<number, Version>
  /** The same as these two say of a label, when it can be told quicker. */
  readonly labelled?: (label: string) => Version | undefined
}
export interface ResolvableVersion {
  readonly number: number
  readonly semver: string | null
}

export interface Resolved<Version> {
  readonly version: Version
  /** The label that led here; null when a number, a semantic version or `latest` did. */
  readonly label: string | null
}

const mostListed = 20

/**
 * The one version a selector means: exactly that, never another instead.
 *
 * @throws Fault `prompt_not_found` that says what there is.
 */
export function resolveVersion<Version extends ResolvableVersion>(
  prompt: ResolvablePrompt<Version>,
  selector: Selector,
): Resolved<Version> {
  const label = selector.kind === 'label' ? selector.label : null
  const version = findVersion(prompt, selector)
  if (version !== undefined) return { version, label }
  throw new Fault('prompt_not_found', notFoundText(prompt, selector), { param: 'prompt' })
}

function findVersion<Version extends ResolvableVersion>(
  prompt: ResolvablePrompt<Version>,
  selector: Selector,
): Version | undefined {
  switch (selector.kind) {
    case 'version':
      return prompt.versions.get(selector.number)
    case 'label': {
      if (prompt.labelled !== undefined) return prompt.labelled(selector.label)
      const number = prompt.labels.get(selector.label)
      return number === undefined ? undefined : prompt.versions.get(number)
    }
    case 'semver':
      for (const version of prompt.versions.values()) if (version.semver === selector.semver) return version
      return undefined
    case 'latest': {
      let latest: Version | undefined
      for (const version of prompt.versions.values())
        if (latest === undefined || version.number > latest.number) latest = version
      return latest
    }
  }
}

function notFoundText(prompt: ResolvablePrompt<ResolvableVersion>, selector: Selector): string {
  const name = `The prompt ${quoted(prompt.slug)}`
  if (prompt.versions.size === 0) return `${name} has no version yet. Add one first.`
  switch (selector.kind) {
    case 'label': {
      const number = prompt.labels.get(selector.label)
      if (number !== undefined)
        return `${name} has the label ${quoted(selector.label)} at version ${number}, which is not there. It has ${versionsText(prompt)}.`
      return `${name} has no label ${quoted(selector.label)}. ${labelsText(prompt)}; ${versionsText(prompt)}.`
    }
    case 'semver':
      return `${name} has no version with the semantic version ${quoted(selector.semver)}. ${semversText(prompt)}.`
    default:
      return `${name} has no version ${selectorText(selector)}. It has ${versionsText(prompt)}.`
  }
}

function labelsText(prompt: ResolvablePrompt<ResolvableVersion>): string {
  const labels = [...prompt.labels.keys()].sort()
  return labels.length === 0 ? 'It has no labels' : `Its labels are ${listText(labels.map(quoted))}`
}

/** Version numbers have no gaps, but a file may give only some of them. */
function versionsText(prompt: ResolvablePrompt<ResolvableVersion>): string {
  const numbers = [...prompt.versions.keys()].sort((left, right) => left - right)
  const first = numbers[0] ?? 0
  const last = numbers.at(-1) ?? 0
  if (numbers.length === 1) return `version ${first}`
  if (last - first + 1 === numbers.length) return `versions ${first} to ${last}`
  return `versions ${listText(numbers.map(String))}`
}

function semversText(prompt: ResolvablePrompt<ResolvableVersion>): string {
  const semvers = [...prompt.versions.values()].flatMap((version) => (version.semver === null ? [] : [version.semver]))
  return semvers.length === 0 ? 'None of its versions has one' : `There are ${listText(semvers)}`
}

function listText(items: readonly string[]): string {
  const shown = items.slice(0, mostListed).join(', ')
  return items.length > mostListed ? `${shown} and ${items.length - mostListed} more` : shown
}
