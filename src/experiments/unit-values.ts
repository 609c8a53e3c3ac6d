import { type ExperimentBody, type QualityComponent, defaultQuality } from '../contract/experiment-body.ts'
import { feedbackMetrics, isMeasured } from '../contract/experiment-metrics.ts'
import type { UnitSum, UnitSums } from './statistics.ts'

/** Of the whole weight of a quality score, so much must have a value: else there is no score. */
const leastQualityWeight = 0.4

/** What of an experiment says which values a unit has. */
export type ValuedBody = Pick<
  ExperimentBody,
  'ratios' | 'quality' | 'primary_metric' | 'secondary_metrics' | 'guardrail_metrics' | 'judge'
>

/**
 * The values of a unit by metric: what was measured and reported of it, and what is made of that: `satisfaction`, the ratios
 * and `quality_score`. A metric without a value is absent.
 */
export function unitValues(sums: UnitSums, body: ValuedBody): UnitSums {
  const values: Record<string, UnitSum> = {}
  for (const [metric, value] of Object.entries(sums)) {
    if (value.count > 0 && !isDerived(metric, body)) values[metric] = value
  }
  const satisfaction = satisfactionOf(values)
  if (satisfaction !== null) values['satisfaction'] = satisfaction
  for (const [name, { numerator, denominator }] of ratiosOf(body)) {
    const [over, under] = [valueOf(values, numerator), valueOf(values, denominator)]
    // Also without a success: what such a unit cost is part of the cost of the successes of others.
    if (over !== null && under !== null && under.sum >= 0) values[name] = { sum: over.sum, count: under.sum }
  }
  const score = qualityOf(values, Object.values(body.quality ?? defaultQuality))
  if (score !== null) values['quality_score'] = { sum: score, count: 1 }
  return values
}

/** Whether feedback of this name counts in an experiment: when its meaning is known, or the experiment asks for it. */
export function countsAsFeedback(name: string, body: ValuedBody): boolean {
  if (isMeasured(name) || isDerived(name, body)) return false
  return Object.hasOwn(feedbackMetrics, name) || askedFor(body).includes(name)
}

/** Names of all feedback that counts in an experiment. */
export function countedFeedback(body: ValuedBody): readonly string[] {
  const names = new Set([...Object.keys(feedbackMetrics), ...askedFor(body)])
  return [...names].filter((name) => countsAsFeedback(name, body))
}

function askedFor(body: ValuedBody): readonly string[] {
  return [
    body.primary_metric,
    ...(body.judge === undefined ? [] : [body.judge.metric]),
    ...body.secondary_metrics,
    ...body.guardrail_metrics.map(({ metric }) => metric),
    ...ratiosOf(body).flatMap(([, { numerator, denominator }]) => [numerator, denominator]),
    ...Object.values(body.quality ?? {}).map(({ metric }) => metric),
  ]
}

/** Made of others, so that no sum of its own goes on. */
function isDerived(metric: string, body: ValuedBody): boolean {
  return metric === 'satisfaction' || metric === 'quality_score' || ratiosOf(body).some(([name]) => name === metric)
}

/** Without those that would hide what is measured or has a meaning of its own. */
function ratiosOf({ ratios = {} }: ValuedBody) {
  return Object.entries(ratios).filter(([name]) => !isMeasured(name) && !Object.hasOwn(feedbackMetrics, name))
}

/** Ratings of 1 to 5 as 0 to 1, together with thumbs. */
function satisfactionOf(values: UnitSums): UnitSum | null {
  const [rating, thumbs] = [valueOf(values, 'rating'), valueOf(values, 'thumbs')]
  const count = (rating?.count ?? 0) + (thumbs?.count ?? 0)
  if (count === 0) return null
  const rated = rating === null ? 0 : (rating.sum - rating.count) / 4
  return { sum: rated + (thumbs?.sum ?? 0), count }
}

/** null: too little of it has a value. */
function qualityOf(values: UnitSums, components: readonly QualityComponent[]): number | null {
  let [whole, present, score] = [0, 0, 0]
  for (const { weight, metric, worst, best } of components) {
    whole += weight
    const value = valueOf(values, metric)
    if (value === null) continue
    const scaled = (value.sum / value.count - worst) / (best - worst)
    present += weight
    score += weight * Math.min(1, Math.max(0, scaled))
  }
  // A hair less: 0.2 + 0.2 of 1 must be enough, however it is added up.
  return present > 0 && present >= whole * (leastQualityWeight - 1e-9) ? score / present : null
}

function valueOf(values: UnitSums, metric: string): UnitSum | null {
  return Object.hasOwn(values, metric) ? (values[metric] ?? null) : null
}
