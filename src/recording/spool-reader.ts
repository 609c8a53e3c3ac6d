import { closeSync, openSync, readSync } from 'node:fs'
import type { FeedbackRecord } from '../core/feedback.ts'
import { isJsonObject } from '../core/json.ts'
import type { ExchangeRecord } from '../core/record.ts'
import { decodeFeedback, decodeRecord, isFeedbackLine } from './record-line.ts'
import { listSegments, type Position, type Segment } from './segments.ts'

export interface SpoolReaderOptions {
  readonly directory: string
  readonly start: Position | null
  /** Most lines of a batch. */
  readonly maxRecords: number
  /** Most bytes of a batch, unless a single line is longer. */
  readonly maxBytes: number
  /** Longer lines are passed over: no record is that long. */
  readonly maxLineBytes: number
  /** A line that is no record: torn by a power cut, or damaged on disk. `line` is null when it is torn or too long. */
  readonly onUnreadable: (file: string, message: string, line: string | null) => void
}

export interface Batch {
  readonly records: readonly ExchangeRecord[]
  readonly feedback: readonly FeedbackRecord[]
  /** The segment it was read from. */
  readonly segment: number
  /** Where the next batch begins. */
  readonly end: Position
}

/** What the lines of a batch hold. */
interface Found {
  readonly records: ExchangeRecord[]
  readonly feedback: FeedbackRecord[]
}

const lineFeed = 10
const start: Position = { segment: 0, offset: 0, records: 0 }

/**
 * Reads the segments in order, a bounded batch at a time, however much there is. Only whole lines count: what follows
 * the last line feed of a segment that still grows is left for the next time, and in one that does not it is reported
 * once. Keeps no bytes between two reads, so the writer may take back a line that it could not finish.
 */
export class SpoolReader {
  readonly #options: SpoolReaderOptions
  #position: Position
  #buffer: Buffer
  #passing = false

  constructor(options: SpoolReaderOptions) {
    this.#options = options
    this.#position = options.start ?? start
    this.#buffer = Buffer.allocUnsafeSlow(options.maxBytes)
  }

  /** Goes on from there. */
  seek(position: Position): void {
    this.#position = position
    this.#passing = false
  }

  /**
   * The next records and feedback, or a batch without any when only the position moved. null: there is nothing to read now. Segments
   * up to `sealed`, and all but the newest, do not grow any more. Throws when the disk fails.
   */
  next(sealed: number): Batch | null {
    // Listed before it is read: a segment with a follower at this moment has its last line already.
    const segments = listSegments(this.#options.directory)
    const current = segments.find((segment) => segment.number >= this.#position.segment)
    if (current === undefined) return null
    if (current.number > this.#position.segment || current.bytes < this.#position.offset) {
      this.seek({ segment: current.number, offset: 0, records: 0 })
    }
    const follower = segments.find((segment) => segment.number > current.number)
    const isFinished = follower !== undefined || current.number <= sealed
    const from = this.#position
    const found = this.#read(current, isFinished)
    if (found === null && isFinished && this.#position === from) {
      this.seek({ segment: follower?.number ?? current.number + 1, offset: 0, records: 0 })
    }
    return this.#position === from
      ? null
      : { ...(found ?? { records: [], feedback: [] }), segment: current.number, end: this.#position }
  }

  /** null: there is no whole line to read. */
  #read(segment: Segment, isFinished: boolean): Found | null {
    const file = openSync(segment.path, 'r')
    try {
      for (;;) {
        const bytes = readSync(file, this.#buffer, 0, this.#buffer.length, this.#position.offset)
        const chunk = this.#buffer.subarray(0, bytes)
        const found = this.#takeLines(segment, chunk)
        if (found !== null) return found
        const isEnd = bytes < this.#buffer.length
        if (isEnd) {
          if (isFinished && (bytes > 0 || this.#passing)) this.#reportTorn(segment, bytes)
          return null
        }
        this.#growOrPass(segment, bytes)
      }
    } finally {
      closeSync(file)
    }
  }

  /** null: there is no whole line in the chunk. */
  #takeLines(segment: Segment, chunk: Buffer): Found | null {
    const found: Found = { records: [], feedback: [] }
    let lines = 0
    let begin = 0
    while (lines < this.#options.maxRecords) {
      const end = chunk.indexOf(lineFeed, begin)
      if (end === -1) break
      if (this.#passing) this.#passing = false
      else this.#takeLine(segment, chunk.toString('utf8', begin, end), this.#position.offset + begin, found)
      begin = end + 1
      lines++
    }
    if (lines === 0) return null
    const { offset, records: before } = this.#position
    this.#position = { segment: segment.number, offset: offset + begin, records: before + lines }
    if (this.#buffer.length > this.#options.maxBytes) this.#buffer = Buffer.allocUnsafeSlow(this.#options.maxBytes)
    return found
  }

  #takeLine(segment: Segment, line: string, offset: number, { records, feedback }: Found): void {
    const said = isFeedbackLine(line) ? parseFeedback(line) : null
    const record = said === null ? parseRecord(line) : null
    if (said !== null) feedback.push(said)
    else if (record !== null) records.push(record)
    else this.#options.onUnreadable(segment.path, `The line at byte ${offset} is no record and is left out.`, line)
  }

  #growOrPass(segment: Segment, bytes: number): void {
    if (!this.#passing && this.#buffer.length < this.#options.maxLineBytes) {
      this.#buffer = Buffer.allocUnsafeSlow(Math.min(this.#buffer.length * 2, this.#options.maxLineBytes))
      return
    }
    if (!this.#passing) {
      const { offset } = this.#position
      const message = `The line at byte ${offset} is longer than ${this.#options.maxLineBytes} bytes and is left out.`
      this.#options.onUnreadable(segment.path, message, null)
    }
    this.#passing = true
    this.#position = { ...this.#position, offset: this.#position.offset + bytes }
  }

  #reportTorn(segment: Segment, bytes: number): void {
    const { offset } = this.#position
    this.#passing = false
    const message = `The last line, at byte ${offset}, is torn after ${bytes} bytes: its process ended then.`
    this.#options.onUnreadable(segment.path, message, null)
  }
}

function parseFeedback(line: string): FeedbackRecord | null {
  try {
    return decodeFeedback(line)
  } catch {
    return null
  }
}

/** The line as `append` wrote it. Only its outline is checked: what is in it was ours when it was written. */
function parseRecord(line: string): ExchangeRecord | null {
  let value: unknown
  try {
    value = decodeRecord(line)
  } catch {
    return null
  }
  return isRecord(value) ? value : null
}

function isRecord(value: unknown): value is ExchangeRecord {
  return isJsonObject(value) && typeof value['requestId'] === 'string' && typeof value['createdAt'] === 'number'
}
