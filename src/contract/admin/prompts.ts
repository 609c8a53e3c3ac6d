import { z } from 'zod'
import { labelSchema, slugSchema, aliasSchema } from '../names.ts'
import { versionBodySchema } from '../version-body.ts'
import { defineEndpoint } from './endpoint.ts'
import { instant, line, listOf, mostTags, pageOf, pageQuery, queryBoolean, warnings } from './fields.ts'
import { promptFilterFields } from './prompt-filter.ts'
import { promptParameters } from './prompt-parameters.ts'
import { protectionAnswer } from './protection-answer.ts'
import { estimateExample, estimates, versionBodyExample } from './versions.ts'

const group = 'Prompts'

const nullableLine = (maxCharacters: number, description: string) =>
  line(maxCharacters).nullable().optional().meta({ description })
const shortItem = line(100)

/** What may be said about a prompt besides its versions. Absent: stays as it is; null: nothing. */
const metadataFields = {
  description: nullableLine(4000, 'What the prompt is for.'),
  category: nullableLine(200, 'One category, to filter by.'),
  use_case: nullableLine(200, 'What it is used for.'),
  domain: nullableLine(200, 'Field of knowledge.'),
  complexity: nullableLine(200, 'How hard the task is, in your own words.'),
  owner: nullableLine(200, 'Who answers for it: a person or a team.'),
  app_contexts: listOf(shortItem, 100, 'Where in your application it is used.').optional(),
  tags: listOf(shortItem, mostTags, 'Free tags, to search and filter by.').optional(),
  starters: listOf(line(1000), 50, 'Suggested first messages for a chat.').optional(),
  compliance_tags: listOf(shortItem, 100, 'Rules this prompt falls under.').optional(),
  aliases: listOf(aliasSchema, 50, 'Further names that resolve like the slug, such as an old `pmpt_…` id.').optional(),
}

const promptName = line(200).meta({ description: 'Name for people.' })

const createPromptBody = z
  .strictObject({
    slug: slugSchema.meta({ description: 'Name in model strings: `prompt:<slug>`. Never changes.' }),
    name: promptName,
    ...metadataFields,
    version: versionBodySchema.optional().meta({ description: 'First version, created together with the prompt.' }),
    labels: listOf(labelSchema, 50, 'Labels that point to the first version.').optional(),
  })
  .meta({ id: 'CreatePrompt' })

const changePromptBody = z
  .strictObject({ name: promptName.optional(), ...metadataFields })
  .refine((changes) => Object.keys(changes).length > 0, 'must name at least one field to change')
  .meta({ id: 'ChangePrompt', description: 'Fields that are absent stay as they are.' })

const duplicatePromptBody = z
  .strictObject({
    slug: slugSchema.optional().meta({
      description:
        'Slug of the copy; left out: that of the original with `-copy`, or the first of `-copy-2` and so on that is free.',
    }),
    name: promptName.optional().meta({ description: 'Name of the copy; left out: the name of the original.' }),
    version: z
      .int()
      .min(1)
      .optional()
      .meta({ description: 'Version to copy; left out: that of label `production`, else the latest.' }),
    labels: listOf(labelSchema, 50, 'Labels that point to the first version of the copy.').optional(),
  })
  .meta({ id: 'DuplicatePrompt' })

export const promptAnswer = z
  .object({
    slug: z.string(),
    name: z.string(),
    description: z.string().nullable(),
    category: z.string().nullable(),
    use_case: z.string().nullable(),
    domain: z.string().nullable(),
    complexity: z.string().nullable(),
    owner: z.string().nullable(),
    app_contexts: z.array(z.string()),
    tags: z.array(z.string()),
    starters: z.array(z.string()),
    compliance_tags: z.array(z.string()),
    aliases: z.array(z.string()),
    labels: z.record(z.string(), z.int()).meta({ description: 'Label to version number.' }),
    protections: z.record(z.string(), protectionAnswer).meta({ description: 'What each protected label asks for.' }),
    latest_version: z.int().nullable(),
    archived_at: instant.nullable(),
    created_at: instant,
    updated_at: instant,
  })
  .meta({ id: 'Prompt' })
export type PromptAnswer = z.input<typeof promptAnswer>

export const promptExample: PromptAnswer = {
  slug: 'support-reply',
  name: 'Support reply',
  description: 'Answers a customer in the voice of the company.',
  category: 'support',
  use_case: null,
  domain: null,
  complexity: null,
  owner: 'customer care',
  app_contexts: [],
  tags: ['customer'],
  starters: [],
  compliance_tags: [],
  aliases: [],
  labels: { production: 1 },
  protections: {},
  latest_version: 1,
  archived_at: null,
  created_at: '2026-11-20T09:30:00.000Z',
  updated_at: '2026-11-20T09:30:00.000Z',
}

const path = { slug: 'support-reply' }

export const createPrompt = defineEndpoint({
  id: 'createPrompt',
  method: 'POST',
  path: '/prompts',
  group,
  summary: 'Create a prompt',
  description:
    'With `version` and `labels` the first version and its labels are made in the same transaction: a broken version creates nothing.',
  body: createPromptBody,
  status: 201,
  answer: promptAnswer.extend({ warnings, estimates }).meta({ id: 'CreatedPrompt' }),
  faults: ['conflict'],
  example: {
    body: {
      slug: 'support-reply',
      name: 'Support reply',
      category: 'support',
      version: versionBodyExample,
      labels: ['production'],
    },
    answer: { ...promptExample, warnings: [], estimates: [estimateExample] },
  },
})

export const listPrompts = defineEndpoint({
  id: 'listPrompts',
  method: 'GET',
  path: '/prompts',
  group,
  summary: 'List and search prompts',
  query: z.strictObject({
    ...promptFilterFields,
    archived: queryBoolean.optional().meta({ description: '`true`: only archived ones; otherwise only live ones.' }),
    ...pageQuery,
  }),
  answer: pageOf(promptAnswer),
  example: { query: { category: 'support', limit: '20' }, answer: { data: [promptExample], next_cursor: null } },
})

export const getPrompt = defineEndpoint({
  id: 'getPrompt',
  method: 'GET',
  path: '/prompts/{slug}',
  group,
  summary: 'Get a prompt',
  description: 'Archived prompts are found too.',
  parameters: promptParameters,
  answer: promptAnswer,
  faults: ['not_found'],
  example: { path, answer: promptExample },
})

export const changePrompt = defineEndpoint({
  id: 'changePrompt',
  method: 'PATCH',
  path: '/prompts/{slug}',
  group,
  summary: 'Change what is said about a prompt',
  description: 'Metadata only: versions never change, and the slug stays. `null` takes a text away.',
  parameters: promptParameters,
  body: changePromptBody,
  answer: promptAnswer,
  faults: ['not_found', 'conflict'],
  example: { path, body: { category: 'support', tags: ['customer'] }, answer: promptExample },
})

export const archivePrompt = defineEndpoint({
  id: 'archivePrompt',
  method: 'POST',
  path: '/prompts/{slug}/archive',
  group,
  summary: 'Archive a prompt',
  description:
    'It is no longer served and no longer listed; nothing is lost, and `restore` brings it back. Archiving twice is no error. While a label is protected it is a 409 `label_protected`, and while an experiment or a rollout of it is under way, or paused, `experiment_running` or `rollout_running`.',
  parameters: promptParameters,
  body: z.strictObject({}),
  bodyOptional: true,
  answer: promptAnswer,
  faults: ['not_found', 'conflict'],
  example: { path, answer: { ...promptExample, archived_at: '2026-11-21T10:00:00.000Z' } },
})

export const restorePrompt = defineEndpoint({
  id: 'restorePrompt',
  method: 'POST',
  path: '/prompts/{slug}/restore',
  group,
  summary: 'Bring an archived prompt back',
  parameters: promptParameters,
  body: z.strictObject({}),
  bodyOptional: true,
  answer: promptAnswer,
  faults: ['not_found'],
  example: { path, answer: promptExample },
})

export const duplicatePrompt = defineEndpoint({
  id: 'duplicatePrompt',
  method: 'POST',
  path: '/prompts/{slug}/duplicate',
  group,
  summary: 'Copy a prompt under a new slug',
  description: 'Copies the metadata (without aliases) and one version, which becomes version 1 of the copy.',
  parameters: promptParameters,
  body: duplicatePromptBody,
  bodyOptional: true,
  status: 201,
  answer: promptAnswer,
  faults: ['not_found', 'conflict'],
  example: {
    path,
    body: { slug: 'support-reply-formal', name: 'Support reply, formal' },
    answer: { ...promptExample, slug: 'support-reply-formal', name: 'Support reply, formal', labels: {} },
  },
})

export const purgeCache = defineEndpoint({
  id: 'purgeCache',
  method: 'POST',
  path: '/prompts/{slug}/cache/purge',
  group,
  summary: 'Forget the cached answers of a prompt',
  description:
    'Of all its versions. The next request of each kind is answered by its model again. A new version or a moved label needs no purge: an answer is only ever served again for the very version that gave it.',
  parameters: promptParameters,
  body: z.strictObject({}),
  bodyOptional: true,
  writes: false,
  answer: z
    .object({ purged: z.int().meta({ description: 'How many answers were forgotten.' }) })
    .meta({ id: 'PurgedCache' }),
  faults: ['not_found'],
  example: { path, answer: { purged: 12 } },
})

const timelineRow = z
  .object({
    at: instant,
    actor: z
      .string()
      .meta({ description: 'Name of the key that did it, `admin` for the super-admin key, `seed`, or `file`.' }),
    event: z.enum([
      'prompt_created',
      'prompt_changed',
      'prompt_archived',
      'prompt_restored',
      'version_created',
      'label_set',
      'label_removed',
      'label_rolled_back',
      'label_protected',
      'label_unprotected',
      'version_submitted',
      'version_approved',
      'version_rejected',
    ]),
    label: z.string().optional(),
    from: z.int().optional().meta({ description: 'Version the label pointed to before.' }),
    to: z.int().optional().meta({ description: 'Version the label points to from then on.' }),
    version: z.int().optional(),
    reason: z.string().optional(),
  })
  .meta({ id: 'TimelineRow' })
export type TimelineRowAnswer = z.input<typeof timelineRow>

export const getTimeline = defineEndpoint({
  id: 'getTimeline',
  method: 'GET',
  path: '/prompts/{slug}/timeline',
  group,
  summary: 'Who did what, when and why',
  description: 'Versions, reviews, label moves and changes of one prompt, oldest first.',
  parameters: promptParameters,
  query: z.strictObject(pageQuery),
  answer: pageOf(timelineRow),
  faults: ['not_found'],
  example: {
    path,
    answer: {
      data: [
        { at: '2026-11-20T09:30:00.000Z', actor: 'admin', event: 'version_created', version: 1, reason: 'first' },
        { at: '2026-11-20T09:30:00.000Z', actor: 'admin', event: 'label_set', label: 'production', to: 1 },
      ],
      next_cursor: null,
    },
  },
})
