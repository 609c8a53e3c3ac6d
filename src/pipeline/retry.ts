import { Fault } from '../core/fault.ts'
import type { Observe } from '../core/observation.ts'
import type { Planned, Target } from './exchange.ts'
import { pause } from './pause.ts'
import type { Send } from './send.ts'

export interface RetrySettings {
  /** Upper bound of the first pause; doubles with each further one. */
  readonly firstPauseMs: number
  /** No pause is longer; a provider that asks for more is not waited for. */
  readonly longestPauseMs: number
  /** In [0, 1). */
  readonly random: () => number
  /**
   * Milliseconds until this fault is cured although it lasts for the credential it happened with, because another one will
   * do; 0: at once. null: there is no other.
   */
  readonly curedInMs?: (target: Target, fault: Fault) => number | null
  readonly observe: Observe
}

/**
 * Tries the same target again when the fault says that this may help. One target sees at most `planned.retries` + 1 calls,
 * those with another credential included. Between two tries it waits as long as the provider asked for, else a random time
 * up to a doubling bound (full jitter: clients that failed together do not come back together). A hang-up ends the wait at
 * once.
 *
 * A target that was refused without a call (its circuit is open, all its credentials cool down) is not tried again.
 */
export function withRetries(send: Send, settings: RetrySettings): Send {
  return async function sendWithRetries(planned, target, log, cancellation) {
    const callsBefore = log.length
    let earlier: Fault | null = null
    for (;;) {
      const callsBeforeThis = log.length
      try {
        return await send(planned, target, log, cancellation)
      } catch (error) {
        const fault = Fault.from(error)
        // No call was made; what the last one said is worth more to whoever asks why.
        if (log.length === callsBeforeThis) throw cancellation.cancelled ? fault : (earlier ?? fault)
        const calls = log.length - callsBefore
        const pauseMs =
          cancellation.cancelled || calls > planned.retries ? null : pauseAfter(calls, target, fault, settings)
        observeFailure(settings.observe, planned, target, fault, pauseMs !== null)
        if (pauseMs === null) throw fault
        earlier = fault
        if (pauseMs > 0) await pause(pauseMs, cancellation)
      }
    }
  }
}

/** Milliseconds to wait after so many calls; null: trying again does not help, or only later than we are willing to wait. */
function pauseAfter(calls: number, target: Target, fault: Fault, settings: RetrySettings): number | null {
  const { firstPauseMs, longestPauseMs } = settings
  const curedInMs = settings.curedInMs?.(target, fault) ?? null
  if (curedInMs !== null) return curedInMs > longestPauseMs ? null : curedInMs
  if (!fault.mayRetry) return null
  if (fault.retryAfterMs !== undefined) return fault.retryAfterMs > longestPauseMs ? null : fault.retryAfterMs
  const bound = Math.min(longestPauseMs, firstPauseMs * 2 ** (calls - 1))
  return Math.floor(bound * settings.random())
}

function observeFailure(observe: Observe, planned: Planned, target: Target, fault: Fault, willRetry: boolean): void {
  observe({
    type: 'attempt-failed',
    requestId: planned.asked.requestId,
    provider: target.provider.id,
    model: target.model,
    errorType: fault.kind,
    message: fault.message,
    willRetry,
  })
}
