import type { JsonObject, JsonValue } from '../../../src/core/json.ts'
import { responsesDialect } from '../../../src/dialects/responses/responses.ts'
import { readUsage } from '../../../src/providers/usage.ts'
import type { AnswerChunk, Flow } from '../../../src/providers/provider.ts'
import { CollectingSink, textOf } from '../../providers/collecting-sink.ts'

export const requestId = '01900000-0000-7000-8000-0123456789ab'
export const createdAt = 1_700_000_000_500

export const noFlow: Flow = { pause: () => undefined, resume: () => undefined, abort: () => undefined }

/** One event of a stream as a client reads it. */
export interface SentEvent {
  readonly type: string
  readonly sequence_number: number
  readonly item_id?: string
  readonly output_index?: number
  readonly item?: JsonObject
  readonly response?: JsonObject
  readonly [member: string]: JsonValue | undefined
}

export function chunkOf(delta: JsonObject, finish: string | null = null, more: JsonObject = {}): JsonObject {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'answering-model',
    choices: [{ index: 0, delta, finish_reason: finish, ...more }],
  }
}

export const usage = {
  prompt_tokens: 20,
  completion_tokens: 9,
  total_tokens: 29,
  prompt_tokens_details: { cached_tokens: 5, cache_write_tokens: 2 },
  completion_tokens_details: { reasoning_tokens: 4 },
}

export const usageChunk: JsonObject = { ...chunkOf({}), choices: [], usage }

function open(
  body: JsonObject,
  stream: boolean,
): { readonly sink: CollectingSink; readonly told: ReturnType<typeof responsesDialect.answer> } {
  const sink = new CollectingSink()
  const told = responsesDialect.answer({ requestId, createdAt, stream, model: 'asked-model', body }, sink)
  told.head({ status: 200, stream, headers: {}, upstreamRequestId: null }, noFlow)
  return { sink, told }
}

function asChunk(value: JsonObject, internal = false): AnswerChunk {
  return { json: JSON.stringify(value), value, usage: readUsage(value['usage']), internal }
}

/** What goes out for these chat chunks; the usage chunk is ours alone, as when the client did not ask for it. */
export function streamed(chunks: readonly JsonObject[], body: JsonObject = {}): CollectingSink {
  const { sink, told } = open(body, true)
  for (const value of chunks) told.chunk(asChunk(value, value['usage'] !== undefined))
  told.flush()
  told.end()
  return sink
}

/** A stream that has begun, to be gone on with. */
export function begun(chunks: readonly JsonObject[], body: JsonObject = {}): ReturnType<typeof open> {
  const opened = open(body, true)
  for (const value of chunks) opened.told.chunk(asChunk(value, value['usage'] !== undefined))
  return opened
}

export function eventsOf(sink: CollectingSink): SentEvent[] {
  return sink.chunks.filter((chunk) => !chunk.internal).map((chunk) => JSON.parse(textOf(chunk)) as SentEvent)
}

export function finalOf(sink: CollectingSink): JsonObject {
  return eventsOf(sink).at(-1)?.response ?? {}
}

/** The bytes a client would read. */
export function wireOf(sink: CollectingSink): string {
  return sink.chunks
    .filter((chunk) => !chunk.internal)
    .map((chunk) => `event: ${chunk.event ?? ''}\ndata: ${textOf(chunk)}\n\n`)
    .join('')
}

/** The response for a whole completion. */
export function whole(
  completion: JsonObject,
  body: JsonObject = {},
): { readonly response: JsonObject; readonly sink: CollectingSink } {
  const { sink, told } = open(body, false)
  told.chunk(asChunk(completion))
  told.end()
  return { response: JSON.parse(sink.texts[0] ?? 'null') as JsonObject, sink }
}

export function completionOf(message: JsonObject, finish = 'stop', more: JsonObject = {}): JsonObject {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'answering-model',
    choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: finish, logprobs: null }],
    usage,
    ...more,
  }
}
