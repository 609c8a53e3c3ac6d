import { Agent, request as nodeRequest } from 'node:http'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readConfig } from '../../../src/config.ts'
import { rawRequest } from '../../support/raw-request.ts'
import { signal } from '../../support/scripted-upstream.ts'
import { completion, messages, readStream, request, startWire, type Wire } from './support.ts'

let wire: Wire
beforeAll(async () => {
  wire = await startWire({ PROMPTBOX_RETRIES: '0' })
})
afterAll(() => wire.dispose())

it('F06 200 requests go over one connection, which may lie idle for longer than clients leave it so', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const ports = new Set<number | undefined>()
  let patience = ''
  for (let index = 0; index < 200; index++) {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const client = nodeRequest(
        `${wire.app.url}/v1/models/mock%2Fecho`,
        { agent, headers: { authorization: `Bearer ${wire.app.key}` } },
        (response) => {
          ports.add(response.socket.localPort)
          patience = String(response.headers['keep-alive'])
          response.resume().on('end', () => resolve(response.statusCode))
        },
      )
      client.on('error', reject).end()
    })
    expect(status).toBe(200)
  }
  expect(ports.size).toBe(1)
  expect(Number(/timeout=(\d+)/.exec(patience)?.[1])).toBeGreaterThanOrEqual(65)
  agent.destroy()
})

it('F07 a connection that the provider closed while it lay idle costs nobody an error', async () => {
  for (let round = 0; round < 3; round += 1) {
    const response = await wire.app.post('/chat/completions', request)
    expect(response.status).toBe(200)
    expect(response.headers.get('x-promptbox-attempts')).toBe('1')
    await response.text()
    wire.openai.closeIdle()
    await wire.openai.allClosed()
  }
  expect(wire.openai.connections).toBe(3)
})

it('F08 no limit is shorter than six minutes unless an operator says so: not to the first byte, not between two', () => {
  const { limits } = readConfig({}, { cwd: '/nowhere' })
  const sixMinutes = 360_000
  for (const limit of [
    limits.firstChunkTimeoutMs,
    limits.idleTimeoutMs,
    limits.attemptTimeoutMs,
    limits.exchangeTimeoutMs,
  ]) {
    expect(limit).toBeGreaterThan(sixMinutes)
  }
})

it('F09 the patience that an SDK tells of is its own affair: it limits nothing here and goes nowhere', async () => {
  const others = signal()
  wire.openai.next(async (answer) => {
    await others.reached
    answer.head(200, { 'content-type': 'application/json' })
    await answer.write(JSON.stringify(completion))
    answer.end()
  })
  const hints = { 'x-stainless-timeout': '0.001', 'x-stainless-read-timeout': '0.001' }
  const from = wire.openai.requests.length
  const patient = wire.app.post('/chat/completions', request, hints)
  await expect.poll(() => wire.openai.requests.length, { interval: 5, timeout: 15_000 }).toBeGreaterThan(from)
  for (let round = 0; round < 5; round += 1) {
    await (await wire.app.post('/chat/completions', { ...request, model: 'mock/echo' })).text()
  }
  others.give()
  const response = await patient
  expect(response.status).toBe(200)
  await response.text()
  for (const name of Object.keys(hints)) expect(wire.openai.requests[from]?.headers[name]).toBeUndefined()
})

it('F11 HTTP/1.0 and `Connection: close`, in one piece and as a stream', async () => {
  for (const stream of [false, true]) {
    const body = JSON.stringify({ model: 'mock/echo', messages, stream })
    for (const head of [
      'POST /v1/chat/completions HTTP/1.0',
      'POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nconnection: close',
    ]) {
      const answer = await rawRequest(
        wire.app.port,
        `${head}\r\nauthorization: Bearer ${wire.app.key}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      )
      expect(answer.status).toBe(200)
      const isChunked = answer.headers.get('transfer-encoding') === 'chunked'
      // Whoever speaks 1.0 knows no chunks: the end of the connection is the end of the answer.
      expect(isChunked).toBe(stream && head.endsWith('close'))
      const text = isChunked ? unchunked(answer.body) : answer.body
      if (!stream) expect(JSON.parse(text)).toMatchObject({ object: 'chat.completion' })
      else {
        const headers = { 'content-type': answer.headers.get('content-type') ?? '' }
        expect((await readStream(new Response(text, { headers }))).isWhole).toBe(true)
      }
    }
  }
})

/** What a body in chunks says. */
function unchunked(body: string): string {
  let text = ''
  let at = 0
  for (;;) {
    const lineEnd = body.indexOf('\r\n', at)
    const size = Number.parseInt(body.slice(at, lineEnd), 16)
    expect(Number.isNaN(size)).toBe(false)
    if (size === 0) return text
    text += body.slice(lineEnd + 2, lineEnd + 2 + size)
    at = lineEnd + 2 + size + 2
  }
}

it('F12 health needs no key and no provider', async () => {
  const before = wire.openai.requests.length
  for (const path of ['/healthz', '/readyz', '/metrics']) {
    expect((await fetch(`${wire.app.url}${path}`)).status).toBe(200)
  }
  expect((await fetch(`${wire.app.url}/healthz`, { method: 'HEAD' })).status).toBe(200)
  expect(wire.openai.requests.length).toBe(before)
})
