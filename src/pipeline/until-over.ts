import { Cancellation } from '../core/cancellation.ts'

/** Timers and stop signs that go with an exchange: whatever is still there when it is over is taken away. */
export class UntilOver {
  readonly #cleanups = new Set<() => void>()

  /** A stop sign of its own, which also stands when `parent` does; and the way to take the link away again. */
  child(parent: Cancellation): readonly [Cancellation, release: () => void] {
    const child = new Cancellation()
    const unlink = parent.onCancel((fault) => {
      child.cancel(fault)
    })
    return [child, this.#add(unlink)]
  }

  /** Acts after so many milliseconds, unless it is over by then, or what this gives is called. */
  later(ms: number, act: () => void): () => void {
    const timer = setTimeout(act, ms)
    return this.#add(() => {
      clearTimeout(timer)
    })
  }

  stop(): void {
    for (const cleanup of this.#cleanups) cleanup()
    this.#cleanups.clear()
  }

  #add(cleanup: () => void): () => void {
    this.#cleanups.add(cleanup)
    return () => {
      this.#cleanups.delete(cleanup)
      cleanup()
    }
  }
}
