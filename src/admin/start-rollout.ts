import {
  defaultRolloutSteps,
  type ExperimentBody,
  type ExperimentFloors,
  experimentBodySchema,
  type GuardrailMetric,
  type RolloutSettings,
} from '../contract/experiment-body.ts'
import type { Clock } from '../core/clock.ts'
import { Fault } from '../core/fault.ts'
import { sentenceAtStep, weightsAtStep } from '../experiments/advance-rollout.ts'
import type { RolloutProgress, StoredExperiment } from '../store/experiment-port.ts'
import type { Actor, Stores } from '../store/ports.ts'
import { newSeed } from './create-experiment.ts'
import { findServedPrompt, labelledVersion, requireVersion, splitLabel } from './experiment-versions.ts'
import { underWay } from './find-experiment.ts'
import { requireServable } from './require-servable.ts'

export interface RolloutNeeds {
  readonly stores: Pick<Stores, 'experiments' | 'prompts' | 'testRuns'>
  readonly clock: Clock
}

export interface WantedRollout {
  /** Slug or alias. */
  readonly prompt: string
  readonly version: number
  /** Left out: made of the prompt and the version. */
  readonly slug?: string | undefined
  /** Left out: the default steps. */
  readonly settings?: RolloutSettings | undefined
  /** Left out: success rate, blocked exchanges, latency and cost. */
  readonly guardrailMetrics?: readonly GuardrailMetric[] | undefined
  /** Left out: 30 units, 5 events, no hours. */
  readonly floors?: ExperimentFloors | undefined
  /** The experiment whose winner it is. */
  readonly experiment?: string | null | undefined
  readonly reason?: string | null | undefined
}

/** What harm is looked for in unless somebody says. */
const defaultGuardrails: readonly GuardrailMetric[] = [
  { metric: 'success_rate', margin: 0.02 },
  { metric: 'guardrail_block_rate', margin: 0.02 },
  { metric: 'latency_ms', margin: 0.25, margin_type: 'relative' },
  { metric: 'cost_usd', margin: 0.5, margin_type: 'relative' },
]

/**
 * What is watched while the winner of an experiment is rolled out: what the experiment watched, and of what is always watched
 * the rest. A rollout has no ratios.
 */
export function watchedInRollout({
  guardrail_metrics,
  ratios = {},
}: Pick<ExperimentBody, 'guardrail_metrics' | 'ratios'>): readonly GuardrailMetric[] {
  const own = guardrail_metrics.filter(({ metric }) => !Object.hasOwn(ratios, metric))
  const names = new Set(own.map(({ metric }) => metric))
  return [...own, ...defaultGuardrails.filter(({ metric }) => !names.has(metric))].slice(0, mostWatched)
}

const mostWatched = 20
const defaultFloors: ExperimentFloors = { units_per_variant: 30, events_per_variant: 5, hours: 0 }

/**
 * Begins to roll a version out: the first step is served with the next snapshot. The label moves at the end, by the job.
 *
 * @throws Fault `not_found` for a prompt or version that is not there; `invalid_request`; `conflict`: `rollout_running`,
 *   `nothing_to_roll_out`, `label_protected`, `label_missing`, `prompt_archived`, or the slug is taken. Then nothing was begun.
 */
export async function startRollout(
  { stores, clock }: RolloutNeeds,
  actor: Actor,
  wanted: WantedRollout,
): Promise<StoredExperiment> {
  const prompt = await findServedPrompt(stores, actor.tenantId, wanted.prompt)
  await requireVersion(stores, prompt, wanted.version, 'version')
  const from = labelledVersion(prompt, 'label')
  if (from === wanted.version) throw nothingToRollOut(prompt.slug, from)
  await requireServable(stores, actor, prompt, { version: wanted.version, param: 'version' })
  // Asked again when it begins; here, so that a draft is seldom made for nothing.
  const rollouts = await underWay(stores, actor.tenantId, { kind: 'rollout', prompt: prompt.slug })
  requireNoRolloutAmong(rollouts, prompt.slug)
  const body = bodyOf(wanted, prompt.slug, from)
  const slug = wanted.slug ?? (await freeSlug(stores, clock, actor.tenantId, `${prompt.slug}-v${wanted.version}`))
  const startedAt = clock.now()
  const progress: RolloutProgress = {
    state: 'running',
    label: splitLabel,
    version: wanted.version,
    fromVersion: from,
    step: 0,
    stepStartedAt: startedAt,
    experiment: wanted.experiment ?? null,
    sentence: sentenceAtStep(body, 0, { version: wanted.version, label: splitLabel }),
  }
  await stores.experiments.create(actor, { slug, kind: 'rollout', body, seed: newSeed(slug), rollout: progress })
  return begin(stores, actor, slug, { startedAt, body, reason: wanted.reason ?? null })
}

/** A draft that could not begin is nothing that anybody asked for. */
async function begin(
  { experiments }: RolloutNeeds['stores'],
  actor: Actor,
  slug: string,
  {
    startedAt,
    body,
    reason,
  }: { readonly startedAt: number; readonly body: ExperimentBody; readonly reason: string | null },
): Promise<StoredExperiment> {
  try {
    return await experiments.change(actor, slug, () => ({
      status: 'running',
      startedAt,
      phases: [{ number: 1, startedAt, weights: weightsAtStep(body, 0), units: null }],
      begins: (others) => requireNoRolloutAmong(others, body.prompt),
      event: 'rollout_started',
      reason,
    }))
  } catch (error) {
    await experiments.remove(actor, slug)
    throw error
  }
}

/** Fault `conflict`, code `rollout_running`, while one of the prompt is under way; one that is paused is. */
export function requireNoRolloutAmong(underWay: readonly StoredExperiment[], prompt: string): void {
  const rollout = underWay.find(({ kind, body }) => kind === 'rollout' && body.prompt === prompt)
  if (rollout !== undefined) throw rolloutRunning(prompt, rollout.slug)
}

function rolloutRunning(prompt: string, slug: string): Fault {
  return new Fault(
    'conflict',
    `The rollout '${slug}' of prompt '${prompt}' is under way. Wait until it has ended, or end it with POST /admin/v1/rollouts/${slug}/abort.`,
    { param: 'prompt', code: 'rollout_running' },
  )
}

function nothingToRollOut(prompt: string, version: number): Fault {
  return new Fault(
    'conflict',
    `Label \`${splitLabel}\` of prompt '${prompt}' stands at version ${version} already: everybody has it.`,
    { param: 'version', code: 'nothing_to_roll_out' },
  )
}

function bodyOf(wanted: WantedRollout, prompt: string, from: number): ExperimentBody {
  const rollout = wanted.settings ?? { steps: [...defaultRolloutSteps], hours_per_step: 1, units_per_step: 100 }
  const first = rollout.steps[0] ?? 100
  const guardrails = wanted.guardrailMetrics ?? defaultGuardrails
  const names = guardrails.map(({ metric }) => metric)
  const twice = names.findIndex((metric, at) => names.indexOf(metric) < at)
  if (twice >= 0) {
    const param = `guardrail_metrics[${twice}].metric`
    throw new Fault('invalid_request', `\`${param}\` is there twice; keep one of them.`, { param })
  }
  return experimentBodySchema.parse({
    prompt,
    variants: [
      { name: 'new', version: wanted.version, weight: first },
      { name: 'current', version: from, weight: 100 - first },
    ],
    control: 'current',
    primary_metric: 'success_rate',
    guardrail_metrics: guardrails,
    floors: wanted.floors ?? defaultFloors,
    rollout,
  })
}

const longestStem = 100

async function freeSlug(
  { experiments }: RolloutNeeds['stores'],
  clock: Clock,
  tenantId: string,
  stem: string,
): Promise<string> {
  const slug = `rollout-${stem.slice(-longestStem)}`
  const isTaken = (await experiments.find(tenantId, slug)) !== null
  return isTaken ? `${slug}-${clock.now().toString(36)}` : slug
}
