import type { Cancellation } from '../core/cancellation.ts'
import { Fault } from '../core/fault.ts'
import type { Answered, Planned } from './exchange.ts'
import type { AttemptLog, Send } from './send.ts'

/**
 * Tries the targets in their order until one opens an answer. Only faults that another target could cure fall over; what
 * the provider says about the request itself goes to the client. A target that cannot be asked, because the request has no
 * words for it, is passed over: the next one may have the endpoint that understands it. After the first byte nothing falls
 * over: by then the answer is open and this function has returned.
 *
 * When none answers, the client hears what the last provider said that was called; when none was called, how soon the
 * first of them may be; when none can be asked, why the first cannot.
 */
export async function dispatch(
  planned: Planned,
  send: Send,
  log: AttemptLog,
  cancellation: Cancellation,
): Promise<Answered> {
  let said: Fault | null = null
  let refused: Fault | null = null
  let unaskable: Fault | null = null
  for (const target of planned.targets) {
    const calls = log.length
    try {
      const answer = await send(planned, target, log, cancellation)
      return { planned, target, attempts: log, answer, cache: 'off', checked: null }
    } catch (error) {
      const fault = Fault.from(error)
      if (cancellation.fault !== null) throw cancellation.fault
      const wasCalled = log.length > calls
      if (!fault.mayFallOver && (wasCalled || fault.kind !== 'invalid_request')) throw fault
      if (wasCalled) said = fault
      else if (fault.mayFallOver) refused = sooner(refused, fault)
      else unaskable ??= fault
    }
  }
  throw said ?? refused ?? unaskable ?? new Fault('internal', 'The plan had no target.')
}

function sooner(one: Fault | null, other: Fault): Fault {
  return one === null || (other.retryAfterMs ?? Infinity) < (one.retryAfterMs ?? Infinity) ? other : one
}
