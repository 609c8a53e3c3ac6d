import type { StoredProposal } from '../store/evolution-port.ts'
import type { Actor } from '../store/ports.ts'
import {
  type AdvanceNeeds,
  experimentOf,
  longestStem,
  policyOf,
  requireOneOf,
  requireParent,
  stopExperimentOf,
  versionOf,
} from './advance-proposal.ts'
import { splitLabel } from './experiment-versions.ts'
import { startRollout, watchedInRollout } from './start-rollout.ts'

const newestRollouts = 50

/**
 * Rolls the version of a proposal that won out, step by step, and stops its experiment. A rollout of it that there is already is
 * taken. Faults of `startRollout`; `conflict`: `proposal_state`, `parent_replaced`.
 */
export async function rollProposalOut(
  needs: AdvanceNeeds,
  actor: Actor,
  proposal: StoredProposal,
): Promise<StoredProposal> {
  requireOneOf(proposal, ['won'], 'a rollout')
  const followed = await followWinner(needs, actor, proposal)
  if (followed.state !== 'won') return followed
  await requireParent(needs, proposal)
  const { body } = await policyOf(needs, proposal)
  const version = versionOf(proposal)
  const rollout = await startRollout(needs, actor, {
    prompt: proposal.prompt,
    version,
    slug: await freeSlug(needs, proposal, version),
    settings: body.rollout,
    guardrailMetrics: watchedInRollout({ guardrail_metrics: body.experiment?.guardrail_metrics ?? [] }),
    experiment: proposal.experiment,
    reason: proposal.improvement?.sentence.slice(0, 1_000) ?? null,
  })
  return rollsOut(needs, actor, proposal, rollout.slug)
}

/** One name for all processes, unless a rollout of that name was aborted or never began. */
async function freeSlug({ stores, clock }: AdvanceNeeds, proposal: StoredProposal, version: number): Promise<string> {
  const slug = `rollout-of-evolve-${proposal.prompt.slice(0, longestStem)}-v${version}`
  const isTaken = (await stores.experiments.find(proposal.tenantId, slug)) !== null
  return isTaken ? `${slug}-${clock.now().toString(36)}` : slug
}

/**
 * What became of a proposal that won without its policy: somebody may have rolled its version out, or moved the label there. As
 * before when nobody has.
 */
export async function followWinner(
  needs: AdvanceNeeds,
  actor: Actor,
  proposal: StoredProposal,
): Promise<StoredProposal> {
  const { stores } = needs
  const version = versionOf(proposal)
  const filter = { kind: 'rollout', prompt: proposal.prompt, limit: newestRollouts } as const
  const { data } = await stores.experiments.list(proposal.tenantId, filter)
  const begun = data.find(({ status, rollout }) => {
    return rollout?.version === version && status !== 'draft' && rollout.state !== 'aborted'
  })
  if (begun !== undefined) return rollsOut(needs, actor, proposal, begun.slug)
  if ((await stores.prompts.find(proposal.tenantId, proposal.prompt))?.labels[splitLabel] !== version) return proposal
  await stopOwn(needs, actor, proposal, `Its winner is served: version ${version}.`)
  return stores.evolution.changeProposal(actor, proposal.id, 'won', {
    state: 'promoted',
    sentence: `The label \`${splitLabel}\` stands at version ${version}.`,
  })
}

/** The rollout comes first, so that units of the experiment keep what they have in between. */
async function rollsOut(
  needs: AdvanceNeeds,
  actor: Actor,
  proposal: StoredProposal,
  slug: string,
): Promise<StoredProposal> {
  await stopOwn(needs, actor, proposal, `Its winner is rolled out: \`${slug}\`.`)
  return needs.stores.evolution.changeProposal(actor, proposal.id, 'won', {
    state: 'rolling_out',
    rollout: slug,
    sentence: `Rollout \`${slug}\` brings version ${versionOf(proposal)} to everybody, step by step.`,
  })
}

async function stopOwn(needs: AdvanceNeeds, actor: Actor, proposal: StoredProposal, reason: string): Promise<void> {
  if (proposal.experiment !== null) await stopExperimentOf(needs, actor, proposal.experiment, reason)
}

/** Reads how the rollout of a proposal went: `promoted`, `rolled_back`, or as before while it goes on. */
export async function readRollout(
  needs: AdvanceNeeds,
  actor: Actor,
  proposal: StoredProposal,
): Promise<StoredProposal> {
  const progress = (await experimentOf(needs, proposal, proposal.rollout))?.rollout ?? null
  const isOver = progress === null || ['completed', 'rolled_back', 'aborted'].includes(progress.state)
  if (!isOver) return proposal
  return needs.stores.evolution.changeProposal(actor, proposal.id, 'rolling_out', {
    state: progress?.state === 'completed' ? 'promoted' : 'rolled_back',
    sentence: progress?.sentence ?? `Its rollout \`${proposal.rollout ?? ''}\` is gone.`,
  })
}
