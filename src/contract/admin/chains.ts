import { z } from 'zod'
import { type ChainBody, chainBodyShape, chainMetadataShape, chainSlugSchema, requireStorable } from '../chain-body.ts'
import { defineEndpoint } from './endpoint.ts'
import { instant, line, pageOf, pageQuery, queryBoolean, queryInteger, reason, warnings } from './fields.ts'
import { versionNumber } from './versions.ts'

const group = 'Chains'

const parameters = z.strictObject({ slug: chainSlugSchema })
const path = { slug: 'triage' }

const changeNote = line(1000).nullable().optional().meta({ description: 'What is new, for those who look back.' })

const createChainBody = z
  .strictObject({ slug: chainSlugSchema, ...chainMetadataShape, ...chainBodyShape, change_note: changeNote })
  .superRefine(requireStorable)
  .meta({ id: 'CreateChain' })

const putChainBody = z
  .strictObject({
    slug: chainSlugSchema.optional().meta({ description: 'May stand here too, and must then be that of the path.' }),
    ...chainMetadataShape,
    ...chainBodyShape,
    change_note: changeNote,
    activate: z
      .boolean()
      .optional()
      .meta({ description: '`false`: the version is stored, and served when it is activated. Left out: at once.' }),
  })
  .superRefine(requireStorable)
  .meta({ id: 'PutChain' })

const chainRow = z
  .object({
    slug: z.string(),
    name: z.string(),
    description: z.string().nullable(),
    active_version: z.int().meta({ description: 'What `chain:<slug>` means.' }),
    latest_version: z.int(),
    archived_at: instant.nullable(),
    created_at: instant,
    updated_at: instant,
  })
  .meta({ id: 'ChainRow' })
export type ChainRowAnswer = z.input<typeof chainRow>

const storedBody = z
  .looseObject({ steps: z.array(z.looseObject({})) })
  .meta({ description: 'Steps, output and budget as they were sent.' })

const chainAnswer = chainRow
  .extend({ body: storedBody.meta({ description: 'Of the active version.' }) })
  .meta({ id: 'Chain' })
export type ChainAnswer = z.input<typeof chainAnswer>

const savedChainAnswer = chainAnswer
  .extend({ version: z.int().meta({ description: 'The version that was made.' }), warnings })
  .meta({ id: 'SavedChain' })
export type SavedChainAnswer = z.input<typeof savedChainAnswer>

const chainVersionAnswer = z
  .object({
    chain: z.string().meta({ description: 'Slug of the chain.' }),
    version: z.int(),
    body: storedBody,
    change_note: z.string().nullable(),
    created_by: z.string(),
    created_at: instant,
  })
  .meta({ id: 'ChainVersion' })
export type ChainVersionAnswer = z.input<typeof chainVersionAnswer>

const bodyExample: ChainBody = {
  steps: [
    { name: 'classify', prompt: 'classify-request', variables: { text: '{{input.text}}' } },
    {
      name: 'reply',
      prompt: 'support-reply@production',
      variables: { question: '{{input.text}}', topic: '{{steps.classify.output}}' },
      fallback: { text: 'Thank you, somebody will write to you soon.' },
    },
  ],
  output: '{{steps.reply.output}}',
  budget: { usd: 0.05, ms: 20_000 },
}
const rowExample: ChainRowAnswer = {
  slug: 'triage',
  name: 'Triage',
  description: 'Finds out what it is about, then answers.',
  active_version: 1,
  latest_version: 1,
  archived_at: null,
  created_at: '2026-11-20T09:30:00.000Z',
  updated_at: '2026-11-20T09:30:00.000Z',
}
const chainExample: ChainAnswer = { ...rowExample, body: bodyExample }
const versionExample: ChainVersionAnswer = {
  chain: 'triage',
  version: 1,
  body: bodyExample,
  change_note: 'first',
  created_by: 'admin',
  created_at: '2026-11-20T09:30:00.000Z',
}
const metadataExample = { name: 'Triage', description: 'Finds out what it is about, then answers.' }

const checks =
  'Steps, mappings and conditions are checked, and chains that lead in a circle or lie too deep in each other are refused (409 `chain_cycle`, `chain_too_deep`). A prompt that is not there yet is only warned of.'

export const createChain = defineEndpoint({
  id: 'createChain',
  method: 'POST',
  path: '/chains',
  group,
  summary: 'Create a chain',
  description: `Several prompts in a row or side by side, called as one model: \`"model": "chain:triage"\`. Its first version is served at once. ${checks}`,
  body: createChainBody,
  status: 201,
  answer: savedChainAnswer,
  faults: ['conflict'],
  example: {
    body: { slug: 'triage', ...metadataExample, ...bodyExample, change_note: 'first' },
    answer: { ...chainExample, version: 1, warnings: [] },
  },
})

export const listChains = defineEndpoint({
  id: 'listChains',
  method: 'GET',
  path: '/chains',
  group,
  summary: 'List chains',
  description: 'By slug, without their steps. Only stored ones; those of `promptbox.yaml` are not shown.',
  query: z.strictObject({
    ...pageQuery,
    archived: queryBoolean.optional().meta({ description: '`true`: only archived ones. Left out: only live ones.' }),
  }),
  answer: pageOf(chainRow),
  example: { answer: { data: [rowExample], next_cursor: null } },
})

export const getChain = defineEndpoint({
  id: 'getChain',
  method: 'GET',
  path: '/chains/{slug}',
  group,
  summary: 'Get a chain',
  description: 'Archived ones too.',
  parameters,
  answer: chainAnswer,
  faults: ['not_found'],
  example: { path, answer: chainExample },
})

export const putChain = defineEndpoint({
  id: 'putChain',
  method: 'PUT',
  path: '/chains/{slug}',
  group,
  summary: 'Add a version to a chain',
  description: `Versions never change: this makes the next one, and serves it at once unless \`activate\` is false. Served by every replica within one second. ${checks}`,
  parameters,
  body: putChainBody,
  answer: savedChainAnswer,
  faults: ['not_found', 'conflict'],
  example: {
    path,
    body: { ...bodyExample, change_note: 'cheaper' },
    answer: { ...chainExample, active_version: 2, latest_version: 2, version: 2, warnings: [] },
  },
})

export const listChainVersions = defineEndpoint({
  id: 'listChainVersions',
  method: 'GET',
  path: '/chains/{slug}/versions',
  group,
  summary: 'List the versions of a chain',
  description: 'Newest first.',
  parameters,
  query: z.strictObject(pageQuery),
  answer: pageOf(chainVersionAnswer),
  faults: ['not_found'],
  example: { path, answer: { data: [versionExample], next_cursor: null } },
})

export const getChainVersion = defineEndpoint({
  id: 'getChainVersion',
  method: 'GET',
  path: '/chains/{slug}/versions/{version}',
  group,
  summary: 'Get a version of a chain',
  parameters: parameters.extend({
    version: queryInteger(1, 2_147_483_647).meta({ description: 'Number of the version.' }),
  }),
  answer: chainVersionAnswer,
  faults: ['not_found'],
  example: { path: { ...path, version: '1' }, answer: versionExample },
})

export const activateChain = defineEndpoint({
  id: 'activateChain',
  method: 'POST',
  path: '/chains/{slug}/activate',
  group,
  summary: 'Serve another version of a chain',
  description: 'Also an earlier one: this is how a chain is rolled back. Served by every replica within one second.',
  parameters,
  body: z
    .strictObject({
      version: versionNumber.meta({ description: 'The version `chain:<slug>` shall mean.' }),
      reason: reason.nullable().optional(),
    })
    .meta({ id: 'ActivateChain' }),
  answer: chainAnswer,
  faults: ['not_found', 'conflict'],
  example: { path, body: { version: 1, reason: 'the new one is too slow' }, answer: chainExample },
})

const why = z.strictObject({ reason: reason.nullable().optional() })

export const archiveChain = defineEndpoint({
  id: 'archiveChain',
  method: 'DELETE',
  path: '/chains/{slug}',
  group,
  summary: 'Archive a chain',
  description: 'Requests no longer find it; nothing is deleted. Its slug stays taken.',
  parameters,
  body: why.meta({ id: 'ArchiveChain' }),
  bodyOptional: true,
  answer: chainAnswer,
  faults: ['not_found'],
  example: { path, answer: { ...chainExample, archived_at: '2026-11-21T10:00:00.000Z' } },
})

export const restoreChain = defineEndpoint({
  id: 'restoreChain',
  method: 'POST',
  path: '/chains/{slug}/restore',
  group,
  summary: 'Restore an archived chain',
  parameters,
  body: why.meta({ id: 'RestoreChain' }),
  bodyOptional: true,
  answer: chainAnswer,
  faults: ['not_found', 'conflict'],
  example: { path, answer: chainExample },
})
