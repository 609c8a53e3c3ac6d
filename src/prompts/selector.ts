import { isAlias, isLabel, isSemver, labelRule, promptNameRule } from '../contract/names.ts'
import type { Selector } from './reference.ts'

/** The label that is meant when a request names a prompt and nothing else. */
export const defaultLabel = 'production'

export const implicitSelector: Selector = { kind: 'label', label: defaultLabel }

/** The largest version number there can be (a 32-bit integer in the store). */
const largestVersion = 2_147_483_647

export const selectorRule =
  'must be a version number (`3` or `v3`), a semantic version (`1.2.0`), `latest`, or a label (`production`)'

/** What a text after `@` means; null when it means nothing. A label never looks like a number, so the forms cannot be confused. */
export function parseSelector(text: string): Selector | null {
  if (text === 'latest') return { kind: 'latest' }
  if (/^v?[1-9][0-9]{0,9}$/.test(text)) {
    const number = Number(text.startsWith('v') ? text.slice(1) : text)
    return number <= largestVersion ? { kind: 'version', number } : null
  }
  // As git tags have it; a label has no dots.
  const semver = text.startsWith('v') ? text.slice(1) : text
  if (isSemver(semver)) return { kind: 'semver', semver }
  return isLabel(text) ? { kind: 'label', label: text } : null
}

/** A selector as people write it: `3`, `1.2.0`, `latest`, `production`. */
export function selectorText(selector: Selector): string {
  switch (selector.kind) {
    case 'version':
      return String(selector.number)
    case 'semver':
      return selector.semver
    case 'label':
      return selector.label
    case 'latest':
      return 'latest'
  }
}

export function sameSelector(left: Selector, right: Selector): boolean {
  return left.kind === right.kind && selectorText(left) === selectorText(right)
}

/** An id with the selector that may follow it; `selector` is null when none was written. */
export interface SelectedId {
  readonly id: string
  readonly selector: Selector | null
}

/**
 * Reads `<id>` or `<id>@<selector>`.
 *
 * @param marks what may stand between the two.
 * @returns a text, the broken rule as a clause, when it is neither.
 */
export function parseSelectedId(text: string, marks = /@/): SelectedId | string {
  const mark = text.search(marks)
  const end = mark === -1 ? text.length : mark
  const id = text.slice(0, end)
  if (!isAlias(id)) return `has ${quoted(id)} as id of the prompt, which ${promptNameRule}`
  if (end === text.length) return { id, selector: null }
  const selector = parseSelector(text.slice(end + 1))
  if (selector === null) return `has ${quoted(text.slice(end + 1))} as version, which ${selectorRule}`
  return { id, selector }
}

/** Reads a selector from a field that must be a label. Returns a text, the rule as a clause, when it is none. */
export function parseLabelField(text: string): Selector | string {
  if (text === 'latest') return { kind: 'latest' }
  return isLabel(text) ? { kind: 'label', label: text } : labelRule
}

/** A text from outside inside an error: bounded, and with nothing that could break a line. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}…` : text)
}
