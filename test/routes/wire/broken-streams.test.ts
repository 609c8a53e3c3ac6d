import { Agent, request as nodeRequest } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pieces, type Script, signal, sse } from '../../support/scripted-upstream.ts'
import {
  anthropicError,
  anthropicEvents,
  anthropicStream,
  chunk,
  messages,
  readStream,
  type ReadStream,
  request,
  startWire,
  type Wire,
  wholeStream,
} from './support.ts'

let wire: Wire
beforeAll(async () => {
  wire = await startWire()
})
afterAll(() => wire.dispose())

const begun = chunk({ role: 'assistant', content: 'Hel' })
const raw = (event: object): string => `data: ${JSON.stringify(event)}\n\n`

interface Broken extends ReadStream {
  readonly exchange: Readonly<Record<string, unknown>>
}

/** A stream with its record. `end` happens once the client has the first words: before that it would be tried again. */
async function broken(end: Script): Promise<Broken> {
  const arrived = signal()
  wire.openai.next(async (answer) => {
    answer.head(200, { 'content-type': 'text/event-stream' })
    await answer.event(begun)
    await arrived.reached
    await end(answer)
  })
  const response = await wire.app.post('/chat/completions', { ...request, stream: true })
  arrived.give()
  const read = await readStream(response)
  return { ...read, exchange: await wire.app.exchange(response.headers.get('x-request-id') ?? '') }
}

function expectError(read: ReadStream, code: string | null): void {
  const error = read.chunks.at(-1)?.error
  expect(Object.keys(error ?? {}).toSorted()).toEqual(['code', 'message', 'param', 'type'])
  expect(error).toMatchObject({ code, message: expect.stringMatching(/./), type: expect.stringMatching(/./) })
  expect(read.chunks[0]?.choices[0]?.delta['content']).toBe('Hel')
  expect(read.isWhole).toBe(false)
}

describe('a stream that fails after its first words', () => {
  it.each([
    ['an error event', { error: { message: 'exploded', code: 500, type: 'server_error' } }, 'exploded'],
    [
      "OpenRouter's last chunk",
      { ...chunk({ content: '' }, 'error'), error: { code: 502, message: 'exploded', metadata: { raw: 'no' } } },
      'exploded',
    ],
    ['an event that is named so', 'event: error\ndata: {"message":"exploded"}\n\n', 'exploded'],
  ])('E15 by %s: told in the one envelope, no end mark', async (_how, event, message) => {
    const read = await broken(async (answer) => {
      await answer.write(typeof event === 'string' ? event : raw(event))
      await answer.write('data: [DONE]\n\n')
      answer.end()
    })
    expectError(read, 'upstream_error')
    expect(read.chunks.at(-1)?.error?.message).toContain(message)
    expect(read.text.match(/"error"/g)).toHaveLength(1)
    expect(read.exchange).toMatchObject({ outcome: 'error', error_type: 'upstream_error' })
  })

  it('E15 at Anthropic likewise', async () => {
    const events = [...anthropicStream.slice(0, 3), anthropicError('overloaded_error', 'Overloaded')]
    wire.anthropic.next(anthropicEvents(events))
    const body = { model: 'anthropic/claude-haiku-4-5', messages, stream: true }
    const read = await readStream(await wire.app.post('/chat/completions', body))
    expect(read.chunks.at(-1)?.error).toMatchObject({ message: 'Overloaded', type: 'overloaded_error' })
    expect(read.isWhole).toBe(false)
  })

  it('E16 by a reset of its connection', async () => {
    const read = await broken((answer) => answer.reset())
    expectError(read, 'upstream_stream_interrupted')
    expect(read.exchange).toMatchObject({ outcome: 'incomplete', usage_source: 'estimated' })
  })

  it('E17 by an end without a reason and without the end mark', async () => {
    const read = await broken((answer) => answer.end())
    expectError(read, 'upstream_stream_interrupted')
    expect(read.exchange).toMatchObject({ outcome: 'incomplete' })
  })

  it('E18 by an event that is no JSON, and a stream beside it goes on', async () => {
    const over = signal()
    wire.openai.next(async (answer) => {
      answer.head(200, { 'content-type': 'text/event-stream' })
      await answer.event(begun)
      await over.reached
      for (const event of [chunk({ content: 'lo' }, 'stop'), '[DONE]']) await answer.event(event)
      answer.end()
    })
    const beside = await wire.app.post('/chat/completions', { ...request, stream: true })
    const read = await broken(async (answer) => {
      await answer.write('data: {"choices": [{"delta"\n\n')
      await answer.gone
    })
    expectError(read, 'upstream_error')
    over.give()
    expect((await readStream(beside)).isWhole).toBe(true)
  })
})

describe('a stream that is large', () => {
  it('E19 in one event of 2 MB arrives whole', async () => {
    const content = 'äöü'.repeat(700_000)
    wire.openai.next(sse([chunk({ role: 'assistant', content }), chunk({}, 'stop'), '[DONE]']))
    const read = await readStream(await wire.app.post('/chat/completions', { ...request, stream: true }))
    expect(read.chunks[0]?.choices[0]?.delta['content'] === content).toBe(true)
    expect(read.isWhole).toBe(true)
  })

  it('E20 and that nobody reads pauses the provider', async () => {
    const piece = 'x'.repeat(64 * 1024)
    let sent = 0
    let refused = 0
    wire.openai.next((answer) => {
      answer.head(200, { 'content-type': 'text/event-stream' })
      const event = raw(chunk({ content: piece }))
      const writeOn = (): void => {
        while (sent < 128 * 1024 * 1024 && !answer.response.destroyed) {
          sent += event.length
          if (!answer.response.write(event)) {
            refused += 1
            return
          }
        }
      }
      answer.response.on('drain', writeOn)
      writeOn()
    })
    const client = nodeRequest(`${wire.app.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${wire.app.key}`, 'content-type': 'application/json' },
      agent: new Agent(),
    })
    client.on('error', () => undefined)
    client.on('response', (response) => response.pause())
    client.end(JSON.stringify({ ...request, stream: true }))
    // 128 MB are on offer; what fits into the sockets' buffers on the way is a few. Waits until nothing moves any more.
    let seen = -1
    await expect
      .poll(
        () => {
          const stands = refused > 0 && sent === seen
          seen = sent
          return stands
        },
        { interval: 150, timeout: 15_000 },
      )
      .toBe(true)
    expect(sent).toBeLessThan(64 * 1024 * 1024)
    client.destroy()
    await wire.openai.requests.at(-1)?.closed
  })

  it('E16 and cut in the middle of an event is an error, not half an event', async () => {
    const event = raw(begun)
    wire.openai.next(pieces([raw(wholeStream[0] as object), event, event.slice(0, 40)]))
    const read = await readStream(await wire.app.post('/chat/completions', { ...request, stream: true }))
    expect(read.chunks.at(-1)?.error?.code).toBe('upstream_stream_interrupted')
    expect(read.isWhole).toBe(false)
  })
})
