import { z } from 'zod'
import { defineEndpoint } from './endpoint.ts'
import { pageOf, pageQuery } from './fields.ts'
import { promptParameters } from './prompt-parameters.ts'

export const outdatedDependents = z.array(z.string()).nullable().meta({
  description:
    'Slugs of prompts with this one in them as a partial that would change if they were composed anew, the first 100. They stay as they are until somebody does. null: they could not be read just then; `GET …/dependents` tells them.',
})

const dependent = z
  .object({
    prompt: z.string().meta({ description: 'Slug of the prompt that has this one in it.' }),
    version: z.int().meta({ description: 'Its version: one with a label, or its latest.' }),
    labels: z.array(z.string()).meta({ description: 'Labels of that version.' }),
    selector: z.string().meta({ description: 'Which version of this prompt it asked for, such as `production`.' }),
    uses_version: z.int().meta({ description: 'The version of this prompt that stands in it.' }),
    current_version: z.int().nullable().meta({ description: 'What the selector means now; null: nothing any more.' }),
    outdated: z.boolean().meta({ description: 'It would get another version of this prompt now.' }),
  })
  .meta({ id: 'Dependent' })
export type DependentAnswer = z.input<typeof dependent>

export const listDependents = defineEndpoint({
  id: 'listDependents',
  method: 'GET',
  path: '/prompts/{slug}/dependents',
  group: 'Partials',
  summary: 'List what has this prompt in it',
  description:
    'Versions with `{{> slug}}` of this prompt in their templates, also through another partial, as far as they have a label or are the latest of their prompt. By slug and version.',
  parameters: promptParameters,
  query: z.strictObject(pageQuery),
  answer: pageOf(dependent),
  faults: ['not_found'],
  example: {
    path: { slug: 'house-tone' },
    answer: {
      data: [
        {
          prompt: 'support-reply',
          version: 2,
          labels: ['production'],
          selector: 'production',
          uses_version: 1,
          current_version: 2,
          outdated: true,
        },
      ],
      next_cursor: null,
    },
  },
})
