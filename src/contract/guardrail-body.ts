import { z } from 'zod'
import type { JsonObject } from '../core/json.ts'
import { slugSchema } from './names.ts'

/**
 * A guardrail (contract 3.3), as the admin API and `promptbox.yaml` take it: what is looked for, where, and what follows.
 * `settings` belong to the type and are checked by it (`guardrails/check-guardrail.ts`). Messages are clauses that follow
 * the name of the field.
 */

const slugRule =
  'must be 1 to 64 of a-z, 0-9, `_` and `-`, and begin with a letter or digit, such as `no-customer-data`'

/** No comma and no colon: slugs stand in lists in `x-promptbox-guardrails`. */
export const guardrailSlugSchema = z
  .string(slugRule)
  .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, slugRule)
  .meta({ description: 'Slug of a guardrail.', examples: ['no-customer-data'] })

export const guardrailStages = ['input', 'output'] as const
export const guardrailActions = ['block', 'redact', 'flag'] as const
export const guardrailSeverities = ['info', 'warning', 'error', 'critical'] as const
export const guardrailModes = ['enforce', 'shadow'] as const
export const guardrailRoles = ['system', 'user', 'assistant', 'tool'] as const
export const streamModes = ['redact', 'sync', 'full'] as const

export type GuardrailAction = (typeof guardrailActions)[number]
export type GuardrailSeverity = (typeof guardrailSeverities)[number]
export type GuardrailMode = (typeof guardrailModes)[number]
export type StreamMode = (typeof streamModes)[number]

const mostInScope = 200
const scopeList = (what: string, longest: number) =>
  z
    .array(
      z.string().min(1, 'must not be empty').max(longest, `must have at most ${longest} characters`),
      'must be a list of texts',
    )
    .min(1, 'must have at least one entry: leave it out for no limit')
    .max(mostInScope, `must have at most ${mostInScope} entries`)
    .meta({ description: what })

export const guardrailScopeSchema = z
  .strictObject({
    prompts: z
      .array(slugSchema)
      .min(1, 'must have at least one entry: leave it out for no limit')
      .max(mostInScope, `must have at most ${mostInScope} entries`)
      .optional()
      .meta({ description: 'Only exchanges that named one of these prompts.' }),
    categories: scopeList('Only prompts of one of these categories.', 128).optional(),
    keys: scopeList('Only requests with one of these Promptbox keys, by id or name.', 256).optional(),
    models: scopeList(
      'Only requests that may be sent to one of these models: `<provider>/<model>`, `<model>`, or the name a request asks by; a `*` at the end stands for anything.',
      256,
    ).optional(),
  })
  .meta({ id: 'GuardrailScope', description: 'All that is given must hold; of a list, any entry.' })
export type GuardrailScope = z.output<typeof guardrailScopeSchema>

const stageList = z
  .array(z.enum(guardrailStages, 'must be `input` or `output`'), 'must be a list of `input` and `output`')
  .min(1, 'must have at least one entry')
  .max(2, 'must name `input` and `output` at most once')
  .refine((stages) => new Set(stages).size === stages.length, 'must not name a stage twice')

/** Everything but the slug, each as it may be changed alone. Defaults are those of `POST`. */
export const guardrailShape = {
  name: z.string().trim().min(1, 'must not be empty').max(200, 'must have at most 200 characters').optional(),
  description: z.string().max(2000, 'must have at most 2000 characters').optional(),
  type: z
    .string()
    .min(1, 'must name a type: see GET /admin/v1/guardrails/types')
    .max(64, 'must have at most 64 characters')
    .meta({ description: 'What looks: see `GET /admin/v1/guardrails/types`.', examples: ['pii'] }),
  stages: stageList.meta({ description: 'Where it looks. Left out: both.' }),
  action: z.enum(guardrailActions, 'must be `block`, `redact` or `flag`').meta({
    description:
      '`block` ends the request or the answer, `redact` puts a placeholder in the place of what was found, `flag` only says so. Left out: `flag`.',
  }),
  severity: z.enum(guardrailSeverities, 'must be `info`, `warning`, `error` or `critical`').meta({
    description: 'For whoever reads alerts and reports. Left out: `warning`.',
  }),
  mode: z.enum(guardrailModes, 'must be `enforce` or `shadow`').meta({
    description: '`shadow`: it looks and is counted, and nothing follows. Left out: `enforce`.',
  }),
  on_error: z.enum(['open', 'closed'], 'must be `open` or `closed`').meta({
    description:
      'What follows when it cannot look: `open` lets the text through, `closed` blocks it. Either way it is recorded as an error. Left out: `closed` for `block` and `redact`, `open` for `flag`.',
  }),
  settings: (z.record(z.string(), z.unknown()) as unknown as z.ZodType<JsonObject>).meta({
    description: 'Of the type: see `GET /admin/v1/guardrails/types`.',
  }),
  roles: z
    .array(z.enum(guardrailRoles, 'must be `system`, `user`, `assistant` or `tool`'))
    .min(1, 'must have at least one entry')
    .max(4, 'must have at most 4 entries')
    .meta({ description: "Whose words of a request it reads. Left out: the type's own." }),
  stream_mode: z.enum(streamModes, 'must be `redact`, `sync` or `full`').meta({
    description:
      'What a stream waits for: `redact` only while something may be going on, `sync` for the verdict on each window, `full` for the end. Left out: the least that protects. Nothing waits for `flag` or `shadow`.',
  }),
  scope: guardrailScopeSchema,
  order: z
    .int('must be a whole number')
    .min(0, 'must be 0 or more')
    .max(100_000, 'must be at most 100000')
    .meta({ description: 'The lower, the earlier. Left out: 100.' }),
  enabled: z.boolean('must be true or false').meta({ description: 'Left out: true.' }),
} as const

export const guardrailBodySchema = z
  .strictObject({
    ...guardrailShape,
    stages: guardrailShape.stages.default(['input', 'output']),
    action: guardrailShape.action.default('flag'),
    severity: guardrailShape.severity.default('warning'),
    mode: guardrailShape.mode.default('enforce'),
    on_error: guardrailShape.on_error.optional(),
    settings: guardrailShape.settings.default({}),
    roles: guardrailShape.roles.optional(),
    stream_mode: guardrailShape.stream_mode.optional(),
    scope: guardrailShape.scope.optional(),
    order: guardrailShape.order.default(100),
    enabled: guardrailShape.enabled.default(true),
  })
  .meta({ id: 'GuardrailBody' })

/** A guardrail as it is stored and served; its slug stands beside it. */
export type GuardrailBody = z.output<typeof guardrailBodySchema>

const strongerAction = z.enum(['block', 'redact'], 'must be `block` or `redact`').meta({
  description: 'Instead of a weaker action of the guardrail; `block` is stronger than `redact`, and that than `flag`.',
})

/** Guardrails that a version of a prompt asks for. It can ask for more and for stricter ones, never for less. */
export const versionGuardrailsSchema = z
  .array(
    z.union([
      guardrailSlugSchema,
      z.strictObject({
        guardrail: guardrailSlugSchema,
        action: strongerAction.optional(),
        mode: z
          .literal('enforce', 'must be `enforce`: a version cannot weaken a guardrail')
          .optional()
          .meta({ description: 'Enforces for this version what otherwise runs in shadow mode.' }),
      }),
    ]),
    'must be a list of slugs, or of objects with `guardrail`, `action` and `mode`',
  )
  .max(50, 'must have at most 50 entries')
  .meta({
    description:
      'Guardrails that look at exchanges with this version, whatever their own scope says. A version can add and strengthen, never weaken.',
    examples: [['no-customer-data'], [{ guardrail: 'prompt-injection', action: 'block' }]],
  })
export type VersionGuardrails = z.output<typeof versionGuardrailsSchema>
