import type { Clock } from '../core/clock.ts'
import { Fault } from '../core/fault.ts'
import { sentenceAtStep } from '../experiments/advance-rollout.ts'
import type { ExperimentChange, RolloutProgress, StoredExperiment } from '../store/experiment-port.ts'
import type { Actor, Stores } from '../store/ports.ts'
import { findServedPrompt } from './experiment-versions.ts'
import { findExperiment, requireKind } from './find-experiment.ts'
import { requireServable } from './require-servable.ts'

interface Needs {
  readonly stores: Pick<Stores, 'experiments'>
  readonly clock: Clock
}

type Why = string | null

/** Everybody has the version before until it is resumed. Faults `not_found`; `conflict`, code `rollout_not_running`. */
export function pauseRollout({ stores }: Needs, actor: Actor, slug: string, reason: Why): Promise<StoredExperiment> {
  return write(stores, actor, slug, ['running'], (progress) => ({
    status: 'paused',
    rollout: {
      ...progress,
      state: 'paused',
      sentence: `Paused by ${actor.name}${because(reason)}. Everybody has version ${progress.fromVersion}.`,
    },
    event: 'rollout_paused',
    reason,
  }))
}

/**
 * Goes on at its step, whose time begins anew. Faults `not_found`; `conflict`: `rollout_not_paused`, `label_protected`,
 * `prompt_archived`.
 */
export async function resumeRollout(
  { stores, clock }: { readonly stores: Pick<Stores, 'experiments' | 'prompts' | 'testRuns'>; readonly clock: Clock },
  actor: Actor,
  slug: string,
  reason: Why,
): Promise<StoredExperiment> {
  const found = await findExperiment(stores, actor.tenantId, slug, 'rollout')
  if (found.status === 'paused' && found.rollout !== null) {
    const prompt = await findServedPrompt(stores, actor.tenantId, found.body.prompt)
    await requireServable(stores, actor, prompt, { version: found.rollout.version, param: 'slug' })
  }
  return write(stores, actor, slug, ['paused'], (progress, { body }) => ({
    status: 'running',
    rollout: {
      ...progress,
      state: 'running',
      stepStartedAt: clock.now(),
      sentence: sentenceAtStep(body, progress.step, progress),
    },
    event: 'rollout_resumed',
    reason,
  }))
}

/** Ends it for good: everybody has the version before. Faults `not_found`; `conflict`, code `rollout_ended`. */
export function abortRollout(
  { stores, clock }: Needs,
  actor: Actor,
  slug: string,
  reason: Why,
): Promise<StoredExperiment> {
  return write(stores, actor, slug, ['running', 'paused'], (progress) => ({
    status: 'stopped',
    stoppedAt: clock.now(),
    rollout: {
      ...progress,
      state: 'aborted',
      sentence: `Aborted by ${actor.name}${because(reason)}. Everybody has version ${progress.fromVersion} again.`,
    },
    event: 'rollout_aborted',
    reason,
  }))
}

const because = (reason: Why): string => (reason === null ? '' : `, because: ${reason.replace(/[.\s]+$/, '')}`)

function write(
  { experiments }: Needs['stores'],
  actor: Actor,
  slug: string,
  from: readonly StoredExperiment['status'][],
  change: (progress: RolloutProgress, now: StoredExperiment) => ExperimentChange,
): Promise<StoredExperiment> {
  return experiments.change(actor, slug, (now) => {
    requireKind(now, 'rollout')
    const { rollout } = now
    if (rollout !== null && from.includes(now.status)) return change(rollout, now)
    throw impossible(now, from)
  })
}

function impossible({ slug, status, rollout }: StoredExperiment, from: readonly StoredExperiment['status'][]): Fault {
  const state = status === 'stopped' ? (rollout?.state ?? status) : status
  const [code, then] =
    status === 'stopped'
      ? ['rollout_ended', 'It has ended; POST /admin/v1/rollouts begins another one']
      : from.includes('paused')
        ? ['rollout_not_paused', 'Only one that is paused can be resumed']
        : ['rollout_not_running', 'Only one that is running can be paused']
  return new Fault('conflict', `Rollout '${slug}' is ${state}. ${then}.`, { param: 'slug', code })
}
