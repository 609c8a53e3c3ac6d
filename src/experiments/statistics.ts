/**
 * What an experiment knows of its units, as sums: enough for every figure that is shown, and never more than one entry for each
 * phase, variant and metric. Plain JSON; kept up to date by the job that folds exposures and feedback in, never made by
 * reading exchanges.
 */

/**
 * Moments of one metric over the units of one variant in one phase. Of each unit that has a value: its sum `s` over its
 * exchanges, its count `c`, its mean `m = s / c`. Of a rate, `s` are the successes. `p`: its mean of the same metric
 * before the experiment began, 0 when it has none.
 */
export interface MetricMoments {
  /** Units with a value. */
  readonly units: number
  readonly s: number
  readonly ss: number
  readonly c: number
  readonly cc: number
  readonly sc: number
  readonly m: number
  readonly mm: number
  readonly p: number
  readonly pp: number
  readonly pm: number
  /** Units with a value before the experiment began, and the sum of the means of these alone. */
  readonly preUnits: number
  readonly preM: number
}

/** How often unit means fell into which bucket: see `analysis/sketch.ts`. Buckets by their number, as text. */
export type SketchCounts = Readonly<Record<string, number>>

export interface MetricStatistics {
  readonly moments: MetricMoments
  /** null: the metric is a rate, whose unit means need no quantiles. */
  readonly sketch: SketchCounts | null
}

export interface VariantStatistics {
  /** Units that were exposed, by their first exchange: what the sample ratio is about. */
  readonly units: number
  /** Exchanges of these units that count. */
  readonly exchanges: number
  /** By name; a metric nobody has measured yet is absent. */
  readonly metrics: Readonly<Record<string, MetricStatistics>>
}

export interface PhaseStatistics {
  readonly number: number
  /** Milliseconds since 1970. */
  readonly startedAt: number
  /** As they were set: not normalised. */
  readonly weights: Readonly<Record<string, number>>
  /** By name. A variant without units may be absent. */
  readonly variants: Readonly<Record<string, VariantStatistics>>
}

export interface ExperimentStatistics {
  /** In their order; at least one once the experiment has started. */
  readonly phases: readonly PhaseStatistics[]
  /** Exchanges that are kept out, wholly or of some metrics, by reason. */
  readonly excluded: Readonly<Record<string, number>>
  /** When the first and the last exchange that was folded in began; null: none was. */
  readonly firstAt: number | null
  readonly lastAt: number | null
}

/** Sum and count of one metric of one unit. */
export interface UnitSum {
  readonly sum: number
  readonly count: number
}
/** By metric: of exchanges and of feedback. */
export type UnitSums = Readonly<Record<string, UnitSum>>

export const noMoments: MetricMoments = {
  units: 0,
  s: 0,
  ss: 0,
  c: 0,
  cc: 0,
  sc: 0,
  m: 0,
  mm: 0,
  p: 0,
  pp: 0,
  pm: 0,
  preUnits: 0,
  preM: 0,
}
