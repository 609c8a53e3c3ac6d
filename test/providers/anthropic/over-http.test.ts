import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { anthropic } from '../../../src/providers/anthropic/anthropic.ts'
import { openUpstreams } from '../../../src/providers/http.ts'
import type { Provider, ProviderCall } from '../../../src/providers/provider.ts'
import type { Upstreams } from '../../../src/providers/upstream.ts'
import { json, pieces, startScriptedUpstream, type ScriptedUpstream } from '../../support/scripted-upstream.ts'
import { callTo, CollectingSink } from '../collecting-sink.ts'
import { ending, haiku, newMemory, start, stop, text } from './support.ts'

const events = (list: readonly object[]): string =>
  list
    .map((event) => `event: ${String((event as { type?: string }).type)}\ndata: ${JSON.stringify(event)}\n\n`)
    .join('')
const message = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: haiku,
  content: [{ type: 'text', text: 'Hi' }],
  stop_reason: 'end_turn',
  usage: { input_tokens: 3, cache_read_input_tokens: 5, output_tokens: 4 },
}

describe('the provider', () => {
  let upstream: ScriptedUpstream
  let upstreams: Upstreams
  let provider: Provider

  beforeAll(async () => {
    upstream = await startScriptedUpstream()
    upstreams = openUpstreams({
      connectTimeoutMs: 2_000,
      connections: 10,
      resendAfterIdleMs: 1_000,
      allowPrivate: true,
    })
    provider = anthropic({ upstreams, userAgent: 'promptbox/test', now: Date.now }, newMemory())
  })
  afterAll(async () => {
    await upstreams.close()
    await upstream.close()
  })

  async function ask(endpoint: 'chat' | 'messages', changes: Partial<ProviderCall> = {}): Promise<CollectingSink> {
    const sink = new CollectingSink()
    provider.endpoints[endpoint]?.(
      callTo(upstream.origin, { model: haiku, partition: 'tenant', unsupportedParameters: 'drop', ...changes }),
      sink,
    )
    await sink.over
    return sink
  }

  it.each(['', '/v1'])(
    'G21 calls Messages with its own key and version, whatever the base URL ends in (%s)',
    async (ending) => {
      upstream.next(json(message, 200, { 'request-id': 'req_7' }))
      const sink = await ask('chat', {
        stream: false,
        credential: { name: 'default', apiKey: 'sk-ant', baseUrl: `${upstream.origin}${ending}` },
        forwardHeaders: {
          'anthropic-beta': 'a,b',
          'anthropic-version': '2099-01-01',
          'openai-organization': 'org',
          'idempotency-key': 'x',
        },
        body: JSON.stringify({ messages: [{ role: 'user', content: 'Hi' }], seed: 1 }),
      })
      const request = await upstream.nextRequest()
      expect(request.path).toBe('/v1/messages')
      expect(request.headers).toMatchObject({
        'x-api-key': 'sk-ant',
        'anthropic-version': '2023-06-01',
        'anthropic-beta': 'a,b',
        'content-type': 'application/json',
        'accept-encoding': 'identity',
      })
      for (const name of ['authorization', 'openai-organization', 'idempotency-key'])
        expect(request.headers).not.toHaveProperty(name)
      expect(request.json).toEqual({
        model: haiku,
        max_tokens: 64_000,
        messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
      })
      expect(sink.answerHead).toMatchObject({
        stream: false,
        upstreamRequestId: 'req_7',
        warnings: [expect.stringContaining('seed')],
      })
      expect(sink.usages).toEqual([
        {
          inputTokens: 8,
          outputTokens: 4,
          cacheReadInputTokens: 5,
          cacheCreationInputTokens: 0,
          reasoningOutputTokens: 0,
        },
      ])
    },
  )

  it('G22 refuses after the endpoint has returned, and says nothing to whoever hung up', async () => {
    const call = callTo(upstream.origin, { body: '{"messages":[{"role":"user","content":"Hi"}],"n":2}' })
    const before = upstream.requests.length
    const sink = new CollectingSink()
    provider.endpoints.chat(call, sink)
    expect(sink.heard).toEqual([])
    await sink.over
    expect(sink.fault).toMatchObject({ kind: 'invalid_request', param: 'n' })
    const gone = new CollectingSink()
    provider.endpoints.chat(call, gone).abort()
    await Promise.resolve()
    expect(gone.heard).toEqual([])
    expect(upstream.requests).toHaveLength(before)
  })

  it.each([
    [
      'C04',
      400,
      'invalid_request_error',
      'prompt is too long: 210000 tokens > 200000 maximum',
      'upstream_rejected',
      400,
      'context_length_exceeded',
    ],
    [
      'C05',
      401,
      'authentication_error',
      'invalid x-api-key',
      'upstream_authentication',
      502,
      'upstream_authentication_error',
    ],
    ['C09', 529, 'overloaded_error', 'Overloaded', 'upstream_overloaded', 503, 'overloaded'],
    ['C07', 429, 'rate_limit_error', 'Too fast', 'upstream_rate_limited', 429, 'rate_limit_exceeded'],
  ])('%s tells a %s in the one shape', async (_id, status, type, said, kind, expected, code) => {
    for (const stream of [true, false]) {
      upstream.next(json({ type: 'error', error: { type, message: said }, request_id: 'req_1' }, status))
      const sink = await ask('chat', { stream })
      expect(sink.heard).toEqual(['fail'])
      expect(sink.fault).toMatchObject({ kind, status: expected, code })
    }
  })

  it('F01 closes the call when the client hangs up', async () => {
    let first = (): void => undefined
    const told = new Promise<void>((resolve) => {
      first = resolve
    })
    upstream.next(async (answer) => {
      answer.head(200, { 'content-type': 'text/event-stream' })
      await answer.write(events([start(), ...text(0, 'Hi')]))
      await answer.gone
      first()
    })
    const sink = new CollectingSink()
    const flow = provider.endpoints.chat(callTo(upstream.origin, { model: haiku, partition: 'tenant' }), sink)
    await sink.atLeast(2)
    flow.abort()
    await told
    expect(sink.heard).not.toContain('fail')
  })

  it('forwards Messages as they are, byte for byte, and counts them', async () => {
    const list = [
      start({ input_tokens: 10, cache_creation_input_tokens: 4, output_tokens: 1 }),
      { type: 'ping' },
      ...text(0, 'Hi', ' you'),
      ending('end_turn', { output_tokens: 6 }),
      stop,
    ]
    const body = '{"model": "x",  "max_tokens": 5, "odd": 9007199254740993, "stream": true}'
    upstream.next(pieces([events(list)]))
    const sink = await ask('messages', { body, forwardHeaders: { 'anthropic-version': '2099-01-01' } })
    const [request] = upstream.requests.slice(-1)
    expect([request?.path, request?.text]).toEqual(['/v1/messages', body])
    expect(request?.headers['anthropic-version']).toBe('2099-01-01')
    expect(sink.texts.map((said) => JSON.parse(said))).toEqual(list)
    expect(sink.chunks.map(({ event }) => event)).toEqual(list.map((event) => (event as { type: string }).type))
    expect(sink.ended).toBe(true)
    expect(sink.usages).toEqual([
      {
        inputTokens: 14,
        outputTokens: 6,
        cacheReadInputTokens: 0,
        cacheCreationInputTokens: 4,
        reasoningOutputTokens: 0,
      },
    ])
    upstream.next(json(message))
    const whole = await ask('messages', { stream: false, body: '{}' })
    expect(whole.texts).toEqual([JSON.stringify(message)])
    expect(whole.usages.at(-1)).toMatchObject({ inputTokens: 8, outputTokens: 4 })
  })

  it('tells a cut or failed stream of Messages from a whole one', async () => {
    upstream.next(pieces([events([start(), ...text(0, 'Hi')])]))
    expect((await ask('messages')).fault?.kind).toBe('upstream_interrupted')
    upstream.next(
      pieces([
        events([start(), ...text(0, 'Hi'), { type: 'error', error: { type: 'overloaded_error', message: 'x' } }]),
      ]),
    )
    const failed = await ask('messages')
    expect(failed.fault?.kind).toBe('upstream_error')
    expect(JSON.parse(failed.texts.at(-1) ?? '')).toMatchObject({ type: 'error' })
    upstream.next(pieces([events([{ type: 'error', error: { type: 'overloaded_error', message: 'x' } }])]))
    expect((await ask('messages')).fault?.kind).toBe('upstream_overloaded')
  })
})
