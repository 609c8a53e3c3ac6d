import { fieldPath } from '../contract/admin/explain-issues.ts'
import { openStates, type StrategyName } from '../contract/evolution.ts'
import { versionBodySchema } from '../contract/version-body.ts'
import { Fault } from '../core/fault.ts'
import { newRequestId } from '../core/ids.ts'
import { type Proposal, proposalHash, systemText } from '../evolution/proposal.ts'
import { proposeByRule } from '../evolution/propose.ts'
import type { StrategyInput } from '../evolution/strategy.ts'
import { newTexts, readWritten, whyNotAsk, writerRequest, writtenStrategies } from '../evolution/writer.ts'
import { requireUsableVersion } from '../prompts/lint-version.ts'
import type { StoredEvolutionPolicy, StoredProposal } from '../store/evolution-port.ts'
import type { Actor, StoredPrompt, StoredVersion } from '../store/ports.ts'
import { addPromptVersion } from './add-version.ts'
import type { AdminDependencies } from './dependencies.ts'
import { EvolutionBudget } from './evolution-budget.ts'
import { mayHoldWhatIsPrivate } from './passed-on.ts'

export type EvolveNeeds = Pick<AdminDependencies, 'stores' | 'askInside' | 'examineText' | 'describeModel' | 'clock'>

export interface Skipped {
  readonly strategy: StrategyName
  /** A sentence or two. */
  readonly reason: string
}

const appName = 'promptbox evolution'
const writeTimeoutMs = 120_000
const longestNote = 10_000

/** What a run works on. */
export interface RunOn {
  readonly actor: Actor
  readonly policy: StoredEvolutionPolicy
  readonly prompt: StoredPrompt
  readonly parent: StoredVersion
  readonly input: StrategyInput
  /** The newest versions, whoever made them. */
  readonly versions: readonly StoredVersion[]
}

/** One run: what each strategy came to, why not, and what it cost. */
export class EvolutionRun {
  readonly skipped: Skipped[] = []
  readonly #needs: EvolveNeeds
  readonly #on: RunOn
  readonly #budget: EvolutionBudget
  readonly #known: ReadonlySet<string>
  readonly #costs = new Map<Proposal, number>()

  constructor(needs: EvolveNeeds, on: RunOn) {
    this.#needs = needs
    this.#on = on
    this.#budget = new EvolutionBudget(needs, on.policy)
    this.#known = new Set(on.versions.map(({ body }) => proposalHash(body)))
  }

  /** US dollars. */
  get spentUsd(): number {
    return this.#budget.spentUsd
  }

  /** What a strategy proposes that can be used and is new; what cannot, and why, is in `skipped`. */
  async propose(strategy: StrategyName): Promise<readonly Proposal[]> {
    const waiting = this.#waiting(strategy)
    if (waiting !== null) return this.#skip(strategy, waiting) ?? []
    const { writer } = this.#on.policy.body
    if (writer.type === 'model' && writtenStrategies.has(strategy)) {
      const written = await this.#write(strategy, writer.model)
      return written === null ? [] : this.#usable([written])
    }
    const { proposals, why } = proposeByRule(strategy, this.#on.input)
    if (why !== null) this.#skip(strategy, why)
    return this.#usable(proposals)
  }

  /**
   * A strategy that makes one new text or choice has its say once for a version: more of the same would only pile up beside what
   * somebody has not looked at yet. Models and parameters are told apart by what they are.
   */
  #waiting(strategy: StrategyName): string | null {
    if (strategy !== 'few_shot' && !writtenStrategies.has(strategy)) return null
    const { parent, input } = this.#on
    const open = input.evidence.earlier.find(
      (each) =>
        each.strategy === strategy &&
        each.parentVersion === parent.version &&
        (openStates as readonly string[]).includes(each.state),
    )
    if (open === undefined) return null
    return `It proposed version ${open.version ?? ''} for version ${parent.version} already, which is \`${open.state}\`. Decide that first.`
  }

  /** null: why not was said. */
  async #write(strategy: StrategyName, model: string): Promise<Proposal | null> {
    const { policy, input, versions } = this.#on
    const why = whyNotAsk(strategy, input) ?? (await this.#budget.whyNot())
    if (why !== null) return this.#skip(strategy, why)
    const { tenantId } = policy
    const body = writerRequest(model, strategy, input)
    const answer = await this.#needs.askInside({ tenantId, appName, body, timeoutMs: writeTimeoutMs, fresh: true })
    const before = this.spentUsd
    await this.#budget.spend(answer.costUsd, 'fault' in answer ? model : answer.model)
    if ('fault' in answer) return this.#skip(strategy, `${model} gave no answer: ${answer.fault.message}`)
    const tried = versions.map((version) => systemText(version.body))
    const { text, finishReason } = answer
    const written = readWritten({ text, finishReason, model, strategy, tried }, input)
    if ('problem' in written) return this.#skip(strategy, `What ${model} wrote was not taken: ${written.problem}.`)
    const added = newTexts(systemText(input.body), written)
    if (await mayHoldWhatIsPrivate(this.#needs, { tenantId, text: added, types: ['pii', 'secrets'] })) {
      return this.#skip(
        strategy,
        `What ${model} wrote was not taken: it has what looks like personal data or a secret that was not there.`,
      )
    }
    this.#costs.set(written, this.spentUsd - before)
    return written
  }

  /** Without what cannot be used, and without what is a version or a proposal already. */
  async #usable(proposals: readonly Proposal[]): Promise<readonly Proposal[]> {
    const { tenantId, slug } = this.#on.prompt
    const fresh: Proposal[] = []
    for (const proposal of proposals) {
      const hash = proposalHash(proposal.body)
      const problem = whyUnusable(proposal)
      const isKnown = this.#known.has(hash) || (await this.#needs.stores.evolution.hasProposal(tenantId, slug, hash))
      if (problem !== null) this.#skip(proposal.strategy, `The version would not work: ${problem}`)
      else if (isKnown) this.#skip(proposal.strategy, 'It was proposed before, or is a version already.')
      else fresh.push(proposal)
    }
    return fresh
  }

  /** The draft and its proposal; null: why not was said. */
  async keep(proposal: Proposal): Promise<StoredProposal | null> {
    const { stores } = this.#needs
    const { actor, prompt, parent } = this.#on
    const { semver: _semver, ...kept } = proposal.body
    const body = { ...kept, parent_version: parent.version, change_note: noteOf(proposal) }
    try {
      const { version } = await addPromptVersion(stores.prompts, actor, prompt.slug, body)
      return await stores.evolution.addProposal(actor, this.#stored(proposal, version.version))
    } catch (error) {
      if (!(error instanceof Fault) || error.kind === 'unavailable') throw error
      return this.#skip(proposal.strategy, error.message)
    }
  }

  #stored(proposal: Proposal, version: number): Parameters<AdminDependencies['stores']['evolution']['addProposal']>[1] {
    const { strategy, writer, rationale, predicted, parts, warnings } = proposal
    return {
      id: newRequestId(this.#needs.clock.now()),
      prompt: this.#on.prompt.slug,
      parentVersion: this.#on.parent.version,
      version,
      strategy,
      state: 'proposed',
      hash: proposalHash(proposal.body),
      writer,
      rationale,
      predicted,
      parts,
      warnings,
      isOutdated: false,
      sentence: `Version ${version} is a draft. Its test cases come next.`,
      tests: null,
      experiment: null,
      rollout: null,
      improvement: null,
      costUsd: this.#costs.get(proposal) ?? 0,
    }
  }

  #skip(strategy: StrategyName, reason: string): null {
    this.skipped.push({ strategy, reason })
    return null
  }
}

/** Who reviews a version sees its note, and need not know that there is a proposal. */
const noteOf = ({ rationale, warnings }: Proposal): string => [rationale, ...warnings].join(' ').slice(0, longestNote)

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
