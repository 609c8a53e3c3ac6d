import { z } from 'zod'
import { isStorableMoment } from '../../core/moment.ts'
import { operations } from '../../core/operation.ts'
import { guardrailSlugSchema } from '../guardrail-body.ts'
import { defineEndpoint } from './endpoint.ts'
import { exchangeAssignment, noAssignment } from './exchange-assignment.ts'
import { instant, momentRule, pageOf, pageQuery, queryBoolean, queryInteger, queryText } from './fields.ts'
import { guardrailResult, guardrailVerdict } from './guardrail-result.ts'

const group = 'Exchanges'

const cache = z.enum(['hit', 'miss', 'off'])
const outcome = z.enum(['ok', 'error', 'blocked', 'client_closed', 'incomplete'])
const outputCheck = z.enum(['ok', 'repaired', 'mismatch'])
const text = z.string().nullable()
const count = z.int().nullable()
const usd = z.number()

const costParts = z
  .object({ input_usd: usd, cache_read_usd: usd, cache_write_usd: usd, output_usd: usd, reasoning_usd: usd })
  .meta({ id: 'CostParts', description: 'Parts of `cost_usd`; they add up to it.' })

const attempt = z
  .object({
    provider: z.string(),
    model: z.string(),
    started_at: instant,
    duration_ms: z.number(),
    http_status: count.meta({ description: 'null: no answer arrived.' }),
    error_type: text.meta({ description: 'null: it succeeded.' }),
    error_message: text,
    upstream_request_id: text,
    credential: text.meta({
      description: 'Name of the provider’s credential it was made with; null: none was needed, or it is not known.',
    }),
    step: z
      .string()
      .optional()
      .meta({ description: 'Of a chain: the step this call was made for. The next six stand beside it.' }),
    prompt: text.optional(),
    prompt_version: count.optional(),
    input_tokens: count.optional(),
    output_tokens: count.optional(),
    cost_usd: usd.nullable().optional(),
    output_check: outputCheck
      .nullable()
      .optional()
      .meta({ description: 'What checking the answer of the step found, beside the call that gave it.' }),
  })
  .meta({ id: 'Attempt' })

const exchangeFields = {
  request_id: z.string(),
  created_at: instant,
  operation: z.string(),
  outcome,
  error_type: text,
  error_message: text,
  http_status: z.int(),
  stream: z.boolean(),
  prompt: text,
  prompt_version: count,
  label: text,
  experiment: text,
  variant: text,
  ...exchangeAssignment,
  chain: text.meta({ description: 'The chain that was called; null: none.' }),
  chain_version: count,
  output_check: outputCheck
    .nullable()
    .meta({ description: 'What checking the answer against the version found; null: nothing was to be checked.' }),
  request_model: z.string(),
  response_model: text,
  provider: text,
  response_id: text,
  upstream_request_id: text,
  finish_reasons: z.array(z.string()),
  input_tokens: count.meta({ description: 'All input tokens, cached ones included.' }),
  output_tokens: count.meta({ description: 'All output tokens, reasoning included.' }),
  cache_read_input_tokens: count,
  cache_creation_input_tokens: count,
  reasoning_output_tokens: count,
  saved_input_tokens: count.meta({
    description: 'Input tokens that compression took out of the prompt; null: it was off.',
  }),
  usage_source: z.enum(['provider', 'estimated']).nullable(),
  cost_usd: usd.nullable().meta({ description: 'null: the price is unknown. Never 0 for unknown.' }),
  cost: costParts.nullable(),
  price_source: text,
  duration_ms: z.number(),
  time_to_first_chunk_ms: z.number().nullable(),
  key_id: text,
  app_name: text,
  user_id: text,
  session_id: text,
  environment: text,
  locale: text,
  metadata: z.record(z.string(), z.string()),
  cache,
  guardrails: z.string().meta({
    description: 'As in the answer’s `x-promptbox-guardrails`: `pass`, or `redacted:a,b;flagged:c`.',
  }),
  warnings: z.array(z.string()),
  snapshot_version: z.string(),
}

const exchangeRow = z
  .object({ ...exchangeFields, attempts: z.int().meta({ description: 'How many calls were made.' }) })
  .meta({ id: 'ExchangeRow' })
export type ExchangeRowAnswer = z.input<typeof exchangeRow>

const bodies = z
  .object({
    request: z.unknown().meta({ description: 'What the client sent.' }),
    rendered: z
      .unknown()
      .meta({ description: 'What went to the provider when a prompt was expanded, else null: it is the request.' }),
    response: z.unknown().meta({ description: 'The answer, put together when it was streamed; null: there was none.' }),
    truncated: z.boolean().meta({ description: 'At least one body was longer than is kept.' }),
  })
  .meta({ id: 'RecordedBodies', description: 'JSON as it was; a text when it was cut or was no JSON.' })

const exchangeFeedback = z
  .object({
    name: z.string(),
    source: z.string().meta({ description: 'Who says it: `client`, a source that was given, `judge`.' }),
    value: z.union([z.number(), z.boolean(), z.string()]),
    comment: text,
    at: instant.meta({ description: 'When it was reported.' }),
  })
  .meta({ id: 'ExchangeFeedback' })

const wholeExchange = z
  .object({
    ...exchangeFields,
    attempts: z.array(attempt),
    guardrail_results: z.array(guardrailResult).meta({
      description: 'Each guardrail that looked, by stage; empty: none applied.',
    }),
    feedback: z.array(exchangeFeedback).meta({ description: 'By name and source; empty: nobody said anything.' }),
    bodies: bodies.nullable().meta({ description: 'null: bodies were not kept.' }),
  })
  .meta({ id: 'Exchange' })
export type WholeExchangeAnswer = z.input<typeof wholeExchange>

const rowExample: ExchangeRowAnswer = {
  request_id: '0198c0de-7a3b-7cc1-9f52-3d5a1f3d2b10',
  created_at: '2026-11-20T09:30:00.000Z',
  operation: 'chat',
  outcome: 'ok',
  error_type: null,
  error_message: null,
  http_status: 200,
  stream: false,
  prompt: 'support-reply',
  prompt_version: 1,
  label: 'production',
  experiment: null,
  variant: null,
  ...noAssignment,
  chain: null,
  chain_version: null,
  output_check: null,
  request_model: 'prompt:support-reply',
  response_model: 'gpt-4o-mini-2024-07-18',
  provider: 'openai',
  response_id: 'chatcmpl-1',
  upstream_request_id: 'req_1',
  finish_reasons: ['stop'],
  input_tokens: 42,
  output_tokens: 17,
  cache_read_input_tokens: 0,
  cache_creation_input_tokens: 0,
  reasoning_output_tokens: 0,
  saved_input_tokens: null,
  usage_source: 'provider',
  cost_usd: 0.0000165,
  cost: { input_usd: 0.0000063, cache_read_usd: 0, cache_write_usd: 0, output_usd: 0.0000102, reasoning_usd: 0 },
  price_source: 'genai-prices:openai/gpt-4o-mini',
  duration_ms: 812.4,
  time_to_first_chunk_ms: 640.1,
  key_id: '0198c0de-0000-7cc1-9f52-3d5a1f3d2b10',
  app_name: 'checkout service',
  user_id: null,
  session_id: null,
  environment: null,
  locale: null,
  metadata: { ticket: '81' },
  cache: 'off',
  guardrails: 'flagged:pii-basic',
  warnings: [],
  snapshot_version: '17',
  attempts: 1,
}

const wholeExample: WholeExchangeAnswer = {
  ...rowExample,
  attempts: [
    {
      provider: 'openai',
      model: 'gpt-4o-mini',
      started_at: '2026-11-20T09:30:00.001Z',
      duration_ms: 811,
      http_status: 200,
      error_type: null,
      error_message: null,
      upstream_request_id: 'req_1',
      credential: 'default',
    },
  ],
  guardrail_results: [
    {
      guardrail: 'pii-basic',
      type: 'pii',
      stage: 'input',
      verdict: 'flag',
      mode: 'enforce',
      severity: 'warning',
      findings: [{ kind: 'email', start: 9, end: 24, score: 0.99, place: '0/user' }],
      finding_count: 1,
      took_ms: 0.04,
    },
  ],
  feedback: [{ name: 'rating', source: 'client', value: 4, comment: 'Friendly.', at: '2026-11-20T09:41:12.000Z' }],
  bodies: {
    request: { model: 'prompt:support-reply', prompt_variables: { question: 'Where is my parcel?' } },
    rendered: { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Where is my parcel?' }] },
    response: { object: 'chat.completion', choices: [] },
    truncated: false,
  },
}

export const moment = z
  .union(
    [instant, z.iso.date()],
    'must be a time such as `2026-11-20T09:30:00Z`, or a date such as `2026-11-20` (its midnight in UTC)',
  )
  .refine((text) => isStorableMoment(Date.parse(text)), momentRule)
const exact = (what: string) => queryText.optional().meta({ description: `Only exchanges ${what}.` })

export const metadataFilter = z.record(z.string().min(1).max(128), z.string().max(512))

export const listExchanges = defineEndpoint({
  id: 'listExchanges',
  method: 'GET',
  path: '/exchanges',
  group,
  summary: 'List exchanges',
  description: 'Newest first. All filters must fit. Bodies are only in the single view.',
  query: z.strictObject({
    prompt: exact('of this prompt (slug)'),
    prompt_version: queryInteger(1, 2_147_483_647).optional().meta({ description: 'Only exchanges of this version.' }),
    label: exact('whose version was found by this label'),
    experiment: exact('of this experiment or rollout (slug)'),
    variant: exact('that were served this variant'),
    chain: exact('of this chain (slug)'),
    outcome: outcome.optional(),
    operation: z.enum(operations).optional().meta({ description: 'Only exchanges of this kind of endpoint.' }),
    cache: cache.optional().meta({ description: 'Only answers that came from the response cache, or did not.' }),
    output_check: outputCheck.optional().meta({
      description: 'Only answers that were checked against their version, with this result.',
    }),
    error_type: exact('that ended with this error'),
    guardrail: guardrailSlugSchema.optional().meta({
      description: 'Only exchanges in which this guardrail said something other than `pass`, outside of shadow mode.',
    }),
    guardrail_verdict: guardrailVerdict.optional().meta({
      description: 'Only exchanges in which this was said, by that guardrail or by any; `pass`: none said anything.',
    }),
    provider: exact('answered by this provider'),
    model: exact('that asked for this model or were answered by it'),
    app_name: exact('of this app'),
    user_id: exact('of this user'),
    session_id: exact('of this session'),
    key_id: exact('made with this key (its id)'),
    environment: exact('of this environment'),
    locale: exact('that asked for this language'),
    stream: queryBoolean.optional().meta({ description: 'Only streamed ones, or only the others.' }),
    metadata: metadataFilter
      .optional()
      .meta({ description: 'Pairs that must all be there: `metadata.ticket=81`, or `metadata[ticket]=81`.' }),
    from: moment.optional().meta({ description: 'Created then or later.' }),
    until: moment.optional().meta({ description: 'Created before.' }),
    ...pageQuery,
  }),
  answer: pageOf(exchangeRow),
  example: {
    query: { prompt: 'support-reply', outcome: 'error', limit: '20' },
    answer: { data: [rowExample], next_cursor: null },
  },
})

export const requestIdParameters = z.strictObject({
  request_id: z
    .string()
    .regex(
      /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i,
      'must be a request id: the UUIDv7 of the answer’s `x-request-id`',
    )
    .meta({ description: '`x-request-id` of the answer.' }),
})

export const getExchange = defineEndpoint({
  id: 'getExchange',
  method: 'GET',
  path: '/exchanges/{request_id}',
  group,
  summary: 'Get one exchange whole',
  description:
    'With its attempts, the parts of its cost, what guardrails said, what was said of it, and its bodies. The id is the answer’s `x-request-id`.',
  parameters: requestIdParameters,
  answer: wholeExchange,
  faults: ['not_found'],
  example: { path: { request_id: rowExample.request_id }, answer: wholeExample },
})
