import { z } from 'zod'

/**
 * One environment variable each: text in, value out. An empty variable counts as unset, as it does in compose files.
 * A broken rule is an issue whose message follows the variable's name ("must be …"). `hint` says how to put it right.
 */
type Rule<Value> = (text: string, fail: (message: string) => never) => Value

class Broken extends Error {}

const never = (message: string): never => {
  throw new Broken(message)
}

/** A variable that may be unset, which gives null. */
export function optional<Value>(rule: Rule<Value>) {
  return withDefault<Value | null>(rule, null)
}

/** A variable with a default. */
export function withDefault<Value>(rule: Rule<Value>, fallback: Value) {
  return z
    .string()
    .optional()
    .transform((text, context): Value => {
      if (text === undefined || text.trim() === '') return fallback
      try {
        return rule(text.trim(), never)
      } catch (error) {
        if (!(error instanceof Broken)) throw error
        context.addIssue({ code: 'custom', message: error.message })
        return z.NEVER
      }
    })
}

/** A whole number within bounds, both included; `_` may group digits. */
export function wholeNumber(bounds: {
  readonly from: number
  readonly to: number
  readonly unit?: string
  readonly example: number
}): Rule<number> {
  return (text, fail) => {
    const value = /^\d+(_\d+)*$/.test(text) ? Number(text.replaceAll('_', '')) : Number.NaN
    if (value >= bounds.from && value <= bounds.to) return value
    const unit = bounds.unit === undefined ? '' : ` of ${bounds.unit}`
    return fail(
      `must be a whole number${unit} from ${bounds.from} to ${bounds.to}, but is ${quoted(text)}. Example: ${bounds.example}.`,
    )
  }
}

const switchWords = new Map([
  ['on', true],
  ['true', true],
  ['1', true],
  ['yes', true],
  ['off', false],
  ['false', false],
  ['0', false],
  ['no', false],
])

/** `on` or `off`. */
export const onOrOff: Rule<boolean> = (text, fail) =>
  switchWords.get(text.toLowerCase()) ?? fail(`must be on or off, but is ${quoted(text)}.`)

/** One of a few words, in any case. */
export function oneOf<const Word extends string>(words: readonly Word[]): Rule<Word> {
  return (text, fail) =>
    words.find((word) => word === text.toLowerCase()) ??
    fail(`must be one of ${words.join(', ')}, but is ${quoted(text)}.`)
}

/** A URL with one of these schemes. Its text is not repeated in the message: it may hold a password. */
export function urlOf(schemes: readonly string[], example: string): Rule<string> {
  return (text, fail) => {
    const scheme = schemes.find((candidate) => text.startsWith(`${candidate}://`))
    if (scheme !== undefined && URL.canParse(text)) return text
    return fail(
      `must be a URL that begins with ${schemes.map((name) => `${name}://`).join(' or ')}. Example: ${example}.`,
    )
  }
}

/** A secret that we compare or derive from. Never repeated in a message. */
export function secret(minimumLength: number): Rule<string> {
  return (text, fail) => {
    if (!/^[\x21-\x7e]+$/.test(text)) return fail('must be visible ASCII without spaces, as it travels in a header.')
    if (text.length >= minimumLength) return text
    return fail(
      `must have at least ${minimumLength} characters, but has ${text.length}. Make one with: openssl rand -base64 32`,
    )
  }
}

export const anyText: Rule<string> = (text) => text

/** An IP address or host name to listen on. */
export const listenHost: Rule<string> = (text, fail) =>
  /^[0-9a-z._:-]+$/i.test(text)
    ? text
    : fail(`must be an IP address or host name to listen on, but is ${quoted(text)}. Example: 127.0.0.1.`)

/** JSON whose root is an object or a list. */
export const jsonText: Rule<string> = (text, fail) => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? text : fail('must be a JSON object or list.')
  } catch (error) {
    if (error instanceof Broken) throw error
    return fail(
      'must be JSON, but does not parse. Check its quotes: a shell takes double quotes away unless the whole stands in single ones.',
    )
  }
}

/** One word for all names but those that have a word of their own. */
export class WordsByName<Word extends string> {
  readonly #others: Word
  readonly #named: ReadonlyMap<string, Word>

  constructor(others: Word, named: ReadonlyMap<string, Word> = new Map()) {
    this.#others = others
    this.#named = named
  }

  of(name: string): Word {
    return this.#named.get(name) ?? this.#others
  }

  /** As it is written in the variable. */
  toString(): string {
    return [this.#others, ...[...this.#named].map(([name, word]) => `${name}=${word}`)].join(',')
  }
}

/** Words by name, separated by commas; a word alone is for all that are not named: `drop`, `reject,gemini=drop`. */
export function wordsByName<const Word extends string>(
  words: readonly Word[],
  fallback: Word,
): Rule<WordsByName<Word>> {
  return (text, fail) => {
    const named = new Map<string, Word>()
    let others: Word = fallback
    for (const entry of text.split(',')) {
      const [left = '', right] = entry.trim().toLowerCase().split('=', 2)
      const word = words.find((each) => each === (right ?? left).trim())
      if (word === undefined || (right !== undefined && left.trim() === '')) {
        return fail(
          `must be one of ${words.join(', ')}, or pairs such as anthropic=${words.at(-1)}, but is ${quoted(text)}.`,
        )
      }
      if (right === undefined) others = word
      else named.set(left.trim(), word)
    }
    return new WordsByName(others, named)
  }
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
}
