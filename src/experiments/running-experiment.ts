import type { JsonObject } from '../core/json.ts'
import type { ExperimentValue, PhaseValue } from '../snapshot/change.ts'
import { type Split, splitOf } from './split.ts'
import { type TargetingRule, compileTargeting } from './targeting.ts'
import { type UnitFilter, requireUnitFilter, unitFilterFromBase64 } from './unit-filter.ts'

/** What a variant changes; null: nothing of that. */
export interface RunningVariant {
  readonly name: string
  /** null: the version that the default label means. */
  readonly version: number | null
  readonly model: string | null
  readonly parameters: JsonObject | null
}

export interface RunningPhase {
  /** From 1. */
  readonly number: number
  readonly split: Split
}

/** A phase whose units keep what it gave them. */
export interface EndedPhase extends RunningPhase {
  /** Whether a unit, by its digest, was assigned by its end. */
  has(digest: string): boolean
}

/** An experiment or a rollout that runs, ready to assign. The same object as long as nothing of it changes. */
export interface RunningExperiment {
  readonly value: ExperimentValue
  readonly slug: string
  readonly kind: ExperimentValue['kind']
  /** In their order. */
  readonly variants: readonly RunningVariant[]
  readonly variantsByName: ReadonlyMap<string, RunningVariant>
  /** By unit. */
  readonly overrides: ReadonlyMap<string, RunningVariant>
  readonly headerOverride: boolean
  readonly targeting: TargetingRule | null
  /** Share of units that no experiment with a holdout takes; 0: this one has none. */
  readonly holdout: number
  readonly namespace: ExperimentValue['body']['namespace'] | null
  /** Each request is a unit of its own. */
  readonly perRequest: boolean
  /** In their order, only those that remember their units. */
  readonly ended: readonly EndedPhase[]
  /** The phase that goes on. */
  readonly current: RunningPhase
}

/**
 * Makes an experiment ready to assign. Units of ended phases are unpacked at the first request that needs them.
 *
 * @throws Error when it has no phase, or one whose remembered units are damaged.
 */
export function compileExperiment(value: ExperimentValue): RunningExperiment {
  const { body, kind, phases, slug } = value
  const last = phases.at(-1)
  if (last === undefined) throw new Error(`Experiment \`${slug}\` runs and has no phase.`)
  const variants = body.variants.map(({ name, version = null, model = null, parameters = null }): RunningVariant => ({
    name,
    version,
    model,
    parameters,
  }))
  const variantsByName = new Map(variants.map((variant) => [variant.name, variant]))
  const overrides = Object.entries(body.overrides ?? {}).flatMap(([unit, name]) => {
    const variant = variantsByName.get(name)
    return variant === undefined ? [] : [[unit, variant] as const]
  })
  return {
    value,
    slug,
    kind,
    variants,
    variantsByName,
    overrides: new Map(overrides),
    headerOverride: body.header_override,
    targeting: body.targeting === undefined ? null : compileTargeting(body.targeting),
    holdout: body.holdout ?? 0,
    namespace: body.namespace ?? null,
    perRequest: body.unit === 'request',
    // Each step of a rollout moves units on, in one direction: what they had before does not count.
    ended: kind === 'rollout' ? [] : phases.slice(0, -1).flatMap((phase) => endedPhase(value, phase)),
    current: runningPhase(value, last),
  }
}

/** The order in which experiments of a prompt are asked: the older first, rollouts after all others. */
export function compareExperiments(left: RunningExperiment, right: RunningExperiment): number {
  if (left.kind !== right.kind) return left.kind === 'rollout' ? 1 : -1
  return left.value.startedAt - right.value.startedAt || (left.slug < right.slug ? -1 : 1)
}

function runningPhase({ body, seed }: ExperimentValue, phase: PhaseValue): RunningPhase {
  const weights = body.variants.map(({ name }) => (Object.hasOwn(phase.weights, name) ? (phase.weights[name] ?? 0) : 0))
  return {
    number: phase.number,
    split: splitOf({ seed, traffic: body.traffic, weights, hashing: body.hashing }),
  }
}

function endedPhase(value: ExperimentValue, phase: PhaseValue): EndedPhase[] {
  const { units } = phase
  if (units === null) return []
  requireUnitFilter(units)
  let filter: UnitFilter | null = null
  return [
    {
      ...runningPhase(value, phase),
      has: (digest) => (filter ??= unitFilterFromBase64(units)).has(digest),
    },
  ]
}
