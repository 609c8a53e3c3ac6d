import { scratchDatabase } from '../test/support/database.ts'

/** A database for one run: a scratch one on the server of TEST_DATABASE_URL, else the embedded one. */
export async function benchDatabase(): Promise<{
  /** null: the embedded database. */
  readonly url: string | null
  remove(): Promise<void>
}> {
  if (process.env['TEST_DATABASE_URL'] === undefined) return { url: null, remove: async () => {} }
  const database = await scratchDatabase({ kind: 'server', migrated: false })
  if (database.connection.kind !== 'server') throw new Error('a server was asked for')
  return { url: database.connection.url, remove: () => database.close() }
}
