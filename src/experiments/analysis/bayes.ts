import { betaCdf, logGamma, normalCdf, normalDensity, normalQuantile } from './distributions.ts'

/** Bayesian figures: they describe, and never decide, because looking until they are high calls chance a winner. */

export interface Chance {
  /** That the treatment has the higher mean, 0 to 1. */
  readonly chanceToWin: number
  /** What is lost on average, in units of the metric, by choosing the one although the other is higher. */
  readonly lossOfTreatment: number
  readonly lossOfControl: number
}

/** Of a difference that is known to be normal around `effect`. `error` above 0. */
export function gaussianChance(effect: number, error: number): Chance {
  const z = effect / error
  const above = normalCdf(z)
  const peak = error * normalDensity(z)
  return {
    chanceToWin: above,
    lossOfTreatment: Math.max(0, peak - effect * (1 - above)),
    lossOfControl: Math.max(0, peak + effect * above),
  }
}

/** The interval that the difference lies in with a probability of 1 - alpha. */
export function credibleInterval(effect: number, error: number, alpha: number): readonly [number, number] {
  const reach = normalQuantile(1 - alpha / 2) * error
  return [effect - reach, effect + reach]
}

export interface Shapes {
  readonly a: number
  readonly b: number
}

/** Of two rates after successes and failures were added to a beta distribution before. */
export function betaChance(control: Shapes, treatment: Shapes): Chance {
  const density = densityOf(treatment)
  const chanceToWin = integral((x) => density(x) * betaCdf(x, control.a, control.b), boundsOf(control, treatment))
  // The mean of the positive part of A - B is the integral of P(B < x) P(A > x).
  const lossOfTreatment = integral(
    (x) => betaCdf(x, treatment.a, treatment.b) * betaCdf(1 - x, control.b, control.a),
    boundsOf(control, treatment),
  )
  return { chanceToWin, lossOfTreatment, lossOfControl: lossOfTreatment + meanOf(treatment) - meanOf(control) }
}

export const meanOf = ({ a, b }: Shapes): number => a / (a + b)

function densityOf({ a, b }: Shapes): (x: number) => number {
  const scale = logGamma(a + b) - logGamma(a) - logGamma(b)
  return (x) => (x <= 0 || x >= 1 ? 0 : Math.exp(scale + (a - 1) * Math.log(x) + (b - 1) * Math.log1p(-x)))
}

/** Where either has any weight: a narrow peak would be missed by points all over 0 to 1. */
function boundsOf(...all: readonly Shapes[]): readonly [number, number] {
  const reaches = all.map((shapes) => {
    const mean = meanOf(shapes)
    const deviation = Math.sqrt((mean * (1 - mean)) / (shapes.a + shapes.b + 1))
    return [mean - 12 * deviation, mean + 12 * deviation] as const
  })
  return [
    Math.max(0, Math.min(...reaches.map(([low]) => low))),
    Math.min(1, Math.max(...reaches.map(([, high]) => high))),
  ]
}

const points = 2000

/** By Simpson's rule. */
function integral(of: (x: number) => number, [from, to]: readonly [number, number]): number {
  const step = (to - from) / points
  let sum = of(from) + of(to)
  for (let at = 1; at < points; at++) sum += of(from + at * step) * (at % 2 === 1 ? 4 : 2)
  return (sum * step) / 3
}
