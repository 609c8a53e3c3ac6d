import type { ExperimentResults } from '../contract/experiment-results.ts'
import type { Improvement, ProposalState } from '../contract/evolution.ts'
import { Fault } from '../core/fault.ts'
import type { StoredEvolutionPolicy, StoredProposal } from '../store/evolution-port.ts'
import type { StoredExperiment } from '../store/experiment-port.ts'
import type { Actor } from '../store/ports.ts'
import { createExperiment } from './create-experiment.ts'
import type { AdminDependencies } from './dependencies.ts'
import { EvolutionBudget } from './evolution-budget.ts'
import { experimentOfPolicy, policyOfNobody, variantName } from './evolution-policy.ts'
import { splitLabel } from './experiment-versions.ts'
import type { TestRunner } from './run-tests.ts'
import { startExperiment } from './start-experiment.ts'

export type AdvanceNeeds = Pick<AdminDependencies, 'stores' | 'clock' | 'describeModel' | 'snapshot'> & {
  readonly runTests: TestRunner['run']
}

export const longestStem = 90

/** By slug or alias of its prompt too. Fault `not_found`. */
export async function findProposal(
  { stores }: Pick<AdvanceNeeds, 'stores'>,
  tenantId: string,
  prompt: string,
  id: string,
): Promise<StoredProposal> {
  const found = await stores.evolution.proposal(tenantId, id)
  if (found !== null && found.prompt === prompt) return found
  throw new Fault(
    'not_found',
    `Prompt '${prompt}' has no proposal '${id}'. GET /admin/v1/prompts/${prompt}/evolution/proposals lists those there are.`,
    { param: 'id' },
  )
}

export async function policyOf(
  { stores }: AdvanceNeeds,
  { tenantId, prompt }: StoredProposal,
): Promise<StoredEvolutionPolicy> {
  return (await stores.evolution.policy(tenantId, prompt)) ?? policyOfNobody(tenantId, prompt)
}

/** Fault `conflict`, code `proposal_state`. */
export function requireOneOf({ id, state }: StoredProposal, wanted: readonly ProposalState[], step: string): void {
  if (wanted.includes(state)) return
  throw new Fault(
    'conflict',
    `Proposal '${id}' is \`${state}\`; ${step} takes one that is ${wanted.map((each) => `\`${each}\``).join(' or ')}.`,
    { param: 'id', code: 'proposal_state' },
  )
}

export function versionOf({ id, version }: StoredProposal): number {
  if (version !== null) return version
  throw new Fault('conflict', `Proposal '${id}' has no version.`, { param: 'id', code: 'proposal_state' })
}

/**
 * Runs the test cases of the proposal's version: `tested` or `failed_tests`. Faults `conflict`: `proposal_state`,
 * `proposal_changed`, `evolution_budget_spent`, `no_test_cases`; then it is as before. When the run itself fails it is
 * `failed_tests`, so that nothing is paid for again by itself.
 */
export async function testProposal(
  needs: AdvanceNeeds,
  actor: Actor,
  proposal: StoredProposal,
): Promise<StoredProposal> {
  requireOneOf(proposal, ['proposed', 'failed_tests'], 'a test')
  const { evolution } = needs.stores
  const version = versionOf(proposal)
  const budget = new EvolutionBudget(needs, await policyOf(needs, proposal))
  const why = await budget.whyNot()
  if (why !== null) throw new Fault('conflict', why, { param: 'id', code: 'evolution_budget_spent' })
  await requireTestCases(needs, proposal, version)
  // Says that somebody is at it: the cases of two processes would cost twice.
  const begun = await evolution.changeProposal(actor, proposal.id, proposal.state, {
    state: 'testing',
    sentence: `The test cases of version ${version} are being run.`,
  })
  try {
    const run = await needs.runTests(actor, proposal.prompt, { version })
    const costUsd = await budget.spendRun(run)
    const score = `${Math.round(run.score * 1000) / 10} % of the checks passed, ${Math.round(run.threshold * 1000) / 10} % were needed`
    return await evolution.changeProposal(actor, begun.id, 'testing', {
      state: run.passed ? 'tested' : 'failed_tests',
      tests: { run: run.id, passed: run.passed, score: run.score },
      costUsd: begun.costUsd + costUsd,
      sentence: run.passed ? `It passed its test cases: ${score}.` : `It did not pass its test cases: ${score}.`,
    })
  } catch (error) {
    const { message } = Fault.from(error)
    await evolution.changeProposal(actor, begun.id, 'testing', {
      state: 'failed_tests',
      sentence: `Its test cases could not be run: ${message}`,
    })
    throw error
  }
}

async function requireTestCases({ stores }: AdvanceNeeds, proposal: StoredProposal, version: number): Promise<void> {
  const stored = await stores.prompts.version(proposal.tenantId, proposal.prompt, version)
  if ((stored?.body.test_cases ?? []).length > 0) return
  throw new Fault(
    'conflict',
    `Version ${version} of prompt '${proposal.prompt}' has no test cases, so nothing can be shown by them. Give the prompt test cases, or start the experiment by hand.`,
    { param: 'id', code: 'no_test_cases' },
  )
}

/**
 * Starts an experiment of the proposal against its parent, which is the control. One that was begun before and not finished is
 * gone on with. Faults of `createExperiment` and `startExperiment`; `conflict`: `proposal_state`, `parent_replaced`,
 * `experiment_running`.
 */
export async function tryProposal(
  needs: AdvanceNeeds,
  actor: Actor,
  proposal: StoredProposal,
): Promise<StoredProposal> {
  requireOneOf(proposal, ['proposed', 'tested'], 'an experiment')
  const { stores } = needs
  const version = versionOf(proposal)
  await requireParent(needs, proposal)
  const { slug, there } = await ownExperiment(needs, proposal, version)
  await requireNoExperiment(needs, proposal, slug)
  if (there === null) {
    const { body } = await policyOf(needs, proposal)
    const wanted = experimentOfPolicy(body, {
      prompt: proposal.prompt,
      predicted: proposal.predicted,
      description: proposal.rationale.slice(0, 4_000),
      control: proposal.parentVersion,
      proposed: version,
    })
    await createExperiment({ stores }, actor, { slug, ...wanted })
  }
  if (there === null || there.status === 'draft')
    await startExperiment(needs, actor, slug, proposal.rationale.slice(0, 1_000))
  return stores.evolution.changeProposal(actor, proposal.id, proposal.state, {
    state: 'in_experiment',
    experiment: slug,
    sentence: `Experiment \`${slug}\` compares version ${version} with version ${proposal.parentVersion}.`,
  })
}

/** One that a try which then failed has begun. What somebody else gave the name is left alone. */
async function ownExperiment(
  { stores }: AdvanceNeeds,
  { tenantId, prompt, id, parentVersion }: StoredProposal,
  version: number,
): Promise<{ readonly slug: string; readonly there: StoredExperiment | null }> {
  const slug = `evolve-${prompt.slice(0, longestStem)}-v${version}`
  const there = await stores.experiments.find(tenantId, slug)
  const compared = there?.body.variants.map((variant) => variant.version).join()
  if (there === null || (there.body.prompt === prompt && compared === [parentVersion, version].join())) {
    return { slug, there }
  }
  const other = `${slug}-${id.slice(-8)}`
  return { slug: other, there: await stores.experiments.find(tenantId, other) }
}

/**
 * Another version may be served by now, such as one that won before. To be better than the parent is then no reason to replace
 * it. Fault `conflict`, code `parent_replaced`.
 */
export async function requireParent({ stores }: AdvanceNeeds, proposal: StoredProposal): Promise<void> {
  const { tenantId, prompt: slug, id, parentVersion } = proposal
  const served = (await stores.prompts.find(tenantId, slug))?.labels[splitLabel]
  if (served === undefined || served === parentVersion) return
  throw new Fault(
    'conflict',
    `Proposal '${id}' improves version ${parentVersion}, and version ${served} is served by now. POST /admin/v1/prompts/${slug}/evolution/run makes proposals for that.`,
    { param: 'id', code: 'parent_replaced' },
  )
}

/** Two experiments at once would share the units of the prompt and take twice as long. */
async function requireNoExperiment({ stores }: AdvanceNeeds, proposal: StoredProposal, own: string): Promise<void> {
  for (const status of ['running', 'paused'] as const) {
    const filter = { kind: 'experiment', status, prompt: proposal.prompt, limit: 2 } as const
    const { data } = await stores.experiments.list(proposal.tenantId, filter)
    const other = data.find(({ slug }) => slug !== own)
    if (other === undefined) continue
    throw new Fault(
      'conflict',
      `Experiment '${other.slug}' of prompt '${proposal.prompt}' is under way. Wait until it is stopped, or stop it.`,
      { param: 'id', code: 'experiment_running' },
    )
  }
}

/** Reads the verdict of the proposal's experiment: `won`, `lost`, or as before while there is none. What lost is stopped. */
export async function readVerdict(
  needs: AdvanceNeeds,
  actor: Actor,
  proposal: StoredProposal,
): Promise<StoredProposal> {
  const { stores } = needs
  const experiment = await experimentOf(needs, proposal, proposal.experiment)
  if (experiment === null) {
    return stores.evolution.changeProposal(actor, proposal.id, 'in_experiment', {
      state: 'lost',
      sentence: `Its experiment \`${proposal.experiment ?? ''}\` is gone.`,
    })
  }
  const { decision, status, slug } = experiment
  if (decision === null && status !== 'stopped') return proposal
  const [look] = await stores.experimentLedger.looks(proposal.tenantId, slug, 1)
  const isWinner = decision?.state === 'winner' && decision.winner === variantName
  const sentence = decision?.sentence ?? `Experiment \`${slug}\` was stopped before there was a verdict.`
  // Before the proposal says so: what ends this process in between leaves it to be stopped in the next round.
  if (!isWinner) await stopExperimentOf(needs, actor, slug, sentence)
  return stores.evolution.changeProposal(actor, proposal.id, 'in_experiment', {
    state: isWinner ? 'won' : 'lost',
    sentence,
    improvement: look === undefined ? null : improvementOf(look.results, sentence),
  })
}

/** null: the experiment has no figures of it. */
export function improvementOf(results: ExperimentResults, sentence: string): Improvement | null {
  const primary = results.metrics.find(({ role }) => role === 'primary')
  const found = primary?.comparisons[variantName]
  if (primary === undefined || found === undefined) return null
  return {
    metric: primary.name,
    effect: found.effect,
    interval: found.interval,
    relative_effect: found.relative_effect,
    relative_interval: found.relative_interval,
    units: Object.values(results.variants).reduce((sum, { units }) => sum + units, 0),
    sentence,
  }
}

export interface Rejection {
  /** null: none was given. */
  readonly reason: string | null
  /** It is not what it proposes that is rejected: another version than its parent is served. */
  readonly isOutdated?: boolean
}

/**
 * Takes a proposal out, and stops its experiment. Its version stays; what it proposes is not proposed again, unless it was only
 * outdated. Fault `conflict`, code `proposal_state`.
 */
export async function rejectProposal(
  needs: AdvanceNeeds,
  actor: Actor,
  proposal: StoredProposal,
  { reason, isOutdated = false }: Rejection,
): Promise<StoredProposal> {
  requireOneOf(proposal, ['proposed', 'tested', 'failed_tests', 'in_experiment', 'won', 'lost'], 'a rejection')
  const sentence = reason ?? `${actor.name} rejected it.`
  if (proposal.experiment !== null) {
    await stopExperimentOf(needs, actor, proposal.experiment, 'Its proposal was rejected.')
  }
  return needs.stores.evolution.changeProposal(
    actor,
    proposal.id,
    proposal.state,
    { state: 'rejected', sentence, isOutdated },
    reason,
  )
}

export async function experimentOf(
  { stores }: AdvanceNeeds,
  { tenantId }: StoredProposal,
  slug: string | null,
): Promise<StoredExperiment | null> {
  return slug === null ? null : stores.experiments.find(tenantId, slug)
}

/** Nothing when it has stopped already. */
export async function stopExperimentOf(
  { stores, clock }: AdvanceNeeds,
  actor: Actor,
  slug: string,
  reason: string,
): Promise<void> {
  const stoppedAt = clock.now()
  await stores.experiments.change(actor, slug, ({ status }) =>
    status === 'running' || status === 'paused'
      ? { status: 'stopped', stoppedAt, event: 'experiment_stopped', reason: reason.slice(0, 1_000) }
      : null,
  )
}
