import { describe, expect, test } from 'vitest'
import { analyse } from '../../../src/experiments/analysis/analyse.ts'
import { inputOf, rate, statisticsOf } from './seen.ts'

describe('notes', () => {
  test('hold an improvement that is not possible against the control, whichever variant is named first', () => {
    const seen = statisticsOf({
      warmer: { success_rate: rate(850, 1000) },
      control: { success_rate: rate(950, 1000) },
    })
    const variants = [{ name: 'warmer' }, { name: 'control' }]
    expect(analyse(inputOf(seen, { variants })).notes.join(' ')).toContain(
      'An improvement of 10.0 % is not possible from 95.0 %',
    )
    const low = statisticsOf({
      warmer: { success_rate: rate(950, 1000) },
      control: { success_rate: rate(850, 1000) },
    })
    expect(analyse(inputOf(low, { variants })).notes.join(' ')).not.toContain('not possible')
  })
})
