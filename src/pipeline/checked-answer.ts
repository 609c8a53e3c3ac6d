import { Fault } from '../core/fault.ts'
import type { OutputCheck } from '../core/record.ts'
import type { Answered, Target } from './exchange.ts'
import type { Tally } from './tally.ts'

/** An answer that was paid for and is not the one the client gets. */
export interface PaidAnswer {
  readonly target: Target
  readonly tally: Tally
}

/** What checking an answer found, and what it took to get it. */
export interface CheckedAnswer {
  /** null: nothing was to be checked in it, or it is not at its end. */
  readonly result: () => OutputCheck | null
  /** For `x-promptbox-warning` and the record. */
  readonly warnings: () => readonly string[]
  /** Answers that were paid for too, in the order they were given. */
  readonly others: readonly PaidAnswer[]
}

/** There is an answer, but the client does not get it; it is recorded with what it cost all the same. */
export class AnswerWithheld extends Error {
  readonly fault: Fault
  readonly answered: Answered
  readonly tally: Tally

  constructor(fault: Fault, answered: Answered, tally: Tally) {
    super(fault.message, { cause: fault })
    this.name = 'AnswerWithheld'
    this.fault = fault.isTold ? untold(fault) : fault
    this.answered = answered
    this.tally = tally
  }
}

/** The client has heard nothing of an answer that was kept back, not even what the provider said of its failure. */
function untold(fault: Fault): Fault {
  const { kind, message, param, code, type, status, retryAfterMs, upstreamRequestId, upstreamStatus, headers, cause } =
    fault
  const details = { param, code, type, status, upstreamRequestId, upstreamStatus, headers, cause }
  return new Fault(kind, message, retryAfterMs === undefined ? details : { ...details, retryAfterMs })
}
