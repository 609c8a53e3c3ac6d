import type { Finding } from '../guardrail.ts'
import type { OpenFinding } from '../segment-scanner.ts'
import { base64, equals, isOf } from './alphabet.ts'
import type { Runs } from './runs.ts'

/** What the line before a key says, and how much of it is looked at, characters. */
const lookBackChars = 64
/** The lines of a key have 64 or 76 characters, a short key fewer. */
const leastLineChars = 40
/** Longest key with its line breaks, characters; one of RSA with 16,384 bits has 12,700. */
const mostKeyChars = 16_384
const score = 0.99
const endOfKey = '-----END'
const endOfPutty = 'Private-MAC'

/**
 * A private key whose first line begins at `at`: PEM of every kind, PGP, PuTTY. Its header is not part of the finding, so
 * that talk about keys is none. Null: no key begins here.
 */
export function findPrivateKey(text: string, at: number, to: number, runs: Runs): Finding | OpenFinding | null {
  const lineEnd = runs.endOf(at, base64 | equals)
  if (lineEnd - at < leastLineChars) return null
  const until = endMark(text.slice(Math.max(0, at - lookBackChars), at))
  if (until === null) return null
  const written = { kind: 'private_key', start: at, score }
  const rest = text.slice(at, to)
  const end = rest.indexOf(until)
  // Written in one line, as in JSON: what stands behind the key is not part of it.
  if (end !== -1) return { ...written, end: at + end }
  return { ...written, end: lineOf(text, lineEnd, to), until, mostChars: mostKeyChars }
}

/** Further text of the segment that can be of the key, such as `\n` written as two characters. */
function lineOf(text: string, from: number, to: number): number {
  let end = from
  while (end < to && (isOf(base64 | equals, text.charCodeAt(end)) || text[end] === '\\')) end++
  return end
}

/** What ends the key whose first line follows on `before`; null: none follows. */
function endMark(before: string): string | null {
  const header = before.lastIndexOf('PRIVATE KEY')
  if (header !== -1) {
    const behind = /^(?: BLOCK)?-----([^]*)$/.exec(before.slice(header + 'PRIVATE KEY'.length))?.[1]
    if (behind !== undefined && isOnlyHeaders(behind)) return endOfKey
  }
  // An encrypted key has lines of its own between header and key.
  if (/DEK-Info: ?[A-Z0-9-]{3,20},[0-9A-Fa-f]{16,40}(?:\s|\\r|\\n)+$/.test(before)) return endOfKey
  return /Private-Lines: \d{1,3}(?:\s|\\r|\\n)+$/.test(before) ? endOfPutty : null
}

/** Line breaks, marks of quoted lines, and lines such as `Version: 1`. */
function isOnlyHeaders(text: string): boolean {
  return text.split(/\\r|\\n|[\r\n]/).every((line) => /^[\s>|*#]*$/.test(line) || /^\s*[A-Z][A-Za-z-]+: /.test(line))
}
