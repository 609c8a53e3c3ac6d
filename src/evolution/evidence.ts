import type { OutputCheck } from '../core/record.ts'

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
  readonly locale: string | null
}

/** A check of a test case that failed. */
export interface FailedCheck {
  readonly testCase: string
  readonly type: string
  readonly detail: string
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
}

export interface EvolutionSettings {
  /** Other models that may answer. */
  readonly models: readonly string[]
  /** An answer is a good one from this score on, 0 to 1. */
  readonly minScore: number
  /** US dollars for a million tokens in and a million out; null: unknown. */
  readonly priceOf: (model: string) => number | null
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
}

export function figuresOf({ exchanges }: Pick<Evidence, 'exchanges'>): EvidenceFigures {
  const scores = exchanges.flatMap(({ score }) => (score === null ? [] : [score]))
  const checked = exchanges.filter(({ outputCheck }) => outputCheck !== null).length
  const mismatches = exchanges.filter(
    ({ outputCheck }) => outputCheck === 'mismatch' || outputCheck === 'repaired',
  ).length
  return {
    exchanges: exchanges.length,
    scored: scores.length,
    meanScore: scores.length === 0 ? null : scores.reduce((sum, score) => sum + score, 0) / scores.length,
    checked,
    mismatches,
    mismatchShare: checked === 0 ? 0 : mismatches / checked,
    cut: exchanges.filter(({ isCut }) => isCut).length,
  }
}
