import type { Finding, TextScanner } from './guardrail.ts'

/** Left context that a segment is read with, characters. */
export const contextChars = 64

/**
 * Looks at one segment: `text` from `from` to `to`. What stands before `from` is context (at most `contextChars`); nothing
 * stands after `to`. Findings lie between the two. Pure: the same text gives the same findings.
 */
export type ScanSegment = (text: string, from: number, to: number) => readonly Finding[]

/** A scanner for detectors whose findings lie within one segment: see the rules of segments in this file. */
export declare function segmentScanner(scan: ScanSegment): TextScanner
