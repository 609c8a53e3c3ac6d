import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../src/core/json.ts'
import { operations, type Operation } from '../../src/core/operation.ts'
import { splitFinish, streamReader, type StreamReader } from '../../src/wire-texts/answer-stream.ts'

function readerOf(operation: Operation): StreamReader {
  const reader = streamReader(operation)
  if (reader === null) throw new Error(`no reader for ${operation}`)
  return reader
}

function chunk(delta: JsonObject, finishReason: string | null = null, index = 0): JsonObject {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 7,
    model: 'm',
    choices: [{ index, delta, logprobs: null, finish_reason: finishReason }],
  }
}

/** Reads and sends an event as it is. @returns `channel: text` of its pieces and `x channel` of what it closes. */
function passed(reader: StreamReader, value: JsonObject): string[] {
  const event = reader.read(value)
  reader.renumber(value)
  return [...event.pieces.map(({ channel, text }) => `${channel}: ${text}`), ...event.closes.map((name) => `x ${name}`)]
}

it('there is a reader for each stream of texts', () => {
  expect(operations.filter((operation) => streamReader(operation) !== null)).toEqual([
    'chat',
    'text_completion',
    'responses',
    'compaction',
    'messages',
  ])
})

describe('a stream of chat', () => {
  it('has its texts in pieces, which the finish reason of their choice closes', () => {
    const reader = readerOf('chat')
    expect(passed(reader, chunk({ role: 'assistant', content: '' }))).toEqual([])
    expect(passed(reader, chunk({ content: 'he' }))).toEqual(['0/content: he'])
    expect(passed(reader, chunk({ content: 'x' }, null, 1))).toEqual(['1/content: x'])
    expect(passed(reader, chunk({ refusal: 'no' }))).toEqual(['0/refusal: no'])
    expect(passed(reader, chunk({}, 'stop'))).toEqual(['x 0/content', 'x 0/refusal'])
    expect(passed(reader, { ...chunk({}), choices: [], usage: { total_tokens: 3 } })).toEqual([])
    expect(passed(reader, chunk({}, 'stop', 1))).toEqual(['x 1/content'])
  })

  it('goes on with a text whatever a model does in between, until its choice says why it ends', () => {
    const reader = readerOf('chat')
    expect(passed(reader, chunk({ content: 'sword' }))).toEqual(['0/content: sword'])
    expect(passed(reader, chunk({ reasoning_content: 'hm' }))).toEqual(['0/reasoning: hm'])
    expect(passed(reader, chunk({ content: 'fish' }))).toEqual(['0/content: fish'])
    expect(
      passed(reader, chunk({ tool_calls: [{ index: 0, id: 'a', function: { name: 'f', arguments: '' } }] })),
    ).toEqual([])
    expect(passed(reader, chunk({ content: '!', reasoning_content: 'so' }))).toEqual([
      '0/reasoning: so',
      '0/content: !',
    ])
    expect(passed(reader, chunk({}, 'stop'))).toEqual(['x 0/content', 'x 0/reasoning'])
  })

  it('takes an empty finish reason for none, as providers send it with every chunk', () => {
    const reader = readerOf('chat')
    expect(passed(reader, chunk({ content: 'sword' }, ''))).toEqual(['0/content: sword'])
    expect(passed(reader, chunk({ content: 'fish' }, ''))).toEqual(['0/content: fish'])
    expect(splitFinish(chunk({ content: 'fish' }, ''))).toBeNull()
    expect(passed(reader, chunk({}, 'stop'))).toEqual(['x 0/content'])
  })

  it('closes a call whose JSON is whole when the next one begins, and no other call', () => {
    const reader = readerOf('chat')
    const call = (index: number, more: JsonObject): JsonObject => chunk({ tool_calls: [{ index, ...more }] })
    expect(passed(reader, call(0, { function: { arguments: '{"a":"}"' } }))).toEqual([
      '0/tool_calls/0/arguments: {"a":"}"',
    ])
    expect(passed(reader, call(1, { id: 'b', function: { name: 'f', arguments: '{}' } }))).toEqual([
      '0/tool_calls/1/arguments: {}',
    ])
    expect(passed(reader, call(0, { function: { arguments: '}' } }))).toEqual(['0/tool_calls/0/arguments: }'])
    expect(passed(reader, call(2, { id: 'c', custom: { name: 'g', input: '{}' } }))).toEqual([
      '0/tool_calls/2/input: {}',
      'x 0/tool_calls/0/arguments',
      'x 0/tool_calls/1/arguments',
    ])
    // Plain input has no end of its own.
    expect(passed(reader, call(3, { id: 'd', function: { name: 'f', arguments: '' } }))).toEqual([])
    expect(passed(reader, call(2, { custom: { input: ' more' } }))).toEqual(['0/tool_calls/2/input:  more'])
    expect(passed(reader, chunk({}, 'tool_calls'))).toEqual(['x 0/tool_calls/2/input'])
  })

  it('tells arguments, which are JSON, from plain inputs of tools', () => {
    const calls = [
      { index: 0, function: { arguments: '{' } },
      { index: 1, custom: { input: '{' } },
    ]
    expect(
      readerOf('chat')
        .read(chunk({ tool_calls: calls }))
        .pieces.map(({ field }) => field),
    ).toEqual(['arguments', 'input'])
  })

  it('puts parts of a refusal and of what is thought where they belong', () => {
    const reader = readerOf('chat')
    const content = [
      { type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] },
      { type: 'text', text: 'so' },
      { type: 'refusal', refusal: 'no' },
    ]
    expect(passed(reader, chunk({ content }))).toEqual(['0/reasoning: hm', '0/content: so', '0/refusal: no'])
    expect(reader.delta('0/refusal', '!').value['choices']).toMatchObject([{ delta: { refusal: '!' } }])
  })

  it('has a text of its own for each member of a delta that nobody knows, whose pieces belong together', () => {
    const reader = readerOf('chat')
    expect(passed(reader, chunk({ thinking: 'sword', channel: 'final', id: 'x' }))).toEqual([
      '0/others/thinking: sword',
    ])
    const event = reader.read(chunk({ thinking: 'fish', note: 'n' }))
    expect(event.pieces.map(({ channel }) => channel)).toEqual(['0/others/thinking', '0/others/note'])
    expect(event.with(['', 'n'])).toEqual(chunk({ thinking: '', note: 'n' }))
    expect(reader.delta('0/others/thinking', 'more').value['choices']).toMatchObject([{ delta: { thinking: 'more' } }])
    expect(passed(reader, chunk({}, 'stop'))).toEqual(['x 0/others/thinking', 'x 0/others/note'])
  })

  it('has sources and other texts that come whole, over with their event', () => {
    const reader = readerOf('chat')
    const annotations = [
      { type: 'url_citation', url_citation: { url: 'https://p.example', title: 'page', content: 'c' } },
    ]
    const value = { ...chunk({ annotations }), citations: ['https://p.example'], search_results: [{ title: 'page 2' }] }
    expect(passed(reader, value)).toEqual([
      '0/annotations/0: page',
      '0/annotations/1: c',
      'others/citations/0: https://p.example',
      'others/search_results/0: page 2',
      'x 0/annotations/0',
      'x 0/annotations/1',
      'x others/citations/0',
      'x others/search_results/0',
    ])
    // A page with the same name is another text, one that went by is not looked at again.
    expect(passed(reader, { ...chunk({ content: 'a' }), citations: ['https://p.example', 'new'] })).toEqual([
      '0/content: a',
      'others/citations/2: new',
      'x others/citations/2',
    ])
  })

  it('looks again at a source that was changed, whenever it is told again', () => {
    const reader = readerOf('chat')
    const value = { ...chunk({ content: 'a' }), citations: ['bad', 'good', 'bad'] }
    expect(reader.read(value).with(['a', '*', 'good', '*'])).toEqual({ ...value, citations: ['*', 'good', '*'] })
    const again = reader.read(value)
    expect(again.pieces.map(({ text }) => text)).toEqual(['a', 'bad', 'bad'])
    expect(again.with(['a', '*', '*'])).toEqual({ ...value, citations: ['*', 'good', '*'] })
  })

  it('says nothing a second time once a text was held back: logprobs, a message beside the delta', () => {
    const logprobs = { content: [{ token: 'secret' }] }
    const spelled = (delta: JsonObject, more: JsonObject = {}): JsonObject => ({
      ...chunk(delta),
      choices: [{ index: 0, delta, logprobs, finish_reason: null, ...more }],
    })
    const reader = readerOf('chat')
    const before = reader.read(spelled({}))
    expect([before.repeats, before.with([])]).toEqual([false, spelled({})])
    reader.read(chunk({ content: 'sec' })).with([''])
    const alone = reader.read(spelled({}))
    expect(alone.repeats).toBe(true)
    expect(alone.repeated((_channel, text) => text)).toEqual(chunk({}))
    expect(reader.read(spelled({ content: 'same' })).with(['same'])).toEqual(chunk({ content: 'same' }))
    const beside = reader.read(spelled({ content: 'a' }, { message: { role: 'assistant', content: 'secret a' } }))
    expect(beside.with(beside.pieces.map(({ text }) => text))).toEqual(chunk({ content: 'a' }))
    const other = { ...spelled({}), choices: [{ index: 1, delta: {}, logprobs, finish_reason: null }] }
    expect(reader.read(other).repeats).toBe(false)
  })

  it('lets what is spoken fall silent once its transcript was held back, and nothing else', () => {
    const reader = readerOf('chat')
    const sound = chunk({ audio: { data: 'QUJD' } })
    const sent = (): JsonObject => reader.read(sound).repeated((_channel, text) => text)
    reader.read(chunk({ content: 'beside' })).with([''])
    expect(sent()).toBe(sound)
    reader.read(chunk({ audio: { id: 'a', transcript: 'secret' } })).with([''])
    expect(sent()).toEqual(chunk({ audio: { data: '' } }))
  })

  it('takes other texts in, and loses the logprobs of those only', () => {
    const value = chunk({ content: 'secret' })
    const choices = [{ index: 0, delta: { content: 'secret' }, logprobs: { content: [{ token: 'secret' }] } }]
    const event = readerOf('chat').read({ ...value, choices })
    expect(event.with(['secret'])).toEqual({ ...value, choices })
    expect(event.with(['***'])).toEqual({
      ...value,
      choices: [{ index: 0, delta: { content: '***' }, logprobs: null }],
    })
  })

  it('gives nothing when nothing is left worth sending', () => {
    const read = (value: JsonObject) => readerOf('chat').read(value).with([''])
    expect(read(chunk({ content: 'a' }))).toBeNull()
    expect(read(chunk({ tool_calls: [{ index: 0, function: { arguments: 'a' } }] }))).toBeNull()
    expect(read(chunk({ role: 'assistant', content: 'a' }))).not.toBeNull()
    expect(read(chunk({ content: 'a' }, 'stop'))).not.toBeNull()
    expect(read({ ...chunk({ content: 'a' }), usage: { total_tokens: 1 } })).not.toBeNull()
    expect(read(chunk({ tool_calls: [{ index: 0, id: 'x', function: { name: 'f', arguments: 'a' } }] }))).not.toBeNull()
  })

  it('can be told to go on, in the frame of its chunks and the members that its text stands in', () => {
    const reader = readerOf('chat')
    const detail = { type: 'reasoning.text', text: 'h', index: 0, format: 'f', signature: 's' }
    reader.read({ ...chunk({ reasoning: 'h', reasoning_content: 'h', reasoning_details: [detail] }), usage: null })
    const { signature: _signature, ...kept } = detail
    expect(reader.delta('0/reasoning', 'm')).toEqual({
      value: {
        ...chunk({ reasoning: 'm', reasoning_content: 'm', reasoning_details: [{ ...kept, text: 'm' }] }),
        usage: null,
      },
    })
    expect(reader.delta('1/tool_calls/2/arguments', '{}').value['choices']).toEqual([
      {
        index: 1,
        delta: { tool_calls: [{ index: 2, function: { arguments: '{}' } }] },
        logprobs: null,
        finish_reason: null,
      },
    ])
    expect(reader.delta('0/content~2', 'x').value['choices']).toMatchObject([{ index: 0, delta: { content: 'x' } }])
    expect(reader.delta('0/audio/transcript', 'x').value['choices']).toMatchObject([{ delta: { audio: {} } }])
  })

  it('replaces reasoning wherever a chunk tells it', () => {
    const said = { reasoning: 'h', reasoning_content: 'h', reasoning_details: [{ type: 'reasoning.text', text: 'h' }] }
    const event = readerOf('chat').read(chunk(said))
    expect(event.pieces.map(({ text }) => text)).toEqual(['h'])
    expect(event.with(['*'])).toEqual(
      chunk({ reasoning: '*', reasoning_content: '*', reasoning_details: [{ type: 'reasoning.text', text: '*' }] }),
    )
  })

  it('is ended by a filter in every choice that the client has not seen end', () => {
    const reader = readerOf('chat')
    passed(reader, chunk({ role: 'assistant', content: 'a' }))
    passed(reader, chunk({ content: 'b' }, null, 1))
    passed(reader, chunk({ content: 'c' }, 'stop', 2))
    // It was read and not sent.
    reader.read(chunk({}, 'stop'))
    expect(reader.blocked(() => '').map(({ value }) => value['choices'])).toEqual([
      [{ index: 0, delta: {}, logprobs: null, finish_reason: 'content_filter' }],
      [{ index: 1, delta: { role: 'assistant', content: '' }, logprobs: null, finish_reason: 'content_filter' }],
    ])
  })

  it('can have a chunk with its last text split from the end', () => {
    const value = { ...chunk({ content: 'last' }, 'stop'), usage: { total_tokens: 1 } }
    expect(splitFinish(value)).toEqual({
      text: { ...chunk({ content: 'last' }), usage: null },
      finish: { ...chunk({}, 'stop'), usage: { total_tokens: 1 } },
    })
    expect(splitFinish(chunk({ content: 'more' }))).toBeNull()
    expect(splitFinish(chunk({}, 'stop'))).toBeNull()
  })
})

describe('a stream of text completions', () => {
  const said = (text: string, finishReason: string | null = null): JsonObject => ({
    id: 'cmpl-1',
    object: 'text_completion',
    created: 7,
    model: 'm',
    choices: [{ index: 0, text, logprobs: null, finish_reason: finishReason }],
  })

  it('has one text for each choice', () => {
    const reader = readerOf('text_completion')
    expect(passed(reader, said('a'))).toEqual(['0/text: a'])
    expect(passed(reader, said('b', 'stop'))).toEqual(['0/text: b', 'x 0/text'])
    expect(reader.delta('0/text', 'c').value).toEqual(said('c'))
    expect(reader.blocked(() => '')).toEqual([])
  })

  it('is ended by a filter', () => {
    const reader = readerOf('text_completion')
    passed(reader, said('a'))
    expect(reader.blocked(() => '')).toEqual([{ value: said('', 'content_filter') }])
  })
})

/** Numbered events of the Responses API. */
function numbered(events: readonly JsonObject[]): JsonObject[] {
  return events.map((event, index) => ({ ...event, sequence_number: index }))
}

const at = { item_id: 'msg_1', output_index: 0, content_index: 0 }
const item = { id: 'msg_1', type: 'message', role: 'assistant', status: 'in_progress', content: [] }
const part = { type: 'output_text', text: '', annotations: [], logprobs: [] }
const full = { ...part, text: 'hello', annotations: [{ start_index: 1 }], logprobs: [{ token: 'hello' }] }
const whole = { ...item, status: 'completed', content: [full] }
const [created, added, partAdded, first, second, textDone, partDone, itemDone, completed] = numbered([
  { type: 'response.created', response: { id: 'resp_1', object: 'response', status: 'in_progress', output: [] } },
  { type: 'response.output_item.added', output_index: 0, item },
  { type: 'response.content_part.added', ...at, part },
  { type: 'response.output_text.delta', ...at, delta: 'hel', logprobs: [{ token: 'hel' }] },
  { type: 'response.output_text.delta', ...at, delta: 'lo', logprobs: [] },
  { type: 'response.output_text.done', ...at, text: 'hello', logprobs: [{ token: 'hello' }] },
  { type: 'response.content_part.done', ...at, part: full },
  { type: 'response.output_item.done', output_index: 0, item: whole },
  { type: 'response.completed', response: { id: 'resp_1', object: 'response', status: 'completed', output: [whole] } },
]) as [JsonObject, JsonObject, JsonObject, JsonObject, JsonObject, JsonObject, JsonObject, JsonObject, JsonObject]

describe('a stream of the Responses API', () => {
  it('has its texts in pieces, which the events that repeat them close', () => {
    const reader = readerOf('responses')
    const seen = [created, added, partAdded, first, second, textDone, partDone, itemDone, completed].map((event) => {
      const { repeats, closesAll } = reader.read(event)
      return { repeats, closesAll }
    })
    expect(seen.map(({ repeats }) => repeats)).toEqual([false, false, false, false, false, true, true, true, true])
    expect(seen.map(({ closesAll }) => closesAll)).toEqual([...Array.from({ length: 8 }, () => false), true])
    const again = readerOf('responses')
    expect([first, second, textDone, partDone].flatMap((event) => passed(again, event))).toEqual([
      'output/0/content/0: hel',
      'output/0/content/0: lo',
      'x output/0/content/0',
    ])
  })

  it('repeats what was released, and nothing that spells the rest', () => {
    const reader = readerOf('responses')
    const released = (event: JsonObject) =>
      reader.read(event).repeated((channel, text) => (channel === 'output/0/content/0' ? 'h***' : text))
    const said = { ...full, text: 'h***', annotations: [], logprobs: [] }
    expect(released(textDone)).toEqual({ ...textDone, text: 'h***', logprobs: [] })
    expect(released(partDone)).toEqual({ ...partDone, part: said })
    expect(released(itemDone)).toEqual({ ...itemDone, item: { ...whole, content: [said] } })
    expect(released(completed)['response']).toMatchObject({ output: [{ content: [said] }] })
  })

  it('knows the items of its last event by their ids, wherever they stand there', () => {
    const reader = readerOf('responses')
    const later = { ...itemDone, output_index: 3 }
    reader.read(later)
    const event = reader.read(completed)
    const seen: string[] = []
    event.repeated((channel, text) => {
      seen.push(channel)
      return text
    })
    expect(seen).toEqual(['output/3/content/0'])
  })

  it('counts on without gaps when events are put in or left out', () => {
    const reader = readerOf('responses')
    expect([created, added, partAdded].every((event) => reader.renumber(event) === event)).toBe(true)
    expect(reader.read(first).with([''])).toBeNull()
    reader.read(second)
    const more = reader.delta('output/0/content/0', 'hell')
    expect(more.event).toBe('response.output_text.delta')
    expect(reader.renumber(more.value)).toEqual({ ...second, delta: 'hell', sequence_number: 3 })
    expect(reader.renumber(second)).toBe(second)
    reader.renumber(reader.delta('output/0/content/0', '!').value)
    expect(reader.renumber(textDone)).toEqual({ ...textDone, sequence_number: 6 })
    const keepalive = { type: 'keepalive' }
    expect(reader.renumber(keepalive)).toBe(keepalive)
  })

  it('is ended by a filter with what went out of it', () => {
    const reader = readerOf('responses')
    for (const event of [created, added, partAdded, first]) passed(reader, event)
    const call = { id: 'fc', type: 'function_call', call_id: 'c', name: 'f', arguments: '', status: 'in_progress' }
    passed(reader, { type: 'response.output_item.added', output_index: 1, item: call, sequence_number: 4 })
    reader.read(second)
    const events = reader.blocked(() => 'hel').map(({ value, event }) => ({ event, value: reader.renumber(value) }))
    expect(events.map(({ event, value }) => [event, value['sequence_number']])).toEqual([
      ['response.output_text.done', 5],
      ['response.content_part.done', 6],
      ['response.output_item.done', 7],
      ['response.incomplete', 8],
    ])
    expect(events.at(-1)?.value['response']).toEqual({
      id: 'resp_1',
      object: 'response',
      status: 'incomplete',
      error: null,
      incomplete_details: { reason: 'content_filter' },
      output: [{ ...item, status: 'incomplete', content: [{ ...part, text: 'hel' }] }],
    })
  })

  it('never tells in its end what was read and not sent', () => {
    const reader = readerOf('responses')
    for (const event of [created, added, partAdded]) passed(reader, event)
    for (const event of [first, second, textDone, partDone, itemDone]) reader.read(event)
    expect(JSON.stringify(reader.blocked(() => ''))).not.toContain('hel')
  })

  it('has pieces of reasoning, refusals, arguments, inputs, and of what is yet unknown', () => {
    const reader = readerOf('responses')
    const delta = (name: string, more: JsonObject): JsonObject => ({
      type: `response.${name}.delta`,
      delta: 'd',
      ...more,
    })
    expect(
      [
        delta('reasoning_summary_text', { output_index: 0, summary_index: 1 }),
        delta('reasoning_text', { output_index: 0, content_index: 0 }),
        delta('refusal', { output_index: 1, content_index: 0 }),
        delta('function_call_arguments', { output_index: 2 }),
        delta('custom_tool_call_input', { output_index: 3 }),
        delta('something_new', { output_index: 4 }),
        delta('audio', { output_index: 5 }),
      ].flatMap((event) => reader.read(event).pieces.map(({ channel, field }) => `${channel} (${field})`)),
    ).toEqual([
      'output/0/summary/1 (reasoning)',
      'output/0/content/0 (reasoning)',
      'output/1/content/0 (refusal)',
      'output/2/arguments (arguments)',
      'output/3/input (input)',
      'output/4/response.something_new (content)',
    ])
  })

  it('says nothing a second time once a text was held back: logprobs that come alone, the sound of a transcript', () => {
    const reader = readerOf('responses')
    const alone = { ...first, delta: '' }
    const sound = { type: 'response.output_audio.delta', output_index: 0, delta: 'QUJD' }
    expect([alone, sound].map((event) => reader.read(event).repeats)).toEqual([false, false])
    reader.read(first).with([''])
    reader.read({ type: 'response.output_audio_transcript.delta', output_index: 0, delta: 'hel' }).with([''])
    const left = (event: JsonObject): JsonObject => reader.read(event).repeated((_channel, text) => text)
    expect(left(alone)).toEqual({ ...alone, logprobs: [] })
    expect(left(sound)).toEqual({ ...sound, delta: '' })
    const same = { ...second, logprobs: [{ token: 'hello' }] }
    expect(reader.read(same).with(['lo'])).toEqual({ ...same, logprobs: [] })
  })

  it('tells of a repeated text whether it is JSON', () => {
    const fields = (own: JsonObject): string[] => {
      const seen: string[] = []
      readerOf('responses')
        .read({ type: 'response.output_item.done', output_index: 0, item: own })
        .repeated((channel, text, field) => {
          seen.push(`${channel} (${field})`)
          return text
        })
      return seen
    }
    expect(fields({ type: 'function_call', arguments: '{"a":"b"}' })).toEqual(['output/0/arguments (arguments)'])
    expect(fields({ type: 'custom_tool_call', input: 'b' })).toEqual(['output/0/input (input)'])
    expect(fields({ type: 'code_interpreter_call', code: 'b' })).toEqual(['output/0/code (input)'])
    // A value has no JSON around its texts.
    expect(fields({ type: 'function_call', arguments: { a: 'b' } })).toEqual(['output/0/arguments (input)'])
  })

  it('shows the titles of the sources that a text cites', () => {
    const annotations = [{ type: 'url_citation', title: 'page', url: 'https://p.example' }]
    const cited = { ...partDone, part: { ...full, annotations } }
    const event = readerOf('responses').read(cited)
    const mapped = event.repeated((channel, text) => (channel.includes('/annotations/') ? '*' : text))
    expect(mapped).toEqual({ ...partDone, part: { ...full, annotations: [{ ...annotations[0], title: '*' }] } })
  })

  it('shows texts that never come in pieces', () => {
    const search = { type: 'web_search_call', id: 'ws', status: 'completed', action: { type: 'search', query: 'tea' } }
    const event = readerOf('responses').read({ type: 'response.output_item.done', output_index: 2, item: search })
    expect(event.repeats).toBe(true)
    const mapped = event.repeated((channel, text) => `${channel} ${text}`)
    expect(mapped['item']).toMatchObject({ action: { query: 'output/2/text/0 tea' } })
  })
})

describe('a stream of the Messages API', () => {
  const start = (index: number, block: JsonObject): JsonObject => ({
    type: 'content_block_start',
    index,
    content_block: block,
  })
  const delta = (index: number, own: JsonObject): JsonObject => ({ type: 'content_block_delta', index, delta: own })
  const stop = (index: number): JsonObject => ({ type: 'content_block_stop', index })
  const text = (own: string): JsonObject => ({ type: 'text_delta', text: own })
  const message: JsonObject = {
    type: 'message_start',
    message: {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      content: [],
      usage: { input_tokens: 3, output_tokens: 1 },
    },
  }

  it('has its texts in pieces, which the end of their block closes', () => {
    const reader = readerOf('messages')
    expect(passed(reader, message)).toEqual([])
    expect(passed(reader, start(0, { type: 'thinking', thinking: '', signature: '' }))).toEqual([])
    expect(passed(reader, delta(0, { type: 'thinking_delta', thinking: 'hm' }))).toEqual(['content/0/thinking: hm'])
    expect(passed(reader, delta(0, { type: 'signature_delta', signature: 's' }))).toEqual(['x content/0/thinking'])
    expect(passed(reader, stop(0))).toEqual([])
    expect(passed(reader, start(1, { type: 'text', text: 'so' }))).toEqual(['content/1/text: so'])
    expect(passed(reader, delta(1, text(' be it')))).toEqual(['content/1/text:  be it'])
    expect(passed(reader, start(2, { type: 'tool_use', id: 't', name: 'f', input: {} }))).toEqual(['x content/1/text'])
    expect(passed(reader, delta(2, { type: 'input_json_delta', partial_json: '{}' }))).toEqual(['content/2/input: {}'])
    expect(passed(reader, stop(2))).toEqual(['x content/2/input'])
    expect(reader.read({ type: 'message_delta', delta: { stop_reason: 'end_turn' } }).closesAll).toBe(true)
    expect(reader.read({ type: 'ping' }).closesAll).toBe(false)
  })

  it('takes other texts in, and leaves out a delta of which nothing is left, but no beginning of a block', () => {
    const reader = readerOf('messages')
    expect(reader.read(delta(0, text('a'))).with(['b'])).toEqual(delta(0, text('b')))
    expect(reader.read(delta(0, text('a'))).with([''])).toBeNull()
    expect(reader.read(start(1, { type: 'text', text: 'a' })).with([''])).toEqual(start(1, { type: 'text', text: '' }))
  })

  it('can be told to go on', () => {
    const reader = readerOf('messages')
    expect(reader.delta('content/3/text', 'a')).toEqual({ event: 'content_block_delta', value: delta(3, text('a')) })
    expect(reader.delta('content/0/thinking', 'a').value).toEqual(delta(0, { type: 'thinking_delta', thinking: 'a' }))
    expect(reader.delta('content/1/input', '{').value).toEqual(
      delta(1, { type: 'input_json_delta', partial_json: '{' }),
    )
  })

  it('shows the passages that are cited, and blocks that come whole', () => {
    const reader = readerOf('messages')
    const citation = { type: 'char_location', cited_text: 'passage', document_index: 0 }
    const cited = delta(0, { type: 'citations_delta', citation })
    expect(reader.read(cited).repeated(() => '*')).toEqual(
      delta(0, { type: 'citations_delta', citation: { ...citation, cited_text: '*' } }),
    )
    const result = start(1, { type: 'web_search_tool_result', content: [{ title: 'page', url: 'https://p.example' }] })
    expect(reader.read(result).repeated(() => '*')).toEqual(
      start(1, { type: 'web_search_tool_result', content: [{ title: '*', url: 'https://p.example' }] }),
    )
  })

  it('is ended by a filter: the open block, the reason, the message', () => {
    const reader = readerOf('messages')
    for (const event of [message, start(0, { type: 'text', text: '' }), stop(0), start(1, { type: 'text', text: '' })])
      passed(reader, event)
    reader.read(stop(1))
    expect(reader.blocked(() => '')).toEqual([
      { event: 'content_block_stop', value: stop(1) },
      {
        event: 'message_delta',
        value: {
          type: 'message_delta',
          delta: { stop_reason: 'refusal', stop_sequence: null },
          usage: { output_tokens: 1 },
        },
      },
      { event: 'message_stop', value: { type: 'message_stop' } },
    ])
    expect(readerOf('messages').blocked(() => '')[0]?.event).toBe('message_start')
  })
})
