import { and, asc, desc, eq, ne, sql } from 'drizzle-orm'
import type { Drizzle } from '../../../db/connection.ts'
import { experiments, prompts, tenants } from '../../../db/schema/index.ts'
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
  looksDifferent,
  rememberedPhases,
  requireStorableExperiment,
  untouchedDraft,
  withNextPhase,
} from '../experiment-values.ts'
import { experimentTaken, experimentWasStarted, noExperiment, promptIsArchived, tooManyExperiments } from '../faults.ts'
import type { Actor } from '../ports.ts'
import { withFaults } from './database-errors.ts'
import {
  columnsOf,
  type ExperimentKey,
  isExperiment,
  isUnderWay,
  keepUnitsOf,
  toExperiment,
} from './experiment-rows.ts'
import { type Transaction, note, write } from './transaction.ts'

export function createExperimentStore(database: Drizzle): ExperimentStore {
  return {
    create: (actor, { slug, kind, body, seed, rollout }) =>
      write(database, async (transaction) => {
        requireStorableExperiment(body)
        const own = { tenantId: actor.tenantId, slug }
        const draft = { ...own, kind, body, seed, rollout, ...untouchedDraft }
        const [row] = await transaction
          .insert(experiments)
          .values({ ...own, kind, ...columnsOf(draft), createdBy: actor.id, updatedBy: actor.id })
          .onConflictDoNothing()
          .returning()
        if (row === undefined) throw experimentTaken(slug)
        await note(transaction, actor, thingOf(own), { event: `${kind}_created` })
        // It does not run: no request sees it.
        return { value: toExperiment(row), changed: null }
      }),

    find: (tenantId, slug) =>
      withFaults(async () => {
        const [row] = await database.select().from(experiments).where(isExperiment({ tenantId, slug }))
        return row === undefined ? null : toExperiment(row)
      }),

    list: (tenantId, { kind, status, rolloutState, prompt, limit, cursor }) =>
      withFaults(async () => {
        const rows = await database
          .select()
          .from(experiments)
          .where(
            and(
              eq(experiments.tenantId, tenantId),
              kind === undefined ? undefined : eq(experiments.kind, kind),
              status === undefined ? undefined : eq(experiments.status, status),
              rolloutState === undefined ? undefined : sql`${experiments.rollout} ->> 'state' = ${rolloutState}`,
              prompt === undefined ? undefined : eq(experiments.prompt, prompt),
              cursor === undefined ? undefined : before(cursor),
            ),
          )
          .orderBy(desc(experiments.createdAt), desc(sql`${experiments.slug} collate "C"`))
          .limit(limit + 1)
        return toPage(rows, limit, toExperiment, (last) => writeCursor('experiments', last.createdAt, last.slug))
      }),

    active: () =>
      withFaults(async () => {
        const { startedAt, tenantId, slug } = experiments
        const rows = await database
          .select()
          .from(experiments)
          .where(isUnderWay)
          .orderBy(asc(startedAt), asc(tenantId), asc(slug))
        return rows.map(toExperiment)
      }),

    change: (actor, slug, change) =>
      write(database, async (transaction) => {
        const own = { tenantId: actor.tenantId, slug }
        const now = await locked(transaction, own)
        const wanted = change(now)
        if (wanted === null) return { value: now, changed: null }
        const after = changedExperiment(now, wanted)
        requireStorableExperiment(after.body)
        if (beginsToRun(now, after)) await requireMayBegin(transaction, after, wanted)
        const { event, reason = null } = wanted
        const value = await put(transaction, after, event === null ? null : actor)
        if (event !== null) await note(transaction, actor, thingOf(own), { event, reason })
        return { value, changed: looksDifferent(now, value) ? thingOf(own) : null }
      }),

    remove: (actor, slug) =>
      write(database, async (transaction) => {
        const own = { tenantId: actor.tenantId, slug }
        const now = await locked(transaction, own)
        if (now.status !== 'draft') throw experimentWasStarted(slug)
        await transaction.delete(experiments).where(isExperiment(own))
        await note(transaction, actor, thingOf(own), { event: `${now.kind}_removed` })
        return { value: undefined, changed: null }
      }),

    beginPhase: (actor, slug, at) =>
      write(database, async (transaction) => {
        const own = { tenantId: actor.tenantId, slug }
        const now = await locked(transaction, own)
        const phases = withNextPhase(now, at)
        const ended = now.phases.at(-1)
        if (phases === null || ended === undefined) return { value: now, changed: null }
        if (now.kind === 'experiment') await keepUnitsOf(transaction, own, ended.number)
        const value = await put(transaction, { ...now, phases, nextWeights: null }, actor)
        const reason = `phase ${phases.at(-1)?.number}`
        await note(transaction, actor, thingOf(own), { event: `${now.kind}_phase_started`, reason })
        return { value, changed: looksDifferent(now, value) ? thingOf(own) : null }
      }),

    rememberUnits: (actor, slug) =>
      write(database, async (transaction) => {
        const own = { tenantId: actor.tenantId, slug }
        const now = await locked(transaction, own)
        let [all, isNew] = [0, false]
        for (const phase of rememberedPhases(now)) {
          const kept = await keepUnitsOf(transaction, own, phase)
          all += kept.units
          isNew ||= kept.isNew
        }
        return { value: all, changed: isNew && now.status === 'running' ? thingOf(own) : null }
      }),
  }
}

const thingOf = ({ tenantId, slug }: ExperimentKey) => ({ noun: 'experiment', tenantId, id: slug }) as const

/** Whoever holds it is alone with the experiment: two changes follow each other, and nothing is counted meanwhile. */
async function locked(transaction: Transaction, own: ExperimentKey): Promise<StoredExperiment> {
  const [row] = await transaction.select().from(experiments).where(isExperiment(own)).for('update')
  if (row === undefined) throw noExperiment(own.slug)
  return toExperiment(row)
}

/** @param actor null: figures of the job, which nobody has changed. */
async function put(transaction: Transaction, stored: StoredExperiment, actor: Actor | null): Promise<StoredExperiment> {
  const by = actor === null ? {} : { updatedBy: actor.id, updatedAt: sql`clock_timestamp()` }
  const [row] = await transaction
    .update(experiments)
    .set({ ...columnsOf(stored), ...by })
    .where(isExperiment(stored))
    .returning()
  if (row === undefined) throw noExperiment(stored.slug)
  return toExperiment(row)
}

/**
 * Those who start experiments of one tenant take turns until they commit: only so can the others be counted, and held against
 * this one. Whoever archives the prompt waits as well, and finds it running.
 */
async function requireMayBegin(
  transaction: Transaction,
  { tenantId, slug, body }: StoredExperiment,
  { begins }: ExperimentChange,
): Promise<void> {
  await transaction.select({ id: tenants.id }).from(tenants).where(eq(tenants.id, tenantId)).for('no key update')
  const rows = await transaction
    .select()
    .from(experiments)
    .where(and(eq(experiments.tenantId, tenantId), ne(experiments.slug, slug), isUnderWay))
  const running = rows.filter(({ status }) => status === 'running')
  if (running.length >= mostRunningExperiments) throw tooManyExperiments(mostRunningExperiments)
  const [prompt] = await transaction
    .select({ archivedAt: prompts.archivedAt })
    .from(prompts)
    .where(and(eq(prompts.tenantId, tenantId), eq(prompts.slug, body.prompt)))
    .for('share')
  if (prompt !== undefined && prompt.archivedAt !== null) throw promptIsArchived(body.prompt)
  begins?.(rows.map(toExperiment))
}

function before(cursor: string) {
  const [at, slug] = readCursor('experiments', cursor, ['moment', 'text'])
  const createdAt = sql`${sql.param(at, experiments.createdAt)}::timestamptz`
  return sql`(${experiments.createdAt}, ${experiments.slug} collate "C") < (${createdAt}, ${slug} collate "C")`
}
