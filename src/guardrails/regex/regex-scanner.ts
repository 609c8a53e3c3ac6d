import type { Finding, TextScanner } from '../guardrail.ts'
import type { CompiledPattern } from './compile-pattern.ts'
import { type KeptText, PatternSearch } from './pattern-search.ts'

/** A scanner whose work can be done a little at a time, so that the event loop is never held up for long. */
export interface SteppingScanner extends TextScanner {
  /** `push` has left something to do: rest, then `push('')`. Whoever does not ask gets it all done by `end`. */
  readonly isBehind: boolean
  /** A part of what `end` does. @returns whether all is done; if not: rest, then call it again. */
  endStep(findings: Finding[]): boolean
}

export interface NamedPattern {
  /** Kind of its findings. */
  readonly kind: string
  readonly pattern: CompiledPattern
}

/** How long one call may search, milliseconds; one search more is begun at most. What is found does not depend on it. */
const sliceMs = 4
/** What is not needed any longer is let go of at so many characters: not at each piece, because that copies the rest. */
const letGoAt = 16_384
/** Before the place where a search stands: one character, which may be two units. */
const leftContext = 2

export function regexScanner(patterns: readonly NamedPattern[]): SteppingScanner {
  return new RegexScanner(patterns)
}

class RegexScanner implements SteppingScanner {
  readonly #searches: readonly PatternSearch[]
  #text = ''
  #base = 0
  /** The text has got a line break that not all searches have been told of. */
  #hasLineBreak = false
  #isBehind = false

  constructor(patterns: readonly NamedPattern[]) {
    this.#searches = patterns.map(({ kind, pattern }) => new PatternSearch(kind, pattern))
  }

  get isBehind(): boolean {
    return this.#isBehind
  }

  push(piece: string, findings: Finding[]): number {
    this.#text += piece
    this.#hasLineBreak ||= piece.includes('\n')
    this.#isBehind = !this.#search(false, performance.now() + sliceMs, findings)
    if (!this.#isBehind) this.#hasLineBreak = false
    return this.#decided()
  }

  end(findings: Finding[]): void {
    this.#search(true, Infinity, findings)
  }

  endStep(findings: Finding[]): boolean {
    return this.#search(true, performance.now() + sliceMs, findings)
  }

  /** Searches until nothing more can be decided. @returns false: the time was over before. */
  #search(isWhole: boolean, until: number, findings: Finding[]): boolean {
    const kept: KeptText = { text: this.#text, base: this.#base, isWhole }
    for (const search of this.#searches) {
      while (search.advance(kept, this.#hasLineBreak, findings)) if (performance.now() > until) return false
    }
    return true
  }

  #decided(): number {
    let decided = Infinity
    for (const search of this.#searches) decided = Math.min(decided, search.position)
    const unused = decided - leftContext - this.#base
    if (unused > letGoAt) {
      this.#text = this.#text.slice(unused)
      this.#base += unused
    }
    return decided
  }
}
