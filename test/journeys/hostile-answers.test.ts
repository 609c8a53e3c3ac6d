import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { generateText } from 'ai'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hostile, hostileWires } from '../support/hostile-wires.ts'
import { type Journey, models, type ProviderName, providers, startJourney } from '../support/journey.ts'
import { recordingFetch } from '../support/recorded-streams.ts'
import { body, json, type Script } from '../support/scripted-upstream.ts'

/** Upstreams that break the rules of an answer in one piece: it is whole, or it is an error for the client and in the record. */

type Client = (settings: { apiKey: string; baseURL: string; fetch: typeof fetch }, model: string) => Promise<string>

const clients: Readonly<Record<string, Client>> = {
  openai: async (settings, model) => {
    const client = new OpenAI({ ...settings, maxRetries: 0 })
    const answer = await client.chat.completions.create({ model, messages: [{ role: 'user', content: 'Hello' }] })
    return answer.choices.map((choice) => `${choice.message.content} ${choice.finish_reason}`).join()
  },
  aiSdk: async (settings, model) => {
    const { chatModel } = createOpenAICompatible({ name: 'promptbox', ...settings })
    const { text, finishReason } = await generateText({ model: chatModel(model), prompt: 'Hello', maxRetries: 0 })
    return `${text} ${finishReason}`
  },
}

let journey: Journey

beforeAll(async () => {
  journey = await startJourney()
})
afterAll(() => journey.dispose())

interface Told {
  readonly client: string
  readonly text: string | null
  readonly error: unknown
  readonly tries: number
  readonly record: Record<string, unknown>
}

async function askAll(provider: ProviderName, script: Script): Promise<readonly Told[]> {
  const upstream = journey.upstreams[provider]
  upstream.always(script)
  const told: (Omit<Told, 'record'> & { readonly requestId: string })[] = []
  for (const [client, ask] of Object.entries(clients)) {
    const before = upstream.requests.length
    const recording = recordingFetch()
    const settings = { apiKey: journey.app.key, baseURL: journey.baseUrl, fetch: recording.fetch }
    const { text, error } = await ask(settings, models[provider]).then(
      (said) => ({ text: said, error: null }),
      (reason: unknown) => ({ text: null, error: reason }),
    )
    const requestId = recording.requestIds[0] ?? ''
    told.push({ client, text, error, tries: upstream.requests.length - before, requestId })
  }
  return Promise.all(told.map(async (one) => ({ ...one, record: await journey.app.exchange(one.requestId) })))
}

const whole: Readonly<Record<ProviderName, object>> = {
  openai: { id: 'c1', model: 'm', choices: [{ index: 0, message: { content: 'Hello' }, finish_reason: 'stop' }] },
  anthropic: {
    id: 'm1',
    type: 'message',
    model: 'm',
    content: [{ type: 'text', text: 'Hello' }],
    stop_reason: 'end_turn',
  },
  gemini: { candidates: [{ content: { parts: [{ text: 'Hello' }] }, finishReason: 'STOP' }] },
}

/** Says that more is coming than comes. */
function cutShort(text: string, end: 'cut' | 'reset'): Script {
  return async (answer) => {
    answer.head(200, { 'content-type': 'application/json', 'content-length': text.length + 10 })
    await answer.write(text)
    answer[end]()
  }
}

describe.each(providers)('%s', (provider) => {
  const text = JSON.stringify(whole[provider])
  const { start, text: saying, finish, mark, error: errorEvent } = hostileWires[provider]

  it.each<readonly [string, Script]>([
    ['another content type', body(text, 200, { 'content-type': 'application/octet-stream' })],
    [
      'white space and a byte order mark before it',
      body(`\uFEFF\n\n  ${text}\n`, 200, { 'content-type': 'application/json' }),
    ],
    ['a stream that nobody asked for', hostile([start, saying('Hel'), saying('lo'), finish, mark])],
  ])('%s is read as the answer it is', async (_name, script) => {
    for (const { client, text: read, error, record } of await askAll(provider, script)) {
      expect([read, error], client).toEqual(['Hello stop', null])
      expect(record, client).toMatchObject({ outcome: 'ok', http_status: 200 })
    }
  })

  it.each<readonly [string, Script, string]>([
    ['nothing', body('', 200, { 'content-type': 'application/json' }), 'upstream_interrupted'],
    [
      'half of it in an orderly end',
      body(text.slice(0, -20), 200, { 'content-type': 'application/json' }),
      'upstream_error',
    ],
    ['half of it, closed', cutShort(text.slice(0, -20), 'cut'), 'upstream_interrupted'],
    ['half of it, reset', cutShort(text.slice(0, -20), 'reset'), 'upstream_interrupted'],
    ['an error that calls itself 200', json({ error: { message: 'Broken inside.', code: 500 } }), 'upstream_error'],
    ['an object that is something else', json({ hello: 'there' }), 'upstream_error'],
    ['a list', json([]), 'upstream_error'],
    ['null', body('null', 200, { 'content-type': 'application/json' }), 'upstream_error'],
    ['HTML', body('<html></html>', 200, { 'content-type': 'text/html' }), 'upstream_error'],
    ['a stream that breaks off', hostile([start, saying('Hel')]), 'upstream_interrupted'],
    ['a stream with an error in it', hostile([start, saying('Hel'), errorEvent]), 'upstream_error'],
  ])('%s is tried again, then an error', async (_name, script, errorType) => {
    for (const { client, text: read, error, tries, record } of await askAll(provider, script)) {
      expect([read, tries], client).toEqual([null, 3])
      expect(error, client).toMatchObject(client === 'openai' ? { status: 502 } : { statusCode: 502 })
      expect(record, client).toMatchObject({ outcome: 'error', error_type: errorType, http_status: 502 })
    }
  })
})
