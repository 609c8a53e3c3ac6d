import { z } from 'zod'
import type { Finding, LocalType, TextScanner } from '../guardrail.ts'
import { buildLexicon, type Lexicon, type LexiconChoice, lexiconLanguages } from './lexicon.ts'
import { toxicScanner, toxicThresholds } from './toxic-model.ts'
import { wordKinds } from './word-list.ts'
import { wordScanner } from './word-scanner.ts'

const categories = [...wordKinds, 'toxic'] as const
const defaultCategories: readonly (typeof categories)[number][] = ['profanity', 'slur', 'insult']

const mostWords = 500
/** Letters, marks and apostrophes; a star where the word may go on. */
const ownWord = z.string().regex(/^\*?[\p{L}\p{M}]{2,40}\*?$/u, {
  error: 'must be one word of 2 to 40 letters, with a * at an end where it may go on',
})

const settings = z
  .strictObject({
    categories: z.array(z.enum(categories)).min(1).max(categories.length).optional().meta({
      description:
        'What to report: `profanity` (swear words), `slur` (against groups), `insult` (mild ones such as calling somebody dull; only ever flagged), `sexual` (words of pornography), `toxic` (stretches that a small model of English finds toxic; see the documentation for how little it sees). Left out: profanity, slur, insult.',
    }),
    languages: z.array(z.enum(lexiconLanguages)).min(1).max(lexiconLanguages.length).optional().meta({
      description:
        'Languages whose words are looked for. Left out: English. A word can be harmless in another language, so each one more brings false reports.',
    }),
    allow: z.array(ownWord).max(mostWords).optional().meta({
      description: 'Words that are never reported, such as a name. They are compared whole unless they have a `*`.',
    }),
    words: z.array(ownWord).max(mostWords).optional().meta({
      description: 'More words to report, as profanity. A `*` at an end: the word may go on there.',
    }),
    toxic_threshold: z.number().min(0).max(1).optional().meta({
      description: 'Score from which the model reports a stretch, 0 to 1. Left out: the calibrated one.',
    }),
  })
  .meta({ description: 'Settings of a guardrail that looks for profanity and toxic language.' })

export type ToxicitySettings = z.infer<typeof settings>

/** Profanity, slurs and insults by lists of words, and optionally toxic language by a small linear model. */
export const toxicity: LocalType<ToxicitySettings> = {
  isRemote: false,
  type: 'toxicity',
  summary: 'Profanity, slurs and insults by word lists, also disguised ones; toxic language by a small offline model.',
  settings,
  hasSpans: true,
  roles: ['user', 'tool', 'assistant'],
  create: (given) => {
    const chosen = given.categories ?? defaultCategories
    const kinds = wordKinds.filter((kind) => chosen.includes(kind))
    const threshold = given.toxic_threshold ?? toxicThresholds.flag
    const { languages = ['en'], allow = [], words = [] } = given
    const lexicon = kinds.length > 0 || words.length > 0 ? lexiconFor({ kinds, languages, allow, words }) : undefined
    const readers = [
      ...(lexicon === undefined ? [] : [() => wordScanner(lexicon)]),
      ...(chosen.includes('toxic') ? [() => toxicScanner(threshold)] : []),
    ]
    return {
      reach: chosen.includes('toxic') ? 'windows' : 'tokens',
      open: () => together(readers.map((open) => open())),
    }
  },
}

/** Several scanners as one, which is as late as the latest of them. */
function together(scanners: readonly TextScanner[]): TextScanner {
  const [first] = scanners
  if (first !== undefined && scanners.length === 1) return first
  return {
    push: (piece, findings: Finding[]) => Math.min(...scanners.map((scanner) => scanner.push(piece, findings))),
    end: (findings) => {
      for (const scanner of scanners) scanner.end(findings)
    },
  }
}

const mostKept = 16
const kept = new Map<string, Lexicon>()

/** Lexicons are built again with every snapshot of the settings, and their words seldom change. */
function lexiconFor(choice: LexiconChoice): Lexicon {
  const key = JSON.stringify(choice)
  const known = kept.get(key)
  const lexicon = known ?? buildLexicon(choice)
  kept.delete(key)
  kept.set(key, lexicon)
  for (const oldest of kept.keys()) if (kept.size > mostKept) kept.delete(oldest)
  return lexicon
}
