import { createHash } from 'node:crypto'
import type { FewShotExample } from '../prompts/compiled-version.ts'
import { type AskedQuestion, type Candidate, chooseExamples, lengthOf, longestExample } from './choose-examples.ts'
import { newAddress } from './addresses.ts'
import { complaintsIn } from './complaints.ts'
import { declinedParts, expectation } from './earlier.ts'
import { type EvidenceOfExchange, figuresOf } from './evidence.ts'
import { isStorable, percent } from './proposal.ts'
import type { Strategy, StrategyInput } from './strategy.ts'

const mostNew = 4
const mostExamples = 8

/** What is looked for in examples, and what cannot be: whoever approves a draft has to know. */
export const readExamples =
  'Its examples are questions and answers of users, word for word. Exchanges with e-mail addresses, phone and card numbers, other numbers that identify somebody, or secrets are left out; names and postal addresses are not recognised. Read the examples before this version goes on.'

/**
 * Good recorded answers as examples: well scored, complete, short, about what is asked most and about different things, with
 * nothing in them that a guardrail or a detector found, and none that a test case asks, which would only be repeated there.
 */
export const fewShot: Strategy = (input) => {
  const { body, evidence, settings } = input
  const before = body.examples ?? []
  const room = Math.min(mostNew, mostExamples - before.length)
  if (room <= 0) return { why: `The version has ${before.length} examples already; more cost more than they help.` }
  const candidates = candidatesOf(input)
  const chosen = chooseExamples(candidates, { asked: askedIn(evidence.exchanges), before, most: room })
  if (chosen.length === 0) return { why: whyNone(input, candidates.length) }
  const added = chosen.map(({ example }) => example)
  const mean = chosen.reduce((sum, { score }) => sum + score, 0) / chosen.length
  const { meanScore, scored } = figuresOf(evidence)
  const length = added.reduce((sum, example) => sum + lengthOf(example), 0)
  return [
    {
      strategy: 'few_shot',
      body: { ...body, examples: [...before, ...added] },
      rationale: `Adds ${chosen.length} recorded answers as examples, chosen from ${candidates.length} good ones; their mean score is ${percent(mean)}, that of all ${scored} scored answers ${percent(meanScore ?? 0)}. They make each request ${length} characters longer.`,
      predicted: expectation(evidence, 'few_shot') ?? {
        metric: 'satisfaction',
        effect: null,
        basis: 'unknown',
        why: `Answers become more like those that people liked, which had ${percent(mean)} (at least ${percent(settings.minScore)} each).`,
      },
      writer: 'rules',
      parts: added.map(partOf),
      warnings: [readExamples],
    },
  ]
}

function candidatesOf({ body, evidence, settings }: StrategyInput): readonly Candidate[] {
  const asked = JSON.stringify(body.test_cases ?? [])
  const declined = declinedParts(evidence)
  const known = JSON.stringify([body.messages, body.examples ?? []])
  const others = new Set(Object.keys(body.locales ?? {}).map(languageOf))
  return (
    evidence.exchanges
      .filter((exchange) => isGood(exchange, settings.minScore))
      .filter(({ locale }) => locale === null || !others.has(languageOf(locale)))
      .flatMap(toCandidate)
      .filter(({ example }) => !asked.includes(JSON.stringify(example.user).slice(1, -1)))
      .filter(({ example }) => !declined.has(partOf(example)))
      // Who rates their own exchange could have everybody sent where they like.
      .filter(({ example }) => newAddress(known, `${example.user}\n${example.assistant}`) === null)
  )
}

function isGood(exchange: EvidenceOfExchange, minScore: number): boolean {
  const { score, isSensitive, isComplete, outputCheck, comments } = exchange
  if (score === null || score < minScore || isSensitive || !isComplete) return false
  // A high score with a complaint beside it is no answer to learn from.
  return outputCheck !== 'mismatch' && complaintsIn(comments.join('\n')).length === 0
}

function toCandidate({ requestId, unit, question, answer, score }: EvidenceOfExchange): readonly Candidate[] {
  if (question === null || answer === null || score === null) return []
  const example = { user: question.trim(), assistant: answer.trim() }
  if (example.user === '' || example.assistant === '' || lengthOf(example) > longestExample) return []
  if (!isStorable(example.user) || !isStorable(example.assistant)) return []
  return [{ requestId, unit, example, score }]
}

function askedIn(exchanges: readonly EvidenceOfExchange[]): readonly AskedQuestion[] {
  return exchanges.flatMap(({ question, score }) =>
    question === null ? [] : [{ text: question, need: score === null ? 1 : 2 - score }],
  )
}

/** The text itself would be kept where nobody looks for it. */
const partOf = ({ user }: FewShotExample): string =>
  `example:${createHash('sha256').update(user).digest('hex').slice(0, 24)}`

const languageOf = (tag: string): string => tag.split('-')[0]?.toLowerCase() ?? ''

function whyNone({ evidence: { exchanges }, settings }: StrategyInput, candidates: number): string {
  if (candidates > 0) return 'The good recorded answers are about the same as the examples that are there.'
  const good = exchanges.filter(({ score }) => score !== null && score >= settings.minScore)
  const scored = exchanges.filter(({ score }) => score !== null).length
  if (good.length === 0) {
    return `Of ${exchanges.length} exchanges ${scored} have a score, and none has ${percent(settings.minScore)} or more.`
  }
  const sensitive = good.filter(({ isSensitive }) => isSensitive).length
  return `Of ${good.length} good answers none can be an example: ${sensitive} may hold personal data, secrets or instructions to the model; the others are cut, long, not recorded, in the middle of a conversation, in another language, with an address that the prompt does not name, asked by a test case, complained about, or were declined before.`
}
