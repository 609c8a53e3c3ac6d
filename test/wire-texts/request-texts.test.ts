import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Fault } from '../../src/core/fault.ts'
import type { JsonObject, JsonValue } from '../../src/core/json.ts'
import { operations, type Operation } from '../../src/core/operation.ts'
import { changedMembers, mapRequestTexts, unreadableInput } from '../../src/wire-texts/request-texts.ts'

/** What was visited, as `role: text`. */
function visited(operation: Operation, body: JsonObject): string[] {
  const seen: string[] = []
  const same = mapRequestTexts(operation, body, (text, role) => {
    seen.push(`${role}: ${text}`)
    return text
  })
  expect(same).toBe(body)
  return seen
}

function shouted(operation: Operation, body: JsonObject): JsonObject {
  return mapRequestTexts(operation, body, (text) => text.toUpperCase())
}

describe('texts of a chat request', () => {
  const call = { id: 'c1', type: 'function', function: { name: 'look', arguments: '{"city":"Ulm","days":[1,"two"]}' } }
  const body: JsonObject = {
    model: 'some/model',
    tools: [{ type: 'function', function: { name: 'look', description: 'Looks.', parameters: { type: 'object' } } }],
    messages: [
      { role: 'system', content: 'be kind' },
      { role: 'developer', content: [{ type: 'text', text: 'be brief' }] },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'what is this' },
          { type: 'image_url', image_url: { url: 'https://pictures.example/one' } },
          { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } },
          { type: 'file', file: { filename: 'a.txt', file_data: 'data:text/plain;base64,YQ==' } },
          { type: 'hologram', text: 'unheard of', caption: { below: 'deep' } },
        ],
      },
      { role: 'assistant', reasoning_content: 'let me see', content: null, refusal: 'no', tool_calls: [call] },
      { role: 'tool', tool_call_id: 'c1', content: 'sunny' },
      { role: 'function', name: 'old', content: 'rain' },
      { role: 'assistant', function_call: { name: 'old', arguments: 'not json' } },
    ],
    prediction: { type: 'content', content: [{ type: 'text', text: 'a draft' }] },
  }

  it('are visited once each, in order, with the role of who says them', () => {
    expect(visited('chat', body)).toEqual([
      'system: be kind',
      'system: be brief',
      'user: what is this',
      'user: unheard of',
      'user: deep',
      'assistant: let me see',
      'assistant: no',
      'assistant: Ulm',
      'assistant: two',
      'tool: sunny',
      'tool: rain',
      'assistant: not json',
      'user: a draft',
    ])
  })

  it('are replaced without touching anything else', () => {
    const mapped = mapRequestTexts('chat', body, (text) => (text === 'Ulm' ? 'a "city"' : text))
    expect(changedMembers(body, mapped)).toEqual(['messages'])
    const before = body['messages'] as readonly JsonObject[]
    const after = mapped['messages'] as readonly JsonObject[]
    expect(after.map((message, index) => message === before[index])).toEqual([
      true,
      true,
      true,
      false,
      true,
      true,
      true,
    ])
    const written = '{"city":"a \\"city\\"","days":[1,"two"]}'
    expect(after[3]).toEqual({
      ...before[3],
      tool_calls: [{ ...call, function: { name: 'look', arguments: written } }],
    })
  })

  it('include variables of a stored prompt, with everything a template could write out', () => {
    const variables = { name: 'Ada', facts: [{ url: 'u', n: 1 }], part: { type: 'input_image', image_url: 'i' } }
    expect(visited('chat', { prompt: { id: 'p', variables }, messages: [] })).toEqual(['user: Ada', 'user: u'])
  })

  it('are found once when reasoning is said several times, and replaced wherever it is', () => {
    const said = { role: 'assistant', reasoning: 'hm', reasoning_content: 'hm', reasoning_details: [{ text: 'hm' }] }
    expect(visited('chat', { messages: [said] })).toEqual(['assistant: hm'])
    expect(shouted('chat', { messages: [said] })).toEqual({
      messages: [{ role: 'assistant', reasoning: 'HM', reasoning_content: 'HM', reasoning_details: [{ text: 'HM' }] }],
    })
  })
})

describe('texts of a Responses request', () => {
  it('are those of instructions, variables, messages, calls, outputs and reasoning', () => {
    const body: JsonObject = {
      instructions: 'be kind',
      prompt: { id: 'pmpt', variables: { who: 'Ada', what: { type: 'input_text', text: 'tea' } } },
      input: [
        { role: 'developer', content: 'be brief' },
        { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'hello' }] },
        { type: 'message', role: 'user', content: [{ type: 'input_image', image_url: 'https://p.example' }] },
        { type: 'reasoning', id: 'rs', summary: [{ type: 'summary_text', text: 'hm' }], encrypted_content: 'x' },
        {
          role: 'assistant',
          content: [
            { type: 'output_text', text: 'hi' },
            { type: 'refusal', refusal: 'no' },
          ],
        },
        { type: 'function_call', call_id: 'c', name: 'f', arguments: '{"a":"b"}' },
        { type: 'function_call_output', call_id: 'c', output: [{ type: 'input_text', text: 'out' }] },
        { type: 'custom_tool_call', call_id: 'd', name: 'g', input: 'free {"text"}' },
        { type: 'custom_tool_call_output', call_id: 'd', output: 'done' },
        { type: 'mcp_call', name: 'm', server_label: 's', arguments: '{"q":"r"}', output: 'found' },
        { type: 'shell_call', action: { commands: ['ls'] } },
        { type: 'shell_call_output', output: [{ stdout: 'files', outcome: { type: 'exit' } }] },
        { type: 'image_generation_call', result: 'AAAA' },
      ],
    }
    const expected = [
      'system: be kind',
      'user: Ada',
      'user: tea',
      'system: be brief',
      'user: hello',
      'assistant: hm',
      'assistant: hi',
      'assistant: no',
      'assistant: b',
      'tool: out',
      'assistant: free {"text"}',
      'tool: done',
      'assistant: r',
      'tool: found',
      'assistant: ls',
      'tool: files',
    ]
    expect(visited('responses', body)).toEqual(expected)
    expect(visited('compaction', body)).toEqual(expected)
  })

  it('is one when the input is one', () => {
    expect(visited('responses', { input: 'hello' })).toEqual(['user: hello'])
  })
})

describe('texts of a Messages request', () => {
  it('are those of system, blocks, thinking, inputs, results and documents', () => {
    const document = (source: JsonObject): JsonObject => ({ type: 'document', title: 'T', source })
    expect(
      visited('messages', {
        system: [{ type: 'text', text: 'be kind' }],
        messages: [
          { role: 'user', content: 'hello' },
          {
            role: 'assistant',
            content: [
              { type: 'thinking', thinking: 'hm', signature: 'sig' },
              { type: 'redacted_thinking', data: 'sealed' },
              { type: 'text', text: 'wait' },
              { type: 'tool_use', id: 't', name: 'f', input: { city: 'Ulm', url: ['u'], n: 1 } },
            ],
          },
          {
            role: 'user',
            content: [
              { type: 'tool_result', tool_use_id: 't', content: [{ type: 'text', text: 'sunny' }] },
              { type: 'tool_result', tool_use_id: 't', content: 'warm' },
              { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
              document({ type: 'text', media_type: 'text/plain', data: 'pages' }),
              document({ type: 'content', content: [{ type: 'text', text: 'more' }] }),
              document({ type: 'base64', media_type: 'application/pdf', data: 'AAAA' }),
              { type: 'search_result', title: 'S', source: 'shelf', content: [{ type: 'text', text: 'found' }] },
            ],
          },
        ],
      }),
    ).toEqual([
      'system: be kind',
      'user: hello',
      'assistant: hm',
      'assistant: wait',
      'assistant: Ulm',
      'assistant: u',
      'tool: sunny',
      'tool: warm',
      'user: T',
      'user: pages',
      'user: T',
      'user: more',
      'user: T',
      'user: S',
      'user: shelf',
      'user: found',
    ])
  })
})

describe('texts of the other requests', () => {
  it.each<[Operation, JsonObject, readonly string[]]>([
    ['text_completion', { prompt: 'one', suffix: 'end' }, ['user: one', 'user: end']],
    ['text_completion', { prompt: ['one', 'two'] }, ['user: one', 'user: two']],
    ['text_completion', { prompt: [1, 2, 3] }, []],
    ['embeddings', { input: ['one', 'two'] }, ['user: one', 'user: two']],
    ['embeddings', { input: [[1], [2]] }, []],
    [
      'moderations',
      {
        input: [
          { type: 'text', text: 'one' },
          { type: 'image_url', image_url: {} },
        ],
      },
      ['user: one'],
    ],
    ['images', { prompt: 'a cat', size: 'large' }, ['user: a cat']],
    ['audio', { input: 'say', instructions: 'softly', voice: 'v' }, ['system: softly', 'user: say']],
    ['audio', { prompt: 'names in it' }, ['user: names in it']],
  ])('%s %j', (operation, body, expected) => {
    expect(visited(operation, body)).toEqual(expected)
  })
})

describe('any request', () => {
  const json = fc.jsonValue({ maxDepth: 6 }) as fc.Arbitrary<JsonValue>
  const members = ['messages', 'input', 'prompt', 'system', 'instructions', 'suffix', 'prediction']
  const body = fc.dictionary(fc.constantFrom(...members), json) as fc.Arbitrary<JsonObject>

  it('passes untouched when every text stays as it is, whatever its shape', () => {
    fc.assert(
      fc.property(fc.constantFrom(...operations), body, (operation, value) => {
        expect(mapRequestTexts(operation, value, (text) => `${text}x`.slice(0, -1))).toBe(value)
      }),
    )
  })

  it('is refused, not half looked at, when it is nested too deeply', () => {
    let deep: JsonValue = 'secret'
    for (let level = 0; level < 300; level += 1) deep = [deep]
    const content = [{ type: 'tool_use', id: 't', name: 'f', input: { deep } }]
    const body: JsonObject = { messages: [{ role: 'assistant', content }] }
    expect(() => mapRequestTexts('messages', body, (text) => text)).toThrow(
      expect.objectContaining({ kind: 'invalid_request', param: 'messages' }) as Fault,
    )
  })

  it('cannot hide a text behind a name that objects inherit', () => {
    const body = JSON.parse(
      '{"messages":[{"role":"user","content":[{"type":"new","__proto__":"hidden"}]}]}',
    ) as JsonObject
    expect(visited('chat', body)).toEqual(['user: hidden'])
    expect(JSON.stringify(shouted('chat', body))).toContain('"__proto__":"HIDDEN"')
  })
})

describe('every text of a conversation', () => {
  const word = fc.stringMatching(/^[a-z]{1,8}$/)
  const said = fc.oneof(
    word,
    fc.array(
      fc.oneof(
        word.map((text) => ({ type: 'text', text })),
        word.map((text) => ({ type: 'unknown_kind', inner: { text } })),
        fc.constant({ type: 'image_url', image_url: { url: 'https://p.example' } }),
      ),
      { maxLength: 4 },
    ),
  )
  const messages = fc.array(fc.record({ role: fc.constantFrom('system', 'user', 'tool'), content: said }))

  it('is visited exactly once, in order', () => {
    fc.assert(
      fc.property(messages, (list) => {
        const expected = list.flatMap(({ content }) =>
          typeof content === 'string'
            ? [content]
            : content.flatMap((part) => ('text' in part ? [part.text] : 'inner' in part ? [part.inner.text] : [])),
        )
        const seen: string[] = []
        mapRequestTexts('chat', { messages: list }, (text) => {
          seen.push(text)
          return text
        })
        expect(seen).toEqual(expected)
      }),
    )
  })
})

describe('what of a request no rule can read', () => {
  const chat = (...content: readonly JsonObject[]): JsonObject => ({ messages: [{ role: 'user', content }] })

  it.each<[Operation, JsonObject, string]>([
    ['embeddings', { input: [1, 2] }, 'tokens'],
    ['embeddings', { input: [[1, 2], [3]] }, 'tokens'],
    ['text_completion', { prompt: [1, 2] }, 'tokens'],
    [
      'chat',
      chat({ type: 'text', text: 'a' }, { type: 'image_url', image_url: { url: 'https://p.example' } }),
      'pictures',
    ],
    ['chat', chat({ type: 'input_audio' }, { type: 'file' }, { type: 'video_url' }), 'sound, files and video'],
    ['responses', { input: [{ role: 'user', content: [{ type: 'input_image' }] }] }, 'pictures'],
    ['responses', { prompt: { id: 'p', variables: { v: { type: 'input_file', file_id: 'f' } } } }, 'files'],
    [
      'responses',
      { input: [{ type: 'computer_call_output', output: { type: 'computer_screenshot', image_url: 'data:' } }] },
      'pictures',
    ],
    ['messages', chat({ type: 'document', source: { type: 'base64', data: 'AAAA' } }), 'files'],
    ['messages', chat({ type: 'tool_result', content: [{ type: 'image', source: {} }] }), 'pictures'],
    ['messages', chat({ type: 'redacted_thinking', data: 'AAAA' }), 'sealed thoughts'],
    ['moderations', { input: [{ type: 'image_url', image_url: { url: 'data:' } }] }, 'pictures'],
    ['audio', { file: '(file a.wav, 12 bytes)', prompt: 'names' }, 'uploaded files'],
    ['images', { image: '(file a.png, 12 bytes)', prompt: 'a hat' }, 'uploaded files'],
  ])('of %s %j', (operation, body, what) => {
    expect(unreadableInput(operation, body)).toBe(`${what} are no text that a rule can read`)
  })

  it.each<[Operation, JsonObject]>([
    ['embeddings', { input: ['a', 'b'] }],
    ['text_completion', { prompt: 'a', suffix: 'b' }],
    ['chat', { ...chat({ type: 'text', text: 'a' }, { type: 'new', inner: [1, 2] }), tools: [{ type: 'file' }] }],
    ['messages', chat({ type: 'tool_use', input: { type: 'image' } }, { type: 'document', source: { type: 'text' } })],
    ['audio', { input: '(file a.wav, 12 bytes)' }],
    ['responses', { input: 7 }],
  ])('is nothing of %s %j', (operation, body) => {
    expect(unreadableInput(operation, body)).toBeNull()
  })
})

describe('members that changed', () => {
  it('are those which are another value, or there only once', () => {
    const kept = ['same']
    expect(changedMembers({ a: 1, b: kept, c: 'x' }, { a: 2, b: kept, d: 'y' })).toEqual(['a', 'c', 'd'])
    expect(changedMembers({ a: 1 }, { a: 1 })).toEqual([])
  })
})
