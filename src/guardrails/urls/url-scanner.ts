import type { Finding, TextScanner } from '../guardrail.ts'
import { type UrlCandidate, urlCandidates } from './url-candidates.ts'

/*
 * A text is read in stretches between white space and the characters that no address has in it as it stands. One that is
 * longer than a window is judged in windows: an address that begins in the first three quarters of one is judged there, a
 * later one by the next window. When an address goes on behind its window, what follows in the stretch is found too, window
 * by window: it is where a text is carried out in a query. All of that depends on the text alone.
 */

const windowChars = 2_048
/** An address that begins behind it is left to the next window, so that an address has at least a quarter of a window. */
const decidedChars = 1_536

/** An address cannot have any of them. Splitting there is only quicker, never different. */
const stop = /[\s"<>`{}|^]/g
/** Every address has one of them, and in it something follows. */
const hint = /[.:\u3002\uFF0E\uFF61]/g
const fullHint = /[.:\u3002\uFF0E\uFF61]./s

/** @param isFound whether an address is one to be found. */
export function urlScanner(isFound: (candidate: UrlCandidate) => boolean): TextScanner {
  return new UrlScanner(isFound)
}

class UrlScanner implements TextScanner {
  readonly #isFound: (candidate: UrlCandidate) => boolean
  /** The text from the window that is open on. */
  #kept = ''
  #base = 0
  /** Up to here, in what is kept, there is no stop behind the window that is open. */
  #searched = 0
  /** The next stop, once it is found. */
  #nextStop = -1
  #nextHint = -1
  /** An address that was found goes on. */
  #isOpen = false

  constructor(isFound: (candidate: UrlCandidate) => boolean) {
    this.#isFound = isFound
  }

  push(piece: string, findings: Finding[]): number {
    this.#kept += piece
    let from = 0
    for (;;) {
      const end = this.#stretchEnd(from)
      if (end <= from + windowChars && end < this.#kept.length) {
        this.#judge(from, end, true, findings)
        this.#isOpen = false
        from = this.#beforeHint(end + 1)
      } else if (this.#kept.length - from > windowChars) {
        from = this.#judge(from, from + windowChars, false, findings)
      } else {
        break
      }
    }
    if (from > 0) this.#kept = this.#kept.slice(from)
    this.#base += from
    this.#searched = this.#kept.length
    this.#nextStop = -1
    this.#nextHint = -1
    return this.#base
  }

  end(findings: Finding[]): void {
    this.#judge(0, this.#kept.length, true, findings)
  }

  /** Where the stretch from `from` on ends, or the text so far. Whatever is asked, each character is looked at once. */
  #stretchEnd(from: number): number {
    if (this.#nextStop < from) {
      stop.lastIndex = Math.max(from, this.#searched)
      this.#nextStop = stop.exec(this.#kept)?.index ?? this.#kept.length
    }
    return this.#nextStop
  }

  /** The beginning of the next stretch that may have an address in it, at `from` or behind it: most have none. */
  #beforeHint(from: number): number {
    if (this.#nextHint < from) {
      hint.lastIndex = from
      this.#nextHint = hint.exec(this.#kept)?.index ?? this.#kept.length
    }
    let start = this.#nextHint
    while (start > from && this.#kept.slice(start - 1, start).search(stop) === -1) start -= 1
    return start
  }

  /** @returns where the next window of the stretch begins. */
  #judge(from: number, to: number, isLast: boolean, findings: Finding[]): number {
    const text = this.#kept.slice(from, to)
    const limit = isLast ? text.length : decidedChars
    let behind = 0
    if (this.#isOpen) {
      behind = limit
      if (behind > 0) this.#tell(from, from + behind, findings)
    } else if (fullHint.test(text)) {
      for (const candidate of urlCandidates(text)) {
        if (candidate.start >= limit) break
        behind = candidate.end
        if (!this.#isFound(candidate)) continue
        this.#tell(from + candidate.start, from + candidate.end, findings)
        if (!isLast && candidate.end === text.length) this.#isOpen = true
      }
    }
    return from + onCharacter(text, Math.max(limit, behind))
  }

  #tell(start: number, end: number, findings: Finding[]): void {
    findings.push({ kind: 'url', start: this.#base + start, end: this.#base + end, score: 1 })
  }
}

/** Half a character is left to the next window, unless a finding has taken it. */
function onCharacter(text: string, offset: number): number {
  const last = text.charCodeAt(offset - 1)
  return offset < text.length && last >= 0xd8_00 && last <= 0xdb_ff ? offset - 1 : offset
}
