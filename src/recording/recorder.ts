import type { FeedbackRecord } from '../core/feedback.ts'
import type { ExchangeRecord } from '../core/record.ts'

/** Where the request path hands its records over. */
export interface Recorder {
  /** When it returns, the record is with the operating system. */
  append(record: ExchangeRecord): void
  /**
   * The same, but together with the other records of this round of the event loop: `written` is called before the next
   * round, when the record is with the operating system. Under load one write serves many, which is most of its price.
   */
  appendSoon(record: ExchangeRecord, written: () => void): void
  /** The same for feedback, in one write: the statements of one request, all together. */
  appendFeedback(feedback: readonly FeedbackRecord[]): void
  /** Waits until what was appended is in the database, at most so long; then stops. */
  close(options: { readonly flushWithinMs: number }): Promise<void>
}
