import type { Clock } from '../core/clock.ts'
import type { Observe } from '../core/observation.ts'
import type { FeedbackRecord } from '../core/feedback.ts'
import type { ExchangeRecord } from '../core/record.ts'
import { encodeFeedback, encodeRecord } from './record-line.ts'
import { listSegments, readCursor, segmentPath, type Position } from './segments.ts'
import type { SpoolFile } from './spool-file.ts'

export interface SpoolOptions {
  readonly directory: string
  /** A segment that is at least so large is followed by the next. */
  readonly segmentBytes: number
  /** What is kept in memory while the disk refuses to take it. */
  readonly waitingMaxBytes: number
  /** How long after a refusal the disk is asked again, milliseconds. */
  readonly retryAfterMs: number
  readonly file: SpoolFile
  readonly clock: Clock
  readonly observe: Observe
  /** A segment is finished and will not grow any more. */
  readonly onRotate: () => void
}

interface Extent {
  records: number
  bytes: number
}

const lineFeed = 10
const lineBufferBytes = 1 << 20
const maxBytesOfCodeUnit = 3

/**
 * The serving thread's end of the recording: one line, one synchronous write. What `append` has written belongs to the
 * operating system and outlives the process, however it ends. Never throws into a request: while the disk is full,
 * lines wait in a bounded memory, and what does not fit there is counted and announced.
 */
export class Spool {
  readonly #options: SpoolOptions
  readonly #line = Buffer.allocUnsafeSlow(lineBufferBytes)
  /** What each segment of this process holds; the ones that are recorded are forgotten by `forgetBefore`. */
  readonly #extents = new Map<number, Extent>()
  #number: number
  #file: number | null
  #extent: Extent = { records: 0, bytes: 0 }
  /** The file may end in a part of a line that could not be taken back: nothing may follow it. */
  #torn = false
  #waiting: string[] = []
  #waitingBytes = 0
  #refusedAt = 0
  #retry: NodeJS.Timeout | null = null
  #droppedRecords = 0
  #droppedBytes = 0

  /** Starts a new segment after all that are there. Throws when the directory cannot be written to. */
  constructor(options: SpoolOptions) {
    this.#options = options
    const newest = listSegments(options.directory).at(-1)?.number ?? 0
    this.#number = Math.max(newest, readCursor(options.directory)?.segment ?? 0) + 1
    this.#file = options.file.create(segmentPath(options.directory, this.#number))
    this.#extents.set(this.#number, this.#extent)
  }

  /** When it returns, the record is with the operating system (or waits in memory for a full disk). Never throws. */
  append(record: ExchangeRecord): void {
    const line = this.#encode(record)
    if (line !== null) this.#append(line)
  }

  /** The same for many, in one write while the disk takes them. */
  appendAll(records: readonly ExchangeRecord[]): void {
    this.#appendLines(records.flatMap((record) => this.#encode(record) ?? []))
  }

  /** Statements of one request: in one write, while the disk takes them. Never throws. */
  appendFeedback(feedback: readonly FeedbackRecord[]): void {
    this.#appendLines(feedback.map(encodeFeedback))
  }

  #appendLines(lines: readonly string[]): void {
    if (lines.length < 2 || this.#waiting.length > 0) {
      for (const line of lines) this.#append(line)
      return
    }
    try {
      this.#write(lines.join('\n'), lines.length)
    } catch (error) {
      this.#refused(error)
      for (const line of lines) this.#wait(line)
    }
  }

  #encode(record: ExchangeRecord): string | null {
    try {
      return encodeRecord(record)
    } catch (error) {
      this.#options.observe({
        type: 'defect',
        where: 'recording: a record is not JSON',
        error,
        requestId: record.requestId,
      })
      return null
    }
  }

  #append(line: string): void {
    if (this.#waiting.length > 0) {
      this.#wait(line)
      if (this.#options.clock.monotonic() - this.#refusedAt >= this.#options.retryAfterMs) this.flush()
      return
    }
    try {
      this.#write(line)
    } catch (error) {
      this.#refused(error)
      this.#wait(line)
    }
  }

  /** Writes what waits in memory, as far as the disk takes it. True when nothing waits any more. */
  flush(): boolean {
    let written = 0
    try {
      for (const line of this.#waiting) {
        this.#write(line)
        this.#waitingBytes -= line.length
        written++
      }
    } catch (error) {
      this.#refused(error)
    }
    this.#waiting = this.#waiting.slice(written)
    this.#announceDropped()
    return this.#waiting.length === 0
  }

  /** No segment up to the number given will grow any more. A record that comes later opens a new one. */
  seal(): number {
    this.flush()
    if (this.#retry !== null) clearTimeout(this.#retry)
    this.#retry = null
    if (this.#file !== null) this.#options.file.close(this.#file)
    this.#file = null
    return this.#number
  }

  /**
   * The last call: tries once more to write what waits in memory; what the disk still refuses is lost, counted and
   * announced.
   */
  end(): void {
    if (!this.flush()) {
      this.#droppedRecords += this.#waiting.length
      this.#droppedBytes += this.#waitingBytes
      this.#waiting = []
      this.#waitingBytes = 0
      this.#announceDropped()
    }
    this.seal()
  }

  get number(): number {
    return this.#number
  }

  /** Records and bytes after a position, in the segments of this process and in memory. */
  after(position: Position): { readonly records: number; readonly bytes: number } {
    let records = this.#waiting.length
    let bytes = this.#waitingBytes
    for (const [number, extent] of this.#extents) {
      if (number < position.segment) continue
      const isThere = number === position.segment
      records += extent.records - (isThere ? position.records : 0)
      bytes += extent.bytes - (isThere ? position.offset : 0)
    }
    return { records, bytes }
  }

  /** Segments before it are in the database. */
  forgetBefore(position: Position): void {
    for (const number of this.#extents.keys()) {
      if (number < position.segment && number !== this.#number) this.#extents.delete(number)
    }
  }

  #write(line: string, records = 1): void {
    const file = this.#openFile()
    const fits = (line.length + 1) * maxBytesOfCodeUnit <= lineBufferBytes
    const buffer = fits ? this.#line : Buffer.from(`${line}\n`)
    let length = buffer.length
    if (fits) {
      length = this.#line.write(line) + 1
      this.#line[length - 1] = lineFeed
    }
    let written = 0
    try {
      written = this.#options.file.append(file, buffer, length)
      if (written !== length) throw new Error(`only ${written} of ${length} bytes could be written`)
    } catch (error) {
      this.#takeBack(file)
      throw error
    }
    this.#extent.records += records
    this.#extent.bytes += length
  }

  #openFile(): number {
    const isFull = this.#extent.bytes >= this.#options.segmentBytes
    if (this.#file !== null && !isFull && !this.#torn) return this.#file
    const next = this.#number + 1
    const file = this.#options.file.create(segmentPath(this.#options.directory, next))
    const finished = this.#file
    this.#file = file
    this.#number = next
    this.#extent = { records: 0, bytes: 0 }
    this.#extents.set(next, this.#extent)
    this.#torn = false
    if (finished !== null) this.#options.file.close(finished)
    this.#options.onRotate()
    return file
  }

  /** Cuts off the part of a line that was written before the disk refused the rest. */
  #takeBack(file: number): void {
    try {
      this.#options.file.truncate(file, this.#extent.bytes)
    } catch {
      // The part stays. The reader will find it at the end of this segment and report it; nothing is appended behind
      // it.
      this.#torn = true
    }
  }

  #wait(line: string): void {
    this.#waiting.push(line)
    this.#waitingBytes += line.length
    while (this.#waitingBytes > this.#options.waitingMaxBytes) {
      const oldest = this.#waiting.shift()
      if (oldest === undefined) break
      this.#waitingBytes -= oldest.length
      this.#droppedRecords++
      this.#droppedBytes += oldest.length
    }
    this.#retryLater()
  }

  #retryLater(): void {
    this.#retry ??= setTimeout(() => {
      this.#retry = null
      if (!this.flush()) this.#retryLater()
    }, this.#options.retryAfterMs).unref()
  }

  #refused(error: unknown): void {
    this.#refusedAt = this.#options.clock.monotonic()
    const reason = error instanceof Error ? error.message : String(error)
    this.#options.observe({
      type: 'record-write-failed',
      message: `The spool in ${this.#options.directory} takes no record (${reason}); it waits in memory.`,
      willRetryInMs: this.#options.retryAfterMs,
    })
  }

  #announceDropped(): void {
    if (this.#droppedRecords === 0) return
    this.#options.observe({
      type: 'spool-overflow',
      droppedRecords: this.#droppedRecords,
      droppedBytes: this.#droppedBytes,
    })
    this.#droppedRecords = 0
    this.#droppedBytes = 0
  }
}
