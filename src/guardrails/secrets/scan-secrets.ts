import type { Finding } from '../guardrail.ts'
import type { OpenFinding, ScanSegment } from '../segment-scanner.ts'
import { base64, base64url, isOf } from './alphabet.ts'
import { type Anchored, findAzureSecret, findTelegram, findTerraform } from './anchored.ts'
import { findAssignment } from './assignment.ts'
import { findAuthorization } from './authorization.ts'
import { findAwsSecret, findNamed } from './named.ts'
import { findPrefixed } from './prefixed.ts'
import { findPrivateKey } from './private-key.ts'
import { Runs } from './runs.ts'
import { escapeChars } from './borders.ts'
import { findCurlPassword } from './curl-password.ts'
import { findUrlPassword } from './url-password.ts'

/** What to look for. */
export interface SecretScanOptions {
  /** Null: every kind. */
  readonly kinds: ReadonlySet<string> | null
  /** Also values assigned to something that is named like a secret. */
  readonly generic: boolean
  /** Values that are never reported. */
  readonly allow: ReadonlySet<string>
}

/** Shortest stretch of letters, digits, `_` and `-` that is looked at when nothing else joins it to more. */
const leastWordChars = 16

const hyphen = 0x2d

/** Looks for secrets. Linear: every character is looked at a bounded number of times. */
export function scanSecrets(options: SecretScanOptions): ScanSegment {
  const scan = new SecretScan(options)
  return (text, from, to) => scan.findings(text, from, to)
}

/** One for all texts, one after the other: most segments hold nothing, and are not worth an object of their own. */
class SecretScan {
  readonly #options: SecretScanOptions
  readonly #runs = new Runs()
  #text = ''
  #from = 0
  #to = 0
  #found: (Finding | OpenFinding)[] | null = null

  constructor(options: SecretScanOptions) {
    this.#options = options
  }

  findings(text: string, from: number, to: number): readonly (Finding | OpenFinding)[] {
    this.#begin(text, from, to)
    let at = from
    while (at < to) at = isOf(base64url, text.charCodeAt(at)) ? this.#word(at) : this.#mark(at)
    const found = this.#found
    this.#begin('', 0, 0)
    return found ?? none
  }

  #begin(text: string, from: number, to: number): void {
    this.#text = text
    this.#from = from
    this.#to = to
    this.#found = null
    this.#runs.reset(text, to)
  }

  /** Looks at the stretch that begins at `at`, and returns where to go on. */
  #word(at: number): number {
    let end = at + 1
    while (end < this.#to && isOf(base64url, this.#text.charCodeAt(end))) end++
    const isJoined = end < this.#to && joining.has(this.#text.charAt(end))
    if (end - at < leastWordChars && !isJoined) return this.#options.generic ? this.#assigned(at, end) : end
    for (let start = at; start !== -1 && start < end; start = this.#nextStart(start, at, end)) {
      const found = this.#at(start, end)
      if (found !== -1) return found
    }
    return this.#options.generic ? this.#assigned(at, end) : end
  }

  /** Next place behind `start` in the stretch at which a token may begin: behind an escape sequence, behind a hyphen. */
  #nextStart(start: number, at: number, end: number): number {
    if (start === at && at > 0) {
      const escaped = at + escapeChars(this.#text, at)
      if (escaped > at) return escaped
    }
    for (let place = start; place < end - leastWordChars; place++)
      if (this.#text.charCodeAt(place) === hyphen && this.#text.charCodeAt(place + 1) !== hyphen) return place + 1
    return -1
  }

  /** The secret that begins at `start` in the stretch that ends at `wordEnd`: where it ends, or -1. */
  #at(start: number, wordEnd: number): number {
    const text = this.#text
    const to = this.#to
    const found =
      findPrefixed(text, start, to, this.#runs) ??
      findNamed(text, start, wordEnd, to, this.#runs) ??
      this.#awsSecret(start)
    if (found !== null && this.#add({ ...found, start })) return found.end
    const key = findPrivateKey(text, start, to, this.#runs)
    if (key !== null && this.#add(key)) return key.end
    const sent = findAuthorization(text, start, this.#runs)
    if (sent === null) return -1
    // A token that is known by its middle says more of itself than the header does.
    const known = this.#around(wordEnd)
    return this.#add(known?.start === start ? known : { ...sent, start }) ? sent.end : -1
  }

  #awsSecret(start: number) {
    const before = start === 0 ? '' : this.#text.charAt(start - 1)
    return before === '/' || before === '+' ? null : findAwsSecret(this.#text, start, this.#to, this.#runs)
  }

  #assigned(at: number, end: number): number {
    const found = findAssignment(this.#text, at, this.#from, this.#to)
    return found !== null && this.#add(found) ? Math.max(end, found.end) : end
  }

  /** Looks at a character that belongs to no stretch, and returns where to go on. */
  #mark(at: number): number {
    const found = this.#around(at)
    return found !== null && this.#add(found) ? Math.max(at + 1, found.end) : at + 1
  }

  #around(at: number): Anchored | null {
    const text = this.#text
    switch (text[at]) {
      case ':':
        return (
          findUrlPassword(text, at, this.#from, this.#to) ??
          findCurlPassword(text, at, this.#to) ??
          findTelegram(text, at, this.#from, this.#to, this.#runs)
        )
      case '~':
        return findAzureSecret(text, at, this.#from, this.#to, this.#runs)
      case '.':
        return findTerraform(text, at, this.#from, this.#to, this.#runs)
      case '+':
      case '/':
        return this.#awsSecretFrom(at)
      default:
        return null
    }
  }

  /** A secret key of AWS may begin with a character that is of no stretch. */
  #awsSecretFrom(at: number): Anchored | null {
    if (at > 0 && isOf(base64, this.#text.charCodeAt(at - 1))) return null
    const found = findAwsSecret(this.#text, at, this.#to, this.#runs)
    return found === null ? null : { ...found, start: at }
  }

  #add(found: (Finding | OpenFinding) & { readonly end: number }): boolean {
    const { kinds, allow } = this.#options
    if (kinds !== null && !kinds.has(found.kind)) return false
    if (allow.size > 0 && allow.has(this.#text.slice(found.start, found.end))) return true
    ;(this.#found ??= []).push(found)
    return true
  }
}

/** Behind these a token goes on that began with a short stretch. */
const joining = new Set('.:/$=+~')
const none: readonly Finding[] = []
