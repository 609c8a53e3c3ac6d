import type { ExperimentBody } from '../contract/experiment-body.ts'
import type { Clock } from '../core/clock.ts'
import { Fault } from '../core/fault.ts'
import { checkExperiment } from '../experiments/check-experiment.ts'
import type { ExperimentChange, StoredExperiment } from '../store/experiment-port.ts'
import type { Actor, StoredPrompt, Stores } from '../store/ports.ts'
import { weightsOf } from './change-experiment.ts'
import type { AdminDependencies } from './dependencies.ts'
import { findServedPrompt, labelledVersion, requireVersions } from './experiment-versions.ts'
import { findExperiment, requireKind } from './find-experiment.ts'
import { plannedAtStart } from './plan-experiment.ts'
import { requireVariantsServable } from './require-servable.ts'
import { requireNoRolloutAmong } from './start-rollout.ts'
import { warningsAtStart } from './start-warnings.ts'

export interface StartNeeds {
  readonly stores: Pick<Stores, 'experiments' | 'experimentLedger' | 'exchanges' | 'prompts' | 'testRuns'>
  readonly describeModel: AdminDependencies['describeModel']
  readonly snapshot: AdminDependencies['snapshot']
  readonly clock: Clock
}

/**
 * Starts a draft: from the next snapshot on units get their variants. Variants without a version get the one that the label means
 * now, and keep it. The warnings are for whoever starts it.
 *
 * @throws Fault `not_found`; `invalid_request`; `conflict`: `experiment_started`, `rollout_running`, `namespace_taken`,
 *   `label_protected`, `label_missing`, `prompt_archived`, `too_many_experiments`.
 */
export async function startExperiment(
  { stores, clock, describeModel, snapshot }: StartNeeds,
  actor: Actor,
  slug: string,
  reason: string | null,
): Promise<{ readonly experiment: StoredExperiment; readonly warnings: readonly string[] }> {
  const draft = await findExperiment(stores, actor.tenantId, slug, 'experiment')
  requireStatus(draft, ['draft'])
  checkExperiment(draft.body)
  const prompt = await findServedPrompt(stores, actor.tenantId, draft.body.prompt)
  const body = pinned(draft.body, prompt)
  await requireVersions(stores, prompt, body)
  await requireVariantsServable(stores, actor, prompt, body.variants)
  const startedAt = clock.now()
  const plannedUnits = await plannedAtStart(stores, { ...draft, body }, startedAt)
  let beside: readonly StoredExperiment[] = []
  const experiment = await stores.experiments.change(actor, slug, (now) => {
    requireStatus(now, ['draft'])
    if (JSON.stringify(now.body) !== JSON.stringify(draft.body)) throw changedMeanwhile(slug)
    return {
      status: 'running',
      body,
      startedAt,
      plannedUnits,
      phases: [{ number: 1, startedAt, weights: weightsOf(body), units: null }],
      begins: (others) => {
        requireNoRolloutAmong(others, prompt.slug)
        beside = others.filter(({ kind }) => kind === 'experiment')
        requireNamespace(body, beside)
      },
      event: 'experiment_started',
      reason,
    }
  })
  const { routes, credentials } = snapshot()
  const isReachable = (model: string): boolean => {
    const provider = describeModel(model)?.id.split('/', 1)[0]
    return routes.has(model) || (provider !== undefined && (provider === builtInProvider || credentials.has(provider)))
  }
  return { experiment, warnings: await warningsAtStart(stores, actor, experiment, beside, isReachable) }
}

/** Needs no credential. */
const builtInProvider = 'mock'

/** A label that moves during the experiment is not to change what a variant is. */
function pinned(body: ExperimentBody, prompt: StoredPrompt): ExperimentBody {
  const variants = body.variants.map((variant, at) => ({
    ...variant,
    version: variant.version ?? labelledVersion(prompt, `variants[${at}].version`),
  }))
  return { ...body, variants }
}

/** Everybody gets the label's version until it is resumed. Faults `not_found`; `conflict`, code `experiment_not_running`. */
export function pauseExperiment(
  { stores }: Pick<StartNeeds, 'stores'>,
  actor: Actor,
  slug: string,
  reason: string | null,
): Promise<StoredExperiment> {
  return stores.experiments.change(actor, slug, (now): ExperimentChange => {
    requireStatus(now, ['running'])
    return { status: 'paused', event: 'experiment_paused', reason }
  })
}

/** Units get the variants they had. Faults `not_found`; `conflict`: `experiment_not_paused`, `rollout_running`, `label_protected`. */
export async function resumeExperiment(
  { stores }: Pick<StartNeeds, 'stores'>,
  actor: Actor,
  slug: string,
  reason: string | null,
): Promise<StoredExperiment> {
  const paused = await findExperiment(stores, actor.tenantId, slug, 'experiment')
  requireStatus(paused, ['paused'])
  const prompt = await findServedPrompt(stores, actor.tenantId, paused.body.prompt)
  await requireVariantsServable(stores, actor, prompt, paused.body.variants)
  return stores.experiments.change(actor, slug, (now): ExperimentChange => {
    requireStatus(now, ['paused'])
    const begins = (others: readonly StoredExperiment[]) => requireNoRolloutAmong(others, prompt.slug)
    return { status: 'running', begins, event: 'experiment_resumed', reason }
  })
}

const codes: Readonly<Record<string, string>> = {
  draft: 'experiment_started',
  running: 'experiment_not_running',
  paused: 'experiment_not_paused',
}
const hints: Readonly<Record<StoredExperiment['status'], string>> = {
  draft: 'Start it first.',
  running: 'It runs already; change it with PATCH, or pause or stop it.',
  paused: 'Resume it, or stop it.',
  stopped: 'It has stopped for good; create a new one.',
}

/** Fault `conflict` with a code of the first status it would have to have. */
export function requireStatus(now: StoredExperiment, wanted: readonly StoredExperiment['status'][]): void {
  requireKind(now, 'experiment')
  if (wanted.includes(now.status)) return
  throw new Fault('conflict', `Experiment '${now.slug}' is ${now.status}. ${hints[now.status]}`, {
    param: 'slug',
    code: codes[wanted[0] ?? ''] ?? 'experiment_not_running',
  })
}

function changedMeanwhile(slug: string): Fault {
  return new Fault(
    'conflict',
    `Experiment '${slug}' was changed while it was being started. Look at it, and start it again.`,
    {
      param: 'slug',
      code: 'experiment_changed',
    },
  )
}

/** Fault `conflict`, code `namespace_taken`, when units of its part of the namespace are in another experiment. */
function requireNamespace({ namespace }: ExperimentBody, others: readonly StoredExperiment[]): void {
  if (namespace === undefined) return
  const { name, from, to } = namespace
  const taken = others.find(({ body: { namespace: theirs } }) => {
    return theirs !== undefined && theirs.name === name && theirs.from < to && from < theirs.to
  })
  const theirs = taken?.body.namespace
  if (taken === undefined || theirs === undefined) return
  throw new Fault(
    'conflict',
    `\`namespace\`: experiment '${taken.slug}' has ${theirs.from} to ${theirs.to} of namespace \`${name}\`, which overlaps with ${from} to ${to}. Choose a part that is free, or wait until it has stopped.`,
    { param: 'namespace', code: 'namespace_taken' },
  )
}
