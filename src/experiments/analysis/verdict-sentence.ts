import type { ExperimentState } from '../../contract/experiment-results.ts'
import { alwaysValidInterval, type Effect, fixedInterval } from './effect.ts'
import { type GuardrailCheck, harmTuning } from './guardrail-checks.ts'
import type { Look, LookedAt } from './look.ts'
import { effectPlannedFor } from './planning.ts'
import type { Interval } from './proportions.ts'
import { count, differenceText, its, listed, metricValue, quoted, share } from './sentences.ts'
import { fixedAlpha, sequentialAlpha } from './stopping.ts'

/** The verdict in one sentence for people, with the figures that matter. */
export function sentenceOf(look: Look, state: ExperimentState, winner: string | null): string {
  switch (state) {
    case 'winner':
      return winner === null ? '' : winnerSentence(look, winner)
    case 'harmful':
      return harmfulSentence(look)
    case 'broken_split':
      return brokenSentence(look)
    case 'no_difference':
      return smallSentence(look)
    case 'inconclusive':
      return openSentence(look)
    case 'collecting':
      return collectingSentence(look)
  }
}

function winnerSentence(look: Look, name: string): string {
  const guarded = (look.guardrails.get(name) ?? []).length > 0
  return `${quoted(name)} wins: ${comparedClause(look, look.primary, name)}${guarded ? ', and no guardrail metric is worse' : ''}.`
}

/** `its success rate is 91.2 % against 88.0 % of `control` (+3.2 points, 1.4 to 5.0)`; `interval` null: without one. */
function comparedClause(look: Look, { cells, effects }: LookedAt, name: string, interval?: Interval | null): string {
  const effect = effects.get(name)
  const { facts } = cells
  if (effect === null || effect === undefined) return `${its(facts)} was not measured`
  const of = (mean: number) => metricValue(facts, cells.name, mean)
  const known = interval === undefined ? intervalNow(look, name, effect) : interval
  const difference = differenceText(facts, effect.difference, known)
  return `${its(facts)} is ${of(effect.treatment.mean)} against ${of(effect.control.mean)} of ${quoted(look.control)} (${difference})`
}

/**
 * The interval that the decision rests on: that of the one test once its time has come, else the one that always holds. Those of
 * all variants hold together.
 */
function intervalNow(look: Look, name: string, effect: Effect): Interval | null {
  const alpha = look.input.body.alpha / look.treatments.length
  return look.isFinal && look.findings.get(name)?.by === 'fixed'
    ? fixedInterval(effect, fixedAlpha(alpha))
    : alwaysValidInterval(effect, sequentialAlpha(alpha), look.tuning(name))
}

function harmfulSentence(look: Look): string {
  return `${harmClauses(look).join('; ')}.`
}

/** `warm` does harm, and by what that is shown: of each variant that does. */
function harmClauses(look: Look): readonly string[] {
  return Array.from(look.harms, ([name, { check, evidenceP }]) => {
    if (check !== null) {
      const interval = check.effect === null ? null : guardrailInterval(look, name, check.effect)
      return `${quoted(name)} does harm: ${comparedClause(look, check.metric, name, interval)}, more than its margin allows`
    }
    // An interval that relies on many events would not be exact where there are few.
    if (evidenceP === null) return `${quoted(name)} does harm: ${comparedClause(look, look.primary, name)}`
    const chance = share(Math.max(evidenceP, 1e-4))
    return `${quoted(name)} does harm: ${comparedClause(look, look.primary, name, null)}, which chance alone does in fewer than ${chance} of experiments`
  })
}

/** Narrowest where harm is looked for. */
function guardrailInterval({ input, treatments, tuning }: Look, name: string, effect: Effect): Interval | null {
  const alpha = sequentialAlpha(input.body.alpha) / treatments.length
  return alwaysValidInterval(effect, alpha, harmTuning(tuning(name)))
}

/** What is to be added to a sentence about the others. */
function besides(look: Look): string {
  return look.harms.size === 0 ? '' : `; ${harmClauses(look).join('; ')}`
}

function brokenSentence({ sampleRatio: { expected, observed } }: Look): string {
  const all = Object.values(observed).reduce((sum, units) => sum + units, 0)
  const off = Object.keys(observed).sort(
    (one, other) =>
      Math.abs((observed[other] ?? 0) - (expected[other] ?? 0)) - Math.abs((observed[one] ?? 0) - (expected[one] ?? 0)),
  )[0]
  if (off === undefined) return 'Units are not divided as the weights say, so nothing is decided.'
  const wanted = Math.round(expected[off] ?? 0)
  return `Units are not divided as the weights say: ${quoted(off)} has ${count(observed[off] ?? 0)} of ${count(all)} where about ${wanted.toLocaleString('en-US')} were expected, so something loses or adds units of one variant, and nothing is decided.`
}

function smallSentence(look: Look): string {
  const planned = effectPlannedFor(look.input.body)
  const aim = planned === null ? 'than this experiment can find' : `than the ${share(planned)} that were looked for`
  return `No difference that matters after ${count(look.units)}: ${differences(look)}, which is less ${aim}${besides(look)}.`
}

function openSentence(look: Look): string {
  const { input, units, primary, floors, isFinal } = look
  if (input.status === 'stopped' && (floors.waiting || !isFinal)) return stoppedSentence(look)
  const isShort = (name: string) => floors.short.has(look.control) || floors.short.has(name)
  const others = unharmed(look)
  const good = primary.cells.direction === 'increase' ? 'higher' : 'lower'
  const almost = others.find((name) => look.findings.get(name)?.side === good && !isShort(name))
  if (almost === undefined) {
    const open =
      floors.missing.length > 0 && others.some(isShort)
        ? `and that is too little to test by: ${listed(floors.missing)}; plan for more units in a new experiment, or choose a metric that varies more`
        : 'which leaves open which is better'
    return `Inconclusive after ${count(units)}: ${differences(look)}, ${open}${besides(look)}.`
  }
  const open = (look.guardrails.get(almost) ?? []).filter(({ nonInferior }) => nonInferior !== true)
  return `Inconclusive after ${count(units)}: of ${quoted(almost)} ${comparedClause(look, primary, almost)}, but ${openClause(open)}${besides(look)}.`
}

function stoppedSentence(look: Look): string {
  const { units, primary } = look
  return units === 0
    ? `Inconclusive: it was stopped before any unit had a value of ${quoted(primary.cells.name)}${besides(look)}.`
    : `Inconclusive after ${count(units)}, because it was stopped before anything was certain: ${differences(look)}${besides(look)}.`
}

/** The treatments that are not shown to do harm. */
function unharmed({ treatments, harms }: Look): readonly string[] {
  return treatments.filter((name) => !harms.has(name))
}

function openClause(open: readonly GuardrailCheck[]): string {
  const unmeasured = open.filter(({ nonInferior }) => nonInferior === null)
  const names = (checks: readonly GuardrailCheck[]) => listed(checks.map(({ metric }) => quoted(metric.cells.name)))
  return unmeasured.length > 0
    ? `too little of ${names(unmeasured)} was measured to rule out harm`
    : `${names(open)} may be worse than the margin allows`
}

function differences(look: Look): string {
  const { cells, effects } = look.primary
  const parts = unharmed(look).map((name) => {
    const effect = effects.get(name)
    return effect === null || effect === undefined
      ? `${cells.facts.label} of ${quoted(name)} was not measured`
      : `${cells.facts.label} of ${quoted(name)} is ${metricValue(cells.facts, cells.name, effect.treatment.mean)} against ${metricValue(cells.facts, cells.name, effect.control.mean)} of ${quoted(look.control)} (${differenceText(cells.facts, effect.difference, intervalNow(look, name, effect))})`
  })
  return listed(parts)
}

function collectingSentence(look: Look): string {
  const { input, floors, units, primary } = look
  if (floors.waiting) return `Collecting: ${listed(floors.missing)}${besides(look)}.`
  const { plannedUnits } = input
  if (plannedUnits === null) {
    return `Collecting: how many units are needed is not known yet, because too little of ${quoted(primary.cells.name)} was measured or it never varies; one that is started with \`planned_units\` ends all the same${besides(look)}.`
  }
  const promising = unharmed(look).filter((name) => look.findings.get(name)?.side !== null)
  const open =
    promising.length === 0
      ? 'nothing is certain yet'
      : `${listed(promising.map(quoted))} differs, but the guardrail metrics are not certain yet`
  return `Collecting: ${units.toLocaleString('en-US')} of ${count(plannedUnits)}, and ${open}${besides(look)}.`
}
