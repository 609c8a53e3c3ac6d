import { describe, expect, test } from 'vitest'
import { analyse } from '../../../src/experiments/analysis/analyse.ts'
import { inputOf, success } from './seen.ts'

describe('at the planned units', () => {
  test('what is found by the one test has an interval that leaves out 0', () => {
    const of = (control: readonly [number, number], warmer: readonly [number, number]) => {
      const results = analyse(inputOf(success(control, warmer), {}, { plannedUnits: control[1] + warmer[1] }))
      return { ...results, fixed: results.metrics[0]?.comparisons['warmer']?.fixed_interval ?? [0, 0] }
    }
    // The pooled test finds these, by a hair; the interval holds 0.
    expect(of([50, 1000], [72, 1000]).state).toBe('inconclusive')
    expect(of([950, 1000], [928, 1000]).state).toBe('no_difference')
    for (let more = 15; more < 35; more++) {
      const better = of([50, 1000], [50 + more, 1000])
      expect(better.state === 'winner').toBe(better.fixed[0] > 0)
      const worse = of([950, 1000], [950 - more, 1000])
      expect(worse.state === 'harmful').toBe(worse.fixed[1] < 0)
    }
  })
})
