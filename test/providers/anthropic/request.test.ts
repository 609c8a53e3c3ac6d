import { describe, expect, it } from 'vitest'
import { Fault } from '../../../src/core/fault.ts'
import type { JsonObject } from '../../../src/core/json.ts'
import { haiku, map, newest, opus } from './support.ts'

const user = (content: unknown) => ({ role: 'user', content }) as JsonObject
const toolCall = (id: string, name = 'look_up', args = '{"q":1}') => ({
  id,
  type: 'function',
  function: { name, arguments: args },
})
const asks = (...ids: string[]) => ({ role: 'assistant', content: null, tool_calls: ids.map((id) => toolCall(id)) })
const result = (id: string, content: unknown = 'found') => ({ role: 'tool', tool_call_id: id, content }) as JsonObject
const lookUp = {
  type: 'function',
  function: { name: 'look_up', description: 'Looks up', parameters: { type: 'object', properties: {} } },
}

function refusal(body: object, options: Parameters<typeof map>[1] = {}): Fault {
  try {
    map(body as JsonObject, options)
  } catch (error) {
    expect(error).toBeInstanceOf(Fault)
    return error as Fault
  }
  throw new Error('The request was mapped.')
}

describe('messages', () => {
  it('G01 puts system and developer messages at the top, in order', () => {
    const { sent, warnings } = map({
      messages: [
        { role: 'system', content: 'One' },
        { role: 'developer', content: [{ type: 'text', text: 'Two', cache_control: { type: 'ephemeral' } }] },
        user('Hi'),
      ],
    })
    expect(sent.system).toEqual([
      { type: 'text', text: 'One' },
      { type: 'text', text: 'Two', cache_control: { type: 'ephemeral' } },
    ])
    expect(sent.messages).toEqual([{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }])
    expect(warnings).toEqual([])
  })

  it('G01 says when a system message was moved from the middle', () => {
    const { sent, warnings } = map({ messages: [user('Hi'), { role: 'system', content: 'Be brief' }, user('Go')] })
    expect(sent.system).toEqual([{ type: 'text', text: 'Be brief' }])
    expect(sent.messages).toHaveLength(1)
    expect(warnings.join()).toContain('moved')
  })

  it('sends a lone system message as the user’s, and a user turn before an assistant that begins, and says so', () => {
    const lone = map({ messages: [{ role: 'system', content: 'Say hello' }] })
    expect(lone.sent.messages).toEqual([{ role: 'user', content: [{ type: 'text', text: 'Say hello' }] }])
    expect(lone.sent.system).toBeUndefined()
    expect(lone.warnings).toHaveLength(1)
    const greeted = map({ messages: [{ role: 'assistant', content: 'Welcome!' }, user('Hi')] })
    expect(greeted.sent.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user'])
    expect(greeted.warnings).toHaveLength(1)
  })

  it('G03 puts all results first into one user turn and keeps the text beside them', () => {
    const { sent } = map({
      tools: [lookUp],
      messages: [user('Hi'), asks('a', 'b'), result('a'), result('b', ''), user('And?')],
    })
    expect(sent.messages).toHaveLength(3)
    expect(sent.messages[2]).toEqual({
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: 'a', content: 'found' },
        { type: 'tool_result', tool_use_id: 'b' },
        { type: 'text', text: 'And?' },
      ],
    })
  })

  it('G03 sorts a result that came after the user’s text before it', () => {
    const { sent } = map({ tools: [lookUp], messages: [user('Hi'), asks('a'), user('Well?'), result('a')] })
    expect(sent.messages[2]?.content.map(({ type }) => type)).toEqual(['tool_result', 'text'])
  })

  it('G04 reads empty arguments as an empty object and refuses what is no object', () => {
    const empty = { role: 'assistant', tool_calls: [toolCall('a', 'look_up', '')] }
    expect(map({ messages: [user('Hi'), empty, result('a')] }).sent.messages[1]?.content).toEqual([
      { type: 'tool_use', id: 'a', name: 'look_up', input: {} },
    ])
    for (const bad of ['{"q":', '[1]', '7']) {
      const calls = { role: 'assistant', tool_calls: [toolCall('a', 'look_up', bad)] }
      const fault = refusal({ messages: [user('Hi'), calls, result('a')] })
      expect([fault.status, fault.param]).toEqual([400, 'messages[1].tool_calls[0].function.arguments'])
    }
  })

  it.each([
    [
      'a call without its result',
      [user('Hi'), asks('a', 'b'), result('a'), { role: 'assistant', content: 'x' }],
      'messages[1].tool_calls[1]',
    ],
    ['a call at the end', [user('Hi'), asks('a')], 'messages[1].tool_calls[0]'],
    ['a result without a call', [user('Hi'), result('a')], 'messages[1].tool_call_id'],
    ['a second result', [user('Hi'), asks('a'), result('a'), result('a')], 'messages[3].tool_call_id'],
    ['an unknown role', [{ role: 'robot', content: 'x' }], 'messages[0].role'],
    ['nothing to read', [user('  ')], 'messages'],
    ['no messages', [], 'messages'],
    ['audio', [user([{ type: 'input_audio', input_audio: { data: '', format: 'wav' } }])], 'messages[0].content[0]'],
    ['an unknown part', [user([{ type: 'video_url' }])], 'messages[0].content[0].type'],
    [
      'an image of a type nobody reads',
      [user([{ type: 'image_url', image_url: { url: 'data:image/tiff;base64,AA' } }])],
      'messages[0].content[0].image_url.url',
    ],
    [
      'a file of another provider',
      [user([{ type: 'file', file: { file_id: 'file-abc' } }])],
      'messages[0].content[0].file.file_id',
    ],
  ])('C02 refuses %s, naming it', (_what, messages, param) => {
    const fault = refusal({ messages })
    expect([fault.kind, fault.status, fault.param]).toEqual(['invalid_request', 400, param])
  })

  it('G06 sends images and files in Anthropic’s blocks', () => {
    const { sent, headers } = map({
      messages: [
        user([
          { type: 'image_url', image_url: { url: 'data:image/jpg;base64,AAAA', detail: 'high' } },
          { type: 'image_url', image_url: { url: 'https://example.com/a.png' }, cache_control: { type: 'ephemeral' } },
          { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,BBBB' } },
          { type: 'file', file: { filename: 'a.txt', file_data: `data:text/plain;base64,${btoa('hello')}` } },
          { type: 'file', file: { file_id: 'file_011' } },
        ]),
      ],
    })
    expect(sent.messages[0]?.content).toEqual([
      { type: 'image', source: { type: 'base64', media_type: 'image/jpeg', data: 'AAAA' } },
      {
        type: 'image',
        source: { type: 'url', url: 'https://example.com/a.png' },
        cache_control: { type: 'ephemeral' },
      },
      { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'BBBB' }, title: 'a.pdf' },
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'hello' }, title: 'a.txt' },
      { type: 'document', source: { type: 'file', file_id: 'file_011' } },
    ])
    expect(headers['anthropic-beta']).toContain('files-api')
  })

  it('G07 sends no empty text block', () => {
    const { sent } = map({
      messages: [
        user('Hi'),
        { role: 'assistant', content: '' },
        user([
          { type: 'text', text: ' \n' },
          { type: 'text', text: 'Go' },
        ]),
        { role: 'assistant', content: ' Well \n' },
      ],
    })
    expect(sent.messages).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Hi' },
          { type: 'text', text: 'Go' },
        ],
      },
      { role: 'assistant', content: [{ type: 'text', text: ' Well' }] },
    ])
  })

  it('makes ids of other providers valid in both places, and different ids different', () => {
    const { sent } = map({
      messages: [
        user('Hi'),
        asks('call:1/ä', 'call:1/b'),
        result('call:1/b', 'b'),
        result('call:1/ä', 'a'),
        asks('call:1/b'),
        result('call:1/b'),
      ],
    })
    const blocks = sent.messages.flatMap(({ content }) => content)
    const made = blocks.filter(({ type }) => type === 'tool_use').map(({ id }) => String(id))
    const answered = blocks.filter(({ type }) => type === 'tool_result').map(({ tool_use_id: id }) => String(id))
    expect(new Set(made).size).toBe(3)
    for (const id of made) expect(id).toMatch(/^[a-zA-Z0-9_-]+$/)
    expect(answered).toEqual([made[1], made[0], made[2]])
  })

  it('marks the last block of a message that asks for caching', () => {
    const { sent } = map({
      messages: [
        {
          ...user([
            { type: 'text', text: 'a' },
            { type: 'text', text: 'b' },
          ]),
          cache_control: { type: 'ephemeral', ttl: '1h' },
        },
      ],
    })
    expect(sent.messages[0]?.content.map((block) => block['cache_control'])).toEqual([
      undefined,
      { type: 'ephemeral', ttl: '1h' },
    ])
  })
})

describe('tools', () => {
  it('gives every tool an object for its input', () => {
    const { sent } = map({
      tools: [
        { type: 'function', function: { name: 'none' } },
        {
          type: 'function',
          function: { name: 'open', parameters: { properties: { a: {} } } },
          cache_control: { type: 'ephemeral' },
        },
        {
          type: 'function',
          function: {
            name: 'either',
            parameters: {
              anyOf: [{ properties: { a: { type: 'string' } } }, { properties: { b: { type: 'string' } } }],
            },
          },
        },
        { type: 'web_search_20250305', name: 'web_search' },
      ],
    })
    expect(sent.tools).toEqual([
      { name: 'none', input_schema: { type: 'object', properties: {} } },
      { name: 'open', input_schema: { type: 'object', properties: { a: {} } }, cache_control: { type: 'ephemeral' } },
      {
        name: 'either',
        description: expect.stringContaining('anyOf'),
        input_schema: { type: 'object', properties: { a: { type: 'string' }, b: { type: 'string' } } },
      },
      { type: 'web_search_20250305', name: 'web_search' },
    ])
  })

  it.each([
    ['auto', undefined, { type: 'auto' }],
    ['required', undefined, { type: 'any' }],
    ['none', undefined, { type: 'none' }],
    [{ type: 'function', function: { name: 'look_up' } }, undefined, { type: 'tool', name: 'look_up' }],
    [undefined, false, { type: 'auto', disable_parallel_tool_use: true }],
    ['required', false, { type: 'any', disable_parallel_tool_use: true }],
    ['none', false, { type: 'none' }],
    [undefined, true, undefined],
  ])('G05 tool_choice %j with parallel_tool_calls %j', (choice, parallel, expected) => {
    const { sent } = map({
      tools: [lookUp],
      ...(choice === undefined ? {} : { tool_choice: choice }),
      ...(parallel === undefined ? {} : { parallel_tool_calls: parallel }),
    })
    expect(sent.tool_choice).toEqual(expected)
  })

  it('G05 narrows the tools to those that are allowed', () => {
    const other = { type: 'function', function: { name: 'other' } }
    const allowed = { mode: 'required', tools: [{ type: 'function', function: { name: 'other' } }] }
    const { sent } = map({ tools: [lookUp, other], tool_choice: { type: 'allowed_tools', allowed_tools: allowed } })
    expect(sent.tools?.map(({ name }) => name)).toEqual(['other'])
    expect(sent.tool_choice).toEqual({ type: 'any' })
  })

  it('does not force a model that cannot be forced', () => {
    const { sent, warnings } = map(
      { tools: [lookUp], tool_choice: { type: 'function', function: { name: 'look_up' } } },
      { model: 'claude-opus-5-5' },
    )
    expect(sent.tool_choice).toEqual({ type: 'auto' })
    expect(warnings.join()).toContain('tool_choice')
  })

  it('declares tools that the conversation used and the request does not name', () => {
    const { sent } = map({ messages: [user('Hi'), asks('a'), result('a')] })
    expect(sent.tools?.map(({ name }) => name)).toEqual(['look_up'])
    expect(sent.tool_choice).toEqual({ type: 'none' })
  })

  it('D13 translates the deprecated functions', () => {
    const { sent, expected } = map({
      functions: [{ name: 'look_up', parameters: { type: 'object', properties: {} } }],
      function_call: { name: 'look_up' },
      messages: [
        user('Hi'),
        { role: 'assistant', content: null, function_call: { name: 'look_up', arguments: '{}' } },
        { role: 'function', name: 'look_up', content: 'one' },
        { role: 'assistant', content: null, function_call: { name: 'look_up', arguments: '{}' } },
        { role: 'function', name: 'look_up', content: 'two' },
      ],
    })
    expect(expected.isDeprecatedForm).toBe(true)
    expect(sent.tool_choice).toEqual({ type: 'tool', name: 'look_up', disable_parallel_tool_use: true })
    const blocks = sent.messages.flatMap(({ content }) => content)
    const ids = blocks.filter(({ type }) => type === 'tool_use').map(({ id }) => id)
    expect(new Set(ids).size).toBe(2)
    expect(blocks.filter(({ type }) => type === 'tool_result').map(({ tool_use_id: id }) => id)).toEqual(ids)
  })

  it('wraps the input of custom tools into an object', () => {
    const { sent, expected } = map({
      tools: [{ type: 'custom', custom: { name: 'run', description: 'Runs code', format: { type: 'text' } } }],
      messages: [
        user('Hi'),
        { role: 'assistant', tool_calls: [{ id: 'a', type: 'custom', custom: { name: 'run', input: 'print(1)' } }] },
        result('a'),
      ],
    })
    expect(expected.customTools).toEqual(new Set(['run']))
    expect(sent.tools?.[0]?.['input_schema']).toMatchObject({ required: ['input'] })
    expect(sent.messages[1]?.content[0]).toMatchObject({ type: 'tool_use', input: { input: 'print(1)' } })
  })
})

describe('parameters', () => {
  it('G02 sends the model’s own limit when none is named', () => {
    expect(map({}).sent.max_tokens).toBe(64_000)
    expect(map({}, { model: newest }).sent.max_tokens).toBe(128_000)
    expect(map({}, { model: 'claude-3-haiku-20240307' }).sent.max_tokens).toBe(4_096)
    expect(map({ max_tokens: 10, max_completion_tokens: 20 }).sent.max_tokens).toBe(20)
    const lowered = map({ max_tokens: 1_000_000 })
    expect(lowered.sent.max_tokens).toBe(64_000)
    expect(lowered.warnings.join()).toContain('max_tokens')
    expect(refusal({ max_tokens: 0 }).param).toBe('max_tokens')
  })

  it('G08 keeps temperature in range, and leaves sampling out where it is refused', () => {
    expect(map({ temperature: 1.6 }).sent).toMatchObject({ temperature: 1 })
    expect(map({ temperature: 1.6 }).warnings.join()).toContain('temperature')
    const both = map({ temperature: 0.5, top_p: 0.9, top_k: 5 })
    expect(both.sent).toMatchObject({ temperature: 0.5, top_k: 5 })
    expect(both.sent).not.toHaveProperty('top_p')
    expect(map({ top_p: 0.9 }).sent).toMatchObject({ top_p: 0.9 })
    const none = map({ temperature: 0.5, top_p: 0.9, top_k: 5 }, { model: newest })
    for (const name of ['temperature', 'top_p', 'top_k']) {
      expect(none.sent).not.toHaveProperty(name)
      expect(none.warnings.join()).toContain(name)
    }
    expect(map({ temperature: 1, top_p: 1 }, { model: newest, policy: 'reject' }).warnings).toEqual([])
  })

  it('G09 gives a budget to models that want one, below max_tokens, and takes sampling out', () => {
    const { sent } = map({ reasoning_effort: 'high', temperature: 0.2 })
    expect(sent.thinking).toEqual({ type: 'enabled', budget_tokens: 24_576 })
    expect(sent).not.toHaveProperty('temperature')
    for (const effort of ['minimal', 'low', 'medium', 'high', 'xhigh', 'max']) {
      const budget = Number(map({ reasoning_effort: effort, max_tokens: 1_500 }).sent.thinking?.['budget_tokens'])
      expect(budget).toBeGreaterThanOrEqual(1_024)
      expect(budget).toBeLessThan(1_500)
    }
    const small = map({ reasoning_effort: 'low', max_tokens: 1_000 })
    expect(small.sent.thinking).toBeUndefined()
    expect(small.warnings.join()).toContain('reasoning_effort')
  })

  it('G09 gives an effort to adaptive models, and only one they have', () => {
    const low = map({ reasoning_effort: 'low' }, { model: opus })
    expect(low.sent.thinking).toEqual({ type: 'adaptive', display: 'summarized' })
    expect(low.sent.output_config).toEqual({ effort: 'low' })
    const lowered = map({ reasoning_effort: 'xhigh' }, { model: opus })
    expect(lowered.sent.output_config).toEqual({ effort: 'high' })
    expect(lowered.warnings.join()).toContain('xhigh')
    expect(map({ reasoning_effort: 'xhigh' }, { model: newest }).sent.output_config).toEqual({ effort: 'xhigh' })
    expect(refusal({ reasoning_effort: 'xhigh' }, { model: opus, policy: 'reject' }).param).toBe('reasoning_effort')
  })

  it('G09 turns thinking off with none, where it can be', () => {
    expect(map({ reasoning_effort: 'none' }).sent.thinking).toEqual({ type: 'disabled' })
    const always = map({ reasoning_effort: 'none' }, { model: 'claude-fable-5' })
    expect(always.sent.thinking).toBeUndefined()
    expect(always.sent.output_config).toEqual({ effort: 'low' })
    expect(always.warnings).toHaveLength(1)
    expect(map({ reasoning_effort: 'none' }, { model: 'claude-3-haiku-20240307' }).sent.thinking).toBeUndefined()
  })

  it.each([
    ['claude-haiku-4-5', { type: 'disabled' }],
    ['claude-sonnet-4-6', { type: 'disabled' }],
    ['claude-opus-5', { type: 'disabled' }],
    ['claude-fable-5', undefined],
  ])('does not ask %s to think when a tool must be called', (model, thinking) => {
    const body = { reasoning_effort: 'low', tools: [lookUp], tool_choice: 'required' }
    const { sent, warnings } = map(body, { model })
    expect(sent.thinking).toEqual(thinking)
    expect(sent.tool_choice).toEqual({ type: 'any' })
    expect(warnings).toHaveLength(1)
  })

  it.each([
    ['claude-opus-5', 'enabled', { type: 'adaptive', display: 'summarized' }],
    ['claude-sonnet-5-5', 'enabled', { type: 'adaptive', display: 'summarized' }],
    ['claude-sonnet-5-5', 'disabled', undefined],
    ['claude-something-newer', 'enabled', { type: 'adaptive', display: 'summarized' }],
  ])('gives %s no thinking of its own words that it refuses: %s', (model, type, thinking) => {
    const body = { thinking: { type, ...(type === 'enabled' ? { budget_tokens: 2_000 } : {}) } }
    const { sent, warnings } = map(body, { model })
    expect(sent.thinking).toEqual(thinking)
    expect(warnings).toHaveLength(1)
    expect(refusal(body, { model, policy: 'reject' }).param).toBe('thinking')
  })

  it('passes the client’s own thinking and top_k on', () => {
    expect(map({ thinking: { type: 'enabled', budget_tokens: 2_000 } }).sent.thinking).toEqual({
      type: 'enabled',
      budget_tokens: 2_000,
    })
    expect(map({ top_k: 7 }).sent).toMatchObject({ top_k: 7 })
  })

  it('G10 asks for a schema that can be enforced and tells the rest in words', () => {
    const schema = {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      properties: {
        age: { type: 'integer', minimum: 0, maximum: 150, description: 'In years' },
        tags: { type: 'array', items: { type: 'string', pattern: '^a' }, minItems: 1, uniqueItems: true },
        kind: { oneOf: [{ const: 'a' }, { type: 'string', format: 'iri' }] },
        minimum: { type: 'string', format: 'date' },
      },
      required: ['age'],
      additionalProperties: true,
    }
    const { sent } = map({
      response_format: { type: 'json_schema', json_schema: { name: 'person', strict: true, schema } },
    })
    expect(sent.output_config).toEqual({
      format: {
        type: 'json_schema',
        schema: {
          type: 'object',
          properties: {
            age: { type: 'integer', description: 'In years (minimum: 0; maximum: 150)' },
            tags: {
              type: 'array',
              items: { type: 'string', description: '(pattern: ^a)' },
              minItems: 1,
              description: '(uniqueItems: true)',
            },
            kind: { anyOf: [{ const: 'a' }, { type: 'string', description: '(format: iri)' }] },
            minimum: { type: 'string', format: 'date' },
          },
          required: ['age'],
          additionalProperties: false,
        },
      },
    })
  })

  it('G10 makes older models call a tool that takes the answer', () => {
    const schema = { type: 'object', properties: { a: { type: 'string' } } }
    const format = { type: 'json_schema', json_schema: { name: 'x', schema } }
    const alone = map({ response_format: format }, { model: 'claude-sonnet-4-0' })
    expect(alone.sent.tools).toEqual([{ name: 'answer', description: expect.any(String), input_schema: schema }])
    expect(alone.sent.tool_choice).toEqual({ type: 'tool', name: 'answer', disable_parallel_tool_use: true })
    expect(alone.expected.answerTool).toBe('answer')
    const beside = map({ response_format: format, tools: [lookUp] }, { model: 'claude-sonnet-4-0' })
    expect(beside.sent.tool_choice).toMatchObject({ type: 'any' })
    const object = map({ response_format: { type: 'json_object' } })
    expect(object.sent.system?.[0]?.['text']).toContain('JSON')
  })

  it('maps stop, user and service tier', () => {
    expect(map({ stop: 'END' }).sent).toMatchObject({ stop_sequences: ['END'] })
    const stops = map({ stop: ['END', '\n'] })
    expect(stops.sent).toMatchObject({ stop_sequences: ['END'] })
    expect(stops.warnings.join()).toContain('stop')
    expect(map({ user: 'u', safety_identifier: 's' }).sent).toMatchObject({ metadata: { user_id: 's' } })
    expect(map({ user: 'u' }).sent).toMatchObject({ metadata: { user_id: 'u' } })
    expect(map({ service_tier: 'default' }).sent).toMatchObject({ service_tier: 'standard_only' })
    expect(map({ service_tier: 'flex' }).warnings.join()).toContain('service_tier')
    expect(map({ stream: true, stream_options: { include_usage: true } }).sent).toMatchObject({ stream: true })
  })

  it('D07 refuses more than one answer', () => {
    expect(refusal({ n: 2 }).param).toBe('n')
    expect(map({ n: 1 }, { policy: 'reject' }).warnings).toEqual([])
  })

  it.each([
    ['logit_bias', { 1: 2 }, {}],
    ['seed', 3, null],
    ['frequency_penalty', 0.5, 0],
    ['presence_penalty', 0.5, 0],
    ['prediction', { type: 'content', content: '' }, null],
    ['logprobs', true, false],
    ['mcp_servers', [], null],
  ])('G22 drops %s with its name, or refuses it', (name, value, neutral) => {
    const dropped = map({ [name]: value })
    expect(dropped.sent).not.toHaveProperty(name)
    expect(dropped.warnings.join()).toContain(name)
    expect(refusal({ [name]: value }, { policy: 'reject' }).param).toBe(name)
    expect(map({ [name]: neutral }, { policy: 'reject' }).warnings).toEqual([])
  })

  it('names unknown fields in a form that fits into a header', () => {
    const { warnings } = map({ 'x\r\nevil: ä': 1 })
    expect(warnings.join()).toMatch(/^[ -~]*$/)
  })

  it('D03 keeps `__proto__` in a schema as a name', () => {
    const schema = JSON.parse('{"type":"object","properties":{"__proto__":{"type":"string"}}}')
    const { sent } = map(
      { response_format: { type: 'json_schema', json_schema: { name: 'x', schema } } },
      { model: haiku },
    )
    expect(JSON.stringify(sent.output_config)).toContain('"__proto__":{"type":"string"}')
  })
})
