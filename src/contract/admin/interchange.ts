import { z } from 'zod'
import { promptNameRule, aliasPattern } from '../names.ts'
import { defineEndpoint } from './endpoint.ts'
import { queryBoolean } from './fields.ts'
import { promptFilterFields } from './prompt-filter.ts'
import { versionBodyExample } from './versions.ts'

const group = 'Import and export'

/** Largest body of an import, bytes. */
const largestImportBytes = 32 * 1024 * 1024

const exportedPrompt = z.looseObject({ slug: z.string() })

const exportExample = {
  format: 'promptbox/1',
  prompts: [
    { slug: 'support-reply', name: 'Support reply', labels: { production: 1 }, versions: [versionBodyExample] },
  ],
}

export const exportPrompts = defineEndpoint({
  id: 'exportPrompts',
  method: 'GET',
  path: '/export',
  group,
  summary: 'Export prompts with all their versions',
  description:
    'A bundle that `POST /import` takes back: exporting again gives the same bytes. `format=yaml` answers the same as `application/yaml`. Archived prompts are left out unless `prompt` names one.',
  query: z.strictObject({
    format: z.enum(['json', 'yaml']).optional().meta({ description: 'Left out: `json`.' }),
    prompt: z
      .string(promptNameRule)
      .regex(aliasPattern, promptNameRule)
      .optional()
      .meta({ description: 'Only this prompt, by slug or alias.' }),
    ...promptFilterFields,
  }),
  answer: z
    .object({ format: z.string(), prompts: z.array(exportedPrompt).meta({ description: 'By slug.' }) })
    .meta({ id: 'Bundle' }),
  faults: ['not_found'],
  example: { query: { label: 'production' }, answer: exportExample },
})

const note = z
  .object({
    path: z.string().meta({ description: 'File it stands in.' }),
    field: z.string().meta({ description: 'Where in the file; empty: the whole file.' }),
    message: z.string(),
    severity: z.enum(['dropped', 'changed', 'info']),
  })
  .meta({ id: 'ImportNote', description: 'A part of the input that was not carried over as it was.' })

const importedPrompt = z
  .object({
    slug: z.string(),
    action: z
      .enum(['create', 'add_versions', 'move_labels', 'change_metadata', 'unchanged', 'conflict', 'refused'])
      .meta({
        description:
          '`conflict`: it does not go together with what is stored. `refused`: it cannot be a prompt as it is. Both with the reason in `problems`.',
      }),
    versions_added: z.int(),
    labels: z.array(
      z.object({
        label: z.string(),
        from: z.int().nullable().meta({ description: 'Version it pointed to; null: it was not there.' }),
        to: z.int(),
        refused: z.string().optional().meta({ description: 'Why the label stays where it is.' }),
      }),
    ),
    problems: z.array(z.string()),
    warnings: z.array(z.string()),
  })
  .meta({ id: 'ImportedPrompt' })

export const importPrompts = defineEndpoint({
  id: 'importPrompts',
  method: 'POST',
  path: '/import',
  group,
  summary: 'Import prompts of Promptbox or of other systems',
  description:
    'The body is the bundle or the foreign JSON itself, `{"files": [{"path", "text"}]}` or `{"files": {"<path>": "<text>"}}` for files of any kind, or the text of one file as it is, with its content type (`text/markdown`, `application/yaml`, …); at most 32 MiB. Versions that are there already are not added again, so importing the same twice changes nothing. What cannot be carried over is in `notes`. Each prompt stands for itself: one that is refused keeps none of the others back.',
  query: z.strictObject({
    format: z
      .enum([
        'promptbox',
        'openai',
        'langfuse',
        'litellm',
        'portkey',
        'helicone',
        'tensorzero',
        'promptlayer',
        'markdown',
      ])
      .optional()
      .meta({ description: 'Left out: `promptbox`.' }),
    dry_run: queryBoolean.optional().meta({ description: '`true`: says what would change, and changes nothing.' }),
    on_conflict: z.enum(['skip', 'add_version', 'error']).optional().meta({
      description:
        'What to do with a prompt that exists: leave it as it is, add the versions it lacks (when left out), or call it a conflict.',
    }),
    file: z
      .string()
      .min(1, 'must not be empty')
      .max(1024, 'must have at most 1024 characters')
      .optional()
      .meta({
        description: 'Name of the file whose text the body is; some formats name the prompt for it.',
        examples: ['support-reply.md'],
      }),
    model: z
      .string()
      .min(1, 'must name a model')
      .max(256, 'must have at most 256 characters')
      .optional()
      .meta({ description: 'Model of versions for which the input names none; left out: `openai/gpt-4o-mini`.' }),
  }),
  body: z.union([z.looseObject({}), z.array(z.unknown()), z.string()], 'must be an object, a list or a text').meta({
    id: 'Import',
    description: 'A bundle, `{"files": […]}`, the JSON of another system, or the text of one file.',
  }),
  takesText: true,
  maxBodyBytes: largestImportBytes,
  answer: z
    .object({
      dry_run: z.boolean(),
      format: z.string(),
      created: z.int(),
      changed: z.int(),
      unchanged: z.int(),
      refused: z.int().meta({ description: 'Prompts with `conflict` or `refused`.' }),
      prompts: z.array(importedPrompt),
      notes: z.array(note),
    })
    .meta({ id: 'ImportReport' }),
  faults: ['conflict'],
  example: {
    query: { format: 'langfuse' },
    body: {
      name: 'movie-critic',
      type: 'text',
      prompt: 'What do you think of {{movie}}?',
      config: { model: 'gpt-4o', audience: 'adults' },
      version: 1,
      labels: ['production'],
    },
    answer: {
      dry_run: false,
      format: 'langfuse',
      created: 1,
      changed: 0,
      unchanged: 0,
      refused: 0,
      prompts: [
        {
          slug: 'movie-critic',
          action: 'create',
          versions_added: 1,
          labels: [{ label: 'production', from: null, to: 1 }],
          problems: [],
          warnings: [],
        },
      ],
      notes: [
        {
          path: 'body.json',
          field: 'config.audience',
          message:
            '`config` is free to hold anything, and nothing here reads this. Keep it where your application finds it.',
          severity: 'dropped',
        },
      ],
    },
  },
})
