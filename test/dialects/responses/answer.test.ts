import { describe, expect, it } from 'vitest'
import { Fault } from '../../../src/core/fault.ts'
import type { JsonObject } from '../../../src/core/json.ts'
import { begun, chunkOf, completionOf, createdAt, eventsOf, finalOf, streamed, usageChunk, whole } from './over-chat.ts'

const url = {
  type: 'url_citation',
  url_citation: { url: 'https://a.example', title: 'A', start_index: 0, end_index: 2 },
}
const flatUrl = { type: 'url_citation', url: 'https://a.example', title: 'A', start_index: 0, end_index: 2 }
const call = (id: string, name: string, args: string): JsonObject => ({
  id,
  type: 'function',
  function: { name, arguments: args },
})

describe('an answer in one piece', () => {
  it('has every field of a response (I05)', () => {
    const { response, sink } = whole(completionOf({ content: 'Hello' }), { metadata: { a: 'b' }, max_output_tokens: 9 })
    expect(response).toMatchObject({
      id: expect.stringMatching(/^resp_[0-9a-f]{32}$/),
      object: 'response',
      created_at: Math.floor(createdAt / 1000),
      status: 'completed',
      error: null,
      incomplete_details: null,
      instructions: null,
      max_output_tokens: 9,
      model: 'answering-model',
      output: [
        {
          id: expect.stringMatching(/^msg_/),
          type: 'message',
          role: 'assistant',
          status: 'completed',
          content: [{ type: 'output_text', text: 'Hello', annotations: [], logprobs: [] }],
        },
      ],
      parallel_tool_calls: true,
      previous_response_id: null,
      reasoning: { effort: null, summary: null },
      store: false,
      temperature: 1,
      text: { format: { type: 'text' } },
      tool_choice: 'auto',
      tools: [],
      top_p: 1,
      truncation: 'disabled',
      usage: {
        input_tokens: 20,
        input_tokens_details: { cached_tokens: 5, cache_write_tokens: 2 },
        output_tokens: 9,
        output_tokens_details: { reasoning_tokens: 4 },
        total_tokens: 29,
      },
      metadata: { a: 'b' },
      user: null,
    })
    expect(sink.usages).toEqual([expect.objectContaining({ inputTokens: 20, outputTokens: 9 })])
    expect(sink.heard).toEqual(['head', 'chunk', 'end'])
  })

  it('says again what was asked', () => {
    const tool = { type: 'function', name: 'look' }
    const asked = {
      instructions: 'Be brief.',
      temperature: 0.2,
      top_p: 0.9,
      tool_choice: 'required',
      reasoning: { effort: 'low', summary: null },
      text: { format: null, verbosity: 'low' },
      store: true,
    }
    const { response } = whole(completionOf({ content: 'x' }), { ...asked, tools: [tool] })
    expect(response).toMatchObject({
      ...asked,
      reasoning: { effort: 'low', summary: null },
      text: { format: { type: 'text' }, verbosity: 'low' },
      tools: [{ type: 'function', name: 'look', description: null, parameters: null, strict: null }],
      store: false,
    })
  })

  it('has thinking, text with its sources, a refusal and calls as items', () => {
    const message = {
      reasoning_content: 'Hm.',
      content: 'Hello',
      annotations: [url, { type: 'something_else' }],
      refusal: 'No.',
      tool_calls: [call('a', 'look', '{}'), call('b', 'find', '{"x":1}')],
    }
    const { response } = whole(completionOf(message, 'tool_calls'))
    expect(response['output']).toMatchObject([
      { type: 'reasoning', summary: [], content: [{ type: 'reasoning_text', text: 'Hm.' }] },
      {
        type: 'message',
        content: [
          { type: 'output_text', text: 'Hello', annotations: [flatUrl] },
          { type: 'refusal', refusal: 'No.' },
        ],
      },
      { type: 'function_call', call_id: 'a', name: 'look', arguments: '{}', status: 'completed' },
      { type: 'function_call', call_id: 'b', name: 'find', arguments: '{"x":1}', status: 'completed' },
    ])
  })

  it('tells the thinking as a summary to who asks for one', () => {
    const { response } = whole(completionOf({ reasoning_content: 'Hm.', content: 'x' }), {
      reasoning: { summary: 'auto' },
    })
    expect(response['output']).toMatchObject([
      { type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm.' }] },
      {},
    ])
  })

  it('gives calls of custom tools their text', () => {
    const tools = [{ type: 'custom', name: 'patch' }]
    const tool_calls = [call('a', 'patch', '{"input":"say \\"hi\\""}'), call('b', 'patch', 'as it is')]
    const { response } = whole(completionOf({ content: null, tool_calls }, 'tool_calls'), { tools })
    expect(response['output']).toMatchObject([
      { type: 'custom_tool_call', call_id: 'a', name: 'patch', input: 'say "hi"' },
      { type: 'custom_tool_call', call_id: 'b', input: 'as it is' },
    ])
  })

  it.each([
    ['length', 'max_output_tokens'],
    ['content_filter', 'content_filter'],
  ])('that was cut is incomplete: %s', (finish, reason) => {
    const { response } = whole(completionOf({ content: 'Hel' }, finish))
    expect(response).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason },
      output: [{ status: 'incomplete' }],
    })
    expect(whole(completionOf({ content: null }, finish)).response['output']).toEqual([])
  })

  it('that says nothing still has its message', () => {
    expect(whole(completionOf({ content: '' })).response['output']).toMatchObject([{ content: [{ text: '' }] }])
  })

  it('keeps what each token might have been for who asks', () => {
    const content = [{ token: 'Hi', logprob: -0.1, bytes: [72, 105], top_logprobs: [] }]
    const completion = {
      ...completionOf({}),
      choices: [{ index: 0, message: { content: 'Hi' }, logprobs: { content }, finish_reason: 'stop' }],
    }
    const { response } = whole(completion, { include: ['message.output_text.logprobs'] })
    expect(response['output']).toMatchObject([{ content: [{ logprobs: content }] }])
    expect(whole(completion).response['output']).toMatchObject([{ content: [{ logprobs: [] }] }])
  })
})

describe('a stream', () => {
  const chunks = [
    chunkOf({ role: 'assistant', content: '' }),
    chunkOf({ reasoning_content: 'Hm' }),
    chunkOf({ reasoning_content: '.' }),
    chunkOf({ content: 'Hel' }),
    chunkOf({ content: 'lo' }),
    chunkOf({ tool_calls: [{ index: 0, ...call('a', 'look', '') }] }),
    chunkOf({ tool_calls: [{ index: 0, function: { arguments: '{}' } }] }),
    chunkOf({}, 'tool_calls'),
    usageChunk,
  ]

  it('has its events in the order of the API, each named as its type (I06)', () => {
    const sink = streamed(chunks)
    const events = eventsOf(sink)
    expect(events.map((event) => event.type)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.reasoning_text.delta',
      'response.reasoning_text.delta',
      'response.reasoning_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.output_item.added',
      'response.function_call_arguments.delta',
      'response.function_call_arguments.done',
      'response.output_item.done',
      'response.completed',
    ])
    expect(sink.chunks.map((chunk) => chunk.event)).toEqual(events.map((event) => event.type))
    expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, index) => index))
    expect(sink.heard.slice(-2)).toEqual(['flush', 'end'])
  })

  it('reports the tokens once, with its end, though the chunk that had them is ours alone', () => {
    const sink = streamed(chunks)
    expect(sink.usages).toHaveLength(1)
    expect(sink.chunks.at(-1)?.usage).toMatchObject({ inputTokens: 20, outputTokens: 9, reasoningOutputTokens: 4 })
    expect(finalOf(sink)['usage']).toMatchObject({ input_tokens: 20, output_tokens: 9 })
  })

  it('goes out as it comes in', () => {
    const { sink, told } = begun(chunks.slice(0, 4))
    expect(eventsOf(sink).at(-1)).toMatchObject({ type: 'response.output_text.delta', delta: 'Hel' })
    told.flush()
    expect(sink.heard.at(-1)).toBe('flush')
  })

  it('tells the thinking as a summary to who asks for one', () => {
    const types = eventsOf(streamed(chunks, { reasoning: { summary: 'auto' } })).map((event) => event.type)
    expect(types).toContain('response.reasoning_summary_part.added')
    expect(types).toContain('response.reasoning_summary_text.delta')
    expect(types).not.toContain('response.reasoning_text.delta')
  })

  it('lets calls grow side by side (E14)', () => {
    const argument = (index: number, text: string): JsonObject =>
      chunkOf({ tool_calls: [{ index, function: { arguments: text } }] })
    const sink = streamed([
      chunkOf({ role: 'assistant', tool_calls: [{ index: 0, ...call('a', 'look', '') }] }),
      argument(0, '{"a"'),
      chunkOf({ tool_calls: [{ index: 1, ...call('b', 'find', '') }] }),
      argument(1, '{"b"'),
      argument(0, ':1}'),
      argument(1, ':2}'),
      chunkOf({}, 'tool_calls'),
    ])
    expect(finalOf(sink)['output']).toMatchObject([
      { call_id: 'a', arguments: '{"a":1}' },
      { call_id: 'b', arguments: '{"b":2}' },
    ])
  })

  it('gives the text of a custom tool once it is whole', () => {
    const events = eventsOf(
      streamed(
        [
          chunkOf({ role: 'assistant', tool_calls: [{ index: 0, ...call('a', 'patch', '') }] }),
          chunkOf({ tool_calls: [{ index: 0, function: { arguments: '{"input":"a\\n' } }] }),
          chunkOf({ tool_calls: [{ index: 0, function: { arguments: 'b"}' } }] }),
          chunkOf({}, 'tool_calls'),
        ],
        { tools: [{ type: 'custom', name: 'patch' }] },
      ),
    )
    expect(events.slice(2, -1)).toMatchObject([
      { type: 'response.output_item.added', item: { type: 'custom_tool_call', name: 'patch', input: '' } },
      { type: 'response.custom_tool_call_input.delta', delta: 'a\nb' },
      { type: 'response.custom_tool_call_input.done', input: 'a\nb' },
      { type: 'response.output_item.done', item: { input: 'a\nb', call_id: 'a' } },
    ])
  })

  it('goes on with text after a call, as an item of its own', () => {
    const sink = streamed([
      chunkOf({ role: 'assistant', content: 'One' }),
      chunkOf({ tool_calls: [{ index: 0, ...call('a', 'look', '') }] }),
      chunkOf({ content: 'Two' }),
      chunkOf({}, 'stop'),
    ])
    expect(finalOf(sink)['output']).toMatchObject([
      { content: [{ text: 'One' }] },
      { type: 'function_call' },
      { content: [{ text: 'Two' }] },
    ])
  })

  it('has sources and refusals', () => {
    const sink = streamed([
      chunkOf({ role: 'assistant', content: 'Hi' }),
      chunkOf({ annotations: [url] }),
      chunkOf({ refusal: 'No' }),
      chunkOf({ refusal: '.' }, 'stop'),
    ])
    expect(eventsOf(sink).map((event) => event.type)).toEqual(
      expect.arrayContaining([
        'response.output_text.annotation.added',
        'response.refusal.delta',
        'response.refusal.done',
      ]),
    )
    expect(finalOf(sink)['output']).toMatchObject([{ content: [{ annotations: [flatUrl] }, { refusal: 'No.' }] }])
  })

  it('that was cut by a limit ends incomplete', () => {
    const events = eventsOf(
      streamed([chunkOf({ role: 'assistant', content: 'Hel' }), chunkOf({}, 'length'), usageChunk]),
    )
    expect(events.at(-1)).toMatchObject({
      type: 'response.incomplete',
      response: {
        status: 'incomplete',
        incomplete_details: { reason: 'max_output_tokens' },
        usage: { output_tokens: 9 },
      },
    })
    expect(events.at(-2)).toMatchObject({ type: 'response.output_item.done', item: { status: 'incomplete' } })
  })

  it('that fails tells the client nothing more than the fault, and the record what there was', () => {
    const { sink, told } = begun([chunkOf({ role: 'assistant', content: 'Hel' }), usageChunk])
    const before = eventsOf(sink).length
    told.fail(new Fault('upstream_interrupted', 'It broke off.'))
    expect(eventsOf(sink)).toHaveLength(before)
    expect(sink.chunks.at(-1)).toMatchObject({
      internal: true,
      usage: { inputTokens: 20 },
      value: {
        type: 'response.failed',
        response: {
          status: 'failed',
          error: { code: 'upstream_stream_interrupted' },
          output: [{ content: [{ text: 'Hel' }] }],
        },
      },
    })
    expect(sink.fault?.kind).toBe('upstream_interrupted')
  })

  it('that fails before it began passes the fault on alone', () => {
    const { sink, told } = begun([])
    told.fail(new Fault('upstream_overloaded', 'Busy.'))
    expect(sink.heard).toEqual(['head', 'fail'])
  })
})
