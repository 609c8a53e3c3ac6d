import type { ExperimentResults } from '../../contract/experiment-results.ts'
import { exposedUnits, type Look, unitsIn } from './look.ts'
import { effectPlannedFor } from './planning.ts'
import { count, listed, quoted, share } from './sentences.ts'

/** What one should know before believing the figures: sentences, the gravest first. */
export function notesOf(look: Look, plan: ExperimentResults['plan']): readonly string[] {
  return [
    ...brokenAfterDecision(look),
    ...excludedNotes(look),
    ...unmeasuredNotes(look),
    ...planNotes(look, plan),
    ...pastNotes(look),
    ...phaseNotes(look),
  ]
}

function brokenAfterDecision({ input, sampleRatio }: Look): readonly string[] {
  return input.decision !== null && sampleRatio.isBroken
    ? [
        'Since the decision units are not divided as the weights say any more; the figures that came after it may be wrong.',
      ]
    : []
}

const manyExcluded = 0.2

function excludedNotes({ input }: Look): readonly string[] {
  const { excluded, phases } = input.statistics
  const counted = phases
    .flatMap(({ variants }) => Object.values(variants))
    .reduce((sum, { exchanges }) => sum + exchanges, 0)
  const unsticky = excluded['unsticky'] ?? 0
  if (unsticky === 0 || unsticky < manyExcluded * (unsticky + counted)) return []
  return [
    `${share(unsticky / (unsticky + counted))} of the exchanges named nobody and are kept out: send \`x-assignment-key\`, \`user\` or another name of whom they are for.`,
  ]
}

function unmeasuredNotes({ metrics, treatments, input, primary }: Look): readonly string[] {
  if (exposedUnits(input.statistics) === 0) return []
  const missing = metrics.filter(({ effects }) => treatments.some((name) => (effects.get(name) ?? null) === null))
  const names = missing.map(({ cells }) => quoted(cells.name))
  const notes = names.length === 0 ? [] : [`Not measured, or too little: ${listed(names)}.`]
  const [all, measured] = [exposedUnits(input.statistics), unitsIn(primary.cells)]
  return measured > 0 && measured < mostMeasured * all
    ? [
        ...notes,
        `Only ${count(measured)} of ${all.toLocaleString('en-US')} have a value of ${quoted(primary.cells.name)}; the plan counts those.`,
      ]
    : notes
}

/** From here on nobody has to be told that the others are missing. */
const mostMeasured = 0.9
const manyDays = 60
const dayMs = 86_400_000

function planNotes(
  { input, primary, control }: Look,
  { expected_end: end }: ExperimentResults['plan'],
): readonly string[] {
  const notes: string[] = []
  const effect = effectPlannedFor(input.body)
  const mean = primary.cells.measured.get(control)?.spread.mean
  if (effect !== null && primary.cells.facts.kind === 'rate' && mean !== undefined && mean > 0) {
    const isUp = primary.cells.direction === 'increase'
    if (isUp && mean * (1 + effect) >= 1) {
      notes.push(
        `An improvement of ${share(effect)} is not possible from ${share(mean)}: this finds large losses only. Set a smaller \`minimum_detectable_effect\`.`,
      )
    }
  }
  const days = end === null ? 0 : (Date.parse(end) - input.now) / dayMs
  if (days > manyDays) {
    notes.push(
      `At this traffic it takes ${count(Math.ceil(days), 'more day')}: allow more of it, or look for a larger effect.`,
    )
  }
  return notes
}

function pastNotes({ primary }: Look): readonly string[] {
  const { preUnits, reduction, facts } = primary.cells
  // A ratio is not adjusted, however many there are.
  return facts.kind !== 'ratio' && preUnits > 0 && reduction === null && preUnits < 100
    ? [`Only ${count(preUnits)} did something before the experiment began: too few to make the comparison sharper.`]
    : []
}

function phaseNotes({ input }: Look): readonly string[] {
  const { length } = input.statistics.phases
  return length > 1
    ? [`The split changed: ${length} phases are compared each within itself and then put together.`]
    : []
}
