import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonObject, JsonValue } from '../../src/core/json.ts'
import { operations, type Operation } from '../../src/core/operation.ts'
import { blockAnswer } from '../../src/wire-texts/blocked-answer.ts'
import { mapAnswerTexts } from '../../src/wire-texts/whole-answer.ts'

/** What was visited, as `channel (field): text`. */
function visited(operation: Operation, value: JsonObject): string[] {
  const seen: string[] = []
  const same = mapAnswerTexts(operation, value, (text, { channel, field }) => {
    seen.push(`${channel} (${field}): ${text}`)
    return text
  })
  expect(same).toBe(value)
  return seen
}

function shouted(operation: Operation, value: JsonObject): JsonObject {
  return mapAnswerTexts(operation, value, (text) => text.toUpperCase())
}

const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 }

const completion: JsonObject = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [
    {
      index: 0,
      message: {
        role: 'assistant',
        content: 'hello',
        refusal: null,
        reasoning: 'hm',
        reasoning_content: 'hm',
        reasoning_details: [
          { type: 'reasoning.text', text: 'h', index: 0 },
          { type: 'reasoning.text', text: 'm', index: 1, signature: 'sig' },
        ],
        annotations: [{ type: 'url_citation', url_citation: { start_index: 0, end_index: 2 } }],
        tool_calls: [
          { id: 'a', type: 'function', function: { name: 'f', arguments: '{"x":"one","y":["two"]}' } },
          { id: 'b', type: 'custom', custom: { name: 'g', input: 'free' } },
        ],
      },
      logprobs: { content: [{ token: 'hello' }] },
      finish_reason: 'tool_calls',
    },
    {
      index: 1,
      message: { role: 'assistant', content: [{ type: 'text', text: 'part' }], refusal: 'never' },
      logprobs: { content: [] },
      finish_reason: 'stop',
    },
  ],
  usage,
}

const response: JsonObject = {
  id: 'resp_1',
  object: 'response',
  status: 'completed',
  instructions: 'the request again',
  output: [
    {
      type: 'reasoning',
      summary: [{ type: 'summary_text', text: 'hm' }],
      content: [{ type: 'reasoning_text', text: 'deep' }],
    },
    {
      type: 'message',
      role: 'assistant',
      content: [
        { type: 'output_text', text: 'hello', annotations: [{ start_index: 0 }], logprobs: [{ token: 'hello' }] },
        { type: 'refusal', refusal: 'no' },
      ],
    },
    { type: 'function_call', call_id: 'c', name: 'f', arguments: '{"x":"one"}' },
    { type: 'custom_tool_call', call_id: 'd', name: 'g', input: 'free' },
    { type: 'web_search_call', id: 'ws', status: 'completed', action: { type: 'search', query: 'tea' } },
    { type: 'image_generation_call', result: 'AAAA', revised_prompt: 'a cat' },
  ],
  output_text: 'hello',
  usage: { input_tokens: 1 },
}

const message: JsonObject = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'm',
  content: [
    { type: 'thinking', thinking: 'hm', signature: 'sig' },
    { type: 'redacted_thinking', data: 'sealed' },
    { type: 'text', text: 'hello', citations: [{ type: 'page_location', cited_text: 'page', document_title: 'book' }] },
    { type: 'tool_use', id: 't', name: 'f', input: { a: 'one', b: ['two', 3] } },
    {
      type: 'bash_code_execution_tool_result',
      tool_use_id: 's',
      content: { type: 'result', stdout: 'files', return_code: 0 },
    },
  ],
  stop_reason: 'tool_use',
  stop_sequence: null,
  usage: { input_tokens: 1, output_tokens: 2 },
}

describe('texts of a whole answer', () => {
  it('of chat are those of every choice', () => {
    expect(visited('chat', completion)).toEqual([
      '0/reasoning (reasoning): hm',
      '0/content (content): hello',
      '0/tool_calls/0/arguments (arguments): one',
      '0/tool_calls/0/arguments (arguments): two',
      '0/tool_calls/1/input (input): free',
      '1/content/0 (content): part',
      '1/refusal (refusal): never',
    ])
  })

  it('of a response are those of every item, and output_text follows them', () => {
    expect(visited('responses', response)).toEqual([
      'output/0/summary/0 (reasoning): hm',
      'output/0/content/0 (reasoning): deep',
      'output/1/content/0 (content): hello',
      'output/1/content/1 (refusal): no',
      'output/2/arguments (arguments): one',
      'output/3/input (input): free',
      'output/4/text/0 (content): tea',
      'output/5/revised_prompt (content): a cat',
    ])
    expect(shouted('responses', response)['output_text']).toBe('HELLO')
  })

  it('of chat are also its sources, and whatever a provider puts beside what it says', () => {
    const value: JsonObject = {
      ...completion,
      citations: ['https://p.example', { title: 'page', url: 'https://q.example' }],
      x_groq: { id: 'req_1' },
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: 'hello',
            annotations: [
              { type: 'url_citation', url_citation: { url: 'https://p.example', title: 't', content: 'c' } },
            ],
            thinking: 'hm',
            thought_signature: 'AAAA',
          },
          remark: ['r', ''],
          native_finish_reason: 'stop',
          finish_reason: 'stop',
        },
      ],
    }
    expect(visited('chat', value)).toEqual([
      '0/content (content): hello',
      '0/annotations/0 (content): t',
      '0/annotations/1 (content): c',
      '0/others/thinking (content): hm',
      '0/beside/remark/0 (content): r',
      'others/citations/0 (content): https://p.example',
      'others/citations/1 (content): page',
    ])
    expect(shouted('chat', value)).toMatchObject({
      citations: ['HTTPS://P.EXAMPLE', { title: 'PAGE', url: 'https://q.example' }],
      choices: [{ message: { content: 'HELLO', thinking: 'HM', annotations: [] }, remark: ['R', ''] }],
    })
  })

  it('of a response are also the titles of what it cites', () => {
    const annotations = [{ type: 'url_citation', title: 'page', url: 'https://p.example', start_index: 0 }]
    const output = [{ type: 'message', content: [{ type: 'output_text', text: 'a', annotations }] }]
    expect(visited('responses', { output })).toEqual([
      'output/0/content/0 (content): a',
      'output/0/content/0/annotations/0 (content): page',
    ])
  })

  it('are long numbers and telling names in the input of a tool too', () => {
    const input = { card: 4111111111111111, 'jane@example.org': true, n: 1 }
    expect(visited('messages', { content: [{ type: 'tool_use', input }] })).toEqual([
      'content/0/input (arguments): 4111111111111111',
      'content/0/input (arguments): jane@example.org',
    ])
  })

  it('of a message are those of every block, and the passages it cites', () => {
    expect(visited('messages', message)).toEqual([
      'content/0/thinking (reasoning): hm',
      'content/2/text (content): hello',
      'content/2/citations/0/0 (content): page',
      'content/2/citations/0/1 (content): book',
      'content/3/input (arguments): one',
      'content/3/input (arguments): two',
      'content/4/text/0 (content): files',
    ])
  })

  it('of the others', () => {
    const choices = [
      { index: 0, text: 'one' },
      { index: 1, text: 'two' },
    ]
    expect(visited('text_completion', { choices })).toEqual(['0/text (content): one', '1/text (content): two'])
    expect(visited('images', { data: [{ b64_json: 'AA', revised_prompt: 'cat' }] })).toEqual([
      'data/0/revised_prompt (content): cat',
    ])
    expect(visited('audio', { text: 'a b', segments: [{ text: 'a' }, { text: ' b' }] })).toEqual([
      'text (content): a b',
      'segments/0/text (content): a',
      'segments/1/text (content):  b',
    ])
    expect(visited('embeddings', { data: [{ embedding: [1] }], note: 'x' })).toEqual([])
    expect(visited('moderations', { results: [{ flagged: true }] })).toEqual([])
  })
})

describe('what says a changed text again', () => {
  it('goes from a choice of chat, and from that choice only', () => {
    const mapped = mapAnswerTexts('chat', completion, (text) => (text === 'hello' ? 'bye' : text))
    const [first, second] = mapped['choices'] as readonly JsonObject[]
    expect(first).toMatchObject({ logprobs: null, message: { content: 'bye', annotations: [] } })
    expect(second).toBe((completion['choices'] as readonly JsonValue[])[1])
  })

  it('follows where reasoning is told three times', () => {
    const mapped = mapAnswerTexts('chat', completion, (text) => (text === 'hm' ? 'well' : text))
    const [{ message }] = mapped['choices'] as unknown as readonly [{ readonly message: JsonObject }]
    expect(message).toMatchObject({ reasoning: 'well', reasoning_content: 'well', content: 'hello' })
    expect(message['reasoning_details']).toEqual([
      { type: 'reasoning.text', text: 'well', index: 0 },
      { type: 'reasoning.text', text: '', index: 1, signature: 'sig' },
    ])
  })

  it('goes from a part of a response', () => {
    const [, said] = shouted('responses', response)['output'] as readonly JsonObject[]
    expect(said?.['content']).toEqual([
      { type: 'output_text', text: 'HELLO', annotations: [], logprobs: [] },
      { type: 'refusal', refusal: 'NO' },
    ])
  })

  it('goes from spoken answers', () => {
    const audio = { id: 'a', data: 'AAAA', transcript: 'hello', expires_at: 1 }
    const choices = [{ index: 0, message: { role: 'assistant', content: null, audio }, finish_reason: 'stop' }]
    expect(shouted('chat', { choices })).toMatchObject({
      choices: [{ message: { audio: { data: '', transcript: 'HELLO' } } }],
    })
  })

  it('goes from a transcription: its words always, its segments when they say something else than the text', () => {
    const value: JsonObject = {
      text: 'call 555 now',
      words: [{ word: 'call' }, { word: '555' }],
      segments: [
        { id: 0, text: 'call 5', tokens: [1] },
        { id: 1, text: '55 now', tokens: [2] },
      ],
      logprobs: [{ token: '555' }],
    }
    const redacted = mapAnswerTexts('audio', value, (text) => text.replace('555', '***'))
    expect(redacted).toEqual({ text: 'call *** now', words: [], segments: [], logprobs: [] })
    const shorter = mapAnswerTexts('audio', value, (text) => text.replace('now', 'NOW'))
    expect(shorter['segments']).toEqual([
      { id: 0, text: 'call 5', tokens: [1] },
      { id: 1, text: '55 NOW', tokens: [] },
    ])
    expect(shorter['words']).toEqual([])
  })
})

describe('any answer', () => {
  const body = fc.dictionary(
    fc.constantFrom('choices', 'output', 'content', 'data', 'text', 'segments', 'output_text'),
    fc.jsonValue({ maxDepth: 6 }),
  ) as fc.Arbitrary<JsonObject>

  it('is the very same when every text stays as it is, whatever its shape', () => {
    fc.assert(
      fc.property(fc.constantFrom(...operations), body, (operation, value) => {
        expect(mapAnswerTexts(operation, value, (text) => text)).toBe(value)
      }),
    )
  })

  it('is refused when it is nested too deeply to be looked through', () => {
    let deep: JsonValue = 'secret'
    for (let level = 0; level < 300; level += 1) deep = [deep]
    const value: JsonObject = { content: [{ type: 'tool_use', input: { deep } }] }
    expect(() => mapAnswerTexts('messages', value, (text) => text)).toThrow(
      expect.objectContaining({ kind: 'upstream_error' }) as Error,
    )
  })
})

describe('a blocked answer', () => {
  it.each<[Operation, JsonObject]>([
    ['chat', completion],
    ['responses', response],
    ['messages', message],
    ['images', { created: 1, data: [{ revised_prompt: 'cat' }], usage }],
    ['audio', { text: 'a', segments: [{ text: 'a' }], words: [{ word: 'a' }], language: 'en', usage }],
    [
      'text_completion',
      { id: 'c', object: 'text_completion', choices: [{ index: 0, text: 'a', logprobs: {} }], usage },
    ],
  ])('of %s has no text left, and its usage', (operation, value) => {
    const blocked = blockAnswer(operation, value)
    expect(visited(operation, blocked)).toEqual([])
    expect(blocked['usage']).toBe(value['usage'])
  })

  it('ends as a filter ends it', () => {
    expect(blockAnswer('chat', completion)).toEqual({
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 1,
      model: 'm',
      usage,
      choices: [0, 1].map((index) => ({
        index,
        message: { role: 'assistant', content: '', refusal: null },
        logprobs: null,
        finish_reason: 'content_filter',
      })),
    })
    expect(blockAnswer('text_completion', { choices: [{ index: 0, text: 'x' }] })['choices']).toEqual([
      { index: 0, text: '', logprobs: null, finish_reason: 'content_filter' },
    ])
    expect(blockAnswer('responses', response)).toMatchObject({
      id: 'resp_1',
      status: 'incomplete',
      incomplete_details: { reason: 'content_filter' },
      output: [],
      output_text: '',
    })
    expect(blockAnswer('messages', message)).toMatchObject({ content: [], stop_reason: 'refusal' })
    expect(blockAnswer('images', { created: 1, data: [{}] })).toEqual({ created: 1, data: [] })
    expect(blockAnswer('audio', { text: 'a', words: [] })).toEqual({ text: '' })
  })
})
