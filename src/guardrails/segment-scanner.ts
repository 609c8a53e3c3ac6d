import type { Finding, TextScanner } from './guardrail.ts'
import { SegmentBorders, type SegmentFacts } from './segment-borders.ts'

/** Left context that a segment is read with, characters. */
export const contextChars = 64

/**
 * Looks at one segment: `text` from `from` to `to`. What stands before `from` is context (at most `contextChars`); nothing
 * stands after `to`. Findings lie between the two. Pure: the same text gives the same findings.
 */
export type ScanSegment = (text: string, from: number, to: number) => readonly (Finding | OpenFinding)[]

/**
 * A finding that goes on behind its segment, such as a private key: up to the end of the line or of the quotation in which
 * `until` stands first, to the end of the text when it never comes, and over at most `mostChars` characters. Another one
 * that begins before it has ended is taken as a plain finding.
 */
export interface OpenFinding extends Finding {
  /** Literal text, looked for behind `end`. Not empty, no line break in it. */
  readonly until: string
  readonly mostChars: number
}

export interface SegmentScannerOptions {
  /** Whether a segment with these facts can hold anything; others are not scanned. Default: scan them all. */
  readonly isWorthScanning?: (facts: SegmentFacts) => boolean
}

/** Raw text is let go in steps of this many characters: copying what is kept has to be rare. */
const trimChars = 2048

/**
 * A scanner for detectors whose findings lie within one segment; what a segment is stands in `segment-borders.ts`. It holds
 * back the open segment only, and an open finding.
 */
export function segmentScanner(scan: ScanSegment, options: SegmentScannerOptions = {}): TextScanner {
  return new SegmentScanner(scan, options.isWorthScanning ?? null)
}

interface Opened {
  readonly finding: OpenFinding
  /** Offsets into the text. */
  readonly start: number
  readonly limit: number
  /** `until` does not stand before this offset. */
  searched: number
}

class SegmentScanner implements TextScanner {
  readonly #scan: ScanSegment
  readonly #isWorthScanning: ((facts: SegmentFacts) => boolean) | null
  readonly #borders = new SegmentBorders()
  /** The text from `#base` on. */
  #text = ''
  #base = 0
  #open: Opened | null = null
  /** Up to here the last open finding went: another one before it is part of it. */
  #openedUntil = 0
  /** Of the call that goes on. */
  #findings: Finding[] = []

  constructor(scan: ScanSegment, isWorthScanning: ((facts: SegmentFacts) => boolean) | null) {
    this.#scan = scan
    this.#isWorthScanning = isWorthScanning
  }

  push(piece: string, findings: Finding[]): number {
    this.#findings = findings
    this.#text += piece
    this.#borders.push(piece, this.#onSegment, this.#onHardEnd)
    const open = this.#open
    // Once more than the limit has come it is known whether a surrogate pair lies across it.
    if (open !== null && this.#borders.position > open.limit) this.#endOpen(open, open.limit)
    const decided = this.#open === null ? this.#borders.decided : Math.min(this.#open.start, this.#borders.decided)
    if (this.#text.length > trimChars) this.#trim(decided)
    return decided
  }

  end(findings: Finding[]): void {
    this.#findings = findings
    this.#borders.end(this.#onSegment)
    if (this.#open !== null) this.#endOpen(this.#open, Math.min(this.#open.limit, this.#borders.position))
  }

  readonly #onSegment = (start: number, end: number, facts: SegmentFacts): void => {
    if (this.#isWorthScanning !== null && !this.#isWorthScanning(facts)) return
    const contextAt = Math.max(0, start - contextChars)
    // Exactly what a stream has at this place, so that a whole text cannot show more.
    const text = this.#text.slice(contextAt - this.#base, end - this.#base)
    for (const found of this.#scan(text, start - contextAt, end - contextAt)) this.#add(found, contextAt)
  }

  #add(found: Finding | OpenFinding, offset: number): void {
    const start = found.start + offset
    const end = found.end + offset
    if (!('until' in found)) {
      this.#findings.push({ ...found, start, end })
      return
    }
    const open = this.#open
    if (open !== null && start >= open.limit) this.#endOpen(open, open.limit)
    if (this.#open !== null || start < this.#openedUntil) this.#findings.push(closed(found, start, end))
    else this.#open = { finding: found, start, limit: Math.max(end, start + found.mostChars), searched: end }
  }

  readonly #onHardEnd = (at: number): void => {
    const open = this.#open
    if (open === null) return
    if (at >= open.limit) {
      this.#endOpen(open, open.limit)
      return
    }
    const until = open.finding.until
    const line = this.#text.slice(open.searched - this.#base, at - this.#base)
    if (line.includes(until)) this.#endOpen(open, at)
    else open.searched = Math.max(open.searched, at - until.length + 1)
  }

  #endOpen(open: Opened, end: number): void {
    const last = this.#text.charCodeAt(end - 1 - this.#base)
    const splitsPair = end < this.#borders.position && last >= 0xd800 && last < 0xdc00
    this.#findings.push(closed(open.finding, open.start, splitsPair ? end - 1 : end))
    this.#openedUntil = end
    this.#open = null
  }

  #trim(decided: number): void {
    const keptFrom = Math.max(0, decided - contextChars)
    if (keptFrom - this.#base < trimChars / 2) return
    this.#text = this.#text.slice(keptFrom - this.#base)
    this.#base = keptFrom
  }
}

function closed(found: OpenFinding, start: number, end: number): Finding {
  const { until: _until, mostChars: _mostChars, ...finding } = found
  return { ...finding, start, end }
}
