import type { Worker } from 'node:worker_threads'
import { systemClock } from '../core/clock.ts'
import type { Observe } from '../core/observation.ts'
import type { FeedbackRecord } from '../core/feedback.ts'
import type { ExchangeRecord } from '../core/record.ts'
import type { SnapshotModel } from '../snapshot/snapshot.ts'
import type { DrainLimits, Progress } from './drain.ts'
import type { Recorder } from './recorder.ts'
import { dropOldest, readCursor, spoolDirectory } from './segments.ts'
import { spoolFile, type SpoolFile } from './spool-file.ts'
import { Spool } from './spool.ts'
import type { FromWorker, LeftBehind, PriceTable, ToWorker, WorkerStart, WriterLocation } from './worker-messages.ts'
import { settlesWithin } from './settles-within.ts'
import { startWorkerThread } from './worker-thread.ts'

export interface ThreadRecorderOptions {
  /** The spool lives in `<dataDir>/spool`. No other process may use it meanwhile. */
  readonly dataDir: string
  /** What the worker writes with. */
  readonly writer: WriterLocation
  readonly limits: { readonly spoolMaxBytes: number }
  readonly observe: Observe
  /** `Provider.priceId` of each provider, by provider id. */
  readonly priceIds: Readonly<Record<string, string | null>>
  /** `Snapshot.models`, for the cost of what the worker counts itself. */
  readonly models: ReadonlyMap<string, SnapshotModel>
  /** Replaces parts of the defaults. */
  readonly tuning?: Partial<RecorderTuning>
}

export interface RecorderTuning extends Omit<DrainLimits, 'spoolMaxBytes'> {
  readonly segmentBytes: number
  readonly waitingMaxBytes: number
  readonly rejectedMaxBytes: number
  /** How long records are gathered before the worker is called, milliseconds. */
  readonly callAfterMs: number
  /** How long a worker that was told to stop may take, milliseconds. */
  readonly stopWithinMs: number
  readonly firstRestartMs: number
  readonly lastRestartMs: number
  readonly file: SpoolFile
}

const defaults: RecorderTuning = {
  segmentBytes: 16 * 1024 * 1024,
  waitingMaxBytes: 16 * 1024 * 1024,
  rejectedMaxBytes: 16 * 1024 * 1024,
  batchRecords: 500,
  batchBytes: 1024 * 1024,
  maxLineBytes: 128 * 1024 * 1024,
  callAfterMs: 50,
  pollMs: 1000,
  writeTimeoutMs: 15_000,
  firstRetryMs: 50,
  lastRetryMs: 1500,
  stopWithinMs: 1000,
  firstRestartMs: 100,
  lastRestartMs: 5000,
  file: spoolFile,
}

const depthEveryMs = 1000
/** A worker that lived so long had not died of what it started with. */
const steadyAfterMs = 10_000
/** So many segments at least fit in the spool, so that dropping the oldest drops a small part. */
const segmentsInSpool = 8

/** What waits in the spool. */
export interface SpoolDepth {
  readonly records: number
  readonly bytes: number
}

/**
 * The recorder of a running process: a spool that the serving thread appends to, and a worker thread that moves it to
 * the database. A worker that dies is started again; what it had not finished is in the spool.
 */
export class ThreadRecorder implements Recorder {
  readonly #options: ThreadRecorderOptions
  readonly #tuning: RecorderTuning
  readonly #directory: string
  readonly #spool: Spool
  readonly #firstSegment: number
  #prices: PriceTable
  #models: ReadonlyMap<string, SnapshotModel>
  #leftBehind: readonly LeftBehind[] = []
  #progress: Progress
  #worker: Worker | null = null
  #restart: NodeJS.Timeout | null = null
  #restartMs: number
  #callTimer: NodeJS.Timeout | null = null
  #depthSaidAt = Number.NEGATIVE_INFINITY
  #sealed = 0
  #soon: { readonly record: ExchangeRecord; readonly written: () => void }[] = []
  #closing: Promise<void> | null = null
  #onExit: () => void = () => {}

  /** Throws when the spool's directory cannot be written to. */
  constructor(options: ThreadRecorderOptions) {
    this.#options = options
    this.#tuning = { ...defaults, ...options.tuning }
    this.#restartMs = this.#tuning.firstRestartMs
    this.#directory = spoolDirectory(options.dataDir)
    this.#models = options.models
    this.#prices = pricesOf(options.models)
    this.#progress = { done: readCursor(this.#directory) ?? { segment: 0, offset: 0, records: 0 }, oldestAt: null }
    this.#spool = new Spool({
      directory: this.#directory,
      segmentBytes: Math.min(this.#tuning.segmentBytes, Math.ceil(options.limits.spoolMaxBytes / segmentsInSpool)),
      waitingMaxBytes: this.#tuning.waitingMaxBytes,
      retryAfterMs: 100,
      file: this.#tuning.file,
      clock: systemClock,
      observe: options.observe,
      onRotate: () => this.#say({ type: 'call' }),
    })
    this.#firstSegment = this.#spool.number
    this.#startWorker()
  }

  append(record: ExchangeRecord): void {
    this.#spool.append(record)
    this.#callSoon()
  }

  appendSoon(record: ExchangeRecord, written: () => void): void {
    if (this.#soon.length === 0) setImmediate(() => this.#appendGathered())
    this.#soon.push({ record, written })
  }

  appendFeedback(feedback: readonly FeedbackRecord[]): void {
    this.#spool.appendFeedback(feedback)
    this.#callSoon()
  }

  #appendGathered(): void {
    const gathered = this.#soon
    if (gathered.length === 0) return
    this.#soon = []
    this.#spool.appendAll(gathered.map(({ record }) => record))
    this.#callSoon()
    for (const { written } of gathered) {
      try {
        written()
      } catch (error) {
        this.#options.observe({ type: 'defect', where: 'recording: what waited for a record', error })
      }
    }
  }

  #callSoon(): void {
    this.#callTimer ??= setTimeout(() => {
      this.#callTimer = null
      this.#say({ type: 'call' })
    }, this.#tuning.callAfterMs).unref()
  }

  /** What is not in the database yet. */
  depth(): SpoolDepth {
    const { done } = this.#progress
    let { records, bytes } = this.#spool.after(done)
    for (const segment of this.#leftBehind) {
      if (segment.number < done.segment) continue
      const isThere = segment.number === done.segment
      records += segment.records - (isThere ? done.records : 0)
      bytes += segment.bytes - (isThere ? done.offset : 0)
    }
    return { records, bytes }
  }

  /** When the oldest record that waits for a database that is away began, milliseconds since 1970. null: none waits. */
  oldestAt(): number | null {
    return this.#progress.oldestAt
  }

  /** The operators' prices changed. Cheap when it is the same map as before. */
  setPrices(models: ReadonlyMap<string, SnapshotModel>): void {
    if (models === this.#models) return
    this.#models = models
    this.#prices = pricesOf(models)
    this.#say({ type: 'prices', prices: this.#prices })
  }

  /** Never rejects. What was not written in time is in the spool for the next start. */
  async close(options: { readonly flushWithinMs: number }): Promise<void> {
    this.#closing ??= this.#close(options.flushWithinMs).finally(() => this.#spool.end())
    return this.#closing
  }

  async #close(flushWithinMs: number): Promise<void> {
    this.#appendGathered()
    if (this.#callTimer !== null) clearTimeout(this.#callTimer)
    this.#sealed = this.#spool.seal()
    const exited = new Promise<void>((resolve) => {
      this.#onExit = resolve
    })
    this.#say({ type: 'seal', segment: this.#sealed })
    const isDone = await settlesWithin(exited, flushWithinMs)
    if (isDone) return
    if (this.#restart !== null) clearTimeout(this.#restart)
    const worker = this.#worker
    if (worker === null) return
    this.#say({ type: 'stop' })
    if (!(await settlesWithin(exited, this.#tuning.stopWithinMs))) await worker.terminate()
  }

  #startWorker(): void {
    const { segmentBytes: _1, waitingMaxBytes: _2, file: _3, ...tuning } = this.#tuning
    const start: WorkerStart = {
      directory: this.#directory,
      writer: this.#options.writer,
      limits: { ...tuning, spoolMaxBytes: this.#options.limits.spoolMaxBytes },
      rejectedMaxBytes: tuning.rejectedMaxBytes,
      priceIds: this.#options.priceIds,
      prices: this.#prices,
      firstSegment: this.#firstSegment,
      sealed: this.#sealed,
    }
    const worker = startWorkerThread(start)
    const startedAt = systemClock.monotonic()
    this.#worker = worker
    let failure: unknown = null
    worker.on('message', (message: FromWorker) => this.#hear(message))
    worker.on('error', (error) => {
      failure = error
    })
    worker.on('exit', (code) => {
      this.#worker = null
      if (systemClock.monotonic() - startedAt > steadyAfterMs) this.#restartMs = this.#tuning.firstRestartMs
      const isExpected = this.#closing !== null && failure === null
      if (isExpected) this.#onExit()
      else this.#restartAfter(failure ?? new Error(`The recording worker ended with code ${code}.`))
    })
  }

  #restartAfter(error: unknown): void {
    const where = `recording: the worker thread died and starts again in ${this.#restartMs} ms; records wait`
    this.#options.observe({ type: 'defect', where, error })
    this.#dropOldest()
    this.#restart = setTimeout(() => {
      this.#restart = null
      this.#startWorker()
    }, this.#restartMs)
    this.#restartMs = Math.min(this.#restartMs * 2, this.#tuning.lastRestartMs)
  }

  /** The worker keeps the spool within its size; a worker that dies again and again might never come to it. */
  #dropOldest(): void {
    try {
      const dropped = dropOldest(this.#directory, this.#options.limits.spoolMaxBytes, this.#progress.done)
      if (dropped === null) return
      this.#progress = { ...this.#progress, done: dropped.next }
      this.#options.observe({ type: 'spool-overflow', droppedRecords: dropped.records, droppedBytes: dropped.bytes })
    } catch (error) {
      this.#options.observe({ type: 'defect', where: 'recording: the spool could not be kept within its size', error })
    }
  }

  #hear(message: FromWorker): void {
    if (message.type === 'observation') {
      this.#options.observe(message.observation)
      return
    }
    if (message.type === 'left-behind') {
      this.#leftBehind = message.segments
      this.#sayDepth()
      return
    }
    const { done } = message.progress
    this.#progress = message.progress
    this.#spool.forgetBefore(done)
    this.#leftBehind = this.#leftBehind.filter((segment) => segment.number >= done.segment)
    this.#sayDepth()
  }

  #sayDepth(): void {
    const now = systemClock.monotonic()
    if (now - this.#depthSaidAt < depthEveryMs) return
    this.#depthSaidAt = now
    this.#options.observe({ type: 'spool-depth', ...this.depth() })
  }

  #say(message: ToWorker): void {
    this.#worker?.postMessage(message)
  }
}

function pricesOf(models: ReadonlyMap<string, SnapshotModel>): PriceTable {
  const prices = new Map<string, { id: string; prices: NonNullable<SnapshotModel['prices']> }>()
  for (const [name, model] of models) {
    if (model.prices !== null) prices.set(name, { id: model.id, prices: model.prices })
  }
  return prices
}
