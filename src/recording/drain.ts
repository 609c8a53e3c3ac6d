import type { Clock } from '../core/clock.ts'
import type { FeedbackRecord } from '../core/feedback.ts'
import type { Observe } from '../core/observation.ts'
import type { ExchangeRecord } from '../core/record.ts'
import { writeRecords, type RecordWriter } from './record-writer.ts'
import type { RejectedFile } from './rejected.ts'
import { deleteSegmentsBefore, dropOldest, readCursor, writeCursor, type Position } from './segments.ts'
import { SpoolReader, type Batch } from './spool-reader.ts'
import { Wake } from './wake.ts'

export interface DrainOptions {
  readonly directory: string
  readonly openWriter: () => Promise<RecordWriter>
  /** Fills in what a record still owes. */
  readonly complete: (record: ExchangeRecord) => ExchangeRecord
  readonly rejected: RejectedFile
  readonly clock: Clock
  readonly observe: Observe
  readonly onProgress: (progress: Progress) => void
  readonly limits: DrainLimits
}

export interface DrainLimits {
  readonly spoolMaxBytes: number
  readonly batchRecords: number
  readonly batchBytes: number
  readonly maxLineBytes: number
  /** How often it looks by itself when nobody calls, milliseconds. */
  readonly pollMs: number
  /** How long one write may take before the connection is given up, milliseconds. */
  readonly writeTimeoutMs: number
  readonly firstRetryMs: number
  readonly lastRetryMs: number
}

export interface Progress {
  /** Everything before it is in the database or was given up and announced. */
  readonly done: Position
  /** When the oldest record that is not written yet began, milliseconds since 1970. null: none is waiting. */
  readonly oldestAt: number | null
}

/** What of a batch is not written yet. */
interface Left {
  records: readonly ExchangeRecord[]
  feedback: readonly FeedbackRecord[]
}

/**
 * Moves records and feedback from the spool into the database, in order, one batch at a time, for as long as it takes. The cursor is
 * written after the commit, so a crash in between replays a batch, and the writer is idempotent. While the database is
 * away it tries again by itself; what the database refuses for its content is set aside, so that nothing holds up the
 * records behind it.
 */
export class Drain {
  readonly #options: DrainOptions
  readonly #reader: SpoolReader
  readonly #wake = new Wake()
  #writer: RecordWriter | null = null
  #done: Position
  #sealed = 0
  #stopped = false
  #lostAt: number | null = null
  #lastProblem = ''

  constructor(options: DrainOptions) {
    this.#options = options
    const cursor = readCursor(options.directory)
    this.#done = cursor ?? { segment: 0, offset: 0, records: 0 }
    this.#reader = new SpoolReader({
      directory: options.directory,
      start: cursor,
      maxRecords: options.limits.batchRecords,
      maxBytes: options.limits.batchBytes,
      maxLineBytes: options.limits.maxLineBytes,
      onUnreadable: (file, message, line) => {
        if (line !== null) this.#keepRejected({ reason: message, line })
        options.observe({ type: 'spool-line-unreadable', file, message })
      },
    })
  }

  /** There may be something to do: records were appended, or a segment was finished. */
  call(): void {
    this.#wake.call()
  }

  /** Segments up to this one will not grow any more. */
  seal(segment: number): void {
    this.#sealed = Math.max(this.#sealed, segment)
    this.#wake.call()
  }

  /** Ends `run` after what is under way. */
  stop(): void {
    this.#stopped = true
    this.#wake.call()
  }

  /** Resolves after `stop`, or when everything up to the sealed segment is done. Rejects when the disk fails. */
  async run(): Promise<void> {
    while (!this.#stopped) {
      this.#keepWithinCap()
      const batch = this.#reader.next(this.#sealed)
      if (batch !== null) {
        if (await this.#deliver(batch)) this.#commit(batch.end)
        continue
      }
      this.#options.onProgress({ done: this.#done, oldestAt: null })
      // A sealed segment always gives a batch or an end, so nothing to read means that all of them are done.
      if (this.#sealed > 0) break
      await this.#wake.sleep(this.#options.limits.pollMs)
    }
    await this.#closeWriter()
  }

  /** True: the batch is done. False: it was given up, because the spool overflowed or because of `stop`. */
  async #deliver(batch: Batch): Promise<boolean> {
    const oldestAt = batch.records[0]?.createdAt ?? batch.feedback[0]?.at ?? null
    const left: Left = { records: batch.records.map((record) => this.#completed(record)), feedback: batch.feedback }
    let retryMs = this.#options.limits.firstRetryMs
    while (left.records.length + left.feedback.length > 0) {
      try {
        this.#writer ??= await this.#openWriter()
        // Records first: what feedback is about may be in the same batch.
        if (left.records.length > 0) await this.#writeRecords(batch, left)
        if (left.feedback.length > 0) await this.#writeFeedback(left)
        return true
      } catch (error) {
        this.#options.onProgress({ done: this.#done, oldestAt })
        this.#databaseIsAway(error, retryMs)
      }
      if (!(await this.#waitToRetry(batch, retryMs))) return false
      retryMs = Math.min(retryMs * 2, this.#options.limits.lastRetryMs)
    }
    return true
  }

  async #writeRecords(batch: Batch, left: Left): Promise<void> {
    const began = this.#options.clock.monotonic()
    const write = (some: readonly ExchangeRecord[]): Promise<number> => this.#write((writer) => writer.write(some))
    const count = await writeRecords(write, left.records, (record, error) => {
      left.records = left.records.filter((other) => other !== record)
      this.#refused('a record', { record }, record.requestId, error)
    })
    this.#databaseIsThere()
    this.#options.observe({ type: 'records-written', count, tookMs: this.#options.clock.monotonic() - began })
    this.#announceEstimates(batch.records, left.records)
    left.records = []
  }

  async #writeFeedback(left: Left): Promise<void> {
    const write = (some: readonly FeedbackRecord[]): Promise<number> =>
      this.#write((writer) => writer.writeFeedback(some))
    await writeRecords(write, left.feedback, (statement, error) => {
      left.feedback = left.feedback.filter((other) => other !== statement)
      this.#refused('feedback', { feedback: statement }, statement.requestId, error)
    })
    this.#databaseIsThere()
    left.feedback = []
  }

  /** False: there is no point in trying this batch again. */
  async #waitToRetry(batch: Batch, retryMs: number): Promise<boolean> {
    const until = this.#options.clock.monotonic() + retryMs
    for (;;) {
      if (this.#stopped) return false
      this.#keepWithinCap()
      if (this.#done.segment > batch.segment) return false
      const left = until - this.#options.clock.monotonic()
      if (left <= 0) return true
      await this.#wake.sleep(left)
    }
  }

  /** One write, with a limit: a database that neither answers nor hangs up must not hold up the spool for ever. */
  async #write(write: (writer: RecordWriter) => Promise<number>): Promise<number> {
    const writer = this.#writer
    if (writer === null) throw new Error('The connection was given up.')
    const { writeTimeoutMs } = this.#options.limits
    let timer: NodeJS.Timeout | undefined
    const deadline = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        this.#writer = null
        void writer.close()
        reject(new Error(`The database did not answer within ${writeTimeoutMs} ms.`))
      }, writeTimeoutMs)
    })
    try {
      return await Promise.race([write(writer), deadline])
    } finally {
      clearTimeout(timer)
    }
  }

  async #openWriter(): Promise<RecordWriter> {
    return this.#options.openWriter()
  }

  async #closeWriter(): Promise<void> {
    await this.#writer?.close()
    this.#writer = null
  }

  #completed(record: ExchangeRecord): ExchangeRecord {
    try {
      return this.#options.complete(record)
    } catch (error) {
      const where = 'recording: the tokens of an answer could not be counted; it is recorded without them'
      this.#options.observe({ type: 'defect', where, error, requestId: record.requestId })
      return { ...record, estimate: null, compressed: null }
    }
  }

  #commit(position: Position): void {
    const finishesSegment = position.segment > this.#done.segment
    this.#done = position
    try {
      writeCursor(this.#options.directory, position)
    } catch (error) {
      // The records are safe. Without the cursor a restart reads some of them again, which changes nothing.
      this.#options.observe({ type: 'defect', where: 'recording: the cursor of the spool could not be written', error })
    }
    if (finishesSegment) deleteSegmentsBefore(this.#options.directory, position.segment)
    this.#options.onProgress({ done: position, oldestAt: null })
  }

  #keepWithinCap(): void {
    const dropped = dropOldest(this.#options.directory, this.#options.limits.spoolMaxBytes, this.#done)
    if (dropped === null) return
    this.#reader.seek(dropped.next)
    this.#commit(dropped.next)
    if (dropped.records === 0) return
    this.#options.observe({ type: 'spool-overflow', droppedRecords: dropped.records, droppedBytes: dropped.bytes })
  }

  #databaseIsAway(error: unknown, willRetryInMs: number): void {
    const message = error instanceof Error ? error.message : String(error)
    if (this.#lostAt === null) {
      this.#lostAt = this.#options.clock.now()
      this.#options.observe({ type: 'database-lost', message: `Records wait in the spool: ${message}` })
    }
    // The same reason again would say nothing new.
    if (message !== this.#lastProblem) this.#options.observe({ type: 'record-write-failed', message, willRetryInMs })
    this.#lastProblem = message
  }

  #databaseIsThere(): void {
    if (this.#lostAt === null) return
    this.#options.observe({ type: 'database-back', awayMs: this.#options.clock.now() - this.#lostAt })
    this.#lostAt = null
    this.#lastProblem = ''
  }

  #refused(what: string, entry: { record?: unknown; feedback?: unknown }, requestId: string, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error)
    const kept = this.#keepRejected({ reason, ...entry })
    const fate = kept ? 'it is kept in spool/rejected.ndjson' : 'it is lost, because spool/rejected.ndjson is full'
    const where = `recording: the database refused ${what}; ${fate}`
    this.#options.observe({ type: 'defect', where, error, requestId })
  }

  #keepRejected(entry: Parameters<RejectedFile['keep']>[0]): boolean {
    try {
      return this.#options.rejected.keep(entry)
    } catch (error) {
      this.#options.observe({ type: 'defect', where: 'recording: spool/rejected.ndjson could not be written', error })
      return false
    }
  }

  /** What was counted here rather than by a provider, added up by model. */
  #announceEstimates(read: readonly ExchangeRecord[], written: readonly ExchangeRecord[]): void {
    const owed = new Set(read.filter((record) => record.estimate !== null).map((record) => record.requestId))
    if (owed.size === 0) return
    const sums = new Map<
      string,
      { provider: string; model: string; inputTokens: number; outputTokens: number; costUsd: number | null }
    >()
    for (const record of written) {
      if (!owed.has(record.requestId) || record.usage === null) continue
      const provider = record.provider ?? 'unknown'
      const model = record.responseModel ?? record.requestModel
      const key = `${provider}/${model}`
      const sum = sums.get(key) ?? { provider, model, inputTokens: 0, outputTokens: 0, costUsd: null }
      sum.inputTokens += record.usage.inputTokens
      sum.outputTokens += record.usage.outputTokens
      if (record.cost !== null) sum.costUsd = (sum.costUsd ?? 0) + record.cost.totalUsd
      sums.set(key, sum)
    }
    for (const sum of sums.values()) this.#options.observe({ type: 'records-estimated', ...sum })
  }
}
