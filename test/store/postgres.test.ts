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
      close: () => database.close(),
    }
  })
}
