import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Fault } from '../../../src/core/fault.ts'
import type { JsonObject } from '../../../src/core/json.ts'
import { openAiUsage } from '../../../src/providers/gemini/usage.ts'
import { callKey } from '../../../src/providers/thinking-memory.ts'
import { callTo } from '../collecting-sink.ts'
import { ask, hello } from './ask.ts'
import { newMemory, readEvents, readWhole, said } from './read.ts'

const call = (name: string, args: JsonObject = {}, more: JsonObject = {}): JsonObject => ({
  functionCall: { name, args },
  ...more,
})

describe('text and thoughts', () => {
  it('become deltas, the role in the first of them, and the end once the stream is over', () => {
    const { sent, reasons } = readEvents([said([{ text: 'Hel' }]), said([{ text: 'lo' }], 'STOP')])
    expect(sent).toMatchObject([
      { id: 'chatcmpl-r1', object: 'chat.completion.chunk', created: 1_767_268_800, model: 'gemini-test' },
      {},
      {},
    ])
    expect(sent.map((chunk) => chunk.choices)).toEqual([
      [{ index: 0, delta: { role: 'assistant', content: 'Hel', refusal: null }, finish_reason: null }],
      [{ index: 0, delta: { content: 'lo' }, finish_reason: null }],
      [{ index: 0, delta: {}, finish_reason: 'stop' }],
    ])
    expect(reasons).toEqual(['stop'])
  })

  it('H12 keeps thoughts out of the content', () => {
    const { deltas } = readEvents([said([{ text: 'Hm.', thought: true }, { text: 'Hi' }], 'STOP')])
    expect(deltas[0]).toEqual({ role: 'assistant', content: 'Hi', reasoning_content: 'Hm.', refusal: null })
  })

  it('reads on when a candidate says more after it said how it ended', () => {
    const { deltas, reasons } = readEvents([said([{ text: 'a' }], 'STOP'), said([{ text: 'b' }], 'STOP')])
    expect(deltas.map(({ content }) => content ?? '').join('')).toBe('ab')
    expect(reasons).toEqual(['stop'])
  })

  it('H10 answers with an empty text when all tokens were thoughts', () => {
    const answer = {
      ...said([], 'MAX_TOKENS'),
      candidates: [{ content: { role: 'model' }, finishReason: 'MAX_TOKENS' }],
    }
    const choice = { finish_reason: 'length', message: { role: 'assistant', content: '', refusal: null } }
    expect(readWhole(answer)).toMatchObject({ choices: [choice] })
    expect(readEvents([answer])).toMatchObject({ deltas: [{ role: 'assistant', content: '' }], reasons: ['length'] })
  })

  it('says whatever was said, however it is cut into parts and events', () => {
    const part = fc.record({ text: fc.string(), thought: fc.boolean() })
    fc.assert(
      fc.property(fc.array(fc.array(part)), (events) => {
        const { deltas, fault } = readEvents([...events.map((parts) => said(parts)), said([], 'STOP')])
        const of = (thought: boolean): string =>
          events
            .flat()
            .filter((part) => part.thought === thought)
            .map(({ text }) => text)
            .join('')
        expect(fault).toBeNull()
        expect(deltas.map(({ content }) => content ?? '').join('')).toBe(of(false))
        expect(deltas.map((delta) => delta.reasoning_content ?? '').join('')).toBe(of(true))
        expect(deltas.filter(({ role }) => role !== undefined)).toEqual([deltas[0]])
      }),
    )
  })
})

describe('how it ends', () => {
  it.each([
    ['STOP', 'stop'],
    ['MAX_TOKENS', 'length'],
    ['SAFETY', 'content_filter'],
    ['RECITATION', 'content_filter'],
    ['BLOCKLIST', 'content_filter'],
    ['PROHIBITED_CONTENT', 'content_filter'],
    ['SPII', 'content_filter'],
    ['IMAGE_SAFETY', 'content_filter'],
    ['OTHER', 'stop'],
    ['SOMETHING_NEW', 'stop'],
  ])('H11 %s means %s', (reason, meaning) => {
    expect(readEvents([said([{ text: 'a' }], reason)]).reasons).toEqual([meaning])
    expect(readWhole(said([{ text: 'a' }], reason))).toMatchObject({ choices: [{ finish_reason: meaning }] })
  })

  it('takes an answer that was held back without a reason for a filtered one', () => {
    expect(readEvents([said([], 'OTHER')]).reasons).toEqual(['content_filter'])
  })

  it('H11 answers a refused question with content_filter and no error', () => {
    const answer = {
      promptFeedback: { blockReason: 'PROHIBITED_CONTENT' },
      usageMetadata: { promptTokenCount: 4, totalTokenCount: 4 },
    }
    const read = readEvents([answer])
    expect([read.fault, read.reasons]).toEqual([null, ['content_filter']])
    expect(readWhole(answer)).toMatchObject({
      choices: [{ index: 0, finish_reason: 'content_filter', message: { role: 'assistant', content: '' } }],
      usage: { prompt_tokens: 4 },
    })
  })

  it.each(['MALFORMED_FUNCTION_CALL', 'UNEXPECTED_TOOL_CALL', 'MISSING_THOUGHT_SIGNATURE'])(
    '%s is an error and not a silent stop, and its tokens count',
    (reason) => {
      const event = {
        ...said([], reason, { finishMessage: 'print(x)' }),
        usageMetadata: { promptTokenCount: 4, totalTokenCount: 4 },
      }
      const { fault, chunks } = readEvents([event])
      expect(fault).toMatchObject({ kind: 'upstream_error' })
      expect(fault?.message).toContain(`${reason}): print(x)`)
      expect(chunks).toMatchObject([{ internal: true, usage: { inputTokens: 4, outputTokens: 0 } }])
      expect(readWhole(event)).toMatchObject({ kind: 'upstream_error' })
    },
  )

  it('E17 is an interruption when the stream ends before every candidate has', () => {
    expect(readEvents([said([{ text: 'a' }])]).fault?.kind).toBe('upstream_interrupted')
    expect(readEvents([]).fault?.kind).toBe('upstream_interrupted')
    const two = {
      candidates: [
        { index: 0, finishReason: 'STOP' },
        { index: 1, content: { parts: [{ text: 'a' }] } },
      ],
    }
    expect(readEvents([two]).fault?.kind).toBe('upstream_interrupted')
  })

  it('is an error when it is longer than an answer may be', () => {
    const { limits } = callTo('http://127.0.0.1:9')
    const events = Array.from({ length: 3 }, () => said([{ text: 'x'.repeat(400) }]))
    const { fault } = readEvents(events, { call: { limits: { ...limits, maxAnswerBytes: 1_000 } } })
    expect(fault?.message).toContain('1000 characters')
  })

  it('is an error when an answer in one piece has no candidates', () => {
    for (const value of [{}, [], { candidates: [] }]) expect(readWhole(value)).toMatchObject({ kind: 'upstream_error' })
  })
})

describe('calls', () => {
  it('H06 are announced, then given their arguments, and end with tool_calls although Gemini says STOP', () => {
    const { deltas, reasons } = readEvents([said([call('f', { a: 1 }), call('g')], 'STOP')])
    const [first, , third] = deltas.map((delta) => delta.tool_calls?.[0])
    expect(deltas.map((delta) => delta.tool_calls)).toEqual([
      [{ index: 0, id: first?.id, type: 'function', function: { name: 'f', arguments: '' } }],
      [{ index: 0, function: { arguments: '{"a":1}' } }],
      [{ index: 1, id: third?.id, type: 'function', function: { name: 'g', arguments: '' } }],
      [{ index: 1, function: { arguments: '{}' } }],
      undefined,
    ])
    expect(deltas[0]).toMatchObject({ role: 'assistant', content: null })
    expect(reasons).toEqual(['tool_calls'])
  })

  it('H06 get ids that never come twice: not within an answer, not in the next turn', () => {
    const ids = ['one', 'two'].flatMap((requestId) =>
      readEvents([said([call('f'), call('f')], 'STOP')], { call: { requestId } }).deltas.flatMap(
        (delta) => delta.tool_calls?.flatMap(({ id }) => id ?? []) ?? [],
      ),
    )
    expect(new Set(ids).size).toBe(4)
    for (const id of ids) expect(id).toMatch(/^[\w-]{1,40}$/)
  })

  it('H07 carry their signature, and it is remembered for clients that drop it', () => {
    const memory = newMemory()
    const answered = readEvents([said([call('f', {}, { thoughtSignature: 'sig' })], 'STOP')], { memory })
    const announced = answered.deltas[0]?.tool_calls?.[0]
    expect(announced?.['extra_content']).toEqual({ google: { thought_signature: 'sig' } })
    expect(memory.recall('default', callKey(announced?.id ?? ''))).toBe('sig')
    expect(memory.recall('somebody else', callKey(announced?.id ?? ''))).toBeNull()
  })

  it('H17 are called by the names the client gave them', () => {
    const name = 'my tool'
    const request = { tools: [{ type: 'function', function: { name } }] }
    const written = ask(request).toolNames.toGemini(name)
    const { deltas } = readEvents([said([call(written)], 'STOP')], { request })
    expect(deltas[0]?.tool_calls?.[0]?.function.name).toBe(name)
  })

  it('D13 answer the functions of old in the old way', () => {
    const answer = said([call('f', { a: 1 })], 'STOP')
    const options = { request: { functions: [{ name: 'f' }] } }
    expect(readWhole(answer, options)).toMatchObject({
      choices: [{ finish_reason: 'function_call', message: { function_call: { name: 'f', arguments: '{"a":1}' } } }],
    })
    expect(readEvents([answer], options)).toMatchObject({
      deltas: [{ function_call: { name: 'f', arguments: '' } }, { function_call: { arguments: '{"a":1}' } }, {}],
      reasons: ['function_call'],
    })
  })

  it('put arguments together that come in pieces', () => {
    const piece = (partialArgs: readonly JsonObject[], more: JsonObject = { willContinue: true }): JsonObject =>
      said([{ functionCall: { partialArgs, ...more } }])
    const { deltas } = readEvents([
      said([{ functionCall: { name: 'f', willContinue: true } }]),
      piece([{ jsonPath: '$.city', stringValue: 'Bos', willContinue: true }]),
      piece([{ jsonPath: '$.city', stringValue: 'ton' }]),
      piece([
        { jsonPath: "$['a b'][0].n", numberValue: 1 },
        { jsonPath: "$['a b'][1].n", boolValue: true },
      ]),
      piece([
        { jsonPath: '$.__proto__', stringValue: 'x' },
        { jsonPath: '$.none', nullValue: null },
      ]),
      said([{ functionCall: {} }], 'STOP'),
    ])
    expect(deltas[1]?.tool_calls?.[0]?.function.arguments).toBe(
      '{"city":"Boston","a b":[{"n":1},{"n":true}],"__proto__":"x","none":null}',
    )
    expect(({} as Record<string, unknown>)['x']).toBeUndefined()
  })

  it.each([
    [{ jsonPath: '$.a[99999999]', numberValue: 1 }],
    [{ jsonPath: 'nowhere', numberValue: 1 }],
    [{ jsonPath: '$', numberValue: 1 }],
    [{ jsonPath: `$${'.a'.repeat(100)}`, numberValue: 1 }],
    [{ numberValue: 1 }],
    [{ jsonPath: '$.long', stringValue: 'x'.repeat(20_000_000) }],
  ])('are an error when a piece leads nowhere or too far: %#', (piece) => {
    const begun = said([{ functionCall: { name: 'f', willContinue: true, partialArgs: [piece] } }])
    expect(readEvents([begun]).fault?.kind).toBe('upstream_error')
  })
})

describe('a turn that comes back', () => {
  it('G14 H07 carries the signatures again although the client dropped them', () => {
    const memory = newMemory()
    const model = 'gemini-3-pro-preview'
    const remembered = (key: string): string => memory.recall('default', key) as string
    const answer = readWhole(
      said(
        [
          { text: 'Looking.' },
          call('f', {}, { thoughtSignature: 'of the call' }),
          { text: '', thoughtSignature: 'of the text' },
        ],
        'STOP',
      ),
      {
        memory,
        model,
      },
    )
    if (answer instanceof Fault) throw answer
    const { role, content, tool_calls: calls } = answer.choices[0]?.message ?? {}
    const stripped = (calls ?? []).map(({ id, type, function: called }) => ({ id, type, function: called }))
    const messages = [
      hello,
      { role, content, tool_calls: stripped },
      { role: 'tool', tool_call_id: calls?.[0]?.id, content: 'ok' },
    ]
    const { sent } = ask({ messages } as unknown as JsonObject, {
      model,
      remembered: { get: remembered } as unknown as ReadonlyMap<string, string>,
    })
    expect(sent.contents[1]?.parts).toMatchObject([
      { text: 'Looking.', thoughtSignature: 'of the text' },
      { functionCall: { name: 'f' }, thoughtSignature: 'of the call' },
    ])
  })
})

describe('usage', () => {
  it('H08 is the last one, once, in a chunk of its own', () => {
    const usage = (candidatesTokenCount: number): JsonObject => ({
      usageMetadata: {
        promptTokenCount: 10,
        candidatesTokenCount,
        totalTokenCount: 10 + candidatesTokenCount,
        cachedContentTokenCount: 4,
      },
    })
    const { sent, chunks } = readEvents([
      { ...said([{ text: 'a' }]), ...usage(1) },
      { ...said([{ text: 'b' }], 'STOP'), ...usage(2) },
      { usageMetadata: { trafficType: 'ON_DEMAND' } },
    ])
    expect(sent.filter((chunk) => 'usage' in chunk)).toEqual([sent.at(-1)])
    expect(sent.at(-1)).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12, prompt_tokens_details: { cached_tokens: 4 } },
    })
    expect(chunks.at(-1)?.usage).toMatchObject({ inputTokens: 10, cacheReadInputTokens: 4, outputTokens: 2 })
  })

  it('E02 stays inside when the client did not ask for it', () => {
    const event = { ...said([{ text: 'a' }], 'STOP'), usageMetadata: { promptTokenCount: 1, totalTokenCount: 1 } }
    const { sent, chunks } = readEvents([event], { call: { clientWantsUsage: false } })
    expect(sent.every((chunk) => chunk.choices.length > 0)).toBe(true)
    expect(chunks.at(-1)).toMatchObject({ internal: true, usage: { inputTokens: 1 } })
  })

  it.each([
    [{ promptTokenCount: 5, thoughtsTokenCount: 7, totalTokenCount: 12 }, [5, 7, 12, 7]],
    [{ promptTokenCount: 5, candidatesTokenCount: 3, thoughtsTokenCount: 7, totalTokenCount: 15 }, [5, 10, 15, 7]],
    [{ promptTokenCount: 5, candidatesTokenCount: 3, toolUsePromptTokenCount: 2, totalTokenCount: 10 }, [7, 3, 10, 0]],
    [{ promptTokenCount: 5, candidatesTokenCount: 3 }, [5, 3, 8, 0]],
  ])('H09 counts %j as prompt, completion, total and reasoning %j', (metadata, expected) => {
    const usage = openAiUsage(metadata)
    expect([usage['prompt_tokens'], usage['completion_tokens'], usage['total_tokens']]).toEqual(expected.slice(0, 3))
    expect(usage['completion_tokens_details']).toEqual({ reasoning_tokens: expected[3] })
  })
})

describe('what else an answer holds', () => {
  it('D06 E24 tells several candidates apart, whether they come one by one or together', () => {
    const candidate = (index: number, text: string, more: JsonObject = {}): JsonObject => ({
      index,
      content: { parts: [{ text }] },
      ...more,
    })
    const { sent } = readEvents([
      { candidates: [candidate(0, 'a')] },
      { candidates: [candidate(1, 'b', { finishReason: 'STOP' })] },
      { candidates: [candidate(0, 'c', { finishReason: 'MAX_TOKENS' })] },
    ])
    expect(
      sent
        .flatMap((chunk) => chunk.choices)
        .map(({ index, delta, finish_reason: reason }) => [index, delta.content ?? '', reason]),
    ).toEqual([
      [0, 'a', null],
      [1, 'b', null],
      [0, 'c', null],
      [0, '', 'length'],
      [1, '', 'stop'],
    ])
  })

  it('H18 has logprobs in OpenAI words', () => {
    const logprobsResult = {
      chosenCandidates: [{ token: 'Hé', logProbability: -0.5 }, { token: '!' }],
      topCandidates: [
        {
          candidates: [
            { token: 'Hé', logProbability: -0.5 },
            { token: 'x', logProbability: -3 },
          ],
        },
      ],
    }
    expect(readWhole(said([{ text: 'Hé!' }], 'STOP', { logprobsResult }))).toMatchObject({
      choices: [
        {
          logprobs: {
            content: [
              {
                token: 'Hé',
                logprob: -0.5,
                bytes: [72, 195, 169],
                top_logprobs: [
                  { token: 'Hé', logprob: -0.5, bytes: [72, 195, 169] },
                  { token: 'x', logprob: -3, bytes: [120] },
                ],
              },
              { token: '!', logprob: 0, bytes: [33], top_logprobs: [] },
            ],
            refusal: null,
          },
        },
      ],
    })
  })

  it('names its sources with places counted in characters', () => {
    const groundingMetadata = {
      groundingChunks: [{ web: { uri: 'https://a.example/', title: 'A' } }, { web: { uri: 'https://b.example/' } }],
      groundingSupports: [{ segment: { startIndex: 6, endIndex: 13 }, groundingChunkIndices: [1, 7] }],
    }
    const text = 'Größe zählt.'
    const { deltas } = readEvents([said([{ text }]), said([], 'STOP', { groundingMetadata })])
    const [annotation] = (deltas.at(-1)?.['annotations'] ?? []) as {
      url_citation: { start_index: number; end_index: number }
    }[]
    expect(annotation).toEqual({
      type: 'url_citation',
      url_citation: { url: 'https://b.example/', title: 'https://b.example/', start_index: 4, end_index: 10 },
    })
    expect(text.slice(4, 10)).toBe(Buffer.from(text).subarray(6, 13).toString())
  })

  it('shows images as data URLs beside the content, but not those of its thoughts', () => {
    const inlineData = { mimeType: 'image/png', data: 'AAAA' }
    const parts = [{ inlineData, thought: true }, { text: 'Here.' }, { inlineData, thoughtSignature: 's' }]
    expect(readWhole(said(parts, 'STOP'))).toMatchObject({
      choices: [
        {
          message: {
            content: 'Here.',
            images: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }],
          },
        },
      ],
    })
  })

  it('J04 gives images of a stream their places, for clients that add deltas up', () => {
    const images = ['AAAA', 'BBBB'].map((data) => said([{ inlineData: { mimeType: 'image/png', data } }]))
    const { deltas } = readEvents([...images, said([{ text: 'Here.' }], 'STOP')])
    expect(deltas.flatMap((delta) => delta['images'] ?? [])).toMatchObject([
      { image_url: { url: 'data:image/png;base64,AAAA' }, index: 0 },
      { image_url: { url: 'data:image/png;base64,BBBB' }, index: 1 },
    ])
  })

  it('leaves code that Google ran and kinds of parts nobody knows aside', () => {
    const parts = [
      { executableCode: { code: 'x' } },
      { codeExecutionResult: { output: 'y' } },
      { news: 1 },
      { text: 'z' },
    ]
    expect(readWhole(said(parts, 'STOP'))).toMatchObject({
      choices: [{ message: { content: 'z' }, finish_reason: 'stop' }],
    })
  })
})

describe('errors', () => {
  const error = { error: { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' } }

  it('C10 are what they are when nothing was said before them, in a list or not', () => {
    for (const event of [error, [error]])
      expect(readEvents([event]).fault).toMatchObject({ kind: 'upstream_overloaded', status: 503 })
    expect(readWhole([error])).toMatchObject({ kind: 'upstream_overloaded' })
  })

  it('E15 end a stream that had begun', () => {
    const { fault } = readEvents([said([{ text: 'a' }]), error])
    expect(fault).toMatchObject({ kind: 'upstream_error', message: 'The model is overloaded.' })
  })

  it.each(['{bad', '7', 'null', '[]'])('E18 are what an event of %s is', (data) => {
    expect(readEvents([data]).fault?.kind).toBe('upstream_error')
  })

  it('never throws, whatever comes', () => {
    const anything = fc.jsonValue()
    const likely = fc.record(
      {
        candidates: fc.oneof(
          anything,
          fc.array(
            fc.record(
              {
                index: anything,
                finishReason: anything,
                content: fc.oneof(
                  anything,
                  fc.record({
                    parts: fc.oneof(
                      anything,
                      fc.array(
                        fc.record(
                          {
                            text: anything,
                            thought: anything,
                            thoughtSignature: anything,
                            functionCall: fc.oneof(
                              anything,
                              fc.record(
                                { name: anything, args: anything, partialArgs: anything, willContinue: anything },
                                { requiredKeys: [] },
                              ),
                            ),
                            inlineData: anything,
                          },
                          { requiredKeys: [] },
                        ),
                      ),
                    ),
                  }),
                ),
                groundingMetadata: anything,
                citationMetadata: anything,
                logprobsResult: anything,
              },
              { requiredKeys: [] },
            ),
          ),
        ),
        usageMetadata: anything,
        promptFeedback: anything,
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(fc.array(fc.oneof(anything, likely)), (events) => {
        const { sent, fault, reasons } = readEvents(events)
        const opened = new Set(sent.flatMap((chunk) => chunk.choices.map(({ index }) => index)))
        if (fault === null) expect(reasons).toHaveLength(opened.size)
        readWhole(events)
      }),
    )
  })
})
