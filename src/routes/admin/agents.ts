import type { AdminDependencies } from '../../admin/dependencies.ts'
import * as agents from '../../contract/admin/agents.ts'
import { defaultPage } from '../../contract/admin/fields.ts'
import { Fault } from '../../core/fault.ts'
import type { Agent } from '../../store/ports.ts'
import type { Mount } from './mount.ts'
import { instantJson, pageJson } from './page-json.ts'

export function mountAgents(mount: Mount, { stores }: Pick<AdminDependencies, 'stores'>): void {
  const store = stores.agents

  mount(agents.putAgent, async ({ actor, path, body }) => {
    const { name, description = null, owner = null, prompts = [] } = body
    const agent = { slug: path.slug, name, description, owner, prompts }
    return agentJson(await namedIn('prompts', store.put(actor, agent)))
  })

  mount(agents.listAgents, async ({ actor, query }) =>
    pageJson(
      await namedIn('prompt', store.list(actor.tenantId, { ...query, limit: query.limit ?? defaultPage })),
      agentJson,
    ),
  )

  mount(agents.getAgent, async ({ actor, path }) => {
    const agent = await store.find(actor.tenantId, path.slug)
    if (agent !== null) return agentJson(agent)
    throw new Fault('not_found', `There is no agent '${path.slug}'. GET /admin/v1/agents lists those there are.`, {
      param: 'slug',
    })
  })

  mount(agents.removeAgent, async ({ actor, path }) => {
    await store.remove(actor, path.slug)
    return { id: path.slug, deleted: true as const }
  })

  mount(agents.addAgentPrompt, async ({ actor, path }) =>
    agentJson(await namedIn('prompt', store.addPrompt(actor, path.slug, path.prompt))),
  )

  mount(agents.removeAgentPrompt, async ({ actor, path }) =>
    agentJson(await namedIn('prompt', store.removePrompt(actor, path.slug, path.prompt))),
  )
}

/** `slug` is the agent here: a prompt that is not there was named in `field`. */
async function namedIn<Value>(field: string, answer: Promise<Value>): Promise<Value> {
  try {
    return await answer
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'prompt_not_found') throw error
    throw new Fault(error.kind, error.message, { param: field, code: error.code })
  }
}

function agentJson(agent: Agent): agents.AgentAnswer {
  return {
    slug: agent.slug,
    name: agent.name,
    description: agent.description,
    owner: agent.owner,
    prompts: [...agent.prompts],
    created_at: instantJson(agent.createdAt),
    updated_at: instantJson(agent.updatedAt),
  }
}
