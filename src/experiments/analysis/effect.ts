import { normalQuantile, normalTwoSided, normalUpper, tQuantile, tTwoSided, tUpper } from './distributions.ts'
import { degreesOf } from './means.ts'
import type { Cell } from './metric-cells.ts'
import { roundingShare, type Spread } from './moments.ts'
import { type Interval, newcombe, type Share } from './proportions.ts'
import { oneSidedReach, oneSidedSequentialP, sequenceReach, sequentialP } from './sequential.ts'

/**
 * The difference between a variant and the control, over all phases. Each phase is compared within itself, because traffic
 * differs between phases as well, and weighs `n_c n_t / (n_c + n_t)`, which is how much it knows.
 */
export interface Effect {
  /** Mean of the variant minus that of the control. */
  readonly difference: number
  /** Standard error that the sequential tests use. */
  readonly error: number
  /** How much was seen: for variants of the same size their units together. */
  readonly amount: number
  /** Weighted means over the phases, with the variance of each mean. */
  readonly control: MeanKnown
  readonly treatment: MeanKnown
  /** What the variance of each mean is taken for at least where it is held against a margin. */
  readonly least: { readonly control: number; readonly treatment: number }
  /** Of the t distribution; infinite: the normal one. */
  readonly degrees: number
  /** Standard error of the one test at the planned number of units. */
  readonly fixedError: number
  /** Of a rate in a single phase: both shares. */
  readonly shares: { readonly control: Share; readonly treatment: Share } | null
}

export interface MeanKnown {
  readonly mean: number
  readonly variance: number
}

/** One phase of both sides. */
export interface Pair {
  readonly control: Cell
  readonly treatment: Cell
}

/**
 * null: no phase has two units on either side.
 *
 * The variance is never taken for less than it would be if both sides did the same: a side that by chance had none of the seldom
 * values (a failure, an enormous cost) would else be believed to be without them.
 */
export function effectOf(pairs: readonly Pair[], isRate: boolean): Effect | null {
  const sums = { ...noSums }
  const parts: { variance: number; degrees: number }[] = []
  let onlyShares = isRate
  let used: Pair | null = null
  let count = 0
  for (const found of pairs) {
    const pair = withoutRounding(found)
    const { control, treatment } = pair
    const [own, other] = [control.spread, treatment.spread]
    if (own.units < 2 || other.units < 2) continue
    const weight = (own.units * other.units) / (own.units + other.units)
    count += 1
    used = pair
    onlyShares &&= control.share !== null && treatment.share !== null
    sums.weight += weight
    sums.control += weight * own.mean
    sums.treatment += weight * other.mean
    addVariances(sums, parts, weight, pair)
    addLeast(sums, weight, pair, isRate)
  }
  if (used === null) return null
  const whole = sums.weight
  const variance = (sums.controlVariance + sums.treatmentVariance) / whole ** 2
  const pooled = sums.pooled / whole ** 2
  return {
    difference: (sums.treatment - sums.control) / whole,
    error: Math.sqrt(Math.max(variance, pooled)),
    amount: 4 * whole,
    control: { mean: sums.control / whole, variance: sums.controlVariance / whole ** 2 },
    treatment: { mean: sums.treatment / whole, variance: sums.treatmentVariance / whole ** 2 },
    least: { control: sums.controlLeast / whole ** 2, treatment: sums.treatmentLeast / whole ** 2 },
    degrees: onlyShares ? Infinity : degreesOf(parts),
    fixedError: Math.sqrt(onlyShares ? pooled : Math.max(variance, pooled)),
    shares: onlyShares && count === 1 ? sharesOf(used) : null,
  }
}

/** Means that only rounding sets apart are the same: without any variance the smallest difference would be a certain one. */
function withoutRounding(pair: Pair): Pair {
  const [own, other] = [pair.control.spread, pair.treatment.spread]
  const isSame = Math.abs(other.mean - own.mean) <= roundingShare * Math.max(Math.abs(own.mean), Math.abs(other.mean))
  return isSame ? { ...pair, treatment: { ...pair.treatment, spread: { ...other, mean: own.mean } } } : pair
}

const noSums = {
  weight: 0,
  control: 0,
  treatment: 0,
  controlVariance: 0,
  treatmentVariance: 0,
  pooled: 0,
  controlLeast: 0,
  treatmentLeast: 0,
}

function addVariances(
  sums: { controlVariance: number; treatmentVariance: number; pooled: number },
  parts: { variance: number; degrees: number }[],
  weight: number,
  { control, treatment }: Pair,
): void {
  const own = (weight ** 2 * varianceOf(control)) / control.spread.units
  const other = (weight ** 2 * varianceOf(treatment)) / treatment.spread.units
  sums.controlVariance += own
  sums.treatmentVariance += other
  // 1 / n_c + 1 / n_t is 1 / weight.
  sums.pooled += weight * totalVariance(control.spread, treatment.spread)
  parts.push({ variance: own, degrees: control.spread.units - 1 })
  parts.push({ variance: other, degrees: treatment.spread.units - 1 })
}

/**
 * A margin is no claim that both sides are the same, so that no failure at all has to count for something: of a rate either
 * side has two units more here, one that succeeds and one that does not (Agresti and Caffo).
 */
function addLeast(
  sums: { controlLeast: number; treatmentLeast: number },
  weight: number,
  { control: { spread: own }, treatment: { spread: other } }: Pair,
  isRate: boolean,
): void {
  const total = totalVariance(own, other)
  const least = (spread: Spread) =>
    weight ** 2 * Math.max(total / spread.units, isRate ? varianceWithBoth(spread) / (spread.units + 2) : 0)
  sums.controlLeast += least(own)
  sums.treatmentLeast += least(other)
}

function varianceWithBoth({ units, mean, variance }: Spread): number {
  const sum = units * mean + 1
  const squares = (units - 1) * variance + units * mean ** 2 + 1
  return squares / (units + 2) - (sum / (units + 2)) ** 2
}

/** The plain variance of a share, as tables have it: over n. */
function varianceOf({ spread, share }: Cell): number {
  return share === null ? spread.variance : (spread.variance * (spread.units - 1)) / spread.units
}

/**
 * Variance of all units around one mean: what it is if both sides do the same. Where they do not, at least so much as rounding may
 * hide: of values like 1,700,000,000,000 that differ in their last digits, sums of squares do not know the variance.
 */
function totalVariance(control: Spread, treatment: Spread): number {
  const units = control.units + treatment.units
  const mean = (control.units * control.mean + treatment.units * treatment.mean) / units
  const squares = [control, treatment].reduce(
    (sum, side) => sum + (side.units - 1) * side.variance + side.units * (side.mean - mean) ** 2,
    0,
  )
  const hidden = control.mean === treatment.mean ? 0 : roundingShare * mean ** 2
  return Math.max(squares / units, hidden)
}

function sharesOf({ control, treatment }: Pair): Effect['shares'] {
  return control.share === null || treatment.share === null
    ? null
    : { control: control.share, treatment: treatment.share }
}

/** Two-sided p-value for one look. Without any variance nothing can be said: 1. */
export function fixedP({ difference, fixedError, degrees }: Effect): number {
  if (!(fixedError > 0)) return 1
  const t = difference / fixedError
  return degrees === Infinity ? normalTwoSided(t) : tTwoSided(t, degrees)
}

/** Two-sided p-value for any number of looks. */
export function alwaysValidP(effect: Effect, alpha: number, tuning: number): number {
  const { difference, error, amount } = effect
  return error > 0 ? sequentialP(difference / error, { amount, tuning, alpha }) : 1
}

/** Interval of the difference for one look; null: there is no variance to tell it by. */
export function fixedInterval(effect: Effect, alpha: number): Interval | null {
  const { shares, degrees, difference } = effect
  if (shares !== null) return newcombe(shares.control, shares.treatment, alpha)
  if (!(effect.error > 0)) return null
  const reach = quantile(1 - alpha / 2, degrees) * effect.error
  return [difference - reach, difference + reach]
}

/** Interval of the difference for any number of looks. */
export function alwaysValidInterval(effect: Effect, alpha: number, tuning: number): Interval | null {
  const { error, amount, difference } = effect
  if (!(error > 0)) return null
  const reach = sequenceReach({ amount, tuning, alpha }) * error
  return [difference - reach, difference + reach]
}

/** How much the variant's mean differs relative to the control's, with the standard error of that; null: the control's is 0. */
export function relativeOf({ control, treatment }: Effect): { lift: number; error: number } | null {
  if (control.mean === 0) return null
  const ratio = treatment.mean / control.mean
  const variance = (treatment.variance + ratio ** 2 * control.variance) / control.mean ** 2
  return { lift: (treatment.mean - control.mean) / Math.abs(control.mean), error: Math.sqrt(variance) }
}

/** What a variant may be worse by: so much, or so large a share of the control's mean. */
export interface Margin {
  readonly size: number
  readonly type: 'relative' | 'absolute'
  readonly higherIsBetter: boolean
}

/** How much better than the margin asks for (below 0: worse) the variant is, with the standard error of that. */
export function overMargin(effect: Effect, margin: Margin): { over: number; error: number } {
  const sign = margin.higherIsBetter ? 1 : -1
  const { control, treatment, difference, least } = effect
  const atLeast = (factor: number) => Math.sqrt(least.treatment + factor ** 2 * least.control)
  if (margin.type === 'absolute') {
    return { over: sign * difference + margin.size, error: Math.max(effect.error, atLeast(1)) }
  }
  const allowed = margin.size * Math.abs(control.mean)
  // The allowance is itself an estimate, so that its error counts too.
  const factor = 1 - sign * Math.sign(control.mean) * margin.size
  const error = Math.sqrt(treatment.variance + factor ** 2 * control.variance)
  return { over: sign * difference + allowed, error: Math.max(error, atLeast(factor)) }
}

/** Whether the variant is shown to be no worse than the margin: at any look, or at one. */
export function isNonInferior(
  effect: Effect,
  margin: Margin,
  test: { readonly alpha: number } & ({ readonly tuning: number } | { readonly once: true }),
): boolean {
  const { over, error } = overMargin(effect, margin)
  // Every unit of both sides has the same value.
  if (!(error > 0)) return over >= 0
  const z = over / error
  if ('tuning' in test) return oneSidedSequentialP(z, { ...test, amount: effect.amount }) <= test.alpha
  return (effect.degrees === Infinity ? normalUpper(z) : tUpper(z, effect.degrees)) <= test.alpha
}

/** P-value, for any number of looks, of the variant being worse than the margin. */
export function worseThanMarginP(effect: Effect, margin: Margin, alpha: number, tuning: number): number {
  const { over, error } = overMargin(effect, margin)
  if (!(error > 0)) return 1
  return oneSidedSequentialP(-over / error, { amount: effect.amount, tuning, alpha })
}

/** The least that the variant is better by, for any number of looks, one-sided. */
export function alwaysValidLeast(effect: Effect, higherIsBetter: boolean, alpha: number, tuning: number): number {
  const good = higherIsBetter ? effect.difference : -effect.difference
  return good - oneSidedReach({ amount: effect.amount, tuning, alpha }) * effect.error
}

function quantile(share: number, degrees: number): number {
  return degrees === Infinity ? normalQuantile(share) : tQuantile(share, degrees)
}
