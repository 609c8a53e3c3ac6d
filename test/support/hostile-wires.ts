import { type Script, type UpstreamAnswer } from './scripted-upstream.ts'

/** The pieces of a stream in one wire, so that a fault can be written once for all of them. */
export interface HostileWire {
  /** What comes before the first text. */
  readonly start: string
  text(text: string): string
  /** Says that the answer is complete. */
  readonly finish: string
  /** The end mark; empty where there is none. */
  readonly mark: string
  /** An error as an event. */
  readonly error: string
}

const event = (value: object): string => `data: ${JSON.stringify(value)}\n\n`
const named = (type: string, rest: object): string => `event: ${type}\n${event({ type, ...rest })}`

const openaiChunk = (delta: object, finish_reason: string | null = null): string =>
  event({
    id: 'c1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'm',
    choices: [{ index: 0, delta, finish_reason }],
  })

const openai: HostileWire = {
  start: openaiChunk({ role: 'assistant', content: '' }),
  text: (content) => openaiChunk({ content }),
  finish: openaiChunk({}, 'stop'),
  mark: 'data: [DONE]\n\n',
  error: event({ error: { message: 'The server had an error.', type: 'server_error', param: null, code: null } }),
}

const message = {
  id: 'm1',
  type: 'message',
  role: 'assistant',
  model: 'm',
  content: [],
  stop_reason: null,
  stop_sequence: null,
  usage: { input_tokens: 3, output_tokens: 1 },
}

const anthropic: HostileWire = {
  start:
    named('message_start', { message }) +
    named('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
  text: (text) => named('content_block_delta', { index: 0, delta: { type: 'text_delta', text } }),
  finish:
    named('content_block_stop', { index: 0 }) +
    named('message_delta', { delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 5 } }),
  mark: named('message_stop', {}),
  error: named('error', { error: { type: 'overloaded_error', message: 'Overloaded' } }),
}

const candidate = (parts: readonly object[], rest: object = {}): string =>
  event({ candidates: [{ content: { role: 'model', parts }, index: 0, ...rest }], modelVersion: 'm' })

const gemini: HostileWire = {
  start: '',
  text: (text) => candidate([{ text }]),
  finish: candidate([{ text: '' }], { finishReason: 'STOP' }),
  mark: '',
  error: event({ error: { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' } }),
}

const response = { id: 'resp_1', object: 'response', created_at: 1, model: 'm', output: [] as object[] }
const item = (text: string, status: string): object => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  status,
  content: text === '' ? [] : [{ type: 'output_text', text, annotations: [] }],
})

/** The Responses API; texts are deltas of the one message. */
const responses: HostileWire = {
  start:
    named('response.created', { sequence_number: 0, response: { ...response, status: 'in_progress' } }) +
    named('response.output_item.added', { sequence_number: 1, output_index: 0, item: item('', 'in_progress') }) +
    named('response.content_part.added', {
      sequence_number: 2,
      item_id: 'msg_1',
      output_index: 0,
      content_index: 0,
      part: { type: 'output_text', text: '', annotations: [] },
    }),
  text: (delta) =>
    named('response.output_text.delta', {
      sequence_number: 3,
      item_id: 'msg_1',
      output_index: 0,
      content_index: 0,
      delta,
    }),
  finish: named('response.completed', {
    sequence_number: 4,
    response: { ...response, status: 'completed', output: [item('Hello', 'completed')] },
  }),
  mark: '',
  error: named('error', {
    sequence_number: 4,
    error: { type: 'server_error', code: null, message: 'Broken.', param: null },
  }),
}

export const hostileWires = { openai, anthropic, gemini, responses } as const

/** A stream of these pieces, one write each, and how it ends: as it should when left out. */
export function hostile(
  parts: readonly string[],
  end: (answer: UpstreamAnswer) => void | Promise<void> = (answer) => answer.end(),
): Script {
  return async (answer) => {
    answer.head(200, { 'content-type': 'text/event-stream' })
    for (const part of parts) if (part !== '') await answer.write(part)
    await end(answer)
  }
}
