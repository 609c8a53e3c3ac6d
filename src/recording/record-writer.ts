import type { ExchangeRecord } from '../core/record.ts'
import type { FeedbackWriter } from '../store/feedback-port.ts'
import type { ExchangeWriter } from '../store/ports.ts'
import { RecordsRefused } from '../store/refused-records.ts'

/** A writer with its connection. */
export interface RecordWriter extends ExchangeWriter, FeedbackWriter {
  /** Lets go of the connection, at once and without waiting for what is under way. Never rejects. */
  close(): Promise<void>
}

/**
 * What the recording worker loads to write with: a module that exports `openRecordWriter`. `settings` is what the
 * thread was started with, copied across threads. Rejects when the database is away.
 */
export interface RecordWriterModule {
  openRecordWriter(settings: unknown): Promise<RecordWriter>
}

/**
 * Writes records, or feedback; gives how many were new. Those that can never be written go to `refuse`, and all others are
 * committed: those that the writer names, and those that it fails on as a program does, which are found by halving.
 * Rejects with anything else, which is the connection, the server or the schema, and worth another try.
 */
export async function writeRecords<Row extends Pick<ExchangeRecord, 'requestId'>>(
  write: (records: readonly Row[]) => Promise<number>,
  records: readonly Row[],
  refuse: (record: Row, error: unknown) => void,
): Promise<number> {
  const [first] = records
  if (first === undefined) return 0
  try {
    return await write(records)
  } catch (error) {
    if (error instanceof RecordsRefused) {
      refuseNamed(error, records, refuse)
      return error.written
    }
    const isDefect = error instanceof TypeError || error instanceof RangeError
    if (!isDefect) throw error
    if (records.length === 1) {
      refuse(first, error)
      return 0
    }
    const middle = Math.ceil(records.length / 2)
    const left = await writeRecords(write, records.slice(0, middle), refuse)
    return left + (await writeRecords(write, records.slice(middle), refuse))
  }
}

function refuseNamed<Row extends Pick<ExchangeRecord, 'requestId'>>(
  { refused }: RecordsRefused,
  records: readonly Row[],
  refuse: (record: Row, error: unknown) => void,
): void {
  const reasons = new Map(refused.map(({ requestId, reason }) => [requestId, reason]))
  for (const record of records) {
    const reason = reasons.get(record.requestId)
    if (reason !== undefined) refuse(record, new Error(reason))
  }
}
