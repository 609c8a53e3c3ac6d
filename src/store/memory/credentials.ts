import type { CredentialValue } from '../../snapshot/change.ts'
import { noCredential } from '../faults.ts'
import type { CredentialStore, StoredCredential } from '../ports.ts'
import type { MemoryDatabase } from './database.ts'

export interface MemoryCredentials extends CredentialStore {
  value(provider: string): CredentialValue | null
  ids(): readonly string[]
}

export function createMemoryCredentials(database: MemoryDatabase): MemoryCredentials {
  const credentials = new Map<string, StoredCredential>()
  return {
    async put(actor, { provider, sealedApiKey, hint, baseUrl }) {
      database.reach()
      const stored = { provider, sealedApiKey, hint, baseUrl, updatedAt: database.clock.now(), updatedBy: actor.id }
      credentials.set(provider, stored)
      database.changed({ noun: 'credential', tenantId: actor.tenantId, id: provider })
      return stored
    },

    async list() {
      database.reach()
      return [...credentials.values()].sort((left, right) => (left.provider < right.provider ? -1 : 1))
    },

    async remove(actor, provider) {
      database.reach()
      if (!credentials.delete(provider)) throw noCredential(provider)
      database.changed({ noun: 'credential', tenantId: actor.tenantId, id: provider })
    },

    value(provider) {
      const stored = credentials.get(provider)
      return stored === undefined ? null : { provider, sealedApiKey: stored.sealedApiKey, baseUrl: stored.baseUrl }
    },

    ids: () => [...credentials.keys()],
  }
}
