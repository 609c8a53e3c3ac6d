import { createServer } from 'node:net'
import { parentPort, workerData } from 'node:worker_threads'
import { PGlite } from '@electric-sql/pglite'
import { inspectDataDirectory, socketPaths } from './data-directory.ts'
import { TakenError, listenAlone } from './listen-alone.ts'
import { Session, type Backend } from './session.ts'
import { Turns } from './turns.ts'

/**
 * The thread of the embedded database: PGlite and a unix socket in front of it. It lives in a thread of its own because
 * PGlite computes synchronously and would hold up whoever shares its event loop.
 *
 * We speak the wire protocol ourselves instead of using pglite-socket: that one locks per message, so two clients interleave
 * within a statement (`portal "" does not exist`), and it never recovers its queue after an error of the engine. Whole
 * batches per call are faster besides.
 *
 * What PGlite cannot do: COPY FROM STDIN (the engine breaks and is started again), notices between clients, cancelling a
 * statement, statement timeouts. Nothing is fsynced: kill -9 loses nothing, pulling the plug may.
 */

export interface WorkerInput {
  readonly dataDir: string
  readonly silenceMs: number
}

export type WorkerReport =
  | { readonly type: 'ready'; readonly path: string; readonly firstStart: boolean }
  | { readonly type: 'refused'; readonly message: string }
  | { readonly type: 'broken'; readonly message: string }

if (parentPort === null) throw new Error('the embedded database runs in a worker thread')
const parent = parentPort
const { dataDir, silenceMs } = workerData as WorkerInput
const report = (message: WorkerReport): void => parent.postMessage(message)

/** A quarter of PGlite's default: 140 MB less resident memory and half the time to open; the system caches the files anyway. */
const sharedBuffers = 'shared_buffers=32MB'

const turns = new Turns()
const sessions = new Set<Session>()
/** Clients may connect at once; they are answered when the engine is up, because it holds the first turn. */
const ready = await turns.take()
let engine: PGlite | null = null
const backend: Backend = {
  exchange: async (bytes, onOutput) => {
    if (engine === null) throw new Error('the embedded database is closed')
    await engine.execProtocolRawStream(bytes, { onRawData: onOutput, syncToFs: false })
  },
}

const server = createServer((socket) => {
  const session = new Session(socket, { backend, turns, silenceMs, onBroken })
  sessions.add(session)
  void session.ended.then(() => sessions.delete(session))
})

let closing = false
function onBroken(error: unknown): void {
  if (closing) return
  report({ type: 'broken', message: messageOf(error) })
  // The engine's memory cannot be trusted any more; the files can, they have a write-ahead log.
  setImmediate(() => process.exit(1))
}

async function close(): Promise<void> {
  closing = true
  const closed = new Promise((resolve) => server.close(resolve))
  for (const session of sessions) session.end()
  await Promise.all([...sessions].map((session) => session.ended))
  await engine?.close()
  // Last, because the socket is the lock of the data directory.
  await closed
  parent.close()
}

async function open(): Promise<WorkerReport> {
  const path = await listenAlone(server, socketPaths(dataDir))
  const directory = inspectDataDirectory(dataDir)
  try {
    engine = await PGlite.create({
      dataDir: directory.database,
      startParams: [...PGlite.defaultStartParams, '-c', sharedBuffers],
    })
  } catch (error) {
    throw new Error(
      `The embedded database in ${directory.database} does not open: ${messageOf(error)}. Put back a copy that does, or move the directory away to start afresh.`,
      { cause: error },
    )
  }
  directory.opened()
  return { type: 'ready', path, firstStart: directory.firstStart }
}

try {
  const message = await open()
  parent.once('message', () => void close())
  ready()
  report(message)
} catch (error) {
  const message =
    error instanceof TakenError
      ? `Another Promptbox is running on the data directory ${dataDir} (it answers at ${error.message}). Stop it first, or set PROMPTBOX_DATA_DIR to another directory.`
      : messageOf(error)
  report({ type: 'refused', message })
  for (const session of sessions) session.end()
  server.close()
  parent.close()
}

function messageOf(error: unknown): string {
  // What Emscripten throws has a message but is no Error.
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error)
}
