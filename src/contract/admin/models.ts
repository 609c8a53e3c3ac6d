import { z } from 'zod'
import { type ModelFacts, modelFactsSchema } from '../model-facts.ts'
import { notAModel } from '../names.ts'
import { defineEndpoint } from './endpoint.ts'
import { listOf, pageOf, pageQuery, queryText, removed } from './fields.ts'

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
  .refine((alias) => notAModel(alias) === null, 'must not begin like the name of a prompt or a chain')

const price = (what: string) => z.number().meta({ description: `US dollars for one million ${what}. 0: free.` })

const pricesSchema = z
  .strictObject({
    input_usd_per_million_tokens: price('input tokens'),
    output_usd_per_million_tokens: price('output tokens'),
    cache_read_usd_per_million_tokens: price('input tokens read from the provider’s cache').optional(),
    cache_write_usd_per_million_tokens: price('input tokens written to the provider’s cache').optional(),
    cache_write_one_hour_usd_per_million_tokens: price(
      'input tokens written to the provider’s cache to be kept for one hour; left out: twice the input price',
    ).optional(),
  })
  .meta({ id: 'Prices', description: 'A part that is left out is unknown, not free.' })

const { context_window, max_output_tokens, capabilities, sunset_at, successor } = modelFactsSchema.shape

const putModelBody = z
  .strictObject({
    aliases: listOf(modelAlias, 50, 'Further names for this model.').optional(),
    prices: pricesSchema.nullable().optional().meta({ description: 'Left out or null: the built-in prices hold.' }),
    context_window: context_window.nullable(),
    max_output_tokens: max_output_tokens.nullable(),
    capabilities: capabilities.nullable(),
    sunset_at: sunset_at.nullable(),
    successor: successor.nullable(),
  })
  .meta({
    id: 'PutModel',
    description:
      'Replaces what was said about the model before. A fact that is left out or null is not said here: what is built in holds.',
  })

/** Facts as they are shown: null is unknown. */
const factFields = {
  context_window: z.int().nullable().meta({ description: 'Tokens of request and answer together.' }),
  max_output_tokens: z.int().nullable().meta({ description: 'Tokens of one answer.' }),
  capabilities: capabilities.unwrap().nullable(),
  sunset_at: z.string().nullable().meta({ description: 'First day on which the provider no longer serves it.' }),
  successor: z.string().nullable().meta({ description: 'Model that answers instead from then on.' }),
}

/** What a body says of the facts of a model; null: nothing. */
export function factsOf(said: {
  readonly [Name in keyof ModelFacts]: ModelFacts[Name] | null
}): ModelFacts | null {
  const facts: ModelFacts = {
    ...(isSaid(said.context_window) ? { context_window: said.context_window } : {}),
    ...(isSaid(said.max_output_tokens) ? { max_output_tokens: said.max_output_tokens } : {}),
    ...(isSaid(said.capabilities) && Object.keys(said.capabilities).length > 0
      ? { capabilities: said.capabilities }
      : {}),
    ...(isSaid(said.sunset_at) ? { sunset_at: said.sunset_at } : {}),
    ...(isSaid(said.successor) ? { successor: said.successor } : {}),
  }
  return Object.keys(facts).length === 0 ? null : facts
}

function isSaid<Value>(value: Value | null | undefined): value is Value {
  return value !== null && value !== undefined
}

const modelAnswer = z
  .object({
    id: z.string(),
    provider: z.string(),
    model: z.string(),
    aliases: z.array(z.string()),
    prices: pricesSchema.nullable(),
    ...factFields,
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
  context_window: 128_000,
  max_output_tokens: 16_384,
  capabilities: { tools: true, vision: false },
  sunset_at: null,
  successor: null,
}

export const listModels = defineEndpoint({
  id: 'listModels',
  method: 'GET',
  path: '/models',
  group,
  summary: 'List what operators said about models',
  description:
    'Prices, aliases and facts on top of the built-in data. What holds of every model, built-in data included, is at `GET /admin/v1/known-models`; what clients may call is at `GET /v1/models`.',
  answer: z.object({ data: z.array(modelAnswer), next_cursor: z.null() }),
  example: { answer: { data: [modelExample], next_cursor: null } },
})

const knownModel = modelAnswer
  .extend({
    price_source: z
      .string()
      .nullable()
      .meta({ description: 'Whose prices they are: `genai-prices:…` built in, `operator:…` set here; null: unknown.' }),
  })
  .meta({ id: 'KnownModel' })
export type KnownModelAnswer = z.input<typeof knownModel>

export const listKnownModels = defineEndpoint({
  id: 'listKnownModels',
  method: 'GET',
  path: '/known-models',
  group,
  summary: 'List what is known of every model',
  description:
    'All models of the providers that are on, by id, with the prices and facts that hold now: the built-in data with what operators said over it, field by field. What is null is not known.',
  query: z.strictObject({
    provider: queryText.optional().meta({ description: 'Only models of this provider (its id).' }),
    q: queryText.optional().meta({ description: 'Only models that have this in their id or an alias.' }),
    ...pageQuery,
  }),
  answer: pageOf(knownModel),
  example: {
    query: { provider: 'openai', limit: '20' },
    answer: {
      data: [
        {
          id: 'openai/gpt-4o-mini',
          provider: 'openai',
          model: 'gpt-4o-mini',
          aliases: [],
          prices: {
            input_usd_per_million_tokens: 0.15,
            output_usd_per_million_tokens: 0.6,
            cache_read_usd_per_million_tokens: 0.075,
          },
          price_source: 'genai-prices:openai/gpt-4o-mini',
          context_window: 128_000,
          max_output_tokens: 16_384,
          capabilities: { tools: true, vision: true },
          sunset_at: null,
          successor: null,
        },
      ],
      next_cursor: null,
    },
  },
})

export const putModel = defineEndpoint({
  id: 'putModel',
  method: 'PUT',
  path: '/models/{id}',
  slashes: true,
  group,
  summary: 'Set prices, aliases and facts of a model',
  description:
    'Prices outside of what any model ever cost are refused: they are nearly always in the wrong unit. `successor` must name a model that could be called: of a known provider, or an alias.',
  parameters,
  body: putModelBody,
  answer: putModelAnswer,
  faults: ['conflict'],
  example: {
    path: { id: modelExample.id },
    body: {
      prices: modelExample.prices,
      aliases: modelExample.aliases,
      context_window: 128_000,
      max_output_tokens: 16_384,
      capabilities: { tools: true, vision: false },
    },
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
