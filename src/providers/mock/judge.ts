import { isJsonObject } from '../../core/json.ts'

/** So short a word says nothing of what an answer is about. */
const wordPattern = /\p{L}{4,}/gu

/**
 * What `mock/judge` says to the question of a judge (`evaluation/llm-judge.ts`): the score is the share of the criterion's words
 * that stand in the answer. Knows nothing of what they mean; but its score can be foretold, and depends on the answer.
 *
 * @param question the user message: a JSON object with `criterion` and `answer`; any other gets words instead of a score
 */
export function mockVerdict(question: string): string {
  const asked = readQuestion(question)
  if (asked === null) return 'mock/judge answers judges only: there is no criterion and no answer here.'
  const criterion = wordsOf(asked.criterion)
  const answer = wordsOf(asked.answer)
  const met = [...criterion].filter((word) => answer.has(word)).length
  const score = criterion.size === 0 ? 0 : Math.round((met / criterion.size) * 100) / 100
  return JSON.stringify({ score, reason: `${met} of ${criterion.size} words of the criterion stand in the answer.` })
}

function readQuestion(text: string): { readonly criterion: string; readonly answer: string } | null {
  let question: unknown
  try {
    question = JSON.parse(text)
  } catch {
    return null
  }
  if (!isJsonObject(question)) return null
  const { criterion, answer } = question
  return typeof criterion === 'string' && typeof answer === 'string' ? { criterion, answer } : null
}

function wordsOf(text: string): ReadonlySet<string> {
  return new Set(text.toLowerCase().match(wordPattern))
}
