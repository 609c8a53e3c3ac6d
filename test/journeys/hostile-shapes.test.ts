import Anthropic from '@anthropic-ai/sdk'
import { createOpenAI } from '@ai-sdk/openai'
import { streamText } from 'ai'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type HostileWire, hostile, hostileWires } from '../support/hostile-wires.ts'
import { type Journey, models, type ProviderName, providers, startJourney } from '../support/journey.ts'
import { type RecordedStream, recordingFetch } from '../support/recorded-streams.ts'
import { body, type Script, type UpstreamAnswer } from '../support/scripted-upstream.ts'

/**
 * Upstreams that break the rules behind the APIs whose streams have shapes of their own, Responses and Messages: forwarded
 * where the provider has the API, told over chat where it has not.
 */

/** What a program sees of one stream: an answer that the client calls complete, or an error. */
interface Seen {
  readonly text: string
  readonly complete: boolean
  readonly error: unknown
}

type Client = (settings: { apiKey: string; baseURL: string; fetch: typeof fetch }, model: string) => Promise<Seen>

const responsesRaw: Client = async (settings, model) => {
  let text = ''
  let complete = false
  try {
    const client = new OpenAI({ ...settings, maxRetries: 0 })
    const stream = await client.responses.create({ model, input: 'Hello', stream: true })
    for await (const event of stream) {
      if (event.type === 'response.output_text.delta') text += event.delta
      if (event.type === 'response.completed') complete = true
    }
    return { text, complete, error: null }
  } catch (error) {
    return { text, complete, error }
  }
}

const responsesHelper: Client = async (settings, model) => {
  let text = ''
  try {
    const client = new OpenAI({ ...settings, maxRetries: 0 })
    const stream = client.responses.stream({ model, input: 'Hello' })
    stream.on('response.output_text.delta', (event) => (text += event.delta))
    const final = await stream.finalResponse()
    return { text, complete: final.status === 'completed', error: null }
  } catch (error) {
    return { text, complete: false, error }
  }
}

const responsesAiSdk: Client = async (settings, model) => {
  let text = ''
  let complete = false
  let error: unknown = null
  const result = streamText({
    model: createOpenAI(settings).responses(model),
    prompt: 'Hello',
    maxRetries: 0,
    onError: () => undefined,
  })
  for await (const part of result.fullStream) {
    if (part.type === 'text-delta') text += part.text
    if (part.type === 'finish') complete = part.finishReason === 'stop'
    if (part.type === 'error') error = part.error
  }
  return { text, complete: complete && error === null, error }
}

const messagesRaw: Client = async (settings, model) => {
  let text = ''
  let complete = false
  try {
    const client = anthropicClient(settings)
    const stream = await client.messages.create({ ...asked, model, stream: true })
    for await (const event of stream) {
      if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') text += event.delta.text
      if (event.type === 'message_stop') complete = true
    }
    return { text, complete, error: null }
  } catch (error) {
    return { text, complete, error }
  }
}

const messagesHelper: Client = async (settings, model) => {
  let text = ''
  try {
    const stream = anthropicClient(settings).messages.stream({ ...asked, model })
    stream.on('text', (delta) => (text += delta))
    const message = await stream.finalMessage()
    return { text, complete: message.stop_reason === 'end_turn', error: null }
  } catch (error) {
    return { text, complete: false, error }
  }
}

const asked = { max_tokens: 100, messages: [{ role: 'user' as const, content: 'Hello' }] }

function anthropicClient({ apiKey, baseURL, fetch }: Parameters<Client>[0]): Anthropic {
  return new Anthropic({ apiKey, baseURL: baseURL.replace(/\/v1$/, ''), fetch, maxRetries: 0 })
}

interface Shape {
  readonly api: string
  readonly provider: ProviderName
  /** What the provider is made to say. */
  readonly wire: HostileWire
  readonly clients: Readonly<Record<string, Client>>
}

const responses = { responsesRaw, responsesHelper, responsesAiSdk }
const messages = { messagesRaw, messagesHelper }
const shapes: readonly Shape[] = providers.flatMap((provider) => [
  {
    api: 'responses',
    provider,
    wire: provider === 'openai' ? hostileWires.responses : hostileWires[provider],
    clients: responses,
  },
  { api: 'messages', provider, wire: hostileWires[provider], clients: messages },
])

let journey: Journey
const unhandled: unknown[] = []
const onUnhandled = (reason: unknown): void => void unhandled.push(reason)

beforeAll(async () => {
  process.on('unhandledRejection', onUnhandled)
  journey = await startJourney({ PROMPTBOX_MAX_EVENT_CHARS: String(1024 * 1024) })
})
afterAll(async () => {
  await journey.dispose()
  process.off('unhandledRejection', onUnhandled)
  expect(unhandled).toEqual([])
})

interface Told extends Seen {
  readonly client: string
  readonly tries: number
  /** The stream as it reached the client; null: none was opened. */
  readonly wire: string | null
  readonly record: Record<string, unknown>
}

/** The stream of the client that asks now. */
let opened: Promise<RecordedStream>

/** A reset takes along what is still on its way, so it waits until the client has seen this. */
async function resetOnceSeen(answer: UpstreamAnswer): Promise<void> {
  const stream = await opened
  await stream.seen('Hel')
  answer.reset()
}

async function askAll({ provider, clients }: Shape, script: Script): Promise<readonly Told[]> {
  const upstream = journey.upstreams[provider]
  upstream.always(script)
  const told: (Omit<Told, 'record'> & { readonly requestId: string })[] = []
  for (const [client, ask] of Object.entries(clients)) {
    const before = upstream.requests.length
    const recording = recordingFetch()
    opened = recording.nextStream()
    const settings = { apiKey: journey.app.key, baseURL: journey.baseUrl, fetch: recording.fetch }
    const seen = await ask(settings, models[provider])
    const wire = recording.streams[0]?.text ?? null
    const requestId = recording.requestIds[0] ?? ''
    told.push({ client, ...seen, tries: upstream.requests.length - before, wire, requestId })
  }
  return Promise.all(told.map(async (one) => ({ ...one, record: await journey.app.exchange(one.requestId) })))
}

describe.each(shapes)('$api at $provider', (shape) => {
  const { start, text, finish, mark, error: errorEvent } = shape.wire
  const begun = [start, text('Hel')]

  it('is read as it is when nothing is wrong', async () => {
    for (const told of await askAll(shape, hostile([start, text('Hello'), finish, mark]))) {
      expect(told, told.client).toMatchObject({ text: 'Hello', complete: true, error: null, record: { outcome: 'ok' } })
    }
  })

  it.each<readonly [string, Script, string]>([
    ['a clean end', hostile(begun), 'incomplete'],
    ['a reset', hostile(begun, resetOnceSeen), 'incomplete'],
    ['a closed connection', hostile(begun, (answer) => answer.cut()), 'incomplete'],
    ['half an event at the end', hostile([...begun, text('lo').slice(0, -9)]), 'incomplete'],
    ['an error', hostile([...begun, errorEvent]), 'error'],
    ['an event that is no JSON', hostile([...begun, 'data: {"id": oops\n\n', finish, mark]), 'error'],
    ['an event above the limit', hostile([...begun, text('x'.repeat(2 * 1024 * 1024)), finish, mark]), 'error'],
  ])('%s in mid-stream is an error for the client and in the record', async (_name, script, outcome) => {
    for (const { client, text: read, complete, error, tries, wire, record } of await askAll(shape, script)) {
      expect([read, complete, tries], client).toEqual(['Hel', false, 1])
      expect(error, client).not.toBe(null)
      expect(JSON.stringify(error), client).not.toContain('sk-fake')
      expect(wire?.match(/^event: error$/gm), client).toHaveLength(1)
      expect(record, client).toMatchObject({ outcome })
    }
  })

  it.each<readonly [string, Script, number]>([
    [
      'an error as the first event',
      hostile([errorEvent]),
      shape.wire === hostileWires.openai || shape.wire === hostileWires.responses ? 502 : 503,
    ],
    ['nothing', hostile([]), 502],
    ['a page of HTML', body('<html>Bad gateway</html>', 200, { 'content-type': 'text/html' }), 502],
    ['a first event that is no JSON', hostile(['data: oops\n\n', finish, mark]), 502],
  ])('%s is tried again, then a status', async (_name, script, status) => {
    for (const { client, error, complete, wire, tries, record } of await askAll(shape, script)) {
      expect([complete, wire, tries], client).toEqual([false, null, 3])
      expect(error, client).toMatchObject(client === 'responsesAiSdk' ? { statusCode: status } : { status })
      expect(record, client).toMatchObject({ outcome: 'error', http_status: status })
    }
  })
})
