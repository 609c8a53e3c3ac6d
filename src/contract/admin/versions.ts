import { z } from 'zod'
import { versionBodySchema } from '../version-body.ts'
import { defineEndpoint } from './endpoint.ts'
import { instant, pageOf, pageQuery, queryBoolean, queryInteger, warnings } from './fields.ts'
import { promptParameters } from './prompt-parameters.ts'
import { testRunAnswer } from './test-run.ts'

const group = 'Versions'
const largestVersion = 2_147_483_647

export const versionNumber = z.int('must be the number of a version, 1 or more').min(1).max(largestVersion)
const queryVersion = queryInteger(1, largestVersion)

const versionRow = z
  .object({
    prompt: z.string().meta({ description: 'Slug of the prompt.' }),
    version: z.int(),
    status: z.enum(['draft', 'in_review', 'approved', 'rejected']),
    semver: z.string().nullable(),
    hash: z.string().meta({ description: 'SHA-256 of the canonical JSON of the body, hex.' }),
    model: z.string(),
    parent_version: z.int().nullable(),
    change_note: z.string().nullable(),
    labels: z.array(z.string()).meta({ description: 'Labels that point here now.' }),
    created_by: z.string(),
    created_at: instant,
  })
  .meta({ id: 'VersionRow' })
export type VersionRowAnswer = z.input<typeof versionRow>

const versionAnswer = versionRow
  .extend({
    body: z
      .looseObject({})
      .meta({ description: 'The version body as it was sent; it can be sent again as a new version.' }),
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
const versionExample: VersionAnswer = { ...versionRowExample, body: versionBodyExample }
const path = { slug: 'support-reply' }

export const addVersion = defineEndpoint({
  id: 'addVersion',
  method: 'POST',
  path: '/prompts/{slug}/versions',
  group,
  summary: 'Add a version',
  description:
    'Versions are immutable and numbered without gaps. The body is checked whole before anything is stored: templates, the schema of the variables, references. No label moves.',
  parameters: promptParameters,
  query: z.strictObject({
    run_tests: queryBoolean.optional().meta({
      description: 'Run the test cases of the new version and answer with what they found. They never prevent saving.',
    }),
  }),
  body: versionBodySchema,
  status: 201,
  answer: versionAnswer
    .extend({
      warnings,
      tests: testRunAnswer
        .nullable()
        .optional()
        .meta({ description: 'Only with `run_tests`. null: they were not run; `warnings` says why.' }),
    })
    .meta({ id: 'CreatedVersion' }),
  faults: ['not_found', 'conflict'],
  example: { path, body: versionBodyExample, answer: { ...versionExample, warnings: [] } },
})

export const listVersions = defineEndpoint({
  id: 'listVersions',
  method: 'GET',
  path: '/prompts/{slug}/versions',
  group,
  summary: 'List versions',
  description: 'Newest first, without their bodies.',
  parameters: promptParameters,
  query: z.strictObject(pageQuery),
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
  parameters: promptParameters.extend({ version: queryVersion.meta({ description: 'Number of the version.' }) }),
  answer: versionAnswer,
  faults: ['not_found'],
  example: { path: { ...path, version: '2' }, answer: versionExample },
})
