import type { Finding, LocalDetector } from '../../src/guardrails/guardrail.ts'
import type { Row } from './rows.ts'

/** A row and what the detector found in it. */
export interface Judged {
  readonly row: Row
  readonly findings: readonly Finding[]
}

export interface Judgement {
  readonly judged: readonly Judged[]
  /** Processor time of the detector alone, per 1,024 bytes of UTF-8. */
  readonly microsecondsPerKilobyte: number
}

/** Passes over the rows for the time. The fastest counts: in the others the code was compiled or memory tidied up. */
const timedPasses = 5

/** Reads every row as one whole input, and then again for the time. */
export function judge(detector: LocalDetector, rows: readonly Row[]): Judgement {
  const judged = rows.map((row) => ({ row, findings: findingsIn(detector, row.text) }))
  const kilobytes = rows.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0) / 1_024
  let fastest = Infinity
  for (let pass = 0; pass < timedPasses; pass++) fastest = Math.min(fastest, processorTime(detector, rows))
  return { judged, microsecondsPerKilobyte: kilobytes === 0 ? 0 : fastest / kilobytes }
}

/** Microseconds. Not those of the clock: what else the machine does is none of the detector's cost. */
function processorTime(detector: LocalDetector, rows: readonly Row[]): number {
  const before = process.cpuUsage()
  for (const { text } of rows) findingsIn(detector, text)
  const { user, system } = process.cpuUsage(before)
  return user + system
}

/** What the detector finds in a text that comes whole. */
export function findingsIn(detector: LocalDetector, text: string): Finding[] {
  const scanner = detector.open('input')
  const findings: Finding[] = []
  scanner.push(text, findings)
  scanner.end(findings)
  return findings
}
