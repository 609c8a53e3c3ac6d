import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  advanceRollout,
  type FoundHarm,
  type RolloutStanding,
  sentenceAtStep,
  weightsAtStep,
} from '../../src/experiments/advance-rollout.ts'
import { statisticsOfHarm } from '../../src/experiments/rollout-harm.ts'
import { noMoments, type ExperimentStatistics, type VariantStatistics } from '../../src/experiments/statistics.ts'
import { assign } from '../../src/experiments/assign.ts'
import { bodyOf, running, subject } from './experiments.ts'

const hourMs = 3_600_000
const noHarm: FoundHarm = { harmed: false, metric: null, sentence: 'No harm.' }
const harm: FoundHarm = { harmed: true, metric: 'success_rate', sentence: 'the success rate fell from 95 % to 60 %.' }

const body = bodyOf({
  variants: [
    { name: 'new', version: 2 },
    { name: 'current', version: 1 },
  ],
  control: 'current',
})

function had(units: number, successes = units): VariantStatistics {
  const moments = { ...noMoments, units, s: successes, ss: successes, c: units, cc: units, sc: successes }
  return { units, exchanges: units, metrics: { success_rate: { moments, sketch: null } } }
}

/** One phase for each step so far, each with so many units of the new version and of the one before. */
function phasesOf(...phases: readonly (readonly [number, number])[]): ExperimentStatistics {
  return {
    phases: phases.map(([fresh, before], at) => ({
      number: at + 1,
      startedAt: at * hourMs,
      weights: weightsAtStep(body, at),
      variants: { new: had(fresh), current: had(before) },
    })),
    excluded: {},
    firstAt: 0,
    lastAt: 0,
  }
}

function standing(change: Partial<RolloutStanding> = {}): RolloutStanding {
  const { step = 0 } = change
  return {
    body,
    status: 'running',
    phase: step + 1,
    step,
    stepStartedAt: step * hourMs,
    version: 2,
    fromVersion: 1,
    label: 'production',
    statistics: phasesOf(...Array.from({ length: step + 1 }, () => [100, 1_000] as const)),
    now: (step + 1) * hourMs,
    ...change,
  }
}

describe('a rollout', () => {
  it('goes 1, 5, 20, 50 and 100 per cent unless it says otherwise', () => {
    const shares = [0, 1, 2, 3, 4].map((step) => weightsAtStep(body, step))
    expect(shares).toEqual([1, 5, 20, 50, 100].map((share) => ({ new: share, current: 100 - share })))
  })

  it('goes to the next step when the time is over and enough units had the new version', () => {
    expect(advanceRollout(standing(), noHarm)).toEqual({
      to: 'next',
      step: 1,
      weights: { new: 5, current: 95 },
      sentence:
        '5 % of the units get version 2; 20 % follow when that has been so for 1 hour and 100 units had it without harm.',
    })
  })

  it('says only what it waits for', () => {
    const sentence = (hours: number, units: number) => {
      const rollout = { steps: [20, 100], hours_per_step: hours, units_per_step: units }
      return sentenceAtStep({ ...body, rollout }, 0, { version: 2, label: 'production' })
    }
    expect(sentence(0, 50)).toBe('20 % of the units get version 2; 100 % follow when 50 units had it without harm.')
    expect(sentence(2, 0)).toBe(
      '20 % of the units get version 2; 100 % follow when that has been so for 2 hours without harm.',
    )
    expect(sentence(0, 0)).toBe('20 % of the units get version 2; 100 % follow with the next look without harm.')
  })

  it('waits for the time, and says how much is left', () => {
    const move = advanceRollout(standing({ now: hourMs / 2 }), noHarm)
    expect(move).toEqual({ to: 'stay', sentence: '1 % of the units get version 2. 5 % follow after 0.5 hours more.' })
  })

  it('waits for units of the step that goes on, not of those before', () => {
    const move = advanceRollout(standing({ step: 1, statistics: phasesOf([5_000, 5_000], [99, 1_000]) }), noHarm)
    expect(move).toEqual({ to: 'stay', sentence: '5 % of the units get version 2. 20 % follow after 1 unit more.' })
  })

  it('is complete when the last step had its time and its units', () => {
    expect(advanceRollout(standing({ step: 4 }), noHarm)).toEqual({
      to: 'complete',
      sentence: 'Every step went without harm.',
    })
    expect(advanceRollout(standing({ step: 4, now: 4 * hourMs }), noHarm).to).toBe('stay')
  })

  it('that has one step says that there was nothing to compare with', () => {
    const only = { ...body, rollout: { steps: [100], hours_per_step: 0, units_per_step: 10 } }
    const move = advanceRollout(standing({ body: only, statistics: phasesOf([10, 0]) }), noHarm)
    expect(move.sentence).toContain('nothing to compare with')
  })

  it('that is paused never goes on, and is taken back all the same', () => {
    expect(advanceRollout(standing({ status: 'paused' }), noHarm).to).toBe('stay')
    expect(advanceRollout(standing({ status: 'paused' }), harm).to).toBe('roll_back')
  })

  it('is taken back at every step, with the metric, how much, and how many units had it', () => {
    for (const step of [0, 1, 2, 3, 4]) {
      const move = advanceRollout(standing({ step, now: 0 }), harm)
      expect(move).toMatchObject({ to: 'roll_back', metric: 'success_rate' })
      expect(move.sentence).toContain('the success rate fell from 95 % to 60 %. At most')
      expect(move.sentence).toContain(`${(step + 1) * 100} units`)
      expect(move.sentence.includes('earlier steps')).toBe(step === 4)
    }
  })

  it('ends after as many moves as it has steps, whatever they are', () => {
    const steps = fc
      .uniqueArray(fc.integer({ min: 1, max: 99 }), { maxLength: 19 })
      .map((shares) => [...shares.toSorted((left, right) => left - right), 100])
    fc.assert(
      fc.property(steps, (shares) => {
        const own = { ...body, rollout: { steps: shares, hours_per_step: 1, units_per_step: 100 } }
        let step = 0
        let move = advanceRollout(standing({ body: own, step }), noHarm)
        for (; move.to === 'next'; move = advanceRollout(standing({ body: own, step }), noHarm)) {
          step = move.step
          expect(move.weights['new']).toBe(shares[step])
        }
        expect(move.to).toBe('complete')
        expect(step).toBe(shares.length - 1)
      }),
    )
  })
})

describe('what harm is looked for in', () => {
  it('is all phases as long as both versions are served', () => {
    const { statistics } = standing({ step: 2 })
    expect(statisticsOfHarm({ body, step: 2, phase: 3, statistics })).toEqual({ beside: statistics, after: null })
  })

  it('is at 100 per cent also the last phase against the version before in all earlier ones', () => {
    const statistics = phasesOf([10, 990], [50, 950], [200, 800], [500, 500], [300, 0])
    const { beside, after } = statisticsOfHarm({ body, step: 4, phase: 5, statistics })
    expect(beside.phases.map(({ number }) => number)).toEqual([1, 2, 3, 4])
    expect(after?.phases).toHaveLength(1)
    const { variants } = after?.phases[0] ?? { variants: {} }
    expect(variants).toMatchObject({
      new: { units: 300 },
      current: { units: 3_240, metrics: { success_rate: { moments: { units: 3_240, s: 3_240 } } } },
    })
  })

  it('adds up sketches of the earlier phases', () => {
    const latency = (counts: Record<string, number>): VariantStatistics => ({
      units: 1,
      exchanges: 1,
      metrics: { latency_ms: { moments: { ...noMoments, units: 1, m: 5 }, sketch: counts } },
    })
    const statistics: ExperimentStatistics = {
      ...phasesOf([1, 1], [1, 1], [1, 0]),
      phases: [latency({ p5: 1 }), latency({ p5: 2, p7: 1 }), latency({ p9: 1 })].map((variant, at) => ({
        number: at + 1,
        startedAt: 0,
        weights: {},
        variants: at === 2 ? { new: variant } : { current: variant },
      })),
    }
    const three = { ...body, rollout: { steps: [5, 50, 100], hours_per_step: 0, units_per_step: 0 } }
    const { after } = statisticsOfHarm({ body: three, step: 2, phase: 3, statistics })
    expect(after?.phases[0]?.variants['current']?.metrics['latency_ms']).toMatchObject({
      moments: { units: 2, m: 10 },
      sketch: { p5: 3, p7: 1 },
    })
  })
})

describe('a request that names nobody', () => {
  it('counts in a rollout, and not in an experiment', () => {
    const nobody = subject(null)
    expect(assign([running('forward', {}, { kind: 'rollout' })], nobody)).toMatchObject({ excluded: null })
    expect(assign([running('forward', {}, { kind: 'experiment' })], nobody)).toMatchObject({ excluded: 'unsticky' })
  })
})
