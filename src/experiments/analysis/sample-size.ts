import { normalQuantile, normalUpper, tQuantile } from './distributions.ts'

/** How many units a test needs, and what a number of units can find. */

export interface Strength {
  /** Of the two-sided test. */
  readonly alpha: number
  readonly power: number
}

/** Standard errors that an effect must be away from 0. */
export function reachOf({ alpha, power }: Strength): number {
  return normalQuantile(1 - alpha / 2) + normalQuantile(power)
}

/**
 * Units of the control for two shares; not rounded. `ratio`: units of the treatment for each of the control. `pooled`: with the
 * test's own pooled variance, as most tables have it.
 */
export function unitsForShares(
  { control, treatment, ratio = 1 }: { readonly control: number; readonly treatment: number; readonly ratio?: number },
  { alpha, power }: Strength,
): { readonly unpooled: number; readonly pooled: number } {
  const difference = (treatment - control) ** 2
  const own = control * (1 - control) + (treatment * (1 - treatment)) / ratio
  const middle = (control + ratio * treatment) / (1 + ratio)
  const same = middle * (1 - middle) * (1 + 1 / ratio)
  const pooled = normalQuantile(1 - alpha / 2) * Math.sqrt(same) + normalQuantile(power) * Math.sqrt(own)
  return { unpooled: (reachOf({ alpha, power }) ** 2 * own) / difference, pooled: pooled ** 2 / difference }
}

/** Units of each side for a difference of two means; not rounded. `exact` says what the t distribution asks for. */
export function unitsForMeans(
  { deviation, difference }: { readonly deviation: number; readonly difference: number },
  strength: Strength,
): { readonly normal: number; readonly exact: number } {
  const scale = 2 * (deviation / difference) ** 2
  const normal = scale * reachOf(strength) ** 2
  return { normal, exact: exactUnits(difference / deviation, normal, strength) }
}

/** By bisection: power rises with the number of units. */
function exactUnits(effect: number, normal: number, { alpha, power }: Strength): number {
  let low = Math.max(2, normal * 0.9)
  let high = normal + 20
  for (let step = 0; step < 60; step++) {
    const units = (low + high) / 2
    const degrees = 2 * units - 2
    const critical = tQuantile(1 - alpha / 2, degrees)
    if (noncentralUpper(critical, degrees, effect * Math.sqrt(units / 2)) < power) low = units
    else high = units
  }
  return (low + high) / 2
}

/** Share of the noncentral t distribution above t: the normal tail averaged over the distribution of the sample's deviation. */
function noncentralUpper(t: number, degrees: number, away: number): number {
  const width = 10 / Math.sqrt(2 * degrees)
  const [from, to] = [Math.max(1e-6, 1 - width), 1 + width]
  const steps = 400
  let above = 0
  let whole = 0
  for (let at = 0; at <= steps; at++) {
    const deviation = from + ((to - from) * at) / steps
    const weight = (at === 0 || at === steps ? 1 : at % 2 === 1 ? 4 : 2) * densityOfDeviation(deviation, degrees)
    whole += weight
    above += weight * normalUpper(t * deviation - away)
  }
  return above / whole
}

/** Density of the deviation of a sample whose true one is 1, up to a factor. */
function densityOfDeviation(deviation: number, degrees: number): number {
  return Math.exp((degrees - 1) * Math.log(deviation) - (degrees * (deviation * deviation - 1)) / 2)
}
