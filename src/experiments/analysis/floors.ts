import type { ExperimentBody, ExperimentFloors } from '../../contract/experiment-body.ts'
import { noMoments, type PhaseStatistics } from '../statistics.ts'
import { type MetricCells, unitsKnown } from './metric-cells.ts'
import { count, figure, quoted } from './sentences.ts'

/** Below these nothing but harm is decided: tests are only as exact as they say once there is some of everything. */
export interface Floors {
  readonly met: boolean
  /** What is missing: clauses for people. */
  readonly missing: readonly string[]
  /** Variants that have too little to be tested by, also of those that get no units any more, and what they lack. */
  readonly short: ReadonlyMap<string, 'units' | 'events'>
  /** Variants that have too little even for harm to be tested by what relies on some of everything. */
  readonly shortForHarm: ReadonlySet<string>
  /** Whether there is something to wait for: at the planned units not for more events, which may never come. */
  readonly waiting: boolean
}

interface Asked {
  readonly body: ExperimentBody
  readonly statistics: { readonly phases: readonly PhaseStatistics[] }
  readonly startedAt: number | null
  readonly now: number
}

interface Lack {
  readonly of: 'units' | 'events'
  readonly clauses: readonly string[]
}

const hourMs = 3_600_000

/**
 * @param isFinal at the planned number of units the successes and failures of a variant are those that it would have if there
 *   were no difference: a variant that does not fail any more could else never win.
 */
export function floorsOf(asked: Asked, primary: MetricCells, isFinal: boolean): Floors {
  const { body, startedAt, now } = asked
  const lacks = new Map(
    body.variants.flatMap(({ name }) => {
      const lack = lackOf(body, primary, name, isFinal)
      return lack === null ? [] : [[name, lack] as const]
    }),
  )
  const forHarm = { ...body, floors: { ...body.floors, units_per_variant: unitsForHarm(body.floors) } }
  const shortForHarm = body.variants
    .map(({ name }) => name)
    .filter((name) => lackOf(forHarm, primary, name, isFinal) !== null)
  const active = activeVariants(asked).flatMap((name) => lacks.get(name) ?? [])
  const missing = active.flatMap(({ clauses }) => clauses)
  const { hours } = body.floors
  const left = startedAt === null ? hours : hours - (now - startedAt) / hourMs
  if (left > 0) missing.push(`${figure(left)} ${left === 1 ? 'hour has' : 'hours have'} to pass`)
  return {
    met: missing.length === 0,
    missing,
    short: new Map(Array.from(lacks, ([name, { of }]) => [name, of])),
    shortForHarm: new Set(shortForHarm),
    waiting: left > 0 || active.some(({ of }) => of === 'units' || !isFinal),
  }
}

/** Those that get units now; one that was turned off keeps nobody waiting. */
function activeVariants({ body, statistics }: Asked): readonly string[] {
  const weights = statistics.phases.at(-1)?.weights
  return body.variants.filter(({ name, weight }) => (weights?.[name] ?? weight) > 0).map(({ name }) => name)
}

function lackOf({ floors }: ExperimentBody, primary: MetricCells, name: string, isFinal: boolean): Lack | null {
  const moments = primary.measured.get(name)?.moments
  const known = moments === undefined ? 0 : unitsKnown(primary.facts.kind, moments)
  const units = Math.ceil(floors.units_per_variant - known - 1e-9)
  if (units > 0) return { of: 'units', clauses: [`${quoted(name)} needs ${count(units)} more`] }
  if (primary.facts.kind !== 'rate') return null
  const clauses = missingEvents(primary, name, floors.events_per_variant, isFinal)
  return clauses.length === 0 ? null : { of: 'events', clauses }
}

/** Of a unit with several exchanges only the share of them counts: ten failures of one unit say no more than one. */
function missingEvents({ measured }: MetricCells, name: string, events: number, isFinal: boolean): readonly string[] {
  const all = [...measured.values()].map(({ moments }) => moments)
  const [whole, good] = [all.reduce((sum, { units }) => sum + units, 0), all.reduce((sum, { m }) => sum + m, 0)]
  const own = measured.get(name)?.moments ?? noMoments
  const successes = isFinal && whole > 0 ? (own.units * good) / whole : own.m
  return [
    { noun: 'success', plural: 'successes', found: successes },
    { noun: 'failure', plural: 'failures', found: own.units - successes },
  ].flatMap(({ noun, plural, found }) => {
    const lacks = Math.ceil(events - found - 1e-9)
    return lacks > 0 ? [`${quoted(name)} needs ${lacks} more ${lacks === 1 ? noun : plural}`] : []
  })
}

/** Harm waits for no more units of either side than these, however many the floor asks for. */
const mostForHarm = 100

export function unitsForHarm({ units_per_variant: units }: ExperimentFloors): number {
  return Math.min(mostForHarm, units)
}
