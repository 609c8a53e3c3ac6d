import { ChatAnswer } from '../../../src/providers/chat/chat-answer.ts'
import { OpenAiReading } from '../../../src/providers/openai-compatible/reading.ts'
import type { ProviderCall } from '../../../src/providers/provider.ts'
import { callTo, CollectingSink } from '../collecting-sink.ts'

export const noon = Date.UTC(2026, 0, 1, 12)

export interface Fed {
  readonly sink: CollectingSink
  /** What was asked of the upstream's tap. */
  readonly asked: readonly string[]
}

/** Feeds a response into one answer, piece by piece, with no network between. */
export function feed(
  pieces: readonly (string | Uint8Array)[],
  options: { call?: Partial<ProviderCall>; status?: number; headers?: Record<string, string>; brokenBy?: Error } = {},
): Fed {
  const sink = new CollectingSink()
  const asked: string[] = []
  const answer = new ChatAnswer(
    callTo('http://127.0.0.1:9/v1', options.call),
    sink,
    (context) => new OpenAiReading(context),
    () => noon,
  )
  answer.sentBy({
    pause: () => asked.push('pause'),
    resume: () => asked.push('resume'),
    abort: () => asked.push('abort'),
  })
  answer.head(options.status ?? 200, options.headers ?? { 'content-type': 'text/event-stream' })
  for (const piece of pieces) answer.data(Buffer.from(piece as Uint8Array))
  answer.end()
  return { sink, asked }
}

/** Events as server-sent events; the end mark is added unless the last one says otherwise. */
export function events(...list: readonly (object | string)[]): string {
  return list.map((event) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`).join('')
}

/** One chunk as OpenAI writes it. */
export function chunk(delta: object, finishReason: string | null = null, more: object = {}): Record<string, unknown> {
  return chunkOf([{ index: 0, delta, logprobs: null, finish_reason: finishReason }], more)
}

export function chunkOf(choices: readonly object[], more: object = {}): Record<string, unknown> {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1_700_000_000,
    model: 'gpt-test',
    choices,
    ...more,
  }
}

export const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 }

/** Feeds events, `[DONE]` after them. */
export function stream(list: readonly (object | string)[], call: Partial<ProviderCall> = {}): CollectingSink {
  return feed([events(...list, '[DONE]')], { call }).sink
}
