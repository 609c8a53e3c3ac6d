import type { Clock } from '../core/clock.ts'
import { Fault } from '../core/fault.ts'
import type { Observe } from '../core/observation.ts'
import { withBreaker } from './breaker.ts'
import { CredentialPool, curedByAnother, withCredentials } from './credential-pool.ts'
import { withRetries } from './retry.ts'
import { createSend, type Send, type SendLimits, type UnsupportedParameters } from './send.ts'

/** Every bound of the way to a provider; the process's limits have them all. */
export interface ResilienceLimits extends SendLimits {
  readonly retryFirstPauseMs: number
  readonly retryLongestPauseMs: number
  /** Calls for one exchange, all targets together. */
  readonly maxAttempts: number
  readonly credentialRateLimitedMs: number
  readonly credentialRefusedMs: number
  readonly breakerWindowMs: number
  readonly breakerMinimumCalls: number
  readonly breakerFailurePercent: number
  readonly breakerConsecutiveFailures: number
  readonly breakerCoolDownMs: number
  readonly breakerLongestCoolDownMs: number
  readonly breakerProbes: number
}

export interface ResilienceSettings {
  readonly limits: ResilienceLimits
  /** false: no target is ever left alone. */
  readonly breaker: boolean
  /** What becomes of parameters that a provider cannot honour. */
  readonly unsupportedParameters: UnsupportedParameters
  readonly clock: Clock
  /** In [0, 1). */
  readonly random: () => number
  readonly observe: Observe
}

/**
 * The whole way to one target: retries ( bound ( credentials ( breaker ( one call ) ) ) ). From the inside out:
 *
 * - The breaker lies around the single call: each one is a sample of the target's health and each one must have its leave,
 *   also the second try of a request. It is told of the end of a call and not only of its opening.
 * - The credential is chosen outside of it, because a credential decides the address and so which circuit is meant, and
 *   because a circuit that refuses is a reason to take the credential for another address.
 * - The bound on the calls of an exchange lies before the credentials, so that nobody waits for one in vain.
 * - The retries lie outside of everything: every try takes a fresh decision about credential and circuit, every call counts
 *   as a try whatever it was made for, and what refuses without a call ends them.
 *
 * Around all this `dispatch` goes from target to target.
 */
export function createResilientSend(settings: ResilienceSettings): Send {
  const { limits, clock, observe } = settings
  const call = createSend(limits, clock, settings.unsupportedParameters)
  const guarded = settings.breaker ? withBreaker(call, breakerSettings(settings)) : call
  const pool = new CredentialPool({
    rateLimitedMs: limits.credentialRateLimitedMs,
    refusedMs: limits.credentialRefusedMs,
    clock,
    observe,
  })
  const chosen = withCredentials(guarded, pool, limits.retryLongestPauseMs)
  return withRetries(withBound(chosen, limits.maxAttempts), {
    firstPauseMs: limits.retryFirstPauseMs,
    longestPauseMs: limits.retryLongestPauseMs,
    random: settings.random,
    curedInMs: (target, fault) => curedByAnother(pool, target, fault),
    observe,
  })
}

/** At most so many calls for one exchange; then every target is refused, and what the last call said goes to the client. */
export function withBound(send: Send, mostCalls: number): Send {
  return function sendWithinBound(planned, target, log, cancellation) {
    if (log.length < mostCalls) return send(planned, target, log, cancellation)
    const message = `No answer came within ${mostCalls} calls, which is the most for one exchange (PROMPTBOX_MAX_ATTEMPTS).`
    return Promise.reject(new Fault('upstream_error', message))
  }
}

function breakerSettings({ limits, clock, observe }: ResilienceSettings) {
  return {
    windowMs: limits.breakerWindowMs,
    minimumCalls: limits.breakerMinimumCalls,
    failurePercent: limits.breakerFailurePercent,
    consecutiveFailures: limits.breakerConsecutiveFailures,
    coolDownMs: limits.breakerCoolDownMs,
    longestCoolDownMs: limits.breakerLongestCoolDownMs,
    probes: limits.breakerProbes,
    clock,
    observe,
  }
}
