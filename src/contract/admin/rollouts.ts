import { z } from 'zod'
import { experimentShape, experimentSlugSchema, rolloutSettingsShape } from '../experiment-body.ts'
import { labelSchema, slugSchema } from '../names.ts'
import { defineEndpoint } from './endpoint.ts'
import { phaseAnswer } from './experiment-answer.ts'
import { instant, pageOf, pageQuery, reason } from './fields.ts'

const group = 'Rollouts'
const parameters = z.strictObject({ slug: experimentSlugSchema })
const path = { slug: 'rollout-support-reply-v2' }

const states = ['running', 'paused', 'completed', 'rolled_back', 'aborted'] as const

const createRolloutBody = z
  .strictObject({
    slug: experimentSlugSchema.optional().meta({ description: 'Left out: made of the prompt and the version.' }),
    prompt: slugSchema,
    version: z.int('must be the number of a version').min(1, 'must be 1 or more'),
    label: labelSchema
      .refine(
        (label) => label === 'production',
        'must be `production`: requests that name another label, or a version, get exactly what they name and are never split',
      )
      .default('production'),
    ...rolloutSettingsShape,
    guardrail_metrics: experimentShape.guardrail_metrics.unwrap().optional().meta({
      description:
        'What harm is looked for in. Left out: success rate and blocked exchanges (0.02 worse at most), latency (25 %) and cost (50 %).',
    }),
    floors: experimentShape.floors
      .unwrap()
      .optional()
      .meta({ description: 'Below these nothing is called harm. Left out: 30 units, 5 events, no hours.' }),
    reason: reason.optional(),
  })
  .meta({ id: 'CreateRollout' })

const rolloutAnswer = z
  .object({
    slug: z.string(),
    prompt: z.string(),
    label: z.string(),
    version: z.int(),
    from_version: z.int(),
    state: z.enum(states),
    sentence: z.string().meta({ description: 'Why it stands where it stands.' }),
    progress: z.object({
      state: z.enum(states),
      sentence: z.string(),
      step: z.int().meta({ description: 'From 0.' }),
      steps: z.array(z.number()).meta({ description: 'Per cent of the units.' }),
      share: z.number().meta({ description: 'Per cent of the units that get the new version now.' }),
      step_started_at: instant,
      hours_per_step: z.number(),
      units_per_step: z.int(),
    }),
    guardrail_metrics: experimentShape.guardrail_metrics.unwrap(),
    experiment: z
      .string()
      .nullable()
      .meta({ description: 'The experiment whose winner it is; null: somebody wanted it.' }),
    seed: z.string(),
    phases: z.array(phaseAnswer),
    created_at: instant,
    created_by: z.string(),
    updated_at: instant,
    updated_by: z.string(),
    started_at: instant.nullable(),
    stopped_at: instant.nullable(),
  })
  .meta({ id: 'Rollout' })
export type RolloutAnswer = z.input<typeof rolloutAnswer>

const harmAnswer = z
  .object({
    harmed: z.boolean(),
    metric: z.string().nullable(),
    sentence: z.string(),
    checks: z
      .array(
        z.object({
          metric: z.string(),
          baseline: z.number().nullable().meta({ description: 'Mean with the version before.' }),
          candidate: z.number().nullable().meta({ description: 'Mean with the new version.' }),
          p: z.number().nullable().meta({
            description: 'Of being worse than the margin, for any number of looks; null: too little was seen.',
          }),
          harmed: z.boolean(),
        }),
      )
      .meta({ description: 'One for each guardrail metric.' }),
  })
  .meta({
    id: 'RolloutHarm',
    description: 'What was found when the two versions were held against each other just now.',
  })

const example: RolloutAnswer = {
  slug: 'rollout-support-reply-v2',
  prompt: 'support-reply',
  label: 'production',
  version: 2,
  from_version: 1,
  state: 'running',
  sentence:
    '5 % of the units get version 2; 20 % follow when that has been so for 1 hour and 100 units had it without harm.',
  progress: {
    state: 'running',
    sentence:
      '5 % of the units get version 2; 20 % follow when that has been so for 1 hour and 100 units had it without harm.',
    step: 0,
    steps: [5, 20, 50, 100],
    share: 5,
    step_started_at: '2026-11-20T09:30:00.000Z',
    hours_per_step: 1,
    units_per_step: 100,
  },
  guardrail_metrics: [{ metric: 'success_rate', margin: 0.02 }],
  experiment: null,
  seed: 'rollout-support-reply-v2-4f9a1c20',
  phases: [{ number: 1, started_at: '2026-11-20T09:30:00.000Z', weights: { new: 5, current: 95 } }],
  created_at: '2026-11-20T09:30:00.000Z',
  created_by: 'admin',
  updated_at: '2026-11-20T09:30:00.000Z',
  updated_by: 'admin',
  started_at: '2026-11-20T09:30:00.000Z',
  stopped_at: null,
}

export const createRollout = defineEndpoint({
  id: 'createRollout',
  method: 'POST',
  path: '/rollouts',
  group,
  summary: 'Roll a version out step by step',
  description:
    'Begins at once with the first step. Harm takes it back by itself; after the last step the label moves, as far as its protection allows: `warnings` say so when it would not. One rollout of a prompt at a time (409 `rollout_running`).',
  body: createRolloutBody,
  status: 201,
  answer: rolloutAnswer.extend({ warnings: z.array(z.string()) }).meta({ id: 'StartedRollout' }),
  faults: ['not_found', 'conflict'],
  example: {
    body: { prompt: 'support-reply', version: 2, steps: [5, 20, 50, 100] },
    answer: { ...example, warnings: [] },
  },
})

export const listRollouts = defineEndpoint({
  id: 'listRollouts',
  method: 'GET',
  path: '/rollouts',
  group,
  summary: 'List rollouts',
  description: 'Newest first.',
  query: z.strictObject({
    status: z
      .enum(
        [...states, 'stopped'],
        'must be `running`, `paused`, `completed`, `rolled_back` or `aborted`, or `stopped` for all that have ended',
      )
      .optional()
      .meta({
        description: 'Only rollouts whose `state` is this; `stopped`: all that have ended, whichever way.',
      }),
    prompt: slugSchema.optional().meta({ description: 'Only rollouts of this prompt.' }),
    ...pageQuery,
  }),
  answer: pageOf(rolloutAnswer),
  example: { query: { status: 'running' }, answer: { data: [example], next_cursor: null } },
})

export const getRollout = defineEndpoint({
  id: 'getRollout',
  method: 'GET',
  path: '/rollouts/{slug}',
  group,
  summary: 'Get a rollout',
  description: 'With where it stands, and what was found when the two versions were held against each other just now.',
  parameters,
  answer: rolloutAnswer
    .extend({
      variants: z
        .record(z.string(), z.object({ units: z.int(), units_at_this_step: z.int(), exchanges: z.int() }))
        .meta({ description: 'What was counted so far of `new` and `current`. A unit counts once at each step.' }),
      harm: harmAnswer.nullable(),
    })
    .meta({ id: 'WatchedRollout' }),
  faults: ['not_found'],
  example: {
    path,
    answer: {
      ...example,
      variants: {
        new: { units: 41, units_at_this_step: 41, exchanges: 57 },
        current: { units: 803, units_at_this_step: 803, exchanges: 1104 },
      },
      harm: {
        harmed: false,
        metric: null,
        sentence: 'No guardrail metric is worse.',
        checks: [{ metric: 'success_rate', baseline: 0.95, candidate: 0.948, p: 0.71, harmed: false }],
      },
    },
  },
})

const body = z.strictObject({ reason: reason.optional() }).meta({ id: 'WhyRollout' })

export const pauseRollout = defineEndpoint({
  id: 'pauseRollout',
  method: 'POST',
  path: '/rollouts/{slug}/pause',
  group,
  summary: 'Pause a rollout',
  description: 'Everybody gets the version before until it is resumed. Harm that shows meanwhile still takes it back.',
  parameters,
  body,
  bodyOptional: true,
  answer: rolloutAnswer,
  faults: ['not_found', 'conflict'],
  example: {
    path,
    body: {},
    answer: { ...example, state: 'paused', progress: { ...example.progress, state: 'paused' } },
  },
})

export const resumeRollout = defineEndpoint({
  id: 'resumeRollout',
  method: 'POST',
  path: '/rollouts/{slug}/resume',
  group,
  summary: 'Resume a rollout',
  description: 'At the step where it was; the time of the step begins anew.',
  parameters,
  body,
  bodyOptional: true,
  answer: rolloutAnswer,
  faults: ['not_found', 'conflict'],
  example: { path, body: {}, answer: example },
})

export const abortRollout = defineEndpoint({
  id: 'abortRollout',
  method: 'POST',
  path: '/rollouts/{slug}/abort',
  group,
  summary: 'Abort a rollout',
  description: 'For good: everybody has the version before again. The label never moved.',
  parameters,
  body,
  bodyOptional: true,
  answer: rolloutAnswer,
  faults: ['not_found', 'conflict'],
  example: {
    path,
    body: { reason: 'we found a mistake' },
    answer: {
      ...example,
      state: 'aborted',
      progress: { ...example.progress, state: 'aborted' },
      stopped_at: '2026-11-20T10:30:00.000Z',
    },
  },
})
