import { newRequestId } from '../../src/core/ids.ts'
import { databaseKinds, scratchDatabase } from '../support/database.ts'
import { createPostgresStores } from '../../src/store/choose.ts'
import { createExchangeWriter } from '../../src/store/postgres/exchange-writer.ts'
import { storesContract } from './contract.ts'

for (const kind of databaseKinds) {
  storesContract(`postgres, ${kind}`, async () => {
    const database = await scratchDatabase({ kind })
    return {
      stores: createPostgresStores(database),
      writer: createExchangeWriter(database.sql),
      addTenant: async (id) =>
        void (await database.sql`insert into promptbox.tenants (id, name) values (${id}, ${id})`),
      recordRun: async ({ slug, version, score, passed, complete }) =>
        void (await database.sql`insert into promptbox.test_runs
          (id, tenant_id, slug, version, passed, score, complete, trigger, result, created_by)
          values (${newRequestId()}, 'default', ${slug}, ${version}, ${passed}, ${score}, ${complete}, 'demand', '{}', 'x')`),
      close: () => database.close(),
    }
  })
}
