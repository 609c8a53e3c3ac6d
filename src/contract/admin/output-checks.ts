import { z } from 'zod'
import { defineEndpoint } from './endpoint.ts'
import { moment } from './exchanges.ts'
import { instant } from './fields.ts'
import { promptParameters } from './prompt-parameters.ts'

const count = z.int().min(0)

const versionOutputChecks = z
  .object({
    version: z.int(),
    ok: count.meta({ description: 'Answers that met their rule at once.' }),
    repaired: count.meta({ description: 'Answers that met it when they were asked for again.' }),
    mismatch: count.meta({ description: 'Answers that missed, whatever the policy did with them.' }),
  })
  .meta({ id: 'VersionOutputChecks' })

const outputChecks = z
  .object({
    prompt: z.string(),
    from: instant,
    until: instant,
    versions: z.array(versionOutputChecks).meta({ description: 'The highest version first.' }),
  })
  .meta({ id: 'OutputChecks' })

/** Each day of the log is counted through: a longer range would hold the database up. */
export const longestRangeDays = 92
export const usualRangeDays = 7

export const getOutputChecks = defineEndpoint({
  id: 'getOutputChecks',
  method: 'GET',
  path: '/prompts/{slug}/output-checks',
  group: 'Exchanges',
  summary: 'Count what checking the answers of a prompt found',
  description: `By version, from the exchange log: what has just ended is there within moments. Left out, the range is the last ${usualRangeDays} days; it may be ${longestRangeDays} days long.`,
  parameters: promptParameters,
  query: z.strictObject({
    from: moment
      .optional()
      .meta({ description: `Created then or later. Left out: ${usualRangeDays} days before \`until\`.` }),
    until: moment.optional().meta({ description: 'Created before. Left out: now.' }),
  }),
  answer: outputChecks,
  faults: ['not_found'],
  example: {
    path: { slug: 'support-reply' },
    query: { from: '2026-11-20', until: '2026-11-21' },
    answer: {
      prompt: 'support-reply',
      from: '2026-11-20T00:00:00.000Z',
      until: '2026-11-21T00:00:00.000Z',
      versions: [{ version: 2, ok: 940, repaired: 12, mismatch: 3 }],
    },
  },
})
