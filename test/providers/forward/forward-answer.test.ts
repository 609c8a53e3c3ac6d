import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../src/core/json.ts'
import { ForwardAnswer } from '../../../src/providers/forward/forward-answer.ts'
import type { Forwarding } from '../../../src/providers/forward/forwarding.ts'
import { audioForwarding } from '../../../src/providers/openai-compatible/forwardings.ts'
import { responsesForwarding } from '../../../src/providers/openai-compatible/responses-forwarding.ts'
import { callTo, CollectingSink } from '../collecting-sink.ts'

interface Came {
  readonly stream: boolean
  readonly contentType: string
  readonly body: string
}

function forward(forwarding: Forwarding, { stream, contentType, body }: Came): CollectingSink {
  const sink = new CollectingSink()
  const answer = new ForwardAnswer(callTo('http://127.0.0.1:9', { stream }), sink, forwarding, Date.now)
  answer.sentBy({ pause: () => undefined, resume: () => undefined, abort: () => undefined })
  answer.head(200, { 'content-type': contentType })
  answer.data(Buffer.from(body))
  answer.end()
  return sink
}

const response = (more: JsonObject): string =>
  JSON.stringify({ id: 'resp_1', object: 'response', status: 'completed', output: [], error: null, ...more })

describe('a response that came in one piece although a stream was asked for', () => {
  const usage = { input_tokens: 3, output_tokens: 2 }

  it('I06 E22 has events with their names, and its tokens in the last', () => {
    const sink = forward(responsesForwarding, {
      stream: true,
      contentType: 'application/json',
      body: response({ usage }),
    })
    expect(sink.chunks.map(({ event }) => event)).toEqual([
      'response.created',
      'response.in_progress',
      'response.completed',
    ])
    expect(sink.chunks.map((chunk) => chunk.usage !== null)).toEqual([false, false, true])
    expect(sink.ended).toBe(true)
  })

  it('I07 is an error when it failed, which the client is told once', () => {
    const error = { code: 'server_error', message: 'Out of memory' }
    const sink = forward(responsesForwarding, {
      stream: true,
      contentType: 'application/json',
      body: response({ status: 'failed', error, usage }),
    })
    expect(sink.chunks.at(-1)?.event).toBe('response.failed')
    expect(sink.ended).toBe(false)
    expect(sink.fault).toMatchObject({ message: 'Out of memory', isTold: true })
  })
})

describe('a content type that lies', () => {
  it.each([true, false])('an error under that of a stream is read, asked to stream: %s', (stream) => {
    const body = JSON.stringify({ error: { message: 'Slow down', type: 'rate_limit_error' } })
    const sink = forward(responsesForwarding, { stream, contentType: 'text/event-stream', body })
    expect(sink.chunks).toEqual([])
    expect(sink.fault).toMatchObject({ kind: 'upstream_rate_limited', message: 'Slow down' })
  })

  it('C11 a page is no speech', () => {
    const body = '<html><body>Please log in</body></html>'
    const sink = forward(audioForwarding, { stream: false, contentType: 'text/html; charset=utf-8', body })
    expect(sink.heard).toEqual(['fail'])
    expect(sink.fault).toMatchObject({ kind: 'upstream_error' })
    expect(sink.fault?.message).not.toContain('log in')
  })
})
