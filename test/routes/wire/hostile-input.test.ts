import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { rawRequest } from '../../support/raw-request.ts'
import { messages, startWire, type Wire } from './support.ts'

let wire: Wire
beforeAll(async () => {
  wire = await startWire({ PROMPTBOX_REQUEST_HEADERS_TIMEOUT_MS: '400' })
  await wire.app.admin('POST', '/prompts', {
    slug: 'quick',
    name: 'Quick',
    version: { messages, model: 'openai/gpt-4o-mini', timeout_ms: 60, retries: 0 },
    labels: ['production'],
  })
})
afterAll(() => wire.dispose())

describe('hostile input', () => {
  const post = (body: string | Uint8Array): string =>
    `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer ${wire.app.key}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`

  it('10,000 headers: a clear 4xx, the process lives', async () => {
    const headers = Array.from({ length: 10_000 }, (_, index) => `x-h-${index}: v`).join('\r\n')
    const answer = await rawRequest(
      wire.app.port,
      `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n${headers}\r\n\r\n`,
    )
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
        wire.app.port,
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
    const head = `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${wire.app.key}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`
    const socket = connect(wire.app.port, '127.0.0.1')
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
    expect(await wire.app.exchange(requestId)).toMatchObject({ outcome: 'client_closed' })
  })

  it('a slow loris is cut off', async () => {
    const answer = await rawRequest(wire.app.port, 'POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nx-slow: ')
    expect(answer.status).toBe(408)
  })

  it('invalid UTF-8, NUL bytes, a byte order mark: 400, nothing is forwarded', async () => {
    const before = wire.openai.requests.length
    for (const bytes of [
      Buffer.from('{"model":"openai/gpt-4o-mini","messages":[{"role":"user","content":"\xff\xfe"}]}', 'latin1'),
      Buffer.from('{"model":"openai/gpt-4o-mini","messages":[{"role":"user","content":"a\u0000b"}]}'),
      Buffer.from('\uFEFF{"model":"openai/gpt-4o-mini"}'),
    ]) {
      const answer = await rawRequest(wire.app.port, Buffer.concat([Buffer.from(post(bytes)), bytes]))
      expect(answer.status).toBe(400)
    }
    expect(wire.openai.requests.length).toBe(before)
  })

  it('escaped NUL, lone surrogates and huge integers are forwarded and recorded', async () => {
    const text = `{"model":"openai/gpt-4o-mini","seed":${'9'.repeat(400)},"user":"a\\u0000b\\ud800","metadata":{"k":"\\u0000\\udfff"},"messages":[{"role":"user","content":"\\u0000\\ud800"}]}`
    const response = await wire.app.post('/chat/completions', text)
    expect(response.status).toBe(200)
    await response.text()
    expect(wire.openai.requests.at(-1)?.text).toBe(text.replace('openai/gpt-4o-mini', 'gpt-4o-mini'))
    expect(await wire.app.exchange(response.headers.get('x-request-id') ?? '')).toMatchObject({ outcome: 'ok' })
  })

  it('`__proto__` and `constructor` keys change nothing here', async () => {
    const text =
      '{"__proto__":{"model":"mock/echo","stream":true},"constructor":{"prototype":{"x":1}},"model":"mock/echo","metadata":{"__proto__":{"prompt_id":"x"},"constructor":"y"},"messages":[{"role":"user","content":"fine","__proto__":{"a":1}}]}'
    const response = await wire.app.post('/chat/completions', text)
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ choices: [{ message: { content: 'fine' } }] })
    expect(({} as Record<string, unknown>)['x']).toBeUndefined()
  })

  it('deep nesting does not end the process', async () => {
    const depth = 100_000
    const text = `{"model":"mock/echo","x":${'['.repeat(depth)}${']'.repeat(depth)},"messages":[{"role":"user","content":"deep"}]}`
    const response = await wire.app.post('/chat/completions', text)
    expect(response.status).toBeLessThan(500)
    await response.text()
    const prompted = await wire.app.post('/chat/completions', text.replace('"mock/echo"', '"prompt:quick"'))
    await prompted.text()
    expect((await fetch(`${wire.app.url}/healthz`)).status).toBe(200)
  })

  it('template text inside a value is never evaluated', async () => {
    await wire.app.admin('POST', '/prompts', {
      slug: 'say',
      name: 'Say',
      version: { messages: [{ role: 'user', content: '{{a}} and {{b}}' }], model: 'mock/echo' },
      labels: ['production'],
    })
    const response = await wire.app.post('/chat/completions', {
      model: 'prompt:say',
      prompt_variables: { a: '{{b}} ${1+1} <%= x %>', b: '{{a}}{{constructor}}' },
    })
    expect(await response.json()).toMatchObject({
      choices: [{ message: { content: '{{b}} ${1+1} <%= x %> and {{a}}{{constructor}}' } }],
    })
  })

  it('broken HTTP gets an answer in the envelope', async () => {
    const answer = await rawRequest(wire.app.port, 'NONSENSE\r\n\r\n')
    expect(answer.status).toBe(400)
    expect(JSON.parse(answer.body)).toHaveProperty('error.type', 'invalid_request_error')
  })
})
