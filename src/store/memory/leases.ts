import type { Lease, LeaseStore } from '../lease-port.ts'
import type { MemoryDatabase } from './database.ts'

export function createMemoryLeases(database: MemoryDatabase): LeaseStore {
  const leases = new Map<string, { readonly holder: string; readonly until: number }>()
  return {
    async take(tenantId, name, holder, forMs) {
      const key = keyOf({ tenantId, name })
      database.reach()
      const now = database.clock.now()
      const known = leases.get(key)
      if (known !== undefined && known.holder !== holder && known.until > now) return false
      leases.set(key, { holder, until: now + forMs })
      return true
    },

    async giveBack(holder, given) {
      database.reach()
      const only = given === undefined ? null : keyOf(given)
      for (const [key, lease] of leases) if (lease.holder === holder && (only ?? key) === key) leases.delete(key)
    },
  }
}

function keyOf({ tenantId, name }: Lease): string {
  return JSON.stringify([tenantId, name])
}
