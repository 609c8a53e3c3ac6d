import { Agent, request as nodeRequest } from 'node:http'
import { createGzip } from 'node:zlib'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { body, gzipped, json, signal, sse } from '../../support/scripted-upstream.ts'
import {
  anthropicError,
  anthropicMessage,
  chunk,
  completion,
  envelopeOf,
  geminiAnswer,
  messages,
  request,
  startWire,
  type Wire,
  wholeStream,
} from './support.ts'

let wire: Wire
beforeAll(async () => {
  wire = await startWire({ PROMPTBOX_RETRIES: '0' })
})
afterAll(() => wire.dispose())

describe('the request id', () => {
  it('B01 is on every answer, its own on each, and the SDK shows it', async () => {
    const client = new OpenAI({ apiKey: wire.app.key, baseURL: `${wire.app.url}/v1` })
    const ids = new Set<string>()
    for (let round = 0; round < 3; round += 1) {
      const { data, response } = await client.chat.completions.create(request).withResponse()
      const id = response.headers.get('x-request-id') ?? ''
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/)
      expect(data).toHaveProperty('_request_id', id)
      ids.add(id)
    }
    for (const stream of [true, false]) {
      if (stream) wire.openai.next(sse(wholeStream))
      const response = await wire.app.post('/chat/completions', { ...request, stream })
      await response.text()
      ids.add(response.headers.get('x-request-id') ?? '')
    }
    expect(ids.size).toBe(5)
  })

  it.each([
    [401, { apiKey: 'pb-wrong' }, request, null],
    [404, {}, { ...request, model: 'no-such-model' }, null],
    [429, {}, request, json({ error: { message: 'slow', type: 'requests', code: null } }, 429)],
    [502, {}, request, json({ error: { message: 'boom' } }, 500)],
    [503, {}, { ...request, stream: true }, json({ error: { message: 'busy' } }, 503)],
  ] as const)('B02 is on an error of %i, and the SDK shows it', async (status, options, asked, script) => {
    if (script !== null) wire.openai.next(script)
    const seen: (string | null)[] = []
    const client = new OpenAI({
      apiKey: wire.app.key,
      baseURL: `${wire.app.url}/v1`,
      maxRetries: 0,
      fetch: async (...args: Parameters<typeof fetch>) => {
        const response = await fetch(...args)
        seen.push(response.headers.get('x-request-id'))
        return response
      },
      ...options,
    })
    const failed: unknown = await client.chat.completions.create({ ...asked }).then(
      () => null,
      (error: unknown) => error,
    )
    expect(failed).toBeInstanceOf(OpenAI.APIError)
    expect(seen[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/)
    expect(failed).toMatchObject({ status, requestID: seen[0] })
  })

  it("B03 is ours; the provider's comes second, whatever that provider calls it, on errors too", async () => {
    wire.openai.next(json(completion, 200, { 'x-request-id': 'req_openai' }))
    wire.anthropic.next(
      json(anthropicMessage, 200, { 'request-id': 'req_anthropic' }),
      json(anthropicError('invalid_request_error', 'No.'), 400, { 'request-id': 'req_refused' }),
    )
    for (const [model, id] of [
      ['openai/gpt-4o-mini', 'req_openai'],
      ['anthropic/claude-haiku-4-5', 'req_anthropic'],
      ['anthropic/claude-haiku-4-5', 'req_refused'],
    ]) {
      const response = await wire.app.post('/chat/completions', { model, messages })
      expect(response.headers.get('x-request-id')).toMatch(/-7[0-9a-f]{3}-/)
      expect(response.headers.get('x-promptbox-upstream-request-id')).toBe(id)
      await response.text()
    }
  })
})

describe("the provider's headers", () => {
  it('B04 B07 cookies, account and connection matters stay away, rate limits come through as they are', async () => {
    const limits = {
      'x-ratelimit-limit-requests': '500',
      'x-ratelimit-remaining-requests': '41',
      'x-ratelimit-reset-requests': '12ms',
      'x-ratelimit-limit-tokens': '30000',
      'x-ratelimit-remaining-tokens': '-1',
      'x-ratelimit-reset-tokens': '6m0s',
    }
    const secrets = {
      'set-cookie': '__cf_bm=1',
      'alt-svc': 'h3',
      'strict-transport-security': 'max-age=1',
      'openai-organization': 'org-secret',
      'anthropic-organization-id': 'ant-secret',
    }
    const refusal = { error: { message: 'slow', type: 'requests', code: null } }
    wire.openai.next(
      json(completion, 200, { ...limits, ...secrets }),
      sse(wholeStream, { ...limits, ...secrets }),
      json(refusal, 429, { ...limits, ...secrets }),
    )
    for (const stream of [false, true, false]) {
      const response = await wire.app.post('/chat/completions', { ...request, stream })
      await response.text()
      for (const name of Object.keys(secrets)) expect(response.headers.get(name)).toBeNull()
      for (const [name, value] of Object.entries(limits)) expect(response.headers.get(name)).toBe(value)
    }
  })

  it("B04 B08 Anthropic's account and its limits, whose resets are dates, are not shown", async () => {
    const headers = {
      'anthropic-ratelimit-requests-limit': '50',
      'anthropic-ratelimit-requests-remaining': '49',
      'anthropic-ratelimit-requests-reset': '2026-08-19T00:00:00Z',
      'anthropic-ratelimit-tokens-reset': '2026-08-19T00:00:00Z',
      'anthropic-organization-id': '0d6f',
      'set-cookie': '__cf_bm=1',
    }
    wire.anthropic.next(
      json(anthropicMessage, 200, headers),
      json(anthropicError('rate_limit_error', 'x'), 429, headers),
    )
    for (const status of [200, 429]) {
      const response = await wire.app.post('/chat/completions', { model: 'anthropic/claude-haiku-4-5', messages })
      expect(response.status).toBe(status)
      await response.text()
      for (const name of Object.keys(headers)) expect(response.headers.get(name)).toBeNull()
      for (const [, value] of response.headers) expect(value).not.toContain('2026-08-19T')
    }
  })
})

describe('the body and what is said of it', () => {
  it('B05 B10 a compressed answer under a wrong media type arrives as plain JSON with its length', async () => {
    wire.openai.next(gzipped(JSON.stringify(completion), 200, { 'content-type': 'application/octet-stream' }))
    const response = await wire.app.post('/chat/completions', request)
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(response.headers.get('content-encoding')).toBeNull()
    const text = await response.text()
    expect(response.headers.get('content-length')).toBe(String(Buffer.byteLength(text)))
    expect(JSON.parse(text)).toEqual(completion)
  })

  it('B10 C12 so does an error under a wrong media type', async () => {
    const refusal = { error: { message: 'No such thing', type: 'invalid_request_error', param: 'x', code: null } }
    wire.openai.next(body(JSON.stringify(refusal), 400, { 'content-type': 'application/octet-stream' }))
    const response = await wire.app.post('/chat/completions', request)
    expect(response.status).toBe(400)
    expect(await envelopeOf(response)).toEqual(refusal.error)
  })

  it('B06 a compressed stream arrives event by event, not at its end', async () => {
    const second = signal()
    wire.openai.next(async (answer) => {
      answer.head(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' })
      const zip = createGzip()
      zip.pipe(answer.response)
      const send = (event: object): Promise<void> =>
        new Promise((resolve) => {
          zip.write(`data: ${JSON.stringify(event)}\n\n`)
          zip.flush(() => resolve())
        })
      await send(chunk({ role: 'assistant', content: 'one' }))
      await second.reached
      await send(chunk({ content: 'two' }, 'stop'))
      zip.end('data: [DONE]\n\n')
    })
    const response = await wire.app.post('/chat/completions', { ...request, stream: true })
    expect(response.headers.get('content-encoding')).toBeNull()
    let text = ''
    for await (const piece of response.body ?? []) {
      text += Buffer.from(piece as Uint8Array).toString()
      if (text.includes('one')) second.give()
    }
    expect(text).toContain('two')
  })

  it('B09 what a stream says of itself', async () => {
    wire.openai.next(sse(wholeStream))
    const response = await wire.app.post('/chat/completions', { ...request, stream: true })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/)
    expect(response.headers.get('cache-control')).toBe('no-cache, no-transform')
    expect(response.headers.get('x-accel-buffering')).toBe('no')
    expect(response.headers.get('content-length')).toBeNull()
    expect((await response.text()).endsWith('data: [DONE]\n\n')).toBe(true)
  })
})

describe("the client's headers", () => {
  const asSent = {
    cookie: 'session=1',
    'x-forwarded-for': '10.0.0.1',
    'x-prompt-something': 'x',
    'openai-organization': 'org-client',
    'openai-project': 'proj-client',
    'openai-beta': 'feature=1',
    'anthropic-beta': 'context-1m',
    te: 'trailers',
  }
  const private_ = ['cookie', 'x-forwarded-for', 'x-prompt-something', 'te', 'x-stainless-retry-count']
  const openaiOnly = ['openai-organization', 'openai-project', 'openai-beta']

  /** With node's own client: fetch forbids some of these headers. */
  function send(model: string): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      const headers = { ...asSent, authorization: `Bearer ${wire.app.key}`, 'content-type': 'application/json' }
      const client = nodeRequest(
        `${wire.app.url}/v1/chat/completions`,
        { method: 'POST', headers, agent: new Agent() },
        (response) => response.resume().on('end', () => resolve(response.statusCode)),
      )
      client.on('error', reject).end(JSON.stringify({ model, messages }))
    })
  }

  it("B11 B12 only OpenAI's own reach a provider of its type, with the provider's key", async () => {
    expect(await send('openai/gpt-4o-mini')).toBe(200)
    const sent = wire.openai.requests.at(-1)?.headers ?? {}
    expect(sent['authorization']).toBe('Bearer sk-upstream')
    for (const name of openaiOnly) expect(sent[name]).toBe(asSent[name as keyof typeof asSent])
    for (const name of private_) expect(sent[name]).toBeUndefined()
    expect(JSON.stringify(sent)).not.toContain(wire.app.key)
  })

  it("B11 B12 G21 Anthropic gets its key, its version, its beta, and none of OpenAI's", async () => {
    wire.anthropic.next(json(anthropicMessage))
    expect(await send('anthropic/claude-haiku-4-5')).toBe(200)
    const sent = wire.anthropic.requests.at(-1)
    expect(sent?.headers).toMatchObject({
      'x-api-key': 'sk-ant-upstream',
      'anthropic-version': '2023-06-01',
      'anthropic-beta': 'context-1m',
    })
    for (const name of [...openaiOnly, ...private_, 'authorization']) expect(sent?.headers[name]).toBeUndefined()
    expect(JSON.stringify(sent?.headers)).not.toContain(wire.app.key)
  })

  it("B11 B12 H02 Gemini gets its key in a header, nothing in the address, and none of OpenAI's", async () => {
    wire.gemini.next(json(geminiAnswer()))
    expect(await send('gemini/gemini-2.5-flash')).toBe(200)
    const sent = wire.gemini.requests.at(-1)
    expect(sent?.headers['x-goog-api-key']).toBe('gm-upstream')
    expect(sent?.path).toBe('/v1beta/models/gemini-2.5-flash:generateContent')
    for (const name of [...openaiOnly, ...private_, 'authorization', 'anthropic-beta']) {
      expect(sent?.headers[name]).toBeUndefined()
    }
    expect(JSON.stringify(sent?.headers)).not.toContain(wire.app.key)
    expect(JSON.stringify(wire.app.observations)).not.toContain('gm-upstream')
  })
})
