import type { ExperimentStatistics, PhaseStatistics } from '../statistics.ts'
import { brokenSplitBelow, sampleRatio } from './proportions.ts'

/** Whether units are divided as the weights of each phase would have it. */
export interface SampleRatio {
  /** Units by variant, over all phases. */
  readonly expected: Readonly<Record<string, number>>
  readonly observed: Readonly<Record<string, number>>
  /** By phase, in their order. */
  readonly phases: readonly (number | null)[]
  /** The smallest of the phases. */
  readonly p: number | null
  readonly isBroken: boolean
}

export function sampleRatioOf({ phases }: ExperimentStatistics): SampleRatio {
  // Maps, because a variant may have the name of what every object has.
  const expected = new Map<string, number>()
  const observed = new Map<string, number>()
  const values: (number | null)[] = []
  for (const phase of phases) {
    const whole = weightOf(phase)
    const units = unitsOf(phase)
    values.push(valueOf(phase, units))
    const all = Object.values(units).reduce((sum, each) => sum + each, 0)
    for (const [name, seen] of Object.entries(units)) {
      const weight = phase.weights[name] ?? 0
      expected.set(name, (expected.get(name) ?? 0) + (whole === 0 ? 0 : (all * weight) / whole))
      observed.set(name, (observed.get(name) ?? 0) + seen)
    }
  }
  const tested = values.filter((p) => p !== null)
  const p = tested.length === 0 ? null : Math.min(...tested)
  // Several phases are several chances to be wrong.
  const isBroken = p !== null && p * tested.length < brokenSplitBelow
  return {
    expected: Object.fromEntries(expected),
    observed: Object.fromEntries(observed),
    phases: values,
    p,
    isBroken,
  }
}

/** Below so many units that a variant should have the test calls chance broken: the first unit of one in a hundred would. */
const leastExpected = 10

/** null: too little to tell it by. Units of a variant that nobody should get tell it at once. */
function valueOf(phase: PhaseStatistics, units: Readonly<Record<string, number>>): number | null {
  const names = Object.keys(units)
  const observed = names.map((name) => units[name] ?? 0)
  const weights = names.map((name) => phase.weights[name] ?? 0)
  const tested = sampleRatio(observed, weights)
  if (tested === null || tested.chiSquare === Infinity) return tested?.p ?? null
  const least = Math.min(...weights.filter((weight) => weight > 0)) / weightOf(phase)
  return least * observed.reduce((sum, each) => sum + each, 0) < leastExpected ? null : tested.p
}

/** Exposed units of a phase by variant: of those with a weight, and of any other that has some. */
export function unitsOf({ weights, variants }: PhaseStatistics): Readonly<Record<string, number>> {
  const names = [...new Set([...Object.keys(weights), ...Object.keys(variants)])]
  return Object.fromEntries(names.map((name) => [name, variants[name]?.units ?? 0]))
}

function weightOf({ weights }: PhaseStatistics): number {
  return Object.values(weights).reduce((sum, each) => sum + each, 0)
}
