import { mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Worker } from 'node:worker_threads'
import type { Observe } from '../../src/core/observation.ts'
import { startThread } from './thread.ts'
import type { WorkerInput, WorkerReport } from './worker.ts'

export interface EmbeddedOptions {
  /** Made when missing (0700). The database is in `<dataDir>/database`. */
  readonly dataDir: string
  /** How long a client may keep a transaction open without a word, milliseconds; then it is rolled back. Default 60,000. */
  readonly silenceMs?: number | undefined
  readonly observe?: Observe | undefined
}

export interface EmbeddedDatabase {
  /** The unix socket clients connect to. */
  readonly path: string
  /** The database was made by this start. */
  readonly firstStart: boolean
  /** Writes everything down and lets go of the data directory. Connections still open are cut. */
  close(): Promise<void>
}

const restartDelaysMs = [0, 200, 1000, 5000]

/**
 * Starts PostgreSQL inside this process, in a thread of its own. Throws when the data directory is in use, holds something
 * else, or does not open. Should the engine break later, it is started again on the same socket; clients reconnect by
 * themselves.
 */
export async function startEmbeddedDatabase(options: EmbeddedOptions): Promise<EmbeddedDatabase> {
  const dataDir = resolve(options.dataDir)
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const input: WorkerInput = { dataDir, silenceMs: options.silenceMs ?? 60_000 }
  const observe = options.observe ?? (() => {})
  let closing = false
  let restart: NodeJS.Timeout | undefined
  const { worker: first, ready } = await startWorker(input)
  let worker = first
  watch(worker)

  function watch(watched: Worker): void {
    watched.on('message', (report: WorkerReport) => {
      if (report.type === 'broken')
        observe({ type: 'database-lost', message: `The embedded database broke: ${report.message}` })
    })
    watched.once('exit', () => {
      if (!closing) startAgain(Date.now(), 0)
    })
  }

  function startAgain(since: number, attempt: number): void {
    restart = setTimeout(
      () => {
        startWorker(input).then(
          (started) => {
            worker = started.worker
            if (closing) return void stopWorker(worker)
            watch(worker)
            observe({ type: 'database-back', awayMs: Date.now() - since })
          },
          (error: unknown) => {
            observe({ type: 'database-lost', message: error instanceof Error ? error.message : String(error) })
            if (!closing) startAgain(since, attempt + 1)
          },
        )
      },
      restartDelaysMs[Math.min(attempt, restartDelaysMs.length - 1)],
    )
  }

  return {
    path: ready.path,
    firstStart: ready.firstStart,
    close: async () => {
      if (closing) return
      closing = true
      clearTimeout(restart)
      await stopWorker(worker)
    },
  }
}

interface Started {
  readonly worker: Worker
  readonly ready: Extract<WorkerReport, { type: 'ready' }>
}

function startWorker(input: WorkerInput): Promise<Started> {
  return new Promise((fulfil, reject) => {
    const worker = startThread(new URL('./worker', import.meta.url), input)
    const failed = (error: Error): void => {
      worker.removeAllListeners()
      // Whatever the thread still has to say has been said: it is on its way out.
      worker.on('error', () => {})
      reject(error)
    }
    worker.once('error', failed)
    worker.once('exit', (code) =>
      failed(new Error(`The embedded database ended while it was starting (code ${code}).`)),
    )
    worker.once('message', (report: WorkerReport) => {
      if (report.type !== 'ready') return failed(new Error(report.message))
      worker.removeAllListeners()
      fulfil({ worker, ready: report })
    })
  })
}

function stopWorker(worker: Worker): Promise<void> {
  return new Promise((fulfil) => {
    if (worker.threadId === -1) return fulfil()
    worker.once('exit', () => fulfil())
    worker.postMessage('close')
  })
}
