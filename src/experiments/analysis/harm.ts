import { directionOf, type ExperimentBody, type GuardrailMetric, marginTypeOf } from '../../contract/experiment-body.ts'
import type { ExperimentStatistics } from '../statistics.ts'
import { type Effect, effectOf, type Margin, type Pair, worseThanMarginP } from './effect.ts'
import { badUnits, factsOf, type MetricCells, metricCells } from './metric-cells.ts'
import { metricValue, share } from './sentences.ts'

/** Whether a version does harm while it is rolled out: a one-sided test for each guardrail metric that holds at every look. */

export interface HarmInput {
  readonly statistics: ExperimentStatistics
  readonly body: ExperimentBody
  /** Name of the variant with the new version, and of the one with the version before. */
  readonly candidate: string
  readonly baseline: string
  readonly metrics: readonly GuardrailMetric[]
  /** Chance of a false alarm over the whole rollout and all metrics. Left out: 0.01. */
  readonly alpha?: number
}

export interface HarmCheck {
  readonly metric: string
  readonly baseline: number | null
  readonly candidate: number | null
  /** For any number of looks, of being worse than the margin; null: too little was seen. */
  readonly p: number | null
  readonly harmed: boolean
}

export interface HarmFound {
  readonly harmed: boolean
  /** The metric with the smallest p-value among those that are harmed. */
  readonly metric: string | null
  readonly sentence: string
  readonly checks: readonly HarmCheck[]
}

/** Of either side at least so many units, and of a rate so many units of the bad kind in the candidate: below, a p-value says nothing. */
const leastUnits = 30
const leastEvents = 5
/** Narrowest at this amount: the first hundred units of a new version decide how many people a bad one meets. */
const tuning = 200

/** @returns `harmed` once any metric is shown to be worse than its margin; then `sentence` says which, and by how much. */
export function harmOf({ statistics, body, candidate, baseline, metrics, alpha = 0.01 }: HarmInput): HarmFound {
  const level = alpha / Math.max(1, metrics.length)
  const checks = metrics.map((metric) =>
    checkHarm(metricCells(body, statistics, metric.metric), { metric, body, candidate, baseline, level }),
  )
  const harmed = checks.filter((check) => check.harmed).sort((one, other) => (one.p ?? 1) - (other.p ?? 1))[0]
  return {
    harmed: harmed !== undefined,
    metric: harmed?.metric ?? null,
    sentence: harmed === undefined ? noHarm(checks) : harmSentence(body, harmed, candidate, baseline),
    checks,
  }
}

interface Asked {
  readonly metric: GuardrailMetric
  readonly body: ExperimentBody
  readonly candidate: string
  readonly baseline: string
  readonly level: number
}

function checkHarm(cells: MetricCells, { metric, body, candidate, baseline, level }: Asked): HarmCheck {
  const pairs = pairsOf(cells, candidate, baseline)
  const effect = effectOf(pairs, cells.facts.kind === 'rate')
  const margin = marginOf(body, metric)
  const name = metric.metric
  if (effect === null) return { metric: name, baseline: null, candidate: null, p: null, harmed: false }
  const means = { metric: name, baseline: effect.control.mean, candidate: effect.treatment.mean }
  if (!isEnoughForHarm(cells, pairs, candidate)) return { ...means, p: null, harmed: false }
  const p = harmP(effect, margin, level)
  return { ...means, p, harmed: p <= level }
}

/** P-value, for any number of looks, of being worse than the margin. */
export function harmP(effect: Effect, margin: Margin, level: number): number {
  return worseThanMarginP(effect, margin, level, tuning)
}

/** Both sides of every phase that has both. */
export function pairsOf({ phases }: MetricCells, treatment: string, control: string): readonly Pair[] {
  return phases.flatMap((cells) => {
    const [own, other] = [cells.get(control), cells.get(treatment)]
    return own === undefined || other === undefined ? [] : [{ control: own, treatment: other }]
  })
}

export function marginOf(body: ExperimentBody, metric: GuardrailMetric): Margin {
  const higherIsBetter = directionOf({ ...body, guardrail_metrics: [metric] }, metric.metric) === 'increase'
  return { size: metric.margin, type: marginTypeOf(metric), higherIsBetter }
}

function isEnoughForHarm(cells: MetricCells, pairs: readonly Pair[], candidate: string): boolean {
  const own = pairs.reduce((sum, { control }) => sum + control.spread.units, 0)
  const other = pairs.reduce((sum, { treatment }) => sum + treatment.spread.units, 0)
  return own >= leastUnits && other >= leastUnits && hasBadEvents(cells, candidate)
}

/** Of a rate: whether a variant has so much of the bad kind that a p-value says something. */
export function hasBadEvents(cells: MetricCells, variant: string): boolean {
  const moments = cells.measured.get(variant)?.moments
  if (cells.facts.kind !== 'rate' || moments === undefined) return true
  return badUnits(cells.direction, moments) >= leastEvents - 1e-9
}

function noHarm(checks: readonly HarmCheck[]): string {
  if (checks.length === 0) return 'No guardrail metric is watched, so that harm would not be noticed.'
  const seen = checks.filter(({ p }) => p !== null)
  if (seen.length === 0) return 'Too little was seen so far to tell harm from chance.'
  return seen.length === 1 && checks.length === 1
    ? `The guardrail metric \`${checks[0]?.metric}\` is not shown to be worse.`
    : `None of ${seen.length} guardrail metrics is shown to be worse.`
}

function harmSentence(body: ExperimentBody, check: HarmCheck, candidate: string, baseline: string): string {
  const { metric, p } = check
  const facts = factsOf(body, metric)
  const of = (value: number | null) => metricValue(facts, metric, value ?? 0)
  return `${facts.label} is ${of(check.candidate)} with \`${candidate}\` against ${of(check.baseline)} with \`${baseline}\`, which is worse than its margin allows; chance alone does this in fewer than ${share(Math.max(p ?? 1, 1e-4))} of rollouts.`.replace(
    /^t/,
    'T',
  )
}
