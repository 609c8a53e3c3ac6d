import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  readdirSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { isJsonObject } from '../core/json.ts'

/**
 * The spool on disk: numbered segments, `000000000001.ndjson` and so on, one record a line. Only the serving thread
 * creates and appends, only the recording worker deletes. `cursor.json` says how far the records are in the database;
 * it is written after the commit and may lag behind, because writing a record twice is harmless.
 */

export interface Segment {
  readonly number: number
  readonly path: string
  readonly bytes: number
}

/** A place between two lines. */
export interface Position {
  readonly segment: number
  /** Bytes from the segment's start. */
  readonly offset: number
  /** Lines before it in the segment. */
  readonly records: number
}

const name = /^(\d+)\.ndjson$/
const newline = 10
/** Room for three of the largest whole numbers with their names. */
const cursorChars = 96

/** `<dataDir>/spool`, made when it is not there. */
export function spoolDirectory(dataDir: string): string {
  const directory = join(dataDir, 'spool')
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  return directory
}

export function segmentPath(directory: string, number: number): string {
  return join(directory, `${String(number).padStart(12, '0')}.ndjson`)
}

/** The segments, oldest first. */
export function listSegments(directory: string): readonly Segment[] {
  const segments: Segment[] = []
  for (const file of readdirSync(directory)) {
    const number = Number(name.exec(file)?.[1] ?? Number.NaN)
    if (!Number.isSafeInteger(number)) continue
    const path = join(directory, file)
    const bytes = statSync(path, { throwIfNoEntry: false })?.size
    if (bytes !== undefined) segments.push({ number, path, bytes })
  }
  return segments.sort((one, other) => one.number - other.number)
}

export function deleteSegmentsBefore(directory: string, number: number): void {
  for (const segment of listSegments(directory)) {
    if (segment.number < number) unlinkSync(segment.path)
  }
}

/** null: nothing was recorded yet, or the file is not readable; then everything that is still there is read again. */
export function readCursor(directory: string): Position | null {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(join(directory, 'cursor.json'), 'utf8'))
  } catch {
    return null
  }
  if (!isJsonObject(value)) return null
  const { segment, offset, records } = value
  return isCount(segment) && isCount(offset) && isCount(records) ? { segment, offset, records } : null
}

/**
 * Overwritten in place, in one small write of always the same length. Replacing the file would be safer against a torn
 * write, but makes the file system flush it every time (0.5 ms); a cursor that is damaged or lost only means reading
 * more again.
 */
export function writeCursor(directory: string, position: Position): void {
  const file = openSync(join(directory, 'cursor.json'), constants.O_WRONLY | constants.O_CREAT, 0o600)
  try {
    writeSync(file, JSON.stringify(position).padEnd(cursorChars), 0)
  } finally {
    closeSync(file)
  }
}

/** Lines of a segment that end at or after `offset`. A torn last line is none. */
export function countLines(path: string, offset: number): number {
  const file = openSync(path, 'r')
  const buffer = Buffer.allocUnsafe(1 << 20)
  let lines = 0
  let from = offset
  try {
    for (;;) {
      const bytes = readSync(file, buffer, 0, buffer.length, from)
      if (bytes === 0) return lines
      from += bytes
      const chunk = buffer.subarray(0, bytes)
      for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, at + 1)) lines++
    }
  } finally {
    closeSync(file)
  }
}

export interface Dropped {
  readonly records: number
  readonly bytes: number
  /** Where what is left begins. */
  readonly next: Position
}

/**
 * Deletes the oldest whole segments until the spool is no larger than `maxBytes`; never the newest, which is being
 * appended to. Counts the records after `done` that are lost by it. null: nothing had to go.
 */
export function dropOldest(directory: string, maxBytes: number, done: Position): Dropped | null {
  const segments = listSegments(directory)
  let total = segments.reduce((sum, segment) => sum + segment.bytes, 0)
  let records = 0
  let bytes = 0
  let next: Position | null = null
  for (const [index, segment] of segments.entries()) {
    const following = segments[index + 1]
    if (total <= maxBytes || following === undefined) break
    const from = segment.number === done.segment ? done.offset : 0
    if (segment.number >= done.segment) {
      records += countLines(segment.path, from)
      bytes += segment.bytes - from
    }
    unlinkSync(segment.path)
    total -= segment.bytes
    next = { segment: following.number, offset: 0, records: 0 }
  }
  if (next === null) return null
  return { records, bytes, next: next.segment > done.segment ? next : done }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
