import { metricFacts } from '../contract/experiment-metrics.ts'
import type { Prediction, ProposalState, StrategyName } from '../contract/evolution.ts'
import type { Evidence } from './evidence.ts'
import { percent } from './proposal.ts'

/** A proposal that was made for the prompt before, and what became of it. */
export interface EarlierProposal {
  readonly strategy: StrategyName
  readonly state: ProposalState
  readonly parentVersion: number
  readonly version: number | null
  readonly rationale: string
  /** Where it stands, and why. */
  readonly sentence: string
  /** What it added, see `Proposal.parts`. */
  readonly parts: readonly string[]
  /** Somebody rejected it, it failed its test cases, or an experiment or a rollout showed that it does not help. */
  readonly isDeclined: boolean
  /** Relative to its parent, as its experiment measured it; null: it was not measured. */
  readonly measured: { readonly metric: string; readonly effect: number } | null
}

/** What was tried and declined, for whatever version: not proposed again. */
export function declinedParts({ earlier }: Pick<Evidence, 'earlier'>): ReadonlySet<string> {
  return new Set(earlier.filter(({ isDeclined }) => isDeclined).flatMap(({ parts }) => parts))
}

/**
 * What to expect of a strategy by what experiments measured of its earlier proposals for this prompt; null: none was measured.
 * One proposal without any effect is counted with them, because the mean of few overstates.
 */
export function expectation({ earlier }: Pick<Evidence, 'earlier'>, strategy: StrategyName): Prediction | null {
  const measured = earlier.flatMap((each) => (each.strategy === strategy && each.measured ? [each.measured] : []))
  const [newest] = measured
  if (newest === undefined) return null
  const effects = measured.flatMap(({ metric, effect }) => (metric === newest.metric ? [effect] : []))
  const effect = effects.reduce((sum, each) => sum + each, 0) / (effects.length + 1)
  return {
    metric: newest.metric,
    effect,
    basis: 'measured',
    why: `Experiments measured ${effects.map((each) => percent(each)).join(', ')} of ${metricFacts(newest.metric).label} for earlier proposals of this kind; their mean is taken with one of no effect, because few overstate.`,
  }
}
