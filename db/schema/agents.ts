import { sql } from 'drizzle-orm'
import { foreignKey, index, primaryKey, text } from 'drizzle-orm/pg-core'
import { instant, promptbox } from './promptbox.ts'
import { prompts } from './prompts.ts'
import { tenants } from './tenants.ts'

/** A named consumer of prompts: an agent, a service, a screen. */
export const agents = promptbox.table(
  'agents',
  {
    tenantId: text('tenant_id')
      .notNull()
      .references(() => tenants.id),
    slug: text('slug').notNull(),
    name: text('name').notNull(),
    description: text('description'),
    owner: text('owner'),
    createdAt: instant('created_at')
      .notNull()
      .default(sql`now()`),
    updatedAt: instant('updated_at')
      .notNull()
      .default(sql`now()`),
  },
  (table) => [primaryKey({ name: 'agents_pkey', columns: [table.tenantId, table.slug] })],
)

/** Which agent uses which prompts, many to many. */
export const agentPrompts = promptbox.table(
  'agent_prompts',
  {
    tenantId: text('tenant_id').notNull(),
    agentSlug: text('agent_slug').notNull(),
    promptSlug: text('prompt_slug').notNull(),
  },
  (table) => [
    primaryKey({ name: 'agent_prompts_pkey', columns: [table.tenantId, table.agentSlug, table.promptSlug] }),
    foreignKey({
      name: 'agent_prompts_agent_fkey',
      columns: [table.tenantId, table.agentSlug],
      foreignColumns: [agents.tenantId, agents.slug],
    }).onDelete('cascade'),
    foreignKey({
      name: 'agent_prompts_prompt_fkey',
      columns: [table.tenantId, table.promptSlug],
      foreignColumns: [prompts.tenantId, prompts.slug],
    }),
    index('agent_prompts_prompt_index').on(table.tenantId, table.promptSlug),
  ],
)
