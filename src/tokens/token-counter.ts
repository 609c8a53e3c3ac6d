import { Worker, type WorkerOptions } from 'node:worker_threads'
import { systemClock } from '../core/clock.ts'
import type { Observe } from '../core/observation.ts'

/** How many tokens a text has, and who says so. */
export interface TokenCount {
  readonly tokens: number
  /** `tokenizer`: counted, exactly for OpenAI's models and nearly for others; `estimated`: told from the length. */
  readonly source: 'tokenizer' | 'estimated'
}

/** Never rejects: what cannot be counted is estimated, and says so. */
export type CountTokens = (text: string, model: string) => Promise<TokenCount>

/** What the counting thread is told, and what it says. */
export interface ToCount {
  readonly id: number
  readonly text: string
  readonly model: string
}
export interface Counted {
  readonly id: number
  readonly tokens: number
}

export interface TokenCounter {
  readonly count: CountTokens
  /** Ends the thread; what waits is estimated. */
  close(): Promise<void>
}

export interface CounterTuning {
  /** Longer texts are estimated, characters. */
  readonly maxChars: number
  /** More texts that wait than these are estimated. */
  readonly maxWaiting: number
  /** How long one text may wait for its count, milliseconds. The first one waits for the tokenizer to load. */
  readonly timeoutMs: number
  /** After a failure texts are estimated for so long before a new thread is tried, milliseconds. */
  readonly restMs: number
  /** A thread that had nothing to do for so long is ended: it holds some 100 MB. */
  readonly idleMs: number
  readonly startThread: () => Worker
}

const defaults: CounterTuning = {
  maxChars: 2_000_000,
  maxWaiting: 64,
  timeoutMs: 10_000,
  restMs: 60_000,
  idleMs: 60_000,
  startThread,
}

interface Waiting {
  readonly text: string
  readonly timer: NodeJS.Timeout
  readonly resolve: (count: TokenCount) => void
}

/**
 * Counts tokens in a thread of its own, which starts at the first text, ends when there is nothing to do, and never keeps
 * the process alive by itself.
 */
export function createTokenCounter(observe: Observe, changes: Partial<CounterTuning> = {}): TokenCounter {
  const tuning = { ...defaults, ...changes }
  const waiting = new Map<number, Waiting>()
  let worker: Worker | null = null
  let idle: NodeJS.Timeout | null = null
  let lastId = 0
  let restsUntil = Number.NEGATIVE_INFINITY
  let isClosed = false

  const settle = (id: number, counted: number | null): void => {
    const entry = waiting.get(id)
    if (entry === undefined) return
    waiting.delete(id)
    clearTimeout(entry.timer)
    entry.resolve(counted === null ? estimateByLength(entry.text) : { tokens: counted, source: 'tokenizer' })
    if (waiting.size === 0) idle = setTimeout(() => void stop(), tuning.idleMs).unref()
  }

  const stop = async (): Promise<void> => {
    const stopped = worker
    worker = null
    for (const id of waiting.keys()) settle(id, null)
    if (idle !== null) clearTimeout(idle)
    await stopped?.terminate()
  }

  const fail = (error: unknown): void => {
    restsUntil = systemClock.monotonic() + tuning.restMs
    observe({ type: 'defect', where: 'tokens: the counting thread failed; tokens are estimated meanwhile', error })
    void stop()
  }

  const start = (): Worker => {
    const started = tuning.startThread()
    const isCurrent = (): boolean => worker === started
    started.on('message', ({ id, tokens }: Counted) => settle(id, tokens))
    started.on('error', (error) => {
      if (isCurrent()) fail(error)
    })
    started.on('exit', (code) => {
      if (isCurrent()) fail(new Error(`The counting thread ended with code ${code}.`))
    })
    started.unref()
    return started
  }

  const count: CountTokens = (text, model) => {
    const isOutOfReach = isClosed || systemClock.monotonic() < restsUntil
    if (isOutOfReach || text.length > tuning.maxChars || waiting.size >= tuning.maxWaiting)
      return Promise.resolve(estimateByLength(text))
    return new Promise((resolve) => {
      if (idle !== null) clearTimeout(idle)
      worker ??= start()
      const id = ++lastId
      const timer = setTimeout(() => {
        fail(new Error(`A text was not counted within ${tuning.timeoutMs} ms.`))
      }, tuning.timeoutMs)
      waiting.set(id, { text, timer, resolve })
      worker.postMessage({ id, text, model } satisfies ToCount)
    })
  }

  const close = (): Promise<void> => {
    isClosed = true
    return stop()
  }
  return { count, close }
}

/** Four letters of English make about one token, and one of most other scripts does. */
export function estimateByLength(text: string): TokenCount {
  let others = 0
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 0x7f) others++
  return { tokens: Math.ceil((text.length - others) / 4 + others), source: 'estimated' }
}

/** From the build or, in development and in tests, from the source. */
function startThread(): Worker {
  const options: WorkerOptions = { name: 'tokens', resourceLimits: { maxOldGenerationSizeMb: 512 } }
  // The compiler rewrites the endings of imports, not those of URLs.
  if (!import.meta.url.endsWith('.ts')) return new Worker(new URL('./worker.js', import.meta.url), options)
  const source = new URL('./worker.ts', import.meta.url).href
  return new Worker(new URL('../../db/embedded/from-source.mjs', import.meta.url), { ...options, argv: [source] })
}
