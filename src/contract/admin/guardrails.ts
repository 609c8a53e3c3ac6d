import { z } from 'zod'
import { guardrailBodySchema, guardrailScopeSchema, guardrailShape, guardrailSlugSchema } from '../guardrail-body.ts'
import { defineEndpoint } from './endpoint.ts'
import { instant, pageOf, pageQuery, removed } from './fields.ts'

const group = 'Guardrails'

export const guardrailParameters = z.strictObject({ slug: guardrailSlugSchema })
const path = { slug: 'no-customer-data' }

/** They are endpoints beside `/guardrails/{slug}`. */
const takenPaths: ReadonlySet<string> = new Set(['types', 'test', 'stats'])

const createGuardrailBody = guardrailBodySchema
  .extend({
    slug: guardrailSlugSchema.refine(
      (slug) => !takenPaths.has(slug),
      'must not be `types`, `test` or `stats`, which have a meaning of their own in the address of a guardrail',
    ),
  })
  .meta({ id: 'CreateGuardrail' })

/** null: as if it had never been said. */
const orDefault = <Schema extends z.ZodType>(schema: Schema) => schema.nullable().optional()

const changeGuardrailBody = z
  .strictObject({
    name: orDefault(guardrailShape.name.unwrap()),
    description: orDefault(guardrailShape.description.unwrap()),
    type: guardrailShape.type.optional(),
    stages: guardrailShape.stages.optional(),
    action: guardrailShape.action.optional(),
    severity: guardrailShape.severity.optional(),
    mode: guardrailShape.mode.optional(),
    on_error: orDefault(guardrailShape.on_error),
    settings: guardrailShape.settings.optional().meta({
      description:
        'All of them: what is left out is at its default again. Only a write-only setting keeps its value when it is left out; `null` takes it away.',
    }),
    roles: orDefault(guardrailShape.roles),
    stream_mode: orDefault(guardrailShape.stream_mode),
    scope: orDefault(guardrailShape.scope),
    order: guardrailShape.order.optional(),
    enabled: guardrailShape.enabled.optional(),
  })
  .meta({ id: 'ChangeGuardrail' })
export type GuardrailChange = z.output<typeof changeGuardrailBody>

const guardrailAnswer = z
  .object({
    slug: z.string(),
    name: z.string(),
    description: z.string().nullable(),
    type: z.string(),
    stages: z.array(z.string()),
    action: z.string(),
    severity: z.string(),
    mode: z.string(),
    on_error: z.string().meta({ description: 'What holds, also when it was left out.' }),
    settings: z.record(z.string(), z.unknown()).meta({ description: 'As they were sent, without write-only ones.' }),
    secret_settings: z
      .array(z.string())
      .meta({ description: 'Write-only settings that have a value. The value is never shown.' }),
    roles: z.array(z.string()).meta({ description: 'Those that hold, also when they were left out.' }),
    stream_mode: z.string().meta({ description: 'What holds, also when it was left out.' }),
    scope: guardrailScopeSchema.nullable().meta({ description: 'null: everything.' }),
    order: z.int(),
    enabled: z.boolean(),
    created_at: instant,
    created_by: z.string(),
    updated_at: instant,
    updated_by: z.string(),
    problem: z.string().nullable().meta({
      description:
        'Why it cannot be used as it is stored, such as a type that this version does not know; it then fails each time it is to look. null: it can.',
    }),
  })
  .meta({ id: 'Guardrail' })
export type GuardrailAnswer = z.input<typeof guardrailAnswer>

const guardrailTypeAnswer = z
  .object({
    type: z.string(),
    summary: z.string(),
    remote: z.boolean().meta({ description: 'It asks somebody outside of this process.' }),
    finds_places: z.boolean().meta({ description: 'It says where something is, so that `redact` can take it out.' }),
    roles: z.array(z.string()).meta({ description: 'Whose words of a request it reads unless the guardrail says.' }),
    secret_settings: z.array(z.string()).meta({ description: 'Settings that are written and never shown again.' }),
    settings: z.record(z.string(), z.unknown()).meta({ description: 'JSON Schema of its settings.' }),
  })
  .meta({ id: 'GuardrailType' })
export type GuardrailTypeAnswer = z.input<typeof guardrailTypeAnswer>

const example: GuardrailAnswer = {
  slug: 'no-customer-data',
  name: 'No customer data',
  description: 'Numbers of our customers stay here.',
  type: 'regex',
  stages: ['input', 'output'],
  action: 'redact',
  severity: 'error',
  mode: 'enforce',
  on_error: 'closed',
  settings: { patterns: [{ pattern: 'CUST-\\d{6}', name: 'customer_number' }] },
  secret_settings: [],
  roles: ['system', 'user', 'assistant', 'tool'],
  stream_mode: 'redact',
  scope: null,
  order: 100,
  enabled: true,
  created_at: '2026-11-20T09:30:00.000Z',
  created_by: 'admin',
  updated_at: '2026-11-20T09:30:00.000Z',
  updated_by: 'admin',
  problem: null,
}
const bodyExample = {
  slug: 'no-customer-data',
  name: 'No customer data',
  description: 'Numbers of our customers stay here.',
  type: 'regex',
  action: 'redact',
  severity: 'error',
  settings: { patterns: [{ pattern: 'CUST-\\d{6}', name: 'customer_number' }] },
}

export const listGuardrailTypes = defineEndpoint({
  id: 'listGuardrailTypes',
  method: 'GET',
  path: '/guardrails/types',
  group,
  summary: 'List the types of guardrails',
  description: 'What can look at texts, each with its settings as JSON Schema.',
  answer: z.object({ data: z.array(guardrailTypeAnswer), next_cursor: z.null() }),
  example: {
    answer: {
      data: [
        {
          type: 'regex',
          summary: 'Text that fits a pattern of yours.',
          remote: false,
          finds_places: true,
          roles: ['system', 'user', 'assistant', 'tool'],
          secret_settings: [],
          settings: { type: 'object', properties: { pattern: { type: 'string' } } },
        },
      ],
      next_cursor: null,
    },
  },
})

export const createGuardrail = defineEndpoint({
  id: 'createGuardrail',
  method: 'POST',
  path: '/guardrails',
  group,
  summary: 'Create a guardrail',
  description:
    'Looks at what goes to a model, at what comes back, or at both, from the next request on. Settings are checked against the type: a pattern that cannot be used, or an action or mode of streams that the type cannot do, is a 400 that says why.',
  body: createGuardrailBody,
  status: 201,
  answer: guardrailAnswer,
  faults: ['conflict'],
  example: { body: bodyExample, answer: example },
})

export const listGuardrails = defineEndpoint({
  id: 'listGuardrails',
  method: 'GET',
  path: '/guardrails',
  group,
  summary: 'List guardrails',
  description: 'In the order in which they look. Only stored ones; those of `promptbox.yaml` are not shown.',
  query: z.strictObject(pageQuery),
  answer: pageOf(guardrailAnswer),
  example: { answer: { data: [example], next_cursor: null } },
})

export const getGuardrail = defineEndpoint({
  id: 'getGuardrail',
  method: 'GET',
  path: '/guardrails/{slug}',
  group,
  summary: 'Get a guardrail',
  parameters: guardrailParameters,
  answer: guardrailAnswer,
  faults: ['not_found'],
  example: { path, answer: example },
})

export const changeGuardrail = defineEndpoint({
  id: 'changeGuardrail',
  method: 'PATCH',
  path: '/guardrails/{slug}',
  group,
  summary: 'Change a guardrail',
  description:
    'Field by field: what is left out stays, `null` goes back to the default. `settings` are replaced as a whole, but for write-only ones. Where the address that is asked changes, those have to be sent again or taken away with `null`, and with another type they are gone, so that no secret goes where nobody meant it to.',
  parameters: guardrailParameters,
  body: changeGuardrailBody,
  answer: guardrailAnswer,
  faults: ['not_found'],
  example: {
    path,
    body: { action: 'block', severity: 'critical' },
    answer: { ...example, action: 'block', severity: 'critical', stream_mode: 'sync' },
  },
})

export const removeGuardrail = defineEndpoint({
  id: 'removeGuardrail',
  method: 'DELETE',
  path: '/guardrails/{slug}',
  group,
  summary: 'Remove a guardrail',
  description:
    'Its counts and what was said of it stay. While a version with a label asks for it, it is a 409 that names the prompts: their requests would be refused. To take it out of use and keep it, change `enabled` to false.',
  parameters: guardrailParameters,
  answer: removed,
  faults: ['not_found', 'conflict'],
  example: { path, answer: { id: 'no-customer-data', deleted: true } },
})
