import { defaultRolloutSteps, type ExperimentBody, type VariantBody } from '../contract/experiment-body.ts'
import type { ExperimentDecision } from '../contract/experiment-results.ts'
import type { Clock } from '../core/clock.ts'
import { Fault } from '../core/fault.ts'
import type { StoredExperiment } from '../store/experiment-port.ts'
import type { Actor, StoredPrompt, Stores } from '../store/ports.ts'
import { findServedPrompt, splitLabel } from './experiment-versions.ts'
import { findExperiment, underWay } from './find-experiment.ts'
import { moveLabel, refusalOfMove, type RunGate } from './move-label.ts'
import { resultsOf } from './read-experiment.ts'
import { requireStatus } from './start-experiment.ts'
import { startRollout, watchedInRollout } from './start-rollout.ts'
import { versionOfVariant } from './winner-version.ts'

export interface StopNeeds {
  readonly stores: Pick<Stores, 'experiments' | 'experimentLedger' | 'prompts' | 'testRuns'>
  readonly runGate: RunGate | null
  readonly clock: Clock
}

export interface WantedStop {
  readonly winner?: string | undefined
  /** Steps of a rollout of the winner, per cent. Left out: the label moves at once. */
  readonly rollout?: readonly number[] | undefined
  readonly reason?: string | undefined
}

export interface Stopped {
  readonly experiment: StoredExperiment
  /** null: no winner was named. */
  readonly version: number | null
  /** Slug of the rollout that began. */
  readonly rollout: string | null
  readonly warnings: readonly string[]
}

/**
 * Stops an experiment for good; with a winner everybody gets it, at once or by a rollout. The label moves, or the rollout begins,
 * before anything is stopped: where that is refused, nothing is.
 *
 * @throws Fault `not_found`; `invalid_request` for a winner that is no variant; `conflict`: `experiment_not_running`,
 *   `label_protected`, and those of rollouts.
 */
export async function stopExperiment(
  needs: StopNeeds,
  actor: Actor,
  slug: string,
  wanted: WantedStop,
): Promise<Stopped> {
  const { stores, clock } = needs
  const found = await findExperiment(stores, actor.tenantId, slug, 'experiment')
  requireStatus(found, ['running', 'paused'])
  const winner = winnerOf(found.body, wanted)
  const served = winner === null ? nothingServed : await serveWinner(needs, actor, found, winner, wanted)
  const byPerson = await decisionOf(needs, actor, found, wanted)
  const experiment = await stores.experiments.change(actor, slug, (now) => {
    requireStatus(now, ['running', 'paused'])
    // What was decided meanwhile stands, unless a person names another winner.
    const stands = now.decision !== null && (winner === null || now.decision.winner === winner.name)
    return {
      status: 'stopped',
      stoppedAt: clock.now(),
      nextWeights: null,
      ...(stands ? {} : { decision: byPerson }),
      event: 'experiment_stopped',
      reason: wanted.reason ?? null,
    }
  })
  return { experiment, ...served }
}

function winnerOf({ variants }: ExperimentBody, { winner, rollout }: WantedStop): VariantBody | null {
  if (winner === undefined) {
    if (rollout === undefined) return null
    throw new Fault('invalid_request', '`rollout` needs a `winner`: name the variant that is to be rolled out.', {
      param: 'rollout',
    })
  }
  const variant = variants.find(({ name }) => name === winner)
  if (variant !== undefined) return variant
  const names = variants.map(({ name }) => name).join(', ')
  throw new Fault('invalid_request', `\`winner\` must be the name of a variant. Use one of ${names}.`, {
    param: 'winner',
  })
}

type Served = Omit<Stopped, 'experiment'>
const nothingServed: Served = { version: null, rollout: null, warnings: [] }

async function serveWinner(
  { stores, runGate, clock }: StopNeeds,
  actor: Actor,
  { slug, body }: StoredExperiment,
  winner: VariantBody,
  { rollout: steps, reason }: WantedStop,
): Promise<Served> {
  const prompt = await findServedPrompt(stores, actor.tenantId, body.prompt)
  const version = await versionOfVariant(stores, actor, prompt, winner, slug)
  if (prompt.labels[splitLabel] === version) return alreadyServed(version, steps !== undefined)
  const why = reason ?? `Winner \`${winner.name}\` of experiment \`${slug}\`.`
  if (steps === undefined) {
    await moveLabel({ prompts: stores.prompts, runGate }, actor, prompt.slug, {
      label: splitLabel,
      version,
      reason: why,
    })
    return { version, rollout: null, warnings: [] }
  }
  const begun = await rolloutOfThis(stores, actor.tenantId, prompt, { slug, version })
  const settings = { ...(body.rollout ?? defaultSettings), steps: [...steps] }
  const rollout =
    begun ??
    (await startRollout({ stores, clock }, actor, {
      prompt: prompt.slug,
      version,
      settings,
      guardrailMetrics: watchedInRollout(body),
      experiment: slug,
      reason: why,
    }))
  return { version, rollout: rollout.slug, warnings: await warningsOfRollout(stores, actor, rollout) }
}

const defaultSettings = { steps: [...defaultRolloutSteps], hours_per_step: 1, units_per_step: 100 }

function alreadyServed(version: number, rollout: boolean): Served {
  const warnings = rollout
    ? [`The label \`${splitLabel}\` stands at version ${version}: there is nothing to roll out.`]
    : []
  return { version, rollout: null, warnings }
}

/** One that a stop began which then failed is not in the way of the next try. */
async function rolloutOfThis(
  stores: StopNeeds['stores'],
  tenantId: string,
  prompt: StoredPrompt,
  { slug, version }: { readonly slug: string; readonly version: number },
): Promise<StoredExperiment | null> {
  const running = await underWay(stores, tenantId, { kind: 'rollout', prompt: prompt.slug })
  return running.find(({ rollout }) => rollout?.experiment === slug && rollout.version === version) ?? null
}

/** What would keep a rollout from what it is to do: sentences. */
export async function warningsOfRollout(
  stores: Pick<Stores, 'prompts' | 'testRuns' | 'experiments'>,
  actor: Actor,
  { body, rollout }: StoredExperiment,
): Promise<readonly string[]> {
  if (rollout === null) return []
  // At the end it is Promptbox that moves it, which has no role.
  const mover = { tenantId: actor.tenantId, id: 'promptbox', name: 'promptbox' }
  const refusal = await refusalOfMove(stores, mover, body.prompt, rollout)
  const before = await underWay(stores, actor.tenantId, { kind: 'experiment', prompt: body.prompt })
  // The experiment whose winner it is stops at once.
  const others = before.filter(({ slug, status }) => status === 'running' && slug !== rollout.experiment)
  const taken = others.map(({ slug }) => `\`${slug}\``)
  return [
    ...(refusal === null ? [] : [`As things are, the label would not move at the end: ${refusal}`]),
    ...(taken.length === 0
      ? []
      : [`Experiments come first: units of ${taken.join(', ')} are not in the rollout until those have stopped.`]),
  ]
}

async function decisionOf(
  { stores, clock }: StopNeeds,
  actor: Actor,
  found: StoredExperiment,
  { winner, reason }: WantedStop,
): Promise<ExperimentDecision> {
  // As it will be: what is stopped does not say that it collects.
  const results = await resultsOf(stores, { ...found, decision: null, status: 'stopped' }, clock.now())
  const { state, plan } = results
  const because = reason === undefined ? '' : `, because: ${reason.replace(/[.\s]+$/, '')}`
  const named = winner === undefined ? '' : ` with \`${winner}\` as the winner`
  return {
    at: new Date(clock.now()).toISOString(),
    state: winner === undefined ? state : 'winner',
    winner: winner ?? (state === 'winner' ? results.winner : null),
    sentence: `Stopped by ${actor.name}${named}${because}. ${results.sentence}`,
    by: 'person',
    units: plan.units,
  }
}
