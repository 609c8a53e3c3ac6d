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

function add(moments: MetricMoments, units: number, rate: number, chance: Chance): MetricMoments {
  let good = 0
  for (let at = 0; at < units; at++) if (chance.next() < rate) good += 1
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
