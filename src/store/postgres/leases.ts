import { and, eq, sql } from 'drizzle-orm'
import type { Drizzle } from '../../../db/connection.ts'
import { leases } from '../../../db/schema/index.ts'
import type { LeaseStore } from '../lease-port.ts'
import { withFaults } from './database-errors.ts'

export function createLeaseStore(database: Drizzle): LeaseStore {
  return {
    take: (tenantId, name, holder, forMs) =>
      withFaults(async () => {
        const rows = await database.execute(sql`
          insert into promptbox.leases as known (tenant_id, name, holder, until)
          values (${tenantId}, ${name}, ${holder}, clock_timestamp() + ${forMs}::float8 * interval '1 millisecond')
          on conflict (tenant_id, name) do update set holder = excluded.holder, until = excluded.until
            where known.holder = excluded.holder or known.until <= clock_timestamp()
          returning name`)
        return [...rows].length > 0
      }),

    giveBack: (holder, lease) =>
      withFaults(async () => {
        const only =
          lease === undefined ? undefined : and(eq(leases.tenantId, lease.tenantId), eq(leases.name, lease.name))
        await database.delete(leases).where(and(eq(leases.holder, holder), only))
      }),
  }
}
