import { describe, expect, test } from 'vitest'
import { resultsSchema } from '../../../src/contract/experiment-results.ts'
import { analyse, baselineOf, decide, plannedUnitsOf } from '../../../src/experiments/analysis/analyse.ts'
import { harmOf } from '../../../src/experiments/analysis/harm.ts'
import { addUnit } from '../../../src/experiments/analysis/moments.ts'
import { type MetricStatistics, noMoments } from '../../../src/experiments/statistics.ts'
import { Chance } from '../../../bench/statistics/random.ts'
import { bodyOf } from '../experiments.ts'
import { dayMs, inputOf, rate, statisticsOf, success, values } from './seen.ts'

/** The share of the error that is left when the slope is known, of values that are cut. */
function bestShare(
  sides: readonly { readonly past: readonly number[]; readonly now: readonly number[] }[],
  cap: number,
): number {
  const meanOf = (list: readonly number[]) => list.reduce((sum, each) => sum + each, 0) / list.length
  let [pre, post, both] = [0, 0, 0]
  for (const { past, now } of sides) {
    const cut = now.map((value) => Math.min(cap, value))
    const [before, after] = [meanOf(past), meanOf(cut)]
    for (const [at, value] of cut.entries()) {
      const [x, y] = [(past[at] ?? 0) - before, value - after]
      pre += x * x
      post += y * y
      both += x * y
    }
  }
  return Math.sqrt(1 - (both * both) / (pre * post))
}

describe('the verdict', () => {
  test('a clearly better variant wins, and the sentence says by how much', () => {
    const input = inputOf(success([880, 1000], [950, 1000]))
    const results = analyse(input)
    expect(results).toMatchObject({ state: 'winner', winner: 'warmer', control: 'control' })
    expect(results.sentence).toMatch(
      /^`warmer` wins: its success rate is 95\.0 % against 88\.0 % of `control` \(\+7\.0 points, /,
    )
    expect(decide(results, input)).toMatchObject({ state: 'winner', winner: 'warmer', by: 'sequential', units: 2000 })
    expect(resultsSchema.safeParse(results).success).toBe(true)
  })

  test('a clearly worse variant does harm', () => {
    expect(analyse(inputOf(success([950, 1000], [880, 1000])))).toMatchObject({ state: 'harmful', winner: null })
  })

  test('what chance can do is not decided before the planned units are reached', () => {
    const input = inputOf(success([880, 1000], [905, 1000]))
    const results = analyse(input)
    expect(results.state).toBe('collecting')
    expect(decide(results, input)).toBeNull()
  })

  test('at the planned units one test decides what looking often could not', () => {
    const input = inputOf(success([1740, 2000], [1795, 2000]))
    const results = analyse(input)
    expect(results).toMatchObject({ state: 'winner', winner: 'warmer' })
    expect(decide(results, input)).toMatchObject({ by: 'fixed' })
  })

  test('at the planned units a small difference is none, and a wide interval leaves it open', () => {
    expect(analyse(inputOf(success([1760, 2000], [1762, 2000]))).state).toBe('no_difference')
    const narrow = { minimum_detectable_effect: 0.005 }
    expect(analyse(inputOf(success([1760, 2000], [1762, 2000]), narrow)).state).toBe('inconclusive')
  })

  test('nothing is decided below the floors, however large the difference', () => {
    const few = analyse(inputOf(success([30, 60], [58, 60])))
    expect(few.state).toBe('collecting')
    expect(few.floors).toEqual({
      met: false,
      missing: ['`control` needs 40 units more', '`warmer` needs 40 units more'],
    })
    expect(analyse(inputOf(success([880, 1000], [950, 1000]), {}, { now: dayMs / 2 })).state).toBe('collecting')
    const floors = { units_per_variant: 0, events_per_variant: 0, hours: 0 }
    expect(analyse(inputOf(success([30, 60], [58, 60]), { floors }, { now: 0 })).state).toBe('winner')
  })

  test('a variant that never fails can win once the planned units are there', () => {
    expect(analyse(inputOf(success([900, 1000], [1000, 1000]), {}, { plannedUnits: 5000 })).state).toBe('collecting')
    expect(analyse(inputOf(success([900, 1000], [1000, 1000]), {}, { plannedUnits: 2000 })).state).toBe('winner')
  })

  test('a broken split suppresses every verdict', () => {
    const input = inputOf(success([8800, 10_000], [9025, 9500]))
    const results = analyse(input)
    expect(results).toMatchObject({ state: 'broken_split', winner: null, sample_ratio: { broken: true } })
    expect(results.sample_ratio.p_value).toBeLessThan(0.001)
    expect(decide(results, input)).toBeNull()
  })

  test('the first unit of a variant that gets one in a hundred breaks no split, and a variant without any does', () => {
    const of = (control: number, warmer: number) => {
      const seen = success([control, control], [warmer, warmer])
      const phases = seen.phases.map((phase) => ({ ...phase, weights: { control: 99, warmer: 1 } }))
      return analyse(inputOf({ ...seen, phases })).sample_ratio
    }
    expect(of(0, 1)).toMatchObject({ p_value: null, broken: false })
    expect(of(20, 2)).toMatchObject({ p_value: null, broken: false })
    expect(of(3000, 0).broken).toBe(true)
  })

  test('a variant may be called like what every object has', () => {
    const variants = [{ name: 'constructor' }, { name: 'toString' }]
    const seen = { constructor: { success_rate: rate(300, 1000) }, toString: { success_rate: rate(450, 1000) } }
    const results = analyse(inputOf(statisticsOf(seen), { variants }))
    expect(results).toMatchObject({ state: 'winner', winner: 'toString' })
    expect(resultsSchema.parse(results).sample_ratio.observed).toEqual({ constructor: 1000, toString: 1000 })
  })

  test('units that have no value yet, because feedback comes late, bring no end before its time', () => {
    const planned = { primary_metric: 'rating', planned_units: 4000 }
    const of = (rated: number) => {
      const rating = values(Array.from({ length: rated }, (_, at) => 3 + (at % 3)))
      const seen = statisticsOf({
        control: { success_rate: rate(1800, 2000), rating },
        warmer: { success_rate: rate(1800, 2000), rating },
      })
      return analyse(inputOf(seen, planned))
    }
    expect(of(200)).toMatchObject({ state: 'collecting', plan: { units: 400, progress: 0.1 } })
    expect(of(200).notes.join(' ')).toContain('Only 400 units of 4,000 have a value')
    expect(of(1950)).toMatchObject({ state: 'no_difference', plan: { progress: 1 } })
  })

  test('values that are seldom are not believed to be missing for good', () => {
    // Of 900 units 18 have it, and by chance none of 100: as a rate it would be too little to decide by, and so it is as a number.
    const seen = statisticsOf({
      control: { solved: values(Array.from({ length: 900 }, (_, at) => (at < 18 ? 1 : 0))) },
      warmer: { solved: values(Array.from({ length: 100 }, () => 0)) },
    })
    const phases = seen.phases.map((phase) => ({ ...phase, weights: { control: 9, warmer: 1 } }))
    const results = analyse(inputOf({ ...seen, phases }, { primary_metric: 'solved' }))
    expect(results.state).toBe('collecting')
    const harm = harmOf({
      statistics: { ...seen, phases },
      body: bodyOf(),
      candidate: 'warmer',
      baseline: 'control',
      metrics: [{ metric: 'solved', margin: 0.2, margin_type: 'relative' }],
    })
    expect(harm.harmed).toBe(false)
  })

  test('what is the same for every unit of a variant differs all the more', () => {
    const of = (tokens: number) => ({ output_tokens: values(Array.from({ length: 300 }, () => tokens)) })
    const seen = statisticsOf({ control: of(20), warmer: of(10) })
    expect(analyse(inputOf(seen, { primary_metric: 'output_tokens' })).state).toBe('winner')
    const other = statisticsOf({ control: of(10), warmer: of(20) })
    expect(analyse(inputOf(other, { primary_metric: 'output_tokens' })).state).toBe('harmful')
  })

  test('intervals of several variants hold together, as the verdict does', () => {
    const variants = ['control', 'warmer', 'third'].map((name) => ({ name }))
    const warmer = (good: number) =>
      analyse(
        inputOf(
          statisticsOf({
            control: { success_rate: rate(300, 1000) },
            warmer: { success_rate: rate(good, 1000) },
            third: { success_rate: rate(300, 1000) },
          }),
          { variants },
          { plannedUnits: 6000 },
        ),
      )
    for (let good = 340; good < 420; good += 1) {
      const results = warmer(good)
      const [low] = results.metrics[0]?.comparisons['warmer']?.interval ?? [0]
      expect(low > 0).toBe(results.state === 'winner')
    }
  })

  test('what was decided stays, and the figures go on', () => {
    const decision = {
      at: '2026-01-01T00:00:00.000Z',
      state: 'winner',
      winner: 'warmer',
      sentence: 'Said.',
      by: 'fixed',
      units: 9,
    } as const
    const input = inputOf(success([950, 1000], [880, 1000]), {}, { decision })
    const results = analyse(input)
    expect(results).toMatchObject({ state: 'winner', winner: 'warmer', sentence: 'Said.', plan: { units: 2000 } })
    expect(decide(results, input)).toBeNull()
  })

  test('without a plan only harm is decided', () => {
    const none = { plannedUnits: null }
    expect(analyse(inputOf(success([880, 1000], [950, 1000]), {}, none)).state).toBe('collecting')
    expect(analyse(inputOf(success([950, 1000], [880, 1000]), {}, none)).state).toBe('harmful')
  })

  test('nothing at all is collecting', () => {
    expect(analyse(inputOf(statisticsOf({ control: {}, warmer: {} })))).toMatchObject({
      state: 'collecting',
      winner: null,
    })
    expect(analyse(inputOf(statisticsOf()))).toMatchObject({ state: 'collecting' })
  })
})

describe('guardrail metrics', () => {
  const guarded = { guardrail_metrics: [{ metric: 'output_valid_rate', margin: 0.02 }] }
  const seen = (valid: readonly [number, number]) =>
    statisticsOf({
      control: { success_rate: rate(1760, 2000), output_valid_rate: rate(1960, 2000) },
      warmer: { success_rate: rate(1900, 2000), output_valid_rate: rate(...valid) },
    })

  test('a winner has none that is worse', () => {
    const results = analyse(inputOf(seen([1962, 2000]), guarded))
    expect(results.state).toBe('winner')
    expect(results.sentence).toMatch(/no guardrail metric is worse\.$/)
    expect(results.metrics[1]?.comparisons['warmer']?.non_inferior).toBe(true)
  })

  test('one that may be worse leaves a better variant open', () => {
    expect(analyse(inputOf(seen([1925, 2000]), guarded)).state).toBe('inconclusive')
  })

  test('one that is worse makes a better variant harmful', () => {
    const results = analyse(inputOf(seen([1700, 2000]), guarded))
    expect(results.state).toBe('harmful')
    expect(results.sentence).toContain('the right form')
  })

  test('one that nobody measured keeps a variant from winning', () => {
    const results = analyse(inputOf(success([1760, 2000], [1900, 2000]), guarded))
    expect(results.state).toBe('inconclusive')
    expect(results.notes.join(' ')).toContain('output_valid_rate')
  })
})

describe('guardrail metrics without any bad event', () => {
  const guarded = { guardrail_metrics: [{ metric: 'output_valid_rate', margin: 0.02 }] }
  const seen = (units: number) =>
    statisticsOf({
      control: { success_rate: rate(1760, 2000), output_valid_rate: rate(units, units) },
      warmer: { success_rate: rate(1900, 2000), output_valid_rate: rate(units, units) },
    })

  test('are certain when there were enough units, not after a few', () => {
    expect(analyse(inputOf(seen(40), guarded, { plannedUnits: 5000 })).state).toBe('collecting')
    expect(analyse(inputOf(seen(2000), guarded, { plannedUnits: 5000 })).state).toBe('winner')
  })

  test('are fine when every unit of both has the same value', () => {
    const free = { cost_usd: values(Array.from({ length: 2000 }, () => 0)) }
    const statistics = statisticsOf({
      control: { success_rate: rate(1760, 2000), ...free },
      warmer: { success_rate: rate(1900, 2000), ...free },
    })
    const cost = { guardrail_metrics: [{ metric: 'cost_usd', margin: 0.1 }] }
    expect(analyse(inputOf(statistics, cost)).state).toBe('winner')
  })
})

describe('ratios', () => {
  const perSuccess = {
    primary_metric: 'cost_per_success',
    ratios: { cost_per_success: { numerator: 'cost_usd', denominator: 'success_rate' } },
  }
  const ratio = (units: number, successes: number): MetricStatistics => {
    let moments = noMoments
    for (let at = 0; at < units; at += 1) {
      moments = addUnit(moments, { sum: 1 + (at % 3), count: at < successes ? 1 : 0, pre: null }, 1)
    }
    return { moments, sketch: null }
  }
  const of = (own: MetricStatistics, other: MetricStatistics) =>
    analyse(
      inputOf(statisticsOf({ control: { cost_per_success: own }, warmer: { cost_per_success: other } }), perSuccess),
    )

  test('of a variant that never succeeds are not 0, and win nothing', () => {
    const results = of(ratio(2000, 1500), ratio(2000, 0))
    expect(results.state).toBe('collecting')
    expect(results.metrics[0]?.variants['warmer']?.mean).toBeNull()
  })

  test('count only as many units as have a denominator towards the floor', () => {
    expect(of(ratio(1000, 750), ratio(1000, 40)).floors.missing).toEqual(['`warmer` needs 60 units more'])
  })
})

describe('figures', () => {
  test('phases are compared each within itself', () => {
    // In either phase nothing differs; put together without regard to phases one would look far better.
    const statistics = statisticsOf(
      { control: { success_rate: rate(900, 1000) }, warmer: { success_rate: rate(90, 100) } },
      { control: { success_rate: rate(50, 100) }, warmer: { success_rate: rate(500, 1000) } },
    )
    const [phase, next] = statistics.phases
    if (phase === undefined || next === undefined) throw new Error('There are two phases.')
    const weighted = [
      { ...phase, weights: { control: 10, warmer: 1 } },
      { ...next, weights: { control: 1, warmer: 10 } },
    ]
    const results = analyse(inputOf({ ...statistics, phases: weighted }))
    expect(results.sample_ratio.broken).toBe(false)
    expect(results.metrics[0]?.effect).toBeCloseTo(0, 12)
  })

  test('one enormous cost does not decide', () => {
    const usual = Array.from({ length: 2000 }, (_, at) => 1 + (at % 10) / 10)
    const statistics = statisticsOf({
      control: { cost_usd: values(usual) },
      warmer: { cost_usd: values([...usual.slice(1), 1_000_000]) },
    })
    const results = analyse(inputOf(statistics, { primary_metric: 'cost_usd' }))
    const cost = results.metrics[0]
    expect(cost?.variants['warmer']?.mean).toBeGreaterThan(400)
    expect(cost?.variants['warmer']?.winsorised_mean).toBeCloseTo(1.45, 1)
    expect(Math.abs(cost?.effect ?? 1)).toBeLessThan(0.05)
    expect(cost?.variants['control']?.median).toBeCloseTo(1.4, 1)
  })

  test('what units did before makes the comparison sharper', () => {
    const past = Array.from({ length: 500 }, (_, at) => (at * 37) % 100)
    const of = (shift: number) =>
      values(
        past.map((before, at) => before + shift + (at % 7)),
        past,
      )
    const statistics = statisticsOf({ control: { rating: of(0) }, warmer: { rating: of(2) } })
    const comparison = analyse(inputOf(statistics, { primary_metric: 'rating' })).metrics[0]?.comparisons['warmer']
    expect(comparison?.variance_reduction).toBeGreaterThan(0.9)
    expect(comparison?.effect).toBeCloseTo(2, 6)
    expect(comparison?.always_valid_p_value).toBeLessThan(0.01)
  })

  test('it does so too where the highest values are cut, and never promises more than it knows', () => {
    const chance = new Chance(11)
    const costs = () => {
      const past = Array.from({ length: 3000 }, () => Math.exp(chance.normal()))
      return { past, now: past.map((before) => before * Math.exp(0.3 * chance.normal())) }
    }
    const [own, other] = [costs(), costs()]
    const of = (isKnown: boolean) =>
      analyse(
        inputOf(
          statisticsOf({
            control: { cost_usd: values(own.now, isKnown ? own.past : undefined) },
            warmer: { cost_usd: values(other.now, isKnown ? other.past : undefined) },
          }),
          { primary_metric: 'cost_usd' },
        ),
      ).metrics[0]?.comparisons['warmer']
    const width = (interval: readonly [number, number] | null | undefined) =>
      interval === null || interval === undefined ? Number.NaN : interval[1] - interval[0]
    const [plain, sharper] = [of(false), of(true)]
    expect(plain?.variance_reduction).toBeNull()
    expect(sharper?.variance_reduction).toBeGreaterThan(0.3)
    // What the best slope takes from the values, cut at the same place, is the most that can be right.
    const cap = [...own.now, ...other.now].toSorted((a, b) => a - b)[5993] ?? 0
    expect(width(sharper?.interval)).toBeLessThan(0.85 * width(plain?.interval))
    expect(width(sharper?.interval)).toBeGreaterThan(0.98 * bestShare([own, other], cap) * width(plain?.interval))
  })

  test('more variants ask for more units, and so does a smaller effect', () => {
    const baseline = { mean: 0.3, variance: 0.21 }
    const two = plannedUnitsOf(bodyOf(), baseline) ?? 0
    const variants = ['control', 'a', 'b'].map((name) => ({ name }))
    expect(plannedUnitsOf(bodyOf({ variants }), baseline)).toBeGreaterThan(1.5 * two)
    expect(plannedUnitsOf(bodyOf({ minimum_detectable_effect: 0.05 }), baseline)).toBeGreaterThan(3.5 * two)
    expect(plannedUnitsOf(bodyOf({ planned_units: 1234 }), null)).toBe(1234)
    expect(plannedUnitsOf(bodyOf(), null)).toBeNull()
    expect(plannedUnitsOf(bodyOf({ minimum_detectable_effect: 1.2 }), { mean: 0.9, variance: 0.09 })).toBeNull()
  })

  test('the baseline does not know which variant is which', () => {
    const [one, other] = [success([880, 1000], [950, 1000]), success([950, 1000], [880, 1000])]
    expect(baselineOf(one, bodyOf())).toEqual(baselineOf(other, bodyOf()))
    expect(baselineOf(success([20, 40], [20, 40]), bodyOf())).toBeNull()
  })
})

describe('harm in a rollout', () => {
  const metrics = [{ metric: 'success_rate', margin: 0 }]
  const found = (baseline: readonly [number, number], candidate: readonly [number, number]) =>
    harmOf({
      statistics: success(baseline, candidate),
      body: bodyOf(),
      candidate: 'warmer',
      baseline: 'control',
      metrics,
    })

  test('half of all failing is seen after few units, and the sentence says what fell', () => {
    const harm = found([2850, 3000], [20, 40])
    expect(harm).toMatchObject({ harmed: true, metric: 'success_rate' })
    expect(harm.sentence).toContain('The success rate is 50.0 % with `warmer` against 95.0 % with `control`')
  })

  test('a few failures, and a better version, are no harm', () => {
    expect(found([2850, 3000], [27, 30]).harmed).toBe(false)
    expect(found([2850, 3000], [200, 200]).harmed).toBe(false)
    expect(found([2850, 3000], [1, 10])).toMatchObject({ harmed: false, metric: null })
  })
})
