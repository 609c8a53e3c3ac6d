import { z } from 'zod'
import { experimentShape, experimentSlugSchema, rolloutStepsSchema, variantNameSchema } from '../experiment-body.ts'
import { slugSchema } from '../names.ts'
import { defineEndpoint } from './endpoint.ts'
import { experimentAnswer, experimentExample, experimentWithWarnings, runningExample } from './experiment-answer.ts'
import { pageOf, pageQuery, reason, removed } from './fields.ts'

const group = 'Experiments'

export const experimentParameters = z.strictObject({ slug: experimentSlugSchema })
export const experimentPath = { slug: 'warmer-greeting' }

/** It is an endpoint beside `/experiments/{slug}`. */
const taken = 'plan'

export const createExperimentBody = z
  .strictObject({
    slug: experimentSlugSchema.refine(
      (slug) => slug !== taken,
      'must not be `plan`, which has a meaning of its own in the address of an experiment',
    ),
    ...experimentShape,
  })
  .meta({ id: 'CreateExperiment' })

/** The field as it may be changed: left out, it stays. */
const changed = <Schema extends z.ZodType>(schema: Schema) => schema.optional()
/** null: as if it had never been said. */
const orNothing = <Schema extends z.ZodType>(schema: z.ZodOptional<Schema>) => schema.unwrap().nullable().optional()

const weightsSchema = z
  .record(
    variantNameSchema,
    z.number('must be a number').min(0, 'must be 0 or more').max(1_000_000, 'must be at most 1000000'),
  )
  .refine((weights) => Object.keys(weights).length > 0, 'must name a variant')
  .meta({
    description: 'A new split. Variants that are left out keep their weight. Units that are in keep their variant.',
  })

const changeExperimentBody = z
  .strictObject({
    name: orNothing(experimentShape.name),
    description: orNothing(experimentShape.description),
    prompt: changed(experimentShape.prompt),
    variants: changed(experimentShape.variants),
    control: orNothing(experimentShape.control),
    weights: weightsSchema.optional(),
    traffic: changed(experimentShape.traffic.unwrap()),
    targeting: orNothing(experimentShape.targeting),
    namespace: orNothing(experimentShape.namespace),
    holdout: orNothing(experimentShape.holdout),
    unit: changed(experimentShape.unit.unwrap()),
    overrides: orNothing(experimentShape.overrides),
    header_override: changed(experimentShape.header_override.unwrap()),
    hashing: orNothing(experimentShape.hashing),
    seed: changed(experimentShape.seed.unwrap()),
    primary_metric: changed(experimentShape.primary_metric.unwrap()),
    direction: orNothing(experimentShape.direction),
    secondary_metrics: changed(experimentShape.secondary_metrics.unwrap()),
    guardrail_metrics: changed(experimentShape.guardrail_metrics.unwrap()),
    ratios: orNothing(experimentShape.ratios),
    quality: orNothing(experimentShape.quality),
    judge: orNothing(experimentShape.judge),
    alpha: changed(experimentShape.alpha.unwrap()),
    power: changed(experimentShape.power.unwrap()),
    minimum_detectable_effect: orNothing(experimentShape.minimum_detectable_effect),
    planned_units: orNothing(experimentShape.planned_units),
    floors: changed(experimentShape.floors.unwrap()),
    auto_promote: changed(experimentShape.auto_promote.unwrap()),
    rollout: orNothing(experimentShape.rollout),
  })
  .meta({ id: 'ChangeExperiment' })
export type ExperimentPatch = z.output<typeof changeExperimentBody>

export const createExperiment = defineEndpoint({
  id: 'createExperiment',
  method: 'POST',
  path: '/experiments',
  group,
  summary: 'Create an experiment',
  description:
    'A draft: nobody is served anything until it is started. `GET …/results` of a draft says what it is planned for. The seed decides who gets what, and is shown.',
  body: createExperimentBody,
  status: 201,
  answer: experimentAnswer,
  faults: ['not_found', 'conflict'],
  example: {
    body: {
      slug: 'warmer-greeting',
      prompt: 'support-reply',
      variants: [
        { name: 'control', version: 1, weight: 50 },
        { name: 'warm', version: 2, weight: 50 },
      ],
      primary_metric: 'success_rate',
      guardrail_metrics: [{ metric: 'cost_usd', margin: 0.1 }],
    },
    answer: experimentExample,
  },
})

export const listExperiments = defineEndpoint({
  id: 'listExperiments',
  method: 'GET',
  path: '/experiments',
  group,
  summary: 'List experiments',
  description:
    'Newest first. Only stored ones; those of `promptbox.yaml` are not shown. Rollouts are under `/rollouts`.',
  query: z.strictObject({
    status: z
      .enum(['draft', 'running', 'paused', 'stopped'], 'must be `draft`, `running`, `paused` or `stopped`')
      .optional(),
    prompt: slugSchema.optional().meta({ description: 'Only experiments of this prompt.' }),
    ...pageQuery,
  }),
  answer: pageOf(experimentAnswer),
  example: { query: { status: 'running' }, answer: { data: [runningExample], next_cursor: null } },
})

export const getExperiment = defineEndpoint({
  id: 'getExperiment',
  method: 'GET',
  path: '/experiments/{slug}',
  group,
  summary: 'Get an experiment',
  parameters: experimentParameters,
  answer: experimentAnswer,
  faults: ['not_found'],
  example: { path: experimentPath, answer: runningExample },
})

export const changeExperiment = defineEndpoint({
  id: 'changeExperiment',
  method: 'PATCH',
  path: '/experiments/{slug}',
  group,
  summary: 'Change an experiment',
  description:
    'Field by field: what is left out stays, `null` takes an optional field away. A draft takes everything. Once it was started it takes what cannot make the figures lie: `name`, `description`, `traffic`, `weights`, `overrides`, `header_override`, `secondary_metrics`, `auto_promote`, `rollout`, `sample` and `budget_usd` of its `judge`, and `guardrail_metrics` until it is decided. All else is a 409 `experiment_started` that says what to do instead. New weights begin a new phase: units that are in keep their variant, and `variants` and `weights` both show the new ones. One of `promptbox.yaml` is changed there (409 `kept_in_file`).',
  parameters: experimentParameters,
  body: changeExperimentBody,
  answer: experimentAnswer,
  faults: ['not_found', 'conflict'],
  example: { path: experimentPath, body: { traffic: 0.5 }, answer: { ...runningExample, traffic: 0.5 } },
})

export const removeExperiment = defineEndpoint({
  id: 'removeExperiment',
  method: 'DELETE',
  path: '/experiments/{slug}',
  group,
  summary: 'Remove a draft',
  description: 'What was started stays, with what it found: a 409.',
  parameters: experimentParameters,
  answer: removed,
  faults: ['not_found', 'conflict'],
  example: { path: experimentPath, answer: { id: 'warmer-greeting', deleted: true } },
})

const whyBody = z.strictObject({ reason: reason.optional() }).meta({ id: 'WhyExperiment' })

export const startExperiment = defineEndpoint({
  id: 'startExperiment',
  method: 'POST',
  path: '/experiments/{slug}/start',
  group,
  summary: 'Start an experiment',
  description:
    'From the next request on units get their variants. Variants without a `version` get that of the label `production`, and keep it. `warnings` say what may not be as meant. Refused with a 409: while a rollout of the prompt is under way (`rollout_running`), when its part of a namespace is taken (`namespace_taken`), and when too many run (`too_many_experiments`).',
  parameters: experimentParameters,
  body: whyBody,
  bodyOptional: true,
  answer: experimentWithWarnings,
  faults: ['not_found', 'conflict'],
  example: { path: experimentPath, body: {}, answer: { ...runningExample, warnings: [] } },
})

export const pauseExperiment = defineEndpoint({
  id: 'pauseExperiment',
  method: 'POST',
  path: '/experiments/{slug}/pause',
  group,
  summary: 'Pause an experiment',
  description: 'Everybody gets the label’s version until it is resumed; feedback that comes late still counts.',
  parameters: experimentParameters,
  body: whyBody,
  bodyOptional: true,
  answer: experimentAnswer,
  faults: ['not_found', 'conflict'],
  example: { path: experimentPath, body: {}, answer: { ...runningExample, status: 'paused' } },
})

export const resumeExperiment = defineEndpoint({
  id: 'resumeExperiment',
  method: 'POST',
  path: '/experiments/{slug}/resume',
  group,
  summary: 'Resume an experiment',
  description: 'Units get the variants they had.',
  parameters: experimentParameters,
  body: whyBody,
  bodyOptional: true,
  answer: experimentAnswer,
  faults: ['not_found', 'conflict'],
  example: { path: experimentPath, body: {}, answer: runningExample },
})

export const stopExperiment = defineEndpoint({
  id: 'stopExperiment',
  method: 'POST',
  path: '/experiments/{slug}/stop',
  group,
  summary: 'Stop an experiment',
  description:
    'For good. With a `winner` the label `production` moves to its version at once; with `rollout` as well it goes there step by step. A winner that changes the model or parameters becomes a new version first. Where the label may not move, or a rollout cannot begin, nothing is stopped and the answer is a 409.',
  parameters: experimentParameters,
  body: z
    .strictObject({
      winner: variantNameSchema.optional().meta({ description: 'Left out: the label stays where it is.' }),
      rollout: rolloutStepsSchema.optional().meta({
        description: 'Steps of a rollout of the winner, per cent of the units.',
        examples: [[5, 20, 50, 100]],
      }),
      reason: reason.optional(),
    })
    .meta({ id: 'StopExperiment' }),
  bodyOptional: true,
  answer: experimentAnswer
    .extend({
      promoted_version: z.int().nullable().meta({ description: 'Version of the winner; null: none was named.' }),
      started_rollout: z.string().nullable().meta({ description: 'Slug of the rollout that began; null: none did.' }),
      warnings: z.array(z.string()),
    })
    .meta({ id: 'StoppedExperiment' }),
  faults: ['not_found', 'conflict'],
  example: {
    path: experimentPath,
    body: { winner: 'warm', rollout: [5, 20, 50, 100] },
    answer: {
      ...runningExample,
      status: 'stopped',
      stopped_at: '2026-11-27T09:30:00.000Z',
      promoted_version: 2,
      started_rollout: 'rollout-support-reply-v2',
      warnings: [],
    },
  },
})
