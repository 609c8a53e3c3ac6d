import { type ScriptProfile, cyrillicProfile, devanagariProfile, latinProfile } from './function-words.ts'

/** Only so much of a text is read, UTF-16 units. */
export const longestRead = 4_000

export interface DetectedLanguage {
  /** ISO 639-1. */
  readonly code: string
  /** How much speaks for it, 0 to 1; no probability. */
  readonly score: number
}

/** Scripts, and the language of those that are as good as one language's. */
const scripts = {
  latin: { letters: /\p{Script=Latin}/u, language: null },
  cyrillic: { letters: /\p{Script=Cyrillic}/u, language: null },
  devanagari: { letters: /\p{Script=Devanagari}/u, language: null },
  arabic: { letters: /\p{Script=Arabic}/u, language: null },
  han: { letters: /\p{Script=Han}/u, language: 'zh' },
  kana: { letters: /[\p{Script=Hiragana}\p{Script=Katakana}]/u, language: 'ja' },
  hangul: { letters: /\p{Script=Hangul}/u, language: 'ko' },
  greek: { letters: /\p{Script=Greek}/u, language: 'el' },
  hebrew: { letters: /\p{Script=Hebrew}/u, language: 'he' },
  thai: { letters: /\p{Script=Thai}/u, language: 'th' },
  georgian: { letters: /\p{Script=Georgian}/u, language: 'ka' },
  armenian: { letters: /\p{Script=Armenian}/u, language: 'hy' },
  bengali: { letters: /\p{Script=Bengali}/u, language: 'bn' },
  gurmukhi: { letters: /\p{Script=Gurmukhi}/u, language: 'pa' },
  gujarati: { letters: /\p{Script=Gujarati}/u, language: 'gu' },
  tamil: { letters: /\p{Script=Tamil}/u, language: 'ta' },
  telugu: { letters: /\p{Script=Telugu}/u, language: 'te' },
  kannada: { letters: /\p{Script=Kannada}/u, language: 'kn' },
  malayalam: { letters: /\p{Script=Malayalam}/u, language: 'ml' },
  sinhala: { letters: /\p{Script=Sinhala}/u, language: 'si' },
  khmer: { letters: /\p{Script=Khmer}/u, language: 'km' },
  lao: { letters: /\p{Script=Lao}/u, language: 'lo' },
  burmese: { letters: /\p{Script=Myanmar}/u, language: 'my' },
  ethiopic: { letters: /\p{Script=Ethiopic}/u, language: 'am' },
} as const
type Script = keyof typeof scripts

const scriptNames = Object.keys(scripts) as Script[]
const arabicLanguages = ['ar', 'fa', 'ur']

/** Every language that can be told. */
export const knownLanguages: readonly string[] = [
  ...latinProfile.languages,
  ...cyrillicProfile.languages,
  ...devanagariProfile.languages,
  ...arabicLanguages,
  ...scriptNames.flatMap((name) => scripts[name].language ?? []),
].toSorted()

/** Below so many letters nothing is said; a character of Chinese, Japanese and Korean tells as much as several. */
const fewestLetters = 24
const lettersPerWideCharacter = 4

/** The language that most of the beginning of a text is in; null: it is too short, or cannot be told. */
export function detectLanguage(text: string): DetectedLanguage | null {
  const read = text.slice(0, longestRead).normalize('NFC').toLowerCase()
  const counts = countScripts(read)
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0)
  if (total < fewestLetters) return null
  const script = mainScript(counts)
  const share = ((counts.get(script) ?? 0) + (script === 'kana' ? (counts.get('han') ?? 0) : 0)) / total
  if (share < 0.5) return null
  const { language } = scripts[script]
  if (language !== null) return { code: language, score: share }
  switch (script) {
    case 'latin':
      return byWords(read, latinProfile)
    case 'cyrillic':
      return byWords(read, cyrillicProfile)
    case 'devanagari':
      return byWords(read, devanagariProfile)
    default:
      return { code: arabicLanguage(read), score: share }
  }
}

/** Scripts of characters that turned up, so that a character is looked at once. null: it is no letter. */
const scriptOf = new Map<string, Script | null>()
const mostRemembered = 8_192

function countScripts(text: string): Map<Script, number> {
  const counts = new Map<Script, number>()
  for (const character of text) {
    let script = scriptOf.get(character)
    if (script === undefined) {
      script = scriptNames.find((name) => scripts[name].letters.test(character)) ?? null
      if (scriptOf.size < mostRemembered) scriptOf.set(character, script)
    }
    if (script === null) continue
    const isWide = script === 'han' || script === 'kana' || script === 'hangul'
    counts.set(script, (counts.get(script) ?? 0) + (isWide ? lettersPerWideCharacter : 1))
  }
  return counts
}

/** Japanese writes with Chinese characters too, Chinese never with kana. */
function mainScript(counts: ReadonlyMap<Script, number>): Script {
  let main: Script = 'latin'
  for (const [script, count] of counts) if (count > (counts.get(main) ?? 0)) main = script
  const kana = counts.get('kana') ?? 0
  return main === 'han' && kana > 0.1 * (counts.get('han') ?? 0) ? 'kana' : main
}

/** Letters that Urdu has, and those that Persian has, and Arabic has not. */
function arabicLanguage(text: string): string {
  const urdu = text.match(/[ٹڈڑںےھ]/g)?.length ?? 0
  const persian = text.match(/[پچژگکی]/g)?.length ?? 0
  const arabic = text.match(/[ةىيكأإ]/g)?.length ?? 0
  if (urdu > 0 && urdu + persian > arabic) return 'ur'
  return persian > arabic ? 'fa' : 'ar'
}

/** What a text needs at least, per word: running text has about one in three of the small words of its language. */
const lowestShare = 0.08
/** A language is told when it is ahead of the next by this factor. */
const clearLead = 1.12
/** A letter of its own counts as a part of a small word: there are many more letters. */
const letterWeight = 0.4
/** Languages that share a word or letter share what it counts, but not fully: of neighbours both have to be seen. */
const dilution = 0.8

const wordPattern = /[\p{L}\p{M}]+(?:['’][\p{L}\p{M}]+)*/gu

function byWords(text: string, profile: ScriptProfile): DetectedLanguage | null {
  const scores = new Map<string, number>()
  const add = (languages: readonly string[] | undefined, weight: number): void => {
    for (const language of languages ?? [])
      scores.set(language, (scores.get(language) ?? 0) + weight / (languages?.length ?? 1) ** dilution)
  }
  let words = 0
  for (const [word] of text.matchAll(wordPattern)) {
    words += 1
    add(profile.words.get(word.replace('’', "'")), 1)
    for (const letter of word) add(profile.letters.get(letter), letterWeight)
  }
  const [best, second] = [...scores].toSorted(([, one], [, other]) => other - one)
  if (best === undefined || words < 4) return null
  const [code, score] = best
  if (score / words < lowestShare || score < clearLead * (second?.[1] ?? 0)) return null
  return { code, score: Math.min(1, score / (score + (second?.[1] ?? 0))) }
}
