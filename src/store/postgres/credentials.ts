import { and, asc, desc, eq, sql } from 'drizzle-orm'
import type { Drizzle } from '../../../db/connection.ts'
import { providerCredentials } from '../../../db/schema/index.ts'
import { credentialId, defaultCredential } from '../../snapshot/snapshot.ts'
import { noCredential } from '../faults.ts'
import type { CredentialStore } from '../ports.ts'
import { withFaults } from './database-errors.ts'
import { note, write } from './transaction.ts'

const columns = {
  provider: providerCredentials.provider,
  name: providerCredentials.name,
  sealedApiKey: providerCredentials.sealedApiKey,
  hint: providerCredentials.hint,
  baseUrl: providerCredentials.baseUrl,
  updatedAt: providerCredentials.updatedAt,
  updatedBy: providerCredentials.updatedBy,
}

export function createCredentialStore(database: Drizzle): CredentialStore {
  return {
    put: (actor, { provider, name, sealedApiKey, hint, baseUrl }) =>
      write(database, async (transaction) => {
        const id = credentialId({ provider, name })
        const thing = { noun: 'credential', tenantId: actor.tenantId, id } as const
        const value = { sealedApiKey, hint, baseUrl, updatedBy: actor.id, updatedAt: sql`clock_timestamp()` }
        const [row] = await transaction
          .insert(providerCredentials)
          .values({ tenantId: actor.tenantId, provider, name, ...value })
          .onConflictDoUpdate({
            target: [providerCredentials.tenantId, providerCredentials.provider, providerCredentials.name],
            set: value,
          })
          .returning(columns)
        if (row === undefined) throw noCredential({ provider, name })
        // Never what the secret was: the trail is read by more people than the secret.
        await note(transaction, actor, thing, { event: 'credential_put' })
        return { value: row, changed: thing }
      }),

    list: () =>
      withFaults(() =>
        database
          .select(columns)
          .from(providerCredentials)
          .orderBy(
            asc(providerCredentials.provider),
            desc(eq(providerCredentials.name, defaultCredential)),
            sql`${providerCredentials.name} collate "C"`,
          ),
      ),

    remove: (actor, { provider, name }) =>
      write(database, async (transaction) => {
        const id = credentialId({ provider, name })
        const thing = { noun: 'credential', tenantId: actor.tenantId, id } as const
        const removed = await transaction
          .delete(providerCredentials)
          .where(
            and(
              eq(providerCredentials.tenantId, actor.tenantId),
              eq(providerCredentials.provider, provider),
              eq(providerCredentials.name, name),
            ),
          )
          .returning({ provider: providerCredentials.provider })
        if (removed.length === 0) throw noCredential({ provider, name })
        await note(transaction, actor, thing, { event: 'credential_removed' })
        return { value: undefined, changed: thing }
      }),
  }
}
