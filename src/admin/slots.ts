/** A bound on how much is done at the same time. Who finds no room waits for its turn. */
export class Slots {
  readonly #waiting: (() => void)[] = []
  #free: number

  constructor(slots: number) {
    this.#free = slots
  }

  /** Does it as soon as there is room, and gives the room back whatever becomes of it. */
  async run<Value>(work: () => Promise<Value>): Promise<Value> {
    if (this.#free > 0) this.#free -= 1
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      // Handed on and not put back: nobody who comes later takes it from who waits.
      if (next === undefined) this.#free += 1
      else next()
    }
  }
}
