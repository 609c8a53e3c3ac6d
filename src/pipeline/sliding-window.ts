const buckets = 10

/**
 * How many of the latest calls failed, for a time that slides on in tenths. Twenty small numbers, however many calls
 * there are.
 */
export class SlidingWindow {
  readonly #bucketMs: number
  readonly #calls = new Uint32Array(buckets)
  readonly #failures = new Uint32Array(buckets)
  /** Number of the newest bucket, counted from the clock's start. */
  #newest = 0

  /** @param windowMs how far back it remembers, milliseconds. */
  constructor(windowMs: number) {
    this.#bucketMs = windowMs / buckets
  }

  /** @param now milliseconds of a clock that never goes back. */
  add(failed: boolean, now: number): void {
    this.#slideTo(now)
    const index = this.#newest % buckets
    this.#calls[index] = (this.#calls[index] ?? 0) + 1
    if (failed) this.#failures[index] = (this.#failures[index] ?? 0) + 1
  }

  count(now: number): { readonly calls: number; readonly failures: number } {
    this.#slideTo(now)
    let calls = 0
    let failures = 0
    for (let index = 0; index < buckets; index++) {
      calls += this.#calls[index] ?? 0
      failures += this.#failures[index] ?? 0
    }
    return { calls, failures }
  }

  clear(): void {
    this.#calls.fill(0)
    this.#failures.fill(0)
  }

  #slideTo(now: number): void {
    const newest = Math.floor(now / this.#bucketMs)
    if (newest - this.#newest >= buckets) this.clear()
    else {
      for (let bucket = this.#newest + 1; bucket <= newest; bucket++) {
        this.#calls[bucket % buckets] = 0
        this.#failures[bucket % buckets] = 0
      }
    }
    this.#newest = Math.max(this.#newest, newest)
  }
}
