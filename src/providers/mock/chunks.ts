import type { JsonObject, JsonValue } from '../../core/json.ts'
import type { AnswerChunk, ProviderCall } from '../provider.ts'
import { readUsage } from '../usage.ts'
import type { MockRequest } from './request.ts'
import { usageOf, type Reply } from './reply.ts'

/** A time that never moves, since the same request is to have the same answer. 2025-01-01, in seconds. */
const created = 1_735_689_600

/** The whole reply as one `chat.completion`. */
export function wholeReply(call: ProviderCall, request: MockRequest, reply: Reply): AnswerChunk {
  const usage = usageOf(request, reply)
  const value: JsonObject = {
    id: reply.id,
    object: 'chat.completion',
    created,
    model: call.model,
    choices: Array.from({ length: request.choices }, (_, index) => ({
      index,
      message: messageOf(reply),
      logprobs: null,
      finish_reason: reply.finishReason,
    })),
    usage,
    service_tier: 'default',
    system_fingerprint: 'fp_mock',
  }
  return { json: JSON.stringify(value), value, usage: readUsage(usage), internal: false }
}

/** The reply as chunks, a token each, every choice in turn; made one by one, as they are wanted. */
export function* streamedReply(call: ProviderCall, request: MockRequest, reply: Reply): Generator<AnswerChunk, void> {
  const chunkOf = (index: number, delta: JsonValue, finishReason: string | null): AnswerChunk =>
    textChunk(call, reply, [{ index, delta, logprobs: null, finish_reason: finishReason }], null)
  const everyChoice = function* (delta: JsonValue, finishReason: string | null = null): Generator<AnswerChunk> {
    for (let index = 0; index < request.choices; index += 1) yield chunkOf(index, delta, finishReason)
  }
  yield* everyChoice({ role: 'assistant', content: reply.calls.length > 0 ? null : '', refusal: null })
  for (const token of reply.reasoning) yield* everyChoice({ reasoning_content: token })
  for (const token of reply.content) yield* everyChoice({ content: token })
  for (const [index, { id, name, arguments: parts }] of reply.calls.entries()) {
    yield* everyChoice({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] })
    for (const part of parts) yield* everyChoice({ tool_calls: [{ index, function: { arguments: part } }] })
  }
  yield* everyChoice({}, reply.finishReason)
  yield textChunk(call, reply, [], usageOf(request, reply))
}

function textChunk(call: ProviderCall, reply: Reply, choices: JsonValue, usage: JsonObject | null): AnswerChunk {
  const value: JsonObject = {
    id: reply.id,
    object: 'chat.completion.chunk',
    created,
    model: call.model,
    service_tier: 'default',
    system_fingerprint: 'fp_mock',
    choices,
    ...(call.clientWantsUsage || usage !== null ? { usage } : {}),
  }
  const counted = usage === null ? null : readUsage(usage)
  return { json: JSON.stringify(value), value, usage: counted, internal: usage !== null && !call.clientWantsUsage }
}

function messageOf(reply: Reply): JsonObject {
  return {
    role: 'assistant',
    content: reply.calls.length > 0 ? null : reply.content.join(''),
    refusal: null,
    ...(reply.reasoning.length === 0 ? {} : { reasoning_content: reply.reasoning.join('') }),
    ...(reply.calls.length === 0
      ? {}
      : {
          tool_calls: reply.calls.map(({ id, name, arguments: parts }) => ({
            id,
            type: 'function',
            function: { name, arguments: parts.join('') },
          })),
        }),
  }
}
