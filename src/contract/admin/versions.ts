import { z } from 'zod'
import { versionBodySchema } from '../version-body.ts'
import { outdatedDependents } from './dependents.ts'
import { defineEndpoint } from './endpoint.ts'
import { instant, pageOf, pageQuery, queryBoolean, queryInteger, warnings } from './fields.ts'
import { promptParameters } from './prompt-parameters.ts'
import { testRunAnswer } from './test-run.ts'

const group = 'Versions'
const largestVersion = 2_147_483_647

export const versionNumber = z.int('must be the number of a version, 1 or more').min(1).max(largestVersion)
const queryVersion = queryInteger(1, largestVersion)

/** A version as people name it, in every place where the API asks which one is meant. */
const selectorText = 'A number, `v3`, a semantic version, `latest`, or a label.'
const selector = z.string().min(1, 'must not be empty').max(128, 'must have at most 128 characters')
export const querySelector = selector.meta({ description: selectorText, examples: ['2'] })
export const versionSelector = z
  .union(
    [versionNumber, selector],
    'must be the number of a version, or one as a text such as `1.2.0`, `latest` or a label',
  )
  .meta({ description: selectorText })

const versionStatus = z.enum(['draft', 'in_review', 'approved', 'rejected'])

const versionRow = z
  .object({
    prompt: z.string().meta({ description: 'Slug of the prompt.' }),
    version: z.int(),
    status: versionStatus,
    semver: z.string().nullable(),
    hash: z.string().meta({ description: 'SHA-256 of the canonical JSON of the body as it is served, hex.' }),
    model: z.string(),
    parent_version: z.int().nullable(),
    change_note: z.string().nullable(),
    labels: z.array(z.string()).meta({ description: 'Labels that point here now.' }),
    created_by: z.string(),
    created_at: instant,
  })
  .meta({ id: 'VersionRow' })
export type VersionRowAnswer = z.input<typeof versionRow>

export const versionAnswer = versionRow
  .extend({
    body: z
      .looseObject({})
      .meta({ description: 'The version body as it was sent; it can be sent again as a new version.' }),
    served_body: z
      .looseObject({})
      .optional()
      .meta({ description: 'The body with its partials filled in, as requests get it; absent when it has none.' }),
    dependencies: z
      .array(z.object({ prompt: z.string(), selector: z.string(), version: z.int() }))
      .meta({ description: 'The partials in it, also those within partials, at the versions that were taken.' }),
    reviews: z
      .array(
        z.object({
          actor: z.string().meta({ description: 'Name of the key.' }),
          decision: z.enum(['approved', 'rejected']),
          reason: z.string().nullable(),
          at: instant,
        }),
      )
      .meta({ description: 'The decision of each reviewer since it was last submitted, oldest first.' }),
  })
  .meta({ id: 'Version' })
export type VersionAnswer = z.input<typeof versionAnswer>

export const versionBodyExample = {
  messages: [
    { role: 'system', content: 'You answer for {{company}}.' },
    { role: 'user', content: '{{question}}' },
  ],
  variables: {
    type: 'object',
    properties: { company: { type: 'string', default: 'Acme' }, question: { type: 'string' } },
    required: ['question'],
  },
  model: 'openai/gpt-4o-mini',
  parameters: { temperature: 0.2, max_tokens: 500 },
  change_note: 'first',
}

const versionRowExample: VersionRowAnswer = {
  prompt: 'support-reply',
  version: 2,
  status: 'draft',
  semver: null,
  hash: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  model: 'openai/gpt-4o-mini',
  parent_version: null,
  change_note: 'first',
  labels: [],
  created_by: 'admin',
  created_at: '2026-11-20T09:30:00.000Z',
}
export const versionExample: VersionAnswer = {
  ...versionRowExample,
  body: versionBodyExample,
  dependencies: [],
  reviews: [],
}
const path = { slug: 'support-reply' }

const unknownPrice = 'null: the price is unknown, or, for the most, the version sets no `max_tokens`.'
const dollars = z.number().nullable()

const modelEstimate = z
  .object({
    model: z.string(),
    input_tokens: z
      .int()
      .meta({ description: 'Of the text that is sent whatever the request: the defaults filled in, the rest empty.' }),
    tokens_source: z.enum(['tokenizer', 'estimated']).meta({
      description:
        '`tokenizer`: counted, exactly for models of OpenAI, nearly for others. `estimated`: told from the length.',
    }),
    context_limit: z.int().nullable().meta({ description: 'Tokens of request and answer together; null: unknown.' }),
    max_output_tokens: z
      .int()
      .nullable()
      .meta({ description: '`max_tokens` of the version, else what the model can do; null: unknown.' }),
    cost_usd_per_request: dollars.meta({ description: 'Of that text alone. null: the price is unknown.' }),
    cost_usd_per_thousand_requests: dollars,
    cost_usd_per_request_at_most: dollars.meta({
      description: `With an answer of \`max_tokens\`. ${unknownPrice}`,
    }),
    over_context: z.boolean().meta({ description: 'Text and longest answer do not fit into the context.' }),
  })
  .meta({ id: 'ModelEstimate' })
export type ModelEstimateAnswer = z.input<typeof modelEstimate>

export const estimates = z
  .array(modelEstimate)
  .meta({ description: 'Tokens and cost on the model and each fallback, as far as they can be told ahead.' })

export const estimateExample: ModelEstimateAnswer = {
  model: 'openai/gpt-4o-mini',
  input_tokens: 8,
  tokens_source: 'tokenizer',
  context_limit: 128_000,
  max_output_tokens: 500,
  cost_usd_per_request: 0.0000012,
  cost_usd_per_thousand_requests: 0.0012,
  cost_usd_per_request_at_most: 0.0003012,
  over_context: false,
}

const createdVersion = versionAnswer
  .extend({
    warnings,
    estimates,
    dependents_outdated: outdatedDependents,
    tests: testRunAnswer
      .nullable()
      .optional()
      .meta({ description: 'Only with `run_tests`. null: they were not run; `warnings` says why.' }),
  })
  .meta({ id: 'CreatedVersion' })
const createdExample: z.input<typeof createdVersion> = {
  ...versionExample,
  warnings: [],
  estimates: [estimateExample],
  dependents_outdated: [],
}

export const versionParameters = promptParameters.extend({
  version: queryVersion.meta({ description: 'Number of the version.' }),
})

export const addVersion = defineEndpoint({
  id: 'addVersion',
  method: 'POST',
  path: '/prompts/{slug}/versions',
  group,
  summary: 'Add a version',
  description:
    'Versions are immutable and numbered without gaps. The body is checked whole before anything is stored: templates, the schema of the variables, references. Its partials are filled in now and stay as they are. No label moves.',
  parameters: promptParameters,
  query: z.strictObject({
    run_tests: queryBoolean.optional().meta({
      description: 'Run the test cases of the new version and answer with what they found. They never prevent saving.',
    }),
  }),
  body: versionBodySchema,
  status: 201,
  answer: createdVersion,
  faults: ['not_found', 'conflict'],
  example: { path, body: versionBodyExample, answer: createdExample },
})

export const recomposeVersion = defineEndpoint({
  id: 'recomposeVersion',
  method: 'POST',
  path: '/prompts/{slug}/versions/{version}/recompose',
  group: 'Partials',
  summary: 'Make a version anew with its partials as they are now',
  description:
    'The new version has the same source; its change note says which partials moved. No label moves. 409 `nothing_to_recompose` when it would be the same.',
  parameters: versionParameters,
  body: z.strictObject({}),
  bodyOptional: true,
  status: 201,
  answer: createdVersion,
  faults: ['not_found', 'conflict'],
  example: {
    path: { ...path, version: '1' },
    answer: {
      ...createdExample,
      parent_version: 1,
      change_note: 'Composed version 1 anew: house-tone@production 1 → 2',
      body: { ...versionBodyExample, messages: [{ role: 'system', content: '{{> house-tone}}' }] },
      served_body: { ...versionBodyExample, messages: [{ role: 'system', content: 'You are warm and brief.' }] },
      dependencies: [{ prompt: 'house-tone', selector: 'production', version: 2 }],
    },
  },
})

export const listVersions = defineEndpoint({
  id: 'listVersions',
  method: 'GET',
  path: '/prompts/{slug}/versions',
  group,
  summary: 'List versions',
  description: 'Newest first, without their bodies.',
  parameters: promptParameters,
  query: z.strictObject({
    status: versionStatus.optional().meta({ description: 'Only versions with this status, such as `in_review`.' }),
    ...pageQuery,
  }),
  answer: pageOf(versionRow),
  faults: ['not_found'],
  example: { path, answer: { data: [versionRowExample], next_cursor: null } },
})

export const getVersion = defineEndpoint({
  id: 'getVersion',
  method: 'GET',
  path: '/prompts/{slug}/versions/{version}',
  group,
  summary: 'Get a version',
  parameters: promptParameters.extend({ version: querySelector }),
  answer: versionAnswer,
  faults: ['not_found'],
  example: { path: { ...path, version: '2' }, answer: versionExample },
})

export const estimateVersion = defineEndpoint({
  id: 'estimateVersion',
  method: 'GET',
  path: '/prompts/{slug}/versions/{version}/estimate',
  group,
  summary: 'Estimate tokens and cost',
  description:
    'Of the text a version sends whatever the request, on its model and each fallback. No call is made. Where a price depends on the length of the request, that of the shortest.',
  parameters: promptParameters.extend({ version: queryVersion.meta({ description: 'Number of the version.' }) }),
  answer: z.object({ prompt: z.string(), version: z.int(), estimates, warnings }).meta({ id: 'VersionEstimate' }),
  faults: ['not_found'],
  example: {
    path: { ...path, version: '2' },
    answer: { prompt: 'support-reply', version: 2, estimates: [estimateExample], warnings: [] },
  },
})
