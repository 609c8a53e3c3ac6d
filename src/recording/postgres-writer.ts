import { openConnection, type Connection } from '../../db/connection.ts'
import type { FeedbackRecord } from '../core/feedback.ts'
import type { FeedbackWriter } from '../store/feedback-port.ts'
import { databaseErrorOf, isDataRefused } from '../store/postgres/database-errors.ts'
import { createExchangeWriter } from '../store/postgres/exchange-writer.ts'
import { createFeedbackWriter } from '../store/postgres/feedback.ts'
import { RecordsRefused, type RefusedRecord } from '../store/refused-records.ts'
import type { RecordWriter } from './record-writer.ts'

/**
 * The recording worker's writer: one connection of its own, so that it competes with nobody. `settings` is a
 * `Connection`.
 */
export async function openRecordWriter(settings: unknown): Promise<RecordWriter> {
  const connection = settings as Connection
  const database = openConnection(connection, { maxConnections: 1 })
  const writer = createExchangeWriter(database.sql)
  const feedback = createFeedbackWriter(database.sql)
  return {
    write: (records) => writer.write(records),
    async writeFeedback(records) {
      const refused: RefusedRecord[] = []
      const written = await writeWhatFits(feedback, records, refused)
      if (refused.length > 0) throw new RecordsRefused(refused, written)
      return written
    },
    close: () => database.close().catch(() => {}),
  }
}

/** As much as the database takes; what it refuses for what is in it goes to `refused` and holds up nothing. */
async function writeWhatFits(
  feedback: FeedbackWriter,
  records: readonly FeedbackRecord[],
  refused: RefusedRecord[],
): Promise<number> {
  try {
    return await feedback.writeFeedback(records)
  } catch (error) {
    if (error instanceof RecordsRefused) {
      refused.push(...error.refused)
      return error.written
    }
    const found = databaseErrorOf(error)
    if (found === null || !isDataRefused(found)) throw error
    const [first] = records
    if (records.length === 1 && first !== undefined) {
      refused.push({ requestId: first.requestId, reason: found.error.message })
      return 0
    }
    const middle = Math.ceil(records.length / 2)
    const written = await writeWhatFits(feedback, records.slice(0, middle), refused)
    return written + (await writeWhatFits(feedback, records.slice(middle), refused))
  }
}
