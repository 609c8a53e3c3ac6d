import type { Cancellation } from '../core/cancellation.ts'

/** Waits so many milliseconds. Rejects with the reason as soon as the exchange is cancelled. */
export function pause(milliseconds: number, cancellation: Cancellation): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      stopListening()
      resolve()
    }, milliseconds)
    const stopListening = cancellation.onCancel((fault) => {
      clearTimeout(timer)
      reject(fault)
    })
  })
}
