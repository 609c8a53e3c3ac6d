import type { MetricFacts } from '../../contract/experiment-metrics.ts'
import type { MetricMoments } from '../statistics.ts'
import { measuredSpread } from './measured.ts'
import { slopeOf } from './means.ts'
import type { Spread } from './moments.ts'

/** Less variance by what units did before the experiment (CUPED). */

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
  const known = deviations(parts, spreads, cut?.excess ?? null)
  const { theta, reduction } = slopeOf(known.whole)
  if (reduction < leastReduction) return { spreads, reduction: null }
  const before = meansBefore(parts)
  return {
    spreads: spreads.map((spread, at) => {
      const part = parts[at]
      const own = known.parts[at]
      if (part === undefined || own === undefined || spread.units < 2) return spread
      const { units, p } = part.moments
      const squares = own.post - 2 * theta * own.both + theta ** 2 * own.pre
      return {
        units: spread.units,
        mean: spread.mean - theta * (p / units - (before.get(part.phase) ?? 0)),
        variance: Math.max(0, squares) / (units - 1),
      }
    }),
    reduction,
  }
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
  spreads: readonly Spread[],
  excess: readonly number[] | null,
): { readonly parts: readonly Deviations[]; readonly whole: Deviations } {
  const all = parts.map(({ moments: { units, m, p, pp, pm } }, at) => ({
    pre: Math.max(0, pp - (p * p) / units),
    post: (spreads[at]?.variance ?? 0) * (units - 1),
    both: pm - (p * m) / units,
  }))
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

function meansBefore(parts: readonly Part[]): ReadonlyMap<number, number> {
  const sums = new Map<number, { units: number; p: number }>()
  for (const { phase, moments } of parts) {
    const sum = sums.get(phase) ?? { units: 0, p: 0 }
    sums.set(phase, { units: sum.units + moments.units, p: sum.p + moments.p })
  }
  return new Map(Array.from(sums, ([phase, { units, p }]) => [phase, p / units]))
}
