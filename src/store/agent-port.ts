import type { Actor, Page } from './ports.ts'

/** A named consumer of prompts: an agent, a service, a screen. */
export interface Agent {
  readonly slug: string
  readonly name: string
  readonly description: string | null
  /** Who answers for it: a person or a team. */
  readonly owner: string | null
  /** Slugs of the prompts it uses, by name. */
  readonly prompts: readonly string[]
  readonly createdAt: number
  readonly updatedAt: number
}

/** Agents and the prompts they use, many to many. Prompts are named by slug or alias. */
export interface AgentStore {
  /** Makes it or replaces all that is said about it, its prompts too. Fault `not_found` naming a prompt that is none. */
  put(actor: Actor, agent: Omit<Agent, 'createdAt' | 'updatedAt'>): Promise<Agent>
  /** By slug. `prompt`: only those that use it. */
  list(
    tenantId: string,
    page: { readonly prompt?: string | undefined; readonly limit: number; readonly cursor?: string | undefined },
  ): Promise<Page<Agent>>
  /** null when there is none. */
  find(tenantId: string, slug: string): Promise<Agent | null>
  /** Doing it twice is no error. Fault `not_found` for agent or prompt. */
  addPrompt(actor: Actor, slug: string, prompt: string): Promise<Agent>
  /** Doing it twice is no error. Fault `not_found` for the agent. */
  removePrompt(actor: Actor, slug: string, prompt: string): Promise<Agent>
  /** Fault `not_found`. */
  remove(actor: Actor, slug: string): Promise<void>
}
