import type { Cancellation } from '../core/cancellation.ts'
import { Fault } from '../core/fault.ts'
import type { Answered, Planned } from './exchange.ts'
import type { AttemptLog, Send } from './send.ts'

/**
 * Tries the targets in their order until one opens an answer. Only faults that another target could cure fall over; what
 * the provider says about the request itself goes to the client. After the first byte nothing falls over: by then the
 * answer is open and this function has returned.
 */
export async function dispatch(
  planned: Planned,
  send: Send,
  log: AttemptLog,
  cancellation: Cancellation,
): Promise<Answered> {
  let last: Fault | null = null
  for (const target of planned.targets) {
    try {
      const answer = await send(planned, target, log, cancellation)
      return { planned, target, attempts: log, answer, cache: 'off' }
    } catch (error) {
      last = Fault.from(error)
      if (!last.mayFallOver || cancellation.cancelled) throw last
    }
  }
  throw last ?? new Fault('internal', 'The plan had no target.')
}
