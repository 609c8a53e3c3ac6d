/** Time as an argument, so that a test is one line. */
export interface Clock {
  /** Milliseconds since 1970, for what is written down. */
  now(): number
  /** Milliseconds from an arbitrary start, never going back, with fractions, for durations. */
  monotonic(): number
}

export const systemClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() }
