import { Fault } from '../core/fault.ts'

/**
 * Waits for `work`, but not longer than `limitMs`. What comes later is dropped, so that a connection that hangs cannot hold
 * up its caller. Fault `unavailable` naming `what` when the time is over.
 */
export async function withinTime<Value>(work: Promise<Value>, limitMs: number, what: string): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Fault('unavailable', `${what} gave no answer within ${limitMs} ms.`)), limitMs)
  })
  try {
    return await Promise.race([work, limit])
  } finally {
    clearTimeout(timer)
  }
}
