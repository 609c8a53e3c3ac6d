import { z } from 'zod'
import { attributePattern, attributeRule } from '../targeting.ts'
import { experimentStates, resultsSchema, type ExperimentResults } from '../experiment-results.ts'
import { defineEndpoint } from './endpoint.ts'
import { experimentParameters, experimentPath } from './experiments.ts'
import { instant, queryInteger, queryText } from './fields.ts'

const group = 'Experiments'

const noFigures = { winsorised_mean: null, median: null, p95: null } as const
const resultsExample: ExperimentResults = {
  experiment: 'warmer-greeting',
  prompt: 'support-reply',
  status: 'running',
  state: 'winner',
  sentence:
    '`warm` wins: its success rate is 91.2 % against 88.0 % of `control` (+3.2 points, 1.4 to 5.0), and no guardrail metric is worse.',
  winner: 'warm',
  control: 'control',
  decision: {
    at: '2026-11-26T14:02:11.000Z',
    state: 'winner',
    winner: 'warm',
    sentence:
      '`warm` wins: its success rate is 91.2 % against 88.0 % of `control` (+3.2 points, 1.4 to 5.0), and no guardrail metric is worse.',
    by: 'sequential',
    units: 9421,
  },
  looked_at: '2026-11-26T14:05:00.000Z',
  variants: {
    control: { units: 4702, exchanges: 11_210, state: 'control' },
    warm: { units: 4719, exchanges: 11_304, state: 'winner' },
  },
  metrics: [
    {
      name: 'success_rate',
      role: 'primary',
      kind: 'rate',
      direction: 'increase',
      exploratory: false,
      margin: null,
      margin_type: null,
      variants: {
        control: { units: 4702, mean: 0.88, interval: [0.871, 0.889], ...noFigures },
        warm: { units: 4719, mean: 0.912, interval: [0.904, 0.92], ...noFigures },
      },
      comparisons: {
        warm: {
          effect: 0.032,
          interval: [0.014, 0.05],
          fixed_interval: [0.02, 0.044],
          relative_effect: 0.036,
          relative_interval: [0.016, 0.057],
          p_value: 0.0000004,
          always_valid_p_value: 0.0003,
          is_better: true,
          non_inferior: null,
          chance_to_win: 0.9999,
          expected_loss: 0,
          variance_reduction: null,
        },
      },
      effect: 0.032,
      interval: [0.014, 0.05],
      p_value: 0.0000004,
    },
  ],
  sample_ratio: {
    expected: { control: 4710.5, warm: 4710.5 },
    observed: { control: 4702, warm: 4719 },
    p_value: 0.861,
    broken: false,
  },
  excluded: { override: 12, fallback: 31 },
  floors: { met: true, missing: [] },
  plan: {
    alpha: 0.05,
    power: 0.8,
    minimum_detectable_effect: 0.03,
    planned_units: 14_800,
    units: 9421,
    progress: 0.64,
    detectable_effect_now: 0.038,
    expected_end: '2026-11-29T22:00:00.000Z',
  },
  phases: [
    {
      number: 1,
      started_at: '2026-11-20T09:31:00.000Z',
      weights: { control: 50, warm: 50 },
      units: { control: 4702, warm: 4719 },
      sample_ratio_p_value: 0.861,
    },
  ],
  notes: [],
}

export const getExperimentResults = defineEndpoint({
  id: 'getExperimentResults',
  method: 'GET',
  path: '/experiments/{slug}/results',
  group,
  summary: 'What an experiment says',
  description:
    'Look as often as you like: the verdict holds however often that is. Read from sums that are kept up to date, so that it is quick however many exchanges there were. Figures are of units, never of single exchanges.',
  parameters: experimentParameters,
  answer: resultsSchema,
  faults: ['not_found', 'conflict'],
  example: { path: experimentPath, answer: resultsExample },
})

const look = z
  .object({
    at: instant,
    state: z.enum(experimentStates),
    units: z.number(),
    metric: z.string().meta({ description: 'The primary metric.' }),
    effect: z.number().nullable(),
    interval: z.tuple([z.number(), z.number()]).nullable(),
    p_value: z.number().nullable(),
  })
  .meta({ id: 'ExperimentLook' })

export const getExperimentHistory = defineEndpoint({
  id: 'getExperimentHistory',
  method: 'GET',
  path: '/experiments/{slug}/results/history',
  group,
  summary: 'How the results came about',
  description: 'The looks that were kept, oldest first, thinned when there are more than asked for.',
  parameters: experimentParameters,
  query: z.strictObject({
    limit: queryInteger(1, 1000).optional().meta({ description: 'Most looks, 1 to 1000; 200 when left out.' }),
  }),
  answer: z.object({ data: z.array(look), next_cursor: z.null() }),
  faults: ['not_found'],
  example: {
    path: experimentPath,
    query: { limit: '200' },
    answer: {
      data: [
        {
          at: '2026-11-26T14:02:11.000Z',
          state: 'winner',
          units: 9421,
          metric: 'success_rate',
          effect: 0.032,
          interval: [0.014, 0.05],
          p_value: 0.0000004,
        },
      ],
      next_cursor: null,
    },
  },
})

export const getExperimentAssignment = defineEndpoint({
  id: 'getExperimentAssignment',
  method: 'GET',
  path: '/experiments/{slug}/assignments',
  group,
  summary: 'Who gets what, and why',
  description:
    'For a unit that was here, and for one that was not. `attribute.<name>` says what its request would say of itself, such as `attribute.locale=de` or `attribute.metadata.plan=pro`, for experiments with a `targeting`.',
  parameters: experimentParameters,
  query: z.strictObject({
    unit: queryText.meta({
      description: 'User, session or whatever the requests name: see who is served which variant.',
    }),
    attribute: z
      .record(
        z.string(attributeRule).regex(attributePattern, attributeRule),
        z.string().max(512, 'must have at most 512 characters'),
      )
      .optional()
      .meta({ description: 'What a request says of itself: `attribute.locale=de`.' }),
  }),
  answer: z
    .object({
      unit: z.string(),
      variant: z.string().nullable().meta({ description: 'null: it is not in the experiment.' }),
      reason: z.string().meta({
        description:
          '`split`, `stored`, `override`, `request`; without a variant `not_targeted`, `holdout`, `namespace`, `traffic`, `other_experiment`, or `not_running`.',
      }),
      recorded: z
        .object({ variant: z.string(), phase: z.int(), first_at: instant, exchanges: z.int() })
        .nullable()
        .meta({ description: 'What it was served so far; null: it was not here yet.' }),
    })
    .meta({ id: 'ExperimentAssignment' }),
  faults: ['not_found'],
  example: {
    path: experimentPath,
    query: { unit: 'user-7' },
    answer: {
      unit: 'user-7',
      variant: 'warm',
      reason: 'split',
      recorded: { variant: 'warm', phase: 1, first_at: '2026-11-21T10:00:00.000Z', exchanges: 3 },
    },
  },
})

export const exportExperiment = defineEndpoint({
  id: 'exportExperiment',
  method: 'GET',
  path: '/experiments/{slug}/export',
  group,
  summary: 'Export what was measured',
  description:
    'As `text/csv`, one line for each unit and phase: the digest of the unit (never the unit), its variant, its first exchange, how many there were, and sum and count of each metric.',
  parameters: experimentParameters,
  answer: z.string().meta({ description: 'CSV with a header line.' }),
  faults: ['not_found'],
  example: {
    path: experimentPath,
    answer:
      'unit,phase,variant,first_at,exchanges,success_rate_sum,success_rate_count\r\nq3zV0yJm1oOZk2n0bXw9Tg,1,warm,2026-11-21T10:00:00.000Z,3,3,3\r\n',
  },
})
