import type { Clock } from '../core/clock.ts'
import type { Fault } from '../core/fault.ts'
import type { AttemptRecord } from '../core/record.ts'
import type { Credential } from '../providers/provider.ts'
import type { Planned, Target } from './exchange.ts'

/** What is known of an answer while it comes. */
interface AnswerSoFar {
  /** Status of the upstream's head, once it came. */
  readonly statusOrNull: number | null
  readonly upstreamRequestId: string | null
}

const nothingYet: AnswerSoFar = { statusOrNull: null, upstreamRequestId: null }

/**
 * One call's row in the log of its exchange. It is there from the beginning, so that a call that is cut off is in the
 * record too, and written anew when the call is over.
 */
export class Attempt {
  readonly #planned: Planned
  readonly #target: Target
  readonly #credential: Credential
  readonly #log: AttemptRecord[]
  readonly #clock: Clock
  #row = 0
  #startedAt = 0
  #started = 0

  constructor(planned: Planned, target: Target, credential: Credential, log: AttemptRecord[], clock: Clock) {
    this.#planned = planned
    this.#target = target
    this.#credential = credential
    this.#log = log
    this.#clock = clock
    this.#begin()
  }

  /** The call is over; `fault` is null after a good end. */
  ended(answer: AnswerSoFar, fault: Fault | null): void {
    this.#log[this.#row] = {
      provider: this.#target.provider.id,
      model: this.#target.model,
      startedAt: this.#startedAt,
      durationMs: this.#clock.monotonic() - this.#started,
      httpStatus: answer.statusOrNull ?? fault?.upstreamStatus ?? null,
      errorType: fault === null ? null : fault.kind,
      errorMessage: fault === null ? null : fault.message,
      upstreamRequestId: answer.upstreamRequestId ?? fault?.upstreamRequestId ?? null,
      credential: this.#credential.name,
    }
  }

  /**
   * Whether the same request may be sent once more because the connection it went onto was `lost`: only while the target
   * has calls left. A yes is a call of its own in the log.
   */
  mayResend(lost: Fault): boolean {
    const { provider, model } = this.#target
    const calls = this.#log.filter((row) => row.provider === provider.id && row.model === model).length
    if (calls > this.#planned.retries) return false
    this.ended(nothingYet, lost)
    this.#begin()
    return true
  }

  #begin(): void {
    this.#row = this.#log.length
    this.#startedAt = this.#clock.now()
    this.#started = this.#clock.monotonic()
    this.ended(nothingYet, null)
  }
}
