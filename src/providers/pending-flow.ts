import { Fault } from '../core/fault.ts'
import type { AnswerSink, Flow } from './provider.ts'

/**
 * The flow of a call that is not on its way yet, because something has to be fetched first, or never will be. A hang-up ends
 * what is being done, and nothing is said after it.
 */
export class PendingFlow implements Flow {
  readonly #sink: AnswerSink
  readonly #preparing = new AbortController()
  #target: Flow | null = null
  #paused = false
  #over = false

  constructor(sink: AnswerSink) {
    this.#sink = sink
  }

  /** Aborted with the flow. */
  get signal(): AbortSignal {
    return this.#preparing.signal
  }

  get isOver(): boolean {
    return this.#over
  }

  /** The call is on its way: what is asked of this flow is asked of that one. */
  continueAs(target: Flow): void {
    this.#target = target
    if (this.#over) target.abort()
    else if (this.#paused) target.pause()
  }

  /** The call will never be made. Nothing happens when the client has hung up meanwhile. */
  fail(error: unknown): void {
    if (this.#over) return
    this.#over = true
    this.#sink.fail(Fault.from(error))
  }

  pause(): void {
    this.#paused = true
    this.#target?.pause()
  }

  resume(): void {
    this.#paused = false
    this.#target?.resume()
  }

  abort(): void {
    if (this.#over) return
    this.#over = true
    this.#preparing.abort()
    this.#target?.abort()
  }
}

/** A flow that fails as soon as its caller holds it. */
export function failing(sink: AnswerSink, error: unknown): Flow {
  const pending = new PendingFlow(sink)
  queueMicrotask(() => pending.fail(error))
  return pending
}
