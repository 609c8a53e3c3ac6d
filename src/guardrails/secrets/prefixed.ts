import { aiServices } from './ai-services.ts'
import { endsToken } from './borders.ts'
import { clouds } from './clouds.ts'
import { codeHosts } from './code-hosts.ts'
import { type Credential, type Randomness, isRandom, randomnessOf } from './credential.ts'
import { onlineServices } from './online-services.ts'
import type { Runs } from './runs.ts'
import { endOfParts } from './shape.ts'

/** A secret in a text, its beginning known to whoever asked. */
export interface Found {
  readonly kind: string
  readonly end: number
  readonly score: number
  readonly flagOnly?: true
}

/** Every credential that is known by its beginning. */
export const credentials: readonly Credential[] = [...aiServices, ...clouds, ...codeHosts, ...onlineServices]

/** How sure a shape makes, a checksum that is right, and one that is wrong. */
const scores = { shape: 0.95, doubtful: 0.5 } as const

interface Entry {
  readonly prefix: string
  /** Letters and digits alone: any long text in base64 has it sooner or later. */
  readonly isBare: boolean
  readonly credential: Credential
  readonly randomness: Randomness
}

/** By the first two characters, the longest beginnings first: all that ordinary text ever asks for. */
const entries: readonly (readonly Entry[] | undefined)[] = indexed()

function indexed(): (readonly Entry[] | undefined)[] {
  const table: (Entry[] | undefined)[] = Array.from({ length: 128 * 128 })
  for (const credential of credentials) {
    const randomness = randomnessOf(credential.parts, credential)
    for (const prefix of credential.prefixes) {
      const slot = prefix.charCodeAt(0) * 128 + prefix.charCodeAt(1)
      ;(table[slot] ??= []).push({ prefix, isBare: /^[A-Za-z0-9]+$/.test(prefix), credential, randomness })
    }
  }
  for (const each of table) each?.sort((one, other) => other.prefix.length - one.prefix.length)
  return table
}

/** The credential that begins at `at`, or null. The caller has seen that a token may begin there. */
export function findPrefixed(text: string, at: number, to: number, runs: Runs): Found | null {
  const first = text.charCodeAt(at)
  const second = text.charCodeAt(at + 1)
  if (first >= 128 || !(second < 128)) return null
  const candidates = entries[first * 128 + second]
  if (candidates === undefined) return null
  for (const { prefix, isBare, credential, randomness } of candidates) {
    if (!text.startsWith(prefix, at)) continue
    if (credential.standsAlone === true && text[at - 1] === '-') continue
    const found = foundAs(credential, randomness, text, at, at + prefix.length, to, runs)
    if (found !== null && !(isBare && isInBase64(text, at, found.end))) return found
  }
  return null
}

function foundAs(
  { kind, parts, check }: Credential,
  randomness: Randomness,
  text: string,
  at: number,
  bodyAt: number,
  to: number,
  runs: Runs,
): Found | null {
  const end = endOfParts(text, bodyAt, parts, runs)
  if (end === -1 || !endsToken(text, end, to)) return null
  if (!isRandom(text.slice(bodyAt, end), randomness)) return null
  const verdict = check === undefined ? 'genuine' : check(text.slice(at, end))
  if (verdict === 'none') return null
  if (verdict === 'doubtful') return { kind, end, score: scores.doubtful, flagOnly: true }
  return { kind, end, score: scores.shape }
}

/** Whether what stands on either side belongs to a longer text in base64. */
function isInBase64(text: string, at: number, end: number): boolean {
  const before = at === 0 ? '' : text.charAt(at - 1)
  const behind = text.charAt(end)
  return (before === '+' || before === '/') && (behind === '+' || behind === '/' || behind === '=')
}
