import { controlOf, type ExperimentBody, type GuardrailMetric } from '../../contract/experiment-body.ts'
import type { ExperimentDecision } from '../../contract/experiment-results.ts'
import type { ExperimentStatistics } from '../statistics.ts'
import { type Effect, effectOf } from './effect.ts'
import { type Floors, floorsOf } from './floors.ts'
import { type GuardrailCheck, guardrailChecks } from './guardrail-checks.ts'
import { pairsOf } from './harm.ts'
import { type MetricCells, metricCells } from './metric-cells.ts'
import { sharesOf } from './planning.ts'
import { type SampleRatio, sampleRatioOf } from './sample-ratio.ts'
import { type Finding, findings } from './stopping.ts'
import { harmOfVariant, type VariantHarm } from './variant-harm.ts'

/** Everything that one look at an experiment finds; results and verdict are told from it. */

export interface AnalysisInput {
  readonly slug: string
  readonly prompt: string
  readonly status: string
  readonly body: ExperimentBody
  readonly statistics: ExperimentStatistics
  /** Of all variants together; null: not known yet. */
  readonly plannedUnits: number | null
  /** What was decided before; it is kept. */
  readonly decision: ExperimentDecision | null
  /** Milliseconds since 1970; null: not started. */
  readonly startedAt: number | null
  readonly now: number
}

export type Role = 'primary' | 'guardrail' | 'secondary'

export interface LookedAt {
  readonly role: Role
  readonly cells: MetricCells
  readonly guardrail: GuardrailMetric | null
  /** By treatment; null: not measured on both sides. */
  readonly effects: ReadonlyMap<string, Effect | null>
}

export interface Look {
  readonly input: AnalysisInput
  readonly control: string
  /** All variants but the control. */
  readonly treatments: readonly string[]
  readonly metrics: readonly LookedAt[]
  readonly primary: LookedAt
  readonly sampleRatio: SampleRatio
  readonly floors: Floors
  /** Units that count towards the planned ones. */
  readonly units: number
  /** The planned units are reached: time for the one test. */
  readonly isFinal: boolean
  readonly tuning: (treatment: string) => number
  readonly findings: ReadonlyMap<string, Finding>
  readonly guardrails: ReadonlyMap<string, readonly GuardrailCheck[]>
  /** Of each treatment that is shown to be worse, what shows it. */
  readonly harms: ReadonlyMap<string, VariantHarm>
}

/** Without a plan the sequence is narrowest here. */
const usualTuning = 1000
/** So large a share of the planned units has to be measured. */
const nearlyAll = 0.9

export function lookAt(input: AnalysisInput): Look {
  const { body, statistics } = input
  const control = controlOf(body)
  const treatments = body.variants.map(({ name }) => name).filter((name) => name !== control)
  const metrics = metricsOf(input, control, treatments)
  const primary = metrics.find(({ role }) => role === 'primary')
  if (primary === undefined) throw new Error('An experiment has a primary metric.')
  const units = unitsIn(primary.cells)
  const isFinal = isPlanReached(input, units)
  const tuning = (treatment: string) => tuningOf(body, input.plannedUnits, treatment)
  const compared = treatments.map((name) => ({ effect: primary.effects.get(name) ?? null, tuning: tuning(name) }))
  const found = findings(compared, body.alpha, isFinal)
  const common = { input, control, treatments, metrics, primary, units, isFinal, tuning }
  const floors = floorsOf(input, primary.cells, isFinal)
  const measured = {
    ...common,
    floors,
    findings: new Map(treatments.map((name, at) => [name, found[at] ?? noFinding])),
    guardrails: new Map(treatments.map((name) => [name, guardrailChecks(common, name)])),
  }
  const harms = treatments.flatMap((name) => {
    const harm = harmOfVariant(measured, name)
    return harm === null ? [] : [[name, harm] as const]
  })
  return { ...measured, sampleRatio: sampleRatioOf(statistics), harms: new Map(harms) }
}

/**
 * The plan counts units with a value of the primary metric: late feedback must not come after the one test. Somebody who set the
 * number meant units that take part, so that a few of them may be without a value.
 */
function isPlanReached({ body, plannedUnits, statistics }: AnalysisInput, measured: number): boolean {
  if (plannedUnits === null || measured >= plannedUnits) return plannedUnits !== null
  if (body.planned_units === undefined) return false
  return exposedUnits(statistics) >= plannedUnits && measured >= nearlyAll * plannedUnits
}

const noFinding: Finding = { side: null, by: 'sequential', p: 1, alwaysValidP: 1 }

/** Each metric once: the primary, guardrail metrics, the others. */
function metricsOf(
  { body, statistics }: AnalysisInput,
  control: string,
  treatments: readonly string[],
): readonly LookedAt[] {
  const asked = new Map<string, { readonly role: Role; readonly guardrail: GuardrailMetric | null }>()
  asked.set(body.primary_metric, { role: 'primary', guardrail: null })
  for (const guardrail of body.guardrail_metrics) {
    if (!asked.has(guardrail.metric)) asked.set(guardrail.metric, { role: 'guardrail', guardrail })
  }
  for (const name of body.secondary_metrics) {
    if (!asked.has(name)) asked.set(name, { role: 'secondary', guardrail: null })
  }
  return Array.from(asked, ([name, { role, guardrail }]) => {
    const cells = metricCells(body, statistics, name)
    const isRate = cells.facts.kind === 'rate'
    const effects = treatments.map((each) => [each, effectOf(pairsOf(cells, each, control), isRate)] as const)
    return { role, guardrail, cells, effects: new Map(effects) }
  })
}

/** Half of what the pair will have seen when the planned units are reached. */
function tuningOf(body: ExperimentBody, planned: number | null, treatment: string): number {
  if (planned === null) return usualTuning
  const shares = sharesOf(body)
  const even = 1 / body.variants.length
  const [own, other] = [shares.get(controlOf(body)) ?? even, shares.get(treatment) ?? even]
  return Math.max(1, (2 * planned * own * other) / (own + other))
}

export function unitsIn({ measured }: MetricCells): number {
  return [...measured.values()].reduce((sum, { moments }) => sum + moments.units, 0)
}

export function exposedUnits({ phases }: ExperimentStatistics): number {
  return phases.flatMap(({ variants }) => Object.values(variants)).reduce((sum, { units }) => sum + units, 0)
}
