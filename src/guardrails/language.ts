import { z } from 'zod'
import type { Finding, LocalType, TextScanner } from './guardrail.ts'
import { detectLanguage, knownLanguages, longestRead } from './language/detect-language.ts'

const codes = knownLanguages as [string, ...string[]]
const codeRule = `must be one of ${codes.map((code) => `\`${code}\``).join(', ')}`
const listRule = 'must be a list of at least one language, such as `["en", "de"]`'
const languages = (description: string) =>
  z
    .array(z.enum(codes, codeRule), listRule)
    .min(1, listRule)
    .max(codes.length, `must have at most ${codes.length} languages`)
    .optional()
    .meta({ description, examples: [['en', 'de']] })

const settings = z
  .strictObject({
    allowed: languages('Languages that texts may be in, by ISO 639-1. A text in any other is found.'),
    denied: languages('Languages that texts must not be in, by ISO 639-1.'),
  })
  .superRefine((given, issues) => {
    if ((given.allowed === undefined) === (given.denied === undefined))
      issues.addIssue({ code: 'custom', message: 'must have either `allowed` or `denied`' })
  })
export type LanguageSettings = z.infer<typeof settings>

/** Finds texts in a language that is not wanted. One whose language cannot be told is never found. */
export const language: LocalType<LanguageSettings> = {
  type: 'language',
  summary: 'Finds texts in a language that is not allowed.',
  isRemote: false,
  settings,
  hasSpans: false,
  roles: ['user', 'assistant'],
  create({ allowed, denied }) {
    const isWanted = (code: string): boolean => allowed?.includes(code) ?? !(denied ?? []).includes(code)
    return { reach: 'whole', open: () => new LanguageScanner(isWanted) }
  },
}

/** Keeps no more of a text than is read. */
class LanguageScanner implements TextScanner {
  readonly #isWanted: (code: string) => boolean
  #beginning = ''
  #length = 0

  constructor(isWanted: (code: string) => boolean) {
    this.#isWanted = isWanted
  }

  push(piece: string): number {
    const missing = longestRead - this.#beginning.length
    if (missing > 0) this.#beginning += piece.slice(0, missing)
    this.#length += piece.length
    return 0
  }

  end(findings: Finding[]): void {
    const detected = detectLanguage(this.#beginning)
    if (detected === null || this.#isWanted(detected.code)) return
    findings.push({ kind: `language_${detected.code}`, start: 0, end: this.#length, score: detected.score })
  }
}
