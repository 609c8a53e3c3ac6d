/**
 * Whether one side of a rate has more of the bad kind than chance gives it: a test that needs no large numbers, and that is
 * made for every look.
 *
 * Units come to either side as the weights say, whatever becomes of them. Of the bad ones of both sides the share of a variant
 * that is no worse is therefore that of its units, `q`. If it had `r` times as many, it would be `q r / (q r + 1 - q)`. The
 * likelihood of the second over that of the first, multiplied up over the bad units, is a bet on harm that on average gains
 * nothing while there is none, so that it ever reaches 1 / alpha with a probability of at most alpha (Ville's inequality).
 *
 * That is proved for the share of the weights. Here `q` is the share that was seen, because values may be missing in one variant
 * more often than in another: then any one look gains nothing on average (drawing without replacement spreads less than with),
 * and for all looks together the simulation shows it.
 *
 * The bet is spread over several `r`, because nobody knows how bad a variant is. A unit that is bad in part, because some of its
 * exchanges were, counts as that part: by Jensen's inequality that gains no more.
 */

/** One phase of both sides. `bad`: units of the bad kind, those with several exchanges as the share of them that is. */
export interface BadPair {
  readonly control: BadUnits
  readonly treatment: BadUnits
}

export interface BadUnits {
  readonly units: number
  readonly bad: number
}

/** How many times as many of the bad kind are bet on, the same on each. Smaller harm is what the other tests are for. */
const ratios = [1.5, 2, 3, 5, 10, 30] as const

/** @returns the logarithm of the evidence that the treatment is worse; 0 or less: none. */
export function harmEvidence(pairs: readonly BadPair[]): number {
  const bets = ratios.map((ratio) => pairs.reduce((sum, pair) => sum + gainOf(pair, ratio), 0))
  // The largest is taken out, so that nothing overflows.
  const most = Math.max(...bets)
  return most + Math.log(bets.reduce((sum, bet) => sum + Math.exp(bet - most), 0) / bets.length)
}

/** P-value, for any number of looks, of the treatment being no worse. */
export function harmEvidenceP(pairs: readonly BadPair[]): number {
  return Math.min(1, Math.exp(-harmEvidence(pairs)))
}

function gainOf({ control, treatment }: BadPair, ratio: number): number {
  const units = control.units + treatment.units
  if (units === 0) return 0
  const share = treatment.units / units
  return treatment.bad * Math.log(ratio) - (control.bad + treatment.bad) * Math.log1p(share * (ratio - 1))
}
