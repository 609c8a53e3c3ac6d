/** A sleep that can be ended early. A call that finds nobody asleep is remembered for the next sleep. */
export class Wake {
  #called = false
  #end: (() => void) | null = null

  call(): void {
    this.#called = true
    this.#end?.()
  }

  /** Resolves after `ms` milliseconds, or at once when called meanwhile or since the last sleep. */
  async sleep(ms: number): Promise<void> {
    if (!this.#called) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms)
        this.#end = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    this.#end = null
    this.#called = false
  }
}
