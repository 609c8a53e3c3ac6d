import { foreignKey, index, primaryKey, text } from 'drizzle-orm/pg-core'
import { promptbox } from './promptbox.ts'
import { prompts } from './prompts.ts'

/**
 * Every name a prompt answers to, one row each: its slug (`alias = slug`) and its aliases. The primary key is what keeps one
 * name from meaning two prompts, so each prompt has a row for its own slug too, archived ones included.
 */
export const promptAliases = promptbox.table(
  'prompt_aliases',
  {
    tenantId: text('tenant_id').notNull(),
    alias: text('alias').notNull(),
    slug: text('slug').notNull(),
  },
  (table) => [
    primaryKey({ name: 'prompt_aliases_pkey', columns: [table.tenantId, table.alias] }),
    foreignKey({
      name: 'prompt_aliases_prompt_fkey',
      columns: [table.tenantId, table.slug],
      foreignColumns: [prompts.tenantId, prompts.slug],
    }),
    index('prompt_aliases_prompt_index').on(table.tenantId, table.slug),
  ],
)
