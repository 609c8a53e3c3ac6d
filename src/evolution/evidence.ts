import type { Check } from '../contract/test-case.ts'
import type { OutputCheck } from '../core/record.ts'
import type { EarlierProposal } from './earlier.ts'

/** One exchange of the version, as far as strategies look at it. */
export interface EvidenceOfExchange {
  readonly requestId: string
  /** The last message of the user as the model got it; null: it cannot be read, or answers what was said before it. */
  readonly question: string | null
  readonly answer: string | null
  /** Mean of ratings, thumbs and scores, 0 to 1; null: nobody said. */
  readonly score: number | null
  /** What people wrote. Never put into a prompt. */
  readonly comments: readonly string[]
  readonly outputCheck: OutputCheck | null
  /** A guardrail found something, or there may be personal data, a secret, or instructions to the model in it. */
  readonly isSensitive: boolean
  /** The answer ended because it had reached its longest length. */
  readonly isCut: boolean
  /** It came to its end by itself: it is not cut, broken off or withheld. */
  readonly isComplete: boolean
  readonly locale: string | null
  /** Whom it was for, as a digest; null: nobody was named. */
  readonly unit: string | null
  /** null: nobody counted. */
  readonly tokens: { readonly input: number; readonly output: number } | null
}

/** A check of a test case that failed. */
export interface FailedCheck {
  readonly testCase: string
  readonly type: string
  readonly detail: string
  /** As its author wrote it; null: the version has no such check any more. */
  readonly check: Check | null
}

/** What is known about the prompt itself. */
export interface AboutPrompt {
  readonly name: string
  readonly description: string | null
  readonly domain: string | null
  readonly useCase: string | null
  readonly appContexts: readonly string[]
}

export interface Evidence {
  readonly exchanges: readonly EvidenceOfExchange[]
  readonly failedChecks: readonly FailedCheck[]
  readonly about: AboutPrompt
  /** What the messages of the version are written in, ISO 639-1; null: they are short, or it cannot be told. */
  readonly language: string | null
  /** Proposals for the prompt before, newest first. */
  readonly earlier: readonly EarlierProposal[]
  /** Checks of test cases that answers of models to this version were held against, by model; its own is one of them. */
  readonly tested: ReadonlyMap<string, TestedModel>
}

export interface TestedModel {
  readonly passed: number
  readonly checks: number
}

/** US dollars for a million tokens. */
export interface TokenPrices {
  readonly input: number
  readonly output: number
}

export interface EvolutionSettings {
  /** Other models that may answer. */
  readonly models: readonly string[]
  /** An answer is a good one from this score on, 0 to 1. */
  readonly minScore: number
  /** null: unknown. */
  readonly priceOf: (model: string) => TokenPrices | null
  /** What the version asks of a model and this one is known not to have: a clause; null: nothing is known to be missing. */
  readonly lackOf: (model: string) => string | null
}

export interface EvidenceFigures {
  readonly exchanges: number
  readonly scored: number
  /** null: nothing was scored. */
  readonly meanScore: number | null
  readonly checked: number
  readonly mismatches: number
  /** Of those that were checked; 0: none was. */
  readonly mismatchShare: number
  readonly cut: number
  /** Means of what was counted; null: nothing was. */
  readonly tokens: { readonly input: number; readonly output: number } | null
}

export function figuresOf({ exchanges }: Pick<Evidence, 'exchanges'>): EvidenceFigures {
  const scores = exchanges.flatMap(({ score }) => (score === null ? [] : [score]))
  const checked = exchanges.filter(({ outputCheck }) => outputCheck !== null).length
  const mismatches = exchanges.filter(
    ({ outputCheck }) => outputCheck === 'mismatch' || outputCheck === 'repaired',
  ).length
  const counted = exchanges.flatMap(({ tokens }) => (tokens === null ? [] : [tokens]))
  return {
    exchanges: exchanges.length,
    scored: scores.length,
    meanScore: scores.length === 0 ? null : meanOf(scores),
    checked,
    mismatches,
    mismatchShare: checked === 0 ? 0 : mismatches / checked,
    cut: exchanges.filter(({ isCut }) => isCut).length,
    tokens:
      counted.length === 0
        ? null
        : { input: meanOf(counted.map(({ input }) => input)), output: meanOf(counted.map(({ output }) => output)) },
  }
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
