import { mergeMoments } from '../../src/experiments/analysis/moments.ts'
import { harmOfStanding } from '../../src/experiments/rollout-harm.ts'
import { type MetricMoments, noMoments, type PhaseStatistics } from '../../src/experiments/statistics.ts'
import { Chance } from './random.ts'
import { bodyOf } from './scenarios.ts'

/** A rollout in steps up to everybody, looked at after every few units, with the tests that take versions back. */

const steps = [1, 5, 20, 50, 100] as const
const perStep = 200
const perLook = 10
const body = bodyOf(
  [
    { name: 'current', weight: 1 },
    { name: 'new', weight: 1 },
  ],
  {
    control: 'current',
    guardrail_metrics: [{ metric: 'success_rate', margin: 0 }],
    rollout: { steps: [...steps] },
  },
)

/** @returns how many units had the new version when it was taken back; null: it never was. */
export function runHarm({ rate, seed }: { readonly rate: number; readonly seed: number }): number | null {
  const chance = new Chance(77 + seed * 104_729)
  const phases: PhaseStatistics[] = []
  let affected = 0
  for (const [step, share] of steps.entries()) {
    let [own, other] = [noMoments, noMoments]
    for (let units = 0; units < perStep; units += perLook) {
      other = add(other, perLook, rate, chance)
      own = add(own, Math.round((perLook * (100 - share)) / share), 0.95, chance)
      affected += perLook
      phases[step] = phaseOf(step + 1, share, own, other)
      const statistics = { phases, excluded: {}, firstAt: 0, lastAt: 0 }
      if (harmOfStanding({ body, statistics, step, phase: step + 1 }).harmed) return affected
    }
  }
  return null
}

const population = 1000
const looksPerStep = 10

/**
 * A version that is no worse, and the same thousand units at each step: of some everything fails, of the others nothing. What
 * they do at one step says all about the next, which is the worst that can be for a test that takes steps for independent.
 *
 * @returns whether the version was taken back all the same.
 */
export function isTakenBackInVain(seed: number): boolean {
  const chance = new Chance(31 + seed * 104_729)
  const units = Array.from({ length: population }, () => ({ place: 100 * chance.next(), isGood: chance.next() < 0.8 }))
  const phases: PhaseStatistics[] = []
  for (const [step, share] of steps.entries()) {
    let [own, other] = [noMoments, noMoments]
    for (let look = 0; look < looksPerStep; look++) {
      const each = population / looksPerStep
      const now = units.slice(look * each, (look + 1) * each)
      other = addSide(
        other,
        now.filter(({ place }) => place < share),
      )
      own = addSide(
        own,
        now.filter(({ place }) => place >= share),
      )
      phases[step] = phaseOf(step + 1, share, own, other)
      const statistics = { phases, excluded: {}, firstAt: 0, lastAt: 0 }
      if (harmOfStanding({ body, statistics, step, phase: step + 1 }).harmed) return true
    }
  }
  return false
}

function addSide(moments: MetricMoments, units: readonly { readonly isGood: boolean }[]): MetricMoments {
  return addGood(moments, units.length, units.filter(({ isGood }) => isGood).length)
}

function add(moments: MetricMoments, units: number, rate: number, chance: Chance): MetricMoments {
  let good = 0
  for (let at = 0; at < units; at++) if (chance.next() < rate) good += 1
  return addGood(moments, units, good)
}

function addGood(moments: MetricMoments, units: number, good: number): MetricMoments {
  return mergeMoments(moments, {
    ...noMoments,
    units,
    s: good,
    ss: good,
    c: units,
    cc: units,
    sc: good,
    m: good,
    mm: good,
  })
}

function phaseOf(number: number, share: number, own: MetricMoments, other: MetricMoments): PhaseStatistics {
  const of = (moments: MetricMoments) => ({
    units: moments.units,
    exchanges: moments.c,
    metrics: { success_rate: { moments, sketch: null } },
  })
  const weights = { current: 100 - share, new: share }
  return { number, startedAt: 0, weights, variants: { current: of(own), new: of(other) } }
}
