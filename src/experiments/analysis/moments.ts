import type { MetricMoments, UnitSum } from '../statistics.ts'

/** What one unit did: its sum and count over its exchanges, and its mean of the same metric before the experiment began. */
export interface MeasuredUnit extends UnitSum {
  /** null: it did nothing before. */
  readonly pre: number | null
}

/**
 * The moments with one unit more (`1`), or without it (`-1`): a unit that does something more is taken out as it was and put in
 * as it is. One with a count of 0 has no mean, but its sum counts: of a ratio, the cost of units that had no success is what matters.
 */
export function addUnit(moments: MetricMoments, { sum, count, pre }: MeasuredUnit, sign: 1 | -1): MetricMoments {
  if (count === 0 && sum === 0) return moments
  const mean = count === 0 ? 0 : sum / count
  const before = pre ?? 0
  return {
    units: moments.units + sign,
    s: moments.s + sign * sum,
    ss: moments.ss + sign * sum * sum,
    c: moments.c + sign * count,
    cc: moments.cc + sign * count * count,
    sc: moments.sc + sign * sum * count,
    m: moments.m + sign * mean,
    mm: moments.mm + sign * mean * mean,
    p: moments.p + sign * before,
    pp: moments.pp + sign * before * before,
    pm: moments.pm + sign * before * mean,
    preUnits: moments.preUnits + (pre === null ? 0 : sign),
    preM: moments.preM + (pre === null ? 0 : sign * mean),
  }
}

/** The moments of the units of both. */
export function mergeMoments(one: MetricMoments, other: MetricMoments): MetricMoments {
  return {
    units: one.units + other.units,
    s: one.s + other.s,
    ss: one.ss + other.ss,
    c: one.c + other.c,
    cc: one.cc + other.cc,
    sc: one.sc + other.sc,
    m: one.m + other.m,
    mm: one.mm + other.mm,
    p: one.p + other.p,
    pp: one.pp + other.pp,
    pm: one.pm + other.pm,
    preUnits: one.preUnits + other.preUnits,
    preM: one.preM + other.preM,
  }
}

/** Mean and variance of unit values from their number, sum and sum of squares. */
export interface Spread {
  readonly units: number
  readonly mean: number
  /** Of the sample, over n - 1; 0 for fewer than two units. */
  readonly variance: number
}

/** So large a share of a sum of squares, or of a square, may be rounding and nothing else. */
export const roundingShare = 16 * Number.EPSILON

/**
 * What is left of a sum of squares when the squares of the mean are taken from it. Of units that all have the same value only rounding is
 * left, above 0 or below, and no test may take that for knowledge: it is 0.
 */
export function beyondRounding(left: number, squares: number): number {
  return left > roundingShare * squares ? left : 0
}

export function spreadOf(units: number, sum: number, squares: number): Spread {
  if (units <= 0) return { units: 0, mean: 0, variance: 0 }
  const mean = sum / units
  return { units, mean, variance: units < 2 ? 0 : beyondRounding(squares - sum * mean, squares) / (units - 1) }
}
