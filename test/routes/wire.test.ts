import { Agent, request as nodeRequest } from 'node:http'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningApp, startRunningApp } from '../support/running-app.ts'
import { rawRequest } from '../support/raw-request.ts'
import {
  type ScriptedUpstream,
  gzipped,
  hang,
  json,
  signal,
  sse,
  startScriptedUpstream,
} from '../support/scripted-upstream.ts'

/** What clients see of the inference routes, by the ids of the wire's checks; what a provider does stands in test/providers. */
let app: RunningApp
let upstream: ScriptedUpstream

const messages = [{ role: 'user', content: 'Hi' }]
const request = { model: 'openai/gpt-4o-mini', messages }
const completion = {
  id: 'chatcmpl-9',
  object: 'chat.completion',
  created: 1_700_000_000,
  model: 'gpt-4o-mini-2024-07-18',
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: 'Hello', refusal: null },
      logprobs: null,
      finish_reason: 'stop',
    },
  ],
  usage: { prompt_tokens: 5, completion_tokens: 1, total_tokens: 6 },
}
const chunk = (delta: object, finish: string | null = null): object => ({
  id: 'chatcmpl-9',
  object: 'chat.completion.chunk',
  created: 1_700_000_000,
  model: 'gpt-4o-mini',
  choices: [{ index: 0, delta, finish_reason: finish }],
})
const wholeStream = [
  chunk({ role: 'assistant', content: '' }),
  chunk({ content: 'Hello' }),
  chunk({}, 'stop'),
  '[DONE]',
]

beforeAll(async () => {
  upstream = await startScriptedUpstream()
  upstream.always(json(completion))
  app = await startRunningApp({
    OPENAI_API_KEY: 'sk-upstream',
    OPENAI_BASE_URL: upstream.baseUrl,
    PROMPTBOX_RETRY_FIRST_PAUSE_MS: '1',
    PROMPTBOX_FIRST_EVENT_GRACE_MS: '20',
    PROMPTBOX_KEEPALIVE_MS: '40',
    PROMPTBOX_MAX_BODY_BYTES: String(48 * 1024 * 1024),
    PROMPTBOX_REQUEST_HEADERS_TIMEOUT_MS: '400',
  })
})

afterAll(async () => {
  await app.dispose()
  await upstream.close()
})

interface Envelope {
  readonly error: {
    readonly message: string
    readonly type: string
    readonly param: string | null
    readonly code: string | null
  }
}

async function envelopeOf(response: Response): Promise<Envelope['error']> {
  expect(response.headers.get('content-type')).toContain('application/json')
  expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/)
  const body = (await response.json()) as Envelope
  expect(Object.keys(body.error).toSorted()).toEqual(['code', 'message', 'param', 'type'])
  return body.error
}

describe('A. Surface, routing, authentication', () => {
  it('A05 no key: 401 in the envelope', async () => {
    const response = await fetch(`${app.url}/v1/chat/completions`, { method: 'POST', body: JSON.stringify(request) })
    expect(response.status).toBe(401)
    expect(await envelopeOf(response)).toMatchObject({ type: 'invalid_request_error', code: 'invalid_api_key' })
  })

  it('A07 the key in `api-key`, as Azure clients send it', async () => {
    const response = await fetch(`${app.url}/v1/models`, { headers: { 'api-key': app.key } })
    expect(response.status).toBe(200)
  })

  it('A08 an unknown path: 404 JSON', async () => {
    const response = await fetch(`${app.url}/v1/nope`, { headers: { authorization: `Bearer ${app.key}` } })
    expect(response.status).toBe(404)
    expect(await envelopeOf(response)).toMatchObject({ type: 'invalid_request_error' })
  })

  it('A09 a wrong method: 405 with Allow', async () => {
    const response = await fetch(`${app.url}/v1/chat/completions`, { headers: { authorization: `Bearer ${app.key}` } })
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe('POST')
    await envelopeOf(response)
  })

  it('A10 a browser of another origin: preflight without a key, readable headers', async () => {
    const preflight = await fetch(`${app.url}/v1/chat/completions`, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://chat.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type,x-stainless-os',
      },
    })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-headers')).toContain('x-stainless-os')
    for (const stream of [false, true]) {
      upstream.next(stream ? sse(wholeStream) : json(completion))
      const answer = await app.post('/chat/completions', { ...request, stream }, { origin: 'https://chat.example' })
      expect(answer.headers.get('access-control-allow-origin')).toBe('*')
      expect(answer.headers.get('access-control-expose-headers')).toContain('x-request-id')
      await answer.text()
    }
    const error = await app.post('/chat/completions', '{bad', { origin: 'https://chat.example' })
    expect(error.headers.get('access-control-allow-origin')).toBe('*')
  })

  it('A11 a trailing slash and double slashes: the same or a clean 404, never a redirect', async () => {
    for (const path of ['/chat/completions/', '//chat/completions', '/chat//completions']) {
      const response = await fetch(`${app.url}/v1${path}`, {
        method: 'POST',
        redirect: 'manual',
        headers: { authorization: `Bearer ${app.key}`, 'content-type': 'application/json' },
        body: JSON.stringify(request),
      })
      expect([200, 404]).toContain(response.status)
      expect(response.headers.get('content-type')).toContain('application/json')
      await response.text()
    }
  })

  it('A12 a stream is a stream although the client accepts JSON only', async () => {
    upstream.next(sse(wholeStream))
    const response = await app.post('/chat/completions', { ...request, stream: true }, { accept: 'application/json' })
    expect(response.headers.get('content-type')).toContain('text/event-stream')
    await response.text()
  })
})

describe('B. Headers', () => {
  it("B01, B03 our request id is first, the provider's second", async () => {
    upstream.next(json(completion, 200, { 'x-request-id': 'req_upstream' }))
    const response = await app.post('/chat/completions', request)
    expect(response.headers.get('x-request-id')).toMatch(/-7[0-9a-f]{3}-/)
    expect(response.headers.get('x-promptbox-upstream-request-id')).toBe('req_upstream')
    await response.text()
  })

  it('B04, B07 cookies and connection matters stay away, rate limits come through', async () => {
    upstream.next(
      json(completion, 200, {
        'set-cookie': '__cf_bm=1',
        'alt-svc': 'h3',
        'strict-transport-security': 'max-age=1',
        'openai-organization': 'org-secret',
        'x-ratelimit-remaining-requests': '41',
        'x-ratelimit-reset-requests': '12ms',
      }),
    )
    const response = await app.post('/chat/completions', request)
    for (const name of ['set-cookie', 'alt-svc', 'strict-transport-security', 'openai-organization']) {
      expect(response.headers.get(name)).toBeNull()
    }
    expect(response.headers.get('x-ratelimit-remaining-requests')).toBe('41')
    expect(response.headers.get('x-ratelimit-reset-requests')).toBe('12ms')
    await response.text()
  })

  it('B05, B10 a compressed answer under a wrong media type arrives as plain JSON with its length', async () => {
    upstream.next(gzipped(JSON.stringify(completion), 200, { 'content-type': 'application/octet-stream' }))
    const response = await app.post('/chat/completions', request)
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(response.headers.get('content-encoding')).toBeNull()
    const text = await response.text()
    expect(response.headers.get('content-length')).toBe(String(Buffer.byteLength(text)))
    expect(JSON.parse(text)).toEqual(completion)
  })

  it('B09 what a stream says of itself', async () => {
    upstream.next(sse(wholeStream))
    const response = await app.post('/chat/completions', { ...request, stream: true })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/)
    expect(response.headers.get('cache-control')).toContain('no-cache')
    expect(response.headers.get('x-accel-buffering')).toBe('no')
    expect(response.headers.get('content-length')).toBeNull()
    expect((await response.text()).endsWith('data: [DONE]\n\n')).toBe(true)
  })

  it('B11, B12 only what may reach the provider reaches it', async () => {
    await (
      await app.post('/chat/completions', request, {
        cookie: 'session=1',
        'x-forwarded-for': '10.0.0.1',
        'x-prompt-something': 'x',
        'openai-organization': 'org-client',
        'openai-beta': 'feature=1',
      })
    ).text()
    const sent = upstream.requests.at(-1)?.headers ?? {}
    expect(sent['authorization']).toBe('Bearer sk-upstream')
    expect(sent['openai-organization']).toBe('org-client')
    expect(sent['openai-beta']).toBe('feature=1')
    for (const name of ['cookie', 'x-forwarded-for', 'x-prompt-something']) expect(sent[name]).toBeUndefined()
    expect(JSON.stringify(sent)).not.toContain(app.key)
  })
})

describe('C. Errors', () => {
  it('C01 bad JSON', async () => {
    const response = await app.post('/chat/completions', '{bad')
    expect(response.status).toBe(400)
    expect(await envelopeOf(response)).toMatchObject({ type: 'invalid_request_error' })
  })

  it('C01 is recorded like any other exchange', async () => {
    const response = await app.post('/chat/completions', '{"model":')
    const exchange = await app.exchange(response.headers.get('x-request-id') ?? '')
    expect(exchange).toMatchObject({ outcome: 'error', error_type: 'invalid_json', http_status: 400 })
  })

  it('C08 a provider that says zero milliseconds is not passed on', async () => {
    const limited = json({ error: { message: 'slow', type: 'requests', code: '429' } }, 429, {
      'retry-after': '30',
      'retry-after-ms': '0',
    })
    upstream.next(limited)
    const response = await app.post('/chat/completions', request)
    expect(response.status).toBe(429)
    expect(response.headers.get('retry-after')).toBe('30')
    expect(response.headers.get('retry-after-ms')).toBeNull()
    expect(await envelopeOf(response)).toMatchObject({ type: 'requests' })
  })

  it('C17 an account without credit: the SDK is told not to try again, though nothing was retried', async () => {
    upstream.next(json({ error: { message: 'quota', type: 'insufficient_quota', code: 'insufficient_quota' } }, 429))
    const response = await app.post('/chat/completions', request)
    expect(response.status).toBe(429)
    expect(response.headers.get('x-promptbox-attempts')).toBe('1')
    expect(response.headers.get('x-should-retry')).toBe('false')
    expect(await envelopeOf(response)).toMatchObject({ code: 'insufficient_quota' })
  })

  it('C14 a provider nobody listens for: 502, quickly', async () => {
    await app.admin('PUT', '/providers/local', { base_url: 'http://127.0.0.1:9/v1' })
    const response = await app.post('/chat/completions', { ...request, model: 'local/m' })
    expect(response.status).toBe(502)
    expect(await envelopeOf(response)).toMatchObject({ code: 'upstream_connection_error' })
    expect(response.headers.get('x-should-retry')).toBe('false')
  })

  it("C15 a provider that never answers: 504 after the version's limit, its connection closed", async () => {
    await app.admin('POST', '/prompts', {
      slug: 'quick',
      name: 'Quick',
      version: { messages, model: 'openai/gpt-4o-mini', timeout_ms: 60, retries: 0 },
      labels: ['production'],
    })
    upstream.next(hang)
    const response = await app.post('/chat/completions', { model: 'prompt:quick' })
    expect(response.status).toBe(504)
    expect(await envelopeOf(response)).toMatchObject({ code: 'upstream_timeout' })
    await upstream.requests.at(-1)?.closed
    expect(upstream.requests.at(-1)?.aborted).toBe(true)
  })

  it('C20 an idempotency key is forwarded, not interpreted', async () => {
    await (await app.post('/chat/completions', request, { 'idempotency-key': 'abc' })).text()
    expect(upstream.requests.at(-1)?.headers['idempotency-key']).toBe('abc')
  })
})

describe('D. What goes upstream', () => {
  it("D02, D03 the client's own bytes but for the model", async () => {
    const text =
      '{ "model" : "openai/gpt-4o-mini",\n "seed": 9007199254740993, "temperature": 1.0, "x_custom": {"a": [1.50, "ü\\u00fc"]},' +
      ' "tools": [{"type":"function","function":{"name":"f","parameters":{"__proto__":{"x":1}}}}],  "messages": [{"role":"user","content":"{{not a template}}"}] }'
    await (await app.post('/chat/completions', text)).text()
    expect(upstream.requests.at(-1)?.text).toBe(text.replace('"openai/gpt-4o-mini"', '"gpt-4o-mini"'))
  })

  it('D05 unknown fields of the answer come through', async () => {
    upstream.next(json({ ...completion, provider: 'X', x_groq: { id: 1 }, service_tier: 'flex' }))
    const answer = (await (await app.post('/chat/completions', request)).json()) as object
    expect(answer).toEqual({ ...completion, provider: 'X', x_groq: { id: 1 }, service_tier: 'flex' })
  })

  it('D10 a body of 25 MB with images arrives unchanged', async () => {
    const image = `data:image/png;base64,${'iVBORw0KGgo'.repeat(1_500_000)}`
    const body = JSON.stringify({
      ...request,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'image_url', image_url: { url: image } },
            { type: 'text', text: 'x'.repeat(8_000_000) },
          ],
        },
      ],
    })
    const response = await app.post('/chat/completions', body)
    expect(response.status).toBe(200)
    await response.text()
    expect(upstream.requests.at(-1)?.text === body.replace('openai/gpt-4o-mini', 'gpt-4o-mini')).toBe(true)
  })

  it('D11 a body above the limit: 413, whether its length was announced or not', async () => {
    const tooMuch = 'x'.repeat(49 * 1024 * 1024)
    const announced = await app.post('/chat/completions', tooMuch)
    expect(announced.status).toBe(413)
    expect(await envelopeOf(announced)).toMatchObject({ code: 'request_too_large' })
    const chunked = await fetch(`${app.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${app.key}`, 'content-type': 'application/json' },
      body: new ReadableStream({
        start(controller) {
          for (let piece = 0; piece < 49; piece++) controller.enqueue(new Uint8Array(1024 * 1024))
          controller.close()
        },
      }),
      duplex: 'half',
    })
    expect(chunked.status).toBe(413)
  })

  it('D12 a gzipped request is understood, an unknown encoding refused', async () => {
    const send = (encoding: string, body: Uint8Array): Promise<Response> =>
      fetch(`${app.url}/v1/chat/completions`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${app.key}`,
          'content-type': 'application/json',
          'content-encoding': encoding,
        },
        body: new Uint8Array(body),
      })
    expect((await send('gzip', gzipSync(JSON.stringify(request)))).status).toBe(200)
    expect((await send('zstd', Buffer.from('x'))).status).toBe(415)
    const bomb = await send('gzip', gzipSync(Buffer.alloc(60 * 1024 * 1024)))
    expect(bomb.status).toBe(413)
  })
})

describe('E. Streams as the client sees them', () => {
  it('E02 no empty choices and no usage for a client that did not ask; the record has it', async () => {
    const usage = { ...chunk({}), choices: [], usage: { prompt_tokens: 7, completion_tokens: 2, total_tokens: 9 } }
    upstream.next(sse([...wholeStream.slice(0, 3), usage, '[DONE]']))
    const response = await app.post('/chat/completions', { ...request, stream: true })
    const text = await response.text()
    expect(upstream.requests.at(-1)?.json).toMatchObject({ stream_options: { include_usage: true } })
    expect(text).not.toContain('"choices":[]')
    expect(text).not.toContain('prompt_tokens')
    const exchange = await app.exchange(response.headers.get('x-request-id') ?? '')
    expect(exchange).toMatchObject({
      input_tokens: 7,
      output_tokens: 2,
      usage_source: 'provider',
      response_model: 'gpt-4o-mini',
    })
    expect(exchange['cost_usd']).toBeGreaterThan(0)
  })

  it('E08, E09 a silent provider: the head at once, then comments and nothing else', async () => {
    const goOn = signal()
    upstream.next(async (answer) => {
      answer.head(200, { 'content-type': 'text/event-stream' })
      await goOn.reached
      for (const event of wholeStream) await answer.event(event)
      answer.end()
    })
    const response = await app.post('/chat/completions', { ...request, stream: true })
    expect(response.status).toBe(200)
    let text = ''
    for await (const piece of response.body ?? []) {
      text += Buffer.from(piece as Uint8Array).toString()
      if (text.includes(': keepalive\n\n')) goOn.give()
    }
    expect(text).toMatch(/^(: keepalive\n\n)+data: /)
    expect(text).not.toMatch(/^(event|id|retry):/m)
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true)
  })

  it('E16, E17 a stream that breaks off: an error event, no [DONE], recorded as incomplete', async () => {
    // Before the client has the first chunk this would be retried, as it should.
    const arrived = signal()
    upstream.next(async (answer) => {
      answer.head(200, { 'content-type': 'text/event-stream' })
      await answer.event(chunk({ role: 'assistant', content: 'Hel' }))
      await arrived.reached
      answer.reset()
    })
    const response = await app.post('/chat/completions', { ...request, stream: true })
    let text = ''
    for await (const piece of response.body ?? []) {
      text += Buffer.from(piece as Uint8Array).toString()
      if (text.includes('Hel')) arrived.give()
    }
    expect(text).toContain('"code":"upstream_stream_interrupted"')
    expect(text).not.toContain('[DONE]')
    expect(await app.exchange(response.headers.get('x-request-id') ?? '')).toMatchObject({ outcome: 'incomplete' })
  })

  it('E20 a client that does not read pauses the provider', async () => {
    const piece = 'x'.repeat(64 * 1024)
    let sent = 0
    let refused = 0
    upstream.next((answer) => {
      answer.head(200, { 'content-type': 'text/event-stream' })
      const event = `data: ${JSON.stringify(chunk({ content: piece }))}\n\n`
      const writeOn = (): void => {
        while (sent < 128 * 1024 * 1024 && !answer.response.destroyed) {
          sent += event.length
          if (!answer.response.write(event)) {
            refused += 1
            return
          }
        }
      }
      answer.response.on('drain', writeOn)
      writeOn()
    })
    const client = nodeRequest(`${app.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${app.key}`, 'content-type': 'application/json' },
      agent: new Agent(),
    })
    client.on('error', () => undefined)
    client.on('response', (response) => response.pause())
    client.end(JSON.stringify({ ...request, stream: true }))
    // 128 MB are on offer; what fits into the sockets' buffers on the way is a few. Waits until nothing moves any more.
    let seen = -1
    await expect
      .poll(
        () => {
          const stands = refused > 0 && sent === seen
          seen = sent
          return stands
        },
        { interval: 150, timeout: 15_000 },
      )
      .toBe(true)
    expect(sent).toBeLessThan(64 * 1024 * 1024)
    client.destroy()
    await upstream.requests.at(-1)?.closed
  })
})

describe('F. Connections', () => {
  it('F05 a client that goes away while it sends: no upstream call, one record', async () => {
    const before = upstream.requests.length
    const client = nodeRequest(`${app.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${app.key}`, 'content-type': 'application/json', 'content-length': 1000 },
      agent: new Agent(),
    })
    client.on('error', () => undefined)
    await new Promise<void>((resolve) => client.write('{"model":', () => resolve()))
    client.destroy()
    await expect
      .poll(
        async () => ((await app.admin('GET', '/exchanges?outcome=client_closed&limit=5'))['data'] as unknown[]).length,
        { timeout: 5_000 },
      )
      .toBeGreaterThan(0)
    expect(upstream.requests.length).toBe(before)
  })

  it('F06 200 requests on one connection', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const ports = new Set<number | undefined>()
    for (let index = 0; index < 200; index++) {
      const status = await new Promise<number | undefined>((resolve, reject) => {
        const client = nodeRequest(
          `${app.url}/v1/models/mock%2Fecho`,
          { agent, headers: { authorization: `Bearer ${app.key}` } },
          (response) => {
            ports.add(response.socket.localPort)
            response.resume().on('end', () => resolve(response.statusCode))
          },
        )
        client.on('error', reject).end()
      })
      expect(status).toBe(200)
    }
    expect(ports.size).toBe(1)
    agent.destroy()
  })

  it('F11 HTTP/1.0 and `Connection: close`', async () => {
    const body = JSON.stringify({ model: 'mock/echo', messages })
    for (const head of [
      'POST /v1/chat/completions HTTP/1.0',
      'POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nconnection: close',
    ]) {
      const answer = await rawRequest(
        app.port,
        `${head}\r\nauthorization: Bearer ${app.key}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      )
      expect(answer.status).toBe(200)
      expect(JSON.parse(answer.body)).toMatchObject({ object: 'chat.completion' })
    }
  })

  it('F12 health needs no key and no provider', async () => {
    const before = upstream.requests.length
    for (const path of ['/healthz', '/readyz', '/metrics']) expect((await fetch(`${app.url}${path}`)).status).toBe(200)
    expect((await fetch(`${app.url}/healthz`, { method: 'HEAD' })).status).toBe(200)
    expect(upstream.requests.length).toBe(before)
  })
})

describe('Hostile input', () => {
  const post = (body: string | Uint8Array): string =>
    `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer ${app.key}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`

  it('10,000 headers: a clear 4xx, the process lives', async () => {
    const headers = Array.from({ length: 10_000 }, (_, index) => `x-h-${index}: v`).join('\r\n')
    const answer = await rawRequest(app.port, `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n${headers}\r\n\r\n`)
    expect(answer.status).toBe(431)
    expect(JSON.parse(answer.body)).toHaveProperty('error.message')
  })

  it('B02 C01 a Host or a target that makes no URL: 400 in the envelope, with an id', async () => {
    for (const [target, host] of [
      ['/v1/models', 'a b@@'],
      ['/v1\\models', 'x'],
      ['*', 'x'],
    ] as const) {
      const answer = await rawRequest(
        app.port,
        `OPTIONS ${target} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`,
      )
      expect(answer.status).toBe(400)
      expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
      expect(JSON.parse(answer.body)).toMatchObject({
        error: { type: 'invalid_request_error', param: null, code: null },
      })
    }
  })

  it('garbage behind a request whose answer has begun: the connection ends, nothing is put into the answer', async () => {
    const body = JSON.stringify({
      model: 'mock/slow-20',
      stream: true,
      messages: [{ role: 'user', content: 'a b c d e f g h' }],
    })
    const head = `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${app.key}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`
    const socket = connect(app.port, '127.0.0.1')
    let text = ''
    socket.on('data', (piece: Buffer) => {
      if (text === '') socket.write('GARBAGE\r\n\r\n')
      text += piece.toString('latin1')
    })
    socket.on('error', () => undefined)
    socket.write(head + body)
    await new Promise((resolve) => socket.once('close', resolve))
    expect(text).toMatch(/^HTTP\/1\.1 200 /)
    expect(text).not.toContain('HTTP/1.1 400')
    const requestId = /x-request-id: (\S+)/.exec(text)?.[1] ?? ''
    expect(await app.exchange(requestId)).toMatchObject({ outcome: 'client_closed' })
  })

  it('a slow loris is cut off', async () => {
    const answer = await rawRequest(app.port, 'POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nx-slow: ')
    expect(answer.status).toBe(408)
  })

  it('invalid UTF-8, NUL bytes, a byte order mark: 400, nothing is forwarded', async () => {
    const before = upstream.requests.length
    for (const bytes of [
      Buffer.from('{"model":"openai/gpt-4o-mini","messages":[{"role":"user","content":"\xff\xfe"}]}', 'latin1'),
      Buffer.from('{"model":"openai/gpt-4o-mini","messages":[{"role":"user","content":"a\u0000b"}]}'),
      Buffer.from('\uFEFF{"model":"openai/gpt-4o-mini"}'),
    ]) {
      const answer = await rawRequest(app.port, Buffer.concat([Buffer.from(post(bytes)), bytes]))
      expect(answer.status).toBe(400)
    }
    expect(upstream.requests.length).toBe(before)
  })

  it('escaped NUL, lone surrogates and huge integers are forwarded and recorded', async () => {
    const text = `{"model":"openai/gpt-4o-mini","seed":${'9'.repeat(400)},"user":"a\\u0000b\\ud800","metadata":{"k":"\\u0000\\udfff"},"messages":[{"role":"user","content":"\\u0000\\ud800"}]}`
    const response = await app.post('/chat/completions', text)
    expect(response.status).toBe(200)
    await response.text()
    expect(upstream.requests.at(-1)?.text).toBe(text.replace('openai/gpt-4o-mini', 'gpt-4o-mini'))
    expect(await app.exchange(response.headers.get('x-request-id') ?? '')).toMatchObject({ outcome: 'ok' })
  })

  it('`__proto__` and `constructor` keys change nothing here', async () => {
    const text =
      '{"__proto__":{"model":"mock/echo","stream":true},"constructor":{"prototype":{"x":1}},"model":"mock/echo","metadata":{"__proto__":{"prompt_id":"x"},"constructor":"y"},"messages":[{"role":"user","content":"fine","__proto__":{"a":1}}]}'
    const response = await app.post('/chat/completions', text)
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ choices: [{ message: { content: 'fine' } }] })
    expect(({} as Record<string, unknown>)['x']).toBeUndefined()
  })

  it('deep nesting does not end the process', async () => {
    const depth = 100_000
    const text = `{"model":"mock/echo","x":${'['.repeat(depth)}${']'.repeat(depth)},"messages":[{"role":"user","content":"deep"}]}`
    const response = await app.post('/chat/completions', text)
    expect(response.status).toBeLessThan(500)
    await response.text()
    const prompted = await app.post('/chat/completions', text.replace('"mock/echo"', '"prompt:quick"'))
    await prompted.text()
    expect((await fetch(`${app.url}/healthz`)).status).toBe(200)
  })

  it('template text inside a value is never evaluated', async () => {
    await app.admin('POST', '/prompts', {
      slug: 'say',
      name: 'Say',
      version: { messages: [{ role: 'user', content: '{{a}} and {{b}}' }], model: 'mock/echo' },
      labels: ['production'],
    })
    const response = await app.post('/chat/completions', {
      model: 'prompt:say',
      prompt_variables: { a: '{{b}} ${1+1} <%= x %>', b: '{{a}}{{constructor}}' },
    })
    expect(await response.json()).toMatchObject({
      choices: [{ message: { content: '{{b}} ${1+1} <%= x %> and {{a}}{{constructor}}' } }],
    })
  })

  it('broken HTTP gets an answer in the envelope', async () => {
    const answer = await rawRequest(app.port, 'NONSENSE\r\n\r\n')
    expect(answer.status).toBe(400)
    expect(JSON.parse(answer.body)).toHaveProperty('error.type', 'invalid_request_error')
  })
})
