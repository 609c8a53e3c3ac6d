import type { FeedbackRecord } from '../core/feedback.ts'
import { timestampOf } from '../core/ids.ts'
import { isStorableMoment } from '../core/moment.ts'
import { type RefusedRecord } from './refused-records.ts'
import { cleanStrings } from './storable-record.ts'

/** Statements as a database can keep them, of each (request id, name, source) the last; and those that never can be. */
export function storableFeedback(records: readonly FeedbackRecord[]): {
  readonly good: readonly FeedbackRecord[]
  readonly refused: readonly RefusedRecord[]
} {
  const good = new Map<string, FeedbackRecord>()
  const refused: RefusedRecord[] = []
  for (const record of records) {
    const reason = whyNever(record)
    if (reason !== null) {
      refused.push({ requestId: record.requestId, reason })
      continue
    }
    const clean = cleanStrings(record) as FeedbackRecord
    const storable = { ...clean, requestId: clean.requestId.toLowerCase() }
    const key = feedbackKey(storable)
    if (storable.at >= (good.get(key)?.at ?? 0)) good.set(key, storable)
  }
  return { good: [...good.values()], refused }
}

/** What makes two statements one. */
export function feedbackKey({
  tenantId,
  requestId,
  name,
  source,
}: Pick<FeedbackRecord, 'tenantId' | 'requestId' | 'name' | 'source'>): string {
  return JSON.stringify([tenantId, requestId, name, source])
}

/** By name and source. */
export function compareFeedback(left: FeedbackRecord, right: FeedbackRecord): number {
  if (left.name !== right.name) return left.name < right.name ? -1 : 1
  return left.source < right.source ? -1 : 1
}

function whyNever({ requestId, at, value }: FeedbackRecord): string | null {
  const began = timestampOf(requestId)
  if (began === null) return 'requestId is not a UUIDv7'
  if (!isStorableMoment(began)) return `the time of requestId, ${began}, lies after the year 9999`
  if (!isStorableMoment(at)) return `at ${at} lies before 1970 or after the year 9999`
  return typeof value === 'number' && !Number.isFinite(value) ? `the value ${value} is no number` : null
}
