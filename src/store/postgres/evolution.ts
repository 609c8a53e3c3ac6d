import { and, asc, desc, eq, gt, inArray, isNull, sql } from 'drizzle-orm'
import type { Drizzle } from '../../../db/connection.ts'
import { evolutionPolicies, evolutionProposals } from '../../../db/schema/index.ts'
import {
  type EvolutionPolicy,
  type EvolutionRun,
  openStates,
  type ProposalState,
  type StrategyName,
} from '../../contract/evolution.ts'
import { timestampOf } from '../../core/ids.ts'
import type { JsonObject } from '../../core/json.ts'
import { readCursor, toPage, writeCursor } from '../cursor.ts'
import type { EvolutionStore, StoredEvolutionPolicy, StoredProposal } from '../evolution-port.ts'
import {
  changedProposal,
  newProposal,
  noPolicy,
  noProposal,
  proposalCursor,
  proposalIsThere,
  requireState,
} from '../evolution-values.ts'
import { readEvidence } from '../read/evolution-evidence.ts'
import { withFaults } from './database-errors.ts'
import { type Transaction, note, write } from './transaction.ts'

const thingOf = (tenantId: string, prompt: string) => ({ noun: 'evolution', tenantId, id: prompt }) as const
const isPolicy = (tenantId: string, prompt: string) =>
  and(eq(evolutionPolicies.tenantId, tenantId), eq(evolutionPolicies.prompt, prompt))
const isProposal = (tenantId: string, id: string) =>
  and(eq(evolutionProposals.tenantId, tenantId), eq(evolutionProposals.id, id))
const everyHours = sql`(${evolutionPolicies.body} -> 'policy' ->> 'every_hours')::float8`
const hasHash = (hash: string) => sql`${evolutionProposals.detail} ->> 'hash' = ${hash}`

export function createEvolutionStore(database: Drizzle): EvolutionStore {
  return { ...policyStore(database), ...proposalStore(database), ...proposalReader(database) }
}

type PolicyPart = Pick<
  EvolutionStore,
  'putPolicy' | 'policy' | 'removePolicy' | 'enabledPolicies' | 'beginRun' | 'spend' | 'keepRun'
>

function policyStore(database: Drizzle): PolicyPart {
  return {
    putPolicy: (actor, prompt, body) =>
      write(database, async (transaction) => {
        const { tenantId, id: updatedBy } = actor
        const policy = JSON.stringify(body)
        const [row] = await transaction
          .insert(evolutionPolicies)
          .values({ tenantId, prompt, body: { policy: body as unknown as JsonObject, spent_month: null }, updatedBy })
          .onConflictDoUpdate({
            target: [evolutionPolicies.tenantId, evolutionPolicies.prompt],
            set: {
              body: sql`jsonb_set(${evolutionPolicies.body}, '{policy}', ${policy}::text::jsonb)`,
              updatedBy,
              updatedAt: sql`clock_timestamp()`,
            },
          })
          .returning()
        if (row === undefined) throw noPolicy(prompt)
        await note(transaction, actor, thingOf(tenantId, prompt), { event: 'evolution_policy_put' })
        return { value: toPolicy(row), changed: null }
      }),

    policy: (tenantId, prompt) =>
      withFaults(async () => {
        const [row] = await database.select().from(evolutionPolicies).where(isPolicy(tenantId, prompt))
        return row === undefined ? null : toPolicy(row)
      }),

    removePolicy: (actor, prompt) =>
      write(database, async (transaction) => {
        const removed = await transaction
          .delete(evolutionPolicies)
          .where(isPolicy(actor.tenantId, prompt))
          .returning({ prompt: evolutionPolicies.prompt })
        if (removed.length === 0) throw noPolicy(prompt)
        await note(transaction, actor, thingOf(actor.tenantId, prompt), { event: 'evolution_policy_removed' })
        return { value: undefined, changed: null }
      }),

    enabledPolicies: (most) =>
      withFaults(async () => {
        const rows = await database
          .select()
          .from(evolutionPolicies)
          .where(sql`(${evolutionPolicies.body} -> 'policy' ->> 'enabled')::boolean`)
          .orderBy(sql`${evolutionPolicies.lastRunAt} + ${everyHours} * interval '1 hour' asc nulls first`)
          .limit(most)
        return rows.map(toPolicy)
      }),

    beginRun: (tenantId, prompt, last, now) =>
      withFaults(async () => {
        const { lastRunAt } = evolutionPolicies
        const rows = await database
          .update(evolutionPolicies)
          .set({ lastRunAt: now })
          .where(and(isPolicy(tenantId, prompt), last === null ? isNull(lastRunAt) : eq(lastRunAt, last)))
          .returning({ prompt: evolutionPolicies.prompt })
        return rows.length > 0
      }),

    spend: (tenantId, prompt, month, usd) =>
      withFaults(async () => {
        const { body, spentUsd } = evolutionPolicies
        await database
          .update(evolutionPolicies)
          .set({
            spentUsd: sql`case when ${body} ->> 'spent_month' = ${month} then ${spentUsd} else 0 end + ${usd}::float8`,
            body: sql`jsonb_set(${body}, '{spent_month}', to_jsonb(${month}::text))`,
          })
          .where(isPolicy(tenantId, prompt))
      }),

    keepRun: (tenantId, prompt, run) =>
      withFaults(async () => {
        const { body } = evolutionPolicies
        await database
          .update(evolutionPolicies)
          .set({ body: sql`jsonb_set(${body}, '{last_run}', ${JSON.stringify(run)}::text::jsonb)` })
          .where(isPolicy(tenantId, prompt))
      }),
  }
}

function proposalStore(database: Drizzle): Pick<EvolutionStore, 'addProposal' | 'changeProposal'> {
  return {
    addProposal: (actor, proposal) =>
      write(database, async (transaction) => {
        const { tenantId } = actor
        // Two runs at once are not to make the same proposal: for a prompt they take turns.
        const turn = JSON.stringify(['evolution', tenantId, proposal.prompt])
        await transaction.execute(sql`select pg_advisory_xact_lock(hashtextextended(${turn}, 0))`)
        const same = await transaction
          .select({ id: evolutionProposals.id })
          .from(evolutionProposals)
          .where(and(ofPrompt(tenantId, proposal.prompt), hasHash(proposal.hash)))
        if (same.length > 0) throw proposalIsThere(proposal.prompt)
        const [row] = await transaction
          .insert(evolutionProposals)
          .values(columnsOf(newProposal(tenantId, proposal, Date.now())))
          .returning()
        if (row === undefined) throw noProposal(proposal.id)
        await note(transaction, actor, thingOf(tenantId, proposal.prompt), {
          event: 'evolution_proposed',
          version: proposal.version,
          reason: `${proposal.id}: ${proposal.strategy}`,
        })
        return { value: toProposal(row), changed: null }
      }),

    changeProposal: (actor, id, from, change, reason = null) =>
      write(database, async (transaction) => {
        const now = await locked(transaction, actor.tenantId, id)
        requireState(now, from)
        const after = changedProposal(now, change, Date.now())
        const { createdAt: _createdAt, updatedAt: _updatedAt, ...columns } = columnsOf(after)
        const [row] = await transaction
          .update(evolutionProposals)
          .set({ ...columns, updatedAt: sql`clock_timestamp()` })
          .where(isProposal(actor.tenantId, id))
          .returning()
        if (row === undefined) throw noProposal(id)
        if (after.state !== from) {
          await note(transaction, actor, thingOf(actor.tenantId, now.prompt), {
            event: `evolution_${after.state}`,
            version: after.version,
            reason: reason ?? `${id}: ${after.sentence}`,
          })
        }
        return { value: toProposal(row), changed: null }
      }),
  }
}

type ReadingPart = Pick<EvolutionStore, 'proposal' | 'proposals' | 'hasProposal' | 'openProposals' | 'evidence'>

function proposalReader(database: Drizzle): ReadingPart {
  return {
    proposal: (tenantId, id) =>
      withFaults(async () => {
        if (timestampOf(id) === null) return null
        const [row] = await database.select().from(evolutionProposals).where(isProposal(tenantId, id))
        return row === undefined ? null : toProposal(row)
      }),

    proposals: (tenantId, prompt, filter) =>
      withFaults(async () => {
        const name = proposalCursor(filter, prompt)
        const { createdAt, id, state } = evolutionProposals
        const rows = await database
          .select()
          .from(evolutionProposals)
          .where(
            and(
              ofPrompt(tenantId, prompt),
              filter.state === undefined ? undefined : eq(state, filter.state),
              filter.cursor === undefined ? undefined : before(name, filter.cursor),
            ),
          )
          .orderBy(desc(createdAt), desc(id))
          .limit(filter.limit + 1)
        return toPage(rows, filter.limit, toProposal, (last) => writeCursor(name, last.createdAt, last.id))
      }),

    hasProposal: (tenantId, prompt, hash) =>
      withFaults(async () => {
        const rows = await database
          .select({ id: evolutionProposals.id })
          .from(evolutionProposals)
          .where(and(ofPrompt(tenantId, prompt), hasHash(hash)))
          .limit(1)
        return rows.length > 0
      }),

    openProposals: (most, after) =>
      withFaults(async () => {
        const rows = await database
          .select()
          .from(evolutionProposals)
          .where(
            and(
              inArray(evolutionProposals.state, [...openStates]),
              after === null ? undefined : gt(evolutionProposals.id, after),
            ),
          )
          .orderBy(asc(evolutionProposals.id))
          .limit(most)
        return rows.map(toProposal)
      }),

    evidence: (tenantId, prompt, version, range) =>
      withFaults(() => readEvidence(database, { tenantId, prompt, version }, range)),
  }
}

const ofPrompt = (tenantId: string, prompt: string) =>
  and(eq(evolutionProposals.tenantId, tenantId), eq(evolutionProposals.prompt, prompt))

function before(name: string, cursor: string) {
  const [at, id] = readCursor(name, cursor, ['moment', 'text'] as const)
  const { createdAt, id: ids } = evolutionProposals
  return sql`(${createdAt}, ${ids}::text) < (${sql.param(at, createdAt)}::timestamptz, ${id})`
}

async function locked(transaction: Transaction, tenantId: string, id: string): Promise<StoredProposal> {
  if (timestampOf(id) === null) throw noProposal(id)
  const [row] = await transaction.select().from(evolutionProposals).where(isProposal(tenantId, id)).for('update')
  if (row === undefined) throw noProposal(id)
  return toProposal(row)
}

type Detail = Pick<
  StoredProposal,
  | 'hash'
  | 'writer'
  | 'rationale'
  | 'predicted'
  | 'parts'
  | 'warnings'
  | 'isOutdated'
  | 'sentence'
  | 'tests'
  | 'rollout'
  | 'improvement'
>

function columnsOf(proposal: StoredProposal): typeof evolutionProposals.$inferInsert {
  const { id, tenantId, prompt, parentVersion, version, strategy, state, experiment, costUsd, ...rest } = proposal
  const { createdAt, updatedAt, ...detail } = rest satisfies Detail & { createdAt: number; updatedAt: number }
  const columns = { id, tenantId, prompt, parentVersion, version, strategy, state, experiment, costUsd }
  return { ...columns, createdAt, updatedAt, detail: { ...detail } satisfies Detail }
}

/** What proposals of earlier builds did not have. */
const added = { parts: [], warnings: [], isOutdated: false } satisfies Partial<Detail>

function toProposal({ detail, ...row }: typeof evolutionProposals.$inferSelect): StoredProposal {
  const kept = detail as unknown as Detail
  return {
    ...row,
    ...added,
    ...kept,
    predicted: { ...kept.predicted, basis: kept.predicted.basis ?? 'unknown' },
    strategy: row.strategy as StrategyName,
    state: row.state as ProposalState,
  }
}

function toPolicy({ body, ...row }: typeof evolutionPolicies.$inferSelect): StoredEvolutionPolicy {
  const {
    policy,
    spent_month: spentMonth,
    last_run: lastRun = null,
  } = body as unknown as {
    readonly policy: EvolutionPolicy
    readonly spent_month: string | null
    readonly last_run?: EvolutionRun
  }
  return { ...row, body: policy, spentMonth, lastRun }
}
