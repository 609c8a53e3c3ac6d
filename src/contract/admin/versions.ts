import { z } from 'zod'
import { versionBodySchema } from '../version-body.ts'
import { defineEndpoint } from './endpoint.ts'
import { instant, pageOf, pageQuery, queryInteger, warnings } from './fields.ts'
import { promptParameters } from './prompt-parameters.ts'

const group = 'Versions'
const largestVersion = 2_147_483_647

export const versionNumber = z.int('must be the number of a version, 1 or more').min(1).max(largestVersion)
const queryVersion = queryInteger(1, largestVersion)

const versionStatus = z.enum(['draft', 'in_review', 'approved', 'rejected'])

const versionRow = z
  .object({
    prompt: z.string().meta({ description: 'Slug of the prompt.' }),
    version: z.int(),
    status: versionStatus,
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

export const versionAnswer = versionRow
  .extend({
    body: z
      .looseObject({})
      .meta({ description: 'The version body as it was sent; it can be sent again as a new version.' }),
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
export const versionExample: VersionAnswer = { ...versionRowExample, body: versionBodyExample, reviews: [] }
const path = { slug: 'support-reply' }

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
    'Versions are immutable and numbered without gaps. The body is checked whole before anything is stored: templates, the schema of the variables, references. No label moves.',
  parameters: promptParameters,
  body: versionBodySchema,
  status: 201,
  answer: versionAnswer.extend({ warnings }).meta({ id: 'CreatedVersion' }),
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
  parameters: versionParameters,
  answer: versionAnswer,
  faults: ['not_found'],
  example: { path: { ...path, version: '2' }, answer: versionExample },
})
