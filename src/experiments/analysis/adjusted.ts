import type { MetricFacts } from '../../contract/experiment-metrics.ts'
import type { MetricMoments } from '../statistics.ts'
import { measuredSpread } from './measured.ts'
import { slopeOf } from './means.ts'
import { beyondRounding, type Spread } from './moments.ts'

/**
 * Less variance by what units did before the experiment (CUPED). A unit that is new counts as if it had done what the others of its phase
 * did on average: who is new was settled before anybody was served a variant, so that this favours none, and were it 0 the new units
 * would hide what the past of the others tells.
 */

/** One variant in one phase. */
export interface Part {
  readonly phase: number
  readonly moments: MetricMoments
}

/** The parts with their highest values cut. */
export interface Cut {
  readonly spreads: readonly Spread[]
  /** By part: at most so large is the sum of the squares of what was cut off; null: that is not known well enough. */
  readonly excess: readonly number[] | null
}

/** At least so many units with a past, and so much less variance, make an adjustment worth its price. */
const leastPreUnits = 100
const leastReduction = 0.02

/** Every part as it is compared; `reduction`: the share of the variance that the past takes away, null when it is not used. */
export function adjusted(
  kind: MetricFacts['kind'],
  parts: readonly Part[],
  cut: Cut | null,
): { readonly spreads: readonly Spread[]; readonly reduction: number | null } {
  const spreads = cut?.spreads ?? parts.map(({ moments }) => measuredSpread(kind, moments))
  const preUnits = parts.reduce((sum, { moments }) => sum + moments.preUnits, 0)
  if (kind === 'ratio' || preUnits < leastPreUnits || cut?.excess === null) return { spreads, reduction: null }
  const pasts = pastsOf(parts)
  const known = deviations(parts, pasts, spreads, cut?.excess ?? null)
  const { theta, reduction } = slopeOf(known.whole)
  if (reduction < leastReduction) return { spreads, reduction: null }
  return {
    spreads: spreads.map((spread, at) => {
      const past = pasts[at]
      const own = known.parts[at]
      if (past === undefined || own === undefined || spread.units < 2) return spread
      const squares = own.post - 2 * theta * own.both + theta ** 2 * own.pre
      return {
        units: spread.units,
        mean: spread.mean - (theta * past.sum) / spread.units,
        variance: Math.max(0, squares) / (spread.units - 1),
      }
    }),
    reduction,
  }
}

/** What units did before, less the mean of that over all units of the phase that did anything: of new units it is 0. */
interface Past {
  readonly sum: number
  readonly squares: number
  /** Sum of the products with what they did in the experiment. */
  readonly products: number
}

function pastsOf(parts: readonly Part[]): readonly Past[] {
  const means = meansBefore(parts)
  return parts.map(({ phase, moments: { p, pp, pm, preUnits, preM } }) => {
    const mean = means.get(phase) ?? 0
    return {
      sum: p - mean * preUnits,
      squares: beyondRounding(pp - 2 * mean * p + mean ** 2 * preUnits, pp),
      products: pm - mean * preM,
    }
  })
}

/** Sums of squares and products of deviations from the means. */
interface Deviations {
  readonly pre: number
  readonly post: number
  readonly both: number
}

/**
 * Within the parts, so that a difference between variants is not taken for a slope. How far what was cut off went along with
 * the past is not known, but by Cauchy and Schwarz no farther than both vary: the products are taken for so much less, which
 * makes the adjustment smaller than it could be and its variance never too small.
 */
function deviations(
  parts: readonly Part[],
  pasts: readonly Past[],
  spreads: readonly Spread[],
  excess: readonly number[] | null,
): { readonly parts: readonly Deviations[]; readonly whole: Deviations } {
  const all = parts.map(({ moments: { units, m } }, at) => {
    const { sum, squares, products } = pasts[at] ?? { sum: 0, squares: 0, products: 0 }
    return {
      pre: Math.max(0, squares - (sum * sum) / units),
      post: (spreads[at]?.variance ?? 0) * (units - 1),
      both: products - (sum * m) / units,
    }
  })
  const direction = Math.sign(all.reduce((sum, { both }) => sum + both, 0))
  const careful = all.map((each, at) => ({
    ...each,
    both: each.both - direction * Math.sqrt((excess?.[at] ?? 0) * each.pre),
  }))
  const whole = careful.reduce(
    (sum, { pre, post, both }) => ({ pre: sum.pre + pre, post: sum.post + post, both: sum.both + both }),
    { pre: 0, post: 0, both: 0 },
  )
  // What may be nothing, or the other way round, is nothing.
  return { parts: careful, whole: { ...whole, both: whole.both * direction > 0 ? whole.both : 0 } }
}

/** By phase, over all variants. */
function meansBefore(parts: readonly Part[]): ReadonlyMap<number, number> {
  const sums = new Map<number, { units: number; p: number }>()
  for (const { phase, moments } of parts) {
    const sum = sums.get(phase) ?? { units: 0, p: 0 }
    sums.set(phase, { units: sum.units + moments.preUnits, p: sum.p + moments.p })
  }
  return new Map(Array.from(sums, ([phase, { units, p }]) => [phase, units === 0 ? 0 : p / units]))
}
