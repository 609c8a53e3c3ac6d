import type { Sql } from 'postgres'
import { changesChannel } from '../../../db/schema/changes.ts'

/**
 * Hears of changes through the database, on a connection of its own that comes back by itself. Also says so after every
 * reconnect, because what was announced meanwhile is lost. Resolves when it listens.
 */
export async function listenForChanges(sql: Sql, onNotice: () => void): Promise<() => Promise<void>> {
  const listening = await sql.listen(changesChannel, onNotice, onNotice)
  return () => listening.unlisten()
}
