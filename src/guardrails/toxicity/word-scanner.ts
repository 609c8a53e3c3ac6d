import type { Finding, TextScanner } from '../guardrail.ts'
import { border, digitLike, highSurrogate, ideograph, invisible, maskSign, otherLetter, space } from './folding.ts'
import type { Lexicon } from './lexicon.ts'
import { findingOf } from './report.ts'
import { scanUnit } from './scan-unit.ts'

/** Lone letters are read together for so long. */
const mostLoneChars = 64
/** More white space than this ends a word spelled out. */
const mostSpaces = 3
/** A stretch without white space ends at the next sign from here on, and is given up as no word from `mostChars` on. */
const enoughChars = 96
const mostChars = 512

/**
 * Finds the words of a lexicon. The text is read in units: a stretch between white space, or several as long as each has
 * one letter only, since such may be one word spelled out. Where a unit ends depends on the characters alone, so what is
 * found does not depend on how the text is cut; what is kept back is the open unit.
 */
export function wordScanner(lexicon: Lexicon): TextScanner {
  return new WordScanner(lexicon)
}

class WordScanner implements TextScanner {
  readonly #lexicon: Lexicon
  /** The open unit, and where it begins in the text. */
  #kept = ''
  #base = 0
  /** Letters and digits since the last white space. */
  #letters = 0
  /** Stretches of one letter so far, and white space since the last. */
  #lone = 0
  #spaces = 0
  /** State of the automaton in the open word. */
  #state = 0
  #last = border
  #beforeLast = border
  /** The open unit may hold a word: somebody has to look. */
  #isSuspect = false
  /** Inside a stretch that is too long to be a word, until it ends. */
  #isSkipping = false

  constructor(lexicon: Lexicon) {
    this.#lexicon = lexicon
  }

  push(piece: string, findings: Finding[]): number {
    const { classes } = this.#lexicon.automaton
    const text = this.#kept + piece
    let from = 0
    for (let index = this.#kept.length; index < text.length; index++) {
      const kind = classes[text.charCodeAt(index)] ?? border
      const wasSkipping = this.#isSkipping
      if (wasSkipping) this.#isSkipping = kind !== space && kind !== ideograph && kind !== border
      else if (this.#takes(kind, index - from)) {
        if (this.#isSuspect) this.#scan(text.slice(from, index), this.#base + from, findings)
        this.#forget()
        from = index + 1
      }
      // Nothing may be decided between the halves of a pair.
      if (wasSkipping || this.#isSkipping) from = kind === highSurrogate ? index : index + 1
    }
    this.#kept = from === text.length ? '' : text.slice(from)
    this.#base += from
    return this.#base
  }

  end(findings: Finding[]): void {
    if (this.#isSuspect || this.#lone > 0) this.#scan(this.#kept, this.#base, findings)
    this.#base += this.#kept.length
    this.#kept = ''
    this.#forget()
  }

  /** Takes one character of the open unit, which is `length` long before it. @returns whether the unit ends before it. */
  #takes(kind: number, length: number): boolean {
    if (kind < otherLetter && kind > border) {
      const { steps, width, completesAny } = this.#lexicon.automaton
      this.#state = steps[this.#state * width + kind] ?? 0
      if (completesAny[this.#state] === 1) this.#isSuspect = true
      return this.#takesLetter(kind, length)
    }
    if (kind === space) return this.#takesSpace(length)
    if (kind === invisible) return length >= mostChars
    this.#state = 0
    this.#spaces = 0
    if (kind === ideograph) return true
    if (kind === otherLetter || kind === highSurrogate) {
      if (kind === highSurrogate) this.#isSuspect = true
      return this.#takesLetter(kind, length)
    }
    if (kind === digitLike) {
      if (this.#last > border) this.#isSuspect = true
      this.#last = kind
      return this.#countsLetter(length)
    }
    if (kind === maskSign && this.#last > border) {
      if (this.#last >= digitLike) this.#isSuspect = true
      this.#last = kind
    } else this.#last = border
    return length >= enoughChars
  }

  #takesLetter(kind: number, length: number): boolean {
    this.#spaces = 0
    // Signs between letters may stand for some, and a letter three times may be meant once.
    if (this.#last >= digitLike || (kind === this.#last && kind === this.#beforeLast)) this.#isSuspect = true
    this.#beforeLast = this.#last
    this.#last = kind
    return this.#countsLetter(length)
  }

  #countsLetter(length: number): boolean {
    this.#letters++
    if (length >= mostChars) {
      this.#forget()
      this.#isSkipping = true
    }
    return false
  }

  #takesSpace(length: number): boolean {
    this.#state = 0
    this.#last = border
    this.#spaces++
    if (this.#letters === 1) this.#lone++
    if (this.#lone > 3) this.#isSuspect = true
    const goesOn = this.#letters <= 1 && this.#lone > 0 && this.#spaces <= mostSpaces && length < mostLoneChars
    this.#letters = 0
    return !goesOn
  }

  #forget(): void {
    this.#letters = this.#lone = this.#spaces = this.#state = 0
    this.#last = this.#beforeLast = border
    this.#isSuspect = false
  }

  #scan(unit: string, offset: number, findings: Finding[]): void {
    scanUnit(this.#lexicon, unit, (entry, recognised, text, start, end) => {
      const finding = findingOf(entry, recognised, text, start, end, offset)
      if (finding !== undefined) findings.push(finding)
      return finding !== undefined
    })
  }
}
