import { z } from 'zod'
import { defineEndpoint } from './endpoint.ts'
import { promptParameters } from './prompt-parameters.ts'
import { querySelector } from './versions.ts'

const kind = z.enum(['added', 'removed', 'changed'])
const before = z.unknown().meta({ description: 'What was there; absent when it was added.' })
const after = z.unknown().meta({ description: 'What is there; absent when it was removed.' })

const messageChange = z
  .object({
    index: z.int().meta({ description: 'Position from 0, in whichever version has the message.' }),
    locale: z
      .string()
      .optional()
      .meta({ description: 'Language in `locales` whose message it is; absent: the version’s own.' }),
    change: kind,
    from: before.optional(),
    to: after.optional(),
    lines: z
      .array(z.object({ change: z.enum(['same', 'removed', 'added']), text: z.string() }))
      .nullable()
      .meta({ description: 'The texts line by line; null when the contents are no texts.' }),
  })
  .meta({ id: 'MessageChange' })

const variableShape = z
  .object({ schema: z.unknown(), needed: z.boolean().meta({ description: 'A request without it is refused.' }) })
  .nullable()

const variableChange = z
  .object({ name: z.string(), change: kind, from: variableShape, to: variableShape })
  .meta({ id: 'VariableChange' })

const fieldChange = z
  .object({ field: z.string(), change: kind, from: before.optional(), to: after.optional() })
  .meta({ id: 'FieldChange' })

const breakingChange = z
  .object({
    kind: z.enum([
      'variable_required',
      'variable_removed',
      'variable_type_changed',
      'variable_values_removed',
      'locale_removed',
    ]),
    variable: z.string().nullable().meta({ description: 'null: it is not about a variable.' }),
    locale: z.string().nullable().meta({ description: 'Language that is gone; null: it is not about one.' }),
    message: z.string(),
  })
  .meta({ id: 'BreakingChange' })

const versionDiff = z
  .object({
    prompt: z.string(),
    from: z.int(),
    to: z.int(),
    messages: z.array(messageChange),
    variables: z.array(variableChange),
    parameters: z.array(fieldChange),
    fields: z.array(fieldChange).meta({ description: 'All other fields of the body.' }),
    breaking: z.array(breakingChange).meta({ description: 'What can make a request fail that worked before.' }),
  })
  .meta({ id: 'VersionDiff', description: 'All lists are empty when nothing differs.' })
export type VersionDiffAnswer = z.input<typeof versionDiff>

export const diffVersions = defineEndpoint({
  id: 'diffVersions',
  method: 'GET',
  path: '/prompts/{slug}/diff',
  group: 'Versions',
  summary: 'Compare two versions',
  description: 'Messages line by line, variables, parameters and everything else, and what would break callers.',
  parameters: promptParameters,
  query: z.strictObject({
    from: querySelector.meta({
      description: 'Version to start from: a number, `v3`, a semantic version, `latest`, a label.',
    }),
    to: querySelector.meta({ description: 'Version to compare it with.' }),
  }),
  answer: versionDiff,
  faults: ['not_found'],
  example: {
    path: { slug: 'support-reply' },
    query: { from: '1', to: '2' },
    answer: {
      prompt: 'support-reply',
      from: 1,
      to: 2,
      messages: [
        {
          index: 0,
          change: 'changed',
          from: { role: 'system', content: 'You answer for {{company}}.' },
          to: { role: 'system', content: 'You answer warmly for {{company}}.' },
          lines: [
            { change: 'removed', text: 'You answer for {{company}}.' },
            { change: 'added', text: 'You answer warmly for {{company}}.' },
          ],
        },
      ],
      variables: [],
      parameters: [{ field: 'temperature', change: 'changed', from: 0.2, to: 0.7 }],
      fields: [],
      breaking: [],
    },
  },
})
