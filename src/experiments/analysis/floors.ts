import type { ExperimentBody } from '../../contract/experiment-body.ts'
import type { PhaseStatistics } from '../statistics.ts'
import { type MetricCells, unitsKnown } from './metric-cells.ts'
import { count, figure, quoted } from './sentences.ts'

/** Below these nothing is decided: tests are only as exact as they say once there is some of everything. */
export interface Floors {
  readonly met: boolean
  /** What is missing: clauses for people. */
  readonly missing: readonly string[]
}

interface Asked {
  readonly body: ExperimentBody
  readonly statistics: { readonly phases: readonly PhaseStatistics[] }
  readonly startedAt: number | null
  readonly now: number
}

const hourMs = 3_600_000

/**
 * @param isFinal at the planned number of units the successes and failures of a variant are those that it would have if there
 *   were no difference: a variant that does not fail any more could else never win.
 */
export function floorsOf(asked: Asked, primary: MetricCells, isFinal: boolean): Floors {
  const { body, startedAt, now } = asked
  const { units_per_variant: units, events_per_variant: events, hours } = body.floors
  const missing: string[] = []
  for (const name of activeVariants(asked)) {
    const moments = primary.measured.get(name)?.moments
    const lacks = Math.ceil(units - (moments === undefined ? 0 : unitsKnown(primary.facts.kind, moments)) - 1e-9)
    if (lacks > 0) missing.push(`${quoted(name)} needs ${count(lacks)} more`)
    else if (primary.facts.kind === 'rate') missing.push(...missingEvents(primary, name, events, isFinal))
  }
  const left = startedAt === null ? hours : hours - (now - startedAt) / hourMs
  if (left > 0) missing.push(`${figure(left)} ${left === 1 ? 'hour has' : 'hours have'} to pass`)
  return { met: missing.length === 0, missing }
}

/** Those that get units now; one that was turned off keeps nobody waiting. */
function activeVariants({ body, statistics }: Asked): readonly string[] {
  const weights = statistics.phases.at(-1)?.weights
  return body.variants.filter(({ name, weight }) => (weights?.[name] ?? weight) > 0).map(({ name }) => name)
}

function missingEvents({ measured }: MetricCells, name: string, events: number, isFinal: boolean): readonly string[] {
  const all = [...measured.values()].map(({ moments }) => moments)
  const [whole, good] = [all.reduce((sum, { c }) => sum + c, 0), all.reduce((sum, { s }) => sum + s, 0)]
  const own = measured.get(name)?.moments
  const exchanges = own?.c ?? 0
  const successes = isFinal ? (exchanges * good) / whole : (own?.s ?? 0)
  return [
    { noun: 'success', plural: 'successes', found: successes },
    { noun: 'failure', plural: 'failures', found: exchanges - successes },
  ].flatMap(({ noun, plural, found }) => {
    const lacks = Math.ceil(events - found - 1e-9)
    return lacks > 0 ? [`${quoted(name)} needs ${lacks} more ${lacks === 1 ? noun : plural}`] : []
  })
}
