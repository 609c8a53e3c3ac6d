import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDownloads, type Downloads } from '../../../src/providers/download.ts'
import { gemini } from '../../../src/providers/gemini/gemini.ts'
import { openUpstreams } from '../../../src/providers/http.ts'
import type { Provider, ProviderCall } from '../../../src/providers/provider.ts'
import { ThinkingMemory } from '../../../src/providers/thinking-memory.ts'
import type { Upstreams } from '../../../src/providers/upstream.ts'
import { body, hang, json, sse, startScriptedUpstream, type ScriptedUpstream } from '../../support/scripted-upstream.ts'
import { callTo, CollectingSink } from '../collecting-sink.ts'
import { said } from './read.ts'

let upstream: ScriptedUpstream
let upstreams: Upstreams
let provider: Provider

beforeAll(async () => {
  upstream = await startScriptedUpstream()
  upstreams = openUpstreams({ connectTimeoutMs: 2_000, connections: 10, resendAfterIdleMs: 1_000, allowPrivate: true })
  provider = providerWith(openDownloads({ allowPrivate: true }))
})
afterAll(async () => {
  await upstreams.close()
  await upstream.close()
})

function providerWith(downloads: Downloads): Provider {
  const memory = new ThinkingMemory({ maxEntries: 100, maxChars: 100_000 })
  return gemini({ upstreams, userAgent: 'promptbox/test', now: () => 0 }, { memory, downloads })
}

function chat(request: object, call: Partial<ProviderCall> = {}, to = provider): CollectingSink {
  const sink = new CollectingSink()
  const text = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'Hi' }], ...request })
  sink.flow = to.endpoints.chat(callTo(upstream.origin, { model: 'gemini-2.5-flash', body: text, ...call }), sink)
  return sink
}

async function embed(request: object, call: Partial<ProviderCall> = {}): Promise<CollectingSink> {
  const sink = new CollectingSink()
  const text = JSON.stringify({ model: 'm', ...request })
  provider.endpoints.embeddings?.(
    callTo(upstream.origin, { model: 'gemini-embedding-001', stream: false, body: text, ...call }),
    sink,
  )
  await sink.over
  return sink
}

const imageRequest = (url: string): object => ({
  messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }],
})

describe('the chat endpoint', () => {
  it('H02 streams over server-sent events, with the key in a header and nowhere else', async () => {
    upstream.next(sse([said([{ text: 'Hi' }], 'STOP')]))
    const sink = chat({}, { forwardHeaders: { 'openai-organization': 'org-1' } })
    const [request] = await Promise.all([upstream.nextRequest(), sink.over])
    expect(request.path).toBe('/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse')
    expect(request.headers['x-goog-api-key']).toBe('sk-provider-secret')
    expect(request.path + request.text).not.toContain('sk-provider-secret')
    expect(Object.keys(request.headers)).not.toEqual(expect.arrayContaining(['authorization']))
    // B12: those are for OpenAI's kind.
    expect(request.headers['openai-organization']).toBeUndefined()
    expect(sink.ended).toBe(true)
  })

  it('asks for one answer in one piece when no stream is wanted', async () => {
    upstream.next(json(said([{ text: 'Hi' }], 'STOP')))
    const sink = chat({}, { stream: false })
    const [request] = await Promise.all([upstream.nextRequest(), sink.over])
    expect(request.path).toBe('/v1beta/models/gemini-2.5-flash:generateContent')
    expect(sink.sent).toMatchObject([{ object: 'chat.completion', choices: [{ message: { content: 'Hi' } }] }])
  })

  it.each([
    ['', 'gemini-x', '/v1beta/models/gemini-x:generateContent'],
    ['/v1beta', 'models/gemini-x', '/v1beta/models/gemini-x:generateContent'],
    ['/v1', 'tunedModels/a', '/v1/tunedModels/a:generateContent'],
    ['/proxy', '../../x?y#z', '/proxy/v1beta/models/..%2F..%2Fx%3Fy%23z:generateContent'],
  ])('finds its way below the base URL %j for the model %s', async (path, model, expected) => {
    upstream.next(json(said([{ text: 'Hi' }], 'STOP')))
    const call = {
      stream: false,
      model,
      credential: { name: 'default', apiKey: null, baseUrl: upstream.origin + path },
    }
    const sink = chat({}, call)
    const [request] = await Promise.all([upstream.nextRequest(), sink.over])
    expect(request.path).toBe(expected)
  })

  it('names what it dropped in the head of the answer', async () => {
    upstream.next(sse([said([{ text: 'Hi' }], 'STOP')]))
    const sink = chat({ logit_bias: { 1: 1 } })
    await Promise.all([upstream.nextRequest(), sink.over])
    expect(sink.answerHead?.warnings).toEqual(['logit_bias was dropped, Gemini has no such parameter'])
  })

  it('refuses what cannot be said, after it has returned, and calls nobody', async () => {
    const before = upstream.requests.length
    const sink = chat({ n: 100 })
    expect(sink.heard).toEqual([])
    await sink.over
    expect(sink.fault).toMatchObject({ kind: 'invalid_request', param: 'n' })
    expect(upstream.requests.length).toBe(before)
  })

  it('says nothing to a client that hung up at once, whatever is wrong', async () => {
    const sink = chat({ n: 100 })
    sink.flow?.abort()
    await Promise.resolve()
    expect(sink.heard).toEqual([])
  })
})

describe('remote images', () => {
  it('H15 are fetched and sent as bytes', async () => {
    upstream.next(body('PNG', 200, { 'content-type': 'image/png; charset=x' }), sse([said([{ text: 'Hi' }], 'STOP')]))
    const sink = chat(imageRequest(`${upstream.origin}/a.png`))
    const first = await upstream.nextRequest()
    const second = await upstream.nextRequest()
    await sink.over
    expect([first.method, first.path]).toEqual(['GET', '/a.png'])
    expect(first.headers['x-goog-api-key']).toBeUndefined()
    expect(second.json).toEqual({
      contents: [{ role: 'user', parts: [{ inlineData: { mimeType: 'image/png', data: 'UE5H' } }] }],
    })
    expect(sink.ended).toBe(true)
  })

  it.each([
    'http://169.254.169.254/latest',
    'http://10.0.0.1/a.png',
    'http://127.0.0.1:1/a',
    'http://localhost/a',
    'http://[::1]/a',
    'http://2130706433/a',
  ])('H15 at %s are not fetched where private addresses are closed', async (url) => {
    const sink = chat(imageRequest(url), {}, providerWith(openDownloads({ allowPrivate: false })))
    await sink.over
    expect(sink.fault).toMatchObject({ kind: 'invalid_request', param: 'messages[0].content[0].image_url' })
    expect(sink.fault?.message).toContain('must not be called')
  })

  it('F02 are let go when the client hangs up while they are fetched', async () => {
    upstream.next(hang)
    const sink = chat(imageRequest(`${upstream.origin}/slow.png`))
    const request = await upstream.nextRequest()
    sink.flow?.abort()
    expect(await request.closed).toBe(true)
    expect(sink.heard).toEqual([])
  })

  it('F01 leave the way to the answer open to a hang-up', async () => {
    upstream.next(body('PNG', 200, { 'content-type': 'image/png' }), hang)
    const sink = chat(imageRequest(`${upstream.origin}/a.png`))
    await upstream.nextRequest()
    const request = await upstream.nextRequest()
    sink.flow?.pause()
    sink.flow?.resume()
    sink.flow?.abort()
    expect(await request.closed).toBe(true)
    expect(sink.heard).toEqual([])
  })

  it('are an error of the request when it cannot be said with them', async () => {
    upstream.next(body('PNG', 200, { 'content-type': 'image/png' }))
    const sink = chat({ ...imageRequest(`${upstream.origin}/a.png`), n: 100 })
    await Promise.all([upstream.nextRequest(), sink.over])
    expect(sink.fault).toMatchObject({ kind: 'invalid_request', param: 'n' })
  })
})

describe('the embeddings endpoint', () => {
  const vectors = (...values: readonly number[][]): object => ({
    embeddings: values.map((value) => ({ values: value })),
  })

  it('H16 I02 keeps the order of the inputs and asks for the dimensions', async () => {
    upstream.next(json(vectors([1, 2], [3, 4])))
    const sink = await embed({ input: ['a', 'b'], dimensions: 2, task_type: 'RETRIEVAL_QUERY', user: 'u' })
    const request = await upstream.nextRequest()
    expect(request.path).toBe('/v1beta/models/gemini-embedding-001:batchEmbedContents')
    const common = { model: 'models/gemini-embedding-001', outputDimensionality: 2, taskType: 'RETRIEVAL_QUERY' }
    expect(request.json).toEqual({
      requests: ['a', 'b'].map((text) => ({ ...common, content: { parts: [{ text }] } })),
    })
    expect(sink.sent).toEqual([
      {
        object: 'list',
        data: [
          { object: 'embedding', index: 0, embedding: [1, 2] },
          { object: 'embedding', index: 1, embedding: [3, 4] },
        ],
        model: 'gemini-embedding-001',
        usage: { prompt_tokens: 0, total_tokens: 0 },
      },
    ])
    expect(sink.heard).toEqual(['head', 'chunk', 'flush', 'end'])
  })

  it('I01 gives base64 of 32-bit little-endian floats when asked', async () => {
    upstream.next(json(vectors([0.1, 0.2, -0.3, 1.5])))
    const sink = await embed({ input: 'a', encoding_format: 'base64' })
    await upstream.nextRequest()
    const [row] = (sink.sent[0]?.['data'] ?? []) as { embedding: string }[]
    const bytes = Buffer.from(row?.embedding ?? '', 'base64')
    expect([0, 1, 2, 3].map((index) => bytes.readFloatLE(index * 4))).toEqual([
      ...new Float32Array([0.1, 0.2, -0.3, 1.5]),
    ])
  })

  it('splits what Google does not take at once, and puts it together again in order', async () => {
    const input = Array.from({ length: 250 }, (_, index) => `text ${index}`)
    upstream.always(async (answer) => {
      const { requests } = answer.request.json as { requests: { content: { parts: { text: string }[] } }[] }
      const values = requests.map(({ content }) => [Number(content.parts[0]?.text.slice(5))])
      await json(vectors(...values))(answer)
    })
    const sink = await embed({ input })
    const sizes = []
    for (let count = 0; count < 3; count += 1)
      sizes.push(((await upstream.nextRequest()).json['requests'] as unknown[]).length)
    expect(sizes).toEqual([100, 100, 50])
    expect(
      ((sink.sent[0]?.['data'] ?? []) as { index: number; embedding: number[] }[]).map(({ index, embedding }) => [
        index,
        ...embedding,
      ]),
    ).toEqual(input.map((_, index) => [index, index]))
    upstream.always(body('no script', 599))
  })

  it('does not invent tokens where Google counts none, and passes on what it counts', async () => {
    upstream.next(json(vectors([1])), json({ ...vectors([1]), usageMetadata: { promptTokenCount: 7 } }))
    const uncounted = await embed({ input: 'a' })
    expect([uncounted.usages, uncounted.answerHead?.warnings]).toEqual([
      [],
      ['usage is 0 because Gemini counted no tokens of these embeddings'],
    ])
    const counted = await embed({ input: 'a' })
    expect(counted.usages).toMatchObject([{ inputTokens: 7, outputTokens: 0 }])
    expect(counted.answerHead?.warnings).toBeUndefined()
    await upstream.nextRequest()
    await upstream.nextRequest()
  })

  it.each([
    [{ input: [1, 2] }, 'input[0]'],
    [{ input: [[1, 2]] }, 'input[0]'],
    [{ input: [] }, 'input'],
    [{}, 'input'],
    [{ input: 'a', dimensions: 0.5 }, 'dimensions'],
    [{ input: 'a', encoding_format: 'int8' }, 'encoding_format'],
  ])('refuses %j naming the field', async (request, param) => {
    expect((await embed(request)).fault).toMatchObject({ kind: 'invalid_request', param })
  })

  it('hands on what Google refuses, and does not take a wrong answer for a right one', async () => {
    const error = { error: { code: 400, message: 'Too long.', status: 'INVALID_ARGUMENT' } }
    upstream.next(json(error, 400), json(vectors([1], [2])), body('<html>', 200), json({}, 302))
    expect((await embed({ input: 'a' })).fault).toMatchObject({ kind: 'upstream_rejected', message: 'Too long.' })
    for (let count = 0; count < 3; count += 1) expect((await embed({ input: 'a' })).fault?.kind).toBe('upstream_error')
    for (let count = 0; count < 4; count += 1) await upstream.nextRequest()
  })

  it('F03 ends the call when the client hangs up', async () => {
    upstream.next(hang)
    const sink = new CollectingSink()
    const call = callTo(upstream.origin, { model: 'm', stream: false, body: '{"input":"a"}' })
    const flow = provider.endpoints.embeddings?.(call, sink)
    const request = await upstream.nextRequest()
    flow?.abort()
    expect(await request.closed).toBe(true)
    expect(sink.heard).toEqual([])
  })
})
