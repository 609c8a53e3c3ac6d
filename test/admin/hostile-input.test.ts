import { connect } from 'node:net'
import { once } from 'node:events'
import { type ServerType, serve } from '@hono/node-server'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { adminKey, createSubject, createSupportReply, versionBody } from './subject.ts'

const version = (extra: string): string =>
  `{"messages":[{"role":"user","content":"hi"}],"model":"mock/echo","parameters":{${extra}}}`

describe('hostile bodies', () => {
  test.each([
    ['__proto__ at the top', '{"slug":"a","name":"A","__proto__":{"admin":true}}', '__proto__'],
    ['constructor at the top', '{"slug":"a","name":"A","constructor":{}}', 'constructor'],
    [
      '__proto__ in a list of labels',
      '{"slug":"a","name":"A","version":{"__proto__":1,"messages":[],"model":"m"}}',
      'version.__proto__',
    ],
    ['U+0000 in a value', '{"slug":"a","name":"A\\u0000"}', 'name'],
    ['U+0000 in a name', '{"slug":"a","name":"A","a\\u0000b":1}', 'a?b'],
    [
      'U+0000 deep inside',
      `{"slug":"a","name":"A","version":${version('"x":[{"y":"\\u0000"}]')}}`,
      'version.parameters.x[0].y',
    ],
    ['half a surrogate pair', '{"slug":"a","name":"\\ud83d"}', 'name'],
    [
      'a number that loses digits',
      `{"slug":"a","name":"A","version":${version('"seed":12345678901234567890')}}`,
      'version.parameters.seed',
    ],
    [
      'a number beyond all numbers',
      `{"slug":"a","name":"A","version":${version('"seed":1e400')}}`,
      'version.parameters.seed',
    ],
    [
      'a huge whole number',
      `{"slug":"a","name":"A","version":{"messages":[],"model":"m","retries":9007199254740993}}`,
      'version.retries',
    ],
  ])('%s is a 400 that names it', async (_what, body, param) => {
    const subject = createSubject()
    const answer = await subject.send('POST', '/v1/prompts', body)
    expect(answer.status).toBe(400)
    expect(answer.json['error']?.['param']).toBe(param)
    expect((await subject.send('GET', '/v1/prompts/a')).status).toBe(404)
    expect(Object.getPrototypeOf({})).toBe(Object.prototype)
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined()
  })

  test('__proto__ as the name of a parameter, a variable or a label pollutes nothing', async () => {
    const subject = createSubject()
    await createSupportReply(subject)
    const added = await subject.send(
      'POST',
      '/v1/prompts/support-reply/versions',
      version('"__proto__":{"polluted":1}'),
    )
    expect(added.status).toBe(400)
    expect(added.json['error']?.['param']).toContain('__proto__')
    const rendered = await subject.send(
      'POST',
      '/v1/render',
      '{"prompt":"support-reply","variables":{"question":"x","__proto__":{"company":"evil"}}}',
    )
    expect(JSON.stringify(rendered.json)).not.toContain('evil')
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  test.each(['[', '{"a":'])('nesting without end (%s) is a 400', async (opener) => {
    const depth = 100_000
    const closer = opener === '[' ? ']' : '}'
    const deep = `${opener.repeat(depth)}1${closer.repeat(depth)}`
    const subject = createSubject()
    for (const body of [deep, `{"slug":"a","name":"A","version":${version(`"x":${deep}`)}}`]) {
      const answer = await subject.send('POST', '/v1/prompts', body)
      expect(answer.status).toBe(400)
      expect(answer.json['error']?.['message']).toContain('nested too deeply')
      expect(answer.text.length).toBeLessThan(2000)
    }
  })

  test.each([
    ['{bad', 1, 2],
    ['{"slug":"a",\n "name":}', 2, 9],
    ['{"slug":"a"} x', 1, 14],
    ['{"slug":"a', 1, 9],
    ["{'slug':'a'}", 1, 2],
  ])('%j is said to be broken at line %i, column %i', async (body, line, column) => {
    const answer = await createSubject().send('POST', '/v1/prompts', body)
    expect(answer.status).toBe(400)
    expect(answer.json['error']).toMatchObject({ type: 'invalid_request_error', param: null, code: null })
    expect(answer.json['error']?.['message']).toContain(`line ${line}, column ${column}`)
  })

  test('a broken body is never repeated: it may hold a secret', async () => {
    const answer = await createSubject().send('PUT', '/v1/providers/openai', '{"api_key": sk-secret-123}')
    expect(answer.status).toBe(400)
    expect(answer.text).not.toContain('secret')
  })

  test('bytes that are no UTF-8 are a 400', async () => {
    const answer = await createSubject().send('POST', '/v1/keys', new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]))
    expect(answer.json['error']?.['message']).toContain('UTF-8')
  })

  test('5 MB are a 413, 4 MB are not', async () => {
    const subject = createSubject()
    const large = (size: number) => JSON.stringify({ slug: 'a', name: 'A', description: 'x'.repeat(size) })
    const refused = await subject.send('POST', '/v1/prompts', large(5_000_000))
    expect(refused.status).toBe(413)
    expect(refused.json['error']?.['code']).toBe('request_too_large')
    const read = await subject.send('POST', '/v1/prompts', large(4_000_000))
    expect(read.json['error']?.['param']).toBe('description')
  })

  test('the content type must be JSON', async () => {
    const subject = createSubject()
    const form = await subject.send('POST', '/v1/keys', 'name=x', {
      'content-type': 'application/x-www-form-urlencoded',
    })
    expect(form.status).toBe(415)
    expect(form.json['error']?.['message']).toContain('content-type: application/json')
    const zipped = await subject.send('POST', '/v1/keys', '{}', { 'content-encoding': 'gzip' })
    expect(zipped.status).toBe(415)
    for (const type of ['application/json; charset=utf-8', 'APPLICATION/JSON', 'application/merge-patch+json']) {
      expect
        .soft((await subject.send('POST', '/v1/keys', { name: 'x' }, { 'content-type': type })).status, type)
        .toBe(201)
    }
  })

  test('hostile ids in the path are 400 or 404, never 500', async () => {
    const subject = createSubject()
    const ids = [
      '%00',
      '..%2f..%2fetc',
      "'%20OR%201=1",
      '%F0%9F%92%A9',
      '%ff',
      '%',
      'a'.repeat(5000),
      '__proto__',
      'constructor',
      '%E2%80%AE',
    ]
    for (const id of ids) {
      for (const path of [`/v1/prompts/${id}`, `/v1/prompts/${id}/versions/${id}`, `/v1/exchanges/${id}`]) {
        expect.soft([400, 404], path).toContain((await subject.send('GET', path)).status)
      }
      for (const path of [
        `/v1/keys/${id}`,
        `/v1/providers/${id}`,
        `/v1/models/${id}`,
        `/v1/prompts/support-reply/labels/${id}`,
      ]) {
        expect.soft([400, 404], path).toContain((await subject.send('DELETE', path)).status)
      }
    }
    expect(subject.observations.filter(({ type }) => type === 'defect')).toEqual([])
  })

  test('a prompt called like a member of every object is a prompt like any other', async () => {
    const subject = createSubject()
    for (const slug of ['constructor', 'hasownproperty', 'then']) {
      expect
        .soft(
          (
            await subject.send('POST', '/v1/prompts', {
              slug,
              name: slug,
              version: versionBody,
              labels: ['constructor'],
            })
          ).status,
        )
        .toBe(201)
      expect.soft((await subject.send('GET', `/v1/prompts/${slug}`)).json['labels']).toEqual({ constructor: 1 })
    }
  })
})

describe('over a real connection', () => {
  let server: ServerType | null = null
  afterEach(async () => {
    const closing = server
    server = null
    if (closing === null) return
    closing.close()
    await once(closing, 'close')
  })

  async function listen(): Promise<{ port: number; subject: ReturnType<typeof createSubject> }> {
    const subject = createSubject()
    const listening = serve({ fetch: subject.app.fetch, hostname: '127.0.0.1', port: 0 })
    server = listening
    if (!listening.listening) await once(listening, 'listening')
    const address = listening.address()
    if (address === null || typeof address === 'string') throw new Error('not listening on a port')
    return { port: address.port, subject }
  }

  test('a body that is too large is answered with 413, with and without an announced length', async () => {
    const { port } = await listen()
    const body = 'x'.repeat(5_000_000)
    const stream = new ReadableStream({
      start(controller) {
        for (let part = 0; part < 5; part++) controller.enqueue(new TextEncoder().encode('x'.repeat(1_000_000)))
        controller.close()
      },
    })
    const headers = { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json', connection: 'close' }
    for (const sent of [{ body }, { body: stream, duplex: 'half' as const }]) {
      const response = await fetch(`http://127.0.0.1:${port}/v1/keys`, { method: 'POST', headers, ...sent })
      expect(response.status).toBe(413)
    }
  })

  test('a client that leaves in the middle of its body harms nobody', async () => {
    const { port, subject } = await listen()
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    socket.write(
      `POST /v1/keys HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${adminKey}\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{"name":`,
    )
    socket.end()
    socket.destroy()
    await vi.waitFor(() =>
      expect(
        subject.observations.some((seen) => seen.type === 'request-refused' && seen.errorType === 'client_closed'),
      ).toBe(true),
    )
    const headers = { authorization: `Bearer ${adminKey}`, connection: 'close' }
    expect((await fetch(`http://127.0.0.1:${port}/v1/snapshot`, { headers })).status).toBe(200)
  })
})
