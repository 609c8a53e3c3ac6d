import type { Cancellation } from '../core/cancellation.ts'
import { Fault } from '../core/fault.ts'
import type { Observe } from '../core/observation.ts'
import type { Send } from './send.ts'

export interface RetrySettings {
  /** Upper bound of the first pause; doubles with each further one. */
  readonly firstPauseMs: number
  /** No pause is longer; a provider that asks for more is not waited for. */
  readonly longestPauseMs: number
  /** In [0, 1). */
  readonly random: () => number
  readonly observe: Observe
}

/**
 * Tries the same target again when the fault says that this may help, at most `planned.retries` times. Between two tries
 * it waits as long as the provider asked for, else a random time up to a doubling bound (full jitter: clients that failed
 * together do not come back together). A hang-up ends the wait at once.
 */
export function withRetries(send: Send, settings: RetrySettings): Send {
  return async function sendWithRetries(planned, target, log, cancellation) {
    for (let tried = 0; ; tried++) {
      try {
        return await send(planned, target, log, cancellation)
      } catch (error) {
        const fault = Fault.from(error)
        const pauseMs = pauseBefore(tried, fault, settings)
        const willRetry = fault.mayRetry && tried < planned.retries && pauseMs !== null && !cancellation.cancelled
        settings.observe({
          type: 'attempt-failed',
          requestId: planned.asked.requestId,
          provider: target.provider.id,
          model: target.model,
          errorType: fault.kind,
          message: fault.message,
          willRetry,
        })
        if (!willRetry) throw fault
        await pause(pauseMs, cancellation)
      }
    }
  }
}

/** Milliseconds to wait before the next try; null when the provider asks for more than we are willing to wait. */
function pauseBefore(tried: number, fault: Fault, settings: RetrySettings): number | null {
  if (fault.retryAfterMs !== undefined) {
    return fault.retryAfterMs > settings.longestPauseMs ? null : fault.retryAfterMs
  }
  const bound = Math.min(settings.longestPauseMs, settings.firstPauseMs * 2 ** tried)
  return Math.floor(bound * settings.random())
}

function pause(milliseconds: number, cancellation: Cancellation): Promise<void> {
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
