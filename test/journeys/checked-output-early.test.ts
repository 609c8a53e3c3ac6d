import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCountPrompt, eventsOf, hit, miss } from './counting.ts'
import { type RunningApp, startRunningApp } from '../support/running-app.ts'
import { type ScriptedUpstream, signal, startScriptedUpstream } from '../support/scripted-upstream.ts'

/** A stream that is kept back to be checked for longer than a client should hear nothing. */
let app: RunningApp
let upstream: ScriptedUpstream

beforeAll(async () => {
  upstream = await startScriptedUpstream()
  app = await startRunningApp({
    OPENAI_API_KEY: 'sk-upstream',
    OPENAI_BASE_URL: upstream.baseUrl,
    PROMPTBOX_FIRST_EVENT_GRACE_MS: '10',
  })
  for (const policy of ['retry', 'error']) {
    await createCountPrompt(app, policy)
  }
})

afterAll(async () => {
  await app.dispose()
  await upstream.close()
})

const recordOf = (headers: Headers) => app.exchange(headers.get('x-request-id') ?? '')

describe('while it is kept back', () => {
  it('shows a stream’s head and comments while the answer is kept back', async () => {
    const go = signal()
    upstream.next(async (answer) => {
      answer.head(200, { 'content-type': 'text/event-stream' })
      const [first, ...rest] = eventsOf(hit)
      await answer.event(first ?? {})
      await go.reached
      for (const event of [...rest, '[DONE]']) await answer.event(event)
      answer.end()
    })
    const response = await app.post('/chat/completions', { model: 'prompt:count-retry', stream: true })
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    const first = await reader?.read()
    expect(first?.value).toBe(': keepalive\n\n')
    go.give()
    let text = ''
    for (let read = await reader?.read(); read?.done === false; read = await reader?.read()) text += read.value
    expect(text).toContain('data: [DONE]')
  })

  it('is an error event in a stream that was opened early, and nothing of the answer is in it', async () => {
    const opened = signal()
    upstream.next(async (answer) => {
      answer.head(200, { 'content-type': 'text/event-stream' })
      await opened.reached
      for (const event of [...eventsOf(miss), '[DONE]']) await answer.event(event)
      answer.end()
    })
    const response = await app.post('/chat/completions', { model: 'prompt:count-error', stream: true })
    expect(response.status).toBe(200)
    opened.give()
    const text = await response.text()
    expect(text).toContain('"code":"output_mismatch"')
    expect(text).not.toContain('three')
    expect(text).not.toContain('[DONE]')
    expect(await recordOf(response.headers)).toMatchObject({ error_type: 'output_mismatch', http_status: 200 })
  })

  it('a client that hangs up while its answer is kept back stops the provider, and is recorded once', async () => {
    const gone = signal()
    upstream.next(async (answer) => {
      answer.head(200, { 'content-type': 'text/event-stream' })
      for (const event of eventsOf(hit).slice(0, 2)) await answer.event(event)
      await answer.gone
      gone.give()
    })
    const controller = new AbortController()
    const response = await fetch(`${app.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${app.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'prompt:count-retry', stream: true }),
      signal: controller.signal,
    })
    controller.abort()
    await gone.reached
    expect(await recordOf(response.headers)).toMatchObject({ outcome: 'client_closed', output_check: null })
  })
})
