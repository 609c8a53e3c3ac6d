import type { Finding, LocalDetector } from '../../../src/guardrails/guardrail.ts'
import { secrets } from '../../../src/guardrails/secrets/secrets.ts'

/** The detector with these settings. */
export function detector(settings: unknown = {}): LocalDetector {
  return secrets.create(secrets.settings.parse(settings))
}

/** What is found in pieces of one text, in the order of the text. */
export function scanned(pieces: readonly string[], settings: unknown = {}): Finding[] {
  const scanner = detector(settings).open('input')
  const findings: Finding[] = []
  for (const piece of pieces) scanner.push(piece, findings)
  scanner.end(findings)
  return findings.sort((one, other) => one.start - other.start || one.end - other.end)
}

/** Kinds and texts of what is found in one text. */
export function foundIn(text: string, settings: unknown = {}): [kind: string, secret: string][] {
  return scanned([text], settings).map(({ kind, start, end }) => [kind, text.slice(start, end)])
}
