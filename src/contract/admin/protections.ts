import { z } from 'zod'
import { labelSchema, roleSchema } from '../names.ts'
import { defineEndpoint } from './endpoint.ts'
import { instant, listOf } from './fields.ts'
import { promptParameters } from './prompt-parameters.ts'
import { promptAnswer, promptExample } from './prompts.ts'
import { protectionAnswer, protectionExample } from './protection-answer.ts'

const group = 'Labels'
const parameters = promptParameters.extend({
  label: labelSchema.meta({ description: 'Label, such as `production`.', examples: ['production'] }),
})
const path = { slug: 'support-reply', label: 'production' }

const approvalsRule = 'must be a whole number from 0 to 10'
const scoreRule = 'must be a number from 0 to 1'

const protectLabelBody = z
  .strictObject({
    approvals: z
      .int(approvalsRule)
      .min(0, approvalsRule)
      .max(10, approvalsRule)
      .optional()
      .meta({ description: 'Approvals a version needs by others than its author, 0 to 10. Left out: 1.' }),
    roles: listOf(
      roleSchema,
      50,
      'Whoever moves the label, or changes this protection, has one of these. Left out: anybody may.',
    ).optional(),
    min_score: z.number(scoreRule).min(0, scoreRule).max(1, scoreRule).nullable().optional().meta({
      description:
        'Least score of the version’s newest complete test run, which must have passed, 0 to 1. Left out or null: no run is asked for.',
    }),
  })
  .meta({ id: 'ProtectLabel' })

const storedProtection = protectionAnswer
  .extend({ label: z.string(), updated_at: instant, updated_by: z.string() })
  .meta({ id: 'LabelProtection' })
export type StoredProtectionAnswer = z.input<typeof storedProtection>

const storedExample: StoredProtectionAnswer = {
  label: 'production',
  ...protectionExample,
  updated_at: '2026-11-20T09:30:00.000Z',
  updated_by: 'admin',
}

export const protectLabel = defineEndpoint({
  id: 'protectLabel',
  method: 'PUT',
  path: '/prompts/{slug}/labels/{label}/protection',
  group,
  summary: 'Protect a label',
  description:
    'From then on the label only moves, also back, to a version that is not rejected and has what is asked for here; any other move is a 409 `label_protected` that says what is missing. It cannot be taken away, and its prompt not be archived, before the protection is. Replaces the whole protection. One that names roles is changed only by a key with one of them, or the super-admin key (403 `role_required`). The label need not point anywhere yet. At most 50 labels of a prompt are protected.',
  parameters,
  body: protectLabelBody,
  bodyOptional: true,
  answer: storedProtection,
  faults: ['not_found', 'conflict', 'permission_denied'],
  example: { path, body: { approvals: 1, roles: ['release-manager'] }, answer: storedExample },
})

export const unprotectLabel = defineEndpoint({
  id: 'unprotectLabel',
  method: 'DELETE',
  path: '/prompts/{slug}/labels/{label}/protection',
  group,
  summary: 'Take the protection of a label away',
  description:
    'Stands in the timeline like every other move. A protection that names roles is taken away only by a key with one of them, or the super-admin key (403 `role_required`).',
  parameters,
  answer: promptAnswer,
  faults: ['not_found', 'permission_denied'],
  example: { path, answer: { ...promptExample, protections: {} } },
})

export const listProtections = defineEndpoint({
  id: 'listProtections',
  method: 'GET',
  path: '/prompts/{slug}/protections',
  group,
  summary: 'List the protected labels of a prompt',
  description: 'By label, all on one page.',
  parameters: promptParameters,
  answer: z.object({ data: z.array(storedProtection), next_cursor: z.null() }),
  faults: ['not_found'],
  example: { path: { slug: 'support-reply' }, answer: { data: [storedExample], next_cursor: null } },
})
