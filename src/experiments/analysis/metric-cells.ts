import { type ExperimentBody, directionOf } from '../../contract/experiment-body.ts'
import { type Direction, type MetricFacts, metricFacts } from '../../contract/experiment-metrics.ts'
import { type ExperimentStatistics, type MetricMoments, type MetricStatistics, noMoments } from '../statistics.ts'
import { adjusted, type Cut } from './adjusted.ts'
import { measuredSpread } from './measured.ts'
import { mergeMoments, type Spread, spreadOf } from './moments.ts'
import type { Share } from './proportions.ts'
import {
  addedCounts,
  cappedSpread,
  excessIsExact,
  excessOver,
  mostSquares,
  quantileOf,
  type SketchTable,
  tableOf,
} from './sketch.ts'

/** One metric as it is compared: mean and variance of its units, by phase and variant. */

export interface Cell {
  /** What is compared: of a heavy tail winsorised, adjusted by what units did before where that is worth it. */
  readonly spread: Spread
  /** Of a rate whose units all had one exchange: successes of units. */
  readonly share: Share | null
  /** As measured. */
  readonly moments: MetricMoments
}

export interface MetricCells {
  readonly name: string
  readonly facts: MetricFacts
  readonly direction: Direction
  /** In the order of the phases: by variant. A variant without units is absent. */
  readonly phases: readonly ReadonlyMap<string, Cell>[]
  /** All phases together, as measured: by variant. */
  readonly measured: ReadonlyMap<string, MeasuredVariant>
  /** Share of the variance that what units did before takes away; null: not used. */
  readonly reduction: number | null
  /** Units that did something before, of all. */
  readonly preUnits: number
}

export interface MeasuredVariant {
  readonly moments: MetricMoments
  /** As measured, and winsorised (the same unless the tail is heavy). */
  readonly spread: Spread
  readonly winsorised: Spread | null
  readonly median: number | null
  readonly p95: number | null
}

/** Facts of a metric of an experiment; a ratio is the experiment's own. */
export function factsOf(body: Pick<ExperimentBody, 'ratios'>, metric: string): MetricFacts {
  const isRatio = body.ratios !== undefined && Object.hasOwn(body.ratios, metric)
  return isRatio
    ? { kind: 'ratio', direction: 'decrease', bounded: false, heavyTailed: false, label: `\`${metric}\`` }
    : metricFacts(metric)
}

/** A place of the table: one variant in one phase. */
interface Place {
  readonly phase: number
  readonly variant: string
  readonly found: MetricStatistics
}

/** Of the units of all variants together, the highest 0.1 % are cut to the value at that place. */
const cutAt = 0.999

export function metricCells(body: ExperimentBody, statistics: ExperimentStatistics, name: string): MetricCells {
  const facts = factsOf(body, name)
  const places = placesOf(statistics, body, name)
  const table = facts.kind === 'rate' ? null : tableOf(places.map(({ found }) => found.sketch))
  const cut = facts.heavyTailed && table !== null ? winsorise(places, table) : null
  const parts = places.map(({ phase, found }) => ({ phase, moments: found.moments }))
  const { spreads, reduction } = adjusted(facts.kind, parts, cut)
  const phases = statistics.phases.map(() => new Map<string, Cell>())
  for (const [at, { phase, variant, found }] of places.entries()) {
    const spread = spreads[at]
    if (spread === undefined || spread.units === 0) continue
    const share = facts.kind === 'rate' && reduction === null ? shareIn(found.moments) : null
    phases[phase]?.set(variant, { spread, share, moments: found.moments })
  }
  const preUnits = places.reduce((sum, { found }) => sum + found.moments.preUnits, 0)
  const measured = measuredBy(facts, places, table, cut?.spreads ?? null)
  return { name, facts, direction: directionOf(body, name), phases, measured, reduction, preUnits }
}

function placesOf({ phases }: ExperimentStatistics, { variants }: ExperimentBody, name: string): readonly Place[] {
  return phases.flatMap((phase, at) =>
    variants.flatMap(({ name: variant }) => {
      const metrics = phase.variants[variant]?.metrics
      const found = metrics !== undefined && Object.hasOwn(metrics, name) ? metrics[name] : undefined
      return found === undefined || found.moments.units <= 0 ? [] : [{ phase: at, variant, found }]
    }),
  )
}

/** Of a rate with one exchange for each unit the successes are whole units, so that tests of shares apply. */
export function shareIn({ units, s, c }: MetricMoments): Share | null {
  return c === units ? { successes: s, trials: units } : null
}

/**
 * Of a rate: how many units are of the kind that is not wanted. One with several exchanges counts as the share of them that is, so
 * that one unit is never more than one.
 */
export function badUnits(direction: Direction, { units, m }: MetricMoments): number {
  return Math.min(units, Math.max(0, direction === 'increase' ? units - m : m))
}

/**
 * Units with a value. Of a ratio only as many as carry it: a thousand units of which three have a denominator know no more of
 * it than three do.
 */
export function unitsKnown(kind: MetricFacts['kind'], { units, c, cc }: MetricMoments): number {
  return kind !== 'ratio' ? units : cc > 0 ? Math.min(units, (c * c) / cc) : 0
}

/** Every place with its highest values cut, at one value for all; null: nothing is cut. */
function winsorise(places: readonly Place[], table: SketchTable): Cut | null {
  const pooled = addedCounts(table.counts)
  const cap = quantileOf(table.values, pooled, cutAt)
  if (cap === null) return null
  const excess = excessOver(table.values, pooled, cap)
  if (excess.units === 0) return null
  const capped = cappedSpread(table.values, pooled, cap)
  // Nothing would be left to compare: what hardly any unit has, such as a complaint, is what the metric is about.
  if (capped.variance === 0) return null
  const isExact = excessIsExact(excess, capped)
  if (!isExact) return { spreads: table.counts.map((counts) => cappedSpread(table.values, counts, cap)), excess: null }
  const over = table.counts.map((counts) => excessOver(table.values, counts, cap))
  return {
    spreads: places.map(({ found: { moments } }, at) => {
      const { sum, squares } = over[at] ?? { sum: 0, squares: 0 }
      return spreadOf(moments.units, moments.m - sum, moments.mm - squares)
    }),
    excess: over.map((each) => mostSquares(each, cap)),
  }
}

function measuredBy(
  { kind, heavyTailed }: MetricFacts,
  places: readonly Place[],
  table: SketchTable | null,
  cut: readonly Spread[] | null,
): ReadonlyMap<string, MeasuredVariant> {
  const names = [...new Set(places.map(({ variant }) => variant))]
  return new Map(
    names.map((name) => {
      const own = [...places.entries()].filter(([, { variant }]) => variant === name)
      const moments = own.map(([, { found }]) => found.moments).reduce(mergeMoments, noMoments)
      const counts = table === null ? null : addedCounts(own.map(([at]) => table.counts[at] ?? []))
      const quantile = (share: number) => (counts === null ? null : quantileOf(table?.values ?? [], counts, share))
      const spread = measuredSpread(kind, moments)
      const winsorised = !heavyTailed ? null : cut === null ? spread : joined(own.map(([at]) => cut[at]))
      return [name, { moments, spread, winsorised, median: quantile(0.5), p95: quantile(0.95) }]
    }),
  )
}

/** The units of several places together. */
export function joined(parts: readonly (Spread | undefined)[]): Spread {
  let [units, sum, squares] = [0, 0, 0]
  for (const part of parts) {
    if (part === undefined) continue
    units += part.units
    sum += part.units * part.mean
    squares += Math.max(0, part.units - 1) * part.variance + part.units * part.mean ** 2
  }
  return spreadOf(units, sum, squares)
}
