import { expect } from 'vitest'
import { type RunningApp, startRunningApp } from '../../support/running-app.ts'
import { json, type Script, type ScriptedUpstream, startScriptedUpstream } from '../../support/scripted-upstream.ts'

/** The whole product with scripted providers behind it, for what the wire's checks ask of the inference routes. */
export interface Wire {
  readonly app: RunningApp
  /** Of the OpenAI type; answers with `completion` unless scripted. */
  readonly openai: ScriptedUpstream
  readonly anthropic: ScriptedUpstream
  readonly gemini: ScriptedUpstream
  dispose(): Promise<void>
}

/** `environment` comes on top of three providers that are on, quick retries and no breaker (which has tests of its own). */
export async function startWire(environment: Readonly<Record<string, string>> = {}): Promise<Wire> {
  const [openai, anthropic, gemini] = await Promise.all([
    startScriptedUpstream(),
    startScriptedUpstream(),
    startScriptedUpstream(),
  ])
  openai.always(json(completion))
  const app = await startRunningApp({
    OPENAI_API_KEY: 'sk-upstream',
    OPENAI_BASE_URL: openai.baseUrl,
    ANTHROPIC_API_KEY: 'sk-ant-upstream',
    ANTHROPIC_BASE_URL: anthropic.origin,
    GEMINI_API_KEY: 'gm-upstream',
    GEMINI_BASE_URL: gemini.origin,
    PROMPTBOX_RETRY_FIRST_PAUSE_MS: '1',
    PROMPTBOX_BREAKER: 'off',
    ...environment,
  })
  return {
    app,
    openai,
    anthropic,
    gemini,
    dispose: async () => {
      await app.dispose()
      await Promise.all([openai.close(), anthropic.close(), gemini.close()])
    },
  }
}

export const messages = [{ role: 'user' as const, content: 'Hi' }]
export const request = { model: 'openai/gpt-4o-mini', messages }

/** A whole answer of OpenAI's. */
export const completion = {
  id: 'chatcmpl-9',
  object: 'chat.completion',
  created: 1_700_000_000,
  model: 'gpt-4o-mini-2024-07-18',
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: 'Hello', refusal: null },
      logprobs: null,
      finish_reason: 'stop',
    },
  ],
  usage: { prompt_tokens: 5, completion_tokens: 1, total_tokens: 6 },
}

/** One chunk of OpenAI's. */
export const chunk = (delta: object, finish: string | null = null, index = 0): object => ({
  id: 'chatcmpl-9',
  object: 'chat.completion.chunk',
  created: 1_700_000_000,
  model: 'gpt-4o-mini',
  choices: [{ index, delta, finish_reason: finish }],
})

export const wholeStream = [
  chunk({ role: 'assistant', content: '' }),
  chunk({ content: 'Hello' }),
  chunk({}, 'stop'),
  '[DONE]',
]

/** The chunk that only counts. */
export const usageChunk = {
  ...chunk({}),
  choices: [],
  usage: { prompt_tokens: 7, completion_tokens: 2, total_tokens: 9 },
}

/** Events of the Messages API, named as their type. */
export function anthropicEvents(events: readonly object[]): Script {
  return async (answer) => {
    answer.head(200, { 'content-type': 'text/event-stream', 'request-id': 'req_ant' })
    for (const event of events) {
      await answer.write(`event: ${String((event as { type?: string }).type)}\ndata: ${JSON.stringify(event)}\n\n`)
    }
    answer.end()
  }
}

/** A whole message of Anthropic's that says Hello. */
export const anthropicMessage = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-haiku-4-5',
  content: [{ type: 'text', text: 'Hello' }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 3, output_tokens: 2 },
}

export const anthropicStart = {
  type: 'message_start',
  message: { ...anthropicMessage, content: [], stop_reason: null, usage: { input_tokens: 3, output_tokens: 1 } },
}
/** The same as a stream. */
export const anthropicStream = [
  anthropicStart,
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hello' } },
  { type: 'content_block_stop', index: 0 },
  { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 2 } },
  { type: 'message_stop' },
]

export const anthropicError = (type: string, message: string): object => ({
  type: 'error',
  error: { type, message },
  request_id: 'req_ant',
})

/** An answer of Gemini's, or its only event. */
export const geminiAnswer = (parts: readonly object[] = [{ text: 'Hello' }]): object => ({
  candidates: [{ content: { role: 'model', parts }, finishReason: 'STOP', index: 0 }],
  usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 2, totalTokenCount: 5 },
  modelVersion: 'gemini-2.5-flash',
  responseId: 'r1',
})

export const geminiError = (
  code: number,
  status: string,
  message: string,
  details: readonly object[] = [],
): object => ({
  error: { code, status, message, details },
})

interface Envelope {
  readonly error: {
    readonly message: string
    readonly type: string
    readonly param: string | null
    readonly code: string | null
  }
}

/** The error a response carries; fails unless it is a complete one in JSON with an id of ours. */
export async function envelopeOf(response: Response): Promise<Envelope['error']> {
  expect(response.headers.get('content-type')).toContain('application/json')
  expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/)
  const body = (await response.json()) as Envelope
  expect(Object.keys(body.error).toSorted()).toEqual(['code', 'message', 'param', 'type'])
  return body.error
}

/** One chunk as a client reads it. */
export interface ReadChunk {
  readonly id?: string
  readonly model?: string
  readonly choices: readonly {
    readonly index: number
    readonly delta: Readonly<Record<string, unknown>>
    readonly finish_reason?: string | null
  }[]
  readonly usage?: unknown
  readonly error?: Envelope['error']
}

export interface ReadStream {
  readonly text: string
  /** Everything but comments and the end mark. */
  readonly chunks: readonly ReadChunk[]
  readonly isWhole: boolean
}

/** Reads a chat stream to its end; fails unless every line is of the form that all clients can read. */
export async function readStream(response: Response): Promise<ReadStream> {
  const text = await response.text()
  expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/)
  expect(text).toMatch(/^((data: [^\r\n]*|:[^\r\n]*)\n\n)*$/)
  const events = text.split('\n\n').filter((event) => event.startsWith('data: '))
  const data = events.map((event) => event.slice('data: '.length))
  return {
    text,
    chunks: data.filter((said) => said !== '[DONE]').map((said) => JSON.parse(said) as ReadChunk),
    isWhole: data.at(-1) === '[DONE]',
  }
}
