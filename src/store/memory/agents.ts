import type { Agent, AgentStore } from '../agent-port.ts'
import { readCursor, toPage, writeCursor } from '../cursor.ts'
import { noAgent } from '../faults.ts'
import type { MemoryDatabase } from './database.ts'
import type { MemoryPrompts } from './prompts.ts'

export interface MemoryAgents extends AgentStore {
  /** Does this agent use this prompt? Both by slug. */
  uses(tenantId: string, agent: string, prompt: string): boolean
}

/** @param slugOf the slug behind a prompt's slug or alias; Fault `not_found`. */
export function createMemoryAgents(
  database: MemoryDatabase,
  slugOf: (tenantId: string, name: string) => ReturnType<MemoryPrompts['slugOf']>,
): MemoryAgents {
  const tenants = new Map<string, Map<string, Agent>>()
  const of = (tenantId: string): Map<string, Agent> => {
    const agents = tenants.get(tenantId) ?? new Map<string, Agent>()
    tenants.set(tenantId, agents)
    return agents
  }

  function get(tenantId: string, slug: string): Agent {
    const agent = of(tenantId).get(slug)
    if (agent === undefined) throw noAgent(slug)
    return agent
  }

  function keep(tenantId: string, agent: Agent, prompts: Iterable<string>): Agent {
    const kept = { ...agent, prompts: [...new Set(prompts)].sort(), updatedAt: database.clock.now() }
    of(tenantId).set(agent.slug, kept)
    return kept
  }

  return {
    async put({ tenantId }, { slug, name, description, owner, prompts }) {
      database.reach()
      const used = prompts.map((prompt) => slugOf(tenantId, prompt))
      const at = database.clock.now()
      const createdAt = of(tenantId).get(slug)?.createdAt ?? at
      return keep(tenantId, { slug, name, description, owner, prompts: [], createdAt, updatedAt: at }, used)
    },

    async list(tenantId, page) {
      database.reach()
      const after = page.cursor === undefined ? null : readCursor('agents', page.cursor, ['text'])[0]
      const prompt = page.prompt === undefined ? null : slugOf(tenantId, page.prompt)
      const found = [...of(tenantId).values()]
        .filter(
          (agent) => (after === null || agent.slug > after) && (prompt === null || agent.prompts.includes(prompt)),
        )
        .sort((left, right) => (left.slug < right.slug ? -1 : 1))
      return toPage(
        found,
        page.limit,
        (agent) => agent,
        (last) => writeCursor('agents', last.slug),
      )
    },

    async find(tenantId, slug) {
      database.reach()
      return of(tenantId).get(slug) ?? null
    },

    async addPrompt({ tenantId }, slug, prompt) {
      database.reach()
      const agent = get(tenantId, slug)
      const added = slugOf(tenantId, prompt)
      return agent.prompts.includes(added) ? agent : keep(tenantId, agent, [...agent.prompts, added])
    },

    async removePrompt({ tenantId }, slug, prompt) {
      database.reach()
      const agent = get(tenantId, slug)
      const removed = slugOf(tenantId, prompt)
      if (!agent.prompts.includes(removed)) return agent
      return keep(
        tenantId,
        agent,
        agent.prompts.filter((used) => used !== removed),
      )
    },

    async remove({ tenantId }, slug) {
      database.reach()
      if (!of(tenantId).delete(slug)) throw noAgent(slug)
    },

    uses: (tenantId, agent, prompt) => of(tenantId).get(agent)?.prompts.includes(prompt) ?? false,
  }
}
