import type { FeedbackRecord } from '../core/feedback.ts'

/** The writing end: of the recording worker, and of the jobs that give scores themselves. */
export interface FeedbackWriter {
  /**
   * One statement for each (request id, name, source): a later one (`at`) takes the place of an earlier one, the same again
   * changes nothing. Also for exchanges that are not recorded yet. How many changed something.
   */
  writeFeedback(records: readonly FeedbackRecord[]): Promise<number>
}

export interface FeedbackReader {
  /** By name and source. */
  ofExchange(tenantId: string, requestId: string): Promise<readonly FeedbackRecord[]>
  /** Whether the exchange is recorded. */
  hasExchange(tenantId: string, requestId: string): Promise<boolean>
}
