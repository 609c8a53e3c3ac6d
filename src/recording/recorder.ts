import type { ExchangeRecord } from '../core/record.ts'

/** Where the request path hands its records over. Synchronous: when it returns, the record is with the operating system. */
export interface Recorder {
  append(record: ExchangeRecord): void
  /** Waits until what was appended is in the database, at most so long; then stops. */
  close(options: { readonly flushWithinMs: number }): Promise<void>
}
