import { z } from 'zod'
import { labelSchema } from '../names.ts'
import { outdatedDependents } from './dependents.ts'
import { defineEndpoint } from './endpoint.ts'
import { reason } from './fields.ts'
import { promptParameters } from './prompt-parameters.ts'
import { promptAnswer, promptExample } from './prompts.ts'
import { versionSelector } from './versions.ts'

const group = 'Labels'
const parameters = promptParameters.extend({
  label: labelSchema.meta({ description: 'Label, such as `production`.', examples: ['production'] }),
})
const path = { slug: 'support-reply', label: 'production' }

export const setLabel = defineEndpoint({
  id: 'setLabel',
  method: 'PUT',
  path: '/prompts/{slug}/labels/{label}',
  group,
  summary: 'Point a label to a version',
  description:
    'Served by every replica within one second. Setting it to where it already points changes nothing. A protected label only moves to a version that has what its protection asks for: 409 `label_protected`.',
  parameters,
  body: z
    .strictObject({
      version: versionSelector.meta({
        description:
          'Version the label shall point to: its number, `v3`, a semantic version, `latest`, or another label.',
      }),
      reason: reason.nullable().optional(),
    })
    .meta({ id: 'SetLabel' }),
  answer: promptAnswer.extend({ dependents_outdated: outdatedDependents }).meta({ id: 'LabelledPrompt' }),
  faults: ['not_found', 'conflict'],
  example: {
    path,
    body: { version: 2, reason: 'warmer tone' },
    answer: { ...promptExample, labels: { production: 2 }, latest_version: 2, dependents_outdated: [] },
  },
})

export const removeLabel = defineEndpoint({
  id: 'removeLabel',
  method: 'DELETE',
  path: '/prompts/{slug}/labels/{label}',
  group,
  summary: 'Take a label away',
  description:
    'The reason may stand in the body or, for clients that send none with DELETE, in the query. A protected label stays (409 `label_protected`), and so does `production` while an experiment splits it (409 `experiment_running`).',
  parameters,
  query: z.strictObject({ reason: reason.optional() }),
  body: z.strictObject({ reason: reason.nullable().optional() }).meta({ id: 'RemoveLabel' }),
  bodyOptional: true,
  answer: promptAnswer,
  faults: ['not_found', 'conflict'],
  example: { path, query: { reason: 'withdrawn' }, answer: { ...promptExample, labels: {} } },
})

export const rollback = defineEndpoint({
  id: 'rollback',
  method: 'POST',
  path: '/prompts/{slug}/rollback',
  group,
  summary: 'Point a label to its previous version',
  description:
    'One step further back in the label’s own history at each call. 409 `nothing_to_roll_back` when there is none. A protected label goes back only to a version that has what its protection asks for (409 `label_protected`).',
  parameters: promptParameters,
  body: z
    .strictObject({
      label: labelSchema.optional().meta({ description: 'Left out: `production`.' }),
      reason: reason.nullable().optional(),
    })
    .meta({ id: 'Rollback' }),
  bodyOptional: true,
  answer: z
    .object({
      label: z.string(),
      from: z.int().meta({ description: 'Version it pointed to.' }),
      to: z.int().meta({ description: 'Version it points to now.' }),
      prompt: promptAnswer,
      dependents_outdated: outdatedDependents,
    })
    .meta({ id: 'RolledBack' }),
  faults: ['not_found', 'conflict'],
  example: {
    path: { slug: 'support-reply' },
    body: { label: 'production', reason: 'complaints' },
    answer: {
      label: 'production',
      from: 2,
      to: 1,
      prompt: { ...promptExample, latest_version: 2 },
      dependents_outdated: [],
    },
  },
})
