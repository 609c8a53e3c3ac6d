import { setTimeout } from 'node:timers/promises'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { constants, createGzip } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createProviders, type Providers } from '../../../src/providers/index.ts'
import type { Flow, ProviderCall } from '../../../src/providers/provider.ts'
import {
  body,
  gzipped,
  hang,
  json,
  pieces,
  resetAtOnce,
  signal,
  sse,
  startScriptedUpstream,
  type ScriptedUpstream,
} from '../../support/scripted-upstream.ts'
import { callTo, CollectingSink, limits } from '../collecting-sink.ts'
import { chunk, events, usage } from './feed.ts'

const hello = [chunk({ role: 'assistant', content: '' }), chunk({ content: 'Hello' }), chunk({}, 'stop')]
const completion = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1_700_000_000,
  model: 'gpt-test',
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: 'Hello', refusal: null },
      logprobs: null,
      finish_reason: 'stop',
    },
  ],
  usage,
}

let upstream: ScriptedUpstream
let providers: Providers

beforeEach(async () => {
  upstream = await startScriptedUpstream()
})
afterEach(async () => {
  await providers.close()
  await upstream.close()
})

function ask(
  changes: Partial<ProviderCall> = {},
  provider = 'openai',
  baseUrl = upstream.baseUrl,
): { sink: CollectingSink; flow: Flow } {
  const sink = new CollectingSink()
  const flow = providers.byPrefix.get(provider)?.endpoints.chat(callTo(baseUrl, changes), sink)
  if (flow === undefined) throw new Error(`no provider ${provider}`)
  return { sink, flow }
}

function open(connections = 100, resendAfterIdleMs = 0): Providers {
  return createProviders({ connectTimeoutMs: 2_000, connections, allowPrivate: true, resendAfterIdleMs })
}

async function answered(changes: Partial<ProviderCall> = {}, provider = 'openai'): Promise<CollectingSink> {
  const { sink } = ask(changes, provider)
  await sink.over
  return sink
}

describe('a request', () => {
  it('B11 B12 D02 D03 carries the body as it is and only the headers it should', async () => {
    providers = open()
    const text = '{"model":"m", "seed":9007199254740993,"x":1.0,"tools":[{"__proto__":{"a":"é\\u0000"}}]}'
    upstream.next(sse([...hello, '[DONE]']))
    await answered({
      body: text,
      forwardHeaders: {
        'openai-organization': 'org-1',
        'anthropic-beta': 'files',
        authorization: 'Bearer client',
        'user-agent': 'client',
      },
    })
    const request = await upstream.nextRequest()
    expect(request.text).toBe(text)
    expect(request.path).toBe('/v1/chat/completions')
    const names = request.rawHeaders.filter((_, index) => index % 2 === 0).sort()
    expect(names).toEqual([
      'accept',
      'accept-encoding',
      'authorization',
      'connection',
      'content-length',
      'content-type',
      'host',
      'openai-organization',
      'user-agent',
    ])
    expect(request.headers).toMatchObject({
      authorization: 'Bearer sk-provider-secret',
      accept: 'text/event-stream',
      'accept-encoding': 'identity',
      'user-agent': expect.stringMatching(/^promptbox\//),
    })
  })

  it('B07 rate limits go through, but not one that node could not write again', async () => {
    providers = open()
    const headers = { 'x-ratelimit-limit-requests': '60', 'openai-version': 'v\u00e9' }
    upstream.next(json(completion, 200, headers))
    const sink = await answered({ stream: false })
    expect(sink.answerHead?.headers).toEqual({ 'x-ratelimit-limit-requests': '60' })
  })

  it('names the key of Azure in its own header, and none for a local server without one', async () => {
    providers = open()
    upstream.next(json(completion), json(completion))
    await answered({ stream: false }, 'azure')
    await answered({ stream: false, credential: { name: 'default', apiKey: null, baseUrl: upstream.baseUrl } }, 'local')
    const [azure, local] = [await upstream.nextRequest(), await upstream.nextRequest()]
    expect(azure.headers).toMatchObject({ 'api-key': 'sk-provider-secret' })
    expect(azure.headers['authorization']).toBeUndefined()
    expect(local.headers['authorization'] ?? local.headers['api-key']).toBeUndefined()
  })

  it('D10 carries 25 MB unharmed', async () => {
    providers = open()
    upstream.next(json(completion))
    const text = JSON.stringify({ model: 'm', image: 'A'.repeat(25 * 2 ** 20) })
    await answered({ stream: false, body: text })
    expect((await upstream.nextRequest()).text === text).toBe(true)
  })

  it('is refused before it leaves when a header cannot be written', async () => {
    providers = open()
    const sink = await answered({ credential: { name: 'default', apiKey: 'sk-\nsecret', baseUrl: upstream.baseUrl } })
    expect(sink.fault).toMatchObject({ kind: 'upstream_authentication', mayRetry: false })
    expect(sink.fault?.message).not.toContain('secret')
  })
})

describe('an answer', () => {
  it('B03 B04 B07 shows only the headers that are meant for clients', async () => {
    providers = open()
    const seen = {
      'x-ratelimit-remaining-requests': '59',
      'openai-processing-ms': '12',
      'openai-version': '2020-10-01',
    }
    const hidden = {
      'set-cookie': '__cf_bm=1',
      'alt-svc': 'h3',
      'strict-transport-security': 'max-age=1',
      'openai-organization': 'org',
      'anthropic-organization-id': 'o',
      'x-ratelimit-reset-input-tokens': '2026-01-01T00:00:00Z',
    }
    upstream.next(json(completion, 200, { ...seen, ...hidden, 'x-request-id': 'req_1' }))
    const sink = await answered({ stream: false })
    expect(sink.answerHead).toMatchObject({ headers: seen, upstreamRequestId: 'req_1' })
    expect(Object.keys(sink.answerHead?.headers ?? {})).toEqual(expect.not.arrayContaining(Object.keys(hidden)))
    expect(sink.sent).toEqual([completion])
  })

  it('B05 is read when it comes gzipped unasked', async () => {
    providers = open()
    upstream.next(gzipped(JSON.stringify(completion), 200, { 'content-type': 'application/json' }))
    expect((await answered({ stream: false })).sent).toEqual([completion])
  })

  it('B06 a gzipped stream flows event by event', async () => {
    providers = open()
    const first = signal()
    upstream.next(async (answer) => {
      answer.head(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' })
      const gzip = createGzip({ flush: constants.Z_SYNC_FLUSH })
      gzip.pipe(answer.response)
      gzip.write(events(hello[0] ?? {}))
      await first.reached
      gzip.end(events(...hello.slice(1), '[DONE]'))
    })
    const { sink } = ask()
    await sink.atLeast(1)
    expect(sink.ended).toBe(false)
    first.give()
    await sink.over
    expect(sink.sent).toEqual(hello)
  })

  it('is a fault when what is gzipped cannot be read, or is packed in an unknown way', async () => {
    providers = open()
    upstream.next(body('not gzip', 200, { 'content-encoding': 'gzip' }), body('?', 200, { 'content-encoding': 'zstd' }))
    expect((await answered()).fault?.kind).toBe('upstream_error')
    expect((await answered()).fault?.kind).toBe('upstream_error')
  })

  it('E05 E21 hands on each event as it comes', async () => {
    providers = open()
    const signals = hello.map(() => signal())
    upstream.next(async (answer) => {
      answer.head(200, { 'content-type': 'text/event-stream' })
      for (const [index, event] of hello.entries()) {
        await answer.event(event)
        await signals[index]?.reached
      }
      answer.end()
    })
    const { sink } = ask()
    for (const [index] of hello.entries()) {
      await sink.atLeast(index + 1)
      expect(sink.chunks).toHaveLength(index + 1)
      signals[index]?.give()
    }
    await sink.over
    expect(sink.heard).toEqual(['head', 'chunk', 'flush', 'chunk', 'flush', 'chunk', 'flush', 'end'])
  })

  it('C22 is not followed to another place', async () => {
    providers = open()
    upstream.next(body('', 307, { location: `${upstream.origin}/elsewhere` }))
    const before = upstream.requests.length
    expect((await answered()).fault).toMatchObject({ kind: 'upstream_error' })
    expect(upstream.requests.length).toBe(before + 1)
  })

  it('C11 an error is read to a bound and hides its HTML', async () => {
    providers = open()
    upstream.next(async (answer) => {
      answer.head(502, { 'content-type': 'text/html' })
      while (!answer.request.aborted) await answer.write('<html>'.repeat(2_000))
    })
    expect((await answered()).fault).toMatchObject({
      kind: 'upstream_error',
      message: 'The provider failed with status 502.',
    })
  })

  it('an error whose body breaks off is still judged by its status', async () => {
    providers = open()
    upstream.next(async (answer) => {
      answer.head(429, { 'content-type': 'application/json', 'content-length': '1000', 'retry-after': '3' })
      await answer.write('{"error":')
      answer.cut()
    })
    expect((await answered()).fault).toMatchObject({ kind: 'upstream_rate_limited', retryAfterMs: 3000 })
  })
})

describe('a broken connection', () => {
  it('C14 is said in words without addresses when nobody listens', async () => {
    providers = open()
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : 0
    server.close()
    await once(server, 'close')
    const { sink } = ask({}, 'openai', `http://127.0.0.1:${port}/v1`)
    await sink.over
    expect(sink.fault).toMatchObject({
      kind: 'upstream_connection',
      status: 502,
      code: 'upstream_connection_error',
      message: 'The provider could not be reached: the connection was refused.',
    })
  })

  it('C14 is said when TLS is not spoken or the base URL is none to be called', async () => {
    providers = open()
    for (const baseUrl of [
      `https://127.0.0.1:${upstream.port}/v1`,
      'nonsense',
      'ftp://127.0.0.1/v1',
      'http://169.254.169.254/v1',
    ]) {
      const { sink } = ask({}, 'openai', baseUrl)
      await sink.over
      expect(sink.fault?.kind).toBe('upstream_connection')
      expect(sink.fault?.message).not.toMatch(/127\.0|169\./)
    }
  })

  it('leaves private addresses alone unless they are allowed', async () => {
    providers = createProviders({ connectTimeoutMs: 2_000, connections: 10, allowPrivate: false, resendAfterIdleMs: 0 })
    for (const baseUrl of [upstream.baseUrl, `http://localhost:${upstream.port}/v1`]) {
      const before = upstream.connections
      const { sink } = ask({}, 'openai', baseUrl)
      await sink.over
      expect(sink.fault?.kind).toBe('upstream_connection')
      expect(upstream.connections).toBe(before)
    }
  })

  it('is called by name as well', async () => {
    providers = open()
    upstream.next(json(completion))
    const { sink } = ask({ stream: false }, 'openai', `http://localhost:${upstream.port}/v1`)
    await sink.over
    expect(sink.fault?.message ?? 'fine').toBe('fine')
  })

  it('C15 F08 times out while no head comes, and closes the connection', async () => {
    providers = open()
    upstream.next(hang)
    const { sink } = ask({ limits: { ...limits, headTimeoutMs: 50 } })
    const request = await upstream.nextRequest()
    await sink.over
    expect(sink.fault).toMatchObject({ kind: 'upstream_timeout', status: 504 })
    expect(await request.closed).toBe(true)
  })

  it('F08 never times out before its time, wherever the clock of the connections stands', async () => {
    providers = open()
    upstream.always(hang)
    // Keeps that clock ticking, every half second; its limit is far away.
    const other = ask()
    const late = await Promise.all(
      [0, 120, 240, 360, 480].map(async (startMs) => {
        await setTimeout(startMs)
        const startedAt = performance.now()
        const { sink } = ask({ limits: { ...limits, headTimeoutMs: 900 } })
        await sink.over
        expect(sink.fault).toMatchObject({ kind: 'upstream_timeout' })
        return performance.now() - startedAt
      }),
    )
    expect(Math.min(...late)).toBeGreaterThanOrEqual(899)
    other.flow.abort()
  })

  it('F08 times out in silence after the head, and has no limit of its own', async () => {
    providers = open()
    upstream.next(async (answer) => {
      answer.head(200, { 'content-type': 'text/event-stream' })
      await answer.event(hello[0] ?? {})
    })
    const { sink } = ask({ limits: { ...limits, idleTimeoutMs: 50 } })
    await sink.over
    expect(sink.sent).toHaveLength(1)
    expect(sink.fault).toMatchObject({ kind: 'upstream_timeout' })
  })

  it('E16 a reset in the middle is an interruption, after what had come', async () => {
    providers = open()
    const read = signal()
    upstream.next(async (answer) => {
      answer.head(200, { 'content-type': 'text/event-stream' })
      await answer.event(hello[0] ?? {})
      await answer.event(hello[1] ?? {})
      await read.reached
      answer.reset()
    })
    const { sink } = ask()
    await sink.atLeast(2)
    read.give()
    await sink.over
    expect(sink.fault).toMatchObject({ kind: 'upstream_interrupted', code: 'upstream_stream_interrupted' })
    expect(sink.sent).toEqual(hello.slice(0, 2))
  })

  it('E16 a body cut short of its length is an interruption', async () => {
    providers = open()
    upstream.next(async (answer) => {
      answer.head(200, { 'content-type': 'application/json', 'content-length': '1000' })
      await answer.write('{"id":')
      answer.cut()
    })
    const sink = await answered({ stream: false })
    expect(sink.fault?.kind).toBe('upstream_interrupted')
    expect(sink.heard).toEqual(['fail'])
  })

  it('is no loss once every choice has finished', async () => {
    providers = open()
    const read = signal()
    upstream.next(async (answer) => {
      answer.head(200, { 'content-type': 'text/event-stream' })
      for (const event of hello) await answer.event(event)
      await read.reached
      answer.reset()
    })
    const { sink } = ask()
    await sink.atLeast(3)
    read.give()
    await sink.over
    expect(sink.ended).toBe(true)
  })

  it('F07 a kept connection that turns out dead is replaced without anybody noticing', async () => {
    providers = open(1)
    upstream.next(json(completion), resetAtOnce, json(completion))
    expect((await answered({ stream: false })).ended).toBe(true)
    expect((await answered({ stream: false })).sent).toEqual([completion])
    const carried = upstream.requests.slice(-3)
    expect(carried.map((request) => request.onConnection)).toEqual([1, 2, 1])
    expect(carried[2]?.connection).not.toBe(carried[1]?.connection)
  })

  it('F07 a request lost on a connection that was busy just now may have been read, and is not sent again', async () => {
    providers = open(1, 60_000)
    const before = upstream.requests.length
    upstream.next(json(completion), resetAtOnce)
    await answered({ stream: false })
    expect((await answered({ stream: false })).fault?.kind).toBe('upstream_connection')
    expect(upstream.requests.length - before).toBe(2)
  })

  it('F07 idle connections that the upstream closed are not used', async () => {
    providers = open(1)
    upstream.next(json(completion), json(completion))
    await answered({ stream: false })
    upstream.closeIdle()
    await upstream.allClosed()
    expect((await answered({ stream: false })).ended).toBe(true)
  })

  it('F07 a request on a fresh connection, or one that was lost twice, is not sent again', async () => {
    providers = open(1)
    let before = upstream.requests.length
    upstream.next(resetAtOnce)
    expect((await answered({ stream: false })).fault?.kind).toBe('upstream_connection')
    expect(upstream.requests.length - before).toBe(1)
    upstream.next(json(completion), resetAtOnce, resetAtOnce)
    await answered({ stream: false })
    before = upstream.requests.length
    expect((await answered({ stream: false })).fault?.kind).toBe('upstream_connection')
    expect(upstream.requests.length - before).toBe(2)
  })
})

describe('leaving', () => {
  it('F01 in mid-stream closes the upstream connection and hears nothing more', async () => {
    providers = open()
    upstream.next(async (answer) => {
      answer.head(200, { 'content-type': 'text/event-stream' })
      while (!answer.request.aborted) await answer.event(hello[1] ?? {})
    })
    const { sink, flow } = ask()
    const request = await upstream.nextRequest()
    await sink.atLeast(2)
    const heard = sink.heard.length
    flow.abort()
    expect(await request.closed).toBe(true)
    expect(sink.heard.length).toBe(heard)
    flow.abort()
    flow.pause()
    flow.resume()
  })

  it('F01 from inside the sink works as well', async () => {
    providers = open()
    upstream.next(async (answer) => {
      answer.head(200, { 'content-type': 'text/event-stream' })
      await answer.write(events(...hello, ...hello, ...hello))
    })
    const { sink, flow } = ask()
    sink.onChunk = () => flow.abort()
    const request = await upstream.nextRequest()
    expect(await request.closed).toBe(true)
    expect(sink.heard).toEqual(['head', 'chunk'])
  })

  it('F02 F03 before the head closes it too, stream or not', async () => {
    providers = open()
    for (const stream of [true, false]) {
      upstream.next(hang)
      const { sink, flow } = ask({ stream })
      const request = await upstream.nextRequest()
      flow.abort()
      expect(await request.closed).toBe(true)
      expect(sink.heard).toEqual([])
    }
  })

  it('F03 in the middle of a whole answer closes it', async () => {
    providers = open()
    const begun = signal()
    upstream.next(async (answer) => {
      answer.head(200, { 'content-type': 'application/json' })
      await answer.write('{"id":')
      begun.give()
    })
    const { sink, flow } = ask({ stream: false })
    const request = await upstream.nextRequest()
    await begun.reached
    flow.abort()
    expect(await request.closed).toBe(true)
    expect(sink.heard).toEqual([])
  })

  it('F02 before the request has left sends nothing and keeps the connections usable', async () => {
    providers = open(1)
    const before = upstream.requests.length
    const atOnce = ask()
    atOnce.flow.abort()
    const connecting = ask()
    await Promise.resolve()
    connecting.flow.abort()
    upstream.next(json(completion))
    expect((await answered({ stream: false })).ended).toBe(true)
    expect([...atOnce.sink.heard, ...connecting.sink.heard]).toEqual([])
    expect(upstream.requests.length - before).toBe(1)
    expect(upstream.connections).toBe(1)
  })

  it('F02 while waiting for a free connection sends nothing', async () => {
    providers = open(1)
    const before = upstream.requests.length
    upstream.next(hang, json(completion))
    const first = ask()
    await upstream.nextRequest()
    const waiting = ask()
    const third = ask({ stream: false })
    await new Promise(setImmediate)
    waiting.flow.abort()
    first.flow.abort()
    await third.sink.over
    expect(third.sink.ended).toBe(true)
    expect(waiting.sink.heard).toEqual([])
    expect(upstream.requests.length - before).toBe(2)
  })

  it('after the end does no harm to the connection', async () => {
    providers = open(1)
    upstream.next(sse([...hello, '[DONE]']), json(completion))
    const { sink, flow } = ask()
    await sink.over
    flow.abort()
    await answered({ stream: false })
    expect(upstream.requests.at(-1)?.onConnection).toBe(2)
  })

  it('ends by itself when the sink fails with a defect, and only this exchange', async () => {
    providers = open()
    upstream.always(sse([...hello, '[DONE]']))
    const { sink } = ask()
    sink.onChunk = () => {
      throw new Error('defect of a sink')
    }
    await sink.over
    expect(sink.fault).toMatchObject({ kind: 'internal' })
    expect(sink.fault?.message).not.toContain('defect of a sink')
    expect((await answered()).ended).toBe(true)
  })
})

describe('back-pressure', () => {
  it('E20 a paused answer stops the upstream, and goes on where it was', async () => {
    providers = open()
    const total = 400
    const event = events(chunk({ content: 'x'.repeat(50_000) }))
    let written = 0
    upstream.next(async (answer) => {
      answer.head(200, { 'content-type': 'text/event-stream' })
      await answer.event(hello[0] ?? {})
      for (; written < total; written += 1) await answer.write(event)
      await answer.write(events(hello[2] ?? {}, '[DONE]'))
      answer.end()
    })
    const { sink, flow } = ask()
    const paused = signal()
    sink.onChunk = () => {
      flow.pause()
      paused.give()
    }
    await paused.reached
    // The upstream writes on until the buffers on the way are full: then its count stands still.
    let before = -1
    while (before !== written) {
      before = written
      for (let turn = 0; turn < 200; turn += 1) await new Promise(setImmediate)
    }
    expect(written).toBeLessThan(total)
    expect(sink.chunks.length).toBeLessThan(20)
    sink.onChunk = () => undefined
    flow.resume()
    await sink.over
    expect(sink.ended).toBe(true)
    expect(sink.chunks).toHaveLength(total + 2)
  })

  it('a sink that pauses at every chunk and resumes later gets everything', async () => {
    providers = open()
    const many = Array.from({ length: 200 }, (_, index) => chunk({ content: String(index) }))
    for (const packed of [false, true]) {
      const text = events(hello[0] ?? {}, ...many, hello[2] ?? {}, '[DONE]')
      upstream.next(packed ? gzipped(text, 200, { 'content-type': 'text/event-stream' }) : pieces([text]))
      const { sink, flow } = ask()
      sink.onChunk = () => {
        flow.pause()
        setImmediate(() => flow.resume())
      }
      await sink.over
      expect(sink.ended).toBe(true)
      expect(sink.chunks).toHaveLength(202)
    }
  })

  it('an answer paused before it begins waits, head and all', async () => {
    providers = open()
    const go = signal()
    upstream.next(async (answer) => {
      answer.head(200, { 'content-type': 'text/event-stream' })
      await answer.write(events(...hello, '[DONE]'))
      answer.end()
      go.give()
    })
    const { sink, flow } = ask()
    flow.pause()
    await go.reached
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate)
    expect(sink.chunks).toEqual([])
    flow.resume()
    await sink.over
    expect(sink.sent).toEqual(hello)
  })

  it('an answer paused at its end mark leaves the connection free', async () => {
    providers = open(1)
    upstream.next(sse([...hello, '[DONE]']), json(completion))
    const { sink, flow } = ask()
    sink.onChunk = () => flow.pause()
    while (!sink.ended) {
      flow.resume()
      await new Promise(setImmediate)
    }
    expect((await answered({ stream: false })).ended).toBe(true)
  })
})

describe('closing', () => {
  it('drain waits for what runs and takes nothing new', async () => {
    providers = open()
    const go = signal()
    upstream.next(async (answer) => {
      answer.head(200, { 'content-type': 'text/event-stream' })
      await go.reached
      await answer.write(events(...hello, '[DONE]'))
      answer.end()
    })
    const running = ask()
    await upstream.nextRequest()
    const drained = providers.drain()
    expect((await answered()).fault?.kind).toBe('upstream_connection')
    go.give()
    await drained
    expect(running.sink.ended).toBe(true)
  })

  it('close ends what runs', async () => {
    providers = open()
    upstream.next(hang)
    const { sink } = ask()
    await upstream.nextRequest()
    await providers.close()
    await sink.over
    expect(sink.fault).not.toBeNull()
  })
})
