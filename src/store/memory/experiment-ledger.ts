import type { FeedbackRecord } from '../../core/feedback.ts'
import { type Exposure, feedbackCounts, measuresOf } from '../../experiments/exposure.ts'
import {
  foldFeedback,
  type FoldedFeedbackFate,
  lookAgainAt,
  numberOfFeedback,
} from '../../experiments/fold-feedback.ts'
import {
  ExperimentFold,
  type FoldedCell,
  type FoldedTotals,
  type FoldedUnit,
  noTotals,
} from '../../experiments/fold.ts'
import type { UnitSum, UnitSums } from '../../experiments/statistics.ts'
import { countsAsFeedback } from '../../experiments/unit-values.ts'
import type { ExperimentLedger, ExperimentLook, StoredExperiment, UnjudgedExchange } from '../experiment-port.ts'
import { isSampled, isShown, mostLooks, statisticsOf } from '../experiment-values.ts'
import { noExperiment } from '../faults.ts'
import { feedbackKey } from '../storable-feedback.ts'
import type { MemoryDatabase } from './database.ts'
import type { MemoryExchanges } from './exchanges.ts'
import type { MemoryExperiments } from './experiments.ts'
import type { MemoryFeedback } from './feedback.ts'

export interface MemoryExperimentLedger extends ExperimentLedger {
  /** Takes what waits to be counted. */
  expose(exposure: Exposure): void
  hear(feedback: FeedbackRecord): void
  unitsByPhase(own: { readonly tenantId: string; readonly slug: string }): ReadonlyMap<number, readonly string[]>
}

interface Rooms {
  readonly exchanges: Pick<MemoryExchanges, 'record' | 'records'>
  readonly feedback: Pick<MemoryFeedback, 'all' | 'kept'>
  readonly experiments: Pick<MemoryExperiments, 'now' | 'prepared'>
}

type Event = { readonly at: number; readonly notBefore: number } & (
  | { readonly exposure: Exposure; readonly feedback: null }
  | { readonly exposure: null; readonly feedback: FeedbackRecord }
)

/** What was counted of one experiment. */
interface Counts {
  readonly units: Map<string, FoldedUnit>
  readonly cells: Map<string, FoldedCell>
  readonly before: Map<string, UnitSums>
  readonly looks: Map<number, ExperimentLook>
  totals: FoldedTotals
}

const dayMs = 86_400_000

export function createMemoryExperimentLedger(database: MemoryDatabase, rooms: Rooms): MemoryExperimentLedger {
  let events: Event[] = []
  const counts = new Map<string, Counts>()

  function countsOf(tenantId: string, slug: string): Counts {
    const key = JSON.stringify([tenantId, slug])
    const known = counts.get(key)
    if (known !== undefined) return known
    const made = { units: new Map(), cells: new Map(), before: new Map(), looks: new Map(), totals: noTotals }
    counts.set(key, made)
    return made
  }

  function take(most: number, now: number): readonly Event[] {
    const taken = events
      .filter(({ notBefore }) => notBefore <= now)
      .sort((left, right) => left.notBefore - right.notBefore)
      .slice(0, most)
    const gone = new Set(taken)
    events = events.filter((event) => !gone.has(event))
    return taken
  }

  function foldOne(feedback: FeedbackRecord, foldOf: (tenantId: string, slug: string) => ExperimentFold | null) {
    const kept = rooms.feedback.kept(feedbackKey(feedback))
    if (kept === undefined) return { fate: 'dropped' } as FoldedFeedbackFate
    const { name, value, tenantId, requestId } = kept.record
    const asked = { name, value: numberOfFeedback(value), counted: kept.counted }
    const exchange = exchangeOf(rooms.exchanges.record(tenantId, requestId))
    const result = foldFeedback({ ...asked, exchange }, (experiment) => foldOf(tenantId, experiment))
    if (result.fate === 'counted') kept.counted = result.counted
    return result
  }

  return {
    expose: (exposure) => void events.push({ at: exposure.at, notBefore: exposure.at, exposure, feedback: null }),
    hear: (feedback) => void events.push({ at: feedback.at, notBefore: feedback.at, exposure: null, feedback }),

    unitsByPhase({ tenantId, slug }) {
      const units = new Map<number, string[]>()
      for (const { phase, unit } of countsOf(tenantId, slug).units.values()) {
        const ofPhase = units.get(phase)
        if (ofPhase === undefined) units.set(phase, [unit])
        else ofPhase.push(unit)
      }
      return units
    },

    async prepare(tenantId, slug, days) {
      database.reach()
      const stored = rooms.experiments.now(tenantId, slug)
      if (stored === null) throw noExperiment(slug)
      if (stored.preparedAt !== null || stored.startedAt === null) return
      const own = countsOf(tenantId, slug)
      if (stored.kind === 'experiment' && stored.body.unit === 'assigned') {
        const counted = new Set([...own.units.values()].map(({ unit }) => unit))
        for (const [unit, sums] of sumsBefore(rooms, stored, stored.startedAt - days * dayMs))
          if (!counted.has(unit)) own.before.set(unit, sums)
      }
      rooms.experiments.prepared({ tenantId, slug })
    },

    async fold(most, now, unstored = () => null) {
      database.reach()
      const taken = take(most, now)
      const folds = new Map<Counts, ExperimentFold>()
      const foldOf = (tenantId: string, slug: string): ExperimentFold | null => {
        const own = countsOf(tenantId, slug)
        const known = folds.get(own)
        if (known !== undefined) return known
        const stored = rooms.experiments.now(tenantId, slug)
        const body = stored?.body ?? unstored(tenantId, slug)
        if (body === null) return null
        const kind = stored?.kind ?? 'experiment'
        const { units, cells, before, totals } = own
        const fold = new ExperimentFold({ body, kind, units: units.values(), before, cells: cells.values(), totals })
        folds.set(own, fold)
        return fold
      }
      for (const { exposure } of taken)
        if (exposure !== null) foldOf(exposure.tenantId, exposure.experiment)?.expose(exposure)
      for (const event of taken) {
        if (event.feedback === null || foldOne(event.feedback, foldOf).fate !== 'waits') continue
        const until = lookAgainAt(event.at, now)
        if (until !== null) events.push({ ...event, notBefore: until })
      }
      for (const [own, fold] of folds) keep(own, fold)
      return taken.length
    },

    async statistics(tenantId, slug, unstored) {
      database.reach()
      const phases = rooms.experiments.now(tenantId, slug)?.phases ?? unstored
      if (phases === undefined) return null
      const { cells, totals } = countsOf(tenantId, slug)
      return structuredClone(statisticsOf(phases, cells.values(), totals))
    },

    async assignment(tenantId, slug, unit) {
      database.reach()
      const found = [...countsOf(tenantId, slug).units.values()].filter((each) => each.unit === unit)
      const last = found.sort((left, right) => left.phase - right.phase).at(-1)
      if (last === undefined) return null
      const { variant, phase, firstAt, exchanges } = last
      return { variant, phase, firstAt, exchanges }
    },

    async units(tenantId, slug, { limit, after }) {
      database.reach()
      return [...countsOf(tenantId, slug).units.values()]
        .sort(compareUnits)
        .filter((each) => after === undefined || compareUnits(each, after) > 0)
        .slice(0, limit)
        .map((each) => structuredClone(each))
    },

    async keepLook(tenantId, slug, look) {
      database.reach()
      const { looks } = countsOf(tenantId, slug)
      if (!looks.has(look.at)) looks.set(look.at, structuredClone(look))
      if (looks.size <= mostLooks) return
      const newestFirst = [...looks.keys()].sort((left, right) => right - left)
      for (const [place, at] of newestFirst.entries())
        if (place + 1 > mostLooks / 2 && (place + 1) % 2 === 0) looks.delete(at)
    },

    async looks(tenantId, slug, most) {
      database.reach()
      const all = [...countsOf(tenantId, slug).looks.values()].sort((left, right) => left.at - right.at)
      return structuredClone(all.filter((_look, place) => isShown(place, all.length, most)))
    },

    async unjudged(tenantId, slug, { metric, share, since, most }) {
      database.reach()
      const isJudged = (requestId: string): boolean =>
        rooms.feedback.kept(feedbackKey({ tenantId, requestId, name: metric, source: 'judge' })) !== undefined
      return rooms.exchanges
        .records()
        .filter((record) => record.tenantId === tenantId && record.experiment === slug && record.createdAt > since)
        .filter(({ outcome, assignment }) => outcome === 'ok' && feedbackCounts(assignment?.excluded ?? null))
        .filter(({ requestId }) => isSampled(requestId, share) && !isJudged(requestId))
        .sort((left, right) => (left.requestId < right.requestId ? 1 : -1))
        .flatMap(({ requestId, variant, bodies }): UnjudgedExchange[] =>
          variant === null || bodies === null || bodies.response === null
            ? []
            : [{ requestId, variant, request: bodies.rendered ?? bodies.request, response: bodies.response }],
        )
        .slice(0, most)
    },
  }
}

function exchangeOf(record: ReturnType<MemoryExchanges['record']>) {
  if (record === null) return null
  const { requestId, experiment, variant, assignment, unit = null } = record
  return {
    requestId,
    experiment,
    variant,
    unit,
    phase: assignment?.phase ?? null,
    excluded: assignment?.excluded ?? null,
  }
}

function keep(own: Counts, fold: ExperimentFold): void {
  const { units, cells, totals } = fold.result()
  for (const unit of units) own.units.set(JSON.stringify([unit.unit, unit.phase]), unit)
  for (const cell of cells) own.cells.set(JSON.stringify([cell.phase, cell.variant, cell.metric]), cell)
  own.totals = totals
}

function sumsBefore(
  { exchanges, feedback }: Pick<Rooms, 'exchanges' | 'feedback'>,
  { tenantId, body, startedAt }: StoredExperiment,
  from: number,
): ReadonlyMap<string, UnitSums> {
  const until = startedAt ?? 0
  const units = new Map<string, Record<string, UnitSum>>()
  const add = (sums: Record<string, UnitSum>, metric: string, value: number) => {
    const { sum, count } = sums[metric] ?? { sum: 0, count: 0 }
    sums[metric] = { sum: sum + value, count: count + 1 }
  }
  const spokenOf = new Map<string, Record<string, UnitSum>>()
  for (const record of exchanges.records()) {
    const { unit, createdAt, assignment } = record
    if (record.tenantId !== tenantId || record.prompt !== body.prompt || unit === undefined) continue
    if (createdAt < from || createdAt >= until) continue
    const sums = units.get(unit) ?? {}
    units.set(unit, sums)
    const excluded = assignment?.excluded ?? null
    const isOwn = record.cache !== 'hit' && excluded === null
    for (const [metric, value] of Object.entries(measuresOf(record, isOwn))) add(sums, metric, value)
    if (feedbackCounts(excluded)) spokenOf.set(record.requestId, sums)
  }
  for (const { requestId, name, value, at, ...said } of feedback.all()) {
    const sums = said.tenantId === tenantId ? spokenOf.get(requestId) : undefined
    const number = numberOfFeedback(value)
    if (sums === undefined || number === null || at >= until || !countsAsFeedback(name, body)) continue
    add(sums, name, number)
  }
  return units
}

function compareUnits(left: Pick<FoldedUnit, 'unit' | 'phase'>, right: Pick<FoldedUnit, 'unit' | 'phase'>): number {
  if (left.unit === right.unit) return left.phase - right.phase
  return left.unit < right.unit ? -1 : 1
}
