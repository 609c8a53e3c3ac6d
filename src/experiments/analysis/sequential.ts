/**
 * Tests that hold at every look: however often one looks and whenever one stops, the chance of ever being wrong stays at most
 * alpha. Asymptotic confidence sequences (Waudby-Smith and others, arXiv 2103.06476) and the mixture sequential probability ratio test.
 */

export interface Sequence {
  /** How much was seen, in units: of two variants of the same size, their number together. */
  readonly amount: number
  /** The amount at which the sequence is meant to be narrowest; fixed before the first look. */
  readonly tuning: number
  readonly alpha: number
}

/** Square of the parameter that makes a two-sided sequence narrow around `tuning` units. */
export function rhoSquaredOf({ tuning, alpha }: Pick<Sequence, 'tuning' | 'alpha'>): number {
  const twice = -2 * Math.log(alpha)
  return (twice + Math.log(twice + 1)) / tuning
}

/** Half of the width of the confidence sequence, in standard errors. */
export function sequenceReach(sequence: Sequence): number {
  const spread = sequence.amount * rhoSquaredOf(sequence)
  const tau = spread + 1
  return Math.sqrt(((2 * tau) / spread) * Math.log(Math.sqrt(tau) / sequence.alpha))
}

/** P-value that holds at every look; `alpha` only tunes it. `z`: the estimate in standard errors. */
export function sequentialP(z: number, sequence: Sequence): number {
  const spread = sequence.amount * rhoSquaredOf(sequence)
  const tau = spread + 1
  return Math.min(1, Math.sqrt(tau) * Math.exp((-spread * z * z) / (2 * tau)))
}

/** How far below its estimate, in standard errors, the one-sided bound of a confidence sequence lies. */
export function oneSidedReach(sequence: Sequence): number {
  const spread = sequence.amount * rhoSquaredOf(oneSided(sequence))
  const tau = spread + 1
  return Math.sqrt(((2 * tau) / spread) * Math.log1p(Math.sqrt(tau) / (2 * sequence.alpha)))
}

/** One-sided p-value that holds at every look, for the claim that the estimate is above 0. */
export function oneSidedSequentialP(z: number, sequence: Sequence): number {
  if (!(z > 0)) return 1
  const spread = sequence.amount * rhoSquaredOf(oneSided(sequence))
  const tau = spread + 1
  return Math.min(1, Math.sqrt(tau) / (2 * Math.expm1((spread * z * z) / (2 * tau))))
}

function oneSided({ tuning, alpha }: Sequence): Pick<Sequence, 'tuning' | 'alpha'> {
  return { tuning, alpha: Math.min(0.5, 2 * alpha) }
}

/** The mixture sequential probability ratio test of a normal estimate, with a normal mixture of variance `mixture`. */
export function mixtureRatio(
  estimate: number,
  variance: number,
  mixture: number,
): { readonly ratio: number; readonly p: number } {
  const total = variance + mixture
  const ratio = Math.sqrt(variance / total) * Math.exp((mixture * estimate * estimate) / (2 * variance * total))
  return { ratio, p: Math.min(1, 1 / ratio) }
}
