import type { Fault } from './fault.ts'

/**
 * One exchange's stop sign: the client hung up, or the exchange ran out of time. What an AbortSignal does, for 0.1 µs
 * instead of 3.5 and a quarter of its 0.9 KB: every request has one and nearly none is ever cancelled.
 */
export class Cancellation {
  /** Why, once it happened. */
  fault: Fault | null = null
  #listeners: Set<(fault: Fault) => void> | null = null

  get cancelled(): boolean {
    return this.fault !== null
  }

  /** The first reason stays; later calls do nothing. */
  cancel(fault: Fault): void {
    if (this.fault !== null) return
    this.fault = fault
    const listeners = this.#listeners
    this.#listeners = null
    if (listeners !== null) for (const listener of listeners) listener(fault)
  }

  /** Called once when it happens, or at once when it has happened. Gives the way to stop listening. */
  onCancel(listener: (fault: Fault) => void): () => void {
    if (this.fault !== null) {
      listener(this.fault)
      return () => undefined
    }
    this.#listeners ??= new Set()
    this.#listeners.add(listener)
    return () => this.#listeners?.delete(listener)
  }
}
