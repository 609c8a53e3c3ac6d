import type { FewShotExample } from '../prompts/compiled-version.ts'
import { likeness, overlap, wordsOf } from './words.ts'

/** A recorded answer that may become an example. */
export interface Candidate {
  readonly requestId: string
  /** Whom it was for; null: nobody was named. */
  readonly unit: string | null
  readonly example: FewShotExample
  /** 0 to 1. */
  readonly score: number
}

/** A question that was asked, and how much its answers need help: 1 for one that is answered well, up to 2. */
export interface AskedQuestion {
  readonly text: string
  readonly need: number
}

/** Of question and answer together, characters. */
export const longestExample = 2_000
/** Two questions that share more of their words are the same question twice. */
const mostOverlap = 0.6
/** What an answer that stands in another example already is worth: of labels, each one should be shown. */
const worthOfSameAnswer = 0.5

export const lengthOf = ({ user, assistant }: FewShotExample): number => user.length + assistant.length

/**
 * Those that together are most like what is asked, most of all like what is answered poorly: the first is the one that stands
 * for most questions, each further one for most of the rest. Better scored and shorter ones count for more; no two are about the
 * same or of the same user, so that nobody alone says how everybody is answered. The same input gives the same choice.
 */
export function chooseExamples(
  candidates: readonly Candidate[],
  {
    asked,
    before,
    most,
  }: { readonly asked: readonly AskedQuestion[]; readonly before: readonly FewShotExample[]; readonly most: number },
): readonly Candidate[] {
  const questions = asked.map(({ text, need }) => ({ words: wordsOf(text), need, covered: 0 }))
  const cover = (words: ReadonlySet<string>): void => {
    for (const question of questions) question.covered = Math.max(question.covered, likeness(question.words, words))
  }
  for (const { user } of before) cover(wordsOf(user))
  let left = candidates.map((candidate) => ({ candidate, words: wordsOf(candidate.example.user) }))
  const chosen: Candidate[] = []
  while (chosen.length < most) {
    const there = [...before, ...chosen.map(({ example }) => example)]
    const answers = new Set(there.map(({ assistant }) => plain(assistant)))
    left = left.filter(({ candidate }) =>
      there.every(({ user }) => overlap(user, candidate.example.user) <= mostOverlap),
    )
    const [best] = left
      .map(({ candidate, words }) => {
        const gain = questions.reduce((sum, { words: its, need, covered }) => {
          return sum + need * Math.max(0, likeness(its, words) - covered)
        }, 0)
        const novelty = answers.has(plain(candidate.example.assistant)) ? worthOfSameAnswer : 1
        return { candidate, words, worth: gain * novelty * worthOf(candidate) }
      })
      .sort((first, second) => second.worth - first.worth || byChoice(first.candidate, second.candidate))
    if (best === undefined) break
    chosen.push(best.candidate)
    const { unit } = best.candidate
    left = left.filter(({ candidate }) => candidate !== best.candidate && (unit === null || candidate.unit !== unit))
    cover(best.words)
  }
  return chosen
}

/** Every request pays for an example: the longest counts for half of a very short one. */
function worthOf({ score, example }: Candidate): number {
  return score * (1 - lengthOf(example) / longestExample / 2)
}

function byChoice(first: Candidate, second: Candidate): number {
  return (
    second.score - first.score ||
    lengthOf(first.example) - lengthOf(second.example) ||
    (first.requestId < second.requestId ? -1 : 1)
  )
}

const plain = (text: string): string => text.trim().toLowerCase()
