import { openStates, type StrategyName } from '../contract/evolution.ts'
import { Fault } from '../core/fault.ts'
import type { Proposal } from '../evolution/proposal.ts'
import { inTurns } from '../evolution/propose.ts'
import type { StoredProposal } from '../store/evolution-port.ts'
import type { Actor, StoredPrompt, StoredVersion } from '../store/ports.ts'
import { readEvidence } from './evolution-evidence.ts'
import { policyOfNobody } from './evolution-policy.ts'
import { type EvolveNeeds, EvolutionRun, type Skipped } from './evolution-run.ts'
import { evolutionSettings } from './evolution-settings.ts'
import { findServedPrompt, splitLabel } from './experiment-versions.ts'
import { findVersion } from './find-prompt.ts'

export type { EvolveNeeds } from './evolution-run.ts'

export interface WantedEvolution {
  /** Left out: those of the policy. */
  readonly strategies?: readonly StrategyName[] | undefined
  /** Shows proposals and makes nothing of them. */
  readonly dryRun?: boolean | undefined
}

export interface Evolved {
  readonly parentVersion: number
  /** What was proposed; `stored` is null in a dry run. */
  readonly proposals: readonly { readonly proposal: Proposal; readonly stored: StoredProposal | null }[]
  /** Why a strategy proposed nothing, or what it proposed was not taken. */
  readonly skipped: readonly Skipped[]
  readonly spentUsd: number
}

const mostVersionsCompared = 200
/** Proposals of a prompt that can still go on. */
const mostOpen = 20

/**
 * One run: looks at what was recorded of the served version, and makes each proposal a draft version with its parent and its
 * rationale. A prompt without a policy is run by rule. What a strategy could not do is said, kept with the policy, and keeps no
 * other strategy from its turn.
 *
 * @throws Fault `not_found`; `conflict`: `prompt_archived`, `no_version`; `unavailable`.
 */
export async function evolvePrompt(
  needs: EvolveNeeds,
  actor: Actor,
  slugOrAlias: string,
  wanted: WantedEvolution = {},
): Promise<Evolved> {
  const prompt = await findServedPrompt(needs.stores, actor.tenantId, slugOrAlias)
  const evolved = await evolve(needs, actor, prompt, wanted)
  await needs.stores.evolution.keepRun(actor.tenantId, prompt.slug, {
    at: new Date(needs.clock.now()).toISOString(),
    sentence: sentenceOf(evolved, wanted.dryRun === true),
    skipped: evolved.skipped,
    spent_usd: evolved.spentUsd,
  })
  return evolved
}

async function evolve(
  needs: EvolveNeeds,
  actor: Actor,
  prompt: StoredPrompt,
  { strategies, dryRun = false }: WantedEvolution,
): Promise<Evolved> {
  const { tenantId, slug } = prompt
  const policy = (await needs.stores.evolution.policy(tenantId, slug)) ?? policyOfNobody(tenantId, slug)
  const parent = await parentOf(needs, prompt)
  const wanted = strategies ?? policy.body.strategies
  const room = dryRun ? policy.body.proposals_per_run : await roomFor(needs, prompt)
  if (room <= 0) return { parentVersion: parent.version, proposals: [], skipped: wanted.map(noRoom), spentUsd: 0 }
  const { data: versions } = await needs.stores.prompts.versions(tenantId, slug, { limit: mostVersionsCompared })
  const input = {
    body: parent.body,
    evidence: await readEvidence(needs, prompt, parent, policy.body.look_back_days),
    settings: evolutionSettings(needs, policy, parent.body),
  }
  const run = new EvolutionRun(needs, { actor, policy, prompt, parent, input, versions })
  const lists: (readonly Proposal[])[] = []
  for (const strategy of wanted) lists.push(await run.propose(strategy))
  const chosen = inTurns(lists, Math.min(room, policy.body.proposals_per_run))
  const proposals: { proposal: Proposal; stored: StoredProposal | null }[] = []
  for (const proposal of chosen) {
    const kept = dryRun ? null : await run.keep(proposal)
    if (dryRun || kept !== null) proposals.push({ proposal, stored: kept })
  }
  return { parentVersion: parent.version, proposals, skipped: run.skipped, spentUsd: run.spentUsd }
}

function sentenceOf({ proposals, parentVersion }: Evolved, dryRun: boolean): string {
  const count = proposals.length === 1 ? '1 proposal' : `${proposals.length} proposals`
  return `${dryRun ? 'A dry run showed' : 'Made'} ${count} for version ${parentVersion}.`
}

/** Drafts that nobody tries, tests or rejects are not to pile up: how many may be made. */
async function roomFor({ stores }: EvolveNeeds, { tenantId, slug }: StoredPrompt): Promise<number> {
  let open = 0
  for (const state of openStates) {
    open += (await stores.evolution.proposals(tenantId, slug, { state, limit: mostOpen })).data.length
  }
  return mostOpen - open
}

const noRoom = (strategy: StrategyName) => ({
  strategy,
  reason: `The prompt has ${mostOpen} proposals that are not decided. Try or reject some of them first.`,
})

/** Where `production` points, else the latest. */
async function parentOf({ stores }: EvolveNeeds, prompt: StoredPrompt): Promise<StoredVersion> {
  const served = Object.hasOwn(prompt.labels, splitLabel) ? prompt.labels[splitLabel] : undefined
  const number = served ?? prompt.latestVersion
  if (number !== null) return findVersion(stores.prompts, prompt, number, 'slug')
  throw new Fault('conflict', `Prompt '${prompt.slug}' has no version yet. Add one first.`, { code: 'no_version' })
}
