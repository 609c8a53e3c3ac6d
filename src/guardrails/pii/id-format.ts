import type { Finding } from '../guardrail.ts'
import { standsAfter } from './context-words.ts'
import { type Groups, separatorOf, separators } from './groups.ts'

/** One kind of number, as it is written and checked. */
export interface IdFormat {
  /** Kind of the finding. */
  readonly kind: string
  /**
   * Ways it is written: lengths of its groups and what stands between them, such as `3-2-4` or `9`. A `?` at the end: only
   * where a context word stands before it, because too many other numbers look like this.
   */
  readonly forms: readonly string[]
  /** `chars` are letters and digits only, in capitals, as many as one of the forms has. */
  readonly isValid: (chars: string) => boolean
  /** Words before a value that say what it is. Without any, a form with `?` is never found. */
  readonly words?: RegExp
  /** Words before a value that say it is something else; a context word outweighs them. */
  readonly otherWords?: RegExp
  /** How sure a finding is without a context word. Default 0.9. */
  readonly score?: number
  /** It is written in capitals: anything else that looks like it is not one. */
  readonly onlyCapitals?: true
  /** Four groups of four that are checked well enough to be known beside other numbers: `Row 12 4111 1111 1111 1111`. */
  readonly isKnownAmongNumbers?: true
}

interface Form {
  readonly format: IdFormat
  readonly needsWord: boolean
}

interface Node {
  readonly forms: Form[]
  readonly next: Map<number, Node>
}

/** How much surer a context word makes. */
const sureByWord = 0.08

/** All forms of some kinds of numbers as one tree over groups, so that a text is compared with all of them at once. */
export class IdFormats {
  readonly #root: Node = { forms: [], next: new Map() }

  constructor(formats: readonly IdFormat[]) {
    for (const format of formats) for (const form of format.forms) this.#add(format, form)
  }

  /** Adds what it finds in the groups. */
  find(groups: Groups, findings: Finding[]): void {
    for (let first = 0; first < groups.count; first += 1) {
      let node = this.#root.next.get(step(separators.none, groups.length(first)))
      for (let last = first; node !== undefined;) {
        if (node.forms.length > 0) this.#look(node.forms, groups, first, last, findings)
        last += 1
        if (last >= groups.count) break
        node = node.next.get(step(groups.separator(last), groups.length(last)))
      }
    }
  }

  #look(forms: readonly Form[], groups: Groups, first: number, last: number, findings: Finding[]): void {
    if (isPart(groups, first, last)) return
    if (!isAmongNumbers(groups, first, last)) judge(forms, groups, first, last, findings)
    else if (isFourByFour(groups, first, last)) {
      const known = forms.filter(({ format }) => format.isKnownAmongNumbers === true)
      judge(known, groups, first, last, findings)
    }
  }

  #add(format: IdFormat, written: string): void {
    const needsWord = written.endsWith('?')
    let node = this.#root
    let before: number = separators.none
    for (const part of written.match(/\d+|[^\d?]/g) ?? []) {
      if (!/\d/.test(part)) {
        before = separatorOf(part.charCodeAt(0))
        continue
      }
      const key = step(before, Number(part))
      const next = node.next.get(key) ?? { forms: [], next: new Map<number, Node>() }
      node.next.set(key, next)
      node = next
    }
    node.forms.push({ format, needsWord })
  }
}

function step(separator: number, length: number): number {
  return separator * 64 + Math.min(length, 63)
}

/** A part of something longer: of a part number, a version, a file name. */
function isPart(groups: Groups, first: number, last: number): boolean {
  const before = groups.separator(first)
  if (before === separators.underscore || before === separators.hyphen) return true
  if (isJoint(before) && groups.hasDigits(first - 1)) return true
  const after = groups.separator(last + 1)
  return after === separators.underscore || (isJoint(after) && groups.hasDigits(last + 1))
}

/** More groups of digits: a longer number, such as the rest of a card behind what could be an Aadhaar number. */
function isAmongNumbers(groups: Groups, first: number, last: number): boolean {
  if (last === first || groups.separator(last) !== separators.space) return false
  const [before, after] = [groups.separator(first), groups.separator(last + 1)]
  return goesOn(groups, first, first - 1, before) || goesOn(groups, last, last + 1, after)
}

/** Four groups of four digits, where other such groups beside them, if any, come four by four too. */
function isFourByFour(groups: Groups, first: number, last: number): boolean {
  const isFour = (group: number): boolean =>
    group >= 0 && group < groups.count && groups.isDigits(group) && groups.length(group) === 4
  if (last - first !== 3) return false
  let start = first
  while (groups.separator(start) === separators.space && isFour(start - 1)) start -= 1
  let end = last
  while (groups.separator(end + 1) === separators.space && isFour(end + 1)) end += 1
  return (first - start) % 4 === 0 && (end - start + 1) % 4 === 0
}

function isJoint(separator: number): boolean {
  return separator === separators.hyphen || separator === separators.dot || separator === separators.slash
}

/** Behind four groups of four, as of a card, only another one of four: a date may follow. */
function goesOn(groups: Groups, group: number, neighbour: number, between: number): boolean {
  if (between !== separators.space || !groups.isDigits(neighbour)) return false
  // The neighbour belongs to something that is written in another way.
  if (isJoint(groups.separator(neighbour < group ? neighbour : neighbour + 1))) return false
  return groups.length(group) !== 4 || groups.length(neighbour) === 4 || neighbour < group
}

function judge(forms: readonly Form[], groups: Groups, first: number, last: number, findings: Finding[]): void {
  const written = groups.chars(first, last)
  const chars = written.toUpperCase()
  const start = groups.start(first)
  for (const { format, needsWord } of forms) {
    if ((format.onlyCapitals === true && chars !== written) || !format.isValid(chars)) continue
    const hasWord = format.words !== undefined && standsAfter(format.words, groups.text, start)
    if (
      !hasWord &&
      (needsWord || (format.otherWords !== undefined && standsAfter(format.otherWords, groups.text, start)))
    )
      continue
    const score = Math.min(0.99, (format.score ?? 0.9) + (hasWord ? sureByWord : 0))
    findings.push({ kind: format.kind, start, end: groups.end(last), score })
  }
}
