import { describe, expect, it } from 'vitest'
import type { CollectingSink } from '../collecting-sink.ts'
import { meaningOf } from '../../recorded/meaning.ts'
import { block, call, ending, haiku, start, stop, stream, text, thinking, whole } from './support.ts'

const deltas = (sink: CollectingSink) => sink.sent.flatMap((chunk) => chunk.choices.map((choice) => choice.delta))
const reasons = (sink: CollectingSink) =>
  sink.sent.flatMap((chunk) => chunk.choices.map((choice) => choice.finish_reason)).filter((reason) => reason !== null)
const answer = (content: readonly object[], more: object = {}) => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: haiku,
  content,
  stop_reason: 'end_turn',
  usage: { input_tokens: 3, output_tokens: 4 },
  ...more,
})

describe('a stream', () => {
  it('E10 E11 E12 is in normal form', () => {
    const sink = stream([start(), ...text(0, 'Hel', 'lo'), ending('end_turn'), stop])
    expect(deltas(sink)).toEqual([{ role: 'assistant', content: '' }, { content: 'Hel' }, { content: 'lo' }, {}])
    expect(reasons(sink)).toEqual(['stop'])
    for (const chunk of sink.sent)
      expect([chunk.id, chunk.object, chunk.created, chunk.model]).toEqual([
        'chatcmpl-msg_1',
        'chat.completion.chunk',
        1_767_268_800,
        haiku,
      ])
    expect(sink.ended).toBe(true)
    expect(sink.sent.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 10, completion_tokens: 5 } })
  })

  it('says in its text exactly what it hands on parsed', () => {
    const sink = stream([
      start(),
      ...thinking(0, 'sig', 'Hm "quoted"\n\u2028'),
      ...text(1, 'Ü\\ "x"\u0000 😀'),
      ...call(2, 'toolu_1', 'f', '{"a":', '"\\n"}'),
      ending('tool_use'),
      stop,
    ])
    for (const chunk of sink.chunks) expect(JSON.parse(String(chunk.json))).toEqual(chunk.value)
  })

  it('E02 hides the usage from a client that did not ask for it, and counts it', () => {
    const sink = stream([start(), ...text(0, 'Hi'), ending('end_turn'), stop], { call: { clientWantsUsage: false } })
    expect(sink.sent.filter((chunk) => chunk.choices.length === 0)).toEqual([])
    expect(sink.usages.at(-1)).toMatchObject({ inputTokens: 10, outputTokens: 5 })
  })

  it('G11 E14 counts the tool calls itself, also when their parts alternate', () => {
    const begin = (index: number, id: string) => ({
      type: 'content_block_start',
      index,
      content_block: { type: 'tool_use', id, name: `f_${id}`, input: {} },
    })
    const more = (index: number, part: string) => ({
      type: 'content_block_delta',
      index,
      delta: { type: 'input_json_delta', partial_json: part },
    })
    const sink = stream([
      start(),
      ...text(0, 'Let me look.'),
      begin(1, 'a'),
      begin(2, 'b'),
      more(2, '{"y"'),
      more(1, '{"x":1}'),
      more(2, ':2}'),
      { type: 'content_block_stop', index: 1 },
      { type: 'content_block_stop', index: 2 },
      ending('tool_use'),
      stop,
    ])
    const calls = deltas(sink).flatMap((delta) => delta.tool_calls ?? [])
    expect(calls).toEqual([
      { index: 0, id: 'a', type: 'function', function: { name: 'f_a', arguments: '' } },
      { index: 1, id: 'b', type: 'function', function: { name: 'f_b', arguments: '' } },
      { index: 1, function: { arguments: '{"y"' } },
      { index: 0, function: { arguments: '{"x":1}' } },
      { index: 1, function: { arguments: ':2}' } },
    ])
    expect(reasons(sink)).toEqual(['tool_calls'])
  })

  it.each([
    ['no part', []],
    ['an empty part', ['']],
  ])('G12 gives a call without arguments the empty object (%s)', (_what, parts) => {
    const sink = stream([start(), ...call(0, 'a', 'f', ...parts), ending('tool_use'), stop])
    expect(meaningOf(sink.sent).calls).toEqual([{ name: 'f', arguments: '{}' }])
    const raw = deltas(sink).flatMap((delta) => delta.tool_calls ?? [])
    expect(raw.map((delta) => delta.function.arguments).join('')).toBe('{}')
  })

  it('takes an input that came whole with the beginning of its block', () => {
    const sink = stream([
      start(),
      ...block(0, { type: 'tool_use', id: 'a', name: 'f', input: { x: 1 } }),
      ending('tool_use'),
      stop,
    ])
    expect(meaningOf(sink.sent).calls).toEqual([{ name: 'f', arguments: '{"x":1}' }])
  })

  it('G13 keeps thinking out of the content and hands its signature on', () => {
    const sink = stream([start(), ...thinking(0, 'sig', 'I ', 'think'), ...text(1, 'So.'), ending('end_turn'), stop])
    expect(meaningOf(sink.sent)).toMatchObject({ content: 'So.', reasoning: 'I think' })
    expect(deltas(sink).flatMap((delta) => delta['reasoning_details'] ?? [])).toEqual([
      { type: 'reasoning.text', text: 'I think', signature: 'sig', format: 'anthropic-claude-v1', index: 0 },
    ])
  })

  it('G15 shows nothing of redacted thinking but carries it', () => {
    const sink = stream([
      start(),
      ...block(0, { type: 'redacted_thinking', data: 'xyz' }),
      ...text(1, 'So.'),
      ending('end_turn'),
      stop,
    ])
    expect(meaningOf(sink.sent)).toMatchObject({ content: 'So.', reasoning: '' })
    expect(deltas(sink).flatMap((delta) => delta['reasoning_details'] ?? [])).toEqual([
      { type: 'reasoning.encrypted', data: 'xyz', format: 'anthropic-claude-v1', index: 0 },
    ])
  })

  it('tells citations as annotations of the passage they belong to', () => {
    const web = {
      type: 'web_search_result_location',
      url: 'https://e.com',
      title: 'E',
      cited_text: 'x',
      encrypted_index: '',
    }
    const place = {
      type: 'char_location',
      cited_text: 'y',
      document_index: 1,
      document_title: 'T',
      start_char_index: 2,
      end_char_index: 5,
    }
    const sink = stream([
      start(),
      ...text(0, 'abc'),
      ...block(
        1,
        { type: 'text', text: '', citations: [] },
        { type: 'citations_delta', citation: web },
        { type: 'text_delta', text: 'defg' },
        { type: 'citations_delta', citation: place },
      ),
      ending('end_turn'),
      stop,
    ])
    const expected = [
      {
        type: 'url_citation',
        url_citation: { start_index: 3, end_index: 7, url: 'https://e.com', title: 'E' },
        citation: web,
      },
      {
        type: 'url_citation',
        url_citation: { start_index: 3, end_index: 7, url: 'document:1#char=2,5', title: 'T' },
        citation: place,
      },
    ]
    const told = deltas(sink).flatMap((delta) => delta['annotations'] ?? [])
    expect(told).toEqual(expected.map((annotation, index) => ({ ...annotation, index })))
    const same = whole(
      answer([
        { type: 'text', text: 'abc' },
        { type: 'text', text: 'defg', citations: [web, place] },
      ]),
    )
    expect(same.sent[0]?.choices[0]?.message['annotations']).toEqual(expected)
  })

  it('J04 tells the citations of consecutive passages in one chunk, which clients put together', () => {
    const web = { type: 'web_search_result_location', url: 'https://e.com', title: 'E' }
    const cited = (index: number): readonly object[] =>
      block(
        index,
        { type: 'text', text: '' },
        { type: 'citations_delta', citation: web },
        { type: 'text_delta', text: 'abc' },
      )
    const sink = stream([
      start(),
      ...cited(0),
      ...block(1, { type: 'server_tool_use', id: 's', name: 'web_search', input: {} }),
      ...cited(2),
      ...call(3, 'toolu_1', 'look', '{}'),
      ...cited(4),
      ending('tool_use'),
      stop,
    ])
    const lists = deltas(sink).flatMap((delta) => (Array.isArray(delta['annotations']) ? [delta['annotations']] : []))
    expect(lists).toMatchObject([
      [
        { url_citation: { start_index: 0, end_index: 3 }, index: 0 },
        { url_citation: { start_index: 3, end_index: 6 }, index: 1 },
      ],
      [{ index: 2 }],
    ])
  })

  it('G16 G17 takes the last value of each field and adds the parts up', () => {
    const sink = stream([
      start({
        input_tokens: 10,
        cache_read_input_tokens: 100,
        cache_creation_input_tokens: 50,
        cache_creation: { ephemeral_5m_input_tokens: 20, ephemeral_1h_input_tokens: 30 },
        output_tokens: 1,
      }),
      ...text(0, 'Hi'),
      ending('end_turn', { output_tokens: 7, output_tokens_details: { thinking_tokens: 4 } }),
      { type: 'message_delta', delta: {}, usage: { output_tokens: 9 } },
      stop,
    ])
    expect(sink.usages).toEqual([
      {
        inputTokens: 160,
        outputTokens: 9,
        cacheReadInputTokens: 100,
        cacheCreationInputTokens: 50,
        cacheCreationOneHourInputTokens: 30,
        reasoningOutputTokens: 4,
      },
    ])
    expect(sink.sent.at(-1)?.usage).toMatchObject({
      prompt_tokens: 160,
      completion_tokens: 9,
      total_tokens: 169,
      prompt_tokens_details: { cached_tokens: 100, cache_write_tokens: 50 },
      completion_tokens_details: { reasoning_tokens: 4 },
    })
  })

  it.each([
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop'],
    ['max_tokens', 'length'],
    ['refusal', 'content_filter'],
    ['model_context_window_exceeded', 'length'],
    ['pause_turn', 'stop'],
    ['something_new', 'stop'],
  ])('G18 says %s as %s', (said, expected) => {
    expect(reasons(stream([start(), ...text(0, 'x'), ending(said), stop]))).toEqual([expected])
    expect(whole(answer([{ type: 'text', text: 'x' }], { stop_reason: said })).sent[0]?.choices[0]?.finish_reason).toBe(
      expected,
    )
  })

  it('G19 passes over what it does not know', () => {
    const sink = stream([
      { type: 'ping' },
      start(),
      { type: 'ping' },
      ...block(
        0,
        { type: 'server_tool_use', id: 's', name: 'web_search', input: {} },
        { type: 'input_json_delta', partial_json: '{"q":1}' },
      ),
      ...block(1, { type: 'web_search_tool_result', content: [] }),
      { type: 'something_new', content: 'x' },
      ...block(2, { type: 'new_block' }, { type: 'new_delta', text: 'no' }),
      ...text(3, 'Hi'),
      ending('end_turn'),
      stop,
    ])
    expect(meaningOf(sink.sent)).toMatchObject({ content: 'Hi', calls: [], finishReason: 'stop' })
    expect(sink.ended).toBe(true)
  })

  it('G20 says nothing after the finish reason', () => {
    const sink = stream([
      start(),
      ...text(0, 'Hi'),
      ending('end_turn'),
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: ' there' } },
      ...call(1, 'toolu_1', 'f', '{}'),
      stop,
    ])
    expect(meaningOf(sink.sent)).toMatchObject({ content: 'Hi', calls: [], finishReason: 'stop' })
    expect(sink.sent.findLast(({ choices }) => choices.length > 0)?.choices[0]?.finish_reason).toBe('stop')
  })

  it('holds no call of a custom tool without a bound', () => {
    const pieces = Array.from({ length: 9 }, () => 'x'.repeat(2 ** 20))
    const sink = stream([start(), ...call(0, 'toolu_1', 'run', ...pieces), ending('tool_use'), stop], {
      expected: { customTools: new Set(['run']) },
    })
    expect(sink.fault).toMatchObject({ kind: 'upstream_error' })
  })

  it('G20 begins once, whatever is repeated or spliced in', () => {
    const sink = stream([
      start(),
      start(),
      ...text(0, 'Hel'),
      start({ input_tokens: 12, output_tokens: 1 }),
      ...text(0, 'lo'),
      ending('end_turn', { output_tokens: 227 }),
      stop,
    ])
    expect(deltas(sink).filter((delta) => delta.role !== undefined)).toHaveLength(1)
    expect(meaningOf(sink.sent).content).toBe('Hello')
    expect(sink.usages.at(-1)).toMatchObject({ inputTokens: 12, outputTokens: 227 })
  })

  it('names the model that stepped in', () => {
    const sink = stream([
      start(),
      ...block(0, { type: 'fallback', from: { model: haiku }, to: { model: 'claude-opus-4-8' } }),
      ...text(1, 'Hi'),
      ending('end_turn'),
      stop,
    ])
    expect(new Set(sink.sent.map(({ model }) => model))).toEqual(new Set(['claude-opus-4-8']))
  })

  it.each([
    ['overloaded_error', 'upstream_overloaded', 503, 'overloaded'],
    ['rate_limit_error', 'upstream_rate_limited', 429, 'rate_limit_exceeded'],
    ['api_error', 'upstream_error', 502, 'upstream_error'],
    ['authentication_error', 'upstream_authentication', 502, 'upstream_authentication_error'],
  ])('C10 an error first (%s) can still become another answer', (type, kind, status, code) => {
    for (const before of [[], [start()], [{ type: 'ping' }, start(), { type: 'ping' }]]) {
      const sink = stream([...before, { type: 'error', error: { type, message: 'No' } }])
      expect(sink.chunks).toEqual([])
      expect(sink.fault).toMatchObject({ kind, status, code, mayFallOver: true })
    }
  })

  it('E15 an error in the middle ends the stream with its own words', () => {
    const sink = stream([
      start(),
      ...text(0, 'Hel'),
      { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
    ])
    expect(sink.fault).toMatchObject({ kind: 'upstream_error', message: 'Overloaded', type: 'overloaded_error' })
    expect(meaningOf(sink.sent).content).toBe('Hel')
  })

  it('E16 E17 a stream that breaks off is never whole', () => {
    for (const events of [[], [start()], [start(), stop], [start(), ...text(0, 'Hel')]])
      expect(stream(events).fault?.kind).toBe('upstream_interrupted')
    expect(stream([start(), ...text(0, 'Hello'), ending('end_turn')]).ended).toBe(true)
    expect(reasons(stream([start(), ...call(0, 'a', 'f', '{}'), stop]))).toEqual(['tool_calls'])
  })

  it('E18 refuses an event that is not an object', () => {
    const sink = stream([start(), ...text(0, 'x'), { toJSON: () => 'text' }])
    expect(sink.fault?.kind).toBe('upstream_error')
  })

  it('G10 turns the tool that takes the answer into the answer', () => {
    const events = [start(), ...call(0, 'a', 'answer', '{"x":', '1}'), ending('tool_use'), stop]
    const sink = stream(events, { expected: { answerTool: 'answer' } })
    expect(meaningOf(sink.sent)).toMatchObject({ content: '{"x":1}', calls: [], finishReason: 'stop' })
    const once = whole(
      answer([{ type: 'tool_use', id: 'a', name: 'answer', input: { x: 1 } }], { stop_reason: 'tool_use' }),
      { expected: { answerTool: 'answer' } },
    )
    expect(meaningOf(once.sent)).toMatchObject({ content: '{"x":1}', calls: [], finishReason: 'stop' })
  })

  it('gives custom tools their text', () => {
    const expected = { customTools: new Set(['run']) }
    const sink = stream([start(), ...call(0, 'a', 'run', '{"input":"print', '(1)"}'), ending('tool_use'), stop], {
      expected,
    })
    expect(deltas(sink).flatMap((delta) => delta.tool_calls ?? [])).toEqual([
      { index: 0, id: 'a', type: 'custom', custom: { name: 'run', input: '' } },
      { index: 0, custom: { input: 'print(1)' } },
    ])
    const once = whole(answer([{ type: 'tool_use', id: 'a', name: 'run', input: { input: 'print(1)' } }]), { expected })
    expect(once.sent[0]?.choices[0]?.message.tool_calls).toEqual([
      { id: 'a', type: 'custom', custom: { name: 'run', input: 'print(1)' } },
    ])
  })

  it('D13 answers the deprecated form in its own words', () => {
    const expected = { isDeprecatedForm: true }
    const sink = stream([start(), ...call(0, 'a', 'f', '{"x":1}'), ending('tool_use'), stop], { expected })
    expect(deltas(sink).flatMap((delta) => delta['function_call'] ?? [])).toEqual([
      { name: 'f', arguments: '' },
      { arguments: '{"x":1}' },
    ])
    expect(reasons(sink)).toEqual(['function_call'])
    const once = whole(
      answer([{ type: 'tool_use', id: 'a', name: 'f', input: { x: 1 } }], { stop_reason: 'tool_use' }),
      { expected },
    )
    expect(once.sent[0]?.choices[0]).toMatchObject({
      finish_reason: 'function_call',
      message: { content: null, function_call: { name: 'f', arguments: '{"x":1}' } },
    })
  })
})

describe('an answer in one piece', () => {
  it('D01 is a completion', () => {
    const sink = whole(
      answer(
        [
          { type: 'thinking', thinking: 'Hm', signature: 'sig' },
          { type: 'text', text: 'Let me look.' },
          { type: 'tool_use', id: 'a', name: 'f', input: {} },
          { type: 'tool_use', id: 'b', name: 'g', input: { x: 1 } },
        ],
        { stop_reason: 'tool_use' },
      ),
    )
    expect(sink.sent).toEqual([
      {
        id: 'chatcmpl-msg_1',
        object: 'chat.completion',
        created: 1_767_268_800,
        model: haiku,
        choices: [
          {
            index: 0,
            message: {
              role: 'assistant',
              content: 'Let me look.',
              refusal: null,
              reasoning_content: 'Hm',
              reasoning_details: [
                { type: 'reasoning.text', text: 'Hm', signature: 'sig', format: 'anthropic-claude-v1', index: 0 },
              ],
              tool_calls: [
                { id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } },
                { id: 'b', type: 'function', function: { name: 'g', arguments: '{"x":1}' } },
              ],
            },
            logprobs: null,
            finish_reason: 'tool_calls',
          },
        ],
        usage: expect.objectContaining({ prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 }),
      },
    ])
  })

  it('has content null beside calls alone and an empty text when there is nothing', () => {
    const called = whole(answer([{ type: 'tool_use', id: 'a', name: 'f', input: {} }], { stop_reason: 'tool_use' }))
    expect(called.sent[0]?.choices[0]?.message.content).toBeNull()
    const nothing = whole(answer([], { stop_reason: 'refusal' }))
    expect(nothing.sent[0]?.choices[0]).toMatchObject({ finish_reason: 'content_filter', message: { content: '' } })
  })

  it('E22 E23 says the same as the stream, to whoever asked for which', () => {
    const content = [
      { type: 'text', text: 'Hi' },
      { type: 'tool_use', id: 'a', name: 'f', input: { x: 1 } },
    ]
    const asStream = whole(answer(content, { stop_reason: 'tool_use' }), { call: { stream: true } })
    const asWhole = stream([start(), ...text(0, 'Hi'), ...call(1, 'a', 'f', '{"x":1}'), ending('tool_use'), stop], {
      call: { stream: false },
    })
    expect(asWhole.sent).toHaveLength(1)
    const told = { content: 'Hi', calls: [{ name: 'f', arguments: '{"x":1}' }], finishReason: 'tool_calls' }
    expect(meaningOf(asStream.sent)).toMatchObject(told)
    expect(meaningOf(asWhole.sent)).toMatchObject(told)
  })

  it.each([
    ['an error', { type: 'error', error: { type: 'overloaded_error', message: 'x' } }, 'upstream_overloaded'],
    ['no content', { type: 'message' }, 'upstream_error'],
    ['no object', [], 'upstream_error'],
  ])('with %s is a fault', (_what, value, kind) => {
    expect(whole(value).fault?.kind).toBe(kind)
  })
})
