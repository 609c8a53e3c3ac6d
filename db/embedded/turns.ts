/** One at a time, first come first served. */
export class Turns {
  #last: Promise<void> = Promise.resolve()

  /** Resolves when everybody before has given back; call what it gives exactly once. */
  async take(): Promise<() => void> {
    const before = this.#last
    let giveBack = (): void => {}
    this.#last = new Promise((resolve) => {
      giveBack = resolve
    })
    await before
    return giveBack
  }
}
