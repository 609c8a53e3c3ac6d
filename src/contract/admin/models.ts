import { z } from 'zod'
import { defineEndpoint } from './endpoint.ts'
import { listOf, removed } from './fields.ts'

const group = 'Models'

const modelId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,63}\/[\x21-\x7e]{1,255}$/, 'must be `<provider>/<model>`, such as `openai/gpt-4o-mini`')
const parameters = z.strictObject({
  id: modelId.meta({
    description: '`<provider>/<model>`; the slash may be written as it is.',
    examples: ['openai/gpt-4o-mini'],
  }),
})
const modelAlias = z
  .string()
  .regex(
    /^[A-Za-z0-9][\x21-\x7e]{0,199}$/,
    'must be 1 to 200 visible ASCII characters and begin with a letter or digit',
  )
  .refine((alias) => !/^(prompt|@prompt)[:/]/i.test(alias), 'must not begin like the name of a prompt')

const price = (what: string) => z.number().meta({ description: `US dollars for one million ${what}. 0: free.` })

const pricesSchema = z
  .strictObject({
    input_usd_per_million_tokens: price('input tokens'),
    output_usd_per_million_tokens: price('output tokens'),
    cache_read_usd_per_million_tokens: price('input tokens read from the provider’s cache').optional(),
    cache_write_usd_per_million_tokens: price('input tokens written to the provider’s cache').optional(),
  })
  .meta({ id: 'Prices', description: 'A part that is left out is unknown, not free.' })

const putModelBody = z
  .strictObject({
    aliases: listOf(modelAlias, 50, 'Further names for this model.').optional(),
    prices: pricesSchema.nullable().optional().meta({ description: 'Left out or null: the built-in prices hold.' }),
  })
  .meta({ id: 'PutModel', description: 'Replaces what was said about the model before.' })

const modelAnswer = z
  .object({
    id: z.string(),
    provider: z.string(),
    model: z.string(),
    aliases: z.array(z.string()),
    prices: pricesSchema.nullable(),
  })
  .meta({ id: 'Model' })
export type ModelAnswer = z.input<typeof modelAnswer>

const sampleBill = z
  .object({
    input_tokens: z.int(),
    output_tokens: z.int(),
    cost_usd: z.number().nullable().meta({ description: 'null: no price is known.' }),
    price_source: z.string().nullable(),
  })
  .meta({
    id: 'SampleBill',
    description: 'What one answer of this size costs now. A price in the wrong unit shows here at once.',
  })

const putModelAnswer = modelAnswer.extend({ sample_bill: sampleBill }).meta({ id: 'PutModelAnswer' })
export type PutModelAnswer = z.input<typeof putModelAnswer>

const modelExample: ModelAnswer = {
  id: 'openai/my-finetune',
  provider: 'openai',
  model: 'my-finetune',
  aliases: ['finetune'],
  prices: { input_usd_per_million_tokens: 0.3, output_usd_per_million_tokens: 1.2 },
}

export const listModels = defineEndpoint({
  id: 'listModels',
  method: 'GET',
  path: '/models',
  group,
  summary: 'List what operators said about models',
  description: 'Prices and aliases on top of the built-in data. What clients may call is at `GET /v1/models`.',
  answer: z.object({ data: z.array(modelAnswer), next_cursor: z.null() }),
  example: { answer: { data: [modelExample], next_cursor: null } },
})

export const putModel = defineEndpoint({
  id: 'putModel',
  method: 'PUT',
  path: '/models/{id}',
  slashes: true,
  group,
  summary: 'Set prices and aliases of a model',
  description: 'Prices outside of what any model ever cost are refused: they are nearly always in the wrong unit.',
  parameters,
  body: putModelBody,
  answer: putModelAnswer,
  faults: ['conflict'],
  example: {
    path: { id: modelExample.id },
    body: { prices: modelExample.prices, aliases: modelExample.aliases },
    answer: {
      ...modelExample,
      sample_bill: {
        input_tokens: 1000,
        output_tokens: 500,
        cost_usd: 0.0009,
        price_source: 'operator:openai/my-finetune',
      },
    },
  },
})

export const removeModel = defineEndpoint({
  id: 'removeModel',
  method: 'DELETE',
  path: '/models/{id}',
  slashes: true,
  group,
  summary: 'Forget what operators said about a model',
  description: 'The built-in data holds again.',
  parameters,
  answer: removed,
  faults: ['not_found'],
  example: { path: { id: modelExample.id }, answer: { id: modelExample.id, deleted: true } },
})
