import { Fault } from '../core/fault.ts'
import { type JsonObject, ownMember } from '../core/json.ts'

/** How an answer is read hangs on `stream`, and some providers take "true" for true: so it is not left to them. */
export function requireSwitch(body: JsonObject): void {
  const stream = ownMember(body, 'stream') ?? null
  if (stream === null || typeof stream === 'boolean') return
  throw new Fault('invalid_request', 'The field `stream` must be true or false.', { param: 'stream' })
}
