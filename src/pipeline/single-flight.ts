import type { CacheEntry } from '../cache/answer-cache.ts'
import type { Cancellation } from '../core/cancellation.ts'

/**
 * How a flight ended: with the complete answer, without one that others could have (`failed`), or because who led it is
 * gone (`left`), which says nothing about the answer.
 */
export type Landing = CacheEntry | 'failed' | 'left'

/** One request under way whose answer others wait for. */
export interface Flight {
  /** Tells those who wait; the first ending counts. With `until` the flight can still be joined until that is over. */
  end(landing: Landing, until?: Promise<void>): void
  /** Its landing, or `late` after so many milliseconds. Rejects with the fault of `cancellation`, at once. */
  join(waitMs: number, cancellation: Cancellation): Promise<Landing | 'late'>
}

/** The flights of this process, at most one for a key. */
export class Flights {
  readonly #open = new Map<string, Flight>()

  find(key: string): Flight | undefined {
    return this.#open.get(key)
  }

  /** A new flight for the key; null when there is one. */
  lead(key: string): Flight | null {
    if (this.#open.has(key)) return null
    const flight = new OpenFlight(() => {
      this.leave(key, flight)
    })
    this.#open.set(key, flight)
    return flight
  }

  /** Nobody new joins this flight; those who wait already may wait on. */
  leave(key: string, flight: Flight): void {
    if (this.#open.get(key) === flight) this.#open.delete(key)
  }
}

class OpenFlight implements Flight {
  #landing: Landing | null = null
  readonly #waiting = new Set<(landing: Landing) => void>()
  readonly #onOver: () => void

  constructor(onOver: () => void) {
    this.#onOver = onOver
  }

  end(landing: Landing, until?: Promise<void>): void {
    if (this.#landing !== null) return
    this.#landing = landing
    if (until === undefined) this.#onOver()
    else void until.then(this.#onOver)
    for (const tell of this.#waiting) tell(landing)
    this.#waiting.clear()
  }

  join(waitMs: number, cancellation: Cancellation): Promise<Landing | 'late'> {
    if (this.#landing !== null) return Promise.resolve(this.#landing)
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        clearTimeout(timer)
        this.#waiting.delete(landed)
        stopListening()
      }
      const landed = (landing: Landing): void => {
        stop()
        resolve(landing)
      }
      const timer = setTimeout(() => {
        stop()
        resolve('late')
      }, waitMs)
      this.#waiting.add(landed)
      let stopListening = (): void => undefined
      stopListening = cancellation.onCancel((fault) => {
        stop()
        reject(fault)
      })
    })
  }
}
