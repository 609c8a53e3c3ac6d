import { openStates } from '../../contract/evolution.ts'
import type { ExchangeRecord } from '../../core/record.ts'
import { readCursor, toPage, writeCursor } from '../cursor.ts'
import {
  type EvidenceExchange,
  type EvolutionStore,
  feedbackSearched,
  longestTexts,
  mostTexts,
  type StoredEvolutionPolicy,
  type StoredProposal,
} from '../evolution-port.ts'
import {
  changedProposal,
  newProposal,
  noPolicy,
  noProposal,
  proposalCursor,
  proposalIsThere,
  requireState,
} from '../evolution-values.ts'
import type { MemoryDatabase } from './database.ts'
import type { MemoryExchanges } from './exchanges.ts'
import type { MemoryFeedback } from './feedback.ts'

export interface MemoryEvolutionSources {
  readonly exchanges: Pick<MemoryExchanges, 'records'>
  readonly feedback: Pick<MemoryFeedback, 'all'>
}

export function createMemoryEvolution(database: MemoryDatabase, sources: MemoryEvolutionSources): EvolutionStore {
  const policies = new Map<string, StoredEvolutionPolicy>()
  const proposals = new Map<string, StoredProposal>()
  const key = (tenantId: string, name: string): string => JSON.stringify([tenantId, name])
  const ofPrompt = (tenantId: string, prompt: string): StoredProposal[] =>
    [...proposals.values()].filter((each) => each.tenantId === tenantId && each.prompt === prompt)

  return {
    async putPolicy({ tenantId, id }, prompt, body) {
      database.reach()
      const before = policies.get(key(tenantId, prompt))
      const stored: StoredEvolutionPolicy = {
        tenantId,
        prompt,
        body: structuredClone(body),
        spentUsd: before?.spentUsd ?? 0,
        spentMonth: before?.spentMonth ?? null,
        lastRunAt: before?.lastRunAt ?? null,
        lastRun: before?.lastRun ?? null,
        updatedAt: database.clock.now(),
        updatedBy: id,
      }
      policies.set(key(tenantId, prompt), stored)
      return stored
    },

    async policy(tenantId, prompt) {
      database.reach()
      return policies.get(key(tenantId, prompt)) ?? null
    },

    async removePolicy({ tenantId }, prompt) {
      database.reach()
      if (!policies.delete(key(tenantId, prompt))) throw noPolicy(prompt)
    },

    async enabledPolicies(most) {
      database.reach()
      return [...policies.values()]
        .filter(({ body }) => body.enabled)
        .sort((left, right) => dueAt(left) - dueAt(right))
        .slice(0, most)
    },

    async beginRun(tenantId, prompt, last, now) {
      database.reach()
      const policy = policies.get(key(tenantId, prompt))
      if (policy === undefined || policy.lastRunAt !== last) return false
      policies.set(key(tenantId, prompt), { ...policy, lastRunAt: now })
      return true
    },

    async spend(tenantId, prompt, month, usd) {
      database.reach()
      const policy = policies.get(key(tenantId, prompt))
      if (policy === undefined) return
      const before = policy.spentMonth === month ? policy.spentUsd : 0
      policies.set(key(tenantId, prompt), { ...policy, spentMonth: month, spentUsd: before + usd })
    },

    async keepRun(tenantId, prompt, run) {
      database.reach()
      const policy = policies.get(key(tenantId, prompt))
      if (policy === undefined) return
      policies.set(key(tenantId, prompt), { ...policy, lastRun: structuredClone(run) })
    },

    async addProposal({ tenantId }, proposal) {
      database.reach()
      if (ofPrompt(tenantId, proposal.prompt).some(({ hash }) => hash === proposal.hash)) {
        throw proposalIsThere(proposal.prompt)
      }
      const stored = newProposal(tenantId, structuredClone(proposal), database.clock.now())
      proposals.set(key(tenantId, proposal.id), stored)
      return stored
    },

    async proposal(tenantId, id) {
      database.reach()
      return proposals.get(key(tenantId, id.toLowerCase())) ?? null
    },

    async proposals(tenantId, prompt, filter) {
      database.reach()
      const name = proposalCursor(filter, prompt)
      const [at, id] =
        filter.cursor === undefined ? [null, ''] : readCursor(name, filter.cursor, ['moment', 'text'] as const)
      const rows = ofPrompt(tenantId, prompt)
        .filter(({ state }) => filter.state === undefined || state === filter.state)
        .sort((left, right) => right.createdAt - left.createdAt || (left.id < right.id ? 1 : -1))
        .filter((row) => at === null || row.createdAt < at || (row.createdAt === at && row.id < id))
      return toPage(
        rows.slice(0, filter.limit + 1),
        filter.limit,
        (row) => row,
        (last) => writeCursor(name, last.createdAt, last.id),
      )
    },

    async hasProposal(tenantId, prompt, hash) {
      database.reach()
      return ofPrompt(tenantId, prompt).some((each) => each.hash === hash)
    },

    async openProposals(most, after) {
      database.reach()
      return [...proposals.values()]
        .filter(({ state, id }) => (openStates as readonly string[]).includes(state) && (after === null || id > after))
        .sort((left, right) => (left.id < right.id ? -1 : 1))
        .slice(0, most)
    },

    async changeProposal({ tenantId }, id, from, change) {
      database.reach()
      const now = proposals.get(key(tenantId, id))
      if (now === undefined) throw noProposal(id)
      requireState(now, from)
      const stored = changedProposal(now, structuredClone(change), database.clock.now())
      proposals.set(key(tenantId, id), stored)
      return stored
    },

    async evidence(tenantId, prompt, version, { since, most }) {
      database.reach()
      const said = sources.feedback
        .all()
        .filter((record) => record.tenantId === tenantId)
        .sort((left, right) => right.at - left.at)
        .slice(0, feedbackSearched)
      const newestSaid = new Map<string, number>()
      for (const { requestId, at } of said) if (!newestSaid.has(requestId)) newestSaid.set(requestId, at)
      const records = sources.exchanges
        .records()
        .filter((record) => record.tenantId === tenantId && record.prompt === prompt)
        .filter(
          (record) => record.promptVersion === version && record.operation === 'chat' && record.createdAt >= since,
        )
        .sort((left, right) => right.createdAt - left.createdAt)
        .sort((left, right) => (newestSaid.get(right.requestId) ?? 0) - (newestSaid.get(left.requestId) ?? 0))
      return records.slice(0, most).map((record, place) => ({
        ...toEvidence(record, newestSaid.has(record.requestId) && place < mostTexts),
        feedback: said.filter(({ requestId }) => requestId === record.requestId),
      }))
    },
  }
}

const dueAt = ({ lastRunAt, body }: StoredEvolutionPolicy): number =>
  lastRunAt === null ? 0 : lastRunAt + body.every_hours * 3_600_000

function toEvidence(record: ExchangeRecord, withTexts: boolean): Omit<EvidenceExchange, 'feedback'> {
  const {
    requestId,
    createdAt,
    outcome,
    outputCheck,
    guardrails,
    guardrailResults,
    finishReasons,
    locale,
    bodies,
    usage,
  } = record
  return {
    requestId,
    createdAt,
    outcome,
    outputCheck,
    guardrails,
    ...(guardrailResults === undefined ? {} : { guardrailResults }),
    finishReasons,
    locale,
    unit: record.unit ?? null,
    tokens: usage === null ? null : { input: usage.inputTokens, output: usage.outputTokens },
    bodies: withTexts ? textsOf(bodies) : null,
  }
}

function textsOf(bodies: ExchangeRecord['bodies']): EvidenceExchange['bodies'] {
  if (bodies === null) return null
  const { request, rendered, response } = bodies
  const length = request.length + (rendered?.length ?? 0) + (response?.length ?? 0)
  return length > longestTexts ? null : { request, rendered, response }
}
