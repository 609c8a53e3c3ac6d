import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type HostileWire, hostile, hostileWires } from '../support/hostile-wires.ts'
import {
  expectPythonReads,
  type Journey,
  models,
  type ProviderName,
  providers,
  startJourney,
} from '../support/journey.ts'
import { readAsPython } from '../support/python-client.ts'
import { type RecordedStream, recordingFetch } from '../support/recorded-streams.ts'
import { body, type Script, type UpstreamAnswer } from '../support/scripted-upstream.ts'
import { type Seen, streamingClients } from '../support/streaming-clients.ts'

/**
 * Upstreams that break the rules, in front of clients that do not expect it: what can be read is read, and what is broken is
 * an error for the client and in the record, never an answer that looks whole.
 */

let journey: Journey
const unhandled: unknown[] = []
const onUnhandled = (reason: unknown): void => void unhandled.push(reason)

beforeAll(async () => {
  process.on('unhandledRejection', onUnhandled)
  journey = await startJourney({ PROMPTBOX_MAX_EVENT_CHARS: String(4 * 1024 * 1024) })
})
afterAll(async () => {
  await journey.dispose()
  process.off('unhandledRejection', onUnhandled)
  expect(unhandled).toEqual([])
})

/** The stream of the client that asks now. */
let opened: Promise<RecordedStream>

/** A reset takes along what is still on its way, so it waits until the client has seen this. */
function resetOnceSeen(piece: string): (answer: UpstreamAnswer) => Promise<void> {
  return async (answer) => {
    const stream = await opened
    await stream.seen(piece)
    answer.reset()
  }
}

/** Every client asks an upstream that answers every request with this script. */
async function askAll(provider: ProviderName, script: Script): Promise<Record<keyof typeof streamingClients, Told>> {
  const upstream = journey.upstreams[provider]
  upstream.always(script)
  const entries: [string, Told][] = []
  for (const [name, client] of Object.entries(streamingClients)) {
    const before = upstream.requests.length
    const recording = recordingFetch()
    opened = recording.nextStream()
    const settings = { apiKey: journey.app.key, baseURL: journey.baseUrl, fetch: recording.fetch }
    const seen = await client(settings, models[provider])
    const tries = upstream.requests.length - before
    expectPythonReads(recording)
    const wire = recording.streams[0]?.text ?? null
    entries.push([name, { ...seen, tries, wire, requestId: recording.requestIds[0] ?? '' }])
  }
  return Object.fromEntries(entries) as Record<keyof typeof streamingClients, Told>
}

interface Told extends Seen {
  /** Calls upstream. */
  readonly tries: number
  /** The stream as it reached the client; null: none was opened. */
  readonly wire: string | null
  readonly requestId: string
}

const empty = 'data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[]}\n\n'
const noise: Record<ProviderName, string> = {
  openai: empty,
  anthropic: 'event: ping\ndata: {"type":"ping"}\n\nevent: news\ndata: {"type":"something_new","index":7}\n\n',
  gemini: 'data: {"candidates":[],"usageMetadata":{"promptTokenCount":3}}\r\n\r\ndata: {"responseId":"r"}\r\n\r\n',
}
const chunkWith = (delta: object): string => empty.replace('[]', JSON.stringify([{ index: 0, delta }]))
const large = 'x'.repeat(2 * 1024 * 1024)

/** Its name, the pieces of the stream, the text when it is not `Hello`. */
type Oddity = [name: string, parts: readonly string[], expected?: string]

const odditiesOf: Readonly<Record<ProviderName, readonly Oddity[]>> = {
  openai: [
    ['the role never', [chunkWith({ content: 'Hello' }), hostileWires.openai.finish, hostileWires.openai.mark]],
    [
      'the role in every chunk',
      [
        ...['Hel', 'lo'].map((content) => chunkWith({ role: 'assistant', content })),
        hostileWires.openai.finish,
        hostileWires.openai.mark,
      ],
    ],
    ['no finish_reason, but the end mark', [hostileWires.openai.text('Hello'), hostileWires.openai.mark]],
    ['two finish reasons', [hostileWires.openai.text('Hello'), hostileWires.openai.finish, hostileWires.openai.finish]],
  ],
  anthropic: [
    [
      'message_start twice',
      [
        hostileWires.anthropic.start,
        hostileWires.anthropic.start,
        hostileWires.anthropic.text('Hello'),
        hostileWires.anthropic.finish,
      ],
    ],
    [
      'no message_delta, but the end mark',
      [hostileWires.anthropic.start, hostileWires.anthropic.text('Hello'), hostileWires.anthropic.mark],
    ],
  ],
  gemini: [
    [
      'the role never',
      ['data: {"candidates":[{"content":{"parts":[{"text":"Hello"}]}}]}\n\n', hostileWires.gemini.finish],
    ],
    [
      'a finish before the last text',
      [hostileWires.gemini.text('Hel'), hostileWires.gemini.finish, hostileWires.gemini.text('lo')],
    ],
  ],
}

/** A stream that ends in order and says nothing. */
const nothing: Readonly<Record<ProviderName, string>> = {
  openai: hostileWires.openai.mark,
  anthropic:
    'event: message_start\ndata: {"type":"message_start","message":{"id":"m1","model":"m"}}\n\n' +
    hostileWires.anthropic.mark,
  gemini: '',
}

/** How broken answers are called, by the envelope's code and in the record. */
const interrupted = {
  outcome: 'incomplete',
  error_type: 'upstream_interrupted',
  code: 'upstream_stream_interrupted',
} as const
const failed = { outcome: 'error', error_type: 'upstream_error', code: 'upstream_error' } as const
const refusals = {
  openai: [502, 'upstream_error'],
  anthropic: [503, 'upstream_overloaded'],
  gemini: [503, 'upstream_overloaded'],
} as const

describe.each(providers)('%s: oddities that are no fault are not seen', (provider) => {
  const wire: HostileWire = hostileWires[provider]
  const { start, text, finish, mark } = wire
  const oddities: readonly Oddity[] = [
    [
      'comments, empty lines and fields that nobody asked for',
      [`: hi\n\n\nretry: 3000\nid: 7\n${start}`, text('Hello'), `\n:\n\n${finish}`, mark],
    ],
    [
      'CRLF and no space after the colon',
      [start, text('Hello'), finish, mark].map((part) => part.replaceAll('\n', '\r\n').replaceAll(': {', ':{')),
    ],
    [
      'events that say nothing, before, within and after',
      [noise[provider], start, noise[provider], text('Hello'), noise[provider], finish, noise[provider], mark],
    ],
    ['an event of 2 MB', [start, text(large), finish, mark], large],
    ['no end mark', [start, text('Hello'), finish]],
    ['no last empty line', [start, text('Hello'), `${finish}${mark}`.trimEnd()]],
    ...(mark === ''
      ? []
      : [['text after the end mark', [start, text('Hello'), finish, mark, text('more')]] satisfies Oddity]),
    ...odditiesOf[provider],
  ]

  it.each(oddities)('%s', async (_name, parts, expected = 'Hello') => {
    const told = await askAll(provider, hostile(parts))
    for (const { text: read, finish: end, error, requestId, wire: sent } of Object.values(told)) {
      expect(error).toBe(null)
      expect([read.length, read.slice(0, 20), end]).toEqual([expected.length, expected.slice(0, 20), 'stop'])
      expect(readAsPython(sent ?? '')).toMatchObject({ apiError: null, done: true })
      expect(await journey.app.exchange(requestId)).toMatchObject({ outcome: 'ok', error_type: null })
    }
  })

  it('a connection that is reset after everything was said', async () => {
    const told = await askAll(provider, hostile([start + text('Hello') + finish], resetOnceSeen('Hello')))
    for (const { text: read, finish: end, error } of Object.values(told))
      expect([read, end, error]).toEqual(['Hello', 'stop', null])
  })
})

describe.each(providers)('%s: a broken answer is an error for the client and in the record', (provider) => {
  const { start, text, finish, mark, error: errorEvent } = hostileWires[provider]
  const begun = [start, text('Hel')]

  it.each<readonly [string, Script, { outcome: string; error_type: string; code: string }]>([
    ['a clean end without a finish', hostile(begun), interrupted],
    ['a connection that is reset', hostile(begun, resetOnceSeen('Hel')), interrupted],
    ['a connection that is closed', hostile(begun, (answer) => answer.cut()), interrupted],
    ['half an event at the end', hostile([...begun, text('lo').slice(0, -9)]), interrupted],
    ['an error', hostile([...begun, errorEvent]), failed],
    ['an event that is no JSON', hostile([...begun, 'data: {"id": oops\n\n', finish, mark]), failed],
    ['an event that is no object', hostile([...begun, 'data: 17\n\n', finish, mark]), failed],
    ['an event above the limit', hostile([...begun, text(large + large), finish, mark]), failed],
  ])('%s in mid-stream', async (_name, script, expected) => {
    const told = await askAll(provider, script)
    for (const [client, { text: read, finish: end, error, tries, wire, requestId }] of Object.entries(told)) {
      expect(error, client).not.toBe(null)
      expect([read, end, tries], client).toEqual(['Hel', null, 1])
      expect(JSON.stringify(error), client).not.toContain('sk-fake')
      const python = readAsPython(wire ?? '')
      expect(python).toMatchObject({
        done: false,
        apiError: { code: expected.code, message: expect.any(String) as string },
      })
      const { outcome, error_type } = await journey.app.exchange(requestId)
      expect({ outcome, error_type }, client).toEqual({ outcome: expected.outcome, error_type: expected.error_type })
    }
    expect(told.raw.error).toBeInstanceOf(OpenAI.APIError)
    expect(told.raw.error).toMatchObject({ code: expected.code })
    expect(told.helper.error).toBeInstanceOf(OpenAI.OpenAIError)
  })

  it.each<readonly [string, Script, number, string]>([
    ['an error as the first event', hostile([errorEvent]), ...refusals[provider]],
    ['a stream that ends before it begins', hostile([nothing[provider]]), 502, 'upstream_interrupted'],
    ['events that say nothing, and no more', hostile([noise[provider], noise[provider]]), 502, 'upstream_interrupted'],
    ['an empty body', body('', 200, { 'content-type': 'text/event-stream' }), 502, 'upstream_interrupted'],
    ['a page of HTML', body('<html>Bad gateway</html>', 200, { 'content-type': 'text/html' }), 502, 'upstream_error'],
    [
      'HTML that calls itself events',
      body('<html>no</html>', 200, { 'content-type': 'text/event-stream' }),
      502,
      'upstream_error',
    ],
    ['a first event that is no JSON', hostile(['data: oops\n\n', finish, mark]), 502, 'upstream_error'],
    ['a reset before the first event', hostile([], (answer) => answer.reset()), 502, 'upstream_interrupted'],
  ])('%s: tried again, then a status', async (_name, script, status, errorType) => {
    const told = await askAll(provider, script)
    for (const [client, { text: read, finish: end, error, tries, wire, requestId }] of Object.entries(told)) {
      expect([read, end, wire, tries], client).toEqual(['', null, null, 3])
      expect(error, client).toMatchObject(client === 'aiSdk' ? { statusCode: status } : { status })
      const exchange = await journey.app.exchange(requestId)
      expect(exchange, client).toMatchObject({ outcome: 'error', error_type: errorType, http_status: status })
    }
  })
})
