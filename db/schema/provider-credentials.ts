import { sql } from 'drizzle-orm'
import { primaryKey, text } from 'drizzle-orm/pg-core'
import { instant, promptbox } from './promptbox.ts'
import { tenants } from './tenants.ts'

/** How to call a provider; one may have several, each with a name. The secret is sealed with the encryption key before it comes here. */
export const providerCredentials = promptbox.table(
  'provider_credentials',
  {
    tenantId: text('tenant_id')
      .notNull()
      .references(() => tenants.id),
    provider: text('provider').notNull(),
    name: text('name').notNull().default('default'),
    sealedApiKey: text('sealed_api_key'),
    hint: text('hint'),
    baseUrl: text('base_url'),
    updatedBy: text('updated_by').notNull(),
    updatedAt: instant('updated_at')
      .notNull()
      .default(sql`now()`),
  },
  (table) => [primaryKey({ name: 'provider_credentials_pkey', columns: [table.tenantId, table.provider, table.name] })],
)
