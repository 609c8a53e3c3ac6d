import { z } from 'zod'
import { addressKind } from '../core/address.ts'
import type { JsonObject } from '../core/json.ts'
import { modelNameSchema } from './names.ts'

/** A test case of a prompt version (contract 3.5): what to fill in, and what must hold of the answer. */

const jsonObject = z.record(z.string(), z.unknown()) as unknown as z.ZodType<JsonObject>

const longestText = 20_000
const text = (description: string) =>
  z
    .string()
    .min(1, 'must not be empty')
    .max(longestText, `must have at most ${longestText} characters`)
    .meta({ description })
const atMost = (description: string) => z.number().min(0, 'must be 0 or more').meta({ description })

const shareRule = 'must be from 0 to 1'

const criterion = text('What must hold of the answer, in words: `is polite and offers a refund`.')

const judgeSettings = z.strictObject({
  criterion,
  model: modelNameSchema.optional().meta({ description: 'Model that judges. Left out: the version’s own.' }),
  min_score: z
    .number(shareRule)
    .min(0, shareRule)
    .max(1, shareRule)
    .optional()
    .meta({ description: 'From this score on it passes, 0 to 1. Left out: 0.5.' }),
})

/** The longest that a webhook may take, milliseconds. */
export const longestWebhookMs = 60_000
const timeoutRule = `must be a whole number of milliseconds from 1 to ${longestWebhookMs}`

/** Only such variables can sign webhooks: a version is readable by every administrator, so no secret may lie in it. */
export const webhookSecretPattern = /^PROMPTBOX_WEBHOOK_[A-Z0-9_]{1,64}$/
const secretRule =
  'must name an environment variable of Promptbox that begins with `PROMPTBOX_WEBHOOK_`, such as `PROMPTBOX_WEBHOOK_SECRET`'

const webhookUrl = z
  .string()
  .max(2_000, 'must have at most 2000 characters')
  .superRefine((address, issues) => {
    const problem = webhookUrlProblem(address)
    if (problem !== null) issues.addIssue({ code: 'custom', message: problem })
  })
  .meta({ description: 'Address that is asked with POST.' })

const webhookSettings = z.strictObject({
  url: webhookUrl,
  timeout_ms: z
    .int(timeoutRule)
    .min(1, timeoutRule)
    .max(longestWebhookMs, timeoutRule)
    .optional()
    .meta({ description: 'How long it may take. Left out: 10000.' }),
  secret_env: z.string().regex(webhookSecretPattern, secretRule).optional().meta({
    description:
      'Environment variable of Promptbox that holds the secret to sign with. Left out: the request is not signed.',
  }),
})

const checkSchema = z.discriminatedUnion(
  'type',
  [
    z.strictObject({ type: z.literal('contains'), value: text('Text that the answer contains.') }),
    z.strictObject({ type: z.literal('not_contains'), value: text('Text that the answer does not contain.') }),
    z.strictObject({
      type: z.literal('equals'),
      value: z
        .string()
        .max(longestText, `must have at most ${longestText} characters`)
        .meta({ description: 'The whole answer, without outer white space.' }),
    }),
    z.strictObject({
      type: z.literal('regex'),
      value: text('Regular expression (RE2) that matches somewhere in the answer.'),
    }),
    z.strictObject({
      type: z.literal('json_schema'),
      value: jsonObject.meta({ description: 'JSON Schema that the answer, parsed, meets.' }),
    }),
    z.strictObject({ type: z.literal('max_length'), value: atMost('Most characters.') }),
    z.strictObject({ type: z.literal('max_cost_usd'), value: atMost('Most US dollars.') }),
    z.strictObject({ type: z.literal('max_latency_ms'), value: atMost('Most milliseconds.') }),
    z.strictObject({
      type: z.literal('llm_judge'),
      value: z.union([criterion, judgeSettings], 'must be a text or an object of settings'),
    }),
    z.strictObject({
      type: z.literal('webhook'),
      value: z.union([webhookUrl, webhookSettings], 'must be an address or an object of settings'),
    }),
  ],
  {
    error: (issue) =>
      issue.code === 'invalid_union'
        ? 'must be one of `contains`, `not_contains`, `equals`, `regex`, `json_schema`, `max_length`, `max_cost_usd`, `max_latency_ms`, `llm_judge`, `webhook`'
        : undefined,
  },
)

/** A test case on its own, as a request may bring one. */
export const wholeTestCase = z
  .strictObject({
    name: z.string().min(1, 'must not be empty').max(200, 'must have at most 200 characters'),
    variables: jsonObject.optional().meta({ description: 'Values of the variables.' }),
    messages: z
      .array(z.looseObject({ role: z.string() }))
      .max(1000, 'must have at most 1000 messages')
      .optional()
      .meta({ description: 'Messages of the request, after those of the template.' }),
    checks: z.array(checkSchema).max(100, 'must have at most 100 entries'),
  })
  .meta({ description: 'Run by `POST /admin/v1/prompts/{slug}/test`.' })

export type TestCase = z.output<typeof wholeTestCase>
export type Check = TestCase['checks'][number]
export type JudgeSettings = z.output<typeof judgeSettings>
export type WebhookSettings = z.output<typeof webhookSettings>

/** As a part of a version body, which is JSON. */
export const testCaseSchema = wholeTestCase as unknown as z.ZodType<JsonObject>

/** A test case out of a body, which the schema may have been stricter about since; null: this Promptbox cannot run it. */
export function readTestCase(value: JsonObject): TestCase | null {
  const read = wholeTestCase.safeParse(value)
  return read.success ? read.data : null
}

/** The text alone stands for settings with nothing else in them. */
export function judgeSettingsOf(value: string | JudgeSettings): JudgeSettings {
  return typeof value === 'string' ? { criterion: value } : value
}

/** The address alone stands for settings with nothing else in them. */
export function webhookSettingsOf(value: string | WebhookSettings): WebhookSettings {
  return typeof value === 'string' ? { url: value } : value
}

/** Whether private addresses may be called is for the operator to say, and decided when it is called. */
function webhookUrlProblem(address: string): string | null {
  if (!URL.canParse(address)) return 'must be a whole URL, such as https://checks.example.com/answer'
  const url = new URL(address)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'must begin with https:// or http://'
  if (url.username !== '' || url.password !== '')
    return 'must not hold a user name or password; sign the request with `secret_env`'
  if (addressKind(url.hostname) === 'metadata')
    return `must not point to ${url.hostname}: link-local and metadata addresses are never called`
  return null
}
