import { Ajv } from 'ajv'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { judgeRequest, readScore } from '../../../src/evaluation/llm-judge.ts'
import { mockModels } from '../../../src/providers/mock/behaviour.ts'
import { mockProvider } from '../../../src/providers/mock/mock.ts'
import { schemaInstance } from '../../../src/providers/mock/schema-instance.ts'
import type { Flow, ProviderCall } from '../../../src/providers/provider.ts'
import { callTo, CollectingSink, limits, type SentChunk } from '../collecting-sink.ts'

const provider = mockProvider()

interface Ask {
  readonly model: string
  readonly body?: object
  readonly stream?: boolean
  readonly call?: Partial<ProviderCall>
}

function ask({ model, body = {}, stream = true, call = {} }: Ask): { sink: CollectingSink; flow: Flow } {
  const text = JSON.stringify({ model, stream, messages: [{ role: 'user', content: 'Hello big world' }], ...body })
  const sink = new CollectingSink()
  return { sink, flow: provider.endpoints.chat(callTo('mock:', { model, stream, body: text, ...call }), sink) }
}

async function answer(what: Ask): Promise<CollectingSink> {
  const { sink } = ask(what)
  await sink.over
  return sink
}

const textOf = (sent: readonly SentChunk[], index = 0): string =>
  sent
    .flatMap((chunk) => chunk.choices)
    .filter((choice) => choice.index === index)
    .map((choice) => choice.delta?.content ?? choice.message?.content ?? '')
    .join('')
const finishes = (sent: readonly SentChunk[]): unknown[] =>
  sent
    .flatMap((chunk) => chunk.choices)
    .map((choice) => choice.finish_reason)
    .filter((reason) => reason !== null)

describe('mock/echo', () => {
  it('answers with the last user message, its text parts joined', async () => {
    const messages = [
      { role: 'user', content: 'first' },
      { role: 'assistant', content: 'no' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Hé ' },
          { type: 'image_url', image_url: { url: 'data:' } },
          { type: 'text', text: 'llo  there' },
        ],
      },
    ]
    for (const stream of [true, false])
      expect(textOf((await answer({ model: 'echo', stream, body: { messages } })).sent)).toBe('Hé llo  there')
  })

  it('D01 E10 E11 E12 speaks the normal form, a token a chunk', async () => {
    const sink = await answer({ model: 'echo' })
    expect(sink.sent.map((chunk) => chunk.choices[0]?.delta)).toEqual([
      { role: 'assistant', content: '', refusal: null },
      { content: 'Hello' },
      { content: ' big' },
      { content: ' world' },
      {},
    ])
    expect(finishes(sink.sent)).toEqual(['stop'])
    expect(new Set(sink.sent.map((chunk) => [chunk.id, chunk.created, chunk.model, chunk.object].join())).size).toBe(1)
    const whole = (await answer({ model: 'echo', stream: false })).sent[0]
    expect(whole).toMatchObject({
      id: expect.stringMatching(/^chatcmpl-/),
      object: 'chat.completion',
      model: 'echo',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'Hello big world', refusal: null },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
    })
  })

  it('E01 E02 always counts, and shows it to who asked', async () => {
    const tokens = {
      inputTokens: 3,
      outputTokens: 3,
      cacheReadInputTokens: 0,
      cacheCreationInputTokens: 0,
      reasoningOutputTokens: 0,
    }
    const asked = await answer({ model: 'echo', call: { clientWantsUsage: true } })
    expect(asked.sent.at(-1)).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 3, completion_tokens: 3, total_tokens: 6 },
    })
    const unasked = await answer({ model: 'echo' })
    expect(unasked.sent.every((chunk) => chunk.choices.length > 0)).toBe(true)
    const whole = await answer({ model: 'echo', stream: false })
    for (const sink of [asked, unasked, whole]) expect(sink.usages).toEqual([tokens])
  })

  it('says the same to the same request, and says it later', async () => {
    const { sink } = ask({ model: 'echo' })
    expect(sink.heard).toEqual([])
    await sink.over
    expect((await answer({ model: 'echo', call: { requestId: 'another' } })).texts).toEqual(sink.texts)
  })

  it('E24 gives n choices', async () => {
    const sink = await answer({ model: 'echo', body: { n: 3 } })
    expect([0, 1, 2].map((index) => textOf(sink.sent, index))).toEqual([
      'Hello big world',
      'Hello big world',
      'Hello big world',
    ])
    expect(finishes(sink.sent)).toEqual(['stop', 'stop', 'stop'])
    expect(sink.usages).toMatchObject([{ outputTokens: 9 }])
    expect((await answer({ model: 'echo', stream: false, body: { n: 3 } })).sent[0]?.choices).toHaveLength(3)
  })

  it('refuses an answer in one piece that would be larger than an answer may be', async () => {
    const call = { limits: { ...limits, maxAnswerBytes: 100 } }
    const refused = await answer({ model: 'echo', stream: false, body: { n: 20 }, call })
    expect(refused.fault).toMatchObject({ kind: 'upstream_rejected', status: 400, param: 'n' })
    const streamed = await answer({ model: 'echo', stream: true, body: { n: 20 }, call })
    expect(streamed.fault).toBeNull()
  })

  it('keeps to max_tokens and stop', async () => {
    for (const body of [{ max_tokens: 2 }, { max_completion_tokens: 2, max_tokens: 9 }]) {
      const sink = await answer({ model: 'echo', body })
      expect([textOf(sink.sent), finishes(sink.sent)]).toEqual(['Hello big', ['length']])
    }
    expect(textOf((await answer({ model: 'echo', body: { stop: ['world', ' big'] } })).sent)).toBe('Hello')
  })
})

describe('mock/judge', () => {
  const judge = (criterion: string, text: string) =>
    answer({ model: 'judge', body: judgeRequest({ criterion }, 'mock/judge', { messages: [] }, text) })
  const scoreOf = async (criterion: string, text: string) => readScore(textOf((await judge(criterion, text)).sent))

  it('gives the share of the criterion’s words that the answer has, in the form that judges expect', async () => {
    const criterion = 'The ANSWER is warm, and it names the carrier.'
    expect(await scoreOf(criterion, 'Warm regards from the Carrier!')).toEqual({
      score: 0.5,
      reason: '2 of 4 words of the criterion stand in the answer.',
    })
    expect(await scoreOf(criterion, 'The warm answer names a carrier')).toMatchObject({ score: 1 })
    expect(await scoreOf('größer', 'Viel Größer.')).toMatchObject({ score: 1 })
    expect(await scoreOf(criterion, 'Lukewarm.')).toMatchObject({ score: 0 })
    expect(await scoreOf('…', 'anything')).toMatchObject({ score: 0 })
  })

  it('gives no score to what is no question of a judge', async () => {
    for (const content of ['Hello', '[1]', '{"criterion": "x"}', '{"criterion": 1, "answer": "y"}'])
      expect(
        readScore(textOf((await answer({ model: 'judge', body: { messages: [{ role: 'user', content }] } })).sent)),
      ).toContain('did not answer with a JSON object')
  })

  it('fills in a schema that the request has, as mock/json does', async () => {
    const response_format = {
      type: 'json_schema',
      json_schema: { schema: { type: 'object', required: ['a'], properties: { a: { type: 'integer', minimum: 3 } } } },
    }
    expect(JSON.parse(textOf((await answer({ model: 'judge', body: { response_format } })).sent))).toEqual({ a: 3 })
  })
})

describe('mock/json', () => {
  it('answers with JSON, and with an instance of the schema', async () => {
    expect(JSON.parse(textOf((await answer({ model: 'json' })).sent))).toEqual({ text: 'Hello big world' })
    const schema = {
      type: 'object',
      properties: { name: { type: 'string' }, age: { type: 'integer', minimum: 18 }, extra: { type: 'string' } },
      required: ['name', 'age'],
    }
    const body = { response_format: { type: 'json_schema', json_schema: { name: 'person', strict: true, schema } } }
    expect(JSON.parse(textOf((await answer({ model: 'json', body })).sent))).toEqual({ name: 'text', age: 18 })
  })

  it.each([
    { type: 'array', items: { type: 'boolean' }, minItems: 2 },
    {
      $defs: {
        tree: {
          type: 'object',
          properties: {
            value: { type: 'number', exclusiveMinimum: 3 },
            next: { anyOf: [{ type: 'null' }, { $ref: '#/$defs/tree' }] },
          },
          required: ['value', 'next'],
        },
      },
      $ref: '#/$defs/tree',
    },
    { type: ['string', 'null'], minLength: 10 },
    { enum: ['b', 'a'] },
    { const: { a: [1] } },
    {
      allOf: [
        { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
        { properties: { b: { type: 'integer' } }, required: ['b'] },
      ],
    },
    {
      type: 'object',
      properties: { ['__proto__']: { type: 'string' }, at: { type: 'string', format: 'date' } },
      required: ['at'],
    },
  ])('fits %j', (schema) => {
    const validate = new Ajv({ strict: false, validateFormats: false }).compile(schema)
    expect([schemaInstance(schema as never), validate(schemaInstance(schema as never))]).toEqual([
      expect.anything(),
      true,
    ])
  })

  it('keeps an instance small, however a schema refers to itself', () => {
    const names = Array.from({ length: 100 }, (_, index) => `property${index}`)
    const self = {
      type: 'object',
      required: names,
      properties: Object.fromEntries(names.map((name) => [name, { $ref: '#' }])),
    }
    const big = {
      $defs: { big: { const: 'x'.repeat(50_000) } },
      type: 'array',
      minItems: 100,
      items: { $ref: '#/$defs/big' },
    }
    const wide = {
      type: 'array',
      minItems: 100,
      items: { type: 'array', minItems: 100, items: { type: 'array', minItems: 100 } },
    }
    for (const schema of [self, big, wide]) expect(JSON.stringify(schemaInstance(schema)).length).toBeLessThan(300_000)
    expect(schemaInstance({ $ref: '#/%zz' })).toBeNull()
  })

  it('survives any schema', () => {
    fc.assert(fc.property(fc.jsonValue(), (schema) => JSON.stringify(schemaInstance(schema as never)) !== undefined))
    const endless = { $ref: '#' }
    expect(schemaInstance(endless)).toBeNull()
  })
})

describe('mock/tool', () => {
  const tool = (name: string): object => ({
    type: 'function',
    function: { name, parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } },
  })
  const tools = [tool('weather'), tool('time')]
  const calls = (sink: CollectingSink): unknown[] =>
    sink.sent.flatMap((chunk) => chunk.choices.flatMap((choice) => choice.delta?.tool_calls ?? []))

  it('E13 streams a call of the first tool in pieces', async () => {
    const sink = await answer({ model: 'tool', body: { tools } })
    const [first, ...rest] = calls(sink) as { index: number; function: { arguments: string } }[]
    expect(first).toEqual({
      index: 0,
      id: expect.stringMatching(/^call_[0-9a-f]{24}$/),
      type: 'function',
      function: { name: 'weather', arguments: '' },
    })
    expect(rest.every((call) => Object.keys(call).join() === 'index,function')).toBe(true)
    expect(JSON.parse(rest.map((call) => call.function.arguments).join(''))).toEqual({ city: 'text' })
    expect(rest.length).toBeGreaterThan(1)
    expect(finishes(sink.sent)).toEqual(['tool_calls'])
  })

  it('calls the chosen tool, all of them when told to, none when told not to', async () => {
    const names = async (body: object): Promise<unknown[]> => {
      const sink = await answer({ model: 'tool', stream: false, body: { tools, ...body } })
      return sink.sent[0]?.choices[0]?.message.tool_calls?.map((call) => call.function.name) ?? []
    }
    expect(await names({ tool_choice: { type: 'function', function: { name: 'time' } } })).toEqual(['time'])
    expect(await names({ tool_choice: 'required' })).toEqual(['weather'])
    expect(await names({ tool_choice: 'required', parallel_tool_calls: true })).toEqual(['weather', 'time'])
    expect(await names({ tool_choice: 'none' })).toEqual([])
    expect(await names({ tools: undefined })).toEqual([])
  })

  it('E14 keeps parallel calls apart', async () => {
    const sink = await answer({ model: 'tool', body: { tools, tool_choice: 'required', parallel_tool_calls: true } })
    expect(new Set((calls(sink) as { index: number }[]).map((call) => call.index))).toEqual(new Set([0, 1]))
  })

  it('answers in text after a result', async () => {
    const messages = [
      { role: 'user', content: 'Weather?' },
      { role: 'assistant', tool_calls: [] },
      { role: 'tool', tool_call_id: 'c', content: 'sunny' },
    ]
    const sink = await answer({ model: 'tool', body: { tools, messages } })
    expect([textOf(sink.sent), finishes(sink.sent)]).toEqual(['The tool answered: sunny', ['stop']])
  })
})

describe('the other mock models', () => {
  it('tokens-<n> answers with n tokens, one chunk each', async () => {
    const sink = await answer({ model: 'tokens-500' })
    expect(sink.sent.filter((chunk) => chunk.choices[0]?.delta.content)).toHaveLength(500)
    expect(sink.usages).toMatchObject([{ outputTokens: 500 }])
  })

  it('E25 reasoning thinks first', async () => {
    const sink = await answer({ model: 'reasoning' })
    const thoughts = sink.sent.map((chunk) => chunk.choices[0]?.delta.reasoning_content ?? '').join('')
    expect(thoughts).toContain('Hello big world')
    expect(textOf(sink.sent)).toBe('Hello big world')
    expect(sink.usages[0]?.reasoningOutputTokens).toBeGreaterThan(0)
    expect((await answer({ model: 'reasoning', stream: false })).sent[0]?.choices[0]?.message.reasoning_content).toBe(
      thoughts,
    )
  })

  it('slow answers all the same, and is cut off at the time limits', async () => {
    for (const stream of [true, false])
      expect(textOf((await answer({ model: 'slow-1', stream })).sent)).toBe('Hello big world')
    const late = await answer({ model: 'slow-60000', call: { limits: { ...limits, headTimeoutMs: 5 } } })
    expect(late.fault?.kind).toBe('upstream_timeout')
    expect((await answer({ model: 'timeout', call: { limits: { ...limits, headTimeoutMs: 5 } } })).fault).toMatchObject(
      { kind: 'upstream_timeout', status: 504 },
    )
  })

  it('429 and 500 fail before the head', async () => {
    expect((await answer({ model: '429' })).fault).toMatchObject({
      kind: 'upstream_rate_limited',
      status: 429,
      retryAfterMs: 1000,
    })
    expect((await answer({ model: '500' })).heard).toEqual(['fail'])
  })

  it('cut and error-midstream fail in the middle, without a finish_reason', async () => {
    for (const [model, kind] of [
      ['cut', 'upstream_interrupted'],
      ['error-midstream', 'upstream_error'],
    ] as const) {
      const sink = await answer({ model })
      expect(sink.fault?.kind).toBe(kind)
      expect('Hello big world'.startsWith(textOf(sink.sent))).toBe(true)
      expect(textOf(sink.sent)).not.toBe('')
      expect(finishes(sink.sent)).toEqual([])
      expect((await answer({ model, stream: false })).heard).toEqual(['fail'])
    }
  })

  it('flaky fails its share, the same body always alike, and a retry can succeed', async () => {
    const outcome = async (text: string, requestId: string): Promise<boolean> =>
      (
        await answer({
          model: 'flaky-30',
          stream: false,
          body: { messages: [{ role: 'user', content: text }] },
          call: { requestId },
        })
      ).ended
    const texts = Array.from({ length: 200 }, (_, index) => `message ${index}`)
    const first = await Promise.all(texts.map((text) => outcome(text, `a ${text}`)))
    expect(await Promise.all(texts.map((text) => outcome(text, `b ${text}`)))).toEqual(first)
    const failed = texts.filter((_, index) => first[index] === false)
    expect(failed.length).toBeGreaterThan(30)
    expect(failed.length).toBeLessThan(90)
    const second = await Promise.all(failed.map((text) => outcome(text, `a ${text}`)))
    expect(second.filter(Boolean).length).toBeGreaterThan(second.length / 2)
    expect((await answer({ model: 'flaky-0' })).ended).toBe(true)
    expect((await answer({ model: 'flaky-100' })).fault?.mayRetry).toBe(true)
  })

  it('an unknown name is a 404 that lists the names', async () => {
    for (const model of ['nothing', 'tokens-', 'flaky-101', 'tokens-999999999', '__proto__']) {
      const { fault } = await answer({ model })
      expect(fault).toMatchObject({ kind: 'upstream_rejected', status: 404, code: 'model_not_found', param: 'model' })
      for (const { name } of mockModels) expect(fault?.message).toContain(`mock/${name}`)
    }
  })

  it('every listed name works', async () => {
    for (const { name } of mockModels) {
      if (name === 'timeout') continue
      expect((await answer({ model: name, stream: false })).fault?.code ?? '').not.toBe('model_not_found')
    }
  })
})

describe('the flow', () => {
  it('E20 F01 pauses, goes on, and stops for good', async () => {
    const { sink, flow } = ask({ model: 'tokens-100000' })
    await sink.atLeast(10)
    flow.pause()
    const paused = sink.chunks.length
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate)
    expect(sink.chunks.length).toBe(paused)
    flow.resume()
    await sink.atLeast(paused + 10)
    flow.abort()
    const stopped = sink.heard.length
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate)
    expect(sink.heard.length).toBe(stopped)
    expect(sink.ended).toBe(false)
    flow.resume()
    flow.abort()
  })

  it('F02 stops before anything was said, from within the sink too', async () => {
    const early = ask({ model: 'echo' })
    early.flow.abort()
    const inside = ask({ model: 'echo' })
    inside.sink.onChunk = () => inside.flow.abort()
    await inside.sink.atLeast(1)
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate)
    expect(early.sink.heard).toEqual([])
    expect(inside.sink.heard).toEqual(['head', 'chunk'])
  })

  it('does not keep other work waiting while it says a lot', async () => {
    const { sink, flow } = ask({ model: 'tokens-100000' })
    await new Promise(setImmediate)
    await new Promise(setImmediate)
    expect(sink.chunks.length).toBeLessThan(1000)
    flow.abort()
  })

  it('ends by itself when the sink has a defect', async () => {
    const { sink } = ask({ model: 'echo' })
    sink.onChunk = () => {
      throw new Error('defect of a sink')
    }
    await sink.over
    expect(sink.fault?.kind).toBe('internal')
  })
})
