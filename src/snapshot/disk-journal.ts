import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Observe } from '../core/observation.ts'
import type { SnapshotChange } from './change.ts'
import { changeLine, commitLine, headerLine } from './disk-format.ts'
import { type IndexedSnapshot, changesOf } from './indexed-snapshot.ts'
import { createSlices } from '../core/slices.ts'

export interface DiskJournal {
  /** The base was loaded anew: the file is written whole. */
  replace(base: IndexedSnapshot): void
  /** These changes led to `base`: they are appended. */
  append(changes: readonly SnapshotChange[], base: IndexedSnapshot): void
  /** Resolves when all that was handed over is written, or has failed. */
  settled(): Promise<void>
  /** Writes what is left and lets go of the file. */
  close(): Promise<void>
}

export interface DiskJournalOptions {
  readonly file: string
  readonly observe: Observe
  /** The file is written whole again when it has more than doubled and is larger than this. Bytes. */
  readonly compactAboveBytes?: number
  /** Milliseconds until a failed write is tried again. */
  readonly retryMs?: number
}

const chunkChars = 128 * 1024
/** More than this is quicker written whole than appended, and bounds what waits in memory. */
const maxWaiting = 10_000

/**
 * Keeps the last good snapshot on disk, beside the serving: nobody waits for it, and its failure is an observation, never
 * an error. A whole write goes to a new file that takes the old one's place when it is complete; changes are appended and
 * sealed with a commit. Both only the owner may read.
 */
export function createDiskJournal({
  file,
  observe,
  compactAboveBytes = 1 << 20,
  retryMs = 30_000,
}: DiskJournalOptions): DiskJournal {
  let latest: IndexedSnapshot | null = null
  let waiting: SnapshotChange[] = []
  let handle: FileHandle | null = null
  let wholeBytes = 0
  let bytes = 0
  /** What is on disk cannot be appended to. */
  let stale = true
  let dirty = false
  let running: Promise<void> | null = null
  let retry: ReturnType<typeof setTimeout> | undefined
  let closed = false

  function wake(): void {
    if (closed) return
    dirty = true
    if (retry !== undefined) return
    running ??= work().finally(() => {
      running = null
    })
  }

  async function work(): Promise<void> {
    while (dirty && latest !== null) {
      dirty = false
      try {
        if (handle === null || stale) await writeWhole(latest)
        else await writeWaiting(handle, latest.version)
      } catch (error) {
        stale = true
        tryLater(error)
        return
      }
    }
  }

  function tryLater(error: unknown): void {
    const message = `The last good snapshot cannot be written: ${(error as Error).message}. Tried again in ${retryMs} ms; serving goes on.`
    observe({ type: 'snapshot-rejected', source: file, message })
    retry = setTimeout(() => {
      retry = undefined
      wake()
    }, retryMs)
    retry.unref()
  }

  async function writeWhole(base: IndexedSnapshot): Promise<void> {
    // Changes that wait now are in `base` already.
    waiting = []
    stale = false
    await dropFile()
    await mkdir(dirname(file), { recursive: true })
    const fresh = `${file}.new`
    await rm(fresh, { force: true })
    const target = await open(fresh, 'wx', 0o600)
    try {
      bytes = await writeLines(target, wholeLines(base))
      wholeBytes = bytes
      await target.sync()
    } finally {
      await target.close()
    }
    await rename(fresh, file)
    handle = await open(file, 'a', 0o600)
  }

  async function writeWaiting(target: FileHandle, version: string): Promise<void> {
    const changes = waiting
    waiting = []
    bytes += await writeLines(target, appendedLines(changes, version))
    if (bytes <= Math.max(2 * wholeBytes, compactAboveBytes)) return
    stale = true
    dirty = true
  }

  async function dropFile(): Promise<void> {
    const old = handle
    handle = null
    await old?.close().catch(() => undefined)
  }

  return {
    replace(base) {
      latest = base
      stale = true
      wake()
    },
    append(changes, base) {
      latest = base
      if (waiting.length + changes.length > maxWaiting) {
        waiting = []
        stale = true
      } else waiting.push(...changes)
      wake()
    },
    async settled() {
      while (running !== null) await running
    },
    async close() {
      clearTimeout(retry)
      while (running !== null) await running
      closed = true
      await dropFile()
    },
  }
}

function* wholeLines(base: IndexedSnapshot): Generator<string> {
  yield headerLine(base.version)
  for (const change of changesOf(base)) yield changeLine(change)
  yield commitLine(base.version)
}

function* appendedLines(changes: readonly SnapshotChange[], version: string): Generator<string> {
  for (const change of changes) yield changeLine(change)
  yield commitLine(version)
}

/** In chunks, with turns for the event loop in between. The number of bytes written. */
async function writeLines(target: FileHandle, lines: Iterable<string>): Promise<number> {
  const slices = createSlices()
  let text = ''
  let written = 0
  const flush = async () => {
    const chunk = Buffer.from(text)
    text = ''
    for (let from = 0; from < chunk.length;) from += (await target.write(chunk, from)).bytesWritten
    written += chunk.length
  }
  for (const line of lines) {
    text += line
    if (text.length >= chunkChars) await flush()
    if (slices.due()) await slices.rest()
  }
  await flush()
  return written
}
