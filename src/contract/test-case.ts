import { z } from 'zod'
import type { JsonObject } from '../core/json.ts'

/** A test case of a prompt version (contract 3.5): what to fill in, and what must hold of the answer. */

const jsonObject = z.record(z.string(), z.unknown()) as unknown as z.ZodType<JsonObject>

const text = (description: string) => z.string().min(1, 'must not be empty').meta({ description })
const atMost = (description: string) => z.number().min(0, 'must be 0 or more').meta({ description })

const checkSchema = z.discriminatedUnion(
  'type',
  [
    z.strictObject({ type: z.literal('contains'), value: text('Text that the answer contains.') }),
    z.strictObject({ type: z.literal('not_contains'), value: text('Text that the answer does not contain.') }),
    z.strictObject({
      type: z.literal('equals'),
      value: z.string().meta({ description: 'The whole answer, without outer white space.' }),
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
      value: z.union([text('What to judge.'), jsonObject], 'must be a text or an object of settings'),
    }),
    z.strictObject({
      type: z.literal('webhook'),
      value: z.union([text('Address to ask.'), jsonObject], 'must be an address or an object of settings'),
    }),
  ],
  {
    error: (issue) =>
      issue.code === 'invalid_union'
        ? 'must be one of `contains`, `not_contains`, `equals`, `regex`, `json_schema`, `max_length`, `max_cost_usd`, `max_latency_ms`, `llm_judge`, `webhook`'
        : undefined,
  },
)

export const testCaseSchema = z
  .strictObject({
    name: z.string().min(1, 'must not be empty').max(200, 'must have at most 200 characters'),
    variables: jsonObject.optional().meta({ description: 'Values of the variables.' }),
    messages: z
      .array(z.looseObject({ role: z.string() }))
      .optional()
      .meta({ description: 'Messages of the request, after those of the template.' }),
    checks: z.array(checkSchema).max(100, 'must have at most 100 entries'),
  })
  .meta({ description: 'Run by `POST /admin/v1/prompts/{slug}/test`.' }) as unknown as z.ZodType<JsonObject>
