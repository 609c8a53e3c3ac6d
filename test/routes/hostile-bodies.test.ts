import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningApp, startRunningApp } from '../support/running-app.ts'
import { type ScriptedUpstream, json, sse, startScriptedUpstream } from '../support/scripted-upstream.ts'

/** Bodies that a client should not send, and what it is told. Nothing of them may be a defect. */
let app: RunningApp
let upstream: ScriptedUpstream

beforeAll(async () => {
  upstream = await startScriptedUpstream()
  app = await startRunningApp({
    OPENAI_API_KEY: 'sk',
    OPENAI_BASE_URL: upstream.baseUrl,
    MISTRAL_API_KEY: 'sk',
    MISTRAL_BASE_URL: upstream.baseUrl,
    ANTHROPIC_API_KEY: 'sk',
    ANTHROPIC_BASE_URL: upstream.origin,
    GEMINI_API_KEY: 'sk',
    GEMINI_BASE_URL: upstream.origin,
  })
  for (const [slug, model] of [
    ['by-anthropic', 'anthropic/claude-sonnet-4-5'],
    ['by-mistral', 'mistral/mistral-large-latest'],
  ]) {
    await app.admin('POST', '/prompts', {
      slug,
      name: slug,
      labels: ['production'],
      version: { messages: [{ role: 'user', content: 'Hello' }], model },
    })
  }
})

afterAll(async () => {
  expect(app.observations.filter(({ type }) => type === 'defect')).toEqual([])
  await app.dispose()
  await upstream.close()
})

const nested = (levels: number): string => `${'{"a":['.repeat(levels / 2)}${']}'.repeat(levels / 2)}`
const deep = nested(20_000)
const user = '{"role":"user","content":"Hi"}'
const call = (args: string): string =>
  `{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":${JSON.stringify(args)}}}]}`
const result = (text: string): string => JSON.stringify({ role: 'tool', tool_call_id: 'c', content: text })

describe('nesting without end, where a request is put into other words', () => {
  const cases: readonly (readonly [what: string, path: string, body: string, param: string])[] = [
    ...['anthropic/claude-sonnet-4-5', 'gemini/gemini-2.5-flash'].flatMap((model) => {
      const chat = `{"model":"${model}","messages":[${user}]`
      const format = `{"type":"json_schema","json_schema":{"name":"x","schema":${deep}}}`
      const turns = `{"model":"${model}","messages":[${user},${call(deep)},${result('x')}]}`
      return [
        [
          `tools of ${model}`,
          '/chat/completions',
          `${chat},"tools":[{"type":"function","function":{"name":"f","parameters":${deep}}}]}`,
          'tools',
        ],
        [`a format of ${model}`, '/chat/completions', `${chat},"response_format":${format}}`, 'response_format'],
        [`arguments of ${model}`, '/chat/completions', turns, 'messages[1].tool_calls[0].function.arguments'],
      ] as const
    }),
    [
      'tools of Responses over chat',
      '/responses',
      `{"model":"mistral/m","input":"Hi","tools":[{"type":"function","name":"f","parameters":${deep}}]}`,
      'tools',
    ],
    [
      'tools of Responses with a prompt',
      '/responses',
      `{"model":"prompt:by-mistral","tools":[{"type":"function","name":"f","parameters":${deep}}]}`,
      'tools',
    ],
    [
      'tools of chat with a prompt',
      '/chat/completions',
      `{"model":"prompt:by-anthropic","tools":[{"type":"function","function":{"name":"f","parameters":${deep}}}]}`,
      'tools',
    ],
  ]
  it.each(cases)('%s: a 400 that names the field', async (_what, path, body, param) => {
    const response = await app.post(path, body)
    expect(await response.json()).toMatchObject({
      error: { param, message: expect.stringContaining('nested deeper than 256 levels') },
    })
    expect(response.status).toBe(400)
  })

  it('in Messages: the same in words of Anthropic', async () => {
    const response = await app.post(
      '/messages',
      `{"model":"gemini/gemini-2.5-flash","max_tokens":9,"messages":[${user}],"tools":[{"name":"f","input_schema":${deep}}]}`,
    )
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({
      type: 'error',
      error: { type: 'invalid_request_error', message: expect.stringContaining('The field `tools` is nested') },
    })
  })

  it('what a tool answered goes to Gemini as the text it is', async () => {
    upstream.next(
      json({ candidates: [{ content: { role: 'model', parts: [{ text: 'Deep.' }] }, finishReason: 'STOP' }] }),
    )
    const response = await app.post(
      '/chat/completions',
      `{"model":"gemini/gemini-2.5-flash","messages":[${user},${call('{}')},${result(deep)}]}`,
    )
    expect(response.status).toBe(200)
    expect(upstream.requests.at(-1)?.json).toMatchObject({
      contents: [{}, {}, { parts: [{ functionResponse: { response: { output: deep } } }] }],
    })
  })

  it('what is forwarded may be as deep as it likes', async () => {
    const message = { role: 'assistant', content: 'Deep.' }
    upstream.next(json({ id: 'x', object: 'chat.completion', choices: [{ index: 0, message, finish_reason: 'stop' }] }))
    const response = await app.post('/chat/completions', `{"model":"openai/m","messages":[${user}],"x":${deep}}`)
    expect(response.status).toBe(200)
    expect(upstream.requests.at(-1)?.text).toBe(`{"model":"m","messages":[${user}],"x":${deep}}`)
  })
})

describe('`stream`', () => {
  it.each([
    ['/chat/completions', { messages: [{ role: 'user', content: 'Hi' }] }],
    ['/responses', { input: 'Hi' }],
    ['/messages', { max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }] }],
    ['/completions', { prompt: 'Hi' }],
  ])('that is a text is a 400 on %s, since providers read it differently', async (path, rest) => {
    const before = upstream.requests.length
    const response = await app.post(path, { model: 'openai/m', stream: 'true', ...rest })
    expect(response.status).toBe(400)
    expect(await response.text()).toContain('The field `stream` must be true or false.')
    expect(upstream.requests).toHaveLength(before)
  })

  it.each(['true', 'True', '1'])('is a text in a form, as %s too', async (stream) => {
    upstream.next(
      sse([
        { type: 'transcript.text.delta', delta: 'Hi' },
        { type: 'transcript.text.done', text: 'Hi' },
      ]),
    )
    const form = new FormData()
    form.set('model', 'openai/gpt-4o-transcribe')
    form.set('stream', stream)
    form.set('file', new Blob(['RIFF']), 'a.wav')
    const response = await fetch(`${app.url}/v1/audio/transcriptions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${app.key}` },
      body: form,
    })
    expect(response.status).toBe(200)
    expect(await response.text()).toContain('"text":"Hi"')
    expect(await app.exchange(response.headers.get('x-request-id') ?? '')).toMatchObject({ stream: true })
  })
})

describe('a form', () => {
  const send = (path: string, form: FormData): Promise<Response> =>
    fetch(`${app.url}/v1${path}`, { method: 'POST', headers: { authorization: `Bearer ${app.key}` }, body: form })

  it.each(['/chat/completions', '/responses', '/messages', '/completions', '/embeddings', '/moderations'])(
    'is a 415 on %s, which has no files',
    async (path) => {
      const before = upstream.requests.length
      const form = new FormData()
      form.set('model', 'openai/m')
      form.set('input', 'Hi')
      const response = await send(path, form)
      expect(response.status).toBe(415)
      expect(await response.text()).toContain(`/v1${path} takes a JSON object, not a multipart form.`)
      expect(upstream.requests).toHaveLength(before)
    },
  )

  it.each([
    ['two models', ['openai/whisper-1', 'mistral/voxtral-mini-2602']],
    ['the model as a file', [new Blob(['openai/whisper-1'])]],
  ])('with %s is a 400: it must be plain who gets it', async (_what, models) => {
    const before = upstream.requests.length
    const form = new FormData()
    for (const model of models) form.append('model', model)
    form.set('file', new Blob(['RIFF']), 'a.wav')
    const response = await send('/audio/transcriptions', form)
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({
      error: { param: 'model', message: expect.stringContaining('must be there once, as a text') },
    })
    expect(upstream.requests).toHaveLength(before)
  })
})
