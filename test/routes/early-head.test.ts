import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningApp, startRunningApp } from '../support/running-app.ts'
import { type ScriptedUpstream, json, signal, sse, startScriptedUpstream } from '../support/scripted-upstream.ts'

/** A provider that does not even send its head: the client hears something all the same, and nothing is lost by that. */
let app: RunningApp
let slow: ScriptedUpstream
let other: ScriptedUpstream

const chunk = (delta: object, finish: string | null = null): object => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'm',
  choices: [{ index: 0, delta, finish_reason: finish }],
})
const stream = sse([chunk({ role: 'assistant', content: 'Hello' }), chunk({}, 'stop'), '[DONE]'])
const request = { model: 'prompt:patient', stream: true, messages: [{ role: 'user', content: 'Hi' }] }

beforeAll(async () => {
  ;[slow, other] = await Promise.all([startScriptedUpstream(), startScriptedUpstream()])
  app = await startRunningApp({
    OPENAI_API_KEY: 'sk-a',
    OPENAI_BASE_URL: slow.baseUrl,
    GROQ_API_KEY: 'sk-b',
    GROQ_BASE_URL: other.baseUrl,
    PROMPTBOX_FIRST_EVENT_GRACE_MS: '10',
    PROMPTBOX_RETRIES: '0',
    PROMPTBOX_BREAKER: 'off',
  })
  await app.admin('POST', '/prompts', {
    slug: 'patient',
    name: 'Patient',
    labels: ['production'],
    version: { messages: [], model: 'openai/slow', fallback_models: ['groq/quick'] },
  })
})

afterAll(async () => {
  await app.dispose()
  await Promise.all([slow.close(), other.close()])
})

/** Reads until the comment has come, then lets the provider go on, then reads to the end. */
async function heard(response: Response, goOn: () => void): Promise<string> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  if (reader === undefined) throw new Error('There is no body.')
  let text = ''
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    text += read.value
    if (text === ': keepalive\n\n') goOn()
  }
  return text
}

describe('E08 a stream whose provider has not begun to answer', () => {
  it('is opened with a comment, and goes on when the provider does', async () => {
    const go = signal()
    slow.next(async (answer) => {
      await go.reached
      await stream(answer)
    })
    const response = await app.post('/chat/completions', request)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toContain('text/event-stream')
    const text = await heard(response, go.give)
    expect(text).toContain('"content":"Hello"')
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true)
  })

  it('still falls over to the next model', async () => {
    const go = signal()
    slow.next(async (answer) => {
      await go.reached
      await json({ error: { message: 'down' } }, 500)(answer)
    })
    other.next(stream)
    const response = await app.post('/chat/completions', request)
    const text = await heard(response, go.give)
    expect(text).toContain('"content":"Hello"')
    const exchange = await app.exchange(response.headers.get('x-request-id') ?? '')
    expect(exchange).toMatchObject({ outcome: 'ok', provider: 'groq' })
  })

  it('ends in an error event when nobody answers, and is recorded with the status the client saw', async () => {
    const go = signal()
    slow.next(async (answer) => {
      await go.reached
      await json({ error: { message: 'down' } }, 500)(answer)
    })
    other.next(json({ error: { message: 'down too' } }, 500))
    const response = await app.post('/chat/completions', request)
    const text = await heard(response, go.give)
    expect(text).toContain('"code":"upstream_error"')
    expect(text).not.toContain('[DONE]')
    const exchange = await app.exchange(response.headers.get('x-request-id') ?? '')
    expect(exchange).toMatchObject({ outcome: 'error', http_status: 200, error_type: 'upstream_error' })
  })
})
