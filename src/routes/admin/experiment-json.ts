import { currentWeights, shownVariants } from '../../admin/change-experiment.ts'
import type { ExperimentAnswer } from '../../contract/admin/experiment-answer.ts'
import type { RolloutAnswer } from '../../contract/admin/rollouts.ts'
import type { ExperimentLook, StoredExperiment } from '../../store/experiment-port.ts'
import { instantJson } from './page-json.ts'

const instantOrNull = (at: number | null): string | null => (at === null ? null : instantJson(at))

export function experimentJson(stored: StoredExperiment): ExperimentAnswer {
  const { body, phases, nextWeights } = stored
  return {
    slug: stored.slug,
    ...body,
    variants: [...shownVariants(stored)],
    seed: stored.seed,
    status: stored.status,
    weights: { ...currentWeights({ body, phases, nextWeights: null }) },
    next_weights: nextWeights === null ? null : { ...nextWeights },
    phases: phasesJson(stored),
    fixed_units: stored.plannedUnits,
    decision: stored.decision,
    judged_usd: stored.judgedUsd,
    ...whenAndWho(stored),
  }
}

export function rolloutJson(stored: StoredExperiment): RolloutAnswer {
  const { body, rollout } = stored
  if (rollout === null || body.rollout === undefined) throw new Error(`Rollout \`${stored.slug}\` has no progress.`)
  const { state, step, sentence } = rollout
  const { steps, hours_per_step, units_per_step } = body.rollout
  const isServed = state === 'running' || state === 'completed'
  return {
    slug: stored.slug,
    prompt: body.prompt,
    label: rollout.label,
    version: rollout.version,
    from_version: rollout.fromVersion,
    state,
    sentence,
    progress: {
      state,
      sentence,
      step,
      steps,
      share: isServed ? (steps[step] ?? 100) : 0,
      step_started_at: instantJson(rollout.stepStartedAt),
      hours_per_step,
      units_per_step,
    },
    guardrail_metrics: body.guardrail_metrics,
    experiment: rollout.experiment,
    seed: stored.seed,
    phases: phasesJson(stored),
    ...whenAndWho(stored),
  }
}

function phasesJson({ phases }: StoredExperiment) {
  return phases.map(({ number, startedAt, weights }) => ({
    number,
    started_at: instantJson(startedAt),
    weights: { ...weights },
  }))
}

function whenAndWho(stored: StoredExperiment) {
  return {
    created_at: instantJson(stored.createdAt),
    created_by: stored.createdBy,
    updated_at: instantJson(stored.updatedAt),
    updated_by: stored.updatedBy,
    started_at: instantOrNull(stored.startedAt),
    stopped_at: instantOrNull(stored.stoppedAt),
  }
}

export function lookJson({ at, results }: ExperimentLook) {
  const { state, plan, metrics } = results
  const primary = metrics.find(({ role }) => role === 'primary')
  return {
    at: instantJson(at),
    state,
    units: plan.units,
    metric: primary?.name ?? '',
    effect: primary?.effect ?? null,
    interval: primary?.interval ?? null,
    p_value: primary?.p_value ?? null,
  }
}
