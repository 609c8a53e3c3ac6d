import type { VersionBody } from '../prompts/compiled-version.ts'
import type { Evidence, EvolutionSettings } from './evidence.ts'
import type { Proposal } from './proposal.ts'

export interface StrategyInput {
  /** Of the parent, as its author wrote it. */
  readonly body: VersionBody
  readonly evidence: Evidence
  readonly settings: EvolutionSettings
}

/** Nothing is proposed, for a reason that is worth saying: a sentence. */
export interface NoProposal {
  readonly why: string
}

/** Looks at what was recorded and proposes; nothing when there is no reason to. Pure. */
export type Strategy = (input: StrategyInput) => readonly Proposal[] | NoProposal
