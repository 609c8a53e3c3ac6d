import type { Finding } from '../guardrail.ts'
import type { CompiledPattern } from './compile-pattern.ts'
import type { PatternFacts } from './program.ts'

/*
 * One pattern reads one text. What it finds is defined on the whole text, from left to right:
 *
 * - A pattern with a longest match is found wherever it stands. A place is decided when the text goes on for one character
 *   more than that, or when the line ends and no match has a line break in it.
 * - A pattern without one is looked for in the line, or, when matches may have line breaks in them or the line is long, in
 *   `reach` to twice as many characters from where the search stands. So a match of up to `reach` characters is always
 *   found. The end of such a stretch is no end of the text or of a line: a match that asks for one there is none.
 * - One that is found very often within one block of the text would be slow: each match may cost the characters up to the
 *   end of its line, or `reach`, once more. From some number on, the rest of the block is one finding.
 */

/** Steps that one search may take, a step being one instruction for one character: a few milliseconds, measured. */
const mostSteps = 600_000
const longestReach = 4_096
/** Matches up to this length, code points, are told as they come; see `isBounded`. */
export const longestBoundedMatch = 320
const blockChars = 4_096
/** Steps that the matches of one block may take together, by what each may take at most. */
const mostStepsPerBlock = 25_000_000
/** Whether a larger pattern is found at all is no quicker to tell than where: its automaton grows with every character. */
const largestForTest = 200

/** After so many matches that were none the search goes on behind the stretch that it has seen. */
const mostMisses = 8
const lineBreak = 10

/** The part of a text that is still needed. */
export interface KeptText {
  readonly text: string
  /** Offset of its beginning. */
  readonly base: number
  /** Nothing follows. */
  readonly isWhole: boolean
}

/** A search can tell what it finds a bounded stretch later. */
export const isBounded = (pattern: PatternFacts): boolean => pattern.longest <= longestBoundedMatch

/** Characters that a match is surely looked for in. */
export function reachOf(pattern: PatternFacts): number {
  // A character beyond the basic plane is two units.
  if (isBounded(pattern)) return 2 * pattern.longest + 2
  return Math.min(longestReach, Math.floor(mostSteps / pattern.size / 2))
}

export class PatternSearch {
  readonly #kind: string
  readonly #pattern: CompiledPattern
  /** Characters a match is surely looked for in, and those that are looked at in one go. */
  readonly #reach: number
  readonly #window: number
  /** All before it is decided. */
  #position = 0
  /** End of the text that has to be there before another try makes sense, unless a line ends. */
  #wakeAt = 0
  #block = -1
  /** Steps that the matches of the block may have taken. */
  #spent = 0
  /** The last try found something, so another one is likely. */
  #isHot = false
  /** Matches in a row that were none, because the stretch ended and not the text. */
  #misses = 0
  /** Where a block began to be found as a whole. */
  #restFrom: number | null = null

  constructor(kind: string, pattern: CompiledPattern) {
    this.#kind = kind
    this.#pattern = pattern
    this.#reach = reachOf(pattern)
    const affordable = Math.min(2 * longestReach, Math.floor(mostSteps / pattern.size))
    this.#window = isBounded(pattern) ? Math.max(2 * this.#reach, affordable) : 2 * this.#reach
  }

  get position(): number {
    return this.#restFrom ?? this.#position
  }

  /**
   * One search. Adds at most one finding.
   *
   * @param hasLineBreak the text has got one since the last try.
   * @returns whether anything was decided, so that another try may decide more.
   */
  advance(kept: KeptText, hasLineBreak: boolean, findings: Finding[]): boolean {
    const end = kept.base + kept.text.length
    if (this.#restFrom !== null) return this.#endBlock(kept, end, findings)
    if (this.#position >= end) return false
    if (end < this.#wakeAt && !kept.isWhole && !(hasLineBreak && !this.#pattern.crossesLines)) return false
    const from = this.#position - kept.base
    const { to, limit } = this.#windowOf(kept, from)
    if (limit <= from) return false
    const found = this.#find(kept.text, from, to)
    if (found === null || found.start >= limit) {
      this.#position = limit + kept.base
      this.#isHot = false
      this.#misses = 0
      return true
    }
    const isCut =
      found.end === to && !(kept.isWhole && to === kept.text.length) && kept.text.charCodeAt(to - 1) !== lineBreak
    if (isCut && this.#pattern.asksForEnd) {
      this.#misses += 1
      this.#position = kept.base + (this.#misses > mostMisses ? limit : onCharacter(kept.text, found.start + 1, 1))
      return true
    }
    this.#misses = 0
    this.#isHot = true
    this.#take(found.start + kept.base, found.end + kept.base, this.#costOf(kept.text, found.start), findings)
    return true
  }

  /** The stretch that is searched, up to `to`; what begins before `limit` is decided by it. Offsets into the kept text. */
  #windowOf({ text, isWhole }: KeptText, from: number): { readonly to: number; readonly limit: number } {
    const lineEnd = this.#pattern.crossesLines ? null : this.#lineEnd(text, from)
    if (lineEnd !== null) return { to: lineEnd, limit: lineEnd }
    const to = onCharacter(text, Math.min(text.length, from + this.#window))
    if (isWhole && to === text.length) return { to, limit: to }
    if (isBounded(this.#pattern)) {
      const limit = backBy(text, to, from, this.#pattern.longest + 1)
      // So many characters later there is something to be gained.
      this.#wakeAt = this.#position + this.#pattern.longest + 1 + fewestNew
      return { to, limit }
    }
    this.#wakeAt = this.#position + this.#window + 1
    // One character more, so that the end of the window is not that of the text.
    return text.length - from <= this.#window
      ? { to, limit: from }
      : { to, limit: onCharacter(text, from + this.#reach) }
  }

  /** Behind the last line break within reach, else behind the first in the window; null: none. */
  #lineEnd(text: string, from: number): number | null {
    const last = text.slice(from, from + this.#reach).lastIndexOf('\n')
    if (last !== -1) return from + last + 1
    const next = text.slice(from + this.#reach, from + this.#window).indexOf('\n')
    return next === -1 ? null : from + this.#reach + next + 1
  }

  #find(text: string, from: number, to: number): { readonly start: number; readonly end: number } | null {
    // One character before it, and the one behind it when there is one, tell the borders of words and of the text.
    const first = Math.max(0, backBy(text, from, 0, 1))
    const slice = text.slice(first, to)
    const { pattern, size } = this.#pattern
    // Whether there is a match at all is much quicker to tell than where.
    if (!this.#isHot && size <= largestForTest && !pattern.test(slice)) return null
    const matcher = pattern.matcher(slice)
    if (!matcher.find(from - first)) return null
    return { start: first + matcher.start(), end: first + matcher.end() }
  }

  /** Characters behind its start that a match may have been looked for in; the same however the text is cut. */
  #costOf(text: string, start: number): number {
    if (this.#pattern.crossesLines || isBounded(this.#pattern)) return this.#reach
    const next = text.slice(start, start + this.#reach).indexOf('\n')
    return next === -1 ? Math.min(this.#reach, text.length - start) : next
  }

  #take(start: number, end: number, cost: number, findings: Finding[]): void {
    const block = Math.floor(start / blockChars)
    if (block !== this.#block) this.#spent = 0
    this.#spent += cost * this.#pattern.size
    this.#block = block
    this.#position = end
    if (this.#spent > mostStepsPerBlock) this.#restFrom = start
    else findings.push({ kind: this.#kind, start, end, score: 1 })
  }

  #endBlock(kept: KeptText, end: number, findings: Finding[]): boolean {
    const start = this.#restFrom ?? 0
    const blockEnd = Math.max(this.#position, (this.#block + 1) * blockChars)
    if (end <= blockEnd && !kept.isWhole) return false
    const to = end <= blockEnd ? end : kept.base + onCharacter(kept.text, blockEnd - kept.base)
    this.#restFrom = null
    this.#position = Math.max(to, this.#position)
    findings.push({ kind: this.#kind, start, end: this.#position, score: 1 })
    return true
  }
}

/** A stream brings a few characters at a time; a search for each of them would be wasteful. */
const fewestNew = 16

/** An offset that would cut a surrogate pair moves before it, or by `move`. */
function onCharacter(text: string, offset: number, move: -1 | 1 = -1): number {
  const isInside =
    offset > 0 && offset < text.length && isLow(text.charCodeAt(offset)) && isHigh(text.charCodeAt(offset - 1))
  return isInside ? offset + move : offset
}

/** The offset `count` code points before `to`, at least `from`. */
function backBy(text: string, to: number, from: number, count: number): number {
  let at = to
  for (let left = count; left > 0 && at > from; left--) at = onCharacter(text, at - 1)
  return Math.max(at, from)
}

const isHigh = (unit: number): boolean => unit >= 0xd8_00 && unit <= 0xdb_ff
const isLow = (unit: number): boolean => unit >= 0xdc_00 && unit <= 0xdf_ff
