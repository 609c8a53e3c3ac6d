import type { AnalysisInput } from '../../../src/experiments/analysis/analyse.ts'
import { addUnit } from '../../../src/experiments/analysis/moments.ts'
import { bucketOfValue } from '../../../src/experiments/analysis/sketch.ts'
import {
  type ExperimentStatistics,
  type MetricMoments,
  type MetricStatistics,
  noMoments,
} from '../../../src/experiments/statistics.ts'
import { bodyOf, type ExperimentInput } from '../experiments.ts'

export const dayMs = 86_400_000

/** Units with one exchange each, of which so many succeed. */
export function rate(successes: number, units: number): MetricStatistics {
  const moments: MetricMoments = {
    ...noMoments,
    units,
    s: successes,
    ss: successes,
    c: units,
    cc: units,
    sc: successes,
    m: successes,
    mm: successes,
  }
  return { moments, sketch: null }
}

/** Units with one exchange each of these values, and what each had on average before. */
export function values(list: readonly number[], pre?: readonly number[]): MetricStatistics {
  let moments = noMoments
  const sketch: Record<string, number> = {}
  for (const [at, value] of list.entries()) {
    moments = addUnit(moments, { sum: value, count: 1, pre: pre?.[at] ?? null }, 1)
    sketch[bucketOfValue(value)] = (sketch[bucketOfValue(value)] ?? 0) + 1
  }
  return { moments, sketch }
}

export type Seen = Readonly<Record<string, Readonly<Record<string, MetricStatistics>>>>

/** Phases whose variants all have the same weight. */
export function statisticsOf(...phases: readonly Seen[]): ExperimentStatistics {
  return {
    phases: phases.map((seen, at) => ({
      number: at + 1,
      startedAt: at,
      weights: Object.fromEntries(Object.keys(seen).map((name) => [name, 1])),
      variants: Object.fromEntries(
        Object.entries(seen).map(([name, metrics]) => {
          const units = Object.values(metrics)[0]?.moments.units ?? 0
          return [name, { units, exchanges: units, metrics }]
        }),
      ),
    })),
    excluded: {},
    firstAt: 0,
    lastAt: 1,
  }
}

/** It runs for two days, with 4,000 planned units unless others are said. */
export function inputOf(
  statistics: ExperimentStatistics,
  input: ExperimentInput = {},
  more: Partial<AnalysisInput> = {},
): AnalysisInput {
  const body = bodyOf(input)
  return {
    slug: 'greeting',
    prompt: 'greet',
    status: 'running',
    body,
    statistics,
    plannedUnits: body.planned_units ?? 4000,
    decision: null,
    startedAt: 0,
    now: 2 * dayMs,
    ...more,
  }
}

/** Successes of how many units, in one phase. */
export const success = (control: readonly [number, number], warmer: readonly [number, number]): ExperimentStatistics =>
  statisticsOf({ control: { success_rate: rate(...control) }, warmer: { success_rate: rate(...warmer) } })
