import type { VersionBody } from './compiled-version.ts'

/**
 * Which of the languages of a version a request is answered in. Pure; tags are those of BCP 47 and are compared whatever
 * their case.
 */

/** Anything will do: the version's own language. */
const anyLanguage = '*'

/** More languages, and longer tags, serve nobody. */
const maxWanted = 32
const maxTagChars = 64

const tagPattern = /^[a-z]{1,8}(?:-[a-z0-9]{1,8})*$/

/**
 * The languages a request wants, lower case, the most wanted first: the one it names itself, then those of
 * `accept-language` by their quality values. `*` stands for any. What is no language tag is left out.
 *
 * @param named `metadata.locale`; null: it names none. `pt_BR` is read like `pt-BR`.
 */
export function wantedLanguages(named: string | null, acceptLanguage: string | undefined): readonly string[] {
  const own = named === null ? null : tagOf(named)
  return [...(own === null ? [] : [own]), ...acceptedLanguages(acceptLanguage ?? '')]
}

function acceptedLanguages(header: string): readonly string[] {
  const accepted: { readonly tag: string; readonly quality: number }[] = []
  for (const entry of header.split(',', maxWanted)) {
    const [written = '', ...parameters] = entry.split(';')
    const tag = written.trim() === anyLanguage ? anyLanguage : tagOf(written)
    const quality = qualityOf(parameters)
    if (tag !== null && quality > 0) accepted.push({ tag, quality })
  }
  // The sort is stable: of two that are wanted alike, the one that was named first.
  return accepted.sort((left, right) => right.quality - left.quality).map(({ tag }) => tag)
}

/** 0 for a value that is none: RFC 9110 knows no such language preference, so it is not guessed at. */
function qualityOf(parameters: readonly string[]): number {
  const written = parameters.map((parameter) => /^\s*q\s*=(.*)$/i.exec(parameter)?.[1]?.trim()).find(isGiven)
  if (written === undefined) return 1
  return /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(written) ? Number(written) : 0
}

function isGiven(text: string | undefined): text is string {
  return text !== undefined
}

function tagOf(written: string): string | null {
  const tag = written.trim().replaceAll('_', '-').toLowerCase()
  return tag.length <= maxTagChars && tagPattern.test(tag) ? tag : null
}

/** The languages of a version: by tag in lower case, as it is written in `locales`; null: the version's own. */
export type Languages = ReadonlyMap<string, string | null>

/** null: the version has one language, whatever that is. */
export function languagesOf(body: VersionBody): Languages | null {
  const tags = Object.keys(body.locales ?? {})
  if (tags.length === 0) return null
  const languages = new Map<string, string | null>(tags.map((tag) => [tag.toLowerCase(), tag]))
  if (body.locale !== undefined) languages.set(body.locale.toLowerCase(), null)
  return languages
}

/**
 * The tag in `locales` for the first wanted language that is there, exactly or as a shorter tag (`pt-BR`, `pt`); null: the
 * version's own messages.
 */
export function chooseLocale(wanted: readonly string[], languages: Languages): string | null {
  for (const language of wanted) {
    if (language === anyLanguage) return null
    for (let tag = language; tag !== ''; tag = shorter(tag)) {
      const found = languages.get(tag)
      if (found !== undefined) return found
    }
  }
  return null
}

/** Without its last part, and without a single letter before it, which means nothing alone (RFC 4647). Empty at the end. */
function shorter(tag: string): string {
  const cut = tag.slice(0, Math.max(0, tag.lastIndexOf('-')))
  return cut.replace(/-[a-z0-9]$/, '')
}
