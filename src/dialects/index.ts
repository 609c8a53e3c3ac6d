import { Fault } from '../core/fault.ts'
import type { CompiledVersion, ExpandInput, Expanded } from '../prompts/compiled-version.ts'
import type { Dialect } from './dialect.ts'

// Placeholders until the dialects are here; the lead replaces this file by re-exports.
const notHere: Dialect = {
  toChat: () => {
    throw new Fault('internal', 'This dialect is not here yet.')
  },
  answer: (_request, sink) => sink,
}
export const responsesDialect = notHere
export const messagesDialect = notHere
export const completionsDialect = notHere
export function expandResponses(_compiled: CompiledVersion, _input: ExpandInput): Expanded {
  throw new Fault('internal', 'This dialect is not here yet.')
}
