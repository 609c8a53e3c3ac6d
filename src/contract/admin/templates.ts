import { z } from 'zod'
import { aliasSchema } from '../names.ts'
import {
  complexities,
  recommendedModelsSchema,
  recommendedSettingsSchema,
  templateExampleSchema,
  templateSlugSchema,
} from '../template.ts'
import { versionBodySchema } from '../version-body.ts'
import { defineEndpoint } from './endpoint.ts'
import { line, listOf, pageOf, pageQuery, queryBoolean, queryText, warnings } from './fields.ts'
import {
  rowExample,
  templateAnswer,
  templateExample,
  templateGroup as group,
  templateParameters,
  templateRow,
  whoseQuery,
} from './template-answer.ts'
import { versionBodyExample, versionNumber } from './versions.ts'

const nullableLine = (maxCharacters: number, description: string) =>
  line(maxCharacters).nullable().optional().meta({ description })

const texts = {
  description: nullableLine(4000, 'What the template is for, and when to take it.'),
  use_case: nullableLine(200, 'What it is used for.'),
  domain: nullableLine(200, 'Field of knowledge.'),
  complexity: z.enum(complexities).nullable().optional().meta({ description: 'How hard the task is for a model.' }),
  tags: listOf(line(100), 100, 'Free tags, to search and filter by.').optional(),
  recommended_models: recommendedModelsSchema.optional(),
  recommended_settings: recommendedSettingsSchema.optional(),
  example: templateExampleSchema.nullable().optional(),
}
const name = line(200).meta({ description: 'Name for people.' })
const category = line(200).meta({ description: 'The one category it is found under, such as `support`.' })

const createTemplateBody = z
  .strictObject({
    slug: templateSlugSchema,
    name: name.optional().meta({ description: 'Name for people. Left out: that of the prompt it is made from.' }),
    category: category.optional().meta({ description: 'Left out: that of the prompt it is made from.' }),
    ...texts,
    from_prompt: aliasSchema.optional().meta({
      description: 'Slug or alias of the prompt it is made from: what is not given is taken over from there.',
    }),
    version: z
      .union(
        [versionBodySchema, versionNumber],
        'must be a version body, or beside `from_prompt` the number of a version',
      )
      .optional()
      .meta({
        description:
          'The version that forks begin with. Beside `from_prompt` the number of one of its versions; left out there: that of label `production`, else the latest.',
      }),
  })
  .superRefine((body, issues) => {
    const note = (path: string, message: string): void => issues.addIssue({ code: 'custom', path: [path], message })
    const { from_prompt: from, version } = body
    if (from !== undefined && typeof version === 'object')
      note('version', 'must be the number of a version beside `from_prompt`; give one of the two')
    if (from === undefined && typeof version === 'number')
      note('version', 'must be a whole version body; a number needs `from_prompt` beside it')
    if (from !== undefined) return
    if (version === undefined) note('version', 'is missing; give a version body, or `from_prompt`')
    if (body.name === undefined) note('name', 'is missing; it is required')
    if (body.category === undefined) note('category', 'is missing; give one, so that the template is found')
  })
  .meta({ id: 'CreateTemplate' })

const changeTemplateBody = z
  .strictObject({
    name: name.optional(),
    category: category.optional(),
    ...texts,
    version: versionBodySchema.optional().meta({ description: 'Replaces the whole version; forks made before stay.' }),
  })
  .refine((changes) => Object.keys(changes).length > 0, 'must name at least one field to change')
  .meta({ id: 'ChangeTemplate', description: 'Fields that are absent stay as they are.' })

/** Templates are no part of what requests see, so nothing waits until a change of one is served. */
const path = { slug: 'refund-reply' }

export const createTemplate = defineEndpoint({
  id: 'createTemplate',
  method: 'POST',
  path: '/templates',
  writes: false,
  group,
  summary: 'Create a template',
  description: 'From a version body, or from a prompt you have. It is private until it is shared.',
  body: createTemplateBody,
  status: 201,
  answer: templateAnswer.extend({ warnings }).meta({ id: 'CreatedTemplate' }),
  faults: ['not_found', 'conflict'],
  example: {
    body: {
      slug: 'refund-reply',
      name: 'Refund reply',
      category: 'support',
      complexity: 'low',
      version: versionBodyExample,
    },
    answer: { ...templateExample, warnings: [] },
  },
})

export const listTemplates = defineEndpoint({
  id: 'listTemplates',
  method: 'GET',
  path: '/templates',
  group,
  summary: 'List and search templates',
  description:
    'The built-in ones, your own, and those that other tenants share. All filters must fit. Without the versions: those are in the single view.',
  query: z.strictObject({
    q: queryText.optional().meta({ description: 'Full-text search over slug, name, description and tags.' }),
    category: queryText.optional().meta({ description: 'Only this category.' }),
    tag: queryText.optional().meta({ description: 'Only templates with this tag.' }),
    use_case: queryText.optional().meta({ description: 'Only this use case.' }),
    complexity: z.enum(complexities).optional().meta({ description: 'Only this complexity.' }),
    source: z
      .enum(['built-in', 'own', 'shared'])
      .optional()
      .meta({ description: 'Only those that come with the program, your own, or those of other tenants.' }),
    archived: queryBoolean.optional().meta({ description: '`true`: only your own archived ones.' }),
    sort: z
      .enum(['name', 'rating', 'forks'])
      .optional()
      .meta({ description: 'By name (when left out), by average rating, or by number of forks, the highest first.' }),
    ...pageQuery,
  }),
  answer: pageOf(templateRow),
  example: { query: { category: 'support', sort: 'rating' }, answer: { data: [rowExample], next_cursor: null } },
})

export const listTemplateCategories = defineEndpoint({
  id: 'listTemplateCategories',
  method: 'GET',
  path: '/templates/categories',
  group,
  summary: 'List the categories of templates',
  description: 'With the number of templates that you see in each, in the order of their names.',
  answer: z
    .object({ data: z.array(z.object({ category: z.string(), count: z.int() })) })
    .meta({ id: 'TemplateCategories' }),
  example: { answer: { data: [{ category: 'support', count: 3 }] } },
})

export const getTemplate = defineEndpoint({
  id: 'getTemplate',
  method: 'GET',
  path: '/templates/{slug}',
  group,
  summary: 'Get a template whole',
  description: 'Your own of that slug, archived or not, else the built-in one. `owner` names another.',
  parameters: templateParameters,
  query: whoseQuery,
  answer: templateAnswer,
  faults: ['not_found'],
  example: { path, answer: templateExample },
})

export const changeTemplate = defineEndpoint({
  id: 'changeTemplate',
  method: 'PATCH',
  path: '/templates/{slug}',
  writes: false,
  group,
  summary: 'Change a template of your own',
  parameters: templateParameters,
  body: changeTemplateBody,
  answer: templateAnswer.extend({ warnings }).meta({ id: 'ChangedTemplate' }),
  faults: ['not_found'],
  example: { path, body: { tags: ['refund'] }, answer: { ...templateExample, warnings: [] } },
})

const act = (id: string, action: string, summary: string, description: string, change: object) =>
  defineEndpoint({
    id,
    method: 'POST',
    path: `/templates/{slug}/${action}`,
    group,
    summary,
    description,
    writes: false,
    parameters: templateParameters,
    body: z.strictObject({}),
    bodyOptional: true,
    answer: templateAnswer,
    faults: ['not_found'],
    example: { path, answer: { ...templateExample, ...change } },
  })

export const archiveTemplate = defineEndpoint({
  id: 'archiveTemplate',
  method: 'DELETE',
  path: '/templates/{slug}',
  writes: false,
  group,
  summary: 'Archive a template of your own',
  description: 'Nobody else finds it any more, and it is no longer listed. Nothing is lost; twice is no error.',
  parameters: templateParameters,
  answer: templateAnswer,
  faults: ['not_found'],
  example: { path, answer: { ...templateExample, archived_at: '2026-11-21T10:00:00.000Z' } },
})

export const restoreTemplate = act(
  'restoreTemplate',
  'restore',
  'Bring an archived template back',
  'It is as visible as it was before.',
  {},
)

export const shareTemplate = act(
  'shareTemplate',
  'share',
  'Share a template with all tenants',
  'They can find, fork and review it; only its own tenant can change it. It shows the id of your tenant.',
  { visibility: 'shared' },
)

export const unshareTemplate = act(
  'unshareTemplate',
  'unshare',
  'Keep a shared template to yourself again',
  'Prompts that were forked from it stay: they are whole copies.',
  {},
)
