import { chiSquareUpper, normalQuantile, normalTwoSided } from './distributions.ts'

/** Tests of shares, and of how units are divided. */

export type Interval = readonly [number, number]

/** A share: so many of so many. */
export interface Share {
  readonly successes: number
  readonly trials: number
}

export const shareOf = ({ successes, trials }: Share): number => (trials === 0 ? 0 : successes / trials)

/** Variance of a share under the rule that both sides have the same one. */
export function pooledVariance(control: Share, treatment: Share): number {
  const share = (control.successes + treatment.successes) / (control.trials + treatment.trials)
  return share * (1 - share) * (1 / control.trials + 1 / treatment.trials)
}

export function unpooledVariance(control: Share, treatment: Share): number {
  return varianceOf(control) + varianceOf(treatment)
}

function varianceOf(share: Share): number {
  const rate = shareOf(share)
  return (rate * (1 - rate)) / share.trials
}

/** Difference of two shares, tested with the pooled variance; both sides have trials. */
export function twoProportions(control: Share, treatment: Share): { difference: number; z: number; p: number } {
  const difference = shareOf(treatment) - shareOf(control)
  const error = Math.sqrt(pooledVariance(control, treatment))
  const z = error === 0 ? 0 : difference / error
  return { difference, z, p: normalTwoSided(z) }
}

/** Interval of a share after Wilson, which stays within 0 and 1 and holds for few trials. */
export function wilson({ successes, trials }: Share, alpha: number): Interval {
  const z = normalQuantile(1 - alpha / 2)
  const share = successes / trials
  const scale = 1 + (z * z) / trials
  const middle = (share + (z * z) / (2 * trials)) / scale
  const reach = (z * Math.sqrt((share * (1 - share)) / trials + (z * z) / (4 * trials * trials))) / scale
  return [successes <= 0 ? 0 : Math.max(0, middle - reach), successes >= trials ? 1 : Math.min(1, middle + reach)]
}

/** Interval of a difference of shares after Newcombe, from the two Wilson intervals. */
export function newcombe(control: Share, treatment: Share, alpha: number): Interval {
  const [one, other] = [shareOf(control), shareOf(treatment)]
  const [oneLow, oneHigh] = wilson(control, alpha)
  const [otherLow, otherHigh] = wilson(treatment, alpha)
  const difference = other - one
  return [
    difference - Math.hypot(other - otherLow, oneHigh - one),
    difference + Math.hypot(otherHigh - other, one - oneLow),
  ]
}

/** Below this a split is broken: with a hundred looks, a sound one gets here about once in a hundred experiments. */
export const brokenSplitBelow = 0.001

/** Whether units are divided as the weights would have it. null: fewer than two variants with a weight, or no units. */
export function sampleRatio(
  observed: readonly number[],
  weights: readonly number[],
): { readonly chiSquare: number; readonly degrees: number; readonly p: number } | null {
  const units = observed.reduce((sum, each) => sum + each, 0)
  const whole = weights.reduce((sum, each) => sum + each, 0)
  const weighted = weights.filter((weight) => weight > 0).length
  if (units === 0 || weighted < 2) return null
  let chiSquare = 0
  for (const [at, weight] of weights.entries()) {
    const expected = (units * weight) / whole
    if (expected > 0) chiSquare += ((observed[at] ?? 0) - expected) ** 2 / expected
    // Units of a variant that nobody should get prove that the weights do not hold.
    else if ((observed[at] ?? 0) > 0) chiSquare = Infinity
  }
  const degrees = weighted - 1
  return { chiSquare, degrees, p: chiSquare === Infinity ? 0 : chiSquareUpper(chiSquare, degrees) }
}
