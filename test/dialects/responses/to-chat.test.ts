import { describe, expect, it } from 'vitest'
import { Fault } from '../../../src/core/fault.ts'
import type { JsonObject, JsonValue } from '../../../src/core/json.ts'
import { assembleObject } from '../../../src/core/json-members.ts'
import { responsesDialect } from '../../../src/dialects/responses/responses.ts'
import { completionOf, whole } from './over-chat.ts'

function toChat(request: JsonObject | string): { request: JsonObject; warnings: readonly string[]; raw: string } {
  const text = typeof request === 'string' ? request : JSON.stringify(request)
  const { members, warnings } = responsesDialect.toChat(JSON.parse(text) as JsonObject, text)
  const raw = assembleObject(members)
  return { request: JSON.parse(raw) as JsonObject, warnings, raw }
}

const messagesOf = (input: JsonValue, more: JsonObject = {}): JsonValue | undefined =>
  toChat({ input, ...more }).request['messages']

function faultOf(request: JsonObject): Fault {
  try {
    toChat(request)
  } catch (error) {
    if (error instanceof Fault) return error
    throw error
  }
  throw new Error('nothing was refused')
}

describe('what is said', () => {
  it('is a text, after the instructions', () => {
    expect(messagesOf('Hello', { instructions: 'Be brief.' })).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hello' },
    ])
  })

  it('is messages, with their type or without', () => {
    const input = [
      { role: 'developer', content: 'Be brief.' },
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hello' }] },
      {
        type: 'message',
        role: 'assistant',
        id: 'msg_1',
        status: 'completed',
        content: [{ type: 'output_text', text: 'Hi', annotations: [] }],
      },
      { role: 'user', content: 'Bye' },
    ]
    expect(messagesOf(input)).toEqual([
      { role: 'developer', content: 'Be brief.' },
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: 'Hi' },
      { role: 'user', content: 'Bye' },
    ])
  })

  it('has images, files and sound', () => {
    const content = [
      { type: 'input_text', text: 'See' },
      { type: 'input_image', image_url: 'data:image/png;base64,AA', detail: 'low' },
      { type: 'input_image', image_url: 'https://example.com/a.png', detail: 'auto' },
      { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,AA' },
      { type: 'input_audio', input_audio: { data: 'AA', format: 'wav' } },
    ]
    expect(messagesOf([{ role: 'user', content }])).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'See' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AA', detail: 'low' } },
          { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
          { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,AA' } },
          { type: 'input_audio', input_audio: { data: 'AA', format: 'wav' } },
        ],
      },
    ])
  })

  it('may have been refused', () => {
    const content = [{ type: 'refusal', refusal: 'I will not.' }]
    expect(messagesOf([{ role: 'assistant', content }])).toEqual([
      { role: 'assistant', content: null, refusal: 'I will not.' },
    ])
  })
})

describe('calls', () => {
  const call = (id: string): JsonObject => ({
    type: 'function_call',
    id: `fc_${id}`,
    call_id: id,
    name: 'look',
    arguments: '{"a":1}',
  })
  const output = (id: string, said: JsonValue = 'found'): JsonObject => ({
    type: 'function_call_output',
    call_id: id,
    output: said,
  })
  const toolCall = (id: string): JsonObject => ({
    id,
    type: 'function',
    function: { name: 'look', arguments: '{"a":1}' },
  })
  const tool = (id: string): JsonObject => ({ role: 'tool', tool_call_id: id, content: 'found' })

  it('of one turn are one message, with the text that came with them', () => {
    const said = { role: 'assistant', content: 'Let me look.' }
    expect(messagesOf([said, call('a'), call('b'), output('a'), output('b'), call('c'), output('c')])).toEqual([
      { role: 'assistant', content: 'Let me look.', tool_calls: [toolCall('a'), toolCall('b')] },
      tool('a'),
      tool('b'),
      { role: 'assistant', content: null, tool_calls: [toolCall('c')] },
      tool('c'),
    ])
  })

  it('have their outputs behind them, wherever these stood', () => {
    const asked = { role: 'user', content: 'Well?' }
    expect(messagesOf([call('a'), call('b'), output('b'), asked, output('a')])).toEqual([
      { role: 'assistant', content: null, tool_calls: [toolCall('a'), toolCall('b')] },
      tool('b'),
      tool('a'),
      asked,
    ])
  })

  it('may have text between them', () => {
    const said = { role: 'assistant', content: 'And there.' }
    expect(messagesOf([call('a'), said, call('b'), output('a'), output('b')])).toEqual([
      { role: 'assistant', content: 'And there.', tool_calls: [toolCall('a'), toolCall('b')] },
      tool('a'),
      tool('b'),
    ])
  })

  it('may answer with parts', () => {
    const parts = [
      { type: 'input_text', text: 'a picture' },
      { type: 'input_image', image_url: 'data:image/png;base64,AA' },
    ]
    expect(messagesOf([call('a'), output('a', parts)])).toMatchObject([
      {},
      {
        role: 'tool',
        content: [{ type: 'text' }, { type: 'image_url', image_url: { url: 'data:image/png;base64,AA' } }],
      },
    ])
  })

  it('of custom tools are calls of the function that stands for them', () => {
    const input = [
      { type: 'custom_tool_call', call_id: 'a', name: 'patch', input: 'say "hi"' },
      { type: 'custom_tool_call_output', call_id: 'a', output: 'done' },
    ]
    expect(messagesOf(input)).toEqual([
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'a', type: 'function', function: { name: 'patch', arguments: '{"input":"say \\"hi\\""}' } }],
      },
      { role: 'tool', tool_call_id: 'a', content: 'done' },
    ])
  })
})

describe('thinking', () => {
  const include = ['reasoning.encrypted_content']
  const details = [{ type: 'reasoning.text', text: 'Hm.', signature: 'sealed', format: 'anthropic-claude-v1' }]

  it('comes back to the provider as it was, when the client keeps it', () => {
    const message = { content: 'Yes', reasoning_content: 'Hm.', reasoning_details: details }
    const { response } = whole(completionOf(message), { include })
    const input = [...(response['output'] as JsonObject[]), { role: 'user', content: 'Sure?' }]
    expect(toChat({ input })).toMatchObject({
      request: {
        messages: [{ role: 'assistant', content: 'Yes', reasoning_details: details }, { role: 'user' }],
      },
      warnings: [],
    })
  })

  it('of a provider that seals nothing comes back as its text', () => {
    const { response } = whole(completionOf({ content: 'Yes', reasoning_content: 'Hm.' }), { include })
    expect(messagesOf(response['output'] ?? null)).toEqual([
      { role: 'assistant', content: 'Yes', reasoning_content: 'Hm.' },
    ])
  })

  it('that another provider sealed is dropped, and said so', () => {
    const reasoning = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAAA' }
    const { request, warnings } = toChat({ input: [reasoning, { role: 'assistant', content: 'Yes' }] })
    expect(request['messages']).toEqual([{ role: 'assistant', content: 'Yes' }])
    expect(warnings).toEqual([expect.stringContaining('reasoning item')])
  })

  it('alone is no message', () => {
    const { response } = whole(completionOf({ content: 'Yes', reasoning_content: 'Hm.' }), { include })
    const [reasoning] = response['output'] as JsonObject[]
    expect(messagesOf([reasoning ?? null, { role: 'user', content: 'Hello' }])).toEqual([
      { role: 'user', content: 'Hello' },
    ])
  })
})

describe('tools', () => {
  const parameters = { type: 'object', properties: { a: { type: 'number' } } }
  const look = { type: 'function', name: 'look', description: 'Looks', parameters, strict: true }
  const find = { type: 'function', name: 'find', description: null, parameters: null, strict: null }

  it('are nested', () => {
    expect(toChat({ input: 'x', tools: [look, find] }).request['tools']).toEqual([
      { type: 'function', function: { name: 'look', description: 'Looks', parameters, strict: true } },
      { type: 'function', function: { name: 'find' } },
    ])
  })

  it('of the client that take a text are functions with one text', () => {
    const format = { type: 'grammar', syntax: 'lark', definition: 'start: "a"' }
    const { request } = toChat({
      input: 'x',
      tools: [{ type: 'custom', name: 'patch', description: 'Patches', format }],
    })
    expect(request['tools']).toMatchObject([
      {
        type: 'function',
        function: {
          name: 'patch',
          description: expect.stringContaining('start: "a"'),
          parameters: { required: ['input'] },
        },
      },
    ])
  })

  it.each([
    ['auto', 'auto'],
    ['required', 'required'],
    ['none', 'none'],
    [
      { type: 'function', name: 'look' },
      { type: 'function', function: { name: 'look' } },
    ],
  ])('are chosen: %j', (choice, expected) => {
    expect(toChat({ input: 'x', tools: [look], tool_choice: choice }).request['tool_choice']).toEqual(expected)
  })

  it('that are not allowed are not there', () => {
    const choice = { type: 'allowed_tools', mode: 'required', tools: [{ type: 'function', name: 'find' }] }
    expect(toChat({ input: 'x', tools: [look, find], tool_choice: choice }).request).toMatchObject({
      tools: [{ function: { name: 'find' } }],
      tool_choice: 'required',
    })
    const unknown = { ...choice, tools: [{ type: 'function', name: 'other' }] }
    expect(faultOf({ input: 'x', tools: [look], tool_choice: unknown })).toMatchObject({ param: 'tool_choice.tools' })
  })

  it('that are not there leave no choice behind, which chat would refuse', () => {
    const { request } = toChat({ input: 'x', tools: [], tool_choice: 'auto', parallel_tool_calls: true })
    expect(Object.keys(request)).toEqual(['messages'])
  })

  it.each(['web_search', 'file_search', 'code_interpreter', 'computer_use_preview', 'mcp', 'image_generation'])(
    'that a provider hosts are refused by name (I09): %s',
    (type) => {
      const fault = faultOf({ input: 'x', tools: [look, { type }] })
      expect(fault).toMatchObject({ kind: 'invalid_request', status: 400, param: 'tools[1].type' })
      expect(fault.message).toContain(type)
    },
  )
})

describe('parameters', () => {
  it('have their names in chat', () => {
    const { request, warnings } = toChat({
      model: 'mock/echo',
      input: 'x',
      max_output_tokens: 50,
      reasoning: { effort: 'low', summary: 'auto' },
      text: { format: { type: 'json_schema', name: 'a', schema: { type: 'object' }, strict: true }, verbosity: 'low' },
      top_logprobs: 2,
      include: ['message.output_text.logprobs', 'reasoning.encrypted_content'],
      stream: true,
      store: false,
      truncation: 'disabled',
      background: false,
      previous_response_id: null,
    })
    expect(request).toEqual({
      model: 'mock/echo',
      messages: [{ role: 'user', content: 'x' }],
      max_tokens: 50,
      reasoning_effort: 'low',
      response_format: { type: 'json_schema', json_schema: { name: 'a', schema: { type: 'object' }, strict: true } },
      verbosity: 'low',
      logprobs: true,
      top_logprobs: 2,
      stream: true,
    })
    expect(warnings).toEqual([])
  })

  it('that both call the same stay as they were written (D03)', () => {
    const kept =
      '"temperature":1.0,"top_p":0.50,"parallel_tool_calls":false,"metadata":{"a":"b"},"user":"u","safety_identifier":"s","prompt_cache_key":"k","service_tier":"flex","seed":9007199254740993,"x_custom":{"__proto__":1.0}'
    const { raw } = toChat(`{"input":"x",${kept}}`)
    expect(raw).toContain(kept)
  })

  it.each([
    ['previous_response_id', { previous_response_id: 'resp_1' }],
    ['conversation', { conversation: 'conv_1' }],
    ['background', { background: true }],
    ['input[0]', { input: [{ type: 'item_reference', id: 'msg_1' }] }],
    ['input[0]', { input: [{ id: 'msg_1' }] }],
    ['input[0].type', { input: [{ type: 'web_search_call', id: 'ws_1' }] }],
    [
      'input[0].content[0].image_url',
      { input: [{ role: 'user', content: [{ type: 'input_image', file_id: 'file-1' }] }] },
    ],
    [
      'input[0].content[0].file_data',
      { input: [{ role: 'user', content: [{ type: 'input_file', file_id: 'file-1' }] }] },
    ],
    ['input[0].content[0].type', { input: [{ role: 'user', content: [{ type: 'video' }] }] }],
    ['input[0].role', { input: [{ role: 'critic', content: 'x' }] }],
    ['input', { input: 7 }],
    ['instructions', { instructions: ['x'] }],
    ['tool_choice.type', { tool_choice: { type: 'file_search' } }],
    ['text.format', { text: { format: { type: 'grammar' } } }],
  ])('that mean nothing over chat are refused (I09): %s', (param, more) => {
    const fault = faultOf({ input: 'x', ...(more as JsonObject) })
    expect(fault).toMatchObject({ kind: 'invalid_request', param })
    expect(fault.message).toContain(`\`${param.split(/[.[]/)[0] ?? ''}`)
  })

  it.each([
    ['store', { store: true }],
    ['truncation', { truncation: 'auto' }],
    ['max_tool_calls', { max_tool_calls: 3 }],
    ['include: file_search_call.results', { include: ['file_search_call.results'] }],
  ])('that are not honoured are named in a warning: %s', (name, more) => {
    const { request, warnings } = toChat({ input: 'x', ...(more as JsonObject) })
    expect(request).toEqual({ messages: [{ role: 'user', content: 'x' }] })
    expect(warnings).toEqual([expect.stringContaining(`\`${name}\``)])
  })

  it('cannot break the header that names them', () => {
    const { warnings } = toChat({ input: 'x', include: ['a\r\nset-cookie: b, `c`; \u2028'] })
    expect(warnings.join()).toMatch(/^[\x20-\x7e]+$/)
    expect(warnings.join()).not.toContain(';')
  })
})
