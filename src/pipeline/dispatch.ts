import type { Cancellation } from '../core/cancellation.ts'
import { Fault } from '../core/fault.ts'
import type { Answered, Planned } from './exchange.ts'
import type { AttemptLog, Send } from './send.ts'

/**
 * Tries the targets in their order until one opens an answer. Only faults that another target could cure fall over; what
 * the provider says about the request itself goes to the client. After the first byte nothing falls over: by then the
 * answer is open and this function has returned.
 *
 * When none answers, the client hears what the last provider said that was called; when none was called, how soon the
 * first of them may be.
 */
export async function dispatch(
  planned: Planned,
  send: Send,
  log: AttemptLog,
  cancellation: Cancellation,
): Promise<Answered> {
  let said: Fault | null = null
  let refused: Fault | null = null
  for (const target of planned.targets) {
    const calls = log.length
    try {
      const answer = await send(planned, target, log, cancellation)
      return { planned, target, attempts: log, answer, cache: 'off' }
    } catch (error) {
      const fault = Fault.from(error)
      if (!fault.mayFallOver || cancellation.cancelled) throw cancellation.fault ?? fault
      if (log.length > calls) said = fault
      else refused = sooner(refused, fault)
    }
  }
  throw said ?? refused ?? new Fault('internal', 'The plan had no target.')
}

function sooner(one: Fault | null, other: Fault): Fault {
  return one === null || (other.retryAfterMs ?? Infinity) < (one.retryAfterMs ?? Infinity) ? other : one
}
