import { z } from 'zod'
import { experimentShape } from '../experiment-body.ts'
import { decisionSchema } from '../experiment-results.ts'
import { instant, warnings } from './fields.ts'

/** An experiment as it is answered: its body with what became of it. */

const weights = z.record(z.string(), z.number())

export const phaseAnswer = z
  .object({ number: z.int(), started_at: instant, weights })
  .meta({ id: 'ExperimentPhase', description: 'A stretch of time with one split.' })

const { floors, secondary_metrics, guardrail_metrics, ...shape } = experimentShape

export const experimentAnswer = z
  .object({
    slug: z.string(),
    ...shape,
    secondary_metrics: secondary_metrics.unwrap(),
    guardrail_metrics: guardrail_metrics.unwrap(),
    floors,
    seed: z.string().meta({ description: 'Decides who gets what.' }),
    status: z.enum(['draft', 'running', 'paused', 'stopped']),
    weights: weights.meta({ description: 'By variant, as they are now: of the phase that goes on.' }),
    next_weights: weights.nullable().meta({ description: 'A split that is about to begin; null: none is.' }),
    phases: z.array(phaseAnswer),
    fixed_units: z.int().nullable().meta({
      description: 'Units of all variants together at which the one fixed test is made; null: not known yet.',
    }),
    decision: decisionSchema.nullable(),
    judged_usd: z.number().meta({ description: 'What its judge has cost so far.' }),
    created_at: instant,
    created_by: z.string(),
    updated_at: instant,
    updated_by: z.string(),
    started_at: instant.nullable(),
    stopped_at: instant.nullable(),
  })
  .meta({ id: 'Experiment' })
export type ExperimentAnswer = z.input<typeof experimentAnswer>

export const experimentWithWarnings = experimentAnswer.extend({ warnings }).meta({ id: 'StartedExperiment' })

export const experimentExample: ExperimentAnswer = {
  slug: 'warmer-greeting',
  prompt: 'support-reply',
  variants: [
    { name: 'control', version: 1, weight: 50 },
    { name: 'warm', version: 2, weight: 50 },
  ],
  traffic: 1,
  unit: 'assigned',
  header_override: false,
  seed: 'warmer-greeting-4f9a1c20',
  primary_metric: 'success_rate',
  secondary_metrics: [],
  guardrail_metrics: [{ metric: 'cost_usd', margin: 0.1 }],
  alpha: 0.05,
  power: 0.8,
  floors: { units_per_variant: 100, events_per_variant: 10, hours: 24 },
  auto_promote: false,
  status: 'draft',
  weights: { control: 50, warm: 50 },
  next_weights: null,
  phases: [],
  fixed_units: null,
  decision: null,
  judged_usd: 0,
  created_at: '2026-11-20T09:30:00.000Z',
  created_by: 'admin',
  updated_at: '2026-11-20T09:30:00.000Z',
  updated_by: 'admin',
  started_at: null,
  stopped_at: null,
}

export const runningExample: ExperimentAnswer = {
  ...experimentExample,
  status: 'running',
  phases: [{ number: 1, started_at: '2026-11-20T09:31:00.000Z', weights: { control: 50, warm: 50 } }],
  started_at: '2026-11-20T09:31:00.000Z',
}
