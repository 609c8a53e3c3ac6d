import { fieldPath } from '../contract/admin/explain-issues.ts'
import { openStates, type StrategyName } from '../contract/evolution.ts'
import { versionBodySchema } from '../contract/version-body.ts'
import { Fault } from '../core/fault.ts'
import { newRequestId } from '../core/ids.ts'
import type { EvolutionSettings } from '../evolution/evidence.ts'
import { type Proposal, proposalHash } from '../evolution/proposal.ts'
import { inTurns, proposeByRule } from '../evolution/propose.ts'
import type { StrategyInput } from '../evolution/strategy.ts'
import { readWritten, writerRequest, writtenStrategies } from '../evolution/writer.ts'
import { requireUsableVersion } from '../prompts/lint-version.ts'
import type { StoredEvolutionPolicy, StoredProposal } from '../store/evolution-port.ts'
import type { Actor, StoredPrompt, StoredVersion } from '../store/ports.ts'
import { addPromptVersion } from './add-version.ts'
import type { AdminDependencies } from './dependencies.ts'
import { EvolutionBudget } from './evolution-budget.ts'
import { readEvidence } from './evolution-evidence.ts'
import { policyOfNobody } from './evolution-policy.ts'
import { findServedPrompt, splitLabel } from './experiment-versions.ts'
import { findVersion } from './find-prompt.ts'

export type EvolveNeeds = Pick<AdminDependencies, 'stores' | 'askInside' | 'examineText' | 'describeModel' | 'clock'>

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
  readonly skipped: readonly { readonly strategy: StrategyName; readonly reason: string }[]
  readonly spentUsd: number
}

const appName = 'promptbox evolution'
const writeTimeoutMs = 120_000
const mostVersionsCompared = 200
/** Proposals of a prompt that can still go on. */
const mostOpen = 20
const longestNote = 10_000

/**
 * One run: looks at what was recorded of the served version, and makes each proposal a draft version with its parent and its
 * rationale. A prompt without a policy is run by rule. What a strategy could not do is said, and keeps no other from it.
 *
 * @throws Fault `not_found`; `conflict`: `prompt_archived`, `no_version`; `unavailable`.
 */
export async function evolvePrompt(
  needs: EvolveNeeds,
  actor: Actor,
  slugOrAlias: string,
  { strategies, dryRun = false }: WantedEvolution = {},
): Promise<Evolved> {
  const prompt = await findServedPrompt(needs.stores, actor.tenantId, slugOrAlias)
  const stored = await needs.stores.evolution.policy(actor.tenantId, prompt.slug)
  const policy = stored ?? policyOfNobody(actor.tenantId, prompt.slug)
  const parent = await parentOf(needs, prompt)
  const input: StrategyInput = {
    body: parent.body,
    evidence: await readEvidence(needs, prompt, parent, policy.body.look_back_days),
    settings: settingsOf(needs, policy),
  }
  const run = new Run(needs, actor, policy, input)
  const wanted = strategies ?? policy.body.strategies
  const room = dryRun ? policy.body.proposals_per_run : await roomFor(needs, prompt)
  if (room <= 0) return { parentVersion: parent.version, proposals: [], skipped: wanted.map(noRoom), spentUsd: 0 }
  const lists: (readonly Proposal[])[] = []
  for (const strategy of wanted) lists.push(await run.propose(strategy))
  const known = await knownHashes(needs, prompt)
  const fresh: Proposal[][] = []
  for (const list of lists) fresh.push(await run.unknown(list, prompt, known))
  const chosen = inTurns(fresh, Math.min(room, policy.body.proposals_per_run))
  const proposals: { proposal: Proposal; stored: StoredProposal | null }[] = []
  for (const proposal of chosen) {
    const kept = dryRun ? null : await run.keep(proposal, prompt, parent)
    if (dryRun || kept !== null) proposals.push({ proposal, stored: kept })
  }
  return { parentVersion: parent.version, proposals, skipped: run.skipped, spentUsd: run.spentUsd }
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

function settingsOf({ describeModel }: EvolveNeeds, { body }: StoredEvolutionPolicy): EvolutionSettings {
  return {
    models: body.models,
    minScore: body.min_score,
    priceOf: (name) => {
      const prices = describeModel(name)?.prices ?? null
      return prices === null ? null : prices.input_usd_per_million_tokens + prices.output_usd_per_million_tokens
    },
  }
}

/** Of the newest versions, whoever made them. */
async function knownHashes({ stores }: EvolveNeeds, { tenantId, slug }: StoredPrompt): Promise<ReadonlySet<string>> {
  const { data } = await stores.prompts.versions(tenantId, slug, { limit: mostVersionsCompared })
  return new Set(data.map(({ body }) => proposalHash(body)))
}

class Run {
  readonly skipped: { strategy: StrategyName; reason: string }[] = []
  readonly #needs: EvolveNeeds
  readonly #actor: Actor
  readonly #policy: StoredEvolutionPolicy
  readonly #input: StrategyInput
  readonly #budget: EvolutionBudget
  readonly #costs = new Map<Proposal, number>()

  constructor(needs: EvolveNeeds, actor: Actor, policy: StoredEvolutionPolicy, input: StrategyInput) {
    this.#needs = needs
    this.#actor = actor
    this.#policy = policy
    this.#input = input
    this.#budget = new EvolutionBudget(needs, policy)
  }

  get spentUsd(): number {
    return this.#budget.spentUsd
  }

  async propose(strategy: StrategyName): Promise<readonly Proposal[]> {
    const { writer } = this.#policy.body
    const isWritten = writer.type === 'model' && writtenStrategies.has(strategy)
    const found = isWritten ? await this.#write(strategy, writer.model) : proposeByRule(strategy, this.#input)
    if (found !== null && found.length === 0) this.#skip(strategy, 'Nothing that was recorded gives a reason for it.')
    return found ?? []
  }

  /** null: why not was said. */
  async #write(strategy: StrategyName, model: string): Promise<readonly Proposal[] | null> {
    const why = await this.#budget.whyNot()
    if (why !== null) return this.#skip(strategy, why)
    const { tenantId } = this.#policy
    const body = writerRequest(model, strategy, this.#input)
    const answer = await this.#needs.askInside({ tenantId, appName, body, timeoutMs: writeTimeoutMs, fresh: true })
    await this.#budget.spend(answer.costUsd, 'fault' in answer ? model : answer.model)
    if ('fault' in answer) return this.#skip(strategy, `${model} gave no answer: ${answer.fault.message}`)
    const written = readWritten(answer.text, { model, strategy, input: this.#input })
    if ('problem' in written) return this.#skip(strategy, `What ${model} wrote was not taken: ${written.problem}.`)
    this.#costs.set(written, answer.costUsd ?? 0)
    return [written]
  }

  /** Without what cannot be used, and without what is a version or a proposal already. */
  async unknown(list: readonly Proposal[], prompt: StoredPrompt, known: ReadonlySet<string>): Promise<Proposal[]> {
    const fresh: Proposal[] = []
    for (const proposal of list) {
      const hash = proposalHash(proposal.body)
      const problem = whyUnusable(proposal)
      const isKnown =
        known.has(hash) || (await this.#needs.stores.evolution.hasProposal(prompt.tenantId, prompt.slug, hash))
      if (problem !== null) this.#skip(proposal.strategy, `The version would not work: ${problem}`)
      else if (isKnown) this.#skip(proposal.strategy, 'It was proposed before, or is a version already.')
      else fresh.push(proposal)
    }
    return fresh
  }

  /** The draft and its proposal; null: why not was said. */
  async keep(proposal: Proposal, prompt: StoredPrompt, parent: StoredVersion): Promise<StoredProposal | null> {
    const { stores, clock } = this.#needs
    const { semver: _semver, ...kept } = proposal.body
    const body = { ...kept, parent_version: parent.version, change_note: proposal.rationale.slice(0, longestNote) }
    try {
      const { version } = await addPromptVersion(stores.prompts, this.#actor, prompt.slug, body)
      return await stores.evolution.addProposal(this.#actor, {
        id: newRequestId(clock.now()),
        prompt: prompt.slug,
        parentVersion: parent.version,
        version: version.version,
        strategy: proposal.strategy,
        state: 'proposed',
        hash: proposalHash(proposal.body),
        writer: proposal.writer,
        rationale: proposal.rationale,
        predicted: proposal.predicted,
        sentence: `Version ${version.version} is a draft. Its test cases come next.`,
        tests: null,
        experiment: null,
        rollout: null,
        improvement: null,
        costUsd: this.#costs.get(proposal) ?? 0,
      })
    } catch (error) {
      if (!(error instanceof Fault) || error.kind === 'unavailable') throw error
      return this.#skip(proposal.strategy, error.message)
    }
  }

  #skip(strategy: StrategyName, reason: string): null {
    this.skipped.push({ strategy, reason })
    return null
  }
}

function whyUnusable({ body }: Proposal): string | null {
  const [issue] = versionBodySchema.safeParse(body).error?.issues ?? []
  if (issue !== undefined) return `\`${fieldPath(issue.path)}\` ${issue.message}.`
  try {
    requireUsableVersion(body)
    return null
  } catch (error) {
    if (error instanceof Fault) return error.message
    throw error
  }
}
