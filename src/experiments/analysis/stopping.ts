import { alwaysValidP, type Effect, fixedInterval, fixedP } from './effect.ts'
import { holm } from './many-tests.ts'

/**
 * When to stop. Of the whole alpha a fifth is for looking as often as one likes, the rest for one test at the planned number of
 * units: their sum bounds the chance of a false finding, and hardly any power is lost against a single test at the end.
 */
export const sequentialAlpha = (alpha: number): number => 0.2 * alpha
export const fixedAlpha = (alpha: number): number => 0.8 * alpha

/**
 * For harm that is seen before there is enough of everything (`early-harm.ts`). It adds nothing to the sum: a sequence that is narrowest at
 * half of the planned units spends about half of its share until they are reached, and then everything is decided.
 */
export const harmAlpha = (alpha: number): number => 0.04 * alpha

/** A variant as it is compared with the control. */
export interface Compared {
  /** null: not measured on both sides. */
  readonly effect: Effect | null
  /** Amount at which its sequence is narrowest. */
  readonly tuning: number
}

export interface Finding {
  /** null: no difference is shown. */
  readonly side: 'higher' | 'lower' | null
  readonly by: 'sequential' | 'fixed'
  /** For one look, adjusted by Holm over the variants. */
  readonly p: number
  /** For any number of looks, adjusted by Holm over the variants. */
  readonly alwaysValidP: number
}

/** What is shown of each variant's primary metric. `isFinal`: the planned units are reached, and this is the one test. */
export function findings(compared: readonly Compared[], alpha: number, isFinal: boolean): readonly Finding[] {
  const early = sequentialAlpha(alpha)
  const always = holm(
    compared.map(({ effect, tuning }) => (effect === null ? 1 : alwaysValidP(effect, early / compared.length, tuning))),
  )
  const single = compared.map(({ effect }) => (effect === null ? 1 : fixedP(effect)))
  const once = holm(single)
  return compared.map(({ effect }, at) => {
    const alwaysP = always[at] ?? 1
    const p = once[at] ?? 1
    const isEarly = alwaysP <= early
    const isOnce =
      isFinal && p <= fixedAlpha(alpha) && leavesOutZero(effect, fixedAlpha(alpha) * priceOf(single[at], p))
    const isShown = effect !== null && (isEarly || isOnce)
    const side = isShown ? (effect.difference > 0 ? 'higher' : 'lower') : null
    return { side, by: isEarly || !isFinal ? 'sequential' : 'fixed', p, alwaysValidP: alwaysP }
  })
}

/** What is left of alpha for one variant, as Holm compares it: 1 for a single one, and for several the share that its p-value paid. */
function priceOf(single: number | undefined, adjusted: number): number {
  return single === undefined || !(adjusted > 0) ? 1 : Math.min(1, single / adjusted)
}

/**
 * The test of two shares pools them, the interval does not: where failures are few, one more of them may be enough for the one and not
 * for the other. What is called a finding has to be one in the figures that are shown with it.
 */
function leavesOutZero(effect: Effect | null, alpha: number): boolean {
  const interval = effect === null ? null : fixedInterval(effect, alpha)
  return interval !== null && (interval[0] > 0 || interval[1] < 0)
}
