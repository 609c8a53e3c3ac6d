import {
  controlOf,
  defaultRolloutSteps,
  type ExperimentBody,
  type RolloutSettings,
} from '../contract/experiment-body.ts'
import type { ExperimentStatistics } from './statistics.ts'

/** What becomes of a rollout now. Pure: the job that asks writes it down. */

export interface RolloutStanding {
  readonly body: Pick<ExperimentBody, 'variants' | 'control' | 'rollout'>
  readonly status: 'running' | 'paused'
  /** Number of the phase that goes on. */
  readonly phase: number
  /** From 0. */
  readonly step: number
  /** Milliseconds since 1970. */
  readonly stepStartedAt: number
  readonly version: number
  readonly fromVersion: number
  readonly label: string
  readonly statistics: ExperimentStatistics
  readonly now: number
}

/** What was found when the new version was held against the one before: `harmOfStanding`. */
export interface FoundHarm {
  readonly harmed: boolean
  readonly metric: string | null
  /** Which metric, and by how much. */
  readonly sentence: string
}

/** The sentence of each is said to people and kept with the rollout; that of `stay` counts what is missing as of now. */
export type RolloutMove =
  | { readonly to: 'stay'; readonly sentence: string }
  | {
      readonly to: 'next'
      readonly step: number
      readonly weights: Readonly<Record<string, number>>
      readonly sentence: string
    }
  /** Everybody has it, and nothing came of that: the label may move. */
  | { readonly to: 'complete'; readonly sentence: string }
  | { readonly to: 'roll_back'; readonly metric: string | null; readonly sentence: string }

const hourMs = 3_600_000

/** How a rollout goes, with what its body leaves out. */
export function rolloutSettingsOf({ rollout }: Pick<ExperimentBody, 'rollout'>): RolloutSettings {
  return rollout ?? { steps: [...defaultRolloutSteps], hours_per_step: 1, units_per_step: 100 }
}

/** The variant with the new version, and the one with the version before. */
export function sidesOf(body: Pick<ExperimentBody, 'variants' | 'control'>): {
  readonly candidate: string
  readonly baseline: string
} {
  const baseline = controlOf(body)
  return { baseline, candidate: body.variants.find(({ name }) => name !== baseline)?.name ?? 'new' }
}

/** Weights at a step: its share for the new version, the rest for the one before. */
export function weightsAtStep(
  body: Pick<ExperimentBody, 'variants' | 'control' | 'rollout'>,
  step: number,
): Readonly<Record<string, number>> {
  const { candidate, baseline } = sidesOf(body)
  const share = shareAt(body, step)
  return { [candidate]: share, [baseline]: 100 - share }
}

/** What is said of a rollout that has come to a step and stays there for now: without figures that change. */
export function sentenceAtStep(
  body: Pick<ExperimentBody, 'variants' | 'control' | 'rollout'>,
  step: number,
  { version, label }: { readonly version: number; readonly label: string },
): string {
  const { steps, hours_per_step: hours, units_per_step: units } = rolloutSettingsOf(body)
  const next = steps[step + 1]
  const then = next === undefined ? `the label \`${label}\` moves to it` : `${next} % follow`
  const conditions = [
    ...(hours > 0 ? [`that has been so for ${hoursText(hours)}`] : []),
    ...(units > 0 ? [`${unitsText(units)} had it`] : []),
  ]
  const when = conditions.length === 0 ? 'with the next look' : `when ${conditions.join(' and ')}`
  return `${shareText(shareAt(body, step))} version ${version}; ${then} ${when} without harm.`
}

/**
 * The next move of a rollout. Harm goes before all else, also while it is paused; one that is paused does nothing besides.
 * `harm` is what `harmOfStanding` found.
 */
export function advanceRollout(standing: RolloutStanding, harm: FoundHarm): RolloutMove {
  if (harm.harmed) return { to: 'roll_back', metric: harm.metric, sentence: wayBack(standing, harm) }
  const { body, step, status, version, label } = standing
  if (status === 'paused') {
    return { to: 'stay', sentence: `Paused at step ${step + 1}: everybody has version ${standing.fromVersion}.` }
  }
  const waits = missingAtStep(standing)
  const { steps } = rolloutSettingsOf(body)
  const following = steps[step + 1]
  if (waits.length > 0) {
    const then = following === undefined ? `The label \`${label}\` moves` : `${following} % follow`
    return {
      to: 'stay',
      sentence: `${shareText(shareAt(body, step))} version ${version}. ${then} after ${waits.join(' and ')}.`,
    }
  }
  if (following === undefined) {
    return { to: 'complete', sentence: `Every step went without harm${unwatchedClause(standing)}.` }
  }
  return {
    to: 'next',
    step: step + 1,
    weights: weightsAtStep(body, step + 1),
    sentence: sentenceAtStep(body, step + 1, standing),
  }
}

/** Whether at this step nobody has the version before any more, so that it is compared with how that did earlier. */
export function comparesWithBefore({ body, step }: Pick<RolloutStanding, 'body' | 'step'>): boolean {
  return shareAt(body, step) >= 100
}

/** Units that had the new version, in the phase that goes on and in all. */
export function affectedUnits({ body, phase, statistics }: Pick<RolloutStanding, 'body' | 'phase' | 'statistics'>): {
  readonly now: number
  readonly most: number
} {
  const { candidate } = sidesOf(body)
  const units = statistics.phases.map((each) => ({
    number: each.number,
    units: each.variants[candidate]?.units ?? 0,
  }))
  return {
    now: units.find(({ number }) => number === phase)?.units ?? 0,
    most: units.reduce((sum, each) => sum + each.units, 0),
  }
}

/** What keeps the rollout at its step: clauses; empty: nothing. */
function missingAtStep(standing: RolloutStanding): readonly string[] {
  const { hours_per_step: hours, units_per_step: units } = rolloutSettingsOf(standing.body)
  const left = hours - (standing.now - standing.stepStartedAt) / hourMs
  const had = affectedUnits(standing).now
  return [
    ...(left > 0 ? [`${hoursText(Math.ceil(left * 100) / 100)} more`] : []),
    ...(had < units ? [`${unitsText(units - had)} more`] : []),
  ]
}

function wayBack(standing: RolloutStanding, harm: FoundHarm): string {
  const { body, step, fromVersion, version } = standing
  const { most } = affectedUnits(standing)
  const compared = comparesWithBefore(standing)
    ? ' At 100 % nobody had the version before any more, so that this is compared with how it did at the earlier steps.'
    : ''
  const sentence = harm.sentence.trim().replace(/^The /, 'the ')
  const found = sentence.endsWith('.') ? sentence : `${sentence}.`
  return `Version ${version} was taken back at ${shareAt(body, step)} %, everybody has version ${fromVersion} again: ${found} At most ${unitsText(most)} had it.${compared}`
}

function unwatchedClause({ body, phase, statistics }: RolloutStanding): string {
  const { baseline } = sidesOf(body)
  const isCompared = statistics.phases.some(
    ({ number, variants }) => number <= phase && (variants[baseline]?.units ?? 0) > 0,
  )
  return isCompared ? '' : ', but nobody had the version before, so that there was nothing to compare with'
}

function shareAt(body: Pick<ExperimentBody, 'rollout'>, step: number): number {
  const { steps } = rolloutSettingsOf(body)
  return steps[Math.min(step, steps.length - 1)] ?? 100
}

const shareText = (share: number): string => (share >= 100 ? 'All units get' : `${share} % of the units get`)
const hoursText = (hours: number): string => `${hours} ${hours === 1 ? 'hour' : 'hours'}`
const unitsText = (units: number): string => `${units} ${units === 1 ? 'unit' : 'units'}`
