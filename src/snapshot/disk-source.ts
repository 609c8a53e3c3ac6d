import { type FileHandle, open } from 'node:fs/promises'
import type { SnapshotChange } from './change.ts'
import { diskFormat, parseDiskLine } from './disk-format.ts'
import type { IndexedSnapshot } from './indexed-snapshot.ts'
import { createSlices } from '../core/slices.ts'
import { SnapshotDraft } from './snapshot-draft.ts'

const chunkBytes = 256 * 1024
/** Longer than any prompt may be with all its versions; bounds what a damaged file can make us hold. */
const maxLineBytes = 256 * 1024 * 1024

export interface DiskRead {
  /** null: there is nothing on disk that could serve. */
  readonly base: IndexedSnapshot | null
  /** What is wrong with the file; null when it is whole, or is not there at all. */
  readonly problem: string | null
}

/**
 * Reads the last good snapshot, as far as its last commit. Never throws for what is in the file: a cut-off or damaged end
 * is named in `problem` and the state before it is used.
 */
export async function readDiskSnapshot(file: string, empty: IndexedSnapshot, builtAt: number): Promise<DiskRead> {
  let handle: FileHandle
  try {
    handle = await open(file, 'r')
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    return { base: null, problem: missing ? null : `It cannot be opened: ${(error as Error).message}` }
  }
  const reading = new Reading(empty)
  let problem: string | null = null
  try {
    const slices = createSlices()
    for await (const line of linesOf(handle)) {
      reading.take(line)
      if (slices.due()) await slices.rest()
    }
    problem = reading.unfinished()
  } catch (error) {
    problem = `Line ${reading.lines + 1} is damaged (${firstLine(error)}).`
  } finally {
    await handle.close()
  }
  return reading.finish(builtAt, problem)
}

/** The state of one reading: a draft that holds what is committed, and what waits for its commit. */
class Reading {
  lines = 0
  readonly #draft: SnapshotDraft
  #header = false
  #version: string | null = null
  #waiting: SnapshotChange[] = []

  constructor(empty: IndexedSnapshot) {
    this.#draft = new SnapshotDraft(empty)
  }

  take(text: string): void {
    const line = parseDiskLine(text)
    if (line.kind === 'header' || !this.#header) {
      if (line.kind !== 'header' || this.#header) throw new Error('the header must be the first line, and only there')
      if (line.format !== diskFormat)
        throw new Error(`its format is ${line.format}, this version of Promptbox reads ${diskFormat}`)
      this.#header = true
    } else if (line.kind === 'commit') {
      for (const change of this.#waiting) this.#draft.apply(change)
      this.#waiting = []
      this.#version = line.version
    } else if (this.#version === null) {
      // Up to the first commit the file was put in place whole, so there is no need to hold it all twice.
      this.#draft.apply(line.change)
    } else {
      this.#waiting.push(line.change)
    }
    this.lines += 1
  }

  unfinished(): string | null {
    return this.#version === null || this.#waiting.length > 0
      ? `It ends after line ${this.lines} without a commit.`
      : null
  }

  finish(builtAt: number, problem: string | null): DiskRead {
    if (this.#version === null)
      return { base: null, problem: `${problem ?? 'It is empty.'} Nothing of it can be used.` }
    const base = this.#draft.finish({ version: this.#version, tier: 'disk', builtAt })
    return { base, problem: problem === null ? null : `${problem} It is used as of version ${this.#version}.` }
  }
}

/** Each line without its line feed. A last line without line feed was cut off while it was written and is an error. */
async function* linesOf(handle: FileHandle): AsyncGenerator<string> {
  const chunk = Buffer.allocUnsafe(chunkBytes)
  let rest: Buffer[] = []
  let restBytes = 0
  for (;;) {
    const { bytesRead } = await handle.read(chunk, 0, chunkBytes)
    if (bytesRead === 0) break
    let start = 0
    for (let end = chunk.indexOf(10); end !== -1 && end < bytesRead; end = chunk.indexOf(10, start)) {
      const piece = chunk.subarray(start, end)
      yield rest.length === 0 ? piece.toString('utf8') : Buffer.concat([...rest, piece]).toString('utf8')
      rest = []
      restBytes = 0
      start = end + 1
    }
    rest.push(Buffer.from(chunk.subarray(start, bytesRead)))
    restBytes += bytesRead - start
    if (restBytes > maxLineBytes) throw new Error(`it is longer than ${maxLineBytes} bytes`)
  }
  if (restBytes > 0) throw new Error('it ends in the middle of the line')
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.replaceAll(/\s+/g, ' ').slice(0, 200)
}
