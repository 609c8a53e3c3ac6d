import { describe, expect, it } from 'vitest'
import { chunk, chunkOf, events, feed, noon, stream, usage } from './feed.ts'

const hello = [
  chunk({ role: 'assistant', content: '' }),
  chunk({ content: 'Hel' }),
  chunk({ content: 'lo' }),
  chunk({}, 'stop'),
]
const usageChunk = chunkOf([], { usage })

describe('a stream already in normal form', () => {
  it('goes out in the very text it came in, obfuscation and unknown members included (D05, E28)', () => {
    const spaced =
      '{"id":"chatcmpl-1", "object":"chat.completion.chunk","created":1700000000,"model":"gpt-test","x":1.0,"choices":[{"index":0,"delta":{"role":"assistant","content":"é"}}],"obfuscation":"aB"}'
    const last = JSON.stringify(chunk({}, 'stop'))
    expect(stream([spaced, last]).texts).toEqual([spaced, last])
  })

  it('is handed on batch by batch: chunks that arrived together, one flush', () => {
    const { sink } = feed([events(...hello.slice(0, 2)), events(...hello.slice(2)), events('[DONE]')])
    expect(sink.heard).toEqual(['head', 'chunk', 'chunk', 'flush', 'chunk', 'chunk', 'flush', 'end'])
  })
})

describe('roles', () => {
  it('E10 adds the role to the first delta of every choice when the upstream never sends it', () => {
    const sink = stream([
      chunkOf([
        { index: 0, delta: { content: 'a' } },
        { index: 1, delta: { content: 'b' } },
      ]),
      chunk({ content: 'c' }, 'stop'),
      chunkOf([{ index: 1, delta: {}, finish_reason: 'stop' }]),
    ])
    expect(sink.sent.map((each) => each.choices.map((choice) => choice.delta.role))).toEqual([
      ['assistant', 'assistant'],
      [undefined],
      [undefined],
    ])
  })

  it('E10 keeps the first role and takes out the later ones', () => {
    const sink = stream([
      chunk({ role: 'assistant', content: 'a' }),
      chunk({ role: 'assistant', content: 'b' }),
      chunk({ role: '' }, 'stop'),
    ])
    expect(sink.sent.map((each) => each.choices[0]?.delta)).toEqual([
      { role: 'assistant', content: 'a' },
      { content: 'b' },
      {},
    ])
  })
})

describe('identity', () => {
  it('E11 gives every chunk the first id, created, model and object', () => {
    const sink = stream([
      chunk({ content: 'a' }),
      chunk({ content: 'b' }, null, { id: 'other', created: 1_700_000_002, model: 'm2', object: 'chat.completion' }),
      chunk({}, 'stop', { id: undefined }),
    ])
    for (const each of sink.sent) {
      expect(each).toMatchObject({
        id: 'chatcmpl-1',
        created: 1_700_000_000,
        model: 'gpt-test',
        object: 'chat.completion.chunk',
      })
    }
  })

  it('E11 invents what is missing once and keeps it', () => {
    const bare = (delta: object, finish: string | null = null): object => ({
      choices: [{ delta, finish_reason: finish }],
    })
    const sink = stream([bare({ content: 'a' }), bare({}, 'stop')])
    for (const each of sink.sent) {
      expect(each).toMatchObject({
        id: 'chatcmpl-01900000-0000-7000-8000-000000000000',
        created: noon / 1000,
        model: 'test-model',
      })
      expect(each.choices[0]?.index).toBe(0)
    }
  })

  it('E26 lets the prompt filter of Azure travel on the first chunk that has a choice', () => {
    const filter = {
      choices: [],
      created: 0,
      id: '',
      model: '',
      object: '',
      prompt_filter_results: [{ prompt_index: 0 }],
    }
    for (const clientWantsUsage of [true, false]) {
      const sink = stream([filter, ...hello], { clientWantsUsage })
      expect(sink.sent).toHaveLength(hello.length)
      expect(sink.sent[0]).toMatchObject({ id: 'chatcmpl-1', prompt_filter_results: [{ prompt_index: 0 }] })
      expect(sink.sent[0]?.choices[0]?.delta.role).toBe('assistant')
    }
  })
})

describe('finish reasons', () => {
  it('E12 keeps the first of two', () => {
    const sink = stream([
      chunk({ role: 'assistant', content: 'a' }, 'tool_calls'),
      chunk({ content: '' }, 'stop', { usage }),
    ])
    expect(sink.sent.map((each) => each.choices[0]?.finish_reason)).toEqual(['tool_calls', null])
  })

  it('E12 supplies the missing one at the end mark: stop for text, tool_calls after a tool call', () => {
    expect(stream(hello.slice(0, 3)).sent.at(-1)?.choices).toEqual([{ index: 0, delta: {}, finish_reason: 'stop' }])
    const call = chunk({
      role: 'assistant',
      tool_calls: [{ index: 0, id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }],
    })
    expect(stream([call]).sent.at(-1)?.choices).toEqual([{ index: 0, delta: {}, finish_reason: 'tool_calls' }])
  })

  it('E17 is interrupted when the end mark comes before anything was said', () => {
    for (const delta of [{ role: 'assistant' }, { role: 'assistant', content: '', refusal: null, tool_calls: [] }]) {
      expect(stream([chunk(delta)]).fault?.kind).toBe('upstream_interrupted')
      expect(stream([chunk(delta), chunk({}, 'stop')]).ended).toBe(true)
    }
  })

  it('E17 is interrupted when the stream ends with neither finish_reason nor end mark', () => {
    const { sink } = feed([events(...hello.slice(0, 3))])
    expect(sink.heard.at(-1)).toBe('fail')
    expect(sink.fault).toMatchObject({ kind: 'upstream_interrupted', code: 'upstream_stream_interrupted' })
    expect(sink.sent).toHaveLength(3)
  })

  it('E17 is interrupted when the last event is cut off', () => {
    const { sink } = feed([`${events(...hello.slice(0, 3))}data: {"id":"chatcmpl-1","cho`])
    expect(sink.fault?.kind).toBe('upstream_interrupted')
  })

  it('E17 is interrupted when one of two choices never finishes', () => {
    const { sink } = feed([
      events(
        chunkOf([
          { index: 0, delta: {}, finish_reason: 'stop' },
          { index: 1, delta: { content: 'a' } },
        ]),
      ),
    ])
    expect(sink.fault?.kind).toBe('upstream_interrupted')
  })

  it('E06 ends well without end mark once every choice has finished', () => {
    const { sink } = feed([events(...hello).trimEnd()])
    expect(sink.ended).toBe(true)
    expect(sink.sent).toHaveLength(4)
  })

  it('is interrupted when the stream held no answer at all, end mark or not', () => {
    for (const body of [events('[DONE]'), ': hello\n\n', events(usageChunk, '[DONE]')]) {
      expect(feed([body]).sink.fault?.kind).toBe('upstream_interrupted')
    }
    expect(feed([]).sink.fault?.kind).toBe('upstream_interrupted')
  })

  it('E24 counts each of two choices by itself', () => {
    const sink = stream(
      [
        chunkOf([{ index: 0, delta: { role: 'assistant', content: 'a' } }]),
        chunkOf([{ index: 1, delta: { role: 'assistant', content: 'b' } }]),
        chunkOf([{ index: 1, delta: {}, finish_reason: 'length' }]),
        chunkOf([{ index: 0, delta: {}, finish_reason: 'stop' }]),
        usageChunk,
      ],
      { clientWantsUsage: true },
    )
    const reasons = sink.sent.flatMap((each) => each.choices).filter((choice) => choice.finish_reason)
    expect(reasons.map((choice) => [choice.index, choice.finish_reason])).toEqual([
      [1, 'length'],
      [0, 'stop'],
    ])
    expect(sink.sent.filter((each) => each.usage)).toHaveLength(1)
  })
})

describe('tool calls', () => {
  const named = (more: object, target: object = {}): object => ({
    index: 0,
    id: 'c1',
    type: 'function',
    function: { name: 'f', arguments: '', ...target },
    ...more,
  })
  const callsOf = (list: readonly (object | string)[]): unknown[] =>
    stream(list).sent.flatMap((each) => each.choices.flatMap((choice) => choice.delta.tool_calls ?? []))
  const asking = (...calls: readonly object[]): object => chunk({ tool_calls: calls })
  const done = chunk({}, 'tool_calls')

  it('E13 hands a well-formed call on untouched', () => {
    const list = [
      chunk({ role: 'assistant', content: null, tool_calls: [named({})] }),
      asking({ index: 0, function: { arguments: '{"a"' } }),
      asking({ index: 0, function: { arguments: ':1}' } }),
      done,
    ]
    expect(stream(list).texts).toEqual(list.map((each) => JSON.stringify(each)))
  })

  it.each([
    ['repeats id and name', { id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } }],
    ['sends them as null', { id: null, type: null, function: { name: null, arguments: '{}' } }],
    ['sends them empty', { id: '', type: '', function: { name: '', arguments: '{}' } }],
  ])('E13 leaves index and arguments in later deltas when the upstream %s', (_what, later) => {
    expect(callsOf([asking(named({})), asking({ index: 0, ...later }), done])).toEqual([
      named({}),
      { index: 0, function: { arguments: '{}' } },
    ])
  })

  it('ends a stream with more tool calls or choices than any answer has, before it takes long to look through them', () => {
    const call = (index: number): object => ({
      index,
      id: `call_${index}`,
      type: 'function',
      function: { name: 'f', arguments: '' },
    })
    const inOne = stream([chunk({ tool_calls: Array.from({ length: 100_000 }, (_, index) => call(index)) })])
    const oneByOne = stream(Array.from({ length: 3000 }, (_, index) => chunk({ tool_calls: [call(index)] })))
    for (const sink of [inOne, oneByOne])
      expect(sink.fault).toMatchObject({ kind: 'upstream_error', message: expect.stringContaining('tool calls') })
    const choices = stream([chunkOf(Array.from({ length: 100_000 }, (_, index) => ({ index, delta: {} })))])
    expect(choices.fault).toMatchObject({ kind: 'upstream_error', message: expect.stringContaining('choices') })
  })

  it('E14 counts from 0 when the upstream begins at another index', () => {
    const calls = callsOf([
      asking(named({ index: 2 })),
      asking({ index: 2, function: { arguments: '{"a":1}' } }),
      asking(named({ index: 5, id: 'c2' })),
      asking({ index: 5, function: { arguments: '{}' } }),
      done,
    ])
    expect(calls).toMatchObject([{ index: 0, id: 'c1' }, { index: 0 }, { index: 1, id: 'c2' }, { index: 1 }])
  })

  it('E14 keeps two interleaved calls apart', () => {
    const calls = callsOf([
      asking(named({}), named({ index: 1, id: 'c2' })),
      asking({ index: 1, function: { arguments: '{"b":' } }),
      asking({ index: 0, function: { arguments: '{"a":1}' } }),
      asking({ index: 1, function: { arguments: '2}' } }),
      done,
    ])
    const texts = new Map<number, string>()
    for (const call of calls as { index: number; function: { arguments: string } }[])
      texts.set(call.index, (texts.get(call.index) ?? '') + call.function.arguments)
    expect([...texts].map(([index, text]) => [index, JSON.parse(text)])).toEqual([
      [0, { a: 1 }],
      [1, { b: 2 }],
    ])
  })

  it('E14 tells calls apart by id when all of them come under index 0, or under none', () => {
    for (const index of [0, undefined]) {
      const calls = callsOf([
        asking(named({ index }, { arguments: '{}' }), named({ index, id: 'c2' }, { arguments: '{}' })),
        done,
      ])
      expect(calls).toMatchObject([
        { index: 0, id: 'c1' },
        { index: 1, id: 'c2' },
      ])
    }
  })

  it('goes on with the last call when a delta names neither index nor id', () => {
    const calls = callsOf([asking(named({ index: undefined })), asking({ function: { arguments: '{}' } }), done])
    expect(calls).toEqual([named({}), { index: 0, function: { arguments: '{}' } }])
  })

  it('D16 invents a missing or numeric id and keeps it for the same request', () => {
    const list = [
      asking(
        named({ id: undefined }, { arguments: '{}' }),
        named({ index: 1, id: '' }, { arguments: '{}' }),
        named({ index: 2, id: 7 }, { arguments: '{}' }),
      ),
      done,
    ]
    const ids = callsOf(list).map((call) => (call as { id: string }).id)
    expect(ids[0]).toMatch(/^call_[0-9a-f]{24}$/)
    expect(ids[1]).toMatch(/^call_[0-9a-f]{24}$/)
    expect(ids[2]).toBe('7')
    expect(new Set(ids).size).toBe(3)
    expect(callsOf(list).map((call) => (call as { id: string }).id)).toEqual(ids)
  })

  it('gives a call without any arguments the ones that parse', () => {
    for (const given of [null, '', undefined]) {
      const calls = callsOf([asking(named({}, { arguments: given })), done]) as { function: { arguments: string } }[]
      expect(calls.map((call) => call.function.arguments).join('')).toBe('{}')
    }
    expect(callsOf([chunk({ tool_calls: [named({})] }, 'tool_calls')])).toMatchObject([
      { index: 0, id: 'c1', function: { name: 'f', arguments: '{}' } },
    ])
  })

  it('turns arguments sent as an object into text, and adds the type', () => {
    expect(callsOf([asking(named({ type: undefined }, { arguments: { a: 1 } })), done])).toEqual([
      named({}, { arguments: '{"a":1}' }),
    ])
  })

  it('holds a call back until its name is known, and fails when it never is', () => {
    const late = [
      asking({ index: 0, id: 'c1', function: { arguments: '{' } }),
      asking({ index: 0, function: { name: 'f', arguments: '}' } }),
      done,
    ]
    expect(callsOf(late)).toEqual([named({}, { arguments: '{}' })])
    expect(stream([asking({ index: 0, id: 'c1', function: { arguments: '{}' } }), done]).fault?.kind).toBe(
      'upstream_error',
    )
  })

  it('keeps members it does not know, such as the signatures of Google', () => {
    const extra = { extra_content: { google: { thought_signature: 's' } } }
    expect(callsOf([asking(named({ index: undefined, ...extra }, { arguments: '{}' })), done])).toMatchObject([extra])
  })
})

describe('usage', () => {
  const tokens = {
    inputTokens: 10,
    outputTokens: 5,
    cacheReadInputTokens: 0,
    cacheCreationInputTokens: 0,
    reasoningOutputTokens: 0,
  }

  it('E01 passes the usage chunk to a client that asked', () => {
    const sink = stream([...hello, usageChunk], { clientWantsUsage: true })
    expect(sink.sent.at(-1)).toMatchObject({ choices: [], usage })
    expect(sink.sent.filter((each) => each.usage)).toHaveLength(1)
    expect(sink.usages).toEqual([tokens])
  })

  it('E02 counts the usage chunk but does not send it when nobody asked', () => {
    const sink = stream([...hello, usageChunk])
    expect(sink.sent.every((each) => each.choices.length > 0)).toBe(true)
    expect(sink.sent.some((each) => each.usage)).toBe(false)
    expect(sink.chunks.at(-1)).toMatchObject({ internal: true, usage: tokens })
  })

  it('E03 leaves usage on the last chunk with choices, readable once', () => {
    for (const clientWantsUsage of [true, false]) {
      const sink = stream([...hello.slice(0, 3), chunk({}, 'stop', { usage })], { clientWantsUsage })
      expect(sink.sent.filter((each) => each.usage)).toHaveLength(1)
      expect(sink.usages).toEqual([tokens])
    }
  })

  it('E03 says a running count once, at the end', () => {
    const counted = hello.map((each, index) => ({ ...each, usage: { prompt_tokens: 10, completion_tokens: index } }))
    const sink = stream(
      counted.map((each, index) => (index === 3 ? { ...each, choices: hello[2]?.['choices'] } : each)),
      { clientWantsUsage: true },
    )
    expect(sink.sent.filter((each) => each.usage)).toHaveLength(1)
    expect(sink.sent.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 3 } })
    expect(sink.usages.map((each) => each?.outputTokens)).toContain(3)
  })

  it('E03 sends no second usage when it came with the last choice already', () => {
    const sink = stream([...hello.slice(0, 3), chunk({}, 'stop', { usage }), usageChunk], { clientWantsUsage: true })
    expect(sink.sent.filter((each) => each.usage)).toHaveLength(1)
  })

  it('E03 shows usage that stands only in x_groq', () => {
    const groq = chunk({}, 'stop', { x_groq: { id: 'r', usage } })
    expect(stream([...hello.slice(0, 3), groq], { clientWantsUsage: true }).sent.at(-1)).toMatchObject({
      choices: [],
      usage,
    })
    const unasked = stream([...hello.slice(0, 3), groq])
    expect(unasked.usages).toEqual([tokens])
    expect(unasked.sent).toHaveLength(4)
  })

  it('E04 is a valid stream without any usage', () => {
    const sink = stream(hello, { clientWantsUsage: true })
    expect(sink.ended).toBe(true)
    expect(sink.usages).toEqual([])
  })

  it('E27 passes the moderation chunk that comes after usage', () => {
    const moderation = chunkOf([], { moderation: { input: { flagged: false } } })
    expect(stream([...hello, usageChunk, moderation], { clientWantsUsage: true }).sent.slice(-2)).toEqual([
      usageChunk,
      moderation,
    ])
    expect(stream([...hello, usageChunk, moderation]).sent.at(-1)).toEqual(moderation)
  })
})

describe('text', () => {
  it('E25 offers reasoning as reasoning_content beside the original field', () => {
    const sink = stream([
      chunk({ role: 'assistant', content: '', reasoning: 'Hm' }),
      chunk({ reasoning: null, content: 'a' }),
      chunk({ reasoning_content: 'x' }),
      chunk({}, 'stop'),
    ])
    expect(sink.sent.map((each) => each.choices[0]?.delta)).toEqual([
      { role: 'assistant', content: '', reasoning: 'Hm', reasoning_content: 'Hm' },
      { reasoning: null, content: 'a' },
      { reasoning_content: 'x' },
      {},
    ])
  })

  it('D15 turns content arrays into text and reasoning', () => {
    const thinking = {
      type: 'thinking',
      thinking: [
        { type: 'text', text: 'Hm' },
        { type: 'text', text: 'm' },
      ],
    }
    const sink = stream([
      chunk({ role: 'assistant', content: [thinking] }),
      chunk({ content: [thinking, { type: 'text', text: 'Yes' }] }),
      chunk({}, 'stop'),
    ])
    expect(sink.sent.map((each) => each.choices[0]?.delta)).toEqual([
      { role: 'assistant', content: '', reasoning_content: 'Hmm' },
      { content: 'Yes', reasoning_content: 'Hmm' },
      {},
    ])
  })

  it('writes data that spans several lines anew, since a chunk is one line', () => {
    const lines = JSON.stringify(chunk({ role: 'assistant', content: 'a' }, 'stop'), null, 2).split('\n')
    const { sink } = feed([`${lines.map((line) => `data: ${line}\n`).join('')}\ndata: [DONE]\n\n`])
    expect(sink.texts).toHaveLength(1)
    expect(sink.texts[0]).not.toContain('\n')
  })

  it('takes a delta that is called message, or is missing', () => {
    const sink = stream([
      chunkOf([{ index: 0, message: { role: 'assistant', content: 'a' } }]),
      chunkOf([{ index: 0, finish_reason: 'stop' }]),
    ])
    expect(sink.sent.map((each) => each.choices[0]?.delta)).toEqual([{ role: 'assistant', content: 'a' }, {}])
  })

  it('E07 drops comments, and events that say nothing', () => {
    const { sink } = feed([
      ': OPENROUTER PROCESSING\n\n',
      'event: ping\ndata: {"type":"ping"}\n\n',
      'retry: 3000\nid: 7\n\n',
      events(...hello),
      events({ ...usageChunk, usage: null }, '[DONE]'),
    ])
    expect(sink.sent).toEqual(hello)
  })
})

describe('errors inside a stream', () => {
  const failed = { error: { message: 'Overloaded', type: 'overloaded_error', code: 529 } }

  it('C10 are the answer itself when they come first', () => {
    const { sink, asked } = feed([`event: error\n${events({ type: 'error', ...failed })}`])
    expect(sink.fault).toMatchObject({ kind: 'upstream_overloaded', status: 503, code: 'overloaded' })
    expect(sink.heard).toEqual(['head', 'fail'])
    expect(asked).toContain('abort')
  })

  it.each([
    [{ error: { message: 'slow down', code: 429 } }, 'upstream_rate_limited'],
    [{ error: { message: 'bad tool', code: 'tool_use_failed', type: 'invalid_request_error' } }, 'upstream_rejected'],
    [{ error: { message: 'prompt is too long', type: 'invalid_request_error' } }, 'upstream_rejected'],
    [{ error: 'something broke' }, 'upstream_error'],
    [[{ error: { message: 'no', status: 'UNAVAILABLE', code: 503 } }], 'upstream_overloaded'],
  ])('C10 are told apart by what they say: %j', (event, kind) => {
    expect(stream([event]).fault?.kind).toBe(kind)
  })

  it('E15 end a begun stream with the words of the provider', () => {
    const error = { message: 'Provider disconnected', code: 502, type: 'provider_error', metadata: { raw: 'socket' } }
    const sink = stream([
      ...hello.slice(0, 2),
      chunkOf([{ index: 0, delta: { content: '' }, finish_reason: 'error' }], { error }),
    ])
    expect(sink.heard.slice(-2)).toEqual(['flush', 'fail'])
    expect(sink.fault?.kind).toBe('upstream_error')
    expect(sink.fault?.toEnvelope()).toEqual({
      error: { message: 'Provider disconnected: socket', type: 'provider_error', param: null, code: 'upstream_error' },
    })
    expect(sink.sent).toHaveLength(2)
  })

  it('E15 still count the usage they carry', () => {
    const sink = stream([
      ...hello.slice(0, 2),
      { ...chunk({}), usage, error: { code: 400, message: 'Token limit reached' } },
    ])
    expect(sink.usages).toHaveLength(1)
    expect(sink.chunks.at(-1)?.internal).toBe(true)
    expect(sink.sent).toHaveLength(2)
  })

  it('E18 malformed JSON is an error of the provider', () => {
    for (const bad of ['{"id":', '7', '"text"', 'null']) {
      const sink = stream([...hello.slice(0, 2), bad])
      expect(sink.fault?.kind).toBe('upstream_error')
      expect(sink.sent).toHaveLength(2)
    }
    expect(stream([chunkOf([7 as unknown as object])]).fault?.kind).toBe('upstream_error')
  })

  it('hears nothing after the end mark', () => {
    const { sink } = feed([events(...hello, '[DONE]', chunk({ content: 'late' })), events(failed)])
    expect(sink.sent).toEqual(hello)
    expect(sink.heard.filter((each) => each === 'end' || each === 'fail')).toEqual(['end'])
  })
})

describe('limits', () => {
  it('E19 an event of 2 MB arrives whole', () => {
    const big = chunk({ role: 'assistant', content: 'é'.repeat(2 ** 20) })
    const bytes = Buffer.from(events(big, chunk({}, 'stop'), '[DONE]'))
    const pieces = Array.from({ length: Math.ceil(bytes.length / 65_536) }, (_, index) =>
      bytes.subarray(index * 65_536, (index + 1) * 65_536),
    )
    expect(feed(pieces).sink.texts[0]).toBe(JSON.stringify(big))
  })

  it('refuses an event that is longer than the limit, in one piece or in many', () => {
    const call = {
      limits: { headTimeoutMs: 0, firstChunkTimeoutMs: 0, idleTimeoutMs: 0, maxEventChars: 1000, maxAnswerBytes: 1000 },
    }
    const long = events(chunk({ content: 'a'.repeat(2000) }))
    for (const pieces of [[long], long.split('')]) {
      const { sink, asked } = feed(pieces, { call })
      expect(sink.fault).toMatchObject({ kind: 'upstream_error' })
      expect(sink.fault?.message).toContain('1000 characters')
      expect(asked).toContain('abort')
    }
  })

  it('holds no arguments without a bound for a call that has no name yet', () => {
    const piece = chunk({ tool_calls: [{ index: 0, id: 'a', function: { arguments: 'x'.repeat(2 ** 19) } }] })
    const { sink } = feed([events(piece, piece, piece, chunk({ content: 'more' }))])
    expect(sink.fault?.message).toContain('without a name')
  })

  it('refuses a whole answer that is longer than the limit', () => {
    const call = {
      stream: false,
      limits: { headTimeoutMs: 0, firstChunkTimeoutMs: 0, idleTimeoutMs: 0, maxEventChars: 1000, maxAnswerBytes: 1000 },
    }
    const { sink } = feed([`{"id":"${'a'.repeat(2000)}"}`], { call, headers: { 'content-type': 'application/json' } })
    expect(sink.fault?.message).toContain('1000 bytes')
    expect(sink.heard).toEqual(['fail'])
  })
})
