import { Agent, request as nodeRequest } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hang, json, type Script, type ScriptedUpstream, signal } from '../../support/scripted-upstream.ts'
import { anthropicStream, chunk, geminiAnswer, messages, request, startWire, type Wire } from './support.ts'

let wire: Wire
beforeAll(async () => {
  wire = await startWire({ PROMPTBOX_RETRY_FIRST_PAUSE_MS: '600000', PROMPTBOX_RETRY_LONGEST_PAUSE_MS: '600000' })
})
afterAll(() => wire.dispose())

const patience = { interval: 20, timeout: 15_000 }

interface Client {
  /** Its text so far; resolves when there is some. */
  readonly first: Promise<string>
  hangUp(): void
}

function send(path: string, body: object): Client {
  const headers = { authorization: `Bearer ${wire.app.key}`, 'content-type': 'application/json' }
  const client = nodeRequest(`${wire.app.url}/v1${path}`, { method: 'POST', headers, agent: new Agent() })
  client.on('error', () => undefined)
  const first = new Promise<string>((resolve) => {
    client.on('response', (response) => {
      response.on('error', () => undefined).on('data', (piece: Buffer) => resolve(piece.toString()))
    })
  })
  client.end(JSON.stringify(body))
  return { first, hangUp: () => client.destroy() }
}

/** The newest exchange, once it is recorded as given up by its client. */
async function expectRecorded(fields: object): Promise<void> {
  await expect
    .poll(async () => {
      const { data } = await wire.app.admin('GET', '/exchanges?outcome=client_closed&limit=1')
      return (data as readonly unknown[])[0]
    }, patience)
    .toMatchObject(fields)
}

/** Requests that the test at hand has caused there. */
async function nextTo(upstream: ScriptedUpstream, from: number): Promise<ScriptedUpstream['requests'][number]> {
  await expect.poll(() => upstream.requests.length, patience).toBeGreaterThan(from)
  const request = upstream.requests[from]
  if (request === undefined) throw new Error('No request came.')
  return request
}

const asEvents =
  (...events: readonly object[]): Script =>
  async (answer) => {
    answer.head(200, { 'content-type': 'text/event-stream' })
    for (const event of events) await answer.event(event)
  }
const kinds = {
  openai: { model: 'openai/gpt-4o-mini', words: asEvents(chunk({ role: 'assistant', content: 'Hel' })) },
  anthropic: { model: 'anthropic/claude-haiku-4-5', words: asEvents(...anthropicStream.slice(0, 3)) },
  gemini: { model: 'gemini/gemini-2.5-flash', words: asEvents({ ...geminiAnswer([{ text: 'Hel' }]) }) },
} as const
const bodies = { '/chat/completions': { messages }, '/responses': { input: 'Hi' } } as const

describe.each(['openai', 'anthropic', 'gemini'] as const)('a client of %s that hangs up', (kind) => {
  const { model, words } = kinds[kind]

  it.each(['/chat/completions', '/responses'] as const)(
    'F01 in mid-stream ends the call, and is recorded (%s)',
    async (path) => {
      const upstream = wire[kind]
      const from = upstream.requests.length
      // The Responses API has a stream of its own at OpenAI.
      const event = { type: 'response.output_text.delta', sequence_number: 0, delta: 'Hel' }
      upstream.next(path === '/responses' && kind === 'openai' ? asEvents(event) : words)
      const client = send(path, { model, stream: true, ...bodies[path] })
      const received = await nextTo(upstream, from)
      expect(await client.first).toContain('data: ')
      client.hangUp()
      expect(await received.closed).toBe(true)
      await expectRecorded({ provider: kind, stream: true })
    },
  )

  it.each(['/chat/completions', '/responses'] as const)(
    'F02 F03 before the first byte ends the call, streamed or not (%s)',
    async (path) => {
      for (const stream of [true, false]) {
        const upstream = wire[kind]
        const from = upstream.requests.length
        upstream.next(hang)
        const client = send(path, { model, stream, ...bodies[path] })
        const received = await nextTo(upstream, from)
        client.hangUp()
        expect(await received.closed).toBe(true)
        await expectRecorded({ provider: kind, stream, http_status: 499 })
      }
    },
  )

  it('F02 after the head and before the first event ends the call', async () => {
    const upstream = wire[kind]
    const from = upstream.requests.length
    const begun = signal()
    upstream.next((answer) => {
      answer.head(200, { 'content-type': 'text/event-stream' })
      begun.give()
    })
    const client = send('/chat/completions', { model, stream: true, messages })
    const received = await nextTo(upstream, from)
    await begun.reached
    client.hangUp()
    expect(await received.closed).toBe(true)
  })
})

it('F04 a client that hangs up while a retry is waited for: no further call', async () => {
  const from = wire.openai.requests.length
  wire.openai.next(json({ error: { message: 'slow' } }, 429, { 'retry-after': '300' }))
  const client = send('/chat/completions', request)
  await nextTo(wire.openai, from)
  await expect
    .poll(() => wire.app.observations.some((seen) => seen.type === 'attempt-failed' && seen.willRetry), patience)
    .toBe(true)
  client.hangUp()
  await expectRecorded({ request_model: request.model, attempts: 1 })
  expect(wire.openai.requests).toHaveLength(from + 1)
})

it('F05 a client that hangs up while it sends: no call, one record', async () => {
  const from = wire.openai.requests.length
  const client = nodeRequest(`${wire.app.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${wire.app.key}`, 'content-type': 'application/json', 'content-length': 1000 },
    agent: new Agent(),
  })
  client.on('error', () => undefined)
  await new Promise<void>((resolve) => client.write('{"model":', () => resolve()))
  client.destroy()
  await expectRecorded({ provider: null, request_model: '' })
  expect(wire.openai.requests).toHaveLength(from)
  expect((await fetch(`${wire.app.url}/healthz`)).status).toBe(200)
})
