import { z } from 'zod'
import type { Finding, LocalType, TextScanner } from './guardrail.ts'
import { characterKind, kindOfCharacter } from './keywords/fold.ts'

/**
 * Tokens are estimated as everywhere where nothing may be counted properly: so many UTF-16 units are one. Right for English
 * within a fifth or so, too low for other scripts.
 */
const charactersPerToken = 4

const most = 100_000_000
const rule = `must be a whole number from 1 to ${most}`
const bound = (description: string, example: number) =>
  z
    .int(rule)
    .min(1, rule)
    .max(most, rule)
    .optional()
    .meta({ description, examples: [example] })

const settings = z
  .strictObject({
    max_chars: bound('Most characters. An emoji of one code point is one.', 8_000),
    min_chars: bound('Fewest characters.', 1),
    max_words: bound(
      'Most words. Words are what stands between white space; a Chinese or Japanese character is one.',
      500,
    ),
    min_words: bound('Fewest words.', 3),
    max_tokens: bound('Most tokens, estimated: four UTF-16 units are one.', 2_000),
  })
  .superRefine((limits, issues) => {
    if (Object.values(limits).every((limit) => limit === undefined))
      issues.addIssue({ code: 'custom', message: 'must have at least one limit, such as `"max_chars": 8000`' })
    for (const unit of ['chars', 'words'] as const) {
      const [least, largest] = [limits[`min_${unit}`], limits[`max_${unit}`]]
      if (least === undefined || largest === undefined || least <= largest) continue
      issues.addIssue({ code: 'custom', path: [`min_${unit}`], message: `must not be above \`max_${unit}\`` })
    }
  })
export type LengthSettings = z.infer<typeof settings>

/** Finds texts that are too long, as soon as they are, and texts that are too short. */
export const length: LocalType<LengthSettings> = {
  type: 'length',
  summary: 'Finds texts with too many or too few characters, words or tokens.',
  isRemote: false,
  settings,
  hasSpans: false,
  roles: ['user', 'assistant'],
  create(settings) {
    return { reach: 'tokens', open: () => new LengthScanner(settings) }
  },
}

/** `too_long` is the first character that is too much, so it is known without the rest; `too_short` is the whole text. */
class LengthScanner implements TextScanner {
  readonly #limits: LengthSettings
  #characters = 0
  #words = 0
  /** UTF-16 units so far, without a first half of a surrogate pair. */
  #position = 0
  #half = ''
  #isInWord = false
  #isTooLong = false

  constructor(limits: LengthSettings) {
    this.#limits = limits
  }

  push(piece: string, findings: Finding[]): number {
    let text = this.#half === '' ? piece : this.#half + piece
    this.#half = ''
    const last = text.charCodeAt(text.length - 1)
    if (last >= 0xd8_00 && last <= 0xdb_ff) {
      this.#half = text.slice(-1)
      text = text.slice(0, -1)
    }
    this.#read(text, findings)
    return this.#isTooShort() ? 0 : this.#position
  }

  end(findings: Finding[]): void {
    this.#read(this.#half, findings)
    if (this.#isTooShort()) findings.push({ kind: 'too_short', start: 0, end: this.#position, score: 1 })
  }

  #read(text: string, findings: Finding[]): void {
    const { max_chars, max_words, max_tokens } = this.#limits
    const mostCharacters = max_chars ?? Infinity
    const mostWords = max_words ?? Infinity
    const mostUnits = max_tokens === undefined ? Infinity : max_tokens * charactersPerToken
    for (let at = 0; at < text.length;) {
      const codePoint = text.codePointAt(at) ?? 0
      const length = codePoint > 0xff_ff ? 2 : 1
      this.#characters += 1
      this.#countWord(codePoint)
      const start = this.#position
      this.#position += length
      at += length
      if (this.#isTooLong) continue
      if (this.#characters <= mostCharacters && this.#words <= mostWords && this.#position <= mostUnits) continue
      this.#isTooLong = true
      findings.push({ kind: 'too_long', start, end: this.#position, score: 1 })
    }
  }

  #countWord(codePoint: number): void {
    const kind = kindOfCharacter(codePoint)
    if (kind === characterKind.invisible) return
    const isSpace = kind === characterKind.space
    const isAlone = codePoint >= 0x30_40 && kind === characterKind.unspaced && !isHangul(codePoint)
    if (isAlone || (!isSpace && !this.#isInWord)) this.#words += 1
    this.#isInWord = !isSpace && !isAlone
  }

  #isTooShort(): boolean {
    const { min_chars, min_words } = this.#limits
    return this.#characters < (min_chars ?? 0) || this.#words < (min_words ?? 0)
  }
}

const isHangul = (codePoint: number): boolean => codePoint >= 0xac_00 && codePoint <= 0xd7_af
