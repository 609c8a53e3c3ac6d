import { z } from 'zod'
import { guardrailSlugSchema, guardrailStages } from '../guardrail-body.ts'
import { defineEndpoint } from './endpoint.ts'
import { moment, requestIdParameters } from './exchanges.ts'
import { instant, line } from './fields.ts'
import { guardrailParameters } from './guardrails.ts'

const group = 'Guardrails'
const count = z.int().min(0)
const share = z.number().min(0).max(1)
const interval = z.tuple([share, share]).meta({ description: 'Wilson score interval at 95 %: lower and upper bound.' })

/** As `GuardrailReader.hours` has it. */
export const longestStatsDays = 31
export const usualStatsDays = 7
/** More would be megabytes of an answer. */
export const mostHourRows = 20_000

const looked = {
  looks: count.meta({ description: 'How often it looked and could say something: errors and what it skipped aside.' }),
  violations: count.meta({ description: 'Looks that were `flag`, `redact` or `block`.' }),
  errors: count.meta({ description: 'How often it was to look and could not.' }),
  skipped: count.meta({ description: 'How often it had no way to look, such as at sound.' }),
  violation_rate: share.nullable().meta({ description: 'Violations among looks; null: there were none.' }),
}

const guardrailCounts = z
  .object({
    ...looked,
    verdicts: z.object({ pass: count, flag: count, redact: count, block: count, error: count, skipped: count }),
    violation_rate_interval: interval.nullable(),
  })
  .meta({ id: 'GuardrailCounts', description: 'A stage of an exchange is one look.' })
export type GuardrailCountsAnswer = z.input<typeof guardrailCounts>

const guardrailTotals = z
  .object({
    guardrail: z.string(),
    enforce: guardrailCounts.nullable().meta({ description: 'While it was enforced; null: it was not.' }),
    shadow: guardrailCounts
      .nullable()
      .meta({ description: 'While it ran in shadow mode: what it would have said; null: it did not.' }),
    precision: z
      .object({
        estimate: share,
        interval,
        reports: count.meta({ description: 'True and false positives that were reported.' }),
      })
      .nullable()
      .meta({
        description:
          'Share of true positives among those that people reported, of all time; null: nobody did. Who reports chooses what, so it is an estimate of what is reported.',
      }),
    missed: count.meta({ description: 'Reports of all time that it passed over something.' }),
  })
  .meta({ id: 'GuardrailTotals' })

const guardrailHour = z
  .object({ guardrail: z.string(), mode: z.enum(['enforce', 'shadow']), hour: instant, ...looked })
  .meta({ id: 'GuardrailHour' })

const guardrailStats = z
  .object({
    from: instant,
    until: instant,
    guardrails: z.array(guardrailTotals).meta({ description: 'By slug: those with counts in the range, or reports.' }),
    hours: z
      .array(guardrailHour)
      .meta({ description: 'For a heatmap: by hour, slug and mode; hours without a look are left out.' }),
  })
  .meta({ id: 'GuardrailStats' })
export type GuardrailStatsAnswer = z.input<typeof guardrailStats>

const range = {
  from: moment.optional().meta({
    description: `Exchanges from the hour on that this is in. Left out: ${usualStatsDays} days before \`until\`.`,
  }),
  until: moment.optional().meta({ description: 'Hours that begin before. Left out: now.' }),
  stage: z.enum(guardrailStages, 'must be `input` or `output`').optional().meta({ description: 'Only this stage.' }),
}

export interface StatsQuery {
  readonly from?: string | undefined
  readonly until?: string | undefined
  readonly stage?: 'input' | 'output' | undefined
}

const countsExample: GuardrailCountsAnswer = {
  looks: 1000,
  violations: 12,
  errors: 1,
  skipped: 0,
  violation_rate: 0.012,
  violation_rate_interval: [0.0069, 0.0209],
  verdicts: { pass: 988, flag: 12, redact: 0, block: 0, error: 1, skipped: 0 },
}
const statsExample: GuardrailStatsAnswer = {
  from: '2026-11-20T09:00:00.000Z',
  until: '2026-11-20T10:00:00.000Z',
  guardrails: [
    {
      guardrail: 'no-customer-data',
      enforce: countsExample,
      shadow: null,
      precision: { estimate: 0.9, interval: [0.5958, 0.9821], reports: 10 },
      missed: 0,
    },
  ],
  hours: [
    {
      guardrail: 'no-customer-data',
      mode: 'enforce',
      hour: '2026-11-20T09:00:00.000Z',
      looks: 1000,
      violations: 12,
      errors: 1,
      skipped: 0,
      violation_rate: 0.012,
    },
  ],
}
const rangeExample = { from: '2026-11-20T09:00:00Z', until: '2026-11-20T10:00:00Z' }
const description = `Counted as exchanges are recorded: what has just ended is there within moments. Left out, the range is the last ${usualStatsDays} days; it may be ${longestStatsDays} days long. Counts live on when the log's days are dropped, and after their guardrail was removed.`

export const getAllGuardrailStats = defineEndpoint({
  id: 'getAllGuardrailStats',
  method: 'GET',
  path: '/guardrails/stats',
  group,
  summary: 'Count what guardrails said',
  description,
  query: z.strictObject({
    ...range,
    guardrail: guardrailSlugSchema.optional().meta({ description: 'Only this one.' }),
  }),
  answer: guardrailStats,
  example: { query: rangeExample, answer: statsExample },
})

export const getGuardrailStats = defineEndpoint({
  id: 'getGuardrailStats',
  method: 'GET',
  path: '/guardrails/{slug}/stats',
  group,
  summary: 'Count what one guardrail said',
  description,
  parameters: guardrailParameters,
  query: z.strictObject(range),
  answer: guardrailStats,
  faults: ['not_found'],
  example: { path: { slug: 'no-customer-data' }, query: rangeExample, answer: statsExample },
})

const kind = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,63}$/, 'must be a kind of finding: 1 to 64 of a-z, 0-9 and `_`, such as `email`')

const feedback = {
  guardrail: guardrailSlugSchema,
  verdict: z
    .enum(['false_positive', 'true_positive', 'missed'], 'must be `false_positive`, `true_positive` or `missed`')
    .meta({
      description:
        '`false_positive`: it found something where nothing was; `true_positive`: rightly; `missed`: it passed over something.',
    }),
  stage: z.enum(guardrailStages, 'must be `input` or `output`').nullable(),
  kind: kind.nullable().meta({ description: 'Kind of the finding it is about.' }),
  comment: line(1000).nullable(),
}

const feedbackBody = z
  .strictObject({
    ...feedback,
    stage: feedback.stage.optional().meta({ description: 'Left out: of the exchange as a whole.' }),
    kind: feedback.kind.optional(),
    comment: feedback.comment.optional().meta({ description: 'For people. Put no message in it: it is kept.' }),
  })
  .meta({ id: 'GuardrailFeedback' })

const feedbackAnswer = z
  .object({ request_id: z.string(), ...feedback, reported_by: z.string() })
  .meta({ id: 'StoredGuardrailFeedback' })

const requestId = '0198c0de-7a3b-7cc1-9f52-3d5a1f3d2b10'

export const reportGuardrail = defineEndpoint({
  id: 'reportGuardrail',
  method: 'POST',
  path: '/exchanges/{request_id}/guardrail-feedback',
  group,
  summary: 'Say whether a guardrail was right',
  description:
    'Feeds the estimate of its precision. One for each exchange, guardrail and admin key: a later one takes the place of an earlier one. The guardrail must have a result in the exchange; an exchange that has just ended is there within moments.',
  parameters: requestIdParameters,
  body: feedbackBody,
  status: 201,
  answer: feedbackAnswer,
  faults: ['not_found'],
  example: {
    path: { request_id: requestId },
    body: { guardrail: 'no-customer-data', verdict: 'false_positive', comment: 'This is an order number.' },
    answer: {
      request_id: requestId,
      guardrail: 'no-customer-data',
      verdict: 'false_positive',
      stage: null,
      kind: null,
      comment: 'This is an order number.',
      reported_by: 'admin',
    },
  },
})
