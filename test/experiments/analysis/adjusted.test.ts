import { describe, expect, test } from 'vitest'
import { Chance } from '../../../bench/statistics/random.ts'
import { analyse } from '../../../src/experiments/analysis/analyse.ts'
import { addUnit } from '../../../src/experiments/analysis/moments.ts'
import { type MetricStatistics, noMoments } from '../../../src/experiments/statistics.ts'
import { inputOf, statisticsOf } from './seen.ts'

interface Drawn {
  readonly units: number
  /** Share of them that did something before. */
  readonly known: number
  readonly effect?: number
  /** How much higher those are who are new. */
  readonly novelty?: number
}

/** Scores around 50 of units that differ much more from each other than from themselves. */
function scores(chance: Chance, { units, known, effect = 0, novelty = 0 }: Drawn): MetricStatistics {
  let moments = noMoments
  for (let at = 0; at < units; at++) {
    const own = 50 + 10 * chance.normal()
    const isKnown = chance.next() < known
    const sum = own + 2 * chance.normal() + effect + (isKnown ? 0 : novelty)
    moments = addUnit(moments, { sum, count: 1, pre: isKnown ? own + 2 * chance.normal() : null }, 1)
  }
  return { moments, sketch: null }
}

const compared = (control: MetricStatistics, warmer: MetricStatistics) =>
  analyse(
    inputOf(statisticsOf({ control: { rating: control }, warmer: { rating: warmer } }), { primary_metric: 'rating' }),
  ).metrics[0]?.comparisons['warmer']

const widthOf = (interval: readonly [number, number] | null | undefined) =>
  interval === null || interval === undefined ? Number.NaN : interval[1] - interval[0]

describe('what units did before', () => {
  test('sharpens the comparison though half of the units are new', () => {
    const chance = new Chance(5)
    const of = (effect: number, known: number) => scores(chance, { units: 2000, known, effect })
    const half = compared(of(0, 0.5), of(1, 0.5))
    // Of those that are known, nine tenths of the variance; they are half of all.
    expect(half?.variance_reduction).toBeGreaterThan(0.4)
    expect(half?.variance_reduction).toBeLessThan(0.55)
    expect(half?.effect).toBeCloseTo(1, 0)
    expect(widthOf(half?.interval)).toBeLessThan(0.8 * widthOf(compared(of(0, 0), of(1, 0))?.interval))
  })

  test('is no reason to take a variant that chance gave more known units for another', () => {
    const chance = new Chance(6)
    const of = (known: number) => scores(chance, { units: 4000, known })
    expect(Math.abs(compared(of(0.45), of(0.55))?.effect ?? 9)).toBeLessThan(1)
  })

  test('is compared within each phase', () => {
    const chance = new Chance(7)
    const of = (units: number, higher: number): MetricStatistics => {
      let moments = noMoments
      for (let at = 0; at < units; at++) {
        const pre = higher + 10 * chance.normal()
        moments = addUnit(moments, { sum: pre + 2 * chance.normal(), count: 1, pre }, 1)
      }
      return { moments, sketch: null }
    }
    // In the second phase everything is higher, also before, and the variant gets most of the units.
    const statistics = statisticsOf(
      { control: { rating: of(1800, 50) }, warmer: { rating: of(200, 50) } },
      { control: { rating: of(200, 90) }, warmer: { rating: of(1800, 90) } },
    )
    const comparison = analyse(inputOf(statistics, { primary_metric: 'rating' })).metrics[0]?.comparisons['warmer']
    expect(comparison?.variance_reduction).toBeGreaterThan(0.9)
    expect(Math.abs(comparison?.effect ?? 9)).toBeLessThan(0.5)
  })

  test('finds nothing where nothing differs, in no more cases than it says', () => {
    const runs = 400
    let found = 0
    for (let run = 0; run < runs; run++) {
      const chance = new Chance(1000 + run)
      const of = () => scores(chance, { units: 150, known: 0.6, novelty: 20 })
      if ((compared(of(), of())?.p_value ?? 1) <= 0.05) found += 1
    }
    // 20 are to be expected; more than 37 come by chance once in ten thousand times.
    expect(found).toBeGreaterThan(4)
    expect(found).toBeLessThan(38)
  })
})
