import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { json, sse } from '../../support/scripted-upstream.ts'
import { completion, envelopeOf, request, startWire, type Wire, wholeStream } from './support.ts'

let wire: Wire
beforeAll(async () => {
  wire = await startWire()
})
afterAll(() => wire.dispose())

const get = (path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
  fetch(`${wire.app.url}/v1${path}`, { headers: { authorization: `Bearer ${wire.app.key}`, ...headers } })

interface Model {
  readonly id: string
  readonly object: string
  readonly created: number
  readonly owned_by: string
}

describe('models', () => {
  it('A01 are a list of objects with a date in seconds', async () => {
    const response = await get('/models')
    expect(response.status).toBe(200)
    const list = (await response.json()) as { object: string; data: Model[] }
    expect(list.object).toBe('list')
    expect(list.data.length).toBeGreaterThan(10)
    for (const model of list.data) {
      expect(model).toMatchObject({
        id: expect.stringMatching(/./),
        object: 'model',
        owned_by: expect.stringMatching(/./),
      })
      expect(Number.isInteger(model.created)).toBe(true)
      expect(model.created).toBeLessThan(10_000_000_000)
    }
  })

  it('A02 one is found with its slash encoded, as SDKs send it, and raw, as curl does', async () => {
    const answers = await Promise.all(['/models/openai%2Fgpt-4o', '/models/openai/gpt-4o'].map((path) => get(path)))
    expect(answers.map(({ status }) => status)).toEqual([200, 200])
    const [encoded, raw] = await Promise.all(answers.map((answer) => answer.json()))
    expect(encoded).toMatchObject({ id: 'openai/gpt-4o', object: 'model' })
    expect(raw).toEqual(encoded)
  })

  it('A03 one that nobody knows is a 404', async () => {
    const response = await get('/models/nope')
    expect(response.status).toBe(404)
    expect(await envelopeOf(response)).toMatchObject({ type: 'invalid_request_error', code: 'model_not_found' })
  })

  it('A04 a request for one that nobody knows is a 404, and no provider is called', async () => {
    for (const model of ['no-such-model', 'nobody/gpt-4o']) {
      const response = await wire.app.post('/chat/completions', { ...request, model })
      expect(response.status).toBe(404)
      expect(await envelopeOf(response)).toMatchObject({ code: 'model_not_found', param: 'model' })
    }
    expect(wire.openai.requests).toHaveLength(0)
  })
})

describe('keys', () => {
  it('A05 none: 401 in the envelope', async () => {
    const response = await fetch(`${wire.app.url}/v1/chat/completions`, {
      method: 'POST',
      body: JSON.stringify(request),
    })
    expect(response.status).toBe(401)
    expect(await envelopeOf(response)).toMatchObject({ type: 'invalid_request_error', code: 'invalid_api_key' })
  })

  it('A05 A06 a bad one: 401, and nothing of it comes back', async () => {
    const key = 'pb-XyZ0123456789-none-of-ours'
    for (const headers of [{ authorization: `Bearer ${key}` }, { 'api-key': key }]) {
      const response = await wire.app.post('/chat/completions', request, { authorization: '', ...headers })
      expect(response.status).toBe(401)
      const error = await envelopeOf(response)
      expect(error).toMatchObject({ type: 'invalid_request_error', code: 'invalid_api_key' })
      for (let at = 0; at + 5 <= key.length; at += 1) expect(error.message).not.toContain(key.slice(at, at + 5))
    }
  })

  it('A07 in `api-key`, as Azure clients send it', async () => {
    const response = await fetch(`${wire.app.url}/v1/models`, { headers: { 'api-key': wire.app.key } })
    expect(response.status).toBe(200)
  })
})

describe('paths and methods', () => {
  it('A08 an unknown path: 404 JSON', async () => {
    const response = await get('/nope')
    expect(response.status).toBe(404)
    expect(await envelopeOf(response)).toMatchObject({ type: 'invalid_request_error' })
  })

  it('A09 a wrong method: 405 with Allow', async () => {
    const response = await get('/chat/completions')
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe('POST')
    await envelopeOf(response)
  })

  it('A11 a trailing slash and double slashes: the same or a clean 404, never a redirect', async () => {
    for (const path of ['/chat/completions/', '//chat/completions', '/chat//completions']) {
      const response = await fetch(`${wire.app.url}/v1${path}`, {
        method: 'POST',
        redirect: 'manual',
        headers: { authorization: `Bearer ${wire.app.key}`, 'content-type': 'application/json' },
        body: JSON.stringify(request),
      })
      expect([200, 404]).toContain(response.status)
      expect(response.headers.get('content-type')).toContain('application/json')
      await response.text()
    }
  })

  it('A12 a stream is a stream although the client accepts JSON only', async () => {
    wire.openai.next(sse(wholeStream))
    const body = { ...request, stream: true }
    const response = await wire.app.post('/chat/completions', body, { accept: 'application/json' })
    expect(response.headers.get('content-type')).toContain('text/event-stream')
    await response.text()
  })
})

describe('a browser of another origin', () => {
  const origin = 'https://chat.example'

  it('A10 is answered its preflight without a key, whatever headers it names', async () => {
    const preflight = await fetch(`${wire.app.url}/v1/chat/completions`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type,x-stainless-os,x-stainless-retry-count',
      },
    })
    expect(preflight.status).toBe(204)
    for (const name of ['authorization', 'x-stainless-os', 'x-stainless-retry-count']) {
      expect(preflight.headers.get('access-control-allow-headers')).toContain(name)
    }
  })

  it('A10 may read the headers of every answer', async () => {
    for (const stream of [false, true]) {
      wire.openai.next(stream ? sse(wholeStream) : json(completion))
      const answer = await wire.app.post('/chat/completions', { ...request, stream }, { origin })
      expect(answer.headers.get('access-control-allow-origin')).toBe('*')
      const exposed = (answer.headers.get('access-control-expose-headers') ?? '').split(', ')
      expect(exposed).toEqual(expect.arrayContaining(['x-request-id', 'retry-after', 'retry-after-ms']))
      for (const part of ['limit', 'remaining', 'reset']) {
        expect(exposed).toEqual(expect.arrayContaining([`x-ratelimit-${part}-requests`, `x-ratelimit-${part}-tokens`]))
      }
      await answer.text()
    }
    const error = await wire.app.post('/chat/completions', '{bad', { origin })
    expect(error.headers.get('access-control-allow-origin')).toBe('*')
    await error.text()
  })
})
