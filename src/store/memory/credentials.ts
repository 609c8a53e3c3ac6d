import type { CredentialValue } from '../../snapshot/change.ts'
import { compareCredentials, credentialId } from '../../snapshot/snapshot.ts'
import { noCredential } from '../faults.ts'
import type { CredentialStore, StoredCredential } from '../ports.ts'
import type { MemoryDatabase } from './database.ts'

export interface MemoryCredentials extends CredentialStore {
  value(id: string): CredentialValue | null
  ids(): readonly string[]
}

export function createMemoryCredentials(database: MemoryDatabase): MemoryCredentials {
  /** By `credentialId`. */
  const credentials = new Map<string, StoredCredential>()
  return {
    async put(actor, { provider, name, sealedApiKey, hint, baseUrl }) {
      database.reach()
      const written = { updatedAt: database.clock.now(), updatedBy: actor.id }
      const stored = { provider, name, sealedApiKey, hint, baseUrl, ...written }
      const id = credentialId(stored)
      credentials.set(id, stored)
      database.changed({ noun: 'credential', tenantId: actor.tenantId, id })
      return stored
    },

    async list() {
      database.reach()
      return [...credentials.values()].sort((left, right) => {
        if (left.provider === right.provider) return compareCredentials(left, right)
        return left.provider < right.provider ? -1 : 1
      })
    },

    async remove(actor, credential) {
      database.reach()
      const id = credentialId(credential)
      if (!credentials.delete(id)) throw noCredential(credential)
      database.changed({ noun: 'credential', tenantId: actor.tenantId, id })
    },

    value(id) {
      const stored = credentials.get(id)
      if (stored === undefined) return null
      const { provider, name, sealedApiKey, baseUrl } = stored
      return { provider, name, sealedApiKey, baseUrl }
    },

    ids: () => [...credentials.keys()],
  }
}
