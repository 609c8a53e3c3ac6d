import type { JsonObject } from '../../core/json.ts'
import type { AnswerChunk } from '../provider.ts'
import { readUsage } from '../usage.ts'
import { filled, isDraft, type Draft } from './draft.ts'

/**
 * The chunks, in the normal form of the wire, that a whole `chat.completion` would have been streamed as: for an upstream
 * that was asked to stream and did not, and for a stored answer that is served again.
 *
 * @param completion in the form every client reads.
 * @param wantsUsage the client asked for the usage chunk; without it the chunk is marked as internal.
 */
export function completionToChunks(completion: Draft, wantsUsage: boolean): AnswerChunk[] {
  const { choices, usage, object: _object, ...common } = completion
  const chunks: AnswerChunk[] = []
  const add = (members: Draft, internal = false): void => {
    const value = { ...common, object: 'chat.completion.chunk', ...members } as JsonObject
    chunks.push({ json: JSON.stringify(value), value, usage: readUsage(value['usage']), internal })
  }
  for (const choice of choices as readonly unknown[]) {
    if (!isDraft(choice)) continue
    const { index, message, finish_reason: reason, ...rest } = choice
    const { tool_calls: calls, ...said } = isDraft(message) ? message : ({} as Draft)
    add({ choices: [{ index, ...rest, delta: { ...said, role: 'assistant' }, finish_reason: null }] })
    if (Array.isArray(calls))
      for (const delta of callDeltas(calls)) add({ choices: [{ index, delta, finish_reason: null }] })
    add({ choices: [{ index, delta: {}, finish_reason: filled(reason) ?? 'stop' }] })
  }
  if (isDraft(usage)) add({ choices: [], usage }, !wantsUsage)
  return chunks
}

/** Two deltas for each call of a function: who is called, then with what. Other tools are told in one. */
function callDeltas(calls: readonly unknown[]): Draft[] {
  return calls.filter(isDraft).flatMap((call, index) => {
    const called = call.function
    if (!isDraft(called)) return [{ tool_calls: [{ ...call, index }] }]
    const announced = { ...call, index, function: { ...called, arguments: '' } }
    const rest = { index, function: { arguments: called.arguments } }
    return [{ tool_calls: [announced] }, { tool_calls: [rest] }]
  })
}
