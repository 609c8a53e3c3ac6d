import OpenAI from 'openai'
import { setImmediate } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hostileWires } from '../support/hostile-wires.ts'
import { type Journey, models, type ProviderName, providers, startJourney } from '../support/journey.ts'
import { readAsPython } from '../support/python-client.ts'
import { type RecordedStream, recordingFetch } from '../support/recorded-streams.ts'
import { signal } from '../support/scripted-upstream.ts'
import { type Seen, streamingClients } from '../support/streaming-clients.ts'

/** Upstreams that take their time before they speak, and readers that take theirs. */
let journey: Journey

beforeAll(async () => {
  journey = await startJourney({ PROMPTBOX_FIRST_EVENT_GRACE_MS: '1', PROMPTBOX_KEEPALIVE_MS: '10' })
})
afterAll(() => journey.dispose())

describe('a provider that is silent before it speaks', () => {
  it.each(
    providers.flatMap((provider) => [
      { provider, after: 'its head' },
      { provider, after: 'nothing' },
    ]),
  )('$provider, after $after: comments until it does, then the answer', async ({ provider, after }) => {
    const { start, text, finish, mark } = hostileWires[provider]
    const goOn = signal()
    journey.upstreams[provider].always(async (answer) => {
      if (after === 'its head') answer.head(200, { 'content-type': 'text/event-stream' })
      await goOn.reached
      if (after !== 'its head') answer.head(200, { 'content-type': 'text/event-stream' })
      for (const part of [start, text('Hello'), finish, mark]) if (part !== '') await answer.write(part)
      answer.end()
    })
    const asked = await askAll(provider, ': keepalive\n\n: keepalive\n\n')
    goOn.give()
    for (const { stream, seen } of asked) {
      expect(await seen).toEqual({ text: 'Hello', finish: 'stop', error: null })
      expect(readAsPython(stream.text)).toMatchObject({ apiError: null, done: true })
    }
  })

  it.each(providers)('%s fails then: an error in the open stream', async (provider) => {
    const goOn = signal()
    journey.upstreams[provider].always(async (answer) => {
      answer.head(200, { 'content-type': 'text/event-stream' })
      await goOn.reached
      answer.reset()
    })
    const asked = await askAll(provider, ': keepalive')
    goOn.give()
    for (const { stream, seen } of asked) {
      const { text, finish, error } = await seen
      expect([text, finish, error === null]).toEqual(['', null, false])
      const apiError = { code: 'upstream_stream_interrupted' }
      expect(readAsPython(stream.text)).toMatchObject({ done: false, apiError })
      expect(await journey.app.exchange(stream.requestId)).toMatchObject({ outcome: 'incomplete' })
    }
  })
})

/** Every client has asked and its stream has shown this. */
function askAll(
  provider: ProviderName,
  shown: string,
): Promise<readonly { readonly stream: RecordedStream; readonly seen: Promise<Seen> }[]> {
  return Promise.all(
    Object.values(streamingClients).map(async (client) => {
      const recording = recordingFetch()
      const opened = recording.nextStream()
      const settings = { apiKey: journey.app.key, baseURL: journey.baseUrl, fetch: recording.fetch }
      const seen = client(settings, models[provider])
      const stream = await opened
      await stream.seen(shown)
      return { stream, seen }
    }),
  )
}

describe('a reader that is slower than the provider', () => {
  const eventChars = 64 * 1024
  const events = 768
  /** Sockets hold some MB on each of the two ways; what is held beyond that is held by us. */
  const mostHeld = 24 * 1024 * 1024

  // The other clients read ahead by themselves.
  it.each(providers)('%s is made to wait (E20)', async (provider) => {
    const { start, text, finish, mark } = hostileWires[provider]
    const piece = text('y'.repeat(eventChars))
    let written = 0
    journey.upstreams[provider].always(async (answer) => {
      answer.head(200, { 'content-type': 'text/event-stream' })
      if (start !== '') await answer.write(start)
      for (let at = 0; at < events; at++) {
        written += eventChars
        await answer.write(piece)
      }
      await answer.write(finish + mark)
      answer.end()
    })
    const client = new OpenAI({ apiKey: journey.app.key, baseURL: journey.baseUrl })
    const messages = [{ role: 'user' as const, content: 'Hello' }]
    const stream = await client.chat.completions.create({ model: models[provider], messages, stream: true })
    let read = 0
    let held = 0
    for await (const chunk of stream) {
      read += chunk.choices[0]?.delta.content?.length ?? 0
      held = Math.max(held, written - read)
      for (let turn = 0; turn < 10; turn++) await setImmediate()
    }
    expect(read).toBe(events * eventChars)
    expect(held).toBeLessThan(mostHeld)
  })
})
