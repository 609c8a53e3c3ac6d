import { z } from 'zod'
import { addressKind } from '../core/address.ts'
import type { JsonObject } from '../core/json.ts'
import { modelNameSchema } from '../contract/names.ts'

/** Settings that several guardrails which ask somebody else have in common. */

/** The longest that any of them may be waited for, milliseconds. */
const longestTimeoutMs = 60_000
const timeoutRule = `must be a whole number of milliseconds from 1 to ${longestTimeoutMs}`

/** How long may pass until the verdict is there. */
export function timeoutSetting(defaultMs: number): z.ZodDefault<z.ZodInt> {
  return z
    .int(timeoutRule)
    .min(1, timeoutRule)
    .max(longestTimeoutMs, timeoutRule)
    .default(defaultMs)
    .meta({ description: 'How long the verdict may take, milliseconds. Later is an error of the guardrail.' })
}

/** How long a text may be before it is judged in parts. */
export function partSetting(defaultChars: number): z.ZodDefault<z.ZodInt> {
  const rule = 'must be a whole number of characters from 500 to 100000'
  return z.int(rule).min(500, rule).max(100_000, rule).default(defaultChars).meta({
    description:
      'A longer text is judged in overlapping parts of at most so many characters, each a question of its own.',
  })
}

export const modelSetting = modelNameSchema.meta({
  description: 'Any model or route of this Promptbox.',
  examples: ['openai/gpt-4o-mini'],
})

/** What the guardrail says itself. Texts, tools or a second choice from elsewhere would make its question another one. */
const reserved: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'prompt',
  'prompt_id',
  'prompt_version',
  'prompt_label',
  'prompt_variables',
  'inputs',
  'variables',
  'metadata',
  'stream',
  'stream_options',
  'n',
  'tools',
  'tool_choice',
  'functions',
  'function_call',
])

export const parametersSetting = (z.record(z.string(), z.unknown()) as unknown as z.ZodType<JsonObject>)
  .superRefine((parameters, issues) => {
    for (const name of Object.keys(parameters)) {
      if (reserved.has(name))
        issues.addIssue({ code: 'custom', path: [name], message: 'must not be set here: the guardrail sets it itself' })
    }
  })
  .default({})
  .meta({
    description: 'Further parameters of the request to the model, such as `temperature` or `max_tokens`, as they are.',
  })

/** Where a webhook is. Whether private addresses may be called is for the operator to say, and decided when it is called. */
export const webhookUrlSetting = z
  .string()
  .max(2_000, 'must have at most 2000 characters')
  .superRefine((address, issues) => {
    const message = urlProblem(address)
    if (message !== null) issues.addIssue({ code: 'custom', message })
  })
  .meta({
    description: 'Address that is asked with POST. Whoever may read the guardrail sees it: put no secret in it.',
  })

function urlProblem(address: string): string | null {
  if (!URL.canParse(address)) return 'must be a whole URL, such as https://checks.example.com/text'
  const url = new URL(address)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'must begin with https:// or http://'
  if (url.username !== '' || url.password !== '')
    return 'must not hold a user name or password; sign the request with `secret` or `secret_env`'
  if (addressKind(url.hostname) === 'metadata')
    return `must not point to ${url.hostname}: link-local and metadata addresses are never called`
  return null
}
