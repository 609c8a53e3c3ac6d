import type { Finding } from '../../../src/guardrails/guardrail.ts'
import { pii } from '../../../src/guardrails/pii/pii.ts'

/** What the detector finds in a text that comes in these pieces. */
export function findPii(pieces: string | readonly string[], settings: object = {}): Finding[] {
  const scanner = pii.create(pii.settings.parse(settings)).open('input')
  const findings: Finding[] = []
  for (const piece of typeof pieces === 'string' ? [pieces] : pieces) scanner.push(piece, findings)
  scanner.end(findings)
  return findings
}

/** The same as `kind: value`. */
export function namePii(text: string, settings: object = {}): string[] {
  return findPii(text, settings).map((found) => `${found.kind}: ${text.slice(found.start, found.end)}`)
}
