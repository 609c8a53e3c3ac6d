import { z } from 'zod'
import { labelSchema } from '../names.ts'
import { defineEndpoint } from './endpoint.ts'
import { versionBodyExample, versionNumber } from './versions.ts'

const renderBody = z
  .strictObject({
    prompt: z.string().min(1, 'must not be empty').max(300, 'must have at most 300 characters').meta({
      description:
        'Slug or alias, also as a model string: `support-reply`, `support-reply@3`, `prompt:support-reply@staging`.',
    }),
    version: z
      .union([versionNumber, z.string().min(1).max(128)])
      .optional()
      .meta({ description: 'A number, `v3`, a semantic version, or `latest`.' }),
    label: labelSchema.optional().meta({ description: 'Left out, and no version given: `production`.' }),
    variables: z.record(z.string(), z.unknown()).optional().meta({ description: 'Values of the variables.' }),
    locale: z
      .string()
      .min(1, 'must not be empty')
      .max(256, 'must have at most 256 characters')
      .optional()
      .meta({ description: 'Language to render, as `metadata.locale` of a request.', examples: ['pt-BR'] }),
    messages: z
      .array(z.looseObject({ role: z.string() }))
      .optional()
      .meta({ description: 'What the client would send as `messages`.' }),
  })
  .refine((body) => body.version === undefined || body.label === undefined, {
    path: ['label'],
    message: 'must not stand beside `version`; give one of the two',
  })
  .meta({ id: 'Render' })

const renderAnswer = z
  .object({
    prompt: z.string(),
    version: z.int(),
    hash: z.string(),
    label: z
      .string()
      .nullable()
      .meta({ description: 'Label that led to the version; null when a number or `latest` did.' }),
    locale: z
      .string()
      .nullable()
      .meta({ description: 'Language that was rendered; null when the version has only one.' }),
    model: z.string(),
    fallback_models: z.array(z.string()),
    messages: z.unknown().meta({ description: 'Exactly what the provider would get as `messages`.' }),
    parameters: z.unknown().meta({ description: 'All other members of the body that the provider would get.' }),
    locked: z.array(z.string()).meta({ description: 'Parameters that a request cannot change.' }),
    timeout_ms: z.int().nullable(),
    retries: z.int().nullable(),
    warnings: z.array(z.string()),
    snapshot_version: z.string(),
  })
  .meta({ id: 'Rendered' })
export type RenderAnswer = z.input<typeof renderAnswer>

export const renderPrompt = defineEndpoint({
  id: 'renderPrompt',
  method: 'POST',
  path: '/render',
  group: 'Render',
  summary: 'Render a prompt without calling a model',
  description:
    'The exact messages and parameters that a request would send, made by the same code. Works while the database is away.',
  writes: false,
  body: renderBody,
  answer: renderAnswer,
  faults: ['prompt_not_found', 'invalid_variables'],
  example: {
    body: { prompt: 'support-reply', label: 'production', variables: { question: 'Where is my parcel?' } },
    answer: {
      prompt: 'support-reply',
      version: 1,
      hash: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
      label: 'production',
      locale: null,
      model: 'openai/gpt-4o-mini',
      fallback_models: [],
      messages: [
        { role: 'system', content: 'You answer for Acme.' },
        { role: 'user', content: 'Where is my parcel?' },
      ],
      parameters: versionBodyExample.parameters,
      locked: [],
      timeout_ms: null,
      retries: null,
      warnings: [],
      snapshot_version: '17',
    },
  },
})
