import { and, asc, eq, sql } from 'drizzle-orm'
import type { Drizzle } from '../../../db/connection.ts'
import { providerCredentials } from '../../../db/schema/index.ts'
import { noCredential } from '../faults.ts'
import type { CredentialStore } from '../ports.ts'
import { withFaults } from './database-errors.ts'
import { note, write } from './transaction.ts'

const columns = {
  provider: providerCredentials.provider,
  sealedApiKey: providerCredentials.sealedApiKey,
  hint: providerCredentials.hint,
  baseUrl: providerCredentials.baseUrl,
  updatedAt: providerCredentials.updatedAt,
  updatedBy: providerCredentials.updatedBy,
}

export function createCredentialStore(database: Drizzle): CredentialStore {
  return {
    put: (actor, { provider, sealedApiKey, hint, baseUrl }) =>
      write(database, async (transaction) => {
        const thing = { noun: 'credential', tenantId: actor.tenantId, id: provider } as const
        const value = { sealedApiKey, hint, baseUrl, updatedBy: actor.id, updatedAt: sql`clock_timestamp()` }
        const [row] = await transaction
          .insert(providerCredentials)
          .values({ tenantId: actor.tenantId, provider, ...value })
          .onConflictDoUpdate({ target: [providerCredentials.tenantId, providerCredentials.provider], set: value })
          .returning(columns)
        if (row === undefined) throw noCredential(provider)
        // Never what the secret was: the trail is read by more people than the secret.
        await note(transaction, actor, thing, { event: 'credential_put' })
        return { value: row, changed: thing }
      }),

    list: () =>
      withFaults(() => database.select(columns).from(providerCredentials).orderBy(asc(providerCredentials.provider))),

    remove: (actor, provider) =>
      write(database, async (transaction) => {
        const thing = { noun: 'credential', tenantId: actor.tenantId, id: provider } as const
        const removed = await transaction
          .delete(providerCredentials)
          .where(and(eq(providerCredentials.tenantId, actor.tenantId), eq(providerCredentials.provider, provider)))
          .returning({ provider: providerCredentials.provider })
        if (removed.length === 0) throw noCredential(provider)
        await note(transaction, actor, thing, { event: 'credential_removed' })
        return { value: undefined, changed: thing }
      }),
  }
}
