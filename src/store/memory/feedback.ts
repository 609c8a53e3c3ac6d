import type { FeedbackRecord } from '../../core/feedback.ts'
import type { FeedbackReader, FeedbackWriter } from '../feedback-port.ts'
import { RecordsRefused } from '../refused-records.ts'
import { compareFeedback, feedbackKey, storableFeedback } from '../storable-feedback.ts'
import type { MemoryDatabase } from './database.ts'
import type { MemoryExchanges } from './exchanges.ts'

export interface KeptFeedback {
  readonly record: FeedbackRecord
  /** What of it is in the statistics of an experiment; null: nothing. */
  counted: number | null
}

export interface MemoryFeedback extends FeedbackReader, FeedbackWriter {
  kept(key: string): KeptFeedback | undefined
  all(): readonly FeedbackRecord[]
}

/** @param hear takes what experiments are to count, each time a statement changed. */
export function createMemoryFeedback(
  database: MemoryDatabase,
  exchanges: Pick<MemoryExchanges, 'record'>,
  hear: (record: FeedbackRecord) => void,
): MemoryFeedback {
  const rows = new Map<string, KeptFeedback>()

  function put(record: FeedbackRecord): boolean {
    const key = feedbackKey(record)
    const before = rows.get(key)
    if (before !== undefined) {
      const { at, value, comment } = before.record
      if (record.at < at || (value === record.value && comment === record.comment)) return false
    }
    rows.set(key, { record: { ...record }, counted: before?.counted ?? null })
    hear(record)
    return true
  }

  return {
    async writeFeedback(records) {
      database.reach()
      const { good, refused } = storableFeedback(records)
      const written = good.filter(put).length
      if (refused.length > 0) throw new RecordsRefused(refused, written)
      return written
    },

    async ofExchange(tenantId, requestId) {
      database.reach()
      const id = requestId.toLowerCase()
      return [...rows.values()]
        .map(({ record }) => record)
        .filter((record) => record.tenantId === tenantId && record.requestId === id)
        .sort(compareFeedback)
    },

    async hasExchange(tenantId, requestId) {
      database.reach()
      return exchanges.record(tenantId, requestId) !== null
    },

    kept: (key) => rows.get(key),
    all: () => [...rows.values()].map(({ record }) => record),
  }
}
