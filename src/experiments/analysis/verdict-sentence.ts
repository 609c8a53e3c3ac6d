import type { ExperimentState } from '../../contract/experiment-results.ts'
import { alwaysValidInterval, type Effect, fixedInterval } from './effect.ts'
import type { GuardrailCheck, Look, LookedAt } from './look.ts'
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

/** `its success rate is 91.2 % against 88.0 % of `control` (+3.2 points, 1.4 to 5.0)`. */
function comparedClause(look: Look, { cells, effects }: LookedAt, name: string): string {
  const effect = effects.get(name)
  const { facts } = cells
  if (effect === null || effect === undefined) return `${its(facts)} was not measured`
  const of = (mean: number) => metricValue(facts, cells.name, mean)
  const difference = differenceText(facts, effect.difference, intervalNow(look, name, effect))
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
  const clauses = look.treatments.map((name) => {
    const check = look.guardrails.get(name)?.find(({ harmful }) => harmful)
    return check === undefined
      ? `${quoted(name)} does harm: ${comparedClause(look, look.primary, name)}`
      : `${quoted(name)} does harm: ${comparedClause(look, check.metric, name)}, more than its margin allows`
  })
  return `${clauses.join('; ')}.`
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
  return `No difference that matters after ${count(look.units)}: ${differences(look)}, which is less ${aim}.`
}

function openSentence(look: Look): string {
  const { input, units, treatments, primary } = look
  if (input.status === 'stopped' && !look.isFinal) {
    return `Stopped after ${count(units)}, before anything was certain: ${differences(look)}.`
  }
  const good = primary.cells.direction === 'increase' ? 'higher' : 'lower'
  const almost = treatments.find((name) => look.findings.get(name)?.side === good)
  if (almost === undefined) {
    return `Inconclusive after ${count(units)}: ${differences(look)}, which leaves open which is better.`
  }
  const open = (look.guardrails.get(almost) ?? []).filter(({ nonInferior }) => nonInferior !== true)
  return `Inconclusive after ${count(units)}: of ${quoted(almost)} ${comparedClause(look, primary, almost)}, but ${openClause(open)}.`
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
  const parts = look.treatments.map((name) => {
    const effect = effects.get(name)
    return effect === null || effect === undefined
      ? `${cells.facts.label} of ${quoted(name)} was not measured`
      : `${cells.facts.label} of ${quoted(name)} is ${metricValue(cells.facts, cells.name, effect.treatment.mean)} against ${metricValue(cells.facts, cells.name, effect.control.mean)} of ${quoted(look.control)} (${differenceText(cells.facts, effect.difference, intervalNow(look, name, effect))})`
  })
  return listed(parts)
}

function collectingSentence(look: Look): string {
  const { input, floors, units, primary } = look
  if (!floors.met) return `Collecting: ${listed(floors.missing)}.`
  const { plannedUnits } = input
  if (plannedUnits === null) {
    return `Collecting: how many units are needed is not known yet, because too little of ${quoted(primary.cells.name)} was measured or it never varies.`
  }
  const promising = look.treatments.filter((name) => look.findings.get(name)?.side !== null)
  const open =
    promising.length === 0
      ? 'nothing is certain yet'
      : `${listed(promising.map(quoted))} differs, but the guardrail metrics are not certain yet`
  return `Collecting: ${units.toLocaleString('en-US')} of ${count(plannedUnits)}, and ${open}.`
}
