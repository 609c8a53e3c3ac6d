import { z } from 'zod'

/**
 * What an experiment says of itself: one object for the API, the dashboard, the decision and the record of it. Figures are of
 * assignment units, never of single exchanges.
 */

export const experimentStates = [
  'collecting',
  'winner',
  'no_difference',
  'harmful',
  'broken_split',
  'inconclusive',
] as const
export type ExperimentState = (typeof experimentStates)[number]

const interval = z.tuple([z.number(), z.number()])
const byVariant = <Schema extends z.ZodType>(schema: Schema) => z.record(z.string(), schema)

export const decisionSchema = z
  .object({
    at: z.iso.datetime(),
    state: z.enum(experimentStates),
    winner: z.string().nullable(),
    sentence: z.string(),
    by: z.enum(['sequential', 'fixed', 'person']).meta({
      description:
        '`sequential`: the interval that holds however often one looks; `fixed`: the one test at the planned number of units; `person`: somebody stopped it.',
    }),
    units: z.number(),
  })
  .meta({ id: 'ExperimentDecision', description: 'Made once, and never reversed without a person.' })
export type ExperimentDecision = z.output<typeof decisionSchema>

const variantFigures = z.object({
  units: z.number().meta({ description: 'Units with a value.' }),
  mean: z.number().nullable(),
  interval: interval.nullable().meta({ description: 'Of the mean, at 1 - alpha.' }),
  winsorised_mean: z
    .number()
    .nullable()
    .meta({ description: 'With the highest 0.1 % of units cut; null: not a heavy tail.' }),
  median: z.number().nullable(),
  p95: z.number().nullable(),
})

const comparison = z.object({
  effect: z.number().nullable().meta({ description: 'Difference of the means, variant minus control.' }),
  interval: interval.nullable().meta({ description: 'Of the effect; holds however often one looks.' }),
  fixed_interval: interval.nullable().meta({ description: 'Of the effect, for one look.' }),
  relative_effect: z.number().nullable(),
  relative_interval: interval.nullable(),
  p_value: z
    .number()
    .nullable()
    .meta({ description: 'For one look; of the primary metric adjusted by Holm, of others by Benjamini-Hochberg.' }),
  always_valid_p_value: z.number().nullable(),
  is_better: z.boolean().nullable().meta({ description: 'The effect goes the good way.' }),
  non_inferior: z
    .boolean()
    .nullable()
    .meta({ description: 'Guardrail metrics: worse by less than the margin. null: no guardrail.' }),
  chance_to_win: z.number().nullable().meta({ description: 'Description only: never decides.' }),
  expected_loss: z.number().nullable().meta({ description: 'Description only: never decides.' }),
  variance_reduction: z
    .number()
    .nullable()
    .meta({ description: 'By what units did before the experiment, 0 to 1; null: the metric is not adjusted.' }),
})

export const metricResultSchema = z
  .object({
    name: z.string(),
    role: z.enum(['primary', 'secondary', 'guardrail']),
    kind: z.enum(['rate', 'mean', 'ratio']),
    direction: z.enum(['increase', 'decrease']),
    exploratory: z.boolean().meta({ description: 'Decides nothing.' }),
    margin: z.number().nullable(),
    margin_type: z.enum(['relative', 'absolute']).nullable(),
    variants: byVariant(variantFigures),
    comparisons: byVariant(comparison).meta({ description: 'Of each variant but the control.' }),
    effect: z.number().nullable().meta({ description: 'Of the variant with the smallest p-value.' }),
    interval: interval.nullable(),
    p_value: z.number().nullable(),
  })
  .meta({ id: 'MetricResult' })
export type MetricResult = z.output<typeof metricResultSchema>

export const resultsSchema = z
  .object({
    experiment: z.string(),
    prompt: z.string(),
    status: z.string(),
    state: z.enum(experimentStates),
    sentence: z.string(),
    winner: z.string().nullable(),
    control: z.string(),
    decision: decisionSchema.nullable(),
    looked_at: z.iso.datetime(),
    variants: byVariant(
      z.object({
        units: z.number(),
        exchanges: z.number(),
        state: z.enum([...experimentStates, 'control']),
      }),
    ),
    metrics: z.array(metricResultSchema),
    sample_ratio: z.object({
      expected: byVariant(z.number()).meta({ description: 'Units, as the weights would have it.' }),
      observed: byVariant(z.number()),
      p_value: z.number().nullable().meta({ description: 'The smallest of the phases.' }),
      broken: z.boolean(),
    }),
    excluded: z.record(z.string(), z.number()),
    floors: z.object({ met: z.boolean(), missing: z.array(z.string()) }),
    plan: z.object({
      alpha: z.number(),
      power: z.number(),
      minimum_detectable_effect: z.number().nullable().meta({ description: 'Relative; what it was planned for.' }),
      planned_units: z.number().nullable(),
      units: z.number(),
      progress: z.number().nullable().meta({ description: '0 to 1.' }),
      detectable_effect_now: z.number().nullable().meta({ description: 'Relative, with the units there are.' }),
      expected_end: z.iso.datetime().nullable(),
    }),
    phases: z.array(
      z.object({
        number: z.number(),
        started_at: z.iso.datetime(),
        weights: byVariant(z.number()),
        units: byVariant(z.number()),
        sample_ratio_p_value: z.number().nullable(),
      }),
    ),
    notes: z.array(z.string()).meta({ description: 'What one should know before believing it.' }),
  })
  .meta({ id: 'ExperimentResults' })
export type ExperimentResults = z.output<typeof resultsSchema>
