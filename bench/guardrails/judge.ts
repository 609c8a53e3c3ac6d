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

/** Reads every row as one whole input, and once more for the time, when the code is compiled. */
export function judge(detector: LocalDetector, rows: readonly Row[]): Judgement {
  const judged = rows.map((row) => ({ row, findings: findingsIn(detector, row.text) }))
  const bytes = rows.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0)
  // Not the time of the clock: what else the machine does is none of the detector's cost.
  const before = process.cpuUsage()
  for (const { text } of rows) findingsIn(detector, text)
  const { user, system } = process.cpuUsage(before)
  return { judged, microsecondsPerKilobyte: bytes === 0 ? 0 : (user + system) / (bytes / 1_024) }
}

/** What the detector finds in a text that comes whole. */
export function findingsIn(detector: LocalDetector, text: string): Finding[] {
  const scanner = detector.open('input')
  const findings: Finding[] = []
  scanner.push(text, findings)
  scanner.end(findings)
  return findings
}
