import { describe, expect, test } from 'vitest'
import { analyse, decide } from '../../../src/experiments/analysis/analyse.ts'
import { harmEvidence } from '../../../src/experiments/analysis/early-harm.ts'
import { addUnit } from '../../../src/experiments/analysis/moments.ts'
import { type MetricStatistics, noMoments } from '../../../src/experiments/statistics.ts'
import { dayMs, inputOf, rate, statisticsOf, success, values } from './seen.ts'

describe('harm before the floors are met', () => {
  test('is said though the control hardly ever fails', () => {
    const input = inputOf(success([298, 300], [240, 300]))
    const results = analyse(input)
    expect(results).toMatchObject({ state: 'harmful', winner: null, floors: { met: false } })
    expect(results.sentence).toMatch(
      /^`warmer` does harm: its success rate is 80\.0 % against 99\.3 % of `control` \(-19\.3 points\), which chance alone does in fewer than 0\.010 % of experiments\.$/,
    )
    expect(decide(results, input)).toMatchObject({ state: 'harmful', by: 'sequential', winner: null })
  })

  test('is said of a variant of which nobody knows yet how many units it needs', () => {
    expect(analyse(inputOf(success([298, 300], [240, 300]), {}, { plannedUnits: null })).state).toBe('harmful')
    expect(analyse(inputOf(success([298, 300], [240, 300]), {}, { plannedUnits: 1_000_000 })).state).toBe('harmful')
  })

  test('does not wait for the hours to pass, whatever is measured', () => {
    const soon = { now: dayMs / 24 }
    expect(analyse(inputOf(success([950, 1000], [880, 1000]), {}, soon)).state).toBe('harmful')
    const tokens = (count: number) => ({
      output_tokens: values(Array.from({ length: 300 }, (_, at) => count + (at % 5))),
    })
    const seen = statisticsOf({ control: tokens(10), warmer: tokens(20) })
    expect(analyse(inputOf(seen, { primary_metric: 'output_tokens' }, soon)).state).toBe('harmful')
  })

  test('waits for a hundred units at most, however many the floor asks for and whatever is measured', () => {
    const tokens = (count: number, units: number) => ({
      output_tokens: values(Array.from({ length: units }, (_, at) => count + (at % 5))),
    })
    const floors = { units_per_variant: 1000 }
    const of = (control: number, warmer: number, units: number) =>
      analyse(
        inputOf(statisticsOf({ control: tokens(control, units), warmer: tokens(warmer, units) }), {
          primary_metric: 'output_tokens',
          floors,
        }),
      ).state
    expect(of(10, 20, 100)).toBe('harmful')
    expect(of(10, 20, 90)).toBe('collecting')
    expect(of(20, 10, 300)).toBe('collecting')
  })

  test('is not said of a few units, nor of what chance does', () => {
    expect(analyse(inputOf(success([60, 60], [30, 60]))).state).toBe('collecting')
    expect(analyse(inputOf(success([299, 300], [292, 300]))).state).toBe('collecting')
    expect(analyse(inputOf(success([300, 300], [296, 300]))).state).toBe('collecting')
  })

  test('a better variant waits for the floors all the same', () => {
    expect(analyse(inputOf(success([240, 300], [298, 300]))).state).toBe('collecting')
  })

  test('a broken split suppresses it', () => {
    expect(analyse(inputOf(success([398, 400], [200, 250]))).state).toBe('broken_split')
  })

  test('looks the right way where fewer is better', () => {
    const of = (control: number, warmer: number) =>
      analyse(
        inputOf(
          statisticsOf({
            control: { guardrail_block_rate: rate(control, 300) },
            warmer: { guardrail_block_rate: rate(warmer, 300) },
          }),
          { primary_metric: 'guardrail_block_rate' },
        ),
      ).state
    expect(of(2, 60)).toBe('harmful')
    expect(of(60, 2)).toBe('collecting')
  })

  test('of one variant among several is told while the others go on', () => {
    const variants = ['control', 'warmer', 'third'].map((name) => ({ name }))
    const seen = statisticsOf({
      control: { success_rate: rate(298, 300) },
      warmer: { success_rate: rate(240, 300) },
      third: { success_rate: rate(298, 300) },
    })
    const results = analyse(inputOf(seen, { variants }))
    expect(results).toMatchObject({
      state: 'collecting',
      variants: { warmer: { state: 'harmful' }, third: { state: 'collecting' } },
    })
    expect(results.sentence).toMatch(/^Collecting: .*; `warmer` does harm: its success rate is 80\.0 %/)
  })

  test('on a guardrail metric is said though the primary metric is below its floors', () => {
    const seen = statisticsOf({
      control: { success_rate: rate(298, 300), output_valid_rate: rate(299, 300) },
      warmer: { success_rate: rate(299, 300), output_valid_rate: rate(240, 300) },
    })
    const guarded = { guardrail_metrics: [{ metric: 'output_valid_rate', margin: 0.02 }] }
    const results = analyse(inputOf(seen, guarded))
    expect(results).toMatchObject({ state: 'harmful', floors: { met: false } })
    expect(results.sentence).toContain('more than its margin allows')
  })

  test('adds up over phases, each with its own split', () => {
    const seen = statisticsOf(
      { control: { success_rate: rate(150, 150) }, warmer: { success_rate: rate(140, 150) } },
      { control: { success_rate: rate(150, 150) }, warmer: { success_rate: rate(140, 150) } },
    )
    expect(analyse(inputOf(seen)).state).toBe('harmful')
    const [once] = seen.phases
    if (once === undefined) throw new Error('There are two phases.')
    expect(analyse(inputOf({ ...seen, phases: [once] })).state).toBe('collecting')
  })
})

describe('evidence of harm', () => {
  const even = (bad: number, control: number) => [
    { treatment: { units: 300, bad }, control: { units: 300, bad: control } },
  ]

  test('is none without units, without bad ones, and where the variant is the better one', () => {
    expect(harmEvidence([])).toBeCloseTo(0, 12)
    expect(harmEvidence(even(0, 0))).toBeCloseTo(0, 12)
    expect(harmEvidence(even(0, 20))).toBeLessThan(0)
  })

  test('of a unit that is bad in part is no more than its part of a bad one', () => {
    const of = (bad: number) => harmEvidence([{ control: { units: 200, bad: 1 }, treatment: { units: 200, bad } }])
    expect(of(10.5)).toBeGreaterThan(of(10))
    expect(of(10.5)).toBeLessThan(of(11))
  })

  test('grows with what is worse, and is on average 1 when nothing is', () => {
    expect(harmEvidence(even(20, 2))).toBeGreaterThan(harmEvidence(even(10, 2)))
    // Every way in which twelve bad units can fall on two sides of the same size, with its chance.
    let mean = 0
    let ways = 1
    for (let bad = 0; bad <= 12; bad++) {
      mean += (ways / 2 ** 12) * Math.exp(harmEvidence(even(bad, 12 - bad)))
      ways = (ways * (12 - bad)) / (bad + 1)
    }
    expect(mean).toBeCloseTo(1, 9)
  })
})

describe('a verdict on the others', () => {
  const variants = ['control', 'warmer', 'third'].map((name) => ({ name }))
  const of = (third: number, more = {}) =>
    analyse(
      inputOf(
        statisticsOf({
          control: { success_rate: rate(1760, 2000) },
          warmer: { success_rate: rate(1500, 2000) },
          third: { success_rate: rate(third, 2000) },
        }),
        { variants, ...more },
      ),
    )

  test('does not take the harm of one for a small difference, and tells of it', () => {
    const small = of(1762)
    expect(small.state).toBe('no_difference')
    expect(small.sentence).toMatch(/^No difference that matters after 6,000 units: the success rate of `third` is /)
    expect(small.sentence).toMatch(
      /that were looked for; `warmer` does harm: its success rate is 75\.0 % against 88\.0 %/,
    )
    const open = of(1762, { minimum_detectable_effect: 0.001 })
    expect(open.state).toBe('inconclusive')
    expect(open.sentence).toMatch(/which leaves open which is better; `warmer` does harm: /)
  })

  test('may be that one of them wins', () => {
    expect(of(1900)).toMatchObject({ state: 'winner', winner: 'third', variants: { warmer: { state: 'harmful' } } })
  })
})

describe('at the planned units with too few failures to test', () => {
  test('a difference that is shown to be small is none', () => {
    const results = analyse(inputOf(success([2000, 2000], [1999, 2000])))
    expect(results).toMatchObject({ state: 'no_difference', floors: { met: false } })
  })

  test('anything else stays open, and the sentence says what is missing and what to do', () => {
    const input = inputOf(success([1992, 2000], [2000, 2000]), { minimum_detectable_effect: 0.002 })
    const results = analyse(input)
    expect(results).toMatchObject({ state: 'inconclusive', winner: null })
    expect(results.sentence).toMatch(/^Inconclusive after 4,000 units: .*`control` needs 6 more failures/)
    expect(results.sentence).toMatch(/plan for more units in a new experiment, or choose a metric that varies more\.$/)
    expect(decide(results, input)).toMatchObject({ state: 'inconclusive', by: 'fixed' })
  })

  test('before them it goes on', () => {
    expect(analyse(inputOf(success([1992, 2000], [2000, 2000]), {}, { plannedUnits: 5000 })).state).toBe('collecting')
  })
})

describe('a variant that gets no units any more', () => {
  const variants = ['control', 'warmer', 'off'].map((name) => ({ name }))
  const seen = statisticsOf({
    control: { success_rate: rate(500, 1000) },
    warmer: { success_rate: rate(505, 1000) },
    off: { success_rate: rate(20, 20) },
  })
  const phases = seen.phases.map((phase) => ({ ...phase, weights: { control: 50, warmer: 50, off: 1 } }))
  const then = { number: 2, startedAt: 2, weights: { control: 1, warmer: 1, off: 0 }, variants: {} }

  test('does not win with a handful of them', () => {
    const results = analyse(inputOf({ ...seen, phases: [...phases, then] }, { variants }, { plannedUnits: 2000 }))
    expect(results.winner).toBeNull()
    expect(results.floors.met).toBe(true)
    expect(results.variants['off']?.state).toBe('inconclusive')
  })
})

describe('an experiment that was stopped', () => {
  test('never says that it is collecting', () => {
    const stopped = { status: 'stopped' }
    const of = (seen: Parameters<typeof inputOf>[0], more = {}) => analyse(inputOf(seen, {}, { ...stopped, ...more }))
    const few = of(success([30, 60], [32, 60]))
    expect(few.state).toBe('inconclusive')
    expect(few.sentence).toMatch(/^Inconclusive after 120 units, because it was stopped before anything was certain: /)
    expect(of(statisticsOf()).sentence).toBe(
      'Inconclusive: it was stopped before any unit had a value of `success_rate`.',
    )
    expect(Object.values(few.variants).map(({ state }) => state)).toEqual(['control', 'inconclusive'])
    expect(of(success([880, 1000], [885, 1000]), { plannedUnits: null }).sentence).not.toContain('Collecting')
  })
})

describe('the floor of events', () => {
  test('counts units: ten failures of one say no more than one', () => {
    const ten = { sum: 10, count: 10, pre: null }
    const of = (failing: number): MetricStatistics => {
      let moments = noMoments
      for (let at = 0; at < 200; at++) {
        moments = addUnit(moments, at < failing ? { ...ten, sum: 0 } : ten, 1)
      }
      return { moments, sketch: null }
    }
    const seen = statisticsOf({ control: { success_rate: of(20) }, warmer: { success_rate: of(2) } })
    expect(analyse(inputOf(seen)).floors.missing).toEqual(['`warmer` needs 8 more failures'])
  })
})
