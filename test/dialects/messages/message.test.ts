import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../src/core/json.ts'
import { tellWhole, usage } from './support.ts'

function completion(message: JsonObject, finishReason: string | null = 'stop'): JsonObject {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_767_268_800,
    model: 'gpt-5-mini-2025-08-07',
    choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: finishReason }],
  }
}

function messageFor(...[message, finishReason]: Parameters<typeof completion>): Record<string, unknown> {
  const sink = tellWhole(completion(message, finishReason), usage)
  expect(sink.ended).toBe(true)
  return JSON.parse(sink.texts.join('')) as Record<string, unknown>
}

const call = (args: string, id = 'call_1') => ({ id, type: 'function', function: { name: 'weather', arguments: args } })

describe('a whole chat answer as a message', () => {
  it('is a message object with text and Anthropic counts (G16)', () => {
    expect(messageFor({ content: 'Hello!', refusal: null })).toEqual({
      id: 'msg_01900000000070008000000000000000',
      type: 'message',
      role: 'assistant',
      model: 'gpt-5-mini-2025-08-07',
      content: [{ type: 'text', text: 'Hello!' }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      stop_details: null,
      usage: {
        input_tokens: 30,
        cache_creation_input_tokens: 10,
        cache_read_input_tokens: 60,
        output_tokens: 40,
      },
    })
  })

  it('goes out as one chunk that carries the tokens and says in its text what it says parsed', () => {
    const [chunk, ...more] = tellWhole(completion({ content: null, tool_calls: [call('{"a": 1}')] }), usage).chunks
    expect(more).toEqual([])
    expect(chunk).toMatchObject({ usage, internal: false })
    expect(JSON.parse(String(chunk?.json))).toEqual(chunk?.value)
  })

  it('has zeros where nobody counted, and leaves the counting to the record', () => {
    const sink = tellWhole(completion({ content: 'Hello!' }), null)
    expect(sink.chunks[0]?.value['usage']).toMatchObject({ input_tokens: 0, output_tokens: 0 })
    expect(sink.chunks[0]?.usage).toBeNull()
  })

  it('has the blocks in the order thinking, text, tools', () => {
    const message = messageFor(
      { content: 'I will look.', reasoning_content: 'Hm', tool_calls: [call('{"city":"Paris"}'), call('', 'call_2')] },
      'tool_calls',
    )
    expect(message['stop_reason']).toBe('tool_use')
    expect(message['content']).toEqual([
      { type: 'thinking', thinking: 'Hm', signature: '' },
      { type: 'text', text: 'I will look.' },
      { type: 'tool_use', id: 'call_1', name: 'weather', input: { city: 'Paris' } },
      { type: 'tool_use', id: 'call_2', name: 'weather', input: {} },
    ])
  })

  it('keeps the digits of a tool call that no double can hold', () => {
    const sink = tellWhole(completion({ content: null, tool_calls: [call('{"id": 9007199254740993}')] }), null)
    expect(sink.texts[0]).toContain('"input":{"id": 9007199254740993}')
  })

  it.each(['{"city": "Par', '[1]', '"Paris"'])('shows arguments that are no object as they are: %s (G04)', (args) => {
    const { content } = messageFor({ content: null, tool_calls: [call(args)] }, 'length')
    expect(content).toEqual([{ type: 'tool_use', id: 'call_1', name: 'weather', input: { invalid_json: args } }])
  })

  it('brings signed and sealed thinking, and leaves out what others have sealed (G13, G15)', () => {
    const { content } = messageFor({
      content: 'Here.',
      reasoning_content: 'onetwo',
      reasoning_details: [
        { type: 'reasoning.text', text: 'one', signature: 'c2lnMQ==', format: 'anthropic-claude-v1', index: 0 },
        { type: 'reasoning.text', text: 'tw', format: 'anthropic-claude-v1', index: 1 },
        { type: 'reasoning.text', text: 'o', format: 'anthropic-claude-v1', index: 1 },
        { type: 'reasoning.text', signature: 'c2lnMg==', format: 'anthropic-claude-v1', index: 1 },
        { type: 'reasoning.encrypted', data: 'ZGF0YQ==' },
        { type: 'reasoning.encrypted', data: 'b3RoZXI=', format: 'openai-responses-v1' },
      ],
    })
    expect(content).toEqual([
      { type: 'thinking', thinking: 'one', signature: 'c2lnMQ==' },
      { type: 'thinking', thinking: 'two', signature: 'c2lnMg==' },
      { type: 'redacted_thinking', data: 'ZGF0YQ==' },
      { type: 'text', text: 'Here.' },
    ])
  })

  it('shows no thinking to a client that has turned it off', () => {
    const body = { thinking: { type: 'disabled' } }
    const sink = tellWhole(completion({ content: 'Yes', reasoning_content: 'Hm' }), null, body)
    expect(sink.chunks[0]?.value['content']).toEqual([{ type: 'text', text: 'Yes' }])
  })

  it.each([
    ['stop', 'end_turn'],
    ['length', 'max_tokens'],
    ['tool_calls', 'tool_use'],
    ['content_filter', 'refusal'],
    ['eos', 'end_turn'],
  ])('ends for the reason %s as %s (G18)', (finishReason, stopReason) => {
    expect(messageFor({ content: 'x' }, finishReason)['stop_reason']).toBe(stopReason)
  })

  it('ends with tool_use when a tool is called, whatever the provider says', () => {
    expect(messageFor({ content: null, tool_calls: [call('{}')] }, 'stop')['stop_reason']).toBe('tool_use')
  })

  it('tells a refusal as text', () => {
    const message = messageFor({ content: null, refusal: 'I cannot do that.' })
    expect(message).toMatchObject({
      content: [{ type: 'text', text: 'I cannot do that.' }],
      stop_reason: 'refusal',
    })
  })

  it('counts thinking apart where the provider does (G17)', () => {
    const counted = { ...usage, reasoningOutputTokens: 25 }
    const sink = tellWhole(completion({ content: 'x' }), counted)
    expect(sink.chunks[0]?.value['usage']).toMatchObject({
      output_tokens: 40,
      output_tokens_details: { thinking_tokens: 25 },
    })
  })
})
