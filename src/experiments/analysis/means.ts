import { normalTwoSided, normalUpper, tQuantile, tTwoSided } from './distributions.ts'
import { beyondRounding, type Spread } from './moments.ts'
import type { Interval } from './proportions.ts'

/** Tests of means and of what is made of means. */

/** Degrees of freedom of a sum of variances after Welch and Satterthwaite: each part with its own degrees. */
export function degreesOf(parts: readonly { readonly variance: number; readonly degrees: number }[]): number {
  let whole = 0
  let below = 0
  for (const { variance, degrees } of parts) {
    whole += variance
    below += variance ** 2 / degrees
  }
  return below === 0 ? Infinity : whole ** 2 / below
}

/** Difference of two means after Welch: variances need not be the same. At least two units on either side. */
export function welch(
  control: Spread,
  treatment: Spread,
  alpha: number,
): { difference: number; t: number; degrees: number; p: number; interval: Interval } {
  const parts = [control, treatment].map(({ variance, units }) => ({ variance: variance / units, degrees: units - 1 }))
  const error = Math.sqrt(parts.reduce((sum, { variance }) => sum + variance, 0))
  const degrees = degreesOf(parts)
  const difference = treatment.mean - control.mean
  const t = error === 0 ? 0 : difference / error
  const reach = tQuantile(1 - alpha / 2, degrees) * error
  return { difference, t, degrees, p: tTwoSided(t, degrees), interval: [difference - reach, difference + reach] }
}

/**
 * Mann and Whitney's test of whether one side has the larger values, from how often each value occurs; ties and continuity are
 * corrected for. `superiority`: the chance that a value of the treatment is the larger, a tie counting half.
 */
export function mannWhitney(
  control: ReadonlyMap<number, number>,
  treatment: ReadonlyMap<number, number>,
): { u: number; p: number; superiority: number } {
  const values = [...new Set([...control.keys(), ...treatment.keys()])].sort((one, other) => one - other)
  let below = 0
  let u = 0
  let treated = 0
  let ties = 0
  for (const value of values) {
    const ours = treatment.get(value) ?? 0
    const theirs = control.get(value) ?? 0
    u += ours * (below + theirs / 2)
    below += theirs
    treated += ours
    ties += (ours + theirs) ** 3 - (ours + theirs)
  }
  const all = below + treated
  const variance = ((below * treated) / 12) * (all + 1 - ties / (all * (all - 1)))
  const off = Math.max(0, Math.abs(u - (below * treated) / 2) - 0.5)
  return {
    u,
    p: variance <= 0 ? 1 : normalTwoSided(off / Math.sqrt(variance)),
    superiority: u / (below * treated),
  }
}

/** Sums over units of a numerator `s` and a denominator `c`. */
export interface PairSums {
  readonly units: number
  readonly s: number
  readonly ss: number
  readonly c: number
  readonly cc: number
  readonly sc: number
}

/**
 * A ratio of sums with the variance of one unit's part in it, by the delta method: divided by the units it is the ratio's. Without
 * any denominator there is no ratio, and nobody has one.
 */
export function ratioOf({ units, s, ss, c, cc, sc }: PairSums): Spread {
  if (c === 0) return { units: 0, mean: 0, variance: 0 }
  const ratio = s / c
  const squares = ss - 2 * ratio * sc + ratio * ratio * cc
  const denominator = c / units
  return {
    units,
    mean: ratio,
    variance: units < 2 ? 0 : beyondRounding(squares, ss) / ((units - 1) * denominator * denominator),
  }
}

/** Relative difference of two means by the delta method, with its variance. The control's mean is not 0. */
export function relativeLift(control: Spread, treatment: Spread): { lift: number; variance: number } {
  const ratio = treatment.mean / control.mean
  const variance =
    treatment.variance / treatment.units / control.mean ** 2 +
    ((control.variance / control.units) * ratio ** 2) / control.mean ** 2
  return { lift: ratio - 1, variance }
}

/** Whether something is worse by less than the margin, tested once. `margin` is 0 or more. */
export function nonInferiority(
  { difference, error, margin }: { readonly difference: number; readonly error: number; readonly margin: number },
  higherIsBetter: boolean,
): { z: number; p: number } {
  const z = ((higherIsBetter ? difference : -difference) + margin) / error
  return { z, p: normalUpper(z) }
}

/**
 * How much of a metric is explained by what units did before: slope `theta` over both sides together, and the share of the
 * variance it takes away. All are sums of squares or of products of deviations from the mean.
 */
export function slopeOf(sums: { readonly pre: number; readonly post: number; readonly both: number }): {
  readonly theta: number
  readonly reduction: number
} {
  const { pre, post, both } = sums
  if (pre <= 0 || post <= 0) return { theta: 0, reduction: 0 }
  return { theta: both / pre, reduction: Math.min(1, (both * both) / (pre * post)) }
}
