import { describe, expect, it } from 'vitest'
import { textOf, type CollectingSink } from '../collecting-sink.ts'
import { chunk, chunkOf, events, feed, usage } from './feed.ts'

function answer(
  body: unknown,
  headers: Record<string, string> = { 'content-type': 'application/json' },
): CollectingSink {
  return feed([typeof body === 'string' ? body : JSON.stringify(body)], { call: { stream: false }, headers }).sink
}

const completion = (message: object, more: object = {}): object => ({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1_700_000_000,
  model: 'gpt-test',
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: 'Hi', refusal: null, ...message },
      logprobs: null,
      finish_reason: 'stop',
    },
  ],
  usage,
  ...more,
})

describe('a whole answer', () => {
  it('D01 D05 D08 goes out in the bytes it came in when nothing is wrong with it', () => {
    const text = JSON.stringify(
      completion({ annotations: [], audio: null }, { service_tier: 'default', x: 9007199254740993n.toString() }),
      null,
      2,
    ).replace('"9007199254740993"', '9007199254740993')
    const sink = answer(text)
    expect(sink.heard).toEqual(['head', 'chunk', 'flush', 'end'])
    expect(sink.answerHead).toMatchObject({ status: 200, stream: false })
    expect(sink.chunks.map(textOf)).toEqual([text])
    expect(sink.chunks[0]?.json).toBeInstanceOf(Uint8Array)
    expect(sink.usages).toMatchObject([{ inputTokens: 10, outputTokens: 5 }])
  })

  it('B10 is read although its content type lies', () => {
    for (const type of ['application/octet-stream', 'text/plain', ''])
      expect(answer(completion({}), { 'content-type': type }).ended).toBe(true)
  })

  it('is read after empty lines that only keep the connection open, and after a byte order mark', () => {
    expect(
      feed(['\n\n', '\r\n', `\u{feff}${JSON.stringify(completion({}))}`], { call: { stream: false } }).sink.sent,
    ).toEqual([completion({})])
  })

  it('D16 has string ids and arguments that parse', () => {
    const call = (id: unknown, given: unknown): object => ({
      id,
      type: 'function',
      function: { name: 'f', arguments: given },
    })
    const sink = answer(
      completion({ content: null, tool_calls: [call('', '{}'), call(7, null), call(undefined, { a: 1 })] }),
    )
    const calls = sink.sent[0]?.choices[0]?.message.tool_calls ?? []
    expect(calls.map((each) => each.id)).toEqual([
      expect.stringMatching(/^call_[0-9a-f]{24}$/),
      '7',
      expect.stringMatching(/^call_[0-9a-f]{24}$/),
    ])
    expect(calls.map((each) => each.function.arguments)).toEqual(['{}', '{}', '{"a":1}'])
    expect(calls[0]?.id).not.toBe(calls[2]?.id)
  })

  it('D15 has a string content, and its thinking in reasoning_content', () => {
    const content = [
      { type: 'thinking', thinking: [{ type: 'text', text: 'Hm' }] },
      { type: 'text', text: 'Yes' },
    ]
    expect(answer(completion({ content })).sent[0]?.choices[0]?.message).toMatchObject({
      content: 'Yes',
      reasoning_content: 'Hm',
    })
  })

  it('D14 E25 keeps reasoning and offers it under the usual name', () => {
    expect(answer(completion({ reasoning: 'Hm' })).sent[0]?.choices[0]?.message).toMatchObject({
      reasoning: 'Hm',
      reasoning_content: 'Hm',
    })
    const known = completion({ reasoning_content: 'Hm' })
    expect(answer(known).texts).toEqual([JSON.stringify(known)])
  })

  it('D06 keeps every choice', () => {
    const two = completion(
      {},
      {
        choices: [0, 1].map((index) => ({
          index,
          message: { role: 'assistant', content: 'a' },
          finish_reason: 'stop',
        })),
      },
    )
    expect(answer(two).sent).toEqual([two])
  })

  it('fills in what is required and missing', () => {
    expect(answer({ choices: [{ message: { content: 'Hi' }, finish_reason: 'stop' }] }).sent[0]).toMatchObject({
      id: expect.stringMatching(/^chatcmpl-/),
      object: 'chat.completion',
      created: expect.any(Number),
      model: 'test-model',
      choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' } }],
    })
    expect(answer(completion({ content: undefined })).sent[0]?.choices[0]?.message.content).toBeNull()
  })

  it.each([
    ['{"choices":', 'upstream_error'],
    ['', 'upstream_interrupted'],
    ['<html>welcome</html>', 'upstream_error'],
    ['hello', 'upstream_error'],
    [{ choices: [] }, 'upstream_error'],
    [{ error: { message: 'slow', code: 429 } }, 'upstream_rate_limited'],
    [[{ error: { message: 'no', code: 400 } }], 'upstream_rejected'],
    [{ error: null }, 'upstream_error'],
  ])('that is none is a fault: %j', (body, kind) => {
    const sink = answer(body)
    expect(sink.fault?.kind).toBe(kind)
    expect(sink.heard).toEqual(['fail'])
  })
})

describe('an answer in the other form than asked for', () => {
  it('E22 a whole answer becomes a stream', () => {
    const whole = completion(
      {
        content: 'Hi',
        reasoning: 'Hm',
        tool_calls: [{ id: '', type: 'function', function: { name: 'f', arguments: '{}' } }],
      },
      { system_fingerprint: 'fp' },
    )
    for (const clientWantsUsage of [true, false]) {
      const { sink } = feed([JSON.stringify(whole)], {
        call: { clientWantsUsage },
        headers: { 'content-type': 'application/json' },
      })
      expect(sink.answerHead?.stream).toBe(true)
      expect(sink.ended).toBe(true)
      expect(sink.sent).toHaveLength(clientWantsUsage ? 5 : 4)
      expect(sink.usages).toMatchObject([{ inputTokens: 10, outputTokens: 5 }])
      expect(sink.sent[0]).toMatchObject({ object: 'chat.completion.chunk', system_fingerprint: 'fp' })
      expect(sink.sent[0]?.choices[0]).toMatchObject({
        finish_reason: null,
        delta: { role: 'assistant', content: 'Hi', reasoning_content: 'Hm' },
      })
      expect(sink.sent[1]?.choices[0]?.delta.tool_calls).toMatchObject([
        { index: 0, id: expect.stringMatching(/^call_/), type: 'function', function: { name: 'f', arguments: '' } },
      ])
      expect(sink.sent[2]?.choices[0]?.delta.tool_calls).toEqual([{ index: 0, function: { arguments: '{}' } }])
      expect(sink.sent[3]?.choices).toEqual([{ index: 0, delta: {}, finish_reason: 'stop' }])
    }
  })

  it('E22 an error in place of a stream comes before the head', () => {
    const { sink } = feed([JSON.stringify({ error: { message: 'no', code: 503 } })], {
      headers: { 'content-type': 'application/json' },
    })
    expect(sink.heard).toEqual(['fail'])
    expect(sink.fault?.kind).toBe('upstream_overloaded')
  })

  it('E23 a stream becomes one whole answer', () => {
    const list = [
      chunkOf(
        [
          { index: 0, delta: { role: 'assistant', content: '' } },
          { index: 1, delta: { content: 'b' } },
        ],
        { service_tier: 'flex' },
      ),
      chunk({ content: 'He', reasoning: 'H' }, null, { obfuscation: 'x' }),
      chunk({ content: 'y', reasoning: 'm' }),
      chunk({ tool_calls: [{ index: 1, id: 'c', type: 'function', function: { name: 'f', arguments: '{"a"' } }] }),
      chunk({ tool_calls: [{ index: 1, function: { arguments: ':1}' } }] }, 'tool_calls'),
      chunkOf([{ index: 1, delta: {}, finish_reason: 'stop' }]),
      chunkOf([], { usage }),
    ]
    const { sink } = feed([events(...list, '[DONE]')], { call: { stream: false } })
    expect(sink.heard).toEqual(['head', 'chunk', 'flush', 'end'])
    expect(sink.answerHead?.stream).toBe(false)
    expect(sink.usages).toMatchObject([{ inputTokens: 10, outputTokens: 5 }])
    expect(sink.sent).toEqual([
      {
        id: 'chatcmpl-1',
        object: 'chat.completion',
        created: 1_700_000_000,
        model: 'gpt-test',
        service_tier: 'flex',
        usage,
        choices: [
          {
            index: 0,
            finish_reason: 'tool_calls',
            message: {
              role: 'assistant',
              content: 'Hey',
              reasoning: 'Hm',
              reasoning_content: 'Hm',
              tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }],
            },
          },
          { index: 1, finish_reason: 'stop', message: { role: 'assistant', content: 'b' } },
        ],
      },
    ])
  })

  it('E23 D08 gathers the logprobs of every token', () => {
    const token = (text: string): object => ({
      index: 0,
      delta: { role: 'assistant', content: text },
      logprobs: { content: [{ token: text, logprob: -1 }], refusal: null },
      finish_reason: null,
    })
    const { sink } = feed(
      [events(chunkOf([token('He')]), chunkOf([token('y')]), chunkOf([token('!')]), chunk({}, 'stop'), '[DONE]')],
      { call: { stream: false } },
    )
    expect(sink.sent[0]?.choices[0]?.['logprobs']).toMatchObject({
      content: ['He', 'y', '!'].map((text) => ({ token: text, logprob: -1 })),
    })
  })

  it('E23 a stream that breaks off is no answer', () => {
    const { sink } = feed([events(chunk({ content: 'a' }))], { call: { stream: false } })
    expect(sink.heard).toEqual(['fail'])
    expect(sink.fault?.kind).toBe('upstream_interrupted')
  })
})
