import { z } from 'zod'
import { experimentShape, metricNameSchema, mostVariants } from '../experiment-body.ts'
import { defineEndpoint } from './endpoint.ts'
import { experimentParameters, experimentPath } from './experiments.ts'

const group = 'Experiments'

const baselineSchema = z
  .strictObject({
    mean: z.number('must be a number').meta({ description: 'Of a rate: 0.9 is ninety per cent.' }),
    standard_deviation: z
      .number('must be a number')
      .gt(0, 'must be above 0')
      .optional()
      .meta({ description: 'Of the means of units. Left out for a rate whose units have one exchange each.' }),
  })
  .meta({ id: 'PlanBaseline', description: 'What the metric is without a change.' })
export type PlanBaseline = z.output<typeof baselineSchema>

const dailyUnits = z
  .number('must be a number')
  .gt(0, 'must be above 0')
  .max(1e9, 'must be at most 1000000000')
  .optional()
  .meta({ description: 'Units that come on a day, of which `traffic` take part; without it `days` is null.' })

const askedFor = {
  minimum_detectable_effect: experimentShape.minimum_detectable_effect.meta({
    description: 'Relative to the baseline. Left out: 0.1, unless `planned_units` is given.',
  }),
  planned_units: experimentShape.planned_units.meta({
    description: 'Of all variants together: what effect can so many find?',
  }),
  daily_units: dailyUnits,
}

const planBody = z
  .strictObject({
    primary_metric: metricNameSchema.default('success_rate'),
    baseline: baselineSchema,
    variants: z
      .int('must be a whole number')
      .min(2, 'must be 2 or more')
      .max(mostVariants, `must be at most ${mostVariants}`)
      .default(2)
      .meta({ description: 'How many, with the control.' }),
    traffic: experimentShape.traffic,
    alpha: experimentShape.alpha,
    power: experimentShape.power,
    ...askedFor,
  })
  .meta({ id: 'PlanQuestion' })
export type PlanQuestion = z.output<typeof planBody>

const ownPlanBody = z
  .strictObject({ baseline: baselineSchema.optional(), ...askedFor })
  .meta({ id: 'OwnPlanQuestion', description: 'Left out: as the experiment says.' })
export type OwnPlanQuestion = z.output<typeof ownPlanBody>

const planAnswer = z
  .object({
    metric: z.string(),
    baseline: z.object({
      mean: z.number(),
      standard_deviation: z.number(),
      units: z.number().nullable().meta({ description: 'How many units it was measured on; null: it was given.' }),
    }),
    alpha: z.number(),
    power: z.number(),
    minimum_detectable_effect: z.number().nullable().meta({
      description: 'The smallest relative effect that is found with this power; null: none up to a thousand per cent.',
    }),
    planned_units: z.number().meta({ description: 'Of all variants together, at the fixed test at the end.' }),
    units_per_variant: z.number(),
    daily_units: z.number().nullable(),
    days: z.number().nullable().meta({ description: 'At most; a clear effect is found sooner. null: not known.' }),
  })
  .meta({ id: 'ExperimentPlan' })
export type PlanAnswer = z.input<typeof planAnswer>

const example: PlanAnswer = {
  metric: 'success_rate',
  baseline: { mean: 0.88, standard_deviation: 0.325, units: null },
  alpha: 0.05,
  power: 0.8,
  minimum_detectable_effect: 0.03,
  planned_units: 4570,
  units_per_variant: 2285,
  daily_units: 1500,
  days: 4,
}

export const planExperiment = defineEndpoint({
  id: 'planExperiment',
  method: 'POST',
  path: '/experiments/plan',
  group,
  summary: 'Plan an experiment before there is one',
  description:
    'How many units it takes to find an effect, or which effect a number of units finds, and how many days that is. Keeps nothing.',
  body: planBody,
  writes: false,
  answer: planAnswer,
  example: {
    body: {
      primary_metric: 'success_rate',
      baseline: { mean: 0.88 },
      minimum_detectable_effect: 0.03,
      daily_units: 1500,
    },
    answer: example,
  },
})

export const planOfExperiment = defineEndpoint({
  id: 'planOfExperiment',
  method: 'POST',
  path: '/experiments/{slug}/plan',
  group,
  summary: 'Plan an experiment by what its prompt did so far',
  description:
    'The baseline comes from the experiment once it runs, else from recent exchanges of the prompt, unless it is given. A 409 `nothing_measured` when there is none. Keeps nothing.',
  parameters: experimentParameters,
  body: ownPlanBody,
  bodyOptional: true,
  writes: false,
  answer: planAnswer,
  faults: ['not_found', 'conflict'],
  example: {
    path: experimentPath,
    body: {},
    answer: { ...example, baseline: { ...example.baseline, units: 812 } },
  },
})
