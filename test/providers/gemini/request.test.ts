import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Fault } from '../../../src/core/fault.ts'
import type { JsonObject, JsonValue } from '../../../src/core/json.ts'
import { remoteFiles } from '../../../src/providers/gemini/contents.ts'
import { turnKey } from '../../../src/providers/conversation-hash.ts'
import { callKey } from '../../../src/providers/thinking-memory.ts'
import { ask, callOf, hello } from './ask.ts'

const pixel = 'iVBORw0KGgo='

function refusal(run: () => unknown): Fault {
  try {
    run()
  } catch (error) {
    if (error instanceof Fault) return error
    throw error
  }
  throw new Error('nothing was refused')
}

describe('messages', () => {
  it('H01 puts system and developer messages, wherever they stand, into the system instruction in their order', () => {
    const { sent } = ask({
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'developer', content: [{ type: 'text', text: 'Speak German.' }] },
        hello,
        { role: 'system', content: 'Now French.' },
      ],
    })
    expect(sent.systemInstruction?.parts).toEqual([
      { text: 'Be brief.' },
      { text: 'Speak German.' },
      { text: 'Now French.' },
    ])
    expect(sent.contents).toEqual([{ role: 'user', parts: [{ text: 'Hello' }] }])
  })

  it('H01 begins the first turn of the user with them for Gemma, which has no system instruction', () => {
    const { sent } = ask({ messages: [{ role: 'system', content: 'Be brief.' }, hello] }, { model: 'gemma-3-27b-it' })
    expect(sent.systemInstruction).toBeUndefined()
    expect(sent.contents).toEqual([{ role: 'user', parts: [{ text: 'Be brief.' }, { text: 'Hello' }] }])
  })

  it('lets a system message speak as the user when nobody else does, since Gemini wants a content', () => {
    const { sent } = ask({ messages: [{ role: 'system', content: 'Tell a joke.' }] })
    expect(sent).toEqual({ contents: [{ role: 'user', parts: [{ text: 'Tell a joke.' }] }] })
  })

  it('H01 knows the roles user and model only and merges who speaks twice', () => {
    const { sent } = ask({
      messages: [
        hello,
        { role: 'user', content: 'Anybody there?' },
        { role: 'assistant', content: 'Yes.' },
        { role: 'assistant', content: [{ type: 'text', text: 'Hello.' }] },
        { role: 'assistant', content: '' },
        { role: 'user', content: 'Good.' },
      ],
    })
    expect(sent.contents).toEqual([
      { role: 'user', parts: [{ text: 'Hello' }, { text: 'Anybody there?' }] },
      { role: 'model', parts: [{ text: 'Yes.' }, { text: 'Hello.' }] },
      { role: 'user', parts: [{ text: 'Good.' }] },
    ])
  })

  it('H01 alternates roles, whatever the messages are', () => {
    const message = fc.oneof(
      fc.record({ role: fc.constantFrom('system', 'developer', 'user', 'assistant'), content: fc.string() }),
      fc.record({
        role: fc.constant('user'),
        content: fc.array(fc.record({ type: fc.constant('text'), text: fc.string() })),
      }),
    )
    fc.assert(
      fc.property(
        fc.array(message),
        fc.constantFrom('gemini-2.5-flash', 'gemini-3-pro', 'gemma-3-4b-it'),
        (messages, model) => {
          const { contents, systemInstruction } = ask({ messages }, { model }).sent
          contents.forEach((content, index) => {
            expect(['user', 'model']).toContain(content.role)
            expect(content.role).not.toBe(contents[index - 1]?.role)
            expect(content.parts.length).toBeGreaterThan(0)
          })
          const texts = [...(systemInstruction?.parts ?? []), ...contents.flatMap(({ parts }) => parts)]
          const said = messages.flatMap(({ role, content }) =>
            typeof content === 'string'
              ? content === '' && role !== 'user'
                ? []
                : [content]
              : content.map(({ text }) => text),
          )
          expect(texts.map(({ text }) => text).sort()).toEqual(said.sort())
        },
      ),
    )
  })

  it('carries images, audio and documents inside the request', () => {
    const { sent, warnings } = ask({
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is this?' },
            { type: 'image_url', image_url: { url: `data:image/png;base64,${pixel}`, detail: 'auto' } },
            { type: 'image_url', image_url: `data:image/svg+xml,%3Csvg%2F%3E` },
            { type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'wav' } },
            { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' } },
            { type: 'file', file: { filename: 'b.csv', file_data: 'YSxi' } },
            { type: 'file', file: { file_id: 'https://generativelanguage.googleapis.com/v1beta/files/abc-1' } },
          ],
        },
      ],
    })
    expect(warnings).toEqual([])
    expect(sent.contents[0]?.parts.slice(1)).toEqual([
      { inlineData: { mimeType: 'image/png', data: pixel } },
      { inlineData: { mimeType: 'image/svg+xml', data: Buffer.from('<svg/>').toString('base64') } },
      { inlineData: { mimeType: 'audio/wav', data: 'UklGRg==' } },
      { inlineData: { mimeType: 'application/pdf', data: 'JVBERi0=' } },
      { inlineData: { mimeType: 'text/csv', data: 'YSxi' } },
      { fileData: { fileUri: 'https://generativelanguage.googleapis.com/v1beta/files/abc-1' } },
    ])
  })

  it('H15 names each remote file once, with its place, and puts what was fetched in its stead', () => {
    const url = 'https://example.com/a.png'
    const messages = [
      {
        role: 'user',
        content: [
          { type: 'image_url', image_url: { url } },
          { type: 'image_url', image_url: { url } },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } },
          { type: 'file', file: { file_data: 'http://example.com/b.pdf' } },
        ],
      },
    ]
    expect(remoteFiles(messages).map((file) => [file.url, file.param])).toEqual([
      [url, 'messages[0].content[0].image_url'],
      ['http://example.com/b.pdf', 'messages[0].content[3].file'],
    ])
    const files = new Map([
      [url, { mimeType: 'image/png', data: pixel }],
      ['http://example.com/b.pdf', { mimeType: 'application/pdf', data: 'JVBERi0=' }],
    ])
    expect(ask({ messages }, { files }).sent.contents[0]?.parts[1]).toEqual({
      inlineData: { mimeType: 'image/png', data: pixel },
    })
  })

  it.each([
    [[], 'contents'],
    ['text', 'messages'],
    [[null], 'messages[0]'],
    [[{ role: 'robot', content: '' }], 'messages[0].role'],
    [[{ role: 'user', content: 7 }], 'messages[0].content'],
    [[{ role: 'user', content: [{ type: 'video' }] }], 'messages[0].content[0].type'],
    [[{ role: 'user', content: [{ type: 'text' }] }], 'messages[0].content[0].text'],
    [
      [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'file:///etc/passwd' } }] }],
      'messages[0].content[0].image_url',
    ],
    [[{ role: 'user', content: [{ type: 'image_url', image_url: {} }] }], 'messages[0].content[0].image_url.url'],
    [
      [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:,x' } }] }],
      'messages[0].content[0].image_url',
    ],
    [[{ role: 'user', content: [{ type: 'file', file: { file_id: 'file-1' } }] }], 'messages[0].content[0].file'],
    [
      [{ role: 'user', content: [{ type: 'input_audio', input_audio: { data: 'x', format: 'a b' } }] }],
      'messages[0].content[0].input_audio.format',
    ],
    [[{ role: 'system', content: [{ type: 'image_url' }] }], 'messages[0].content[0]'],
    [[hello, { role: 'tool', tool_call_id: 'x', content: '' }], 'messages[1].role'],
  ] as readonly (readonly [JsonValue, string])[])('refuses %j naming the place', (messages, param) => {
    if (param === 'contents') return expect(ask({ messages }).sent.contents).toEqual([])
    expect(refusal(() => ask({ messages }))).toMatchObject({ kind: 'invalid_request', param })
  })
})

describe('tool calls and results', () => {
  const calls: JsonObject = {
    role: 'assistant',
    content: 'Let me look.',
    tool_calls: [callOf('a', 'weather', '{"city":"Berlin"}'), callOf('b', 'time', '')],
  }

  it('H05 puts as many results as there were calls into one content, in the order of the calls, text behind them', () => {
    const { sent } = ask({
      messages: [
        hello,
        calls,
        { role: 'tool', tool_call_id: 'b', content: '12:00' },
        { role: 'tool', tool_call_id: 'a', content: '{"degrees":15}' },
        { role: 'user', content: 'Hurry.' },
      ],
    })
    expect(sent.contents.slice(1)).toEqual([
      {
        role: 'model',
        parts: [
          { text: 'Let me look.' },
          { functionCall: { id: 'a', name: 'weather', args: { city: 'Berlin' } } },
          { functionCall: { id: 'b', name: 'time', args: {} } },
        ],
      },
      {
        role: 'user',
        parts: [
          { functionResponse: { id: 'a', name: 'weather', response: { degrees: 15 } } },
          { functionResponse: { id: 'b', name: 'time', response: { output: '12:00' } } },
          { text: 'Hurry.' },
        ],
      },
    ])
  })

  it.each([
    ['42', { output: '42' }],
    ['plain words', { output: 'plain words' }],
    ['', { output: '' }],
    ['[1,2]', { output: [1, 2] }],
    ['{"a":1}', { a: 1 }],
    ['{not json', { output: '{not json' }],
    ['{"id":12345678901234567890}', { output: '{"id":12345678901234567890}' }],
    [
      [
        { type: 'text', text: '{"a":' },
        { type: 'text', text: '1}' },
      ],
      { a: 1 },
    ],
  ] as readonly (readonly [JsonValue, JsonObject])[])(
    'H04 gives the result %j as the object %j',
    (content, response) => {
      const { sent } = ask({
        messages: [
          hello,
          { role: 'assistant', content: null, tool_calls: [callOf('a', 'f', '{}')] },
          { role: 'tool', tool_call_id: 'a', content },
        ],
      })
      expect(sent.contents[2]?.parts).toEqual([{ functionResponse: { id: 'a', name: 'f', response } }])
    },
  )

  it('takes results in their order where a client gave two calls the same id', () => {
    const { sent } = ask({
      messages: [
        hello,
        { role: 'assistant', tool_calls: [callOf('x', 'f', '{}'), callOf('x', 'g', '{}')] },
        { role: 'tool', tool_call_id: 'x', content: 'one' },
        { role: 'tool', tool_call_id: 'x', content: 'two' },
      ],
    })
    expect(sent.contents[2]?.parts.map((part) => part['functionResponse'])).toMatchObject([
      { name: 'f', response: { output: 'one' } },
      { name: 'g', response: { output: 'two' } },
    ])
  })

  it.each([
    [[calls, { role: 'tool', tool_call_id: 'a', content: '' }, hello], 'messages[1].tool_calls'],
    [[calls], 'messages[1].tool_calls'],
    [[calls, { role: 'tool', tool_call_id: 'c', content: '' }], 'messages[2].tool_call_id'],
    [
      [calls, { role: 'tool', tool_call_id: 'a', content: '' }, { role: 'tool', tool_call_id: 'a', content: '' }],
      'messages[3].tool_call_id',
    ],
    [[{ role: 'assistant', tool_calls: [callOf('a', 'f', '{bad')] }], 'messages[1].tool_calls[0].function.arguments'],
    [[{ role: 'assistant', tool_calls: [callOf('a', 'f', '[]')] }], 'messages[1].tool_calls[0].function.arguments'],
  ] as readonly (readonly [JsonObject[], string])[])('refuses what cannot be paired: %#', (messages, param) => {
    expect(refusal(() => ask({ messages: [hello, ...messages] }))).toMatchObject({ kind: 'invalid_request', param })
  })

  it('D13 translates the functions of old', () => {
    const { sent, usesFunctions } = ask({
      functions: [{ name: 'f', parameters: { type: 'object', properties: {} } }],
      function_call: { name: 'f' },
      messages: [
        hello,
        { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{"a":1}' } },
        { role: 'function', name: 'f', content: 'done' },
      ],
    })
    expect(usesFunctions).toBe(true)
    expect(sent.toolConfig).toEqual({ functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['f'] } })
    expect(sent.contents.slice(1)).toEqual([
      { role: 'model', parts: [{ functionCall: { name: 'f', args: { a: 1 } } }] },
      { role: 'user', parts: [{ functionResponse: { name: 'f', response: { output: 'done' } } }] },
    ])
  })
})

describe('thought signatures', () => {
  const model = 'gemini-3-pro-preview'
  const result: JsonObject = { role: 'tool', tool_call_id: 'a', content: 'ok' }

  function signatureOf(call: JsonObject, options: Parameters<typeof ask>[1] = { model }): unknown {
    const messages = [hello, { role: 'assistant', content: null, tool_calls: [call] }, result]
    return ask({ messages }, options).sent.contents[1]?.parts[0]?.['thoughtSignature']
  }

  it('H07 come from the message itself', () => {
    const extra = { extra_content: { google: { thought_signature: 'own' } } }
    const remembered = new Map([[callKey('a'), 'kept']])
    expect(signatureOf(callOf('a', 'f', '{}', extra), { model, remembered })).toBe('own')
  })

  it('H07 come from memory when the client dropped them', () => {
    const remembered = new Map([[callKey('a'), 'kept']])
    for (const name of [model, 'gemini-2.5-flash'])
      expect(signatureOf(callOf('a', 'f', '{}'), { model: name, remembered })).toBe('kept')
  })

  it('H07 are replaced by the documented stand-in where Gemini insists on one, and nowhere else', () => {
    expect(signatureOf(callOf('a', 'f', '{}'))).toBe('skip_thought_signature_validator')
    expect(signatureOf(callOf('a', 'f', '{}'), { model: 'models/gemini-flash-latest' })).toBe(
      'skip_thought_signature_validator',
    )
    expect(signatureOf(callOf('a', 'f', '{}'), { model: 'gemini-2.5-pro' })).toBeUndefined()
  })

  it('H07 stand in for the first of several calls only', () => {
    const messages = [
      hello,
      { role: 'assistant', tool_calls: [callOf('a', 'f', '{}'), callOf('b', 'g', '{}')] },
      result,
      { ...result, tool_call_id: 'b' },
    ]
    const parts = ask({ messages }, { model }).sent.contents[1]?.parts
    expect(parts?.map((part) => part['thoughtSignature'])).toEqual(['skip_thought_signature_validator', undefined])
  })

  it('come back to a text only in the conversation it was said in', () => {
    const first = ask({ messages: [hello] }, { model })
    const remembered = new Map([[turnKey(first.conversation, 'Hi!'), 'of the text']])
    const said = (content: string): unknown =>
      ask(
        { messages: [{ role: 'user', content }, { role: 'assistant', content: 'Hi!', annotations: [] }, hello] },
        { model, remembered },
      ).sent.contents[1]?.parts
    expect(said('Hello')).toEqual([{ text: 'Hi!', thoughtSignature: 'of the text' }])
    expect(said('Hello?')).toEqual([{ text: 'Hi!' }])
  })

  it('does not send readable thoughts back', () => {
    const { body } = ask({
      messages: [hello, { role: 'assistant', content: 'Hi', reasoning_content: 'secret' }, hello],
    })
    expect(body).not.toContain('secret')
  })
})
