import { createHmac } from 'node:crypto'
import type { AttemptRecord, ExchangeRecord } from '../core/record.ts'
import type { PlaceholderVault } from '../guardrails/placeholder-vault.ts'
import type { GuardBook } from './guard-book.ts'

/** JSON texts in JSON texts that are looked into: arguments of tools are one, arguments in arguments two. */
const deepestText = 4

/** At which columns are cut; of a value that stood there, the first part may be left. */
const columnChars = 512

/** Strings at least as long as this may have been cut when a record says that something was. Names and reasons are shorter. */
const shortestCut = 32

/** What the log must not know of one exchange, kept out of everything that is recorded of it. */
export class Concealment {
  /** More was taken out than is remembered: only what has no words at all may be recorded of its texts. */
  readonly forgets: boolean
  readonly #vault: PlaceholderVault
  readonly #rewritten: ReadonlyMap<string, string>
  /** Lengths of the texts that were rewritten, so that most others, however long, are not even looked up. */
  readonly #lengths: ReadonlySet<number>

  constructor({ vault, rewritten }: Pick<GuardBook, 'vault' | 'rewritten'>) {
    this.#vault = vault
    this.#rewritten = rewritten
    this.#lengths = new Set(Array.from(rewritten.keys(), ({ length }) => length))
    this.forgets = vault.forgets
  }

  /** A text as guardrails left it. Where it is JSON, so are the strings in it. */
  text(text: string): string {
    return this.#leaf(text, false, 0)
  }

  /**
   * The beginning of a body, JSON text as a rule: each string in it as guardrails left it, everything else byte for byte. No
   * value is cut in two at its end.
   *
   * @param isTruncated some of its texts are cut already.
   */
  body(text: string, longest: number, isTruncated = false): string {
    if (!looksLikeJson(text)) return this.#vault.conceal(text.slice(0, longest), isTruncated || text.length > longest)
    return this.#strings(text, Math.min(text.length, longest), isTruncated, 0)
  }

  /**
   * The record with nothing in its columns that was taken out. Who asked becomes a digest that is the same in every exchange
   * of the tenant, so that exchanges of one user can still be put together.
   */
  columns(record: ExchangeRecord): ExchangeRecord {
    const { tenantId } = record
    return {
      ...record,
      requestModel: this.#column(record.requestModel),
      errorMessage: this.#column(record.errorMessage),
      attempts: record.attempts.map((attempt) => this.#attempt(attempt)),
      appName: this.#column(record.appName),
      userId: this.#identity(record.userId, tenantId),
      sessionId: this.#identity(record.sessionId, tenantId),
      environment: this.#column(record.environment),
      locale: this.#column(record.locale),
      metadata: Object.fromEntries(
        Object.entries(record.metadata).map(([name, value]) => [this.#column(name), this.#column(value)]),
      ),
      warnings: this.forgets
        ? [...record.warnings.map((warning) => this.#column(warning)), forgotten]
        : record.warnings.map((warning) => this.#column(warning)),
    }
  }

  #attempt(attempt: AttemptRecord): AttemptRecord {
    return attempt.errorMessage === null ? attempt : { ...attempt, errorMessage: this.#column(attempt.errorMessage) }
  }

  #column<Text extends string | null>(text: Text): Text | string {
    if (text === null) return text
    return this.forgets ? lengthOf(text) : this.#vault.conceal(text, text.length === columnChars)
  }

  #identity(id: string | null, tenantId: string): string | null {
    if (id === null || (!this.forgets && this.#column(id) === id)) return id
    return `redacted:${createHmac('sha256', tenantId).update(id).digest('hex').slice(0, 16)}`
  }

  #leaf(text: string, isCut: boolean, depth: number): string {
    const left = this.#lengths.has(text.length) ? this.#rewritten.get(text) : undefined
    if (left !== undefined) return this.#vault.conceal(left, isCut)
    const isJson = depth < deepestText && looksLikeJson(text)
    // Once more as plain text: what looks like JSON need not be any, and a value may have quotes of its own.
    return this.#vault.conceal(isJson ? this.#strings(text, text.length, isCut, depth + 1) : text, isCut)
  }

  /** JSON text up to `until`, with its strings and numbers concealed. Text that is no JSON does no harm. */
  #strings(text: string, until: number, isTruncated: boolean, depth: number): string {
    let result = ''
    let copied = 0
    const put = (start: number, end: number, mapped: string | null): void => {
      if (mapped === null) return
      result += text.slice(copied, start) + mapped
      copied = end
    }
    for (let at = 0; at < until;) {
      const quote = text.indexOf('"', at)
      const start = quote === -1 || quote > until ? until : quote
      put(at, start, this.#numbers(text.slice(at, start)))
      if (start === until) break
      const closing = closingQuote(text, start + 1)
      const end = Math.min(closing, until)
      const isCut = end < closing || closing === text.length || (isTruncated && end - start > shortestCut)
      put(start + 1, end, this.#string(text, start + 1, { closing, end, isCut, depth }))
      at = end + 1
    }
    return result + text.slice(copied, until)
  }

  /** The string between two quotes, or its part up to `end`, as it is to be written. null: as it is. */
  #string(
    text: string,
    start: number,
    { closing, end, isCut, depth }: { closing: number; end: number; isCut: boolean; depth: number },
  ): string | null {
    const whole = end < closing && this.#lengths.size > 0 ? decoded(text.slice(start, closing)) : ''
    const left = this.#lengths.has(whole.length) ? this.#rewritten.get(whole) : undefined
    const part = left?.slice(0, end - start) ?? decoded(text.slice(start, end))
    const mapped = left === undefined ? this.#leaf(part, isCut, depth) : this.#vault.conceal(part, isCut)
    if (mapped === part && left === undefined) return null
    return JSON.stringify(mapped).slice(1, -1)
  }

  /** What stands between strings, where only numbers can be values. null: as it is. */
  #numbers(text: string): string | null {
    if (!/\d/.test(text) || this.#vault.conceal(text) === text) return null
    return text.replace(/-?\d+(?:\.\d+)?/g, (number) => {
      const left = this.#vault.conceal(number)
      return left === number ? number : JSON.stringify(left)
    })
  }
}

/** null: nothing was taken out of its texts, as nearly always. */
export function concealmentOf(guard: GuardBook | undefined): Concealment | null {
  if (guard === undefined || (guard.vault.isEmpty && guard.rewritten.size === 0)) return null
  return new Concealment(guard)
}

const forgotten =
  'More was taken out of the texts of this exchange than is remembered, so only their lengths are recorded.'

/** Stands where a text must not. */
export function lengthOf(text: string): string {
  return `[redacted ${text.length} characters]`
}

function looksLikeJson(text: string): boolean {
  return /^\s*[[{"]/.test(text)
}

/** Where the string ends whose characters begin at `start`; the end of the text when it does not. */
function closingQuote(text: string, start: number): number {
  for (let at = start; ; at += 1) {
    at = text.indexOf('"', at)
    if (at === -1) return text.length
    let before = at
    while (before > start && text[before - 1] === '\\') before -= 1
    // An even number of backslashes escape each other and leave the quote alone.
    if ((at - before) % 2 === 0) return at
  }
}

const escapes = /\\(?:u([\da-fA-F]{4})|(["\\/bfnrt])|(?:u[\da-fA-F]{0,3})?$)/g

/** What a string says whose characters are written so. An escape that is none stays, one that is cut goes. */
function decoded(raw: string): string {
  if (!raw.includes('\\')) return raw
  try {
    return JSON.parse(`"${raw}"`) as string
  } catch {
    return raw.replace(escapes, (_, hex: string | undefined, sign: string | undefined) =>
      hex === undefined ? (shortEscapes.get(sign) ?? sign ?? '') : String.fromCharCode(Number.parseInt(hex, 16)),
    )
  }
}

const shortEscapes: ReadonlyMap<string | undefined, string> = new Map([
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
])
