import { afterAll, beforeAll, expect, it } from 'vitest'
import { accumulateChat, readAsPython } from '../../support/python-client.ts'
import { pieces, type Script } from '../../support/scripted-upstream.ts'
import {
  anthropicEvents,
  anthropicStart,
  anthropicStream,
  chunk,
  geminiAnswer,
  messages,
  startWire,
  usageChunk,
  type Wire,
} from './support.ts'

let wire: Wire
beforeAll(async () => {
  wire = await startWire()
})
afterAll(() => wire.dispose())

const call = (id: string, name: string | null, args: string): object => ({
  tool_calls: [{ index: 0, id, type: 'function', function: { name, arguments: args } }],
})
const data = (event: object): string => `data: ${JSON.stringify(event)}\n\n`

/** What the strictest client stumbles over: ids, pings, pauses between tries, and everything said again in each chunk. */
const troublesome: Readonly<Record<'openai' | 'anthropic' | 'gemini', Script>> = {
  openai: pieces([
    'retry: 3000\n\n',
    'id: 1\n: comment\n\n',
    data(chunk({ role: 'assistant', content: 'Hel' })),
    'event: ping\n\n',
    data(chunk({ role: 'assistant', content: 'lo' })),
    data(chunk({ role: 'assistant', ...call('call_a', 'look', '{"at"') })),
    data(chunk({ role: 'assistant', ...call('call_a', 'look', ':1}') })),
    data(chunk({ role: 'assistant' }, 'tool_calls')),
    data(chunk({}, 'tool_calls')),
    data(usageChunk),
    'data: [DONE]\n\n',
  ]),
  anthropic: anthropicEvents([
    { type: 'ping' },
    ...anthropicStream.slice(0, 4),
    anthropicStart,
    {
      type: 'content_block_start',
      index: 1,
      content_block: { type: 'tool_use', id: 'call_a', name: 'look', input: {} },
    },
    { type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json: '' } },
    { type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json: '{"at":1}' } },
    { type: 'content_block_stop', index: 1 },
    { type: 'message_delta', delta: { stop_reason: 'tool_use', stop_sequence: null }, usage: { output_tokens: 2 } },
    { type: 'message_stop' },
  ]),
  gemini: pieces(
    [geminiAnswer([{ text: 'Hello' }, { functionCall: { name: 'look', args: { at: 1 } } }])].map(
      (event) => `data: ${JSON.stringify(event)}\r\n\r\n`,
    ),
  ),
}
const models = {
  openai: 'openai/gpt-4o-mini',
  anthropic: 'anthropic/claude-haiku-4-5',
  gemini: 'gemini/gemini-2.5-flash',
} as const

it.each(['openai', 'anthropic', 'gemini'] as const)(
  'J04 the Python client adds up what %s said, with nothing doubled',
  async (kind) => {
    for (const include of [true, false]) {
      wire[kind].next(troublesome[kind])
      const response = await wire.app.post('/chat/completions', {
        model: models[kind],
        messages,
        stream: true,
        stream_options: { include_usage: include },
        tools: [{ type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } }],
      })
      const { events, apiError, done } = readAsPython(await response.text())
      expect([apiError, done]).toEqual([null, true])
      expect(events.filter((event) => Boolean(event['usage']))).toHaveLength(include ? 1 : 0)
      const [choice] = accumulateChat(events)
      expect(choice).toMatchObject({
        index: 0,
        finish_reason: 'tool_calls',
        message: {
          role: 'assistant',
          content: 'Hello',
          tool_calls: [{ index: 0, type: 'function', function: { name: 'look' } }],
        },
      })
      const message = choice?.['message'] as { tool_calls: { id: string; function: { arguments: string } }[] }
      if (kind !== 'gemini') expect(message.tool_calls[0]?.id).toBe('call_a')
      expect(JSON.parse(message.tool_calls[0]?.function.arguments ?? '')).toEqual({ at: 1 })
    }
  },
)
