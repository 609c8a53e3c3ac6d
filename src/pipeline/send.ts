import type { Cancellation } from '../core/cancellation.ts'
import type { Clock } from '../core/clock.ts'
import { Fault } from '../core/fault.ts'
import type { AttemptRecord } from '../core/record.ts'
import type { CallLimits, Flow, ProviderCall } from '../providers/provider.ts'
import { Attempt } from './attempt.ts'
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

/** What becomes of parameters that a provider, by its id, cannot honour. */
export type UnsupportedParameters = (provider: string) => ProviderCall['unsupportedParameters']

/** The calls made so far for one exchange; every try adds a row, also one that was cut off. */
export type AttemptLog = AttemptRecord[]

/**
 * One way to get an answer for a target. Resolves when the answer is open (its first chunk is there), rejects with a Fault
 * when it never opened. The wrappers (retry, credentials, breaker) have this same shape and know nothing of each other.
 * Whoever rejects without having made a call adds nothing to the log.
 */
export type Send = (planned: Planned, target: Target, log: AttemptLog, cancellation: Cancellation) => Promise<Answer>

/** The innermost send. `onOver` hears once that the call is over, perhaps long after the answer was opened: null after a good end. */
export type Call = (
  planned: Planned,
  target: Target,
  log: AttemptLog,
  cancellation: Cancellation,
  onOver?: (fault: Fault | null) => void,
) => Promise<Answer>

/**
 * One call to one target with its first credential, within the limits of one attempt, given up at once when the exchange is
 * cancelled. Until the first chunk nothing is promised to the client and the attempt fails; afterwards its answer does.
 */
export function createSend(limits: SendLimits, clock: Clock, unsupportedParameters: UnsupportedParameters): Call {
  const { firstChunkTimeoutMs: usualTimeoutMs, idleTimeoutMs, maxEventChars, maxAnswerBytes } = limits
  const limitsOf = (timeoutMs: number): CallLimits => ({
    headTimeoutMs: timeoutMs,
    firstChunkTimeoutMs: timeoutMs,
    idleTimeoutMs,
    maxEventChars,
    maxAnswerBytes,
  })
  const usualLimits = limitsOf(usualTimeoutMs)
  return function send(planned, target, log, cancellation, onOver) {
    const refuse = (fault: Fault): Promise<never> => {
      onOver?.(fault)
      return Promise.reject(fault)
    }
    if (cancellation.fault !== null) return refuse(cancellation.fault)
    const [credential] = target.credentials
    if (credential === undefined) return refuse(Fault.from(new Error('A target has no credential.')))
    let body: ProviderCall['body']
    try {
      body = target.body()
    } catch (error) {
      return refuse(Fault.from(error))
    }
    const attempt = new Attempt(target, credential, log, clock)
    const answer = new HeldAnswer(limits.firstEventGraceMs, (fault) => {
      stopTimer()
      stopListening()
      attempt.ended(answer, fault)
      onOver?.(fault)
    })
    const giveUp = (fault: Fault): void => {
      flow?.abort()
      answer.fail(fault)
    }
    const firstChunkTimeoutMs = Math.min(usualTimeoutMs, planned.attemptTimeoutMs)
    const stopTimer = limitTime(planned, firstChunkTimeoutMs, answer, giveUp)
    let stopListening = (): void => undefined
    let flow: Flow | null = null
    const call: ProviderCall = {
      requestId: planned.asked.requestId,
      credential,
      partition: planned.asked.key.tenantId,
      model: target.model,
      path: planned.asked.path,
      body,
      stream: planned.asked.stream,
      clientWantsUsage: planned.clientWantsUsage,
      forwardHeaders: planned.forwardHeaders,
      unsupportedParameters: unsupportedParameters(target.provider.id),
      limits: firstChunkTimeoutMs === usualTimeoutMs ? usualLimits : limitsOf(firstChunkTimeoutMs),
    }
    try {
      flow = target.endpoint(call, answer)
    } catch (error) {
      // An endpoint never throws; one that does is a defect, and must leave neither a timer nor a probe behind.
      answer.fail(Fault.from(error))
    }
    if (!answer.isOver) stopListening = cancellation.onCancel(giveUp)
    return answer.opened
  }
}

/** Gives the attempt up when its first chunk or its end comes too late. What it returns stops the clock. */
function limitTime(
  { asked, attemptTimeoutMs }: Planned,
  firstChunkTimeoutMs: number,
  answer: HeldAnswer,
  giveUp: (fault: Fault) => void,
): () => void {
  const beginTooLate = (): void => {
    // One timer for both limits, since nearly every attempt is over before either.
    if (answer.hasBegun) timer = setTimeout(endTooLate, attemptTimeoutMs - firstChunkTimeoutMs)
    else giveUp(tooLate('begin', firstChunkTimeoutMs))
  }
  const endTooLate = (): void => {
    giveUp(tooLate('finish', attemptTimeoutMs))
  }
  let timer = asked.stream ? setTimeout(beginTooLate, firstChunkTimeoutMs) : setTimeout(endTooLate, attemptTimeoutMs)
  return () => {
    clearTimeout(timer)
  }
}

function tooLate(what: 'begin' | 'finish', limitMs: number): Fault {
  return new Fault('upstream_timeout', `The provider did not ${what} its answer within ${limitMs} ms.`)
}
