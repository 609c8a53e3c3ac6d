import { and, asc, eq, gt, sql } from 'drizzle-orm'
import type { Drizzle } from '../../../db/connection.ts'
import { agentPrompts, agents } from '../../../db/schema/index.ts'
import type { Agent, AgentStore } from '../agent-port.ts'
import { readCursor, toPage, writeCursor } from '../cursor.ts'
import { noAgent } from '../faults.ts'
import type { Actor } from '../ports.ts'
import { withFaults } from './database-errors.ts'
import { slugOf, slugsOf } from './prompt-rows.ts'
import { note, write, type Session, type Transaction } from './transaction.ts'

/** The prompts in the same statement, so that they and the row are of one moment. */
const prompts = sql<string[]>`(
  select coalesce(jsonb_agg(used.prompt_slug order by used.prompt_slug collate "C"), '[]')
  from promptbox.agent_prompts used
  where used.tenant_id = agents.tenant_id and used.agent_slug = agents.slug
)`
const columns = {
  slug: agents.slug,
  name: agents.name,
  description: agents.description,
  owner: agents.owner,
  prompts,
  createdAt: agents.createdAt,
  updatedAt: agents.updatedAt,
}

export function createAgentStore(database: Drizzle): AgentStore {
  /** A change to one agent, alone with it. `work` gives what it did, for the audit trail; null: nothing. */
  const change = (
    actor: Actor,
    slug: string,
    work: (transaction: Transaction) => Promise<{ readonly event: string; readonly reason: string } | null>,
  ): Promise<Agent> =>
    write(database, async (transaction) => {
      const own = isAgent(actor.tenantId, slug)
      await transaction.select({ slug: agents.slug }).from(agents).where(own).for('update')
      await requireAgent(transaction, actor.tenantId, slug)
      const done = await work(transaction)
      if (done !== null) {
        await transaction.update(agents).set({ updatedAt: now }).where(own)
        await note(transaction, actor, { noun: 'agent', tenantId: actor.tenantId, id: slug }, done)
      }
      return { value: await requireAgent(transaction, actor.tenantId, slug), changed: null }
    })

  return {
    put: (actor, agent) =>
      write(database, async (transaction) => {
        const { tenantId } = actor
        const { slug, name, description, owner } = agent
        const value = { name, description, owner, updatedAt: now }
        await transaction
          .insert(agents)
          .values({ tenantId, slug, ...value })
          .onConflictDoUpdate({ target: [agents.tenantId, agents.slug], set: value })
        await transaction
          .delete(agentPrompts)
          .where(and(eq(agentPrompts.tenantId, tenantId), eq(agentPrompts.agentSlug, slug)))
        const used = new Set(await slugsOf(transaction, tenantId, agent.prompts))
        if (used.size > 0) {
          const rows = [...used].map((promptSlug) => ({ tenantId, agentSlug: slug, promptSlug }))
          await transaction.insert(agentPrompts).values(rows)
        }
        await note(transaction, actor, { noun: 'agent', tenantId, id: slug }, { event: 'agent_put' })
        return { value: await requireAgent(transaction, tenantId, slug), changed: null }
      }),

    list: (tenantId, page) =>
      withFaults(async () => {
        const after = page.cursor === undefined ? undefined : readCursor('agents', page.cursor, ['text'])[0]
        const prompt = page.prompt === undefined ? undefined : await slugOf(database, tenantId, page.prompt)
        const rows = await database
          .select(columns)
          .from(agents)
          .where(
            and(
              eq(agents.tenantId, tenantId),
              after === undefined ? undefined : gt(agents.slug, after),
              prompt === undefined
                ? undefined
                : sql`exists (select from ${agentPrompts} where ${agentPrompts.tenantId} = agents.tenant_id
                    and ${agentPrompts.agentSlug} = agents.slug and ${agentPrompts.promptSlug} = ${prompt})`,
            ),
          )
          .orderBy(asc(agents.slug))
          .limit(page.limit + 1)
        return toPage(
          rows,
          page.limit,
          (row) => row,
          (last) => writeCursor('agents', last.slug),
        )
      }),

    find: (tenantId, slug) => withFaults(() => findAgent(database, tenantId, slug)),

    addPrompt: (actor, slug, prompt) =>
      change(actor, slug, async (transaction) => {
        const promptSlug = await slugOf(transaction, actor.tenantId, prompt)
        const added = await transaction
          .insert(agentPrompts)
          .values({ tenantId: actor.tenantId, agentSlug: slug, promptSlug })
          .onConflictDoNothing()
          .returning({ promptSlug: agentPrompts.promptSlug })
        return added.length === 0 ? null : { event: 'agent_prompt_added', reason: promptSlug }
      }),

    removePrompt: (actor, slug, prompt) =>
      change(actor, slug, async (transaction) => {
        const promptSlug = await slugOf(transaction, actor.tenantId, prompt)
        const removed = await transaction
          .delete(agentPrompts)
          .where(
            and(
              eq(agentPrompts.tenantId, actor.tenantId),
              eq(agentPrompts.agentSlug, slug),
              eq(agentPrompts.promptSlug, promptSlug),
            ),
          )
          .returning({ promptSlug: agentPrompts.promptSlug })
        return removed.length === 0 ? null : { event: 'agent_prompt_removed', reason: promptSlug }
      }),

    remove: (actor, slug) =>
      write(database, async (transaction) => {
        const removed = await transaction
          .delete(agents)
          .where(isAgent(actor.tenantId, slug))
          .returning({ slug: agents.slug })
        if (removed.length === 0) throw noAgent(slug)
        const thing = { noun: 'agent', tenantId: actor.tenantId, id: slug } as const
        await note(transaction, actor, thing, { event: 'agent_removed' })
        return { value: undefined, changed: null }
      }),
  }
}

const now = sql`clock_timestamp()`
const isAgent = (tenantId: string, slug: string) => and(eq(agents.tenantId, tenantId), eq(agents.slug, slug))

async function findAgent(session: Session, tenantId: string, slug: string): Promise<Agent | null> {
  const [row] = await session.select(columns).from(agents).where(isAgent(tenantId, slug))
  return row ?? null
}

async function requireAgent(session: Session, tenantId: string, slug: string): Promise<Agent> {
  const agent = await findAgent(session, tenantId, slug)
  if (agent === null) throw noAgent(slug)
  return agent
}
