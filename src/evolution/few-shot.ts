import type { FewShotExample } from '../prompts/compiled-version.ts'
import type { EvidenceOfExchange } from './evidence.ts'
import { isStorable, percent } from './proposal.ts'
import type { Strategy } from './strategy.ts'

const mostNew = 4
const mostExamples = 8
const longestExample = 2_000
/** Two questions that share more of their words are the same question twice. */
const mostOverlap = 0.6

/**
 * Good recorded answers as examples: the best scored, short, about different things, with nothing a guardrail found or personal
 * data in it, and none that a test case asks, which would only be repeated there.
 */
export const fewShot: Strategy = ({ body, evidence, settings }) => {
  const before = body.examples ?? []
  const room = Math.min(mostNew, mostExamples - before.length)
  if (room <= 0) return []
  const asked = JSON.stringify(body.test_cases ?? [])
  const candidates = evidence.exchanges
    .filter((exchange) => isGood(exchange, settings.minScore))
    .flatMap(toExample)
    .filter(({ example }) => !asked.includes(JSON.stringify(example.user).slice(1, -1)))
    .sort((left, right) => right.score - left.score || lengthOf(left.example) - lengthOf(right.example))
  const chosen: { readonly example: FewShotExample; readonly score: number }[] = []
  for (const candidate of candidates) {
    if (chosen.length === room) break
    const others = [...before, ...chosen.map(({ example }) => example)]
    if (others.every(({ user }) => overlap(user, candidate.example.user) <= mostOverlap)) chosen.push(candidate)
  }
  if (chosen.length === 0) return []
  const mean = chosen.reduce((sum, { score }) => sum + score, 0) / chosen.length
  return [
    {
      strategy: 'few_shot',
      body: { ...body, examples: [...before, ...chosen.map(({ example }) => example)] },
      rationale: `Adds ${chosen.length} recorded answers as examples, chosen from ${candidates.length} good ones; their mean score is ${percent(mean)}.`,
      predicted: { metric: 'satisfaction', effect: null, why: 'Answers become more like those that people liked.' },
      writer: 'rules',
    },
  ]
}

function isGood({ score, isSensitive, isCut, outputCheck }: EvidenceOfExchange, minScore: number): boolean {
  return score !== null && score >= minScore && !isSensitive && !isCut && outputCheck !== 'mismatch'
}

function toExample({ question, answer, score }: EvidenceOfExchange) {
  if (question === null || answer === null || score === null) return []
  const example = { user: question.trim(), assistant: answer.trim() }
  if (example.user === '' || example.assistant === '' || lengthOf(example) > longestExample) return []
  if (!isStorable(example.user) || !isStorable(example.assistant)) return []
  return [{ example, score }]
}

const lengthOf = ({ user, assistant }: FewShotExample): number => user.length + assistant.length

/** Share of the words of the shorter list that are in the other, 0 to 1. */
export function overlap(left: string, right: string): number {
  const [first, second] = [wordsOf(left), wordsOf(right)]
  const smaller = Math.min(first.size, second.size)
  if (smaller === 0) return left.trim() === right.trim() ? 1 : 0
  let shared = 0
  for (const word of first) if (second.has(word)) shared += 1
  return shared / smaller
}

function wordsOf(text: string): ReadonlySet<string> {
  return new Set(
    text
      .slice(0, longestExample)
      .toLowerCase()
      .match(/[\p{L}\p{N}]{3,}/gu) ?? [],
  )
}
