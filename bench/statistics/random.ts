/** Chance that is the same at every run: a small generator with a seed, and draws from distributions. */
export class Chance {
  #state: number
  #spare: number | null = null

  constructor(seed: number) {
    this.#state = seed | 0
  }

  /** 0 up to but without 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }

  /** Standard normal, by the polar method. */
  normal(): number {
    if (this.#spare !== null) {
      const spare = this.#spare
      this.#spare = null
      return spare
    }
    for (;;) {
      const [one, other] = [2 * this.next() - 1, 2 * this.next() - 1]
      const square = one * one + other * other
      if (square === 0 || square >= 1) continue
      const scale = Math.sqrt((-2 * Math.log(square)) / square)
      this.#spare = other * scale
      return one * scale
    }
  }
}

/** Draws from a finite list of outcomes with their probabilities. */
export class Draw<Outcome> {
  readonly #outcomes: readonly Outcome[]
  readonly #bounds: readonly number[]

  constructor(outcomes: readonly (readonly [Outcome, number])[]) {
    const whole = outcomes.reduce((sum, [, weight]) => sum + weight, 0)
    let sum = 0
    this.#outcomes = outcomes.map(([outcome]) => outcome)
    this.#bounds = outcomes.map(([, weight]) => (sum += weight / whole))
  }

  from(chance: Chance): Outcome {
    const place = chance.next()
    let [low, high] = [0, this.#bounds.length - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#bounds[middle] ?? 1) > place) high = middle
      else low = middle + 1
    }
    const outcome = this.#outcomes[low]
    if (outcome === undefined) throw new Error('A draw needs at least one outcome.')
    return outcome
  }
}
