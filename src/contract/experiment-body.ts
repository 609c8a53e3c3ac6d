import { z } from 'zod'
import type { JsonObject } from '../core/json.ts'
import { metricFacts, metricNamePattern, metricNameRule, type Direction } from './experiment-metrics.ts'
import { modelNameSchema, slugSchema } from './names.ts'
import { targetingSchema } from './targeting.ts'

/**
 * An experiment (contract 3.2, 3.5), as the admin API and `promptbox.yaml` take it. Messages are clauses that follow the name
 * of the field.
 */

const slugRule =
  'must be 1 to 128 of a-z, 0-9, `_`, `.` and `-`, and begin with a letter or digit, such as `warmer-greeting`'

export const experimentSlugSchema = z
  .string(slugRule)
  .regex(/^[a-z0-9][a-z0-9_.-]{0,127}$/, slugRule)
  .meta({ description: 'Slug of an experiment.', examples: ['warmer-greeting'] })

const variantNameRule =
  'must be 1 to 64 of a-z, A-Z, 0-9, `_` and `-`, and begin with a letter or digit, such as `control`'
export const variantNameSchema = z.string(variantNameRule).regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, variantNameRule)

export const mostVariants = 10
export const mostPlannedUnits = 1_000_000_000

const textUpTo = (most: number) => z.string().max(most, `must have at most ${most} characters`)
const nameOfLength = (most: number) => textUpTo(most).min(1, 'must not be empty')
const unitsSchema = z
  .int('must be a whole number')
  .min(0, 'must be 0 or more')
  .max(100_000_000, 'must be at most 100000000')
const hoursSchema = z.number('must be a number').min(0, 'must be 0 or more').max(8760, 'must be at most 8760, a year')

const weightSchema = z.number('must be a number').min(0, 'must be 0 or more').max(1_000_000, 'must be at most 1000000')

const variantSchema = z
  .strictObject({
    name: variantNameSchema,
    version: z
      .int('must be the number of a version')
      .min(1, 'must be 1 or more')
      .optional()
      .meta({ description: 'Left out: the version that the label `production` means.' }),
    weight: weightSchema.default(1).meta({ description: 'Share of the units, relative to the other variants.' }),
    model: modelNameSchema.optional().meta({ description: "Instead of the version's first model." }),
    parameters: (z.record(z.string(), z.unknown()) as unknown as z.ZodType<JsonObject>)
      .optional()
      .meta({ description: "Over the version's own parameters, name by name; those of a request still win." }),
    description: z.string().max(1000, 'must have at most 1000 characters').optional(),
  })
  .meta({ id: 'Variant' })
export type VariantBody = z.output<typeof variantSchema>

export const metricNameSchema = z.string(metricNameRule).regex(metricNamePattern, metricNameRule)
const directionSchema = z.enum(['increase', 'decrease'], 'must be `increase` or `decrease`')

const guardrailMetricSchema = z
  .strictObject({
    metric: metricNameSchema,
    margin: z
      .number('must be a number')
      .min(0, 'must be 0 or more')
      .meta({ description: 'How much worse it may be at most.' }),
    margin_type: z.enum(['relative', 'absolute'], 'must be `relative` or `absolute`').optional().meta({
      description:
        "`relative`: a share of the control's mean. Left out: absolute for metrics between 0 and 1 (0.01 is one percentage point) and for margins of 1 and more, relative for others.",
    }),
    direction: directionSchema.optional(),
  })
  .meta({ id: 'GuardrailMetric' })
export type GuardrailMetric = z.output<typeof guardrailMetricSchema>

/** Whether a margin is a share of the control's mean, when nobody says. */
export function marginTypeOf({ metric, margin, margin_type }: GuardrailMetric): 'relative' | 'absolute' {
  return margin_type ?? (metricFacts(metric).bounded || margin >= 1 ? 'absolute' : 'relative')
}

const ratioSchema = z
  .strictObject({
    numerator: metricNameSchema,
    denominator: metricNameSchema,
    direction: directionSchema.default('decrease'),
  })
  .meta({ id: 'RatioMetric', description: 'Sum of one metric over the sum of another, such as cost per success.' })

const componentSchema = z
  .strictObject({
    weight: z.number('must be a number').min(0, 'must be 0 or more').max(1000, 'must be at most 1000'),
    metric: metricNameSchema.meta({ description: 'What is measured.' }),
    worst: z.number('must be a number').meta({ description: 'Counts as 0.' }),
    best: z.number('must be a number').meta({ description: 'Counts as 1; may be less than `worst`.' }),
  })
  .refine(({ worst, best }) => worst !== best, 'must have different `worst` and `best`')
  .meta({ id: 'QualityComponent' })
export type QualityComponent = z.output<typeof componentSchema>

/** 0.4 accuracy, 0.2 response time, 0.2 consistency, 0.2 user satisfaction. */
export const defaultQuality: Readonly<Record<string, QualityComponent>> = {
  accuracy: { weight: 0.4, metric: 'accuracy', worst: 0, best: 1 },
  response_time: { weight: 0.2, metric: 'latency_ms', worst: 10_000, best: 500 },
  consistency: { weight: 0.2, metric: 'output_valid_rate', worst: 0, best: 1 },
  user_satisfaction: { weight: 0.2, metric: 'satisfaction', worst: 0, best: 1 },
}

const qualitySchema = z
  .record(nameOfLength(64), componentSchema)
  .refine((parts) => Object.values(parts).some(({ weight }) => weight > 0), 'must have a component with a weight')
  .refine((parts) => Object.keys(parts).length <= 20, 'must have at most 20 components')

const judgeSchema = z
  .strictObject({
    model: modelNameSchema,
    criteria: z.string().trim().min(1, 'must not be empty').max(8000, 'must have at most 8000 characters'),
    metric: metricNameSchema.default('accuracy').meta({ description: 'Name of the feedback that it gives, 0 to 1.' }),
    sample: z
      .number('must be a number')
      .gt(0, 'must be above 0')
      .max(1, 'must be at most 1')
      .default(0.1)
      .meta({ description: 'Share of the exchanges that are judged.' }),
    budget_usd: z
      .number('must be a number')
      .min(0, 'must be 0 or more')
      .max(100_000, 'must be at most 100000')
      .default(1)
      .meta({ description: 'Judging ends when so much was spent.' }),
  })
  .meta({ id: 'ExperimentJudge' })
export type ExperimentJudge = z.output<typeof judgeSchema>

const share = z.number('must be a number').min(0, 'must be 0 or more').max(1, 'must be at most 1')

const namespaceSchema = z
  .strictObject({
    name: z.string().trim().min(1, 'must not be empty').max(64, 'must have at most 64 characters'),
    from: share,
    to: share,
  })
  .refine(({ from, to }) => from < to, 'must have a `from` below `to`')
  .meta({
    id: 'ExperimentNamespace',
    description:
      'Units are laid out from 0 to 1 by the name; only those from `from` up to `to` take part. Experiments of one namespace with ranges that do not overlap never share a unit.',
  })

const hashingSchema = z
  .discriminatedUnion(
    'scheme',
    [
      z.strictObject({
        scheme: z.literal('growthbook'),
        seed: textUpTo(512),
        hash_version: z.union([z.literal(1), z.literal(2)]).default(2),
      }),
      z.strictObject({ scheme: z.literal('unleash'), group_id: textUpTo(512) }),
    ],
    'must have the `scheme` `growthbook` or `unleash`',
  )
  .meta({
    id: 'ForeignHashing',
    description: 'Assigns as another system did, so that units that moved here keep their variant.',
  })
export type ForeignHashing = z.output<typeof hashingSchema>

const floorsSchema = z
  .strictObject({
    units_per_variant: unitsSchema.default(100),
    events_per_variant: unitsSchema.default(10),
    hours: hoursSchema.default(24),
  })
  .meta({
    id: 'ExperimentFloors',
    description:
      'Below any of these nothing but harm is decided. Events: successes, and failures, of a rate, in units.',
  })
export type ExperimentFloors = z.output<typeof floorsSchema>

export const rolloutStepsSchema = z
  .array(z.number('must be a number').gt(0, 'must be above 0').max(100, 'must be at most 100'))
  .min(1, 'must have at least one step')
  .max(20, 'must have at most 20 steps')
  .refine((steps) => steps.every((step, at) => at === 0 || step > (steps[at - 1] ?? 0)), 'must rise')
  .refine((steps) => steps.at(-1) === 100, 'must end with 100')
export const defaultRolloutSteps = [1, 5, 20, 50, 100] as const

export const rolloutSettingsShape = {
  steps: rolloutStepsSchema.default([...defaultRolloutSteps]).meta({ description: 'Per cent of the traffic.' }),
  hours_per_step: hoursSchema.default(1),
  units_per_step: unitsSchema
    .default(100)
    .meta({ description: 'So many units must have had the new version at a step before the next.' }),
} as const
export const rolloutSettingsSchema = z.strictObject(rolloutSettingsShape).meta({ id: 'RolloutSettings' })
export type RolloutSettings = z.output<typeof rolloutSettingsSchema>

/** Everything but the slug, each as it stands in `POST`. */
export const experimentShape = {
  name: z.string().trim().min(1, 'must not be empty').max(200, 'must have at most 200 characters').optional(),
  description: z.string().max(4000, 'must have at most 4000 characters').optional(),
  prompt: slugSchema,
  variants: z
    .array(variantSchema)
    .min(2, 'must have at least two variants')
    .max(mostVariants, `must have at most ${mostVariants} variants`),
  control: variantNameSchema
    .optional()
    .meta({ description: 'What the others are compared with. Left out: the one named `control`, else the first.' }),
  traffic: share.default(1).meta({ description: 'Share of the units that take part.' }),
  targeting: targetingSchema.optional(),
  namespace: namespaceSchema.optional(),
  holdout: share
    .max(0.5, 'must be at most 0.5')
    .optional()
    .meta({ description: 'Share of the units that no experiment with a holdout takes, always the same ones.' }),
  unit: z.enum(['assigned', 'request'], 'must be `assigned` or `request`').default('assigned').meta({
    description:
      '`request`: each request is a unit of its own, so that users may see several variants. `assigned`: the user, session or key that contract 2.3 finds.',
  }),
  overrides: z
    .record(nameOfLength(512), variantNameSchema)
    .refine((overrides) => Object.keys(overrides).length <= 1000, 'must have at most 1000 entries')
    .optional()
    .meta({ description: 'Units that always get a variant, for testers; kept out of the analysis.' }),
  header_override: z.boolean('must be true or false').default(false).meta({
    description: 'Requests may choose with the header `x-promptbox-variant`; kept out of the analysis.',
  }),
  hashing: hashingSchema.optional(),
  seed: nameOfLength(200).optional().meta({ description: 'Left out: its own. Decides who gets what.' }),
  primary_metric: metricNameSchema.default('success_rate'),
  direction: directionSchema.optional().meta({ description: 'Which way is better. Left out: that of the metric.' }),
  secondary_metrics: z.array(metricNameSchema).max(20, 'must have at most 20 metrics').default([]),
  guardrail_metrics: z.array(guardrailMetricSchema).max(20, 'must have at most 20 metrics').default([]),
  ratios: z
    .record(metricNameSchema, ratioSchema)
    .refine((ratios) => Object.keys(ratios).length <= 10, 'must have at most 10 ratios')
    .optional(),
  quality: qualitySchema.optional().meta({
    description:
      'What `quality_score` is made of. Left out: 0.4 accuracy, 0.2 each response time, consistency, satisfaction.',
  }),
  judge: judgeSchema.optional(),
  alpha: z.number().gt(0, 'must be above 0').max(0.5, 'must be at most 0.5').default(0.05),
  power: z.number().min(0.5, 'must be at least 0.5').lt(1, 'must be below 1').default(0.8),
  minimum_detectable_effect: z
    .number('must be a number')
    .gt(0, 'must be above 0')
    .max(10, 'must be at most 10')
    .optional()
    .meta({
      description: 'Relative to the control: 0.1 is ten per cent. Left out: 0.1, unless `planned_units` is given.',
    }),
  planned_units: z
    .int('must be a whole number')
    .min(2, 'must be 2 or more')
    .max(mostPlannedUnits, `must be at most ${mostPlannedUnits}`)
    .optional()
    .meta({ description: 'Of all variants together. Left out: computed, before the start or from the first units.' }),
  floors: floorsSchema.prefault({}),
  auto_promote: z.boolean('must be true or false').default(false).meta({
    description: 'A winner is rolled out by itself, as far as the protection of the label allows.',
  }),
  rollout: rolloutSettingsSchema.optional().meta({ description: 'How a winner is rolled out.' }),
} as const

/** The shape alone; `checkExperiment` (`src/experiments/check-experiment.ts`) holds its parts against each other. */
export const experimentBodySchema = z.strictObject(experimentShape).meta({ id: 'ExperimentBody' })
/** An experiment as it is stored and served; its slug stands beside it. */
export type ExperimentBody = z.output<typeof experimentBodySchema>

/** The variant that the others are compared with. */
export function controlOf({ control, variants }: Pick<ExperimentBody, 'control' | 'variants'>): string {
  const named = control ?? variants.find(({ name }) => name === 'control')?.name
  return named ?? variants[0]?.name ?? 'control'
}

/** Which way is better for a metric of an experiment. */
export function directionOf(body: ExperimentBody, metric: string): Direction {
  if (metric === body.primary_metric && body.direction !== undefined) return body.direction
  const guardrail = body.guardrail_metrics.find((each) => each.metric === metric)
  if (guardrail?.direction !== undefined) return guardrail.direction
  const ratio = body.ratios !== undefined && Object.hasOwn(body.ratios, metric) ? body.ratios[metric] : undefined
  return ratio?.direction ?? metricFacts(metric).direction
}
