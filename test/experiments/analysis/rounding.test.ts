import { describe, expect, test } from 'vitest'
import { analyse, baselineOf } from '../../../src/experiments/analysis/analyse.ts'
import { bucketOfValue } from '../../../src/experiments/analysis/sketch.ts'
import { MomentSums } from '../../../src/experiments/kept-moments.ts'
import type { MetricStatistics } from '../../../src/experiments/statistics.ts'
import type { MeasuredUnit } from '../../../src/experiments/analysis/moments.ts'
import { bodyOf } from '../experiments.ts'
import { inputOf, statisticsOf, success } from './seen.ts'

/** Units as the job that folds exposures keeps them. */
function kept(units: readonly MeasuredUnit[]): MetricStatistics {
  const sums = new MomentSums(null)
  const sketch: Record<string, number> = {}
  for (const unit of units) {
    sums.add(unit, 1)
    const bucket = bucketOfValue(unit.sum / unit.count)
    sketch[bucket] = (sketch[bucket] ?? 0) + 1
  }
  return { moments: sums.kept(), sketch }
}

const same = (value: number, units: number) =>
  kept(Array.from({ length: units }, () => ({ sum: value, count: 1, pre: null })))

const sizes = [
  [219, 222],
  [394, 131],
  [338, 131],
  [300, 300],
] as const
const manySizes = Array.from({ length: 40 }, (_, at) => [200 + 5 * at, 131 + 7 * at] as const)
const primary = 'accuracy'

describe('what only rounding sets apart', () => {
  test.each([0.1, 0.7, 1 / 3, 0.85, 123.4])('is no difference where every unit has the value %d', (value) => {
    for (const [control, warmer] of sizes) {
      const seen = statisticsOf({
        control: { [primary]: same(value, control) },
        warmer: { [primary]: same(value, warmer) },
      })
      // The sizes are no split that anybody would believe, which is not what this is about.
      const phases = seen.phases.map((phase) => ({ ...phase, weights: { control, warmer } }))
      const results = analyse(inputOf({ ...seen, phases }, { primary_metric: primary }, { plannedUnits: 4000 }))
      expect(results.state).toBe('collecting')
      const final = analyse(inputOf({ ...seen, phases }, { primary_metric: primary }, { plannedUnits: 400 }))
      expect(final.state).toBe('no_difference')
      expect(baselineOf(seen, bodyOf({ primary_metric: primary }))).toBeNull()
    }
  })

  test('is not what shares without any failure are: few units leave open how seldom it is', () => {
    const few = inputOf(success([120, 120], [120, 120]), { minimum_detectable_effect: 0.01 }, { plannedUnits: 240 })
    expect(analyse(few).state).toBe('inconclusive')
  })

  test('is no harm to a guardrail metric without a margin', () => {
    const seen = statisticsOf({
      control: { rating: same(0, 394), [primary]: same(0.1, 394) },
      warmer: { rating: same(1, 394), [primary]: same(0.1, 131) },
    })
    const guardrail_metrics = [{ metric: primary, margin: 0 }]
    expect(analyse(inputOf(seen, { primary_metric: 'rating', guardrail_metrics })).state).toBe('winner')
  })

  test('is no difference of ratios that are the same for every unit', () => {
    const priced = (units: number) =>
      kept(
        Array.from({ length: units }, (_, at) => ({
          sum: 0.0003 * (100 + (at % 37)),
          count: 100 + (at % 37),
          pre: null,
        })),
      )
    const ratios = { price: { numerator: 'cost_usd', denominator: 'output_tokens' } }
    for (const [control, warmer] of manySizes) {
      const seen = statisticsOf({ control: { price: priced(control) }, warmer: { price: priced(warmer) } })
      const phases = seen.phases.map((phase) => ({ ...phase, weights: { control, warmer } }))
      const results = analyse(inputOf({ ...seen, phases }, { primary_metric: 'price', ratios }))
      expect(results.state).toBe('collecting')
    }
  })

  test('is no difference where every unit goes on as before', () => {
    const asBefore = (units: number) =>
      kept(
        Array.from({ length: units }, (_, at) => {
          const value = 10 + (at % 29)
          return { sum: value, count: 1, pre: value }
        }),
      )
    for (const [control, warmer] of manySizes) {
      const seen = statisticsOf({ control: { [primary]: asBefore(control) }, warmer: { [primary]: asBefore(warmer) } })
      const phases = seen.phases.map((phase) => ({ ...phase, weights: { control, warmer } }))
      const results = analyse(inputOf({ ...seen, phases }, { primary_metric: primary }))
      expect(results.state).toBe('collecting')
    }
  })

  test('hides no small difference that is there', () => {
    const around = (value: number) =>
      kept(Array.from({ length: 600 }, (_, at) => ({ sum: value + 1e-6 * (at % 5), count: 1, pre: null })))
    const seen = statisticsOf({ control: { [primary]: around(0.5) }, warmer: { [primary]: around(0.500_01) } })
    expect(analyse(inputOf(seen, { primary_metric: primary })).state).toBe('winner')
  })

  test('is not believed where values are so large that they have no digits left to vary in', () => {
    const moments = (shift: number) =>
      kept(
        Array.from({ length: 300 }, (_, at) => ({
          sum: 1.7e12 + shift + 997 * ((at * 7919) % 20),
          count: 1,
          pre: null,
        })),
      )
    const seen = statisticsOf({ control: { opened_at: moments(0) }, warmer: { opened_at: moments(300) } })
    expect(analyse(inputOf(seen, { primary_metric: 'opened_at' })).state).toBe('collecting')
  })
})
