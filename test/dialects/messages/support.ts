import { MessageStream } from '@anthropic-ai/sdk/lib/MessageStream'
import type { Message } from '@anthropic-ai/sdk/resources/messages'
import type { JsonObject } from '../../../src/core/json.ts'
import type { Usage } from '../../../src/core/usage.ts'
import type { DialectRequest } from '../../../src/dialects/dialect.ts'
import { messagesDialect } from '../../../src/dialects/messages/messages.ts'
import type { AnswerChunk, Flow } from '../../../src/providers/provider.ts'
import { CollectingSink, textOf } from '../../providers/collecting-sink.ts'

export const usage: Usage = {
  inputTokens: 100,
  outputTokens: 40,
  cacheReadInputTokens: 60,
  cacheCreationInputTokens: 10,
  reasoningOutputTokens: 0,
}

export function requestOf(changes: Partial<DialectRequest> = {}): DialectRequest {
  return {
    requestId: '01900000-0000-7000-8000-000000000000',
    createdAt: Date.UTC(2026, 0, 1, 12),
    stream: true,
    model: 'gpt-5-mini',
    body: { model: 'openai/gpt-5-mini', max_tokens: 100, messages: [] },
    ...changes,
  }
}

/** A chat request as the provider would get it. */
export interface SentChat {
  readonly messages: readonly Record<string, unknown>[]
  readonly [member: string]: unknown
}

/** Translates a request the way the product does: from its text. */
export function toChat(body: object): { readonly chat: SentChat; readonly warnings: readonly string[] } {
  return textToChat(JSON.stringify(body))
}

export function textToChat(text: string): ReturnType<typeof toChat> {
  const { members, warnings } = messagesDialect.toChat(JSON.parse(text), text)
  const entries = [...members].map(([name, raw]): [string, unknown] => [name, JSON.parse(raw)])
  return { chat: Object.fromEntries(entries) as unknown as SentChat, warnings }
}

/** One chat chunk in the normal form of the wire. */
export function chatChunk(delta: JsonObject, finishReason: string | null = null): AnswerChunk {
  const value: JsonObject = {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1_767_268_800,
    model: 'gpt-5-mini-2025-08-07',
    choices: [{ index: 0, delta, finish_reason: finishReason }],
  }
  return { json: JSON.stringify(value), value, usage: null, internal: false }
}

export function usageChunk(counted: Usage = usage, internal = true): AnswerChunk {
  const value: JsonObject = { id: 'chatcmpl-1', object: 'chat.completion.chunk', choices: [], usage: {} }
  return { json: JSON.stringify(value), value, usage: counted, internal }
}

export const noFlow: Flow = { pause: () => undefined, resume: () => undefined, abort: () => undefined }

export interface Opened {
  readonly sink: CollectingSink
  readonly told: ReturnType<typeof messagesDialect.answer>
}

/** An answer that has begun. */
export function open(request: DialectRequest = requestOf(), flow: Flow = noFlow): Opened {
  const sink = new CollectingSink()
  const told = messagesDialect.answer(request, sink)
  told.head({ status: 200, stream: request.stream, headers: {}, upstreamRequestId: null }, flow)
  return { sink, told }
}

/** A whole stream of chat chunks, told as a Messages stream. */
export function tellStream(chunks: readonly AnswerChunk[], request: DialectRequest = requestOf()): CollectingSink {
  const { sink, told } = open(request)
  for (const chunk of chunks) told.chunk(chunk)
  told.flush()
  told.end()
  return sink
}

/** A whole chat completion, told as a message. */
export function tellWhole(completion: JsonObject, counted: Usage | null, body: JsonObject = {}): CollectingSink {
  const { sink, told } = open(requestOf({ stream: false, body }))
  told.chunk({ json: JSON.stringify(completion), value: completion, usage: counted, internal: false })
  told.flush()
  told.end()
  return sink
}

export interface SentEvent {
  readonly type: string
  readonly index?: number
  readonly content_block?: { readonly type: string; readonly [member: string]: unknown }
  readonly delta?: { readonly type?: string; readonly [member: string]: unknown }
  readonly [member: string]: unknown
}

/** The events a client would read, parsed from their text. */
export function eventsOf(sink: CollectingSink): SentEvent[] {
  return sink.texts.map((text) => JSON.parse(text) as SentEvent)
}

/** The bytes of the answer as the last sink writes a stream with named events. */
export function serverSentEvents(sink: CollectingSink): string {
  return sink.chunks
    .filter((chunk) => !chunk.internal)
    .map((chunk) => `event: ${chunk.event}\ndata: ${textOf(chunk)}\n\n`)
    .join('')
}

/** What Anthropic's own client makes of the stream. */
export async function accumulated(sink: CollectingSink): Promise<Message> {
  const lines = sink.texts.map((text) => `${text}\n`).join('')
  const stream = MessageStream.fromReadableStream(
    new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(lines))
        controller.close()
      },
    }),
  )
  // A member of the client's own, for its structured outputs.
  const { parsed_output: _parsed, ...message } = await stream.finalMessage()
  return message
}
