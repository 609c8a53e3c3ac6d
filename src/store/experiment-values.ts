import type { ExperimentBody } from '../contract/experiment-body.ts'
import type { JsonValue } from '../core/json.ts'
import { type FoldedCell, type FoldedTotals, noTotals } from '../experiments/fold.ts'
import {
  type ExperimentStatistics,
  type MetricMoments,
  noMoments,
  type PhaseStatistics,
} from '../experiments/statistics.ts'
import { canonicalJson } from '../prompts/canonical-json.ts'
import type { ExperimentValue, PhaseValue } from '../snapshot/change.ts'
import type { ExperimentChange, StoredExperiment } from './experiment-port.ts'
import { unstorableText } from './faults.ts'
import { cleanStrings } from './storable-record.ts'

/** What both implementations make of experiments alike. */

/** Throws Fault `invalid_request` for a text that `jsonb` cannot keep: U+0000, or half of a pair of surrogates. */
export function requireStorableExperiment(body: ExperimentBody): void {
  for (const [field, value] of Object.entries(body)) {
    if (cleanStrings(value) !== value) throw unstorableText(field)
  }
}

/** Of a draft that nobody has touched yet. */
export const untouchedDraft = {
  status: 'draft',
  phases: [],
  plannedUnits: null,
  decision: null,
  judgedUsd: 0,
  preparedAt: null,
  nextWeights: null,
  startedAt: null,
  stoppedAt: null,
} as const satisfies Partial<StoredExperiment>

/** Phases as they are kept beside their units. */
export function withoutUnits(phases: readonly PhaseValue[]): readonly PhaseValue[] {
  return phases.map(({ number, startedAt, weights }) => ({ number, startedAt, weights, units: null }))
}

/** The experiment as `change` makes it; not yet who did it and when. */
export function changedExperiment(now: StoredExperiment, change: ExperimentChange): StoredExperiment {
  const { event: _event, reason: _reason, begins: _begins, ...fields } = change
  return { ...now, ...fields, phases: withoutUnits(fields.phases ?? now.phases) }
}

/** Whether requests see it from this change on. */
export function beginsToRun(before: StoredExperiment, after: StoredExperiment): boolean {
  return after.status === 'running' && before.status !== 'running'
}

export function isUnderWay({ status }: Pick<StoredExperiment, 'status'>): boolean {
  return status === 'running' || status === 'paused'
}

/** What requests see of an experiment; null: nothing, because it does not run. */
export function experimentValue(
  { tenantId, slug, kind, status, body, seed, startedAt, phases }: StoredExperiment,
  units: ReadonlyMap<number, Buffer> = new Map(),
): ExperimentValue | null {
  if (status !== 'running' || startedAt === null || phases.length === 0) return null
  const withUnits = phases.map((phase) => ({ ...phase, units: units.get(phase.number)?.toString('base64') ?? null }))
  return { tenantId, slug, kind, body, seed, startedAt, phases: withUnits }
}

/** Whether requests see another experiment afterwards. Units apart. */
export function looksDifferent(before: StoredExperiment, after: StoredExperiment): boolean {
  return jsonOf(experimentValue(before)) !== jsonOf(experimentValue(after))
}

/** In an order of members that does not depend on where it was kept. */
function jsonOf(value: ExperimentValue | null): string {
  return value === null ? '' : canonicalJson(JSON.parse(JSON.stringify(value)) as JsonValue)
}

/** The phases after a new one with the split that waits has begun; null: none waits. */
export function withNextPhase({ phases, nextWeights }: StoredExperiment, now: number): readonly PhaseValue[] | null {
  const last = phases.at(-1)
  if (nextWeights === null || last === undefined) return null
  const startedAt = Math.max(now, last.startedAt)
  return [...withoutUnits(phases), { number: last.number + 1, startedAt, weights: nextWeights, units: null }]
}

/** Phases that have ended and whose units keep what they have: those of an experiment, not the steps of a rollout. */
export function rememberedPhases({ kind, phases }: StoredExperiment): readonly number[] {
  return kind === 'rollout' ? [] : phases.slice(0, -1).map(({ number }) => number)
}

/** The cells of statistics, laid out by phase, variant and metric. */
export function statisticsOf(
  phases: readonly PhaseValue[],
  cells: Iterable<FoldedCell>,
  totals: FoldedTotals | null,
): ExperimentStatistics {
  const variants = new Map<number, Record<string, MutableVariant>>()
  for (const { phase, variant, metric, units, exchanges, moments, sketch } of cells) {
    const ofPhase = variants.get(phase) ?? {}
    variants.set(phase, ofPhase)
    const ofVariant = Object.hasOwn(ofPhase, variant) ? ofPhase[variant] : undefined
    const place = ofVariant ?? { units: 0, exchanges: 0, metrics: {} }
    ofPhase[variant] = place
    if (metric === '') Object.assign(place, { units, exchanges })
    else place.metrics[metric] = { moments: withoutLost(moments), sketch }
  }
  const { excluded, firstAt, lastAt } = totals ?? noTotals
  return {
    phases: phases.map(({ number, startedAt, weights }) => ({
      number,
      startedAt,
      weights,
      variants: variants.get(number) ?? {},
    })),
    excluded,
    firstAt,
    lastAt,
  }
}

/** What rounding took is for whoever counts on, not for whoever reads. */
function withoutLost(kept: FoldedCell['moments']): MetricMoments {
  if (kept === null) return noMoments
  const { lost: _lost, ...moments } = kept
  return moments
}

type Variant = PhaseStatistics['variants'][string]
type MutableVariant = { units: number; exchanges: number; metrics: Record<string, Variant['metrics'][string]> }

/** Most looks that are kept of one experiment; then every second one of the older half goes. */
export const mostLooks = 2000

/** Of so many in their order, those that are shown when at most `most` are: evenly, the last always among them. */
export function isShown(place: number, of: number, most: number): boolean {
  const step = Math.max(1, Math.ceil(of / Math.max(1, most)))
  return (of - 1 - place) % step === 0
}

/** Whether an exchange falls into a sample: by random bits of its id, so that it always does or never. */
export function isSampled(requestId: string, share: number): boolean {
  return Number.parseInt(requestId.slice(-8), 16) < share * 2 ** 32
}
