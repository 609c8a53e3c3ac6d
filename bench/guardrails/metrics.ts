/** How often somebody was right, and how. */
export interface Counts {
  truePositives: number
  falsePositives: number
  falseNegatives: number
  trueNegatives: number
}

/** What the counts come to. Null: there was nothing to divide by. */
export interface Metrics extends Readonly<Counts> {
  readonly rows: number
  readonly positives: number
  readonly precision: number | null
  readonly recall: number | null
  readonly f1: number | null
  readonly falsePositiveRate: number | null
  /** Upper end of the two-sided 95 % interval of Clopper and Pearson. */
  readonly falsePositiveRateUpper: number | null
}

/** No counts yet. */
export function noCounts(): Counts {
  return { truePositives: 0, falsePositives: 0, falseNegatives: 0, trueNegatives: 0 }
}

/** Adds one judgement. */
export function count(counts: Counts, isPositive: boolean, isReported: boolean): void {
  if (isPositive && isReported) counts.truePositives++
  else if (isPositive) counts.falseNegatives++
  else if (isReported) counts.falsePositives++
  else counts.trueNegatives++
}

/** The usual figures of the counts. */
export function metricsOf(counts: Counts): Metrics {
  const { truePositives, falsePositives, falseNegatives, trueNegatives } = counts
  const positives = truePositives + falseNegatives
  const negatives = falsePositives + trueNegatives
  return {
    ...counts,
    rows: positives + negatives,
    positives,
    precision: ratio(truePositives, truePositives + falsePositives),
    recall: ratio(truePositives, positives),
    f1: ratio(2 * truePositives, 2 * truePositives + falsePositives + falseNegatives),
    falsePositiveRate: ratio(falsePositives, negatives),
    falsePositiveRateUpper: negatives === 0 ? null : clopperPearsonUpper(falsePositives, negatives),
  }
}

function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole
}

/** Half of what the 95 % interval leaves out. */
const tail = 0.025
const steps = 60

/**
 * Upper end of the exact two-sided 95 % interval for a share: the share at which so few hits would have a chance of 2.5 %.
 * @param hits 0 to `trials`
 * @param trials 1 or more
 */
export function clopperPearsonUpper(hits: number, trials: number): number {
  if (hits >= trials) return 1
  let low = hits / trials
  let high = 1
  for (let step = 0; step < steps; step++) {
    const middle = (low + high) / 2
    if (chanceOfAtMost(hits, trials, middle) > tail) low = middle
    else high = middle
  }
  return high
}

/** Chance of at most `hits` of `trials` when each has the chance `share`, strictly between 0 and 1. */
function chanceOfAtMost(hits: number, trials: number, share: number): number {
  const odds = Math.log(share) - Math.log1p(-share)
  let logarithm = trials * Math.log1p(-share)
  let sum = Math.exp(logarithm)
  for (let hit = 1; hit <= hits; hit++) {
    logarithm += Math.log((trials - hit + 1) / hit) + odds
    sum += Math.exp(logarithm)
  }
  return Math.min(1, sum)
}
