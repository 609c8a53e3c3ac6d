import { describe, expect, it } from 'vitest'
import { Fault } from '../../../src/core/fault.ts'
import { messagesDialect } from '../../../src/dialects/messages/messages.ts'
import { textToChat, toChat } from './support.ts'

const user = (content: unknown) => ({ role: 'user', content })
const assistant = (content: unknown) => ({ role: 'assistant', content })
const messagesFor = (...turns: object[]) => toChat({ messages: turns }).chat.messages

function faultOf(body: object): Fault {
  try {
    toChat(body)
  } catch (error) {
    if (error instanceof Fault) return error
    throw error
  }
  throw new Error('The request was accepted.')
}

describe('the conversation of a Messages request', () => {
  it('begins with the system text, as a string or as blocks', () => {
    expect(toChat({ system: 'Be brief.', messages: [user('Hello')] }).chat.messages).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hello' },
    ])
    const blocks = [
      { type: 'text', text: 'Be brief.' },
      { type: 'text', text: 'A long manual', cache_control: { type: 'ephemeral', ttl: '1h' } },
    ]
    expect(toChat({ system: blocks, messages: [user('Hello')] }).chat.messages[0]).toEqual({
      role: 'system',
      content: blocks,
    })
  })

  it('keeps text, images and the marks of the cache (G06)', () => {
    const content = [
      { type: 'text', text: 'What is this?' },
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } },
      {
        type: 'image',
        source: { type: 'url', url: 'https://example.com/a.png' },
        cache_control: { type: 'ephemeral' },
      },
    ]
    expect(messagesFor(user(content))).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is this?' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } },
          {
            type: 'image_url',
            image_url: { url: 'https://example.com/a.png' },
            cache_control: { type: 'ephemeral' },
          },
        ],
      },
    ])
  })

  it('sends a document as a file, and as text when it is text (G06)', () => {
    const pdf = {
      type: 'document',
      source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' },
      title: 'Contract',
      context: 'Signed in May',
    }
    const linked = { type: 'document', source: { type: 'url', url: 'https://example.com/a.pdf' } }
    const plain = {
      type: 'document',
      source: { type: 'text', media_type: 'text/plain', data: 'One line' },
      title: 'Note',
    }
    const made = {
      type: 'document',
      source: { type: 'content', content: [{ type: 'text', text: 'A chunk' }] },
    }
    const found = {
      type: 'search_result',
      title: 'Hit',
      source: 'https://e.org',
      content: [{ type: 'text', text: 'Yes' }],
    }
    expect(messagesFor(user([pdf, linked, plain, made, found]))[0]).toEqual({
      role: 'user',
      content: [
        { type: 'text', text: 'Signed in May' },
        { type: 'file', file: { filename: 'Contract.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' } },
        { type: 'file', file: { filename: 'document.pdf', file_data: 'https://example.com/a.pdf' } },
        { type: 'text', text: 'Note\n\nOne line' },
        { type: 'text', text: 'A chunk' },
        { type: 'text', text: 'Hit\nhttps://e.org\n\nYes' },
      ],
    })
  })

  it('turns tool calls and their results into tool messages, results first, then what the user says (G03)', () => {
    const messages = messagesFor(
      user('Weather in Paris and Rome?'),
      assistant([
        { type: 'text', text: 'I will look.' },
        { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Paris' } },
        { type: 'tool_use', id: 'toolu_2', name: 'weather', input: {} },
      ]),
      user([
        { type: 'text', text: 'Quickly, please.' },
        { type: 'tool_result', tool_use_id: 'toolu_2', content: [{ type: 'text', text: '30 °C' }] },
        { type: 'tool_result', tool_use_id: 'toolu_1', content: '20 °C' },
      ]),
    )
    expect(messages).toEqual([
      { role: 'user', content: 'Weather in Paris and Rome?' },
      {
        role: 'assistant',
        content: 'I will look.',
        tool_calls: [
          { id: 'toolu_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Paris"}' } },
          { id: 'toolu_2', type: 'function', function: { name: 'weather', arguments: '{}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'toolu_2', content: '30 °C' },
      { role: 'tool', tool_call_id: 'toolu_1', content: '20 °C' },
      { role: 'user', content: 'Quickly, please.' },
    ])
  })

  it('moves an image out of a result, because a tool message holds text only', () => {
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } }
    const [, result, after] = messagesFor(
      assistant([{ type: 'tool_use', id: 't1', name: 'screenshot', input: {} }]),
      user([{ type: 'tool_result', tool_use_id: 't1', content: [{ type: 'text', text: 'Done' }, image] }]),
    )
    expect(result).toMatchObject({ role: 'tool', tool_call_id: 't1', content: [{ text: 'Done' }, { type: 'text' }] })
    expect(after).toMatchObject({
      role: 'user',
      content: [{ type: 'text' }, { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }],
    })
  })

  it.each([
    ['ENOENT', 'Error: ENOENT'],
    ['Error: ENOENT', 'Error: ENOENT'],
    [undefined, 'Error: the tool failed.'],
  ])('says in words that a tool failed: %s', (content, told) => {
    const result = { type: 'tool_result', tool_use_id: 't1', content, is_error: true }
    expect(messagesFor(user([result]))).toEqual([{ role: 'tool', tool_call_id: 't1', content: told }])
  })

  it('keeps signed and sealed thinking for the provider that made it (G14, G15)', () => {
    const [message] = messagesFor(
      assistant([
        { type: 'thinking', thinking: 'Let me see', signature: 'c2ln' },
        { type: 'redacted_thinking', data: 'ZGF0YQ==' },
        { type: 'text', text: 'Here.' },
      ]),
    )
    expect(message).toEqual({
      role: 'assistant',
      content: 'Here.',
      reasoning_details: [
        { type: 'reasoning.text', text: 'Let me see', signature: 'c2ln', format: 'anthropic-claude-v1' },
        { type: 'reasoning.encrypted', data: 'ZGF0YQ==' },
      ],
    })
  })

  it('gives thinking without a signature back as readable thinking (D14)', () => {
    const [message] = messagesFor(assistant([{ type: 'thinking', thinking: 'Hm', signature: '' }]))
    expect(message).toEqual({ role: 'assistant', content: '', reasoning_content: 'Hm' })
  })

  it('keeps the digits of a tool call that no double can hold, and the spelling of a schema (D03)', () => {
    const text = `{"messages": [{"role": "assistant", "content": [
      {"type": "text", "text": "a \\"[\\" }"},
      {"type": "tool_use", "id": "t1", "name": "find", "input": {"id": 9007199254740993, "x": 1.0}}]}],
      "tools": [{"name": "find", "input_schema": {"type": "object", "properties": {"id": {"maximum": 9223372036854775807}}}}]}`
    const { chat } = textToChat(text)
    expect(chat.messages[0]?.['tool_calls']).toEqual([
      { id: 't1', type: 'function', function: { name: 'find', arguments: '{"id": 9007199254740993, "x": 1.0}' } },
    ])
    const { members } = messagesDialect.toChat(JSON.parse(text), text)
    expect(members.get('tools')).toContain(
      '"parameters":{"type": "object", "properties": {"id": {"maximum": 9223372036854775807}}}',
    )
  })

  it('needs no messages and no limit, because a prompt may have them', () => {
    expect(toChat({ model: 'prompt:support' }).chat).toEqual({ model: 'prompt:support' })
    expect(toChat({ model: 'prompt:support', messages: [] }).chat.messages).toEqual([])
  })

  it.each([
    [{ messages: 'Hello' }, 'messages'],
    [{ messages: ['Hello'] }, 'messages[0]'],
    [{ messages: [{ role: 'tool', content: '' }] }, 'messages[0].role'],
    [{ messages: [{ role: 'user' }] }, 'messages[0].content'],
    [{ messages: [user([{ type: 'text' }])] }, 'messages[0].content[0].text'],
    [
      { messages: [user([{ type: 'image', source: { type: 'file', file_id: 'f' } }])] },
      'messages[0].content[0].source.type',
    ],
    [{ messages: [assistant([{ type: 'server_tool_use', id: 's', name: 'web_search' }])] }, 'messages[0].content[0]'],
    [{ messages: [assistant([{ type: 'tool_use', id: 's', name: 'f', input: 'x' }])] }, 'messages[0].content[0].input'],
    [{ system: [{ type: 'image' }], messages: [] }, 'system[0]'],
    [{ system: 7, messages: [] }, 'system'],
  ])('names the place of what it cannot read: %j', (body, param) => {
    expect(faultOf(body)).toMatchObject({ kind: 'invalid_request', status: 400, param })
  })
})

describe('the tools of a Messages request', () => {
  const tool = { name: 'weather', description: 'Says it', input_schema: { type: 'object', properties: {} } }

  it('become functions', () => {
    const tools = [
      { ...tool, strict: true, cache_control: { type: 'ephemeral' } },
      { ...tool, type: 'custom', name: 'bash' },
    ]
    expect(toChat({ messages: [], tools }).chat['tools']).toEqual([
      {
        type: 'function',
        function: { name: 'weather', description: 'Says it', parameters: tool.input_schema, strict: true },
        cache_control: { type: 'ephemeral' },
      },
      { type: 'function', function: { name: 'bash', description: 'Says it', parameters: tool.input_schema } },
    ])
  })

  it.each([
    'web_search_20250305',
    'web_fetch_20250910',
    'code_execution_20250825',
    'computer_20250124',
    'bash_20250124',
    'text_editor_20250728',
    'mcp_toolset',
  ])('are refused by name when Anthropic defines them: %s', (type) => {
    const fault = faultOf({ messages: [], tools: [tool, { type, name: 'x' }] })
    expect(fault.param).toBe('tools[1].type')
    expect(fault.message).toContain(type)
  })

  it.each([
    [{ type: 'auto' }, { tool_choice: 'auto' }],
    [{ type: 'any' }, { tool_choice: 'required' }],
    [{ type: 'none' }, { tool_choice: 'none' }],
    [{ type: 'tool', name: 'weather' }, { tool_choice: { type: 'function', function: { name: 'weather' } } }],
    [
      { type: 'auto', disable_parallel_tool_use: true },
      { tool_choice: 'auto', parallel_tool_calls: false },
    ],
  ])('are chosen as %j (G05)', (choice, expected) => {
    expect(toChat({ messages: [], tool_choice: choice }).chat).toEqual({ messages: [], ...expected })
  })

  it('refuses a choice that does not exist', () => {
    expect(faultOf({ messages: [], tool_choice: { type: 'some' } }).param).toBe('tool_choice.type')
    expect(faultOf({ messages: [], tool_choice: { type: 'tool' } }).param).toBe('tool_choice.name')
  })
})

describe('the parameters of a Messages request', () => {
  it('keep their meaning', () => {
    const { chat, warnings } = toChat({
      model: 'openai/gpt-5-mini',
      max_tokens: 500,
      temperature: 0.5,
      top_p: 0.9,
      stop_sequences: ['END'],
      stream: true,
      metadata: { user_id: 'u-1', app_name: 'cli' },
      service_tier: 'standard_only',
      messages: [],
    })
    expect(chat).toEqual({
      model: 'openai/gpt-5-mini',
      max_completion_tokens: 500,
      temperature: 0.5,
      top_p: 0.9,
      stop: ['END'],
      stream: true,
      user: 'u-1',
      service_tier: 'default',
      messages: [],
    })
    expect(warnings).toEqual([])
  })

  it('shortens a user id that OpenAI would refuse, the same one always to the same', () => {
    const body = (id: string) => toChat({ messages: [], metadata: { user_id: id } }).chat['user']
    const long = `user_${'a'.repeat(64)}_account__session_1`
    expect(body(long)).toMatch(/^[0-9a-f]{64}$/)
    expect(body(long)).toBe(body(long))
    expect(body(long)).not.toBe(body(`${long}2`))
  })

  it.each([
    [{ thinking: { type: 'enabled', budget_tokens: 1024 } }, 'low'],
    [{ thinking: { type: 'enabled', budget_tokens: 8192 } }, 'medium'],
    [{ thinking: { type: 'enabled', budget_tokens: 24_576 } }, 'high'],
    [{ thinking: { type: 'adaptive' } }, 'high'],
    [{ thinking: { type: 'adaptive' }, output_config: { effort: 'xhigh' } }, 'xhigh'],
    [{ output_config: { effort: 'low' } }, 'low'],
    [{ thinking: { type: 'disabled' } }, undefined],
    [{}, undefined],
  ])('say how much to think: %j', (given, effort) => {
    expect(toChat({ messages: [], ...given }).chat['reasoning_effort']).toBe(effort)
  })

  it('name a wrong `thinking`', () => {
    expect(faultOf({ messages: [], thinking: { type: 'much' } }).param).toBe('thinking.type')
    expect(faultOf({ messages: [], thinking: { type: 'enabled' } }).param).toBe('thinking.budget_tokens')
  })

  it('ask for JSON by a schema, strictly where OpenAI would take it so', () => {
    const closed = {
      type: 'object',
      properties: { a: { type: 'string' } },
      required: ['a'],
      additionalProperties: false,
    }
    const optional = { ...closed, required: [] }
    const formatFor = (schema: object) =>
      toChat({ messages: [], output_config: { format: { type: 'json_schema', schema } } }).chat['response_format']
    expect(formatFor(closed)).toEqual({
      type: 'json_schema',
      json_schema: { name: 'answer', schema: closed, strict: true },
    })
    expect(formatFor(optional)).toMatchObject({ json_schema: { schema: optional, strict: false } })
    expect(formatFor({ ...closed, properties: { a: { type: 'object' } } })).toMatchObject({
      json_schema: { strict: false },
    })
  })

  it('are named in a warning when chat has none of the kind', () => {
    const { chat, warnings } = toChat({ messages: [], top_k: 5, context_management: { edits: [] }, made_up: 1 })
    expect(chat).toEqual({ messages: [] })
    expect(warnings.join('\n')).toMatch(/`top_k`[^]*`context_management`[^]*`made_up`/)
  })

  it.each(['container', 'mcp_servers', 'inference_geo'])('refuse `%s`, which would not be kept', (name) => {
    expect(faultOf({ messages: [], [name]: 'x' })).toMatchObject({ status: 400, param: name })
  })

  it('count null as absent', () => {
    expect(
      toChat({ messages: [], system: null, container: null, thinking: null, tools: null, stop_sequences: null }).chat,
    ).toEqual({
      messages: [],
    })
  })
})
