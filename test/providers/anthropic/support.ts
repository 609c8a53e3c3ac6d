import type { JsonObject } from '../../../src/core/json.ts'
import { AnthropicReading } from '../../../src/providers/anthropic/reading.ts'
import { toMessagesRequest, type ExpectedAnswer } from '../../../src/providers/anthropic/request.ts'
import { ChatAnswer } from '../../../src/providers/chat/chat-answer.ts'
import type { ProviderCall } from '../../../src/providers/provider.ts'
import { ThinkingMemory } from '../../../src/providers/thinking-memory.ts'
import { callTo, CollectingSink } from '../collecting-sink.ts'

export const haiku = 'claude-haiku-4-5-20251001'
export const opus = 'claude-opus-4-6'
export const newest = 'claude-opus-5'

export function newMemory(): ThinkingMemory {
  return new ThinkingMemory({ maxEntries: 100, maxChars: 1_000_000 })
}

/** A block as it is sent. */
export interface SentBlock {
  readonly type: string
  readonly [member: string]: unknown
}
export interface SentMessage {
  readonly role: string
  readonly content: readonly SentBlock[]
}
export interface SentRequest {
  readonly model: string
  readonly max_tokens: number
  readonly system?: readonly SentBlock[]
  readonly messages: readonly SentMessage[]
  readonly tools?: readonly Record<string, unknown>[]
  readonly tool_choice?: Record<string, unknown>
  readonly thinking?: Record<string, unknown>
  readonly output_config?: Record<string, unknown>
  readonly [member: string]: unknown
}

interface MapOptions {
  readonly model?: string
  readonly partition?: string
  readonly policy?: 'drop' | 'reject'
  readonly memory?: ThinkingMemory
}

/** Maps a request; without messages it says hello. */
export function map(
  body: JsonObject,
  options: MapOptions = {},
): {
  sent: SentRequest
  warnings: readonly string[]
  expected: ExpectedAnswer
  headers: Readonly<Record<string, string>>
} {
  const whole = { model: 'anthropic/x', messages: [{ role: 'user', content: 'Hello' }], ...body }
  const request = toMessagesRequest(whole, {
    model: options.model ?? haiku,
    partition: options.partition ?? 'tenant',
    unsupportedParameters: options.policy ?? 'drop',
    memory: options.memory ?? newMemory(),
  })
  const { warnings, expected, headers } = request
  return { sent: JSON.parse(request.body), warnings, expected, headers }
}

export const plainAnswer: ExpectedAnswer = {
  answerTool: null,
  customTools: new Set(),
  isDeprecatedForm: false,
  conversation: null,
}
export const noon = Date.UTC(2026, 0, 1, 12)

interface ReadOptions {
  readonly call?: Partial<ProviderCall>
  readonly expected?: Partial<ExpectedAnswer>
  readonly memory?: ThinkingMemory
  readonly contentType?: string
}

function feed(text: string, contentType: string, options: ReadOptions): CollectingSink {
  const sink = new CollectingSink()
  const expected = { ...plainAnswer, ...options.expected }
  const memory = options.memory ?? newMemory()
  const answer = new ChatAnswer(
    callTo('http://127.0.0.1:9', { clientWantsUsage: true, partition: 'tenant', ...options.call }),
    sink,
    (context) => new AnthropicReading(context, expected, memory),
    () => noon,
  )
  answer.sentBy({ pause: () => undefined, resume: () => undefined, abort: () => undefined })
  answer.head(200, { 'content-type': contentType, 'request-id': 'req_1' })
  answer.data(Buffer.from(text))
  answer.end()
  return sink
}

/** Feeds a stream of events. */
export function stream(events: readonly object[], options: ReadOptions = {}): CollectingSink {
  const text = events
    .map((event) => `event: ${String((event as { type?: string }).type)}\ndata: ${JSON.stringify(event)}\n\n`)
    .join('')
  return feed(text, 'text/event-stream', options)
}

/** Feeds an answer in one piece. */
export function whole(message: object, options: ReadOptions = {}): CollectingSink {
  return feed(JSON.stringify(message), 'application/json', { ...options, call: { stream: false, ...options.call } })
}

export const start = (usage: object = { input_tokens: 10, output_tokens: 1 }, more: object = {}): object => ({
  type: 'message_start',
  message: { id: 'msg_1', type: 'message', role: 'assistant', content: [], model: haiku, usage, ...more },
})
export const stop = { type: 'message_stop' }
export const ending = (reason: string, usage: object = { output_tokens: 5 }): object => ({
  type: 'message_delta',
  delta: { stop_reason: reason, stop_sequence: null },
  usage,
})
/** The events of one block: its beginning, its deltas, its end. */
export const block = (index: number, begin: object, ...deltas: readonly object[]): object[] => [
  { type: 'content_block_start', index, content_block: begin },
  ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
  { type: 'content_block_stop', index },
]
export const text = (index: number, ...texts: readonly string[]): object[] =>
  block(index, { type: 'text', text: '' }, ...texts.map((said) => ({ type: 'text_delta', text: said })))
export const call = (index: number, id: string, name: string, ...parts: readonly string[]): object[] =>
  block(
    index,
    { type: 'tool_use', id, name, input: {} },
    ...parts.map((part) => ({ type: 'input_json_delta', partial_json: part })),
  )
export const thinking = (index: number, signature: string, ...texts: readonly string[]): object[] =>
  block(
    index,
    { type: 'thinking', thinking: '', signature: '' },
    ...texts.map((thought) => ({ type: 'thinking_delta', thinking: thought })),
    { type: 'signature_delta', signature },
  )
