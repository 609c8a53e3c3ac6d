import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { normalCdf, normalQuantile, tQuantile, tUpper } from '../../../src/experiments/analysis/distributions.ts'
import { benjaminiHochberg, holm } from '../../../src/experiments/analysis/many-tests.ts'
import { addUnit, mergeMoments } from '../../../src/experiments/analysis/moments.ts'
import { newcombe, wilson } from '../../../src/experiments/analysis/proportions.ts'
import {
  oneSidedReach,
  oneSidedSequentialP,
  sequenceReach,
  sequentialP,
} from '../../../src/experiments/analysis/sequential.ts'
import {
  bucketOfValue,
  quantileInterval,
  quantileOf,
  tableOf,
  valueOfBucket,
} from '../../../src/experiments/analysis/sketch.ts'
import { noMoments } from '../../../src/experiments/statistics.ts'

const unit = fc.record({
  sum: fc.integer({ min: -1000, max: 1000 }),
  count: fc.constantFrom(1, 2, 4, 8),
  pre: fc.option(fc.integer({ min: -100, max: 100 })),
})
const sequence = fc.record({
  amount: fc.double({ min: 10, max: 1e6, noNaN: true }),
  tuning: fc.double({ min: 10, max: 1e6, noNaN: true }),
  alpha: fc.double({ min: 1e-6, max: 0.2, noNaN: true }),
})

describe('moments', () => {
  test('a unit that is taken out again was never there', () => {
    fc.assert(
      fc.property(fc.array(unit), unit, (units, extra) => {
        const before = units.reduce((moments, each) => addUnit(moments, each, 1), noMoments)
        expect(addUnit(addUnit(before, extra, 1), extra, -1)).toEqual(before)
      }),
    )
  })

  test('units can be added in parts', () => {
    fc.assert(
      fc.property(fc.array(unit), fc.array(unit), (one, other) => {
        const of = (units: typeof one) => units.reduce((moments, each) => addUnit(moments, each, 1), noMoments)
        expect(mergeMoments(of(one), of(other))).toEqual(of([...one, ...other]))
      }),
    )
  })

  test('what a unit cost counts in a ratio though it had no success', () => {
    expect(addUnit(noMoments, { sum: 3, count: 0, pre: null }, 1)).toMatchObject({ units: 1, s: 3, c: 0, m: 0 })
  })
})

describe('tests that hold at every look', () => {
  test('a p-value is below alpha exactly when the interval leaves out 0', () => {
    fc.assert(
      fc.property(sequence, fc.double({ min: 0.01, max: 12, noNaN: true }), (asked, z) => {
        expect(sequentialP(z, asked) < asked.alpha).toBe(z > sequenceReach(asked))
        expect(oneSidedSequentialP(z, asked) < asked.alpha).toBe(z > oneSidedReach(asked))
      }),
    )
  })

  test('they ask for more than a test that is for one look', () => {
    fc.assert(
      fc.property(sequence, (asked) => {
        expect(sequenceReach(asked)).toBeGreaterThan(normalQuantile(1 - asked.alpha / 2))
        expect(oneSidedReach(asked)).toBeGreaterThan(normalQuantile(1 - asked.alpha))
      }),
    )
  })
})

describe('distributions', () => {
  test('a quantile is where its share lies', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-12, max: 1 - 1e-9, noNaN: true }), (share) => {
        expect(normalCdf(normalQuantile(share))).toBeCloseTo(share, 12)
      }),
    )
    fc.assert(
      fc.property(
        fc.double({ min: 1e-6, max: 1 - 1e-6, noNaN: true }),
        fc.double({ min: 1, max: 20_000, noNaN: true }),
        (share, degrees) => {
          expect(1 - tUpper(tQuantile(share, degrees), degrees)).toBeCloseTo(share, 8)
        },
      ),
    )
  })
})

describe('several tests at once', () => {
  test('adjusted values are never smaller, and Benjamini and Hochberg ask for less than Holm', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 }), (values) => {
        const [strict, lenient] = [holm(values), benjaminiHochberg(values)]
        for (const [at, value] of values.entries()) {
          expect(lenient[at]).toBeGreaterThanOrEqual(value)
          expect(strict[at]).toBeGreaterThanOrEqual((lenient[at] ?? 0) - 1e-12)
        }
      }),
    )
  })
})

describe('intervals', () => {
  const share = fc
    .integer({ min: 1, max: 5000 })
    .chain((trials) => fc.record({ trials: fc.constant(trials), successes: fc.integer({ min: 0, max: trials }) }))

  test('those of shares hold the share and stay where shares can be', () => {
    fc.assert(
      fc.property(share, share, (control, treatment) => {
        const [low, high] = wilson(control, 0.05)
        const rate = control.successes / control.trials
        expect(low).toBeGreaterThanOrEqual(0)
        expect(high).toBeLessThanOrEqual(1)
        expect(low).toBeLessThanOrEqual(rate)
        expect(high).toBeGreaterThanOrEqual(rate)
        const [least, most] = newcombe(control, treatment, 0.05)
        expect(least).toBeGreaterThanOrEqual(-1 - 1e-12)
        expect(most).toBeLessThanOrEqual(1 + 1e-12)
      }),
    )
  })
})

describe('sketches', () => {
  test('a value is known to within one per cent', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e12, noNaN: true }), (value) => {
        expect(Math.abs(valueOfBucket(bucketOfValue(value)) / value - 1)).toBeLessThan(0.0101)
      }),
    )
  })

  test('so is a quantile', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 1 }), (list) => {
        const sketch: Record<string, number> = {}
        for (const value of list) sketch[bucketOfValue(value)] = (sketch[bucketOfValue(value)] ?? 0) + 1
        const { values, counts } = tableOf([sketch])
        const middle = [...list].sort((one, other) => one - other)[Math.ceil(list.length / 2) - 1] ?? 0
        expect(Math.abs((quantileOf(values, counts[0] ?? [], 0.5) ?? 0) / middle - 1)).toBeLessThan(0.0101)
      }),
    )
  })

  test('the interval of a quantile holds the quantile, and narrows with more values', () => {
    const widthOf = (units: number): number => {
      const list = Array.from({ length: units }, (_, at) => 1 + ((at * 7919) % 1000))
      const sketch: Record<string, number> = {}
      for (const value of list) sketch[bucketOfValue(value)] = (sketch[bucketOfValue(value)] ?? 0) + 1
      const { values, counts } = tableOf([sketch])
      const own = counts[0] ?? []
      const [low, high] = quantileInterval(values, own, { share: 0.5, z: 2 }) ?? [Number.NaN, Number.NaN]
      const middle = quantileOf(values, own, 0.5) ?? Number.NaN
      expect(low).toBeLessThanOrEqual(middle)
      expect(high).toBeGreaterThanOrEqual(middle)
      return high - low
    }
    expect(widthOf(10_000)).toBeLessThan(widthOf(100))
    expect(quantileInterval([], [], { share: 0.5, z: 2 })).toBeNull()
  })
})
