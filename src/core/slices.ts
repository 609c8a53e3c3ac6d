import { setImmediate } from 'node:timers/promises'

/**
 * Cuts long work on the serving thread into slices: ask `due()` after each small step, and `await rest()` when it says so,
 * so that requests are answered in between.
 */
export interface Slices {
  due(): boolean
  rest(): Promise<void>
}

/** `sliceMs`: how long one slice may take. */
export function createSlices(sliceMs = 3): Slices {
  let startedAt = performance.now()
  return {
    due: () => performance.now() - startedAt >= sliceMs,
    async rest() {
      await setImmediate()
      startedAt = performance.now()
    },
  }
}
