import { controlOf, directionOf, type ExperimentBody } from '../../contract/experiment-body.ts'
import type { ExperimentStatistics } from '../statistics.ts'
import { joined, type MetricCells, metricCells } from './metric-cells.ts'
import { factsOf } from './metric-cells.ts'
import type { Spread } from './moments.ts'
import { reachOf } from './sample-size.ts'
import { fixedAlpha } from './stopping.ts'

/** How many units an experiment is planned for. */

/** Mean and variance of the primary metric over units, before anybody knows which variant is better. */
export interface Baseline {
  readonly mean: number
  readonly variance: number
}

/** Relative to the control, when neither it nor the number of units is given. */
const usualEffect = 0.1
const mostUnits = 1_000_000_000

/** From so many units on, and of a rate so many of either kind, or very many, mean and variance are worth planning with. */
const leastUnits = 100
const leastEvents = 5
const manyUnits = 1000

/**
 * Mean and variance over the units of all variants together: as nobody can tell the variants apart in it, fixing the number of
 * units by it makes no finding more likely. null: too little was measured, or nothing varies.
 */
export function baselineOf(statistics: ExperimentStatistics, body: ExperimentBody): Baseline | null {
  const cells = metricCells(body, statistics, body.primary_metric)
  const { units, mean, variance } = joined(
    cells.phases.flatMap((phase) => Array.from(phase.values(), (cell) => cell.spread)),
  )
  if (units < leastUnits || mean === 0 || !(variance > 0)) return null
  if (cells.facts.kind === 'rate' && units < manyUnits && eventsOf(cells) < leastEvents) return null
  return { mean, variance }
}

function eventsOf({ measured }: MetricCells): number {
  const all = [...measured.values()].map(({ moments }) => moments)
  const successes = all.reduce((sum, { m }) => sum + m, 0)
  return Math.min(successes, all.reduce((sum, { units }) => sum + units, 0) - successes)
}

/** The smallest effect that is to be found, relative to the control; null: the number of units was given instead. */
export function effectPlannedFor(body: ExperimentBody): number | null {
  return body.minimum_detectable_effect ?? (body.planned_units === undefined ? usualEffect : null)
}

/** Shares of the units, by variant, of those that get any. */
export function sharesOf({ variants }: Pick<ExperimentBody, 'variants'>): ReadonlyMap<string, number> {
  const whole = variants.reduce((sum, { weight }) => sum + weight, 0)
  return new Map(variants.filter(({ weight }) => weight > 0).map(({ name, weight }) => [name, weight / whole]))
}

/**
 * Units of all variants together that find the planned effect with the planned power, whatever the variant; Holm's price for
 * several variants is in it. `planned_units` of the body when given. null: there is no baseline, or a rate cannot change so much.
 */
export function plannedUnitsOf(body: ExperimentBody, baseline: Baseline | null): number | null {
  if (body.planned_units !== undefined) return body.planned_units
  const effect = effectPlannedFor(body)
  if (effect === null || baseline === null) return null
  const changed = changedVariance(body, baseline, effect)
  const shares = sharesOf(body)
  const own = shares.get(controlOf(body)) ?? 0
  const others = [...shares].filter(([name]) => name !== controlOf(body)).map(([, share]) => share)
  const difference = effect * Math.abs(baseline.mean)
  if (changed === null || own === 0 || others.length === 0 || difference === 0) return null
  const reach = reachOf({ alpha: fixedAlpha(body.alpha) / others.length, power: body.power })
  const units = (reach ** 2 * (baseline.variance / own + changed / Math.min(...others))) / difference ** 2
  return Math.min(mostUnits, Math.max(2 * shares.size, Math.ceil(units)))
}

/** Variance of a variant with the effect: of a rate it follows from the rate. null: it would leave 0 to 1 either way. */
function changedVariance(body: ExperimentBody, { mean, variance }: Baseline, effect: number): number | null {
  if (factsOf(body, body.primary_metric).kind !== 'rate') return variance
  const sign = directionOf(body, body.primary_metric) === 'increase' ? 1 : -1
  const rate = [mean * (1 + sign * effect), mean * (1 - sign * effect)].find((each) => each > 0 && each < 1)
  return rate === undefined ? null : (variance * rate * (1 - rate)) / (mean * (1 - mean))
}

/** Smallest difference that so many units of a pair find, relative to the control; null: nothing to tell it by. */
export function detectableEffect(
  body: ExperimentBody,
  { control, treatment }: { readonly control: Spread; readonly treatment: Spread },
  treatments: number,
): number | null {
  if (control.units === 0 || treatment.units === 0 || control.mean === 0) return null
  const error = Math.sqrt(control.variance / control.units + treatment.variance / treatment.units)
  const reach = reachOf({ alpha: fixedAlpha(body.alpha) / Math.max(1, treatments), power: body.power })
  return (reach * error) / Math.abs(control.mean)
}
