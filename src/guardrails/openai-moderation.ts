import { z } from 'zod'
import type { JsonObject } from '../core/json.ts'
import type { Finding, RemoteType } from './guardrail.ts'
import { GuardrailError, type RemoteQuestion, type RemoteServices } from './remote.ts'
import { unanswered, unlessAborted } from './remote-asking.ts'
import { modelSetting, partSetting, timeoutSetting } from './remote-settings.ts'
import { type TextPart, categoryName, contextOf, findingAbout, partsOf } from './remote-text.ts'

const categoryRule = 'must be a category as the provider writes it, such as `hate/threatening`'
const category = z.string().regex(/^[A-Za-z0-9_./ -]{1,100}$/, categoryRule)
const shareRule = 'must be from 0 to 1'

const settings = z.strictObject({
  model: modelSetting.default('omni-moderation-latest').meta({
    description: 'Model of any provider that has `/moderations`.',
    examples: ['omni-moderation-latest', 'mistral/mistral-moderation-latest'],
  }),
  thresholds: z
    .record(category, z.number(shareRule).min(0, shareRule).max(1, shareRule))
    .default({})
    .meta({
      description: 'From which score on a category is a finding, 0 to 1. The others are when the provider says so.',
      examples: [{ violence: 0.8 }],
    }),
  categories: z
    .array(category)
    .min(1, 'must have at least 1 entry')
    .max(100, 'must have at most 100 entries')
    .optional()
    .meta({ description: 'The categories that count. Left out: all of them.' }),
  timeout_ms: timeoutSetting(5_000),
  max_chars: partSetting(10_000),
})

export type OpenaiModerationSettings = z.output<typeof settings>

/** The moderation endpoint of OpenAI, and of every provider that has the same. */
export const openaiModeration: RemoteType<OpenaiModerationSettings> = {
  type: 'openai_moderation',
  summary: 'Asks a moderation endpoint, such as the one of OpenAI, about hate, violence, self-harm and the like.',
  settings,
  hasSpans: false,
  roles: ['user', 'assistant', 'tool'],
  isRemote: true,
  create(chosen, services) {
    return {
      timeoutMs: chosen.timeout_ms,
      async check(question, signal) {
        const parts = partsOf(question.text, chosen.max_chars)
        const answer = await moderate(chosen, question, parts, services, signal)
        return resultsOf(answer, parts).flatMap(({ part, result }) => findingsOf(chosen, part, result))
      },
    }
  },
}

/** All parts in one request: the endpoint takes a list. What came before stands with the first, so no cut hides anything. */
async function moderate(
  { model, timeout_ms: timeoutMs }: OpenaiModerationSettings,
  question: RemoteQuestion,
  parts: readonly TextPart[],
  services: RemoteServices,
  signal: AbortSignal,
): Promise<JsonObject> {
  const texts = parts.map(({ start, end }, index) => {
    const text = question.text.slice(start, end)
    return index === 0 ? contextOf(question) + text : text
  })
  const body = { model, input: texts.length === 1 ? (texts[0] ?? '') : texts }
  try {
    return await unlessAborted(signal, () => services.moderate({ tenantId: question.tenantId, body, timeoutMs }))
  } catch (error) {
    throw unanswered('the moderation endpoint', error)
  }
}

const share = z.number().min(0).max(1)
const resultSchema = z.object({
  flagged: z.boolean().nullish(),
  /** null: not judged by this model. */
  categories: z.record(z.string(), z.boolean().nullable()),
  category_scores: z.record(z.string(), share.nullable()),
})
const answerSchema = z.object({ results: z.array(resultSchema) })
type Result = z.output<typeof resultSchema>

function resultsOf(
  answer: JsonObject,
  parts: readonly TextPart[],
): readonly { readonly part: TextPart; readonly result: Result }[] {
  const read = answerSchema.safeParse(answer)
  if (!read.success)
    throw new GuardrailError('the moderation endpoint did not answer with results of categories and scores')
  const { results } = read.data
  if (results.length !== parts.length)
    throw new GuardrailError(`the moderation endpoint gave ${results.length} results for ${parts.length} texts`)
  return parts.map((part, index) => ({ part, result: results[index] as Result }))
}

function findingsOf(chosen: OpenaiModerationSettings, part: TextPart, result: Result): readonly Finding[] {
  const { categories, thresholds } = chosen
  const judged = Object.keys(result.categories).filter((name) => result.categories[name] !== null)
  if (judged.length === 0) throw new GuardrailError('the moderation endpoint judged no category')
  const wanted = categories ?? [...new Set([...judged, ...Object.keys(thresholds)])]
  const findings = wanted.flatMap((name) => findingOf(name, chosen, part, result) ?? [])
  // Said for a reason that none of the categories shows: no reason to pass.
  const isUnexplained = result.flagged === true && !judged.some((name) => result.categories[name] === true)
  return isUnexplained && categories === undefined && findings.length === 0
    ? [findingAbout(part, 'moderation_flagged', 1)]
    : findings
}

function findingOf(
  name: string,
  { thresholds }: OpenaiModerationSettings,
  part: TextPart,
  result: Result,
): Finding | null {
  const isFlagged = Object.hasOwn(result.categories, name) ? result.categories[name] : undefined
  const score = Object.hasOwn(result.category_scores, name) ? result.category_scores[name] : undefined
  // A name that was set here is ours to repeat, one that the provider answered with is not.
  if (typeof isFlagged !== 'boolean' || typeof score !== 'number')
    throw new GuardrailError('the moderation endpoint left out a category that counts, or its score')
  const threshold = Object.hasOwn(thresholds, name) ? thresholds[name] : undefined
  const isFinding = threshold === undefined ? isFlagged : score >= threshold
  return isFinding ? findingAbout(part, `moderation_${categoryName(name) ?? 'other'}`, score) : null
}
