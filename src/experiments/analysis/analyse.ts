import type { ExperimentDecision, ExperimentResults, ExperimentState } from '../../contract/experiment-results.ts'
import { type AnalysisInput, exposedUnits, type Look, lookAt } from './look.ts'
import { metricResults } from './metric-results.ts'
import { notesOf } from './notes.ts'
import { detectableEffect, effectPlannedFor } from './planning.ts'
import { unitsOf } from './sample-ratio.ts'
import { decisionOf, type Verdict, verdictOf } from './verdict.ts'

export type { AnalysisInput } from './look.ts'
export { baselineOf, plannedUnitsOf } from './planning.ts'

/** What an experiment says of itself now: the one object for the API, the dashboard and the decision. Pure, and quick. */
export function analyse(input: AnalysisInput): ExperimentResults {
  const look = lookAt(input)
  const verdict = verdictOf(look)
  const { decision, body, statistics } = input
  const { state, sentence, winner } = decision ?? verdict
  return {
    experiment: input.slug,
    prompt: input.prompt,
    status: input.status,
    state,
    sentence,
    winner,
    control: look.control,
    decision,
    looked_at: timeOf(input.now),
    variants: Object.fromEntries(
      body.variants.map(({ name }) => [name, { ...seenOf(look, name), state: stateOf(look, verdict, name) }]),
    ),
    metrics: [...metricResults(look)],
    sample_ratio: {
      expected: { ...look.sampleRatio.expected },
      observed: { ...look.sampleRatio.observed },
      p_value: look.sampleRatio.p,
      broken: look.sampleRatio.isBroken,
    },
    excluded: { ...statistics.excluded },
    floors: { met: look.floors.met, missing: [...look.floors.missing] },
    plan: planOf(look),
    phases: statistics.phases.map((phase, at) => ({
      number: phase.number,
      started_at: timeOf(phase.startedAt),
      weights: { ...phase.weights },
      units: { ...unitsOf(phase) },
      sample_ratio_p_value: look.sampleRatio.phases[at] ?? null,
    })),
    notes: [...notesOf(look, planOf(look))],
  }
}

/**
 * What is to be decided now; null: go on collecting. Also null while the split is broken, because what is wrong there is not for a
 * verdict, and for an experiment that is stopped or was decided before.
 *
 * @param results what `analyse` made of the same input.
 */
export function decide(results: ExperimentResults, input: AnalysisInput): ExperimentDecision | null {
  if (input.decision !== null || results.state === 'collecting' || results.state === 'broken_split') return null
  const look = lookAt(input)
  return decisionOf(verdictOf(look), look)
}

function seenOf({ input }: Look, name: string): { units: number; exchanges: number } {
  const found = input.statistics.phases.flatMap(({ variants }) =>
    Object.hasOwn(variants, name) ? (variants[name] ?? []) : [],
  )
  return {
    units: found.reduce((sum, { units }) => sum + units, 0),
    exchanges: found.reduce((sum, { exchanges }) => sum + exchanges, 0),
  }
}

function stateOf({ control, input }: Look, verdict: Verdict, name: string): ExperimentState | 'control' {
  if (name === control) return 'control'
  const now = verdict.variants.get(name) ?? 'collecting'
  const { decision } = input
  if (decision === null) return now
  if (decision.winner === name) return 'winner'
  // The one that was chosen stands: another does not become a second winner by what comes later.
  if (now === 'winner' || now === 'collecting') return decision.state === 'winner' ? 'inconclusive' : decision.state
  return now
}

function planOf(look: Look): ExperimentResults['plan'] {
  const { input, units } = look
  const { body, plannedUnits } = input
  return {
    alpha: body.alpha,
    power: body.power,
    minimum_detectable_effect: effectPlannedFor(body),
    planned_units: plannedUnits,
    units,
    progress: plannedUnits === null ? null : look.isFinal ? 1 : units / plannedUnits,
    detectable_effect_now: detectableNow(look),
    expected_end: expectedEnd(look),
  }
}

/** Of the variant that is known least. */
function detectableNow({ primary, treatments, input }: Look): number | null {
  const known = (mean: { mean: number; variance: number }) => ({ ...mean, units: 1 })
  const found = treatments.flatMap((name) => {
    const effect = primary.effects.get(name)
    if (effect === null || effect === undefined || !(effect.error > 0)) return []
    const sides = { control: known(effect.control), treatment: known(effect.treatment) }
    return detectableEffect(input.body, sides, treatments.length) ?? []
  })
  return found.length === 0 ? null : Math.max(...found)
}

/** If units go on coming as they came so far. */
function expectedEnd({ input, units, isFinal }: Look): string | null {
  const { plannedUnits, startedAt, now, status, decision } = input
  if (plannedUnits === null || startedAt === null || decision !== null || status !== 'running') return null
  if (isFinal || units === 0 || now <= startedAt || exposedUnits(input.statistics) === 0) return null
  const end = now + ((plannedUnits - units) * (now - startedAt)) / units
  // What lies beyond all calendars is not worth a date.
  return end - now > mostAheadMs ? null : timeOf(end)
}

const mostAheadMs = 100 * 365 * 86_400_000

function timeOf(at: number): string {
  return new Date(at).toISOString()
}
