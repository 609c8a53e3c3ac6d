import { type Automaton, buildAutomaton } from './automaton.ts'
import { veil } from './veil.ts'
import { type Entry, expandPattern, wordKinds, type WordKind, type WordList } from './word-list.ts'
import { chinese, japanese, korean } from './words/east-asian.ts'
import { czech, hungarian, polish, romanian, russian, ukrainian } from './words/eastern.ts'
import { english } from './words/english.ts'
import { arabic, finnish, greek, hindi, swedish, turkish } from './words/other.ts'
import { dutch, french, german, italian, portuguese, spanish } from './words/western.ts'

const wordLists = {
  en: english,
  de: german,
  fr: french,
  es: spanish,
  it: italian,
  pt: portuguese,
  nl: dutch,
  pl: polish,
  cs: czech,
  hu: hungarian,
  ro: romanian,
  ru: russian,
  uk: ukrainian,
  tr: turkish,
  sv: swedish,
  fi: finnish,
  el: greek,
  hi: hindi,
  ar: arabic,
  zh: chinese,
  ja: japanese,
  ko: korean,
} satisfies Readonly<Record<string, WordList>>

export type LexiconLanguage = keyof typeof wordLists

/** Languages that have a word list, as ISO 639-1 codes. */
export const lexiconLanguages = Object.keys(wordLists) as readonly LexiconLanguage[]

/** What to look for. */
export interface LexiconChoice {
  readonly kinds: readonly WordKind[]
  readonly languages: readonly LexiconLanguage[]
  /** Words never reported. */
  readonly allow: readonly string[]
  /** The operator's own, reported as profanity. A `*` at an end: it may go on there. */
  readonly words: readonly string[]
}

/** Words ready to be looked for. */
export interface Lexicon {
  readonly automaton: Automaton
  /** Strong words by every way of writing them with letters masked by `*`. */
  readonly masked: ReadonlyMap<string, Entry>
}

/** Builds the lexicon of a choice; takes some milliseconds. */
export function buildLexicon({ kinds, languages, allow, words }: LexiconChoice): Lexicon {
  const entries = [
    ...allow.map((word) => ownEntry(word, null)),
    ...words.map((word) => ownEntry(word, 'profanity')),
    ...languages.flatMap((language) => languageEntries(wordLists[language], kinds)),
  ]
  return { automaton: buildAutomaton(entries), masked: maskedForms(entries) }
}

/** An operator's word has no notation but the star. */
function ownEntry(pattern: string, kind: WordKind | null): Entry {
  return {
    word: pattern.toLowerCase().replaceAll('*', ''),
    kind,
    opensBefore: pattern.startsWith('*'),
    opensAfter: pattern.endsWith('*'),
    strong: true,
    mild: false,
    notAsName: false,
  }
}

function languageEntries(list: WordList, kinds: readonly WordKind[]): Entry[] {
  const sections = [
    ...wordKinds.filter((kind) => kinds.includes(kind)).map((kind) => [kind, list[kind]] as const),
    [null, list.innocent] as const,
  ]
  return sections.flatMap(([kind, patterns]) =>
    veil(patterns ?? '')
      .split(/\s+/)
      .filter((pattern) => pattern !== '')
      .flatMap((pattern) => expandPattern(pattern, kind)),
  )
}

const shortestMasked = 4
const longestMasked = 14
/** Words, veiled, that everybody knows by their beginning, so that the mask may go to the end. */
const knownByBeginning = /^(shpx|fuvg|ovgpu|phag|avttre|nffubyr)$/

/** Strong words with every stretch of inner letters masked. */
function maskedForms(entries: readonly Entry[]): Map<string, Entry> {
  const forms = new Map<string, Entry>()
  const innocent = new Set(entries.filter((entry) => entry.kind === null).map((entry) => entry.word))
  for (const entry of entries) {
    const { word } = entry
    const isFit = word.length >= shortestMasked && word.length <= longestMasked && /^[a-z]+$/.test(word)
    if (!entry.strong || !isFit || innocent.has(word)) continue
    const last = knownByBeginning.test(veil(word)) ? word.length : word.length - 1
    for (let from = 1; from < word.length; from++) {
      for (let to = from + 1; to <= last; to++) {
        const form = word.slice(0, from) + '*'.repeat(to - from) + word.slice(to)
        if ((to < word.length || to - from > 1) && !forms.has(form)) forms.set(form, entry)
      }
    }
  }
  return forms
}
