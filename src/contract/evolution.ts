import { z } from 'zod'
import { experimentShape, rolloutSettingsSchema } from './experiment-body.ts'
import { modelNameSchema } from './names.ts'

/** How far a prompt may be improved by itself, and what a proposal is. Messages are clauses that follow the name of the field. */

export const strategyNames = [
  'few_shot',
  'instructions',
  'role',
  'context',
  'compression',
  'model',
  'parameters',
] as const
export type StrategyName = (typeof strategyNames)[number]

export const proposalStates = [
  'proposed',
  'testing',
  'tested',
  'failed_tests',
  'in_experiment',
  'won',
  'lost',
  'rolling_out',
  'promoted',
  'rolled_back',
  'rejected',
] as const
export type ProposalState = (typeof proposalStates)[number]

/** In these a proposal can still go on. */
export const openStates = ['proposed', 'testing', 'tested', 'in_experiment', 'won', 'rolling_out'] as const

const strategyRule = `must be one of ${strategyNames.map((name) => `\`${name}\``).join(', ')}`
export const strategiesSchema = z
  .array(z.enum(strategyNames, strategyRule))
  .min(1, 'must name at least one strategy')
  .max(strategyNames.length, `must have at most ${strategyNames.length} entries`)
  .refine((names) => new Set(names).size === names.length, 'must not name anything twice')

const stepSchema = z.enum(['auto', 'hand'], 'must be `auto` or `hand`')

const writerSchema = z.discriminatedUnion(
  'type',
  [z.strictObject({ type: z.literal('rules') }), z.strictObject({ type: z.literal('model'), model: modelNameSchema })],
  'must be {"type": "rules"} or {"type": "model", "model": "…"}',
)

const { traffic, primary_metric, minimum_detectable_effect, planned_units, guardrail_metrics, floors } = experimentShape

/** Only what is given here is said; the rest is as in any experiment. */
const experimentSchema = z.strictObject({
  traffic: traffic.unwrap().optional(),
  primary_metric: primary_metric.unwrap().optional(),
  minimum_detectable_effect,
  planned_units,
  guardrail_metrics: guardrail_metrics.unwrap().optional(),
  floors: floors.unwrap().optional(),
})

export const evolutionPolicyShape = {
  enabled: z.boolean('must be true or false').default(true).meta({
    description: 'false: nothing happens by itself; runs and steps by hand go on working.',
  }),
  strategies: strategiesSchema.default([...strategyNames]).meta({ description: 'What may be tried.' }),
  writer: writerSchema.default({ type: 'rules' }).meta({
    description: '`rules`: without asking anybody. `model`: this model writes the system message anew.',
  }),
  proposals_per_run: z
    .int('must be a whole number')
    .min(1, 'must be 1 or more')
    .max(10, 'must be at most 10')
    .default(3),
  every_hours: z
    .number('must be a number')
    .min(1, 'must be 1 or more')
    .max(8760, 'must be at most 8760')
    .default(168)
    .meta({ description: 'Hours between two runs.' }),
  budget_usd: z
    .number('must be a number')
    .min(0, 'must be 0 or more')
    .max(100_000, 'must be at most 100000')
    .default(1)
    .meta({ description: 'US dollars in a month (UTC) for writing and testing. 0: no model is asked.' }),
  models: z
    .array(modelNameSchema)
    .max(10, 'must have at most 10 entries')
    .default([])
    .meta({ description: 'Other models that may answer.' }),
  steps: z
    .strictObject({
      test: stepSchema.default('auto'),
      experiment: stepSchema.default('hand'),
      rollout: stepSchema.default('hand'),
    })
    .prefault({})
    .meta({ description: 'What follows by itself.' }),
  experiment: experimentSchema.optional(),
  rollout: rolloutSettingsSchema.optional(),
  min_score: z.number('must be a number').min(0, 'must be 0 or more').max(1, 'must be at most 1').default(0.8).meta({
    description: 'An answer is an example of a good one from this score on; ratings 1 to 5 and thumbs count as 0 to 1.',
  }),
  look_back_days: z
    .int('must be a whole number')
    .min(1, 'must be 1 or more')
    .max(90, 'must be at most 90')
    .default(30)
    .meta({ description: 'Older exchanges are not looked at.' }),
} as const

export const evolutionPolicySchema = z.strictObject(evolutionPolicyShape).meta({ id: 'EvolutionPolicyBody' })
export type EvolutionPolicy = z.output<typeof evolutionPolicySchema>

/** How a predicted effect was come by, from the best to none. */
export const predictionBases = ['measured', 'recorded', 'assumed', 'unknown'] as const

export const predictionSchema = z.object({
  metric: z.string(),
  effect: z.number().nullable().meta({ description: 'Relative: -0.2 is 20 per cent less. null: nobody can say.' }),
  basis: z.enum(predictionBases).meta({
    description:
      '`measured`: by experiments of earlier proposals. `recorded`: reckoned from recorded tokens, prices or lengths. `assumed`: by a rule of thumb that `why` names. `unknown`: there is no figure.',
  }),
  why: z.string(),
})
export type Prediction = z.output<typeof predictionSchema>

/** What the last run of a prompt came to. */
export const evolutionRunSchema = z.object({
  at: z.string().meta({ description: 'RFC 3339, UTC.' }),
  sentence: z.string().meta({ description: 'What came of it, or why it failed.' }),
  skipped: z
    .array(z.object({ strategy: z.enum(strategyNames), reason: z.string() }))
    .readonly()
    .meta({
      description: 'Why a strategy proposed nothing, or what it proposed was not taken.',
    }),
  spent_usd: z.number(),
})
export type EvolutionRun = z.output<typeof evolutionRunSchema>

/** What the experiment measured of a proposal against its parent. */
export const improvementSchema = z.object({
  metric: z.string(),
  effect: z.number().nullable(),
  interval: z.tuple([z.number(), z.number()]).nullable(),
  relative_effect: z.number().nullable(),
  relative_interval: z.tuple([z.number(), z.number()]).nullable(),
  units: z.number(),
  sentence: z.string(),
})
export type Improvement = z.output<typeof improvementSchema>
