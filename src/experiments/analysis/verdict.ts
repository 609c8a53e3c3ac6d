import type { ExperimentDecision, ExperimentState } from '../../contract/experiment-results.ts'
import { alwaysValidLeast, type Effect, fixedInterval } from './effect.ts'
import type { Look } from './look.ts'
import { detectableEffect, effectPlannedFor } from './planning.ts'
import { fixedAlpha, sequentialAlpha } from './stopping.ts'
import { sentenceOf } from './verdict-sentence.ts'

/** What is to be said of an experiment as a whole, and of each variant. */

export interface Judged {
  readonly state: ExperimentState
  readonly winner: string | null
  /** By treatment. */
  readonly variants: ReadonlyMap<string, ExperimentState>
}

export interface Verdict extends Judged {
  readonly by: 'sequential' | 'fixed'
  readonly sentence: string
}

export function verdictOf(look: Look): Verdict {
  const judged = judge(look)
  const { state, winner } = judged
  return { ...judged, by: byOf(look, state, winner), sentence: sentenceOf(look, state, winner) }
}

/**
 * In this order: a broken split suppresses all; then harm, which waits for no floor; below the floors nothing else is decided; then
 * the primary metric and the guardrail metrics. Without planned units only harm is decided.
 */
export function judge(look: Look): Judged {
  const all = (state: ExperimentState) => new Map(look.treatments.map((name) => [name, state] as const))
  if (look.sampleRatio.isBroken) return { state: 'broken_split', winner: null, variants: all('broken_split') }
  const variants = new Map(look.treatments.map((name) => [name, ofStopped(look, stateOf(look, name))] as const))
  const winner = bestWinner(look, variants)
  return { state: winner === null ? overall(variants) : 'winner', winner, variants }
}

/** Of an experiment that was stopped before anything was decided, nothing more will come. */
function ofStopped({ input }: Look, state: ExperimentState): ExperimentState {
  return state === 'collecting' && input.status === 'stopped' ? 'inconclusive' : state
}

function stateOf(look: Look, name: string): ExperimentState {
  const { primary, input, isFinal, floors } = look
  if (look.harms.has(name)) return 'harmful'
  if (floors.waiting || input.plannedUnits === null) return 'collecting'
  const good = primary.cells.direction === 'increase' ? 'higher' : 'lower'
  const isShort = floors.short.has(look.control) || floors.short.has(name)
  if (!isShort && look.findings.get(name)?.side === good) {
    const isSafe = (look.guardrails.get(name) ?? []).every(({ nonInferior }) => nonInferior === true)
    return isSafe ? 'winner' : isFinal ? 'inconclusive' : 'collecting'
  }
  if (!isFinal) return 'collecting'
  const effect = primary.effects.get(name) ?? null
  // The interval of two shares holds for few events too; no other one does.
  const isKnown = effect !== null && (!isShort || effect.shares !== null)
  return isKnown && isSmall(look, effect) ? 'no_difference' : 'inconclusive'
}

/** Whether the effect is shown to be smaller than the one that the experiment looked for. */
function isSmall({ input, treatments, primary }: Look, effect: Effect): boolean {
  const { body } = input
  // Every unit of both sides has the same value; of a rate only that the other one is seldom.
  if (primary.cells.facts.kind !== 'rate' && !(effect.error > 0)) return effect.difference === 0
  const interval = fixedInterval(effect, fixedAlpha(body.alpha) / treatments.length)
  const known = (mean: { mean: number; variance: number }) => ({ ...mean, units: 1 })
  const planned =
    effectPlannedFor(body) ??
    detectableEffect(body, { control: known(effect.control), treatment: known(effect.treatment) }, treatments.length)
  if (interval === null || planned === null) return false
  const bound = planned * Math.abs(effect.control.mean)
  return interval[0] > -bound && interval[1] < bound
}

/** The winner that is better by the most, as far as is sure. */
function bestWinner(look: Look, variants: ReadonlyMap<string, ExperimentState>): string | null {
  const { primary, input } = look
  const alpha = sequentialAlpha(input.body.alpha)
  let best: { name: string; least: number } | null = null
  for (const [name, state] of variants) {
    const effect = primary.effects.get(name)
    if (state !== 'winner' || effect === null || effect === undefined) continue
    const least = alwaysValidLeast(effect, primary.cells.direction === 'increase', alpha, look.tuning(name))
    if (best === null || least > best.least) best = { name, least }
  }
  return best?.name ?? null
}

/** Of variants of which none has won: what is still open goes before what is settled. */
function overall(variants: ReadonlyMap<string, ExperimentState>): ExperimentState {
  const states = [...variants.values()]
  if (states.every((state) => state === 'harmful')) return 'harmful'
  if (states.includes('collecting')) return 'collecting'
  return states.includes('inconclusive') ? 'inconclusive' : 'no_difference'
}

function byOf(look: Look, state: ExperimentState, winner: string | null): 'sequential' | 'fixed' {
  if (winner !== null) return look.findings.get(winner)?.by ?? 'fixed'
  if (state !== 'harmful') return look.isFinal ? 'fixed' : 'sequential'
  return [...look.harms.values()].some(({ by }) => by === 'fixed') ? 'fixed' : 'sequential'
}

/** The decision that a verdict is; null: nothing is decided, because units are still collected or the split is broken. */
export function decisionOf(verdict: Verdict, look: Look): ExperimentDecision | null {
  const { state, winner, sentence, by } = verdict
  if (state === 'collecting' || state === 'broken_split' || look.input.status === 'stopped') return null
  return { at: new Date(look.input.now).toISOString(), state, winner, sentence, by, units: look.units }
}
