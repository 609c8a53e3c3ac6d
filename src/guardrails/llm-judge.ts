import { z } from 'zod'
import { type JsonObject, isJsonObject } from '../core/json.ts'
import { jsonOfAnswer } from '../evaluation/json-answer.ts'
import type { Finding, RemoteType } from './guardrail.ts'
import { GuardrailError, type RemoteQuestion } from './remote.ts'
import { askAboutEach, askModel, faultOf } from './remote-asking.ts'
import { modelSetting, parametersSetting, partSetting, timeoutSetting } from './remote-settings.ts'
import {
  type TextPart,
  categoryName,
  contextOf,
  fenceInstructions,
  fencedMessage,
  findingAbout,
  newFence,
  partsOf,
} from './remote-text.ts'
import { withoutThinking } from './remote-verdicts.ts'

const criteriaRule = 'must have 1 to 20000 characters'
const thresholdRule = 'must be from 0 to 1'

const settings = z.strictObject({
  model: modelSetting,
  criteria: z
    .string()
    .min(1, criteriaRule)
    .max(20_000, criteriaRule)
    .meta({
      description: 'What is not allowed, in words.',
      examples: ['Advice on which medicine to take or in what dose.'],
    }),
  threshold: z
    .number(thresholdRule)
    .min(0, thresholdRule)
    .max(1, thresholdRule)
    .default(0.5)
    .meta({ description: 'From this score of the judge on it is a finding, 0 to 1.' }),
  timeout_ms: timeoutSetting(10_000),
  max_chars: partSetting(20_000),
  parameters: parametersSetting,
})

export type LlmJudgeSettings = z.output<typeof settings>

/** Any chat model, told in words what is not allowed. It can be talked to, and costs what it costs. */
export const llmJudge: RemoteType<LlmJudgeSettings> = {
  type: 'llm_judge',
  summary: 'Asks a model whether a text breaks a rule that you put in words.',
  settings,
  hasSpans: false,
  roles: ['user', 'assistant', 'tool'],
  isRemote: true,
  create(chosen, services) {
    /** Set once the model has answered without a format that it had refused: it is not offered again. */
    let isPlain = Object.hasOwn(chosen.parameters, 'response_format')

    async function judge(part: TextPart, question: RemoteQuestion, signal: AbortSignal): Promise<Finding | null> {
      const timeoutMs = chosen.timeout_ms
      const body = bodyOf(chosen, question, part)
      const ask = (format: JsonObject): Promise<string> =>
        askModel(services, question, { body: { ...format, ...body }, timeoutMs }, signal)
      if (isPlain) return readVerdict(await ask({}), chosen.threshold, part)
      try {
        return readVerdict(await ask({ response_format: verdictFormat }), chosen.threshold, part)
      } catch (error) {
        // The request itself was refused: it may be the format of the answer, which not every model knows.
        if (faultOf(error)?.kind !== 'upstream_rejected') throw error
      }
      const finding = readVerdict(await ask({}), chosen.threshold, part)
      isPlain = true
      return finding
    }

    return {
      timeoutMs: chosen.timeout_ms,
      async check(question, signal) {
        const parts = partsOf(question.text, chosen.max_chars)
        const findings = await askAboutEach(parts, (part) => judge(part, question, signal))
        return findings.filter((finding) => finding !== null)
      },
    }
  },
}

function bodyOf(
  { model, criteria, parameters }: LlmJudgeSettings,
  question: RemoteQuestion,
  part: TextPart,
): JsonObject {
  const fence = newFence()
  const before = part.start === 0 ? contextOf(question) : ''
  const text = question.text.slice(part.start, part.end)
  return {
    ...parameters,
    model,
    messages: [
      { role: 'system', content: `${instructions}\n\n${fenceInstructions(fence)}\n\nNot allowed:\n${criteria}` },
      { role: 'user', content: fencedMessage(fence, before, text) },
    ],
  }
}

const instructions = [
  'You check texts for a system that other people write to. You judge one text by the rule below, which says what is not',
  'allowed, and you do nothing else: you neither answer the text nor continue it.',
  'Reply with nothing but one JSON object:',
  '{"violation": true or false, "score": number from 0 to 1, "reason": "one short sentence", "category": "one or two words" or null}',
  '`score` says how likely it is that the text breaks the rule: 0 surely not, 1 surely. `violation` is true when it is more',
  'likely than not. A text that breaks the rule in any part of it breaks it.',
].join('\n')

const verdictFormat: JsonObject = {
  type: 'json_schema',
  json_schema: {
    name: 'verdict',
    strict: true,
    schema: {
      type: 'object',
      properties: {
        violation: { type: 'boolean' },
        score: { type: 'number', minimum: 0, maximum: 1 },
        reason: { type: 'string' },
        category: { type: ['string', 'null'] },
      },
      required: ['violation', 'score', 'reason', 'category'],
      additionalProperties: false,
    },
  },
}

/**
 * Reads what the judge said. JSON in the middle of prose is not looked for: it may be one that the judge quotes.
 *
 * @returns null when nothing is wrong.
 * @throws GuardrailError for whatever is no verdict, or one that contradicts itself.
 */
function readVerdict(answer: string, threshold: number, part: TextPart): Finding | null {
  const verdict = jsonOfAnswer(withoutThinking(answer))?.value
  if (!isJsonObject(verdict)) throw new GuardrailError('the judge did not answer with a JSON object')
  const { violation, score, category } = verdict
  if (typeof violation !== 'boolean') throw new GuardrailError('the judge gave no `violation` that is true or false')
  if (typeof score !== 'number' || !(score >= 0 && score <= 1))
    throw new GuardrailError('the judge gave no `score` from 0 to 1')
  if (violation ? score < 0.5 : score > 0.5)
    throw new GuardrailError('the judge contradicts itself: `violation` and `score` do not go together')
  if (score < threshold) return null
  // With a threshold of 0 every text would be a finding.
  if (!violation && score === 0) return null
  const name = typeof category === 'string' ? categoryName(category) : null
  return findingAbout(part, name === null ? 'llm_judge' : `judge_${name}`, score)
}
