import type {
  EvolutionPolicy,
  EvolutionRun,
  Improvement,
  Prediction,
  ProposalState,
  StrategyName,
} from '../contract/evolution.ts'
import type { FeedbackRecord } from '../core/feedback.ts'
import type { ExchangeRecord } from '../core/record.ts'
import type { Actor, Page } from './ports.ts'

export interface StoredEvolutionPolicy {
  readonly tenantId: string
  /** Slug of the prompt. */
  readonly prompt: string
  readonly body: EvolutionPolicy
  /** US dollars in `spentMonth`. */
  readonly spentUsd: number
  /** UTC, such as `2026-11`; null: nothing was spent yet. */
  readonly spentMonth: string | null
  /** Milliseconds since 1970; null: never. */
  readonly lastRunAt: number | null
  /** What the newest run came to, by itself or by hand; null: there was none. */
  readonly lastRun: EvolutionRun | null
  readonly updatedAt: number
  readonly updatedBy: string
}

export interface StoredProposal {
  /** UUIDv7. */
  readonly id: string
  readonly tenantId: string
  readonly prompt: string
  readonly parentVersion: number
  /** null: no version was made of it. */
  readonly version: number | null
  readonly strategy: StrategyName
  readonly state: ProposalState
  /** Of the body, without what tells where it comes from. */
  readonly hash: string
  /** `rules`, or the model that wrote it. */
  readonly writer: string
  readonly rationale: string
  readonly predicted: Prediction
  /** What it adds to its parent, see `Proposal.parts`. */
  readonly parts: readonly string[]
  /** What somebody has to know or look at before it goes on: sentences. */
  readonly warnings: readonly string[]
  /** It was rejected because another version than its parent is served, which says nothing of what it proposes. */
  readonly isOutdated: boolean
  /** Where it stands, and why: a sentence. */
  readonly sentence: string
  /** null: its test cases were not run yet. */
  readonly tests: { readonly run: string; readonly passed: boolean; readonly score: number } | null
  /** Slug; null: in none. */
  readonly experiment: string | null
  /** Slug; null: none. */
  readonly rollout: string | null
  /** Against its parent; null: not measured. */
  readonly improvement: Improvement | null
  /** What writing and testing it cost, US dollars. */
  readonly costUsd: number
  readonly createdAt: number
  readonly updatedAt: number
}

export type NewProposal = Omit<StoredProposal, 'tenantId' | 'createdAt' | 'updatedAt'>

/** What is left out stays. */
export type ProposalChange = Partial<
  Pick<
    StoredProposal,
    'state' | 'version' | 'sentence' | 'tests' | 'experiment' | 'rollout' | 'improvement' | 'costUsd' | 'isOutdated'
  >
>

export interface ProposalFilter {
  readonly state?: ProposalState | undefined
  readonly limit: number
  readonly cursor?: string | undefined
}

/** An exchange as evidence: what was said and what people said of it. */
export interface EvidenceExchange extends Pick<
  ExchangeRecord,
  'requestId' | 'createdAt' | 'outcome' | 'outputCheck' | 'guardrails' | 'guardrailResults' | 'finishReasons' | 'locale'
> {
  /** Digest of whom it was for; null: nobody was named. */
  readonly unit: string | null
  /** null: nobody counted. */
  readonly tokens: { readonly input: number; readonly output: number } | null
  /** null: they were not recorded, nobody said anything of them, or they are long. */
  readonly bodies: {
    readonly request: string
    readonly rendered: string | null
    readonly response: string | null
  } | null
  readonly feedback: readonly FeedbackRecord[]
}

export interface EvidenceRange {
  /** Milliseconds since 1970, inclusive. */
  readonly since: number
  /** At most so many exchanges, 1 to 1000. */
  readonly most: number
}

/** Nothing here is on the way of a request: no write is told to the snapshot. Faults as everywhere. */
export interface EvolutionStore {
  /** Replaces what is there; what was spent and when it last ran stays. An event. */
  putPolicy(actor: Actor, prompt: string, body: EvolutionPolicy): Promise<StoredEvolutionPolicy>
  /** null: there is none. */
  policy(tenantId: string, prompt: string): Promise<StoredEvolutionPolicy | null>
  /** Proposals stay. Fault `not_found`. */
  removePolicy(actor: Actor, prompt: string): Promise<void>
  /** Those that are enabled, of all tenants; those whose turn comes first are first, at most `most`. */
  enabledPolicies(most: number): Promise<readonly StoredEvolutionPolicy[]>
  /** Says that a run begins, if the last one is still `last`; false: another process was quicker, or the policy is gone. */
  beginRun(tenantId: string, prompt: string, last: number | null, now: number): Promise<boolean>
  /** Adds to what was spent in the month, which begins anew when it is another. Nothing when there is no policy. */
  spend(tenantId: string, prompt: string, month: string, usd: number): Promise<void>
  /** Keeps what a run came to, in the place of the one before. Nothing when there is no policy. */
  keepRun(tenantId: string, prompt: string, run: EvolutionRun): Promise<void>
  /** An event. Fault `conflict` when the prompt has a proposal of this hash. */
  addProposal(actor: Actor, proposal: NewProposal): Promise<StoredProposal>
  proposal(tenantId: string, id: string): Promise<StoredProposal | null>
  /** Newest first. */
  proposals(tenantId: string, prompt: string, filter: ProposalFilter): Promise<Page<StoredProposal>>
  /** Whether the prompt has a proposal of this hash. */
  hasProposal(tenantId: string, prompt: string, hash: string): Promise<boolean>
  /** In one of `openStates`, of all tenants, by id; those with a greater one than `after`, at most `most`. */
  openProposals(most: number, after: string | null): Promise<readonly StoredProposal[]>
  /**
   * Changes it if its state is still `from`; an event when its state becomes another. Fault `not_found`; `conflict`, code
   * `proposal_changed`, when its state is another by now.
   */
  changeProposal(
    actor: Actor,
    id: string,
    from: ProposalState,
    change: ProposalChange,
    reason?: string | null,
  ): Promise<StoredProposal>
  /**
   * Exchanges of chat with the version: first those with feedback, the newest feedback first, then the newest others. Feedback
   * is searched among the newest `feedbackSearched` statements of the tenant; the first `mostTexts` with feedback have their texts.
   */
  evidence(
    tenantId: string,
    prompt: string,
    version: number,
    range: EvidenceRange,
  ): Promise<readonly EvidenceExchange[]>
}

export const feedbackSearched = 5_000
/** So many exchanges have their texts, */
export const mostTexts = 100
/** and only those with at most so many characters: one run is not to fill the memory. */
export const longestTexts = 300_000
