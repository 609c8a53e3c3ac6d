import type { Clock } from '../core/clock.ts'
import type { Fault } from '../core/fault.ts'
import type { AttemptRecord } from '../core/record.ts'
import type { Credential } from '../providers/provider.ts'
import type { Target } from './exchange.ts'

/** What is known of an answer while it comes. */
interface AnswerSoFar {
  /** Status of the upstream's head, once it came. */
  readonly statusOrNull: number | null
  readonly upstreamRequestId: string | null
}

/**
 * One call's row in the log of its exchange. It is there from the beginning, so that a call that is cut off is in the
 * record too, and written anew when the call is over.
 */
export class Attempt {
  readonly #target: Target
  readonly #credential: Credential
  readonly #log: AttemptRecord[]
  readonly #clock: Clock
  readonly #row: number
  readonly #startedAt: number
  readonly #started: number

  constructor(target: Target, credential: Credential, log: AttemptRecord[], clock: Clock) {
    this.#target = target
    this.#credential = credential
    this.#log = log
    this.#clock = clock
    this.#row = log.length
    this.#startedAt = clock.now()
    this.#started = clock.monotonic()
    this.ended({ statusOrNull: null, upstreamRequestId: null }, null)
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
}
