import { z } from 'zod'
import { aliasSchema } from '../names.ts'
import { builtInOwner, complexities } from '../template.ts'
import { instant } from './fields.ts'
import { versionBodyExample } from './versions.ts'

/** What the endpoints of templates share. */

export const templateGroup = 'Templates'

export const templateParameters = z.strictObject({
  slug: aliasSchema.meta({ description: 'Slug of the template.', examples: ['refund-reply'] }),
})

const ownerRule = 'must be the id of a tenant as the list shows it in `owner`, or `built-in`'
export const whoseQuery = z.strictObject({
  owner: z
    .string(ownerRule)
    .regex(/^[A-Za-z0-9_.-]{1,128}$/, ownerRule)
    .optional()
    .meta({
      description: `Tenant that shares it, or \`${builtInOwner}\`. Left out: your own of that slug, else the built-in one.`,
    }),
})

export const templateRow = z
  .object({
    slug: z.string(),
    owner: z.string().meta({ description: 'Tenant it belongs to; `built-in` for one that comes with the program.' }),
    source: z.enum(['built-in', 'own', 'shared']),
    name: z.string(),
    description: z.string().nullable(),
    category: z.string().nullable(),
    use_case: z.string().nullable(),
    domain: z.string().nullable(),
    complexity: z.enum(complexities).nullable(),
    tags: z.array(z.string()),
    model: z.string().meta({ description: 'Model of its version.' }),
    visibility: z.enum(['private', 'shared']),
    rating: z.object({
      average: z.number().nullable().meta({ description: '1 to 5; null: nobody has reviewed it.' }),
      count: z.int(),
    }),
    forks: z.int().meta({ description: 'Prompts made from it, in all tenants.' }),
    created_at: instant.nullable().meta({ description: 'null: it came with the program.' }),
    updated_at: instant.nullable(),
    archived_at: instant.nullable(),
  })
  .meta({ id: 'TemplateRow' })
export type TemplateRowAnswer = z.input<typeof templateRow>

export const templateAnswer = templateRow
  .extend({
    recommended_models: z.array(z.object({ model: z.string(), why: z.string() })),
    recommended_settings: z.array(z.object({ setting: z.string(), value: z.unknown(), why: z.string() })),
    example: z.object({ variables: z.looseObject({}), output: z.string() }).nullable(),
    version: z.looseObject({}).meta({ description: 'The version body that a fork begins with, test cases and all.' }),
  })
  .meta({ id: 'Template' })
export type TemplateAnswer = z.input<typeof templateAnswer>

export const rowExample: TemplateRowAnswer = {
  slug: 'refund-reply',
  owner: 'default',
  source: 'own',
  name: 'Refund reply',
  description: 'Answers somebody who wants their money back.',
  category: 'support',
  use_case: 'customer email',
  domain: 'retail',
  complexity: 'low',
  tags: ['refund'],
  model: 'openai/gpt-4o-mini',
  visibility: 'private',
  rating: { average: 4.5, count: 2 },
  forks: 3,
  created_at: '2026-11-20T09:30:00.000Z',
  updated_at: '2026-11-20T09:30:00.000Z',
  archived_at: null,
}

export const templateExample: TemplateAnswer = {
  ...rowExample,
  recommended_models: [{ model: 'openai/gpt-4o-mini', why: 'Short answers in a fixed tone need no larger model.' }],
  recommended_settings: [
    { setting: 'temperature', value: 0.2, why: 'Two customers with the same question get the same answer.' },
  ],
  example: { variables: { question: 'Can I have my money back?' }, output: 'Yes, within 30 days of delivery.' },
  version: versionBodyExample,
}
