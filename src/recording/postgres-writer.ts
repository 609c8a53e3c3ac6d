import { openConnection, type Connection } from '../../db/connection.ts'
import { createExchangeWriter } from '../store/postgres/exchange-writer.ts'
import type { RecordWriter } from './record-writer.ts'

/**
 * The recording worker's writer: one connection of its own, so that it competes with nobody. `settings` is a
 * `Connection`.
 */
export async function openRecordWriter(settings: unknown): Promise<RecordWriter> {
  const connection = settings as Connection
  const database = openConnection(connection, { maxConnections: 1 })
  const writer = createExchangeWriter(database.sql)
  return {
    write: (records) => writer.write(records),
    close: () => database.close().catch(() => {}),
  }
}
