import type { Cancellation } from '../core/cancellation.ts'
import type { Clock } from '../core/clock.ts'
import { Fault } from '../core/fault.ts'
import type { AttemptRecord } from '../core/record.ts'
import type { Answer, Planned, Target } from './exchange.ts'
import { HeldAnswer } from './held-answer.ts'

/** What of the limits the way to a provider needs; milliseconds, bytes, characters as their names say. */
export interface SendLimits {
  /** From sending to the first chunk of a stream, or to the head of a whole answer. */
  readonly firstChunkTimeoutMs: number
  readonly idleTimeoutMs: number
  readonly firstEventGraceMs: number
  readonly maxEventChars: number
  readonly maxAnswerBytes: number
}

/** The calls made so far for one exchange; every try adds a row, also one that was cut off. */
export type AttemptLog = AttemptRecord[]

/**
 * One way to get an answer for a target. Resolves when the answer is open (its first chunk is there), rejects with a Fault
 * when it never opened. The wrappers (retry, fallback) have this same shape and know nothing of each other.
 */
export type Send = (planned: Planned, target: Target, log: AttemptLog, cancellation: Cancellation) => Promise<Answer>

/** The innermost send: one call to one target, with the limit of one attempt, given up at once when the exchange is cancelled. */
export function createSend(limits: SendLimits, clock: Clock): Send {
  return function send(planned, target, log, cancellation) {
    if (cancellation.fault !== null) return Promise.reject(cancellation.fault)
    const [credential] = target.credentials
    if (credential === undefined) throw new Error('A target has no credential.')
    const body = target.body()
    const startedAt = clock.now()
    const started = clock.monotonic()
    const row = log.length
    const note = (fault: Fault | null): void => {
      log[row] = {
        provider: target.provider.id,
        model: target.model,
        startedAt,
        durationMs: clock.monotonic() - started,
        httpStatus: answer.statusOrNull ?? fault?.upstreamStatus ?? null,
        errorType: fault === null ? null : fault.kind,
        errorMessage: fault === null ? null : fault.message,
        upstreamRequestId: answer.upstreamRequestId ?? fault?.upstreamRequestId ?? null,
      }
    }
    const answer = new HeldAnswer(limits.firstEventGraceMs, (fault) => {
      clearTimeout(timer)
      stopListening()
      note(fault)
    })
    const giveUp = (fault: Fault): void => {
      flow.abort()
      answer.fail(fault)
    }
    const timer = setTimeout(() => {
      giveUp(
        new Fault('upstream_timeout', `The provider did not finish its answer within ${planned.attemptTimeoutMs} ms.`),
      )
    }, planned.attemptTimeoutMs)
    let stopListening = (): void => undefined
    note(null)
    const flow = target.endpoint(
      {
        requestId: planned.asked.requestId,
        credential,
        partition: planned.asked.key.tenantId,
        model: target.model,
        path: planned.asked.path,
        body,
        stream: planned.asked.stream,
        clientWantsUsage: planned.clientWantsUsage,
        forwardHeaders: planned.forwardHeaders,
        unsupportedParameters: 'drop',
        limits: {
          headTimeoutMs: planned.attemptTimeoutMs,
          firstChunkTimeoutMs: limits.firstChunkTimeoutMs,
          idleTimeoutMs: limits.idleTimeoutMs,
          maxEventChars: limits.maxEventChars,
          maxAnswerBytes: limits.maxAnswerBytes,
        },
      },
      answer,
    )
    if (!answer.isOver) stopListening = cancellation.onCancel(giveUp)
    return answer.opened
  }
}
