import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { json, type Script, type ScriptedUpstream } from '../../support/scripted-upstream.ts'
import {
  anthropicError,
  anthropicEvents,
  anthropicMessage,
  envelopeOf,
  geminiAnswer,
  geminiError,
  messages,
  startWire,
  type Wire,
} from './support.ts'

/** Errors of the providers that are not of the OpenAI type, as clients of the chat route see them. */
let wire: Wire
beforeAll(async () => {
  wire = await startWire()
})
afterAll(() => wire.dispose())

const kinds = {
  anthropic: { model: 'anthropic/claude-haiku-4-5', upstream: () => wire.anthropic },
  gemini: { model: 'gemini/gemini-2.5-flash', upstream: () => wire.gemini },
} as const satisfies Record<string, { model: string; upstream: () => ScriptedUpstream }>

let calls = 0
let upstream: ScriptedUpstream

function ask(kind: keyof typeof kinds, stream: boolean, ...scripts: readonly Script[]): Promise<Response> {
  upstream = kinds[kind].upstream()
  upstream.next(...scripts)
  calls = upstream.requests.length
  return wire.app.post('/chat/completions', { model: kinds[kind].model, messages, stream })
}
const called = (): number => upstream.requests.length - calls

beforeEach(() => {
  wire.anthropic.always(json(anthropicMessage))
  wire.gemini.always(json(geminiAnswer()))
})

describe.each([false, true])('streamed: %s', (stream) => {
  it.each([
    ['anthropic', json(anthropicError('invalid_request_error', 'prompt is too long: 9 tokens > 8 maximum'), 400)],
    [
      'gemini',
      json(
        geminiError(400, 'INVALID_ARGUMENT', 'The input token count (9) exceeds the maximum number of tokens.'),
        400,
      ),
    ],
  ] as const)('C04 a prompt that is too long for %s', async (kind, script) => {
    const response = await ask(kind, stream, script)
    expect(response.status).toBe(400)
    expect(await envelopeOf(response)).toMatchObject({
      type: 'invalid_request_error',
      code: 'context_length_exceeded',
    })
    expect(called()).toBe(1)
  })

  const badKey = [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID' }]
  it.each([
    ['C05', 'anthropic', json(anthropicError('authentication_error', 'invalid x-api-key'), 401)],
    ['C06', 'gemini', json(geminiError(400, 'INVALID_ARGUMENT', 'API key not valid.', badKey), 400)],
  ] as const)("%s our key, which %s refuses, is not laid to the client's", async (_id, kind, script) => {
    const response = await ask(kind, stream, script)
    expect(response.status).toBe(502)
    expect(response.headers.get('x-should-retry')).toBe('false')
    const error = await envelopeOf(response)
    expect(error).toMatchObject({ type: 'server_error', code: 'upstream_authentication_error' })
    expect(error.message).toContain('not at fault')
    expect(called()).toBe(1)
  })

  it('C07 Gemini says in its details when to come back', async () => {
    const details = [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '48s' }]
    const script = json(geminiError(429, 'RESOURCE_EXHAUSTED', 'Quota exceeded.', details), 429)
    const response = await ask('gemini', stream, script)
    expect(response.status).toBe(429)
    expect(response.headers.get('retry-after')).toBe('48')
    expect(await envelopeOf(response)).toMatchObject({ code: 'rate_limit_exceeded' })
    expect(called()).toBe(1)
  })

  it.each([
    ['anthropic', json(anthropicError('overloaded_error', 'Overloaded'), 529)],
    ['gemini', json(geminiError(503, 'UNAVAILABLE', 'The model is overloaded.'), 503)],
  ] as const)('C09 %s is overloaded: tried again, then a 503', async (kind, script) => {
    const response = await ask(kind, stream, script, script, script)
    expect(response.status).toBe(503)
    expect(await envelopeOf(response)).toMatchObject({ type: 'server_error', code: 'overloaded' })
    expect(called()).toBe(3)
  })
})

describe('an answer of 200', () => {
  const first = anthropicEvents([anthropicError('overloaded_error', 'Overloaded')])

  it('C10 whose first event is an error is one: a 503 in JSON and no stream', async () => {
    const response = await ask('anthropic', true, first, first, first)
    expect(response.status).toBe(503)
    expect(await envelopeOf(response)).toMatchObject({ type: 'server_error', code: 'overloaded' })
    expect(called()).toBe(3)
  })

  it('C10 is one also when nobody wanted a stream', async () => {
    const response = await ask('anthropic', false, first, first, first)
    expect(response.status).toBe(503)
    expect(await envelopeOf(response)).toMatchObject({ code: 'overloaded' })
  })
})
