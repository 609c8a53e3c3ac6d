import { type FSWatcher, watch } from 'node:fs'
import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Fault } from '../core/fault.ts'
import type { Observe } from '../core/observation.ts'
import type { EntryContext, EntryReading } from './file-entries.ts'
import { type FileLimits, type FileRead, listMistakes, readPromptFiles } from './file-reader.ts'
import type { Fallback } from './layers.ts'
import { listPromptsDirectory } from './prompts-directory.ts'

/*
 * `promptbox.yaml`: prompts, models, routes, chains, guardrails, experiments and keys as a file, under version control if you like.
 *
 * - What is only in the file is served next to the database's. What both have (the same slug or id) is served from the
 *   database, or from its copy on disk while it is away: a change made through the admin API is never undone by a file.
 *   Archiving a prompt in the database therefore uncovers the one in the file.
 * - A key of the file is revoked by taking it out of the file.
 * - The file counts whole or not at all. At start a mistake in it is an error; later the last good state stays, and every
 *   mistake is said with its line. So does it stay when the file vanishes: to take everything out, leave it empty.
 * - It is read again within a second after it, or a file in its `prompts_dir`, changed.
 * - `${NAME}` is filled in only in `key`; everywhere else it is text, because prompts are full of such signs.
 */

export interface FileSourceOptions {
  readonly file: string
  /** Its absence at start is an error. */
  readonly required: boolean
  readonly context: EntryContext
  readonly limits: FileLimits
  readonly observe: Observe
  /** Milliseconds between two looks at the files' times, beside the notices of the operating system. */
  readonly pollMs: number
}

export interface FileSource {
  /** null: there is no file. Fault `invalid_request` that lists every mistake; for a file that is missing though required, too. */
  load(): Promise<Fallback | null>
  /** From now on hands over each new good state. Stop ends it. */
  follow(take: (fallback: Fallback) => Promise<void>): () => Promise<void>
  /** What is wrong with the file as it is now; null: nothing. */
  problem(): string | null
}

/** How long a file must have stayed the same before it is read, so that it is not read while it is being written. */
const settleMs = 40
/** Folders for whose changes the operating system is asked to give notice; what changes in others is seen by looking. */
const mostWatched = 1000

export function createFileSource({ file, required, context, limits, observe, pollMs }: FileSourceOptions): FileSource {
  let directory: string | null = null
  /** Folders of prompts in it. */
  let folders: readonly string[] = []
  let seen: string | null = null
  const reading: EntryReading = { ...context, sound: new Set() }
  /** Digest of the last good state. */
  let served: string | null = null
  let problem: string | null = null

  /** Path, time, size and inode of every file that counts, as one text. */
  async function fingerprint(): Promise<string> {
    const parts = [await fingerprintOf(file)]
    if (directory === null) return parts.join()
    const listed = await listPromptsDirectory(directory).catch(() => null)
    folders = listed?.folders ?? []
    for (const path of listed?.files.slice(0, limits.maxFiles) ?? []) parts.push(path, await fingerprintOf(path))
    for (const { file: place, message } of listed?.prompts.flatMap(({ mistakes }) => mistakes) ?? [])
      parts.push(place, message)
    return parts.join('|')
  }

  async function read(): Promise<FileRead> {
    const before = await fingerprint()
    const known = directory
    const result = await readPromptFiles(file, reading, limits)
    if (result.kind !== 'missing') directory = result.directory
    // Taken before the reading, so that what is written meanwhile is seen by the next look; and so is a new directory.
    seen = directory === known ? before : null
    return result
  }

  /** Reads again when something changed and has come to rest. */
  async function look(take: (fallback: Fallback) => Promise<void>, settle: () => Promise<void>): Promise<void> {
    const now = await fingerprint()
    if (now === seen) return
    await settle()
    // Still being written: the next look is near.
    if ((await fingerprint()) !== now) return
    const result = await read()
    if (result.kind === 'good') {
      problem = null
      if (result.fallback.digest === served) return
      served = result.fallback.digest
      return take(result.fallback)
    }
    if (result.kind === 'missing' && served === null) return
    problem = result.kind === 'missing' ? `${file} is gone.` : listMistakes(result.mistakes)
    observe({
      type: 'snapshot-rejected',
      source: file,
      message: `${problem}\nThe last good state stays. To take everything out, leave the file empty.`,
    })
  }

  return {
    async load() {
      const result = await read()
      if (result.kind === 'good') {
        served = result.fallback.digest
        return result.fallback
      }
      if (result.kind === 'broken') throw new Fault('invalid_request', listMistakes(result.mistakes), { param: file })
      if (!required) return null
      throw new Fault(
        'invalid_request',
        `${file}: there is no such file. Set PROMPTBOX_CONFIG to one that exists, or unset it.`,
        {
          param: 'PROMPTBOX_CONFIG',
        },
      )
    },
    follow: (take) =>
      followFiles({
        pollMs,
        directories: () => [dirname(file), directory, ...folders.slice(0, mostWatched)],
        look: (settle) => look(take, settle),
        file,
        observe,
      }),
    problem: () => problem,
  }
}

async function fingerprintOf(path: string): Promise<string> {
  try {
    const { mtimeMs, size, ino } = await stat(path)
    return `${mtimeMs}/${size}/${ino}`
  } catch {
    return '-'
  }
}

interface Following {
  readonly file: string
  readonly pollMs: number
  readonly observe: Observe
  readonly directories: () => readonly (string | null)[]
  readonly look: (settle: () => Promise<void>) => Promise<void>
}

/** Looks at each notice of the operating system, and in any case every `pollMs`: notices get lost on some file systems. */
function followFiles({ file, pollMs, observe, directories, look }: Following): () => Promise<void> {
  const watchers = new Map<string, FSWatcher>()
  let stopped = false
  let timer: ReturnType<typeof setTimeout> | undefined
  let running: Promise<void> = Promise.resolve()
  let looking = false
  let again = false

  function watchAll(): void {
    const wanted = new Set(directories())
    for (const [directory, watcher] of watchers) {
      if (wanted.has(directory)) continue
      watcher.close()
      watchers.delete(directory)
    }
    for (const directory of wanted) {
      if (directory === null || watchers.has(directory)) continue
      const watcher = watchDirectory(directory)
      if (watcher !== null) watchers.set(directory, watcher)
    }
  }

  function watchDirectory(directory: string): FSWatcher | null {
    try {
      const watcher = watch(directory, { persistent: false }, () => soon(0))
      // No more notices from it (too many watches, directory gone): the regular look is enough.
      watcher.on('error', () => {
        watcher.close()
        if (watchers.get(directory) === watcher) watchers.delete(directory)
      })
      return watcher
    } catch {
      return null
    }
  }

  function soon(delayMs: number): void {
    if (stopped) return
    if (looking) {
      again ||= delayMs === 0
      return
    }
    clearTimeout(timer)
    timer = setTimeout(() => {
      running = once()
    }, delayMs)
    timer.unref()
  }

  async function once(): Promise<void> {
    looking = true
    again = false
    const startedAt = performance.now()
    try {
      await look(() => new Promise((resolve) => setTimeout(resolve, settleMs)))
      watchAll()
    } catch (error) {
      observe({
        type: 'snapshot-rejected',
        source: file,
        message: `It cannot be read: ${(error as Error).message}. The last good state stays.`,
      })
    }
    looking = false
    // A directory with very many files must not keep the process busy with looking.
    soon(again ? settleMs : Math.max(pollMs, 10 * (performance.now() - startedAt)))
  }

  watchAll()
  soon(pollMs)
  return async () => {
    stopped = true
    clearTimeout(timer)
    for (const watcher of watchers.values()) watcher.close()
    await running
  }
}
