import { z } from 'zod'
import { aliasSchema, labelSchema } from '../names.ts'
import { defineEndpoint } from './endpoint.ts'
import { line, listOf, reason } from './fields.ts'
import { promptFilterFields } from './prompt-filter.ts'
import { versionNumber } from './versions.ts'

/** Prompts that one call may change. */
export const mostAtOnce = 500

const tags = (description: string) => listOf(line(100), 100, description).optional()

const changeManyBody = z
  .strictObject({
    prompts: listOf(aliasSchema, mostAtOnce, 'Which prompts, by slug or alias.').optional(),
    where: z
      .strictObject(promptFilterFields)
      .refine((filter) => Object.keys(filter).length > 0, 'must name at least one field to choose by')
      .optional()
      .meta({ description: `Which prompts, as the list of prompts finds them; at most ${mostAtOnce}.` }),
    add_tags: tags('Tags to put on.'),
    remove_tags: tags('Tags to take off.'),
    set_label: z
      .strictObject({
        label: labelSchema,
        version: z
          .union([versionNumber, z.literal('latest')])
          .optional()
          .meta({ description: 'A number, or `latest`.' }),
        from_label: labelSchema.optional().meta({ description: 'The version this label points to.' }),
      })
      .refine(
        (label) => (label.version === undefined) !== (label.from_label === undefined),
        'must have either `version` or `from_label`',
      )
      .optional()
      .meta({ description: 'Label to set; protected labels ask for their approvals as always.' }),
    remove_label: labelSchema.optional().meta({ description: 'Label to take away.' }),
    archived: z.boolean().optional().meta({ description: 'true: archive; false: bring back.' }),
    reason: reason.nullable().optional(),
    dry_run: z.boolean().optional().meta({ description: 'Only says which prompts it would be.' }),
  })
  .superRefine((body, issues) => {
    const note = (path: PropertyKey[], message: string): void => issues.addIssue({ code: 'custom', path, message })
    if ((body.prompts === undefined) === (body.where === undefined)) note([], 'must have either `prompts` or `where`')
    const changes = [body.add_tags, body.remove_tags, body.set_label, body.remove_label, body.archived]
    if (changes.every((change) => change === undefined))
      note([], 'must say what to do: `add_tags`, `remove_tags`, `set_label`, `remove_label` or `archived`')
  })
  .meta({ id: 'ChangeMany' })

const result = z.object({
  prompt: z.string(),
  status: z.enum(['changed', 'unchanged', 'failed']),
  error: z
    .object({ message: z.string(), code: z.string().nullable(), param: z.string().nullable() })
    .optional()
    .meta({ description: 'Why it failed; what of the changes came before stays.' }),
})

const changeManyAnswer = z
  .object({ dry_run: z.boolean(), changed: z.int(), unchanged: z.int(), failed: z.int(), data: z.array(result) })
  .meta({ id: 'ChangedMany' })
export type ChangeManyAnswer = z.input<typeof changeManyAnswer>

export const changeMany = defineEndpoint({
  id: 'changeManyPrompts',
  method: 'POST',
  path: '/prompts/bulk',
  group: 'Prompts',
  summary: 'Change many prompts at once',
  description:
    'Tags, a label, archiving. Each prompt is changed by itself, by the rules for one: where one fails the others go on, and the answer says which and why. `GET /export` takes the same choice of prompts for exporting them.',
  body: changeManyBody,
  answer: changeManyAnswer,
  faults: ['not_found'],
  example: {
    body: {
      where: { category: 'support' },
      add_tags: ['reviewed'],
      set_label: { label: 'staging', version: 'latest' },
    },
    answer: {
      dry_run: false,
      changed: 1,
      unchanged: 0,
      failed: 0,
      data: [{ prompt: 'support-reply', status: 'changed' }],
    },
  },
})
