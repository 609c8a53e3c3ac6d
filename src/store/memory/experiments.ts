import { buildUnitFilter, unitFilterFromBuffer, withRoom } from '../../experiments/unit-filter.ts'
import type { ExperimentValue } from '../../snapshot/change.ts'
import { readCursor, toPage, writeCursor } from '../cursor.ts'
import {
  type ExperimentChange,
  type ExperimentStore,
  mostRunningExperiments,
  type StoredExperiment,
} from '../experiment-port.ts'
import {
  beginsToRun,
  changedExperiment,
  experimentValue,
  isUnderWay,
  looksDifferent,
  rememberedPhases,
  requireStorableExperiment,
  untouchedDraft,
  withNextPhase,
} from '../experiment-values.ts'
import { experimentTaken, experimentWasStarted, noExperiment, promptIsArchived, tooManyExperiments } from '../faults.ts'
import type { MemoryDatabase } from './database.ts'

interface Own {
  readonly tenantId: string
  readonly slug: string
}

export interface MemoryExperiments extends ExperimentStore {
  /** null when it does not run. */
  value(tenantId: string, slug: string): ExperimentValue | null
  slugs(): readonly Own[]
  /** Those of a prompt that run or are paused, in the order of their slugs. */
  underWay(tenantId: string, prompt: string): readonly StoredExperiment[]
  /** null when it is not there. */
  now(tenantId: string, slug: string): StoredExperiment | null
  prepared(own: Own): void
}

/** What other stores know. */
export interface MemoryExperimentRelations {
  /** The units of an experiment that were counted, by phase. */
  readonly unitsByPhase: (own: Own) => ReadonlyMap<number, readonly string[]>
  readonly isArchived: (tenantId: string, prompt: string) => boolean
}

export function createMemoryExperiments(
  database: MemoryDatabase,
  { unitsByPhase, isArchived }: MemoryExperimentRelations,
): MemoryExperiments {
  const rows = new Map<string, StoredExperiment>()
  const remembered = new Map<string, Map<number, Buffer>>()
  const keyOf = ({ tenantId, slug }: Own): string => JSON.stringify([tenantId, slug])

  function mustFind(own: Own): StoredExperiment {
    const row = rows.get(keyOf(own))
    if (row === undefined) throw noExperiment(own.slug)
    return structuredClone(row)
  }

  /** What was handed in, or is handed out, may change afterwards. */
  function put(row: StoredExperiment): StoredExperiment {
    rows.set(keyOf(row), structuredClone(row))
    return structuredClone(row)
  }

  function publish(own: Own): void {
    database.changed({ noun: 'experiment', tenantId: own.tenantId, id: own.slug })
  }

  function requireMayBegin({ tenantId, slug, body }: StoredExperiment, { begins }: ExperimentChange): void {
    const others = [...rows.values()].filter((row) => row.tenantId === tenantId && row.slug !== slug && isUnderWay(row))
    const running = others.filter(({ status }) => status === 'running')
    if (running.length >= mostRunningExperiments) throw tooManyExperiments(mostRunningExperiments)
    if (isArchived(tenantId, body.prompt)) throw promptIsArchived(body.prompt)
    begins?.(structuredClone(others))
  }

  /** How many there are, and whether others were remembered before. */
  function keepUnitsOf(own: Own, phase: number) {
    const units = unitsByPhase(own).get(phase) ?? []
    const kept = remembered.get(keyOf(own)) ?? new Map<number, Buffer>()
    const before = kept.get(phase)
    const filter = before === undefined ? buildUnitFilter(withRoom(units.length)) : unitFilterFromBuffer(before)
    for (const unit of units) filter.add(unit)
    const isNew = kept.get(phase)?.equals(filter.toBuffer()) !== true
    remembered.set(keyOf(own), kept.set(phase, filter.toBuffer()))
    return { units: units.length, isNew }
  }

  return {
    async create(actor, { slug, kind, body, seed, rollout }) {
      database.reach()
      requireStorableExperiment(body)
      const own = { tenantId: actor.tenantId, slug }
      if (rows.has(keyOf(own))) throw experimentTaken(slug)
      const now = database.clock.now()
      const by = { createdAt: now, createdBy: actor.id, updatedAt: now, updatedBy: actor.id }
      return put({ ...own, kind, body, seed, rollout, ...untouchedDraft, ...by })
    },

    async find(tenantId, slug) {
      database.reach()
      return structuredClone(rows.get(keyOf({ tenantId, slug })) ?? null)
    },

    async list(tenantId, { kind, status, rolloutState, prompt, limit, cursor }) {
      database.reach()
      const last = cursor === undefined ? null : readCursor('experiments', cursor, ['moment', 'text'])
      const found = [...rows.values()]
        .filter((row) => row.tenantId === tenantId && (kind === undefined || row.kind === kind))
        .filter((row) => status === undefined || row.status === status)
        .filter((row) => rolloutState === undefined || row.rollout?.state === rolloutState)
        .filter((row) => prompt === undefined || row.body.prompt === prompt)
        .sort((left, right) => right.createdAt - left.createdAt || (left.slug < right.slug ? 1 : -1))
        .filter((row) => last === null || row.createdAt < last[0] || (row.createdAt === last[0] && row.slug < last[1]))
      return toPage(
        found.slice(0, limit + 1),
        limit,
        (row) => structuredClone(row),
        (row) => writeCursor('experiments', row.createdAt, row.slug),
      )
    },

    async active() {
      database.reach()
      return [...rows.values()]
        .filter(isUnderWay)
        .sort((left, right) => (left.startedAt ?? 0) - (right.startedAt ?? 0) || (keyOf(left) < keyOf(right) ? -1 : 1))
        .map((row) => structuredClone(row))
    },

    async change(actor, slug, change) {
      database.reach()
      const before = mustFind({ tenantId: actor.tenantId, slug })
      const wanted = change(structuredClone(before))
      if (wanted === null) return before
      const after = changedExperiment(before, wanted)
      requireStorableExperiment(after.body)
      if (beginsToRun(before, after)) requireMayBegin(after, wanted)
      const by = wanted.event === null ? {} : { updatedAt: database.clock.now(), updatedBy: actor.id }
      const value = put({ ...after, ...by })
      if (looksDifferent(before, value)) publish(value)
      return value
    },

    async remove(actor, slug) {
      database.reach()
      const own = { tenantId: actor.tenantId, slug }
      if (mustFind(own).status !== 'draft') throw experimentWasStarted(slug)
      rows.delete(keyOf(own))
    },

    async beginPhase(actor, slug, at) {
      database.reach()
      const own = { tenantId: actor.tenantId, slug }
      const before = mustFind(own)
      const phases = withNextPhase(before, at)
      const ended = before.phases.at(-1)
      if (phases === null || ended === undefined) return before
      if (before.kind === 'experiment') keepUnitsOf(own, ended.number)
      const by = { updatedAt: database.clock.now(), updatedBy: actor.id }
      const value = put({ ...before, phases, nextWeights: null, ...by })
      if (looksDifferent(before, value)) publish(own)
      return value
    },

    async rememberUnits(actor, slug) {
      database.reach()
      const own = { tenantId: actor.tenantId, slug }
      const row = mustFind(own)
      const kept = rememberedPhases(row).map((phase) => keepUnitsOf(own, phase))
      if (row.status === 'running' && kept.some(({ isNew }) => isNew)) publish(own)
      return kept.reduce((all, { units }) => all + units, 0)
    },

    value(tenantId, slug) {
      const row = rows.get(keyOf({ tenantId, slug }))
      return row === undefined ? null : experimentValue(structuredClone(row), remembered.get(keyOf(row)))
    },

    underWay: (tenantId, prompt) =>
      [...rows.values()]
        .filter((row) => row.tenantId === tenantId && row.body.prompt === prompt && isUnderWay(row))
        .sort((left, right) => (left.slug < right.slug ? -1 : 1))
        .map((row) => structuredClone(row)),

    slugs: () => [...rows.values()].map(({ tenantId, slug }) => ({ tenantId, slug })),

    now: (tenantId, slug) => structuredClone(rows.get(keyOf({ tenantId, slug })) ?? null),

    prepared(own) {
      put({ ...mustFind(own), preparedAt: database.clock.now() })
    },
  }
}
