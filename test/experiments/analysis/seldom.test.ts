import { describe, expect, test } from 'vitest'
import { analyse } from '../../../src/experiments/analysis/analyse.ts'
import { bucketOfValue } from '../../../src/experiments/analysis/sketch.ts'
import type { MetricStatistics } from '../../../src/experiments/statistics.ts'
import { inputOf, rate, statisticsOf } from './seen.ts'

/** Units of which so many were given a yes, and the others a no. */
function yes(count: number, units: number): MetricStatistics {
  return { ...rate(count, units), sketch: { [bucketOfValue(1)]: count, [bucketOfValue(0)]: units - count } }
}

describe('what hardly any unit has', () => {
  const complaints = { primary_metric: 'complained', direction: 'decrease' } as const
  const of = (control: number, warmer: number, plannedUnits: number) =>
    analyse(
      inputOf(
        statisticsOf({ control: { complained: yes(control, 100_000) }, warmer: { complained: yes(warmer, 100_000) } }),
        complaints,
        { plannedUnits },
      ),
    )

  test('is not cut away as if it were an enormous value', () => {
    expect(of(20, 150, 400_000).state).toBe('harmful')
    expect(of(150, 20, 400_000).state).toBe('winner')
    expect(of(20, 25, 400_000).state).toBe('collecting')
  })

  test('is not called no difference because of that', () => {
    expect(of(80, 95, 200_000).state).toBe('inconclusive')
  })
})
