import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { defaultQuality } from '../../src/contract/experiment-body.ts'
import type { Exposure } from '../../src/experiments/exposure.ts'
import { lookAgainAt, numberOfFeedback } from '../../src/experiments/fold-feedback.ts'
import { ExperimentFold, type FoldedAfter, type FoldedBefore, noTotals } from '../../src/experiments/fold.ts'
import { countsAsFeedback, unitValues, type ValuedBody } from '../../src/experiments/unit-values.ts'

const body: ValuedBody = {
  primary_metric: 'success_rate',
  secondary_metrics: ['mood'],
  guardrail_metrics: [],
  ratios: { cost_per_success: { numerator: 'cost_usd', denominator: 'success_rate', direction: 'decrease' } },
}
const empty: FoldedBefore = { body, kind: 'rollout', units: [], before: new Map(), cells: [], totals: noTotals }

interface Given extends Pick<Exposure, 'unit' | 'phase' | 'variant' | 'at' | 'excluded'> {
  readonly latency: number
  readonly isRight: boolean
}

const given: fc.Arbitrary<Given> = fc.record({
  unit: fc.constantFrom('ada', 'bob', 'cleo', null),
  phase: fc.constantFrom(1, 2),
  variant: fc.constantFrom('control', 'warm'),
  at: fc.nat(1000),
  excluded: fc.constantFrom(null, null, null, 'fallback' as const, 'override' as const),
  latency: fc.nat(5000),
  isRight: fc.boolean(),
})
const exposures = fc.array(given, { maxLength: 40 })

function exposureOf({ latency, isRight, ...rest }: Given, index = 0): Exposure {
  const measures = { latency_ms: latency, cost_usd: latency / 1e6, success_rate: isRight ? 1 : 0 }
  return { ...rest, tenantId: 'default', experiment: 'tone', requestId: `request ${index}`, measures }
}

/** As a store keeps them: those that changed take the place of those before. */
class Kept {
  units = new Map<string, FoldedAfter['units'][number]>()
  cells = new Map<string, FoldedAfter['cells'][number]>()
  totals = noTotals

  fold(some: readonly Exposure[]): void {
    const before = { ...empty, units: this.units.values(), cells: this.cells.values(), totals: this.totals }
    const fold = new ExperimentFold(before)
    for (const exposure of some) fold.expose(exposure)
    const after = fold.result()
    for (const unit of after.units) this.units.set(`${unit.phase} ${unit.unit}`, unit)
    for (const cell of after.cells) this.cells.set(`${cell.phase} ${cell.variant} ${cell.metric}`, cell)
    this.totals = after.totals
  }
}

describe('folding', () => {
  test('comes to the same however the exposures are cut into batches', () => {
    fc.assert(
      fc.property(exposures, fc.integer({ min: 1, max: 7 }), (some, size) => {
        const all = some.map(exposureOf)
        const [whole, parts] = [new Kept(), new Kept()]
        whole.fold(all)
        for (let start = 0; start < all.length; start += size) parts.fold(all.slice(start, start + size))
        expect(parts.totals).toEqual(whole.totals)
        expect([...parts.units.keys()].sort()).toEqual([...whole.units.keys()].sort())
        for (const [key, cell] of whole.cells) {
          const other = parts.cells.get(key)
          expect(other).toMatchObject({ units: cell.units, exchanges: cell.exchanges, sketch: cell.sketch })
          const { lost: _lost, ...moments } = cell.moments ?? {}
          for (const [name, sum] of Object.entries(moments)) expect(other?.moments?.[name as 's']).toBeCloseTo(sum, 4)
        }
      }),
    )
  })

  test('never counts more exchanges than there were, and every unit once in a phase', () => {
    fc.assert(
      fc.property(exposures, (some) => {
        const kept = new Kept()
        const all = some.map(exposureOf)
        kept.fold(all)
        const counts = [...kept.cells.values()].filter(({ metric }) => metric === '')
        const sum = (name: 'units' | 'exchanges') => counts.reduce((all, cell) => all + cell[name], 0)
        expect(sum('units')).toBe(kept.units.size)
        const out = ['override', 'moved'].reduce((all, reason) => all + (kept.totals.excluded[reason] ?? 0), 0)
        expect(sum('exchanges') + out).toBe(all.length)
      }),
    )
  })

  test('counts a unit of an experiment in its first phase only, what people say of it too', () => {
    const fold = new ExperimentFold({ ...empty, kind: 'experiment' })
    const ada = { unit: 'ada', variant: 'warm', at: 5, excluded: null, latency: 200, isRight: true }
    fold.expose(exposureOf({ ...ada, phase: 1 }))
    fold.expose(exposureOf({ ...ada, phase: 2, variant: 'control' }))
    const said = { variant: 'control', unit: 'ada', name: 'rating', counted: null, value: 1 }
    expect(fold.judge({ ...said, phase: 2 })).toBe('dropped')
    const { units, totals } = fold.result()
    expect(units).toMatchObject([{ unit: 'ada', phase: 1, exchanges: 1 }])
    expect(totals.excluded).toEqual({ moved: 1 })
  })

  test('takes feedback out as it was put in', () => {
    const kept = new Kept()
    const ada = { unit: 'ada', phase: 1, variant: 'warm', at: 5, excluded: null }
    kept.fold([exposureOf({ ...ada, latency: 200, isRight: true })])
    const judged = (counted: number | null, value: number | null) => {
      const fold = new ExperimentFold({ ...empty, units: kept.units.values(), cells: kept.cells.values() })
      const fate = fold.judge({ phase: 1, variant: 'warm', unit: 'ada', name: 'rating', counted, value })
      const { cells, units } = fold.result()
      return { fate, units, rating: cells.find(({ metric }) => metric === 'rating')?.moments ?? null }
    }
    const { fate, rating, units } = judged(null, 5)
    expect({ fate, rating }).toMatchObject({ fate: 'counted', rating: { units: 1, s: 5, c: 1 } })
    kept.units.set('1 ada', units[0] as never)
    expect(judged(5, null)).toMatchObject({ fate: 'counted', units: [{ sums: { latency_ms: { count: 1 } } }] })
    const fold = new ExperimentFold(empty)
    const stranger = { phase: 1, variant: 'warm', unit: 'nobody', name: 'rating', counted: null, value: 1 }
    expect(fold.judge(stranger)).toBe('waits')
    expect(fold.judge({ ...stranger, name: 'weather' })).toBe('dropped')
    expect(fold.judge({ ...stranger, value: null })).toBe('dropped')
  })

  test('forgets a value that was put right, however large it was', () => {
    const kept = new Kept()
    const units = Array.from({ length: 50 }, (_, index) => `unit ${index}`)
    const fresh = { phase: 1, variant: 'warm', excluded: null, latency: 200, isRight: true }
    kept.fold(units.map((unit, at) => exposureOf({ ...fresh, unit, at }, at)))
    const say = (unit: string, counted: number | null, value: number) => {
      const fold = new ExperimentFold({ ...empty, units: kept.units.values(), cells: kept.cells.values() })
      fold.judge({ phase: 1, variant: 'warm', unit, name: 'mood', counted, value })
      const { cells, units: changed } = fold.result()
      for (const each of changed) kept.units.set(`${each.phase} ${each.unit}`, each)
      for (const cell of cells) kept.cells.set(`1 warm ${cell.metric}`, JSON.parse(JSON.stringify(cell)))
    }
    for (const [at, unit] of units.entries()) say(unit, null, at / 10)
    const before = kept.cells.get('1 warm mood')
    say('unit 3', 0.3, 1e15)
    say('unit 4', 0.4, -1e15)
    say('unit 5', 0.5, 0.6)
    say('unit 3', 1e15, 0.3)
    say('unit 5', 0.6, 0.5)
    say('unit 4', -1e15, 0.4)
    expect(kept.cells.get('1 warm mood')).toMatchObject({ units: 0, sketch: before?.sketch })
    for (const name of ['units', 's', 'ss', 'c', 'cc', 'sc', 'm', 'mm'] as const)
      expect(kept.cells.get('1 warm mood')?.moments?.[name]).toBeCloseTo(before?.moments?.[name] ?? Number.NaN, 9)
  })
})

describe('values of a unit', () => {
  test('quality needs components of 0.4 of the weight, and stays within 0 and 1', () => {
    const qualityOf = (sums: Parameters<typeof unitValues>[0]) => unitValues(sums, body)['quality_score']
    expect(defaultQuality['consistency']?.weight).toBe(0.2)
    expect(qualityOf({ output_valid_rate: { sum: 1, count: 1 } })).toBeUndefined()
    expect(qualityOf({ accuracy: { sum: 1.5, count: 2 } })?.sum).toBeCloseTo(0.75, 12)
    const slow = { latency_ms: { sum: 60_000, count: 1 }, output_valid_rate: { sum: 1, count: 1 } }
    expect(qualityOf(slow)?.sum).toBeCloseTo(0.5, 12)
  })

  test('a ratio is the sums of two metrics, also of a unit that paid and never succeeded', () => {
    const sums = { cost_usd: { sum: 6, count: 3 }, success_rate: { sum: 2, count: 3 } }
    expect(unitValues(sums, body)['cost_per_success']).toEqual({ sum: 6, count: 2 })
    const failed = unitValues({ ...sums, success_rate: { sum: 0, count: 3 } }, body)
    expect(failed['cost_per_success']).toEqual({ sum: 6, count: 0 })
    expect(unitValues({ cost_usd: sums.cost_usd }, body)).not.toHaveProperty('cost_per_success')
  })

  test('feedback counts when it is known or asked for, never under the name of what is measured', () => {
    const counting = ['rating', 'thumbs', 'mood', 'weather', 'latency_ms', 'cost_per_success', 'satisfaction']
    expect(counting.filter((name) => countsAsFeedback(name, body))).toEqual(['rating', 'thumbs', 'mood'])
  })
})

describe('feedback that waits', () => {
  test('is asked for less and less often, and not after seven days', () => {
    const [second, day] = [1000, 86_400_000]
    const pauseAt = (age: number) => {
      const next = lookAgainAt(0, age)
      return next === null ? null : next - age
    }
    expect([0, 5 * second, 61 * second, 11 * 60 * second, day].map(pauseAt)).toEqual(
      [1, 5, 60, 600, 3600].map((seconds) => seconds * second),
    )
    expect(pauseAt(7 * day)).toBeNull()
  })

  test('counts as a number: yes is 1, no is 0, a text is none', () => {
    expect([true, false, 2.5, 'text', 1e300, Number.NaN].map(numberOfFeedback)).toEqual([1, 0, 2.5, null, 1e15, null])
  })
})
