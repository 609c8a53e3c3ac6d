import OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  body,
  hang,
  json,
  type ReceivedRequest,
  signal,
  startScriptedUpstream,
} from '../../support/scripted-upstream.ts'
import { chunk, completion, envelopeOf, messages, readStream, request, startWire, type Wire } from './support.ts'

let wire: Wire
beforeAll(async () => {
  wire = await startWire({ PROMPTBOX_RETRY_LONGEST_PAUSE_MS: '500' })
  await wire.app.admin('POST', '/prompts', {
    slug: 'once',
    name: 'Tried once',
    version: { messages, model: 'openai/gpt-4o-mini', retries: 0 },
    labels: ['production'],
  })
})
afterAll(() => wire.dispose())

/** Requests of the test at hand. */
let before = 0
beforeEach(() => {
  before = wire.openai.requests.length
})
const received = (): readonly ReceivedRequest[] => wire.openai.requests.slice(before)
const ask = (more: object = {}): Promise<Response> => wire.app.post('/chat/completions', { ...request, ...more })

describe('a request that cannot be sent', () => {
  it('C01 because it is no JSON object is a 400, and recorded like any other', async () => {
    for (const text of ['{bad', '{"model":', '[]', '"x"', '']) {
      const response = await wire.app.post('/chat/completions', text)
      expect(response.status).toBe(400)
      expect(await envelopeOf(response)).toMatchObject({ type: 'invalid_request_error', param: null })
      const exchange = await wire.app.exchange(response.headers.get('x-request-id') ?? '')
      expect(exchange).toMatchObject({ outcome: 'error', error_type: 'invalid_json', http_status: 400 })
    }
  })

  it.each([
    ['missing', undefined],
    ['no list', 'Hi'],
    ['empty', []],
  ])('C02 because its messages are %s is a 400 that names them', async (_what, wrong) => {
    const response = await ask({ messages: wrong })
    expect(response.status).toBe(400)
    expect(await envelopeOf(response)).toMatchObject({ type: 'invalid_request_error', param: 'messages' })
    expect(received()).toEqual([])
  })
})

describe('what the provider says', () => {
  it('C03 about the request comes through word for word, and is not tried again', async () => {
    const error = {
      message: 'The messages are longer than the model can hold.',
      type: 'invalid_request_error',
      param: 'messages',
      code: 'context_length_exceeded',
    }
    wire.openai.next(json({ error }, 400))
    const response = await ask()
    expect(response.status).toBe(400)
    expect(await envelopeOf(response)).toEqual(error)
    expect(received()).toHaveLength(1)
  })

  it('C08 when it says one second and zero milliseconds, it is one second', async () => {
    const limited = json({ error: { message: 'slow', type: 'requests', code: '429' } }, 429, {
      'retry-after': '1',
      'retry-after-ms': '0',
    })
    wire.openai.next(limited)
    const response = await ask()
    expect(response.status).toBe(429)
    expect(response.headers.get('retry-after')).toBe('1')
    expect(response.headers.get('retry-after-ms')).toBeNull()
    expect(await envelopeOf(response)).toMatchObject({ type: 'requests' })
  })

  it('C11 in HTML does not reach the client, nor where it came from', async () => {
    const html = `<html><body>Bad gateway at ${new URL(wire.openai.origin).host}</body></html>`
    const broken = body(html, 502, { 'content-type': 'text/html' })
    wire.openai.next(broken, broken, broken)
    const response = await ask()
    expect(response.status).toBe(502)
    const error = await envelopeOf(response)
    expect(error).toMatchObject({ type: 'server_error', code: 'upstream_error' })
    expect(error.message).not.toMatch(/<|Bad gateway|127\.0\.0\.1/)
  })

  it.each([
    ['C12 as a string', { error: 'Model overdue' }, 'Model overdue', null],
    ['C12 in `detail`', { detail: [{ loc: ['body', 'n'], msg: 'too large' }] }, 'body.n: too large', null],
    ['C12 with a number as code', { error: { message: 'Nope', code: 400 } }, 'Nope', null],
    ['C12 without type and param', { error: { message: 'Nope', code: 'nope' } }, 'Nope', 'nope'],
    ['C13 inside a list', [{ error: { code: 400, message: 'Nope', status: 'INVALID_ARGUMENT' } }], 'Nope', null],
  ])('%s is in the one envelope', async (_how, said, message, code) => {
    wire.openai.next(json(said, 400))
    const response = await ask()
    expect(response.status).toBe(400)
    const error = await envelopeOf(response)
    expect(error).toMatchObject({ message, code, param: null })
    expect(error.type).toMatch(/./)
  })

  it('C19 as a date becomes the seconds until then, which every client reads', async () => {
    const date = new Date(Date.now() + 100_000).toUTCString()
    wire.openai.next(json({ error: { message: 'slow', type: 'requests' } }, 429, { 'retry-after': date }))
    const response = await ask()
    expect(response.status).toBe(429)
    const seconds = Number(response.headers.get('retry-after'))
    expect(seconds).toBeGreaterThan(80)
    expect(seconds).toBeLessThanOrEqual(100)
    await response.text()
  })

  it('C22 with a redirect to another place is not followed', async () => {
    const elsewhere = await startScriptedUpstream()
    elsewhere.always(json(completion))
    const redirect = body('', 307, { location: `${elsewhere.baseUrl}/chat/completions` })
    wire.openai.next(redirect, redirect, redirect)
    const response = await ask()
    expect(response.status).toBe(502)
    expect(await envelopeOf(response)).toMatchObject({ code: 'upstream_error' })
    expect(response.headers.get('location')).toBeNull()
    expect(elsewhere.requests).toEqual([])
    await elsewhere.close()
  })
})

describe('a provider that cannot be reached', () => {
  it.each([
    ['nobody listens', 'http://127.0.0.1:9/v1'],
    ['the name is nobody’s', 'http://nobody.invalid/v1'],
    ['it speaks no TLS', 'https'],
  ])('C14 because %s: 502, quickly, without its address', async (_why, address) => {
    const baseUrl = address === 'https' ? wire.openai.baseUrl.replace('http:', 'https:') : address
    await wire.app.admin('PUT', '/providers/local', { base_url: baseUrl })
    const response = await ask({ model: 'local/m' })
    expect(response.status).toBe(502)
    const error = await envelopeOf(response)
    expect(error.code).toBe('upstream_connection_error')
    expect(error.message).not.toContain(new URL(baseUrl).hostname)
    expect(response.headers.get('x-should-retry')).toBe('false')
  })

  it("C15 that never answers: 504 after the version's limit, its connection closed", async () => {
    await wire.app.admin('POST', '/prompts', {
      slug: 'quick',
      name: 'Quick',
      version: { messages, model: 'openai/gpt-4o-mini', timeout_ms: 60, retries: 0 },
      labels: ['production'],
    })
    wire.openai.next(hang)
    const response = await wire.app.post('/chat/completions', { model: 'prompt:quick' })
    expect(response.status).toBe(504)
    expect(response.headers.get('x-should-retry')).toBe('false')
    expect(await envelopeOf(response)).toMatchObject({ code: 'upstream_timeout' })
    await received()[0]?.closed
    expect(received()[0]?.aborted).toBe(true)
  })
})

describe('trying again', () => {
  const boom = json({ error: { message: 'boom' } }, 500)

  it('C16 twice, with the same body each time', async () => {
    wire.openai.next(boom, boom)
    const response = await ask({ seed: 9 })
    expect(response.status).toBe(200)
    expect(response.headers.get('x-promptbox-attempts')).toBe('3')
    expect(await response.json()).toEqual(completion)
    expect(received().map(({ text }) => text)).toEqual(Array<string | undefined>(3).fill(received()[0]?.text))
  })

  it('C17 in vain: the SDK is told not to start over', async () => {
    wire.openai.next(boom, boom, boom)
    const asked: number[] = []
    const client = new OpenAI({
      apiKey: wire.app.key,
      baseURL: `${wire.app.url}/v1`,
      fetch: async (...args: Parameters<typeof fetch>) => {
        const response = await fetch(...args)
        asked.push(response.status)
        return response
      },
    })
    await expect(client.chat.completions.create(request)).rejects.toMatchObject({ status: 502 })
    expect(asked).toEqual([502])
    expect(received()).toHaveLength(3)
  })

  it('C17 an account without credit: the SDK is told so, though nothing was tried again', async () => {
    wire.openai.next(json({ error: { message: 'x', type: 'insufficient_quota', code: 'insufficient_quota' } }, 429))
    const response = await ask()
    expect(response.status).toBe(429)
    expect(response.headers.get('x-promptbox-attempts')).toBe('1')
    expect(response.headers.get('x-should-retry')).toBe('false')
    expect(await envelopeOf(response)).toMatchObject({ code: 'insufficient_quota' })
  })

  it('C18 by the SDK: told in milliseconds when, and its count is in the log and not upstream', async () => {
    const limited = json({ error: { message: 'slow', type: 'requests' } }, 429, { 'retry-after-ms': '50' })
    wire.openai.next(limited, limited)
    const told: (string | null)[] = []
    const ids: string[] = []
    const client = new OpenAI({
      apiKey: wire.app.key,
      baseURL: `${wire.app.url}/v1`,
      fetch: async (...args: Parameters<typeof fetch>) => {
        const response = await fetch(...args)
        told.push(response.headers.get('retry-after-ms'))
        ids.push(response.headers.get('x-request-id') ?? '')
        return response
      },
    })
    const answer = await client.chat.completions.create({ model: 'prompt:once', messages: [] })
    expect(answer.choices[0]?.message.content).toBe('Hello')
    expect(told).toEqual(['50', '50', null])
    const counts = ids.map((id) => {
      const settled = wire.app.observations.find(
        (observation) => observation.type === 'exchange-settled' && observation.record.requestId === id,
      )
      return settled?.type === 'exchange-settled' ? settled.clientRetry : undefined
    })
    expect(counts).toEqual([0, 1, 2])
    for (const { headers } of received()) expect(headers['x-stainless-retry-count']).toBeUndefined()
  })

  it('C21 never after the client has the first chunk: it sees the error, the provider one call', async () => {
    const arrived = signal()
    wire.openai.next(async (answer) => {
      answer.head(200, { 'content-type': 'text/event-stream' })
      await answer.event(chunk({ role: 'assistant', content: 'Hel' }))
      await arrived.reached
      answer.reset()
    })
    const response = await ask({ stream: true })
    arrived.give()
    const { chunks, isWhole } = await readStream(response)
    expect(chunks[0]?.choices[0]?.delta['content']).toBe('Hel')
    expect(chunks.at(-1)?.error?.code).toBe('upstream_stream_interrupted')
    expect(isWhole).toBe(false)
    expect(received()).toHaveLength(1)
  })
})

describe('an idempotency key', () => {
  it("C20 means nothing here: each request is a call, and only OpenAI's kind hears of the key", async () => {
    for (const content of ['one', 'one', 'two']) {
      const response = await wire.app.post(
        '/chat/completions',
        { ...request, messages: [{ role: 'user', content }] },
        { 'idempotency-key': 'abc' },
      )
      expect(response.status).toBe(200)
      await response.text()
    }
    expect(received().map(({ headers }) => headers['idempotency-key'])).toEqual(['abc', 'abc', 'abc'])
    const model = 'anthropic/claude-haiku-4-5'
    await (await wire.app.post('/chat/completions', { model, messages }, { 'idempotency-key': 'abc' })).text()
    expect(wire.anthropic.requests.at(-1)?.headers['idempotency-key']).toBeUndefined()
  })
})
