import type { ExperimentBody } from '../contract/experiment-body.ts'
import { comparesWithBefore, type RolloutStanding, sidesOf } from './advance-rollout.ts'
import { type HarmFound, harmOf } from './analysis/harm.ts'
import { mergeMoments } from './analysis/moments.ts'
import type { ExperimentStatistics, PhaseStatistics, SketchCounts, VariantStatistics } from './statistics.ts'

type Standing = Pick<RolloutStanding, 'step' | 'phase' | 'statistics'> & { readonly body: ExperimentBody }

/** Chance that a version that is no worse is taken back, over a whole rollout and all its metrics. */
const falseAlarms = 0.01

/**
 * Whether the new version does harm, by the guardrail metrics of the rollout. Two things are looked at, each with half of the false
 * alarms: the phases in which both versions were served, and, once everybody has the new one, that against the time before.
 */
export function harmOfStanding(standing: Standing): HarmFound {
  const { beside, after } = statisticsOfHarm(standing)
  const { body } = standing
  const asked = { body, ...sidesOf(body), metrics: body.guardrail_metrics, alpha: falseAlarms / 2 }
  const now = after === null ? null : harmOf({ ...asked, statistics: after })
  return now?.harmed === true ? now : harmOf({ ...asked, statistics: beside })
}

/**
 * What harm is looked for in: `beside`, the phases in which both versions were served at the same time, and, once everybody
 * has the new one, also `after`: the new version in the phase that goes on against the one before in all earlier phases, as
 * one phase. `after` is null before that, and when there was nothing earlier.
 */
export function statisticsOfHarm(standing: Standing): {
  readonly beside: ExperimentStatistics
  readonly after: ExperimentStatistics | null
} {
  const { body, phase, statistics } = standing
  if (!comparesWithBefore(standing)) return { beside: statistics, after: null }
  const { candidate, baseline } = sidesOf(body)
  const earlier = statistics.phases.filter(({ number }) => number < phase)
  const beside = { ...statistics, phases: earlier }
  const own = statistics.phases.find(({ number }) => number === phase)
  const before = ofAllPhases(earlier, baseline)
  const now = own?.variants[candidate]
  if (own === undefined || now === undefined || before === null) return { beside, after: null }
  const variants = { [candidate]: now, [baseline]: before }
  return {
    beside,
    after: { ...statistics, phases: [{ ...own, weights: { [candidate]: 1, [baseline]: 1 }, variants }] },
  }
}

/** What a variant did in several phases, as if they had been one; null: nobody had it. */
function ofAllPhases(phases: readonly PhaseStatistics[], variant: string): VariantStatistics | null {
  const parts = phases.flatMap(({ variants }) => variants[variant] ?? [])
  const names = new Set(parts.flatMap(({ metrics }) => Object.keys(metrics)))
  if (parts.length === 0) return null
  return {
    units: parts.reduce((sum, { units }) => sum + units, 0),
    exchanges: parts.reduce((sum, { exchanges }) => sum + exchanges, 0),
    metrics: Object.fromEntries(
      Array.from(names, (name) => {
        const found = parts.flatMap(({ metrics }) => metrics[name] ?? [])
        const sketches = found.flatMap(({ sketch }) => (sketch === null ? [] : [sketch]))
        return [
          name,
          {
            moments: found.map(({ moments }) => moments).reduce(mergeMoments),
            sketch: sketches.length === 0 ? null : sketches.reduce(addCounts),
          },
        ]
      }),
    ),
  }
}

function addCounts(left: SketchCounts, right: SketchCounts): SketchCounts {
  const sum = { ...left }
  for (const [bucket, count] of Object.entries(right)) sum[bucket] = (sum[bucket] ?? 0) + count
  return sum
}
