import { randomBytes } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import OpenAI, { APIError, toFile } from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { inferenceRoutes } from '../../src/routes/inference-routes.ts'
import { type RunningApp, startRunningApp } from '../support/running-app.ts'
import {
  type ScriptedUpstream,
  body as bytesOf,
  json,
  sse,
  startScriptedUpstream,
} from '../support/scripted-upstream.ts'

/** The endpoints besides chat, through OpenAI's client, by the ids of the wire's checks. */
let app: RunningApp
let upstream: ScriptedUpstream
let client: OpenAI

beforeAll(async () => {
  upstream = await startScriptedUpstream()
  app = await startRunningApp({
    OPENAI_API_KEY: 'sk-upstream',
    OPENAI_BASE_URL: upstream.baseUrl,
    DEEPSEEK_API_KEY: 'sk-upstream',
    DEEPSEEK_BASE_URL: upstream.baseUrl,
    PROMPTBOX_RETRY_FIRST_PAUSE_MS: '1',
    PROMPTBOX_MAX_UPLOAD_BYTES: String(32 * 1024 * 1024),
  })
  client = new OpenAI({ apiKey: app.key, baseURL: `${app.url}/v1`, maxRetries: 0 })
})

afterAll(async () => {
  await app.dispose()
  await upstream.close()
})

/** Requests of the test at hand. */
let before = 0
beforeEach(() => {
  before = upstream.requests.length
})
const received = (): ScriptedUpstream['requests'] => upstream.requests.slice(before)

const embeddings = (vectors: readonly (readonly number[])[]): object => ({
  object: 'list',
  model: 'text-embedding-3-small',
  data: vectors.map((embedding, index) => ({ object: 'embedding', index, embedding })),
  usage: { prompt_tokens: 7, total_tokens: 7 },
})

describe('embeddings', () => {
  it('I01 numbers from the provider reach a client that asked for base64 as these numbers', async () => {
    upstream.next(json(embeddings([[0.5, -0.25, 1.5]])))
    const answer = await client.embeddings.create({ model: 'openai/text-embedding-3-small', input: 'a' })
    expect(answer.data[0]?.embedding).toEqual([0.5, -0.25, 1.5])
    expect(received()[0]?.json).toMatchObject({ encoding_format: 'base64', model: 'text-embedding-3-small' })
  })

  it('I02 floats stay floats, in their order, and token lists go through', async () => {
    const whole = embeddings([[1], [2], [3]])
    upstream.next(json(whole))
    const input = [[1, 2], [3], [4]]
    const response = await app.post('/embeddings', { model: 'openai/e', input, encoding_format: 'float' })
    expect(await response.json()).toEqual(whole)
    expect(received()[0]?.json['input']).toEqual(input)
  })

  it('are recorded with their tokens', async () => {
    upstream.next(json(embeddings([[1]])))
    const response = await app.post('/embeddings', { model: 'openai/text-embedding-3-small', input: 'a' })
    const exchange = await app.exchange(response.headers.get('x-request-id') ?? '')
    expect(exchange).toMatchObject({ operation: 'embeddings', input_tokens: 7, output_tokens: 0, outcome: 'ok' })
    expect(exchange['cost_usd']).toBeCloseTo(7 * 2e-8, 12)
  })

  it('need an input and a model, and take no prompt', async () => {
    const none = await app.post('/embeddings', { model: 'openai/e' })
    expect(none.status).toBe(400)
    expect(await none.json()).toMatchObject({ error: { param: 'input' } })
    const prompt = await app.post('/embeddings', { model: 'prompt:clarifying-question', input: 'a' })
    expect(prompt.status).toBe(400)
    expect(await prompt.json()).toMatchObject({ error: { code: 'unsupported_endpoint', param: 'model' } })
    expect(received()).toEqual([])
  })

  it('a provider without the endpoint is a 400 that says so, and is not called', async () => {
    const response = await app.post('/embeddings', { model: 'deepseek/deepseek-chat', input: 'a' })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: { code: 'unsupported_endpoint' } })
    expect(received()).toEqual([])
  })
})

const textCompletion = (text: string, finish: string | null, more: object = {}): object => ({
  id: 'cmpl-1',
  object: 'text_completion',
  created: 1_700_000_000,
  model: 'gpt-3.5-turbo-instruct',
  choices: [{ index: 0, text, logprobs: null, finish_reason: finish }],
  ...more,
})
const usage = { prompt_tokens: 4, completion_tokens: 2, total_tokens: 6 }

describe('completions', () => {
  it('I03 in one piece and as a stream, with the end mark', async () => {
    upstream.next(json(textCompletion('Hi', 'stop', { usage })))
    const whole = await client.completions.create({ model: 'openai/gpt-3.5-turbo-instruct', prompt: 'Say' })
    expect(whole).toMatchObject({ object: 'text_completion', choices: [{ text: 'Hi' }] })

    upstream.next(
      sse([
        textCompletion('H', null),
        textCompletion('i', 'stop'),
        { ...textCompletion('', null), choices: [], usage },
        '[DONE]',
      ]),
    )
    const response = await app.post('/completions', { model: 'openai/g', prompt: 'Say', stream: true })
    const text = await response.text()
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true)
    // The client did not ask for usage, so it gets no chunk without choices; the record has it all the same.
    expect(text).not.toContain('"choices":[]')
    expect(await app.exchange(response.headers.get('x-request-id') ?? '')).toMatchObject({
      operation: 'text_completion',
      input_tokens: 4,
      output_tokens: 2,
      finish_reasons: ['stop'],
    })
    expect(received()[1]?.json).toMatchObject({ stream_options: { include_usage: true } })
  })

  it('a stream that breaks off is an error, never a quiet end', async () => {
    upstream.next(sse([textCompletion('H', null)]))
    const response = await app.post('/completions', { model: 'openai/g', prompt: 'Say', stream: true })
    const text = await response.text()
    expect(text).toContain('upstream_stream_interrupted')
    expect(text).not.toContain('[DONE]')
  })
})

describe('moderations', () => {
  it('I10 pass through, images too', async () => {
    const whole = { id: 'modr-1', model: 'omni-moderation-latest', results: [{ flagged: false, categories: {} }] }
    upstream.next(json(whole))
    const input = [
      { type: 'text' as const, text: 'a' },
      { type: 'image_url' as const, image_url: { url: 'data:image/png;base64,AAAA' } },
    ]
    const answer = await client.moderations.create({ model: 'openai/omni-moderation-latest', input })
    expect(answer).toMatchObject(whole)
    expect(received()[0]?.json['input']).toEqual(input)
  })
})

describe('audio', () => {
  it('I11 I14 a transcription of 24 MB arrives unchanged, whether the model comes before the file or after it', async () => {
    const file = randomBytes(24 * 1024 * 1024)
    for (const modelFirst of [true, false]) {
      const form = new FormData()
      if (modelFirst) form.append('model', 'openai/whisper-1')
      form.append('file', new Blob([file]), 'Rede zur Lage – ü.mp3')
      form.append('response_format', 'text')
      if (!modelFirst) form.append('model', 'openai/whisper-1')
      upstream.next(bytesOf(Buffer.from('Guten Tag.'), 200, { 'content-type': 'text/plain; charset=utf-8' }))
      const response = await fetch(`${app.url}/v1/audio/transcriptions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${app.key}` },
        body: form,
      })
      expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8')
      expect(await response.text()).toBe('Guten Tag.')
      const arrived = received().at(-1)
      expect(arrived?.path).toBe('/v1/audio/transcriptions')
      expect(Number(arrived?.headers['content-length'])).toBe(arrived?.body.length)
      const parsed = await new Response(arrived?.body, {
        headers: { 'content-type': arrived?.headers['content-type'] ?? '' },
      }).formData()
      expect(parsed.get('model')).toBe('whisper-1')
      const sent = parsed.get('file')
      if (!(sent instanceof File)) throw new Error('No file arrived.')
      expect(sent.name).toBe('Rede zur Lage – ü.mp3')
      expect(Buffer.from(await sent.arrayBuffer()).equals(file)).toBe(true)
    }
  })

  it('a form is sent again when the provider failed', async () => {
    upstream.next(json({ error: { message: 'later' } }, 500), json({ text: 'Hello' }))
    const answer = await client.audio.transcriptions.create({
      model: 'openai/whisper-1',
      file: await toFile(randomBytes(400_000), 'a.mp3'),
    })
    expect(answer.text).toBe('Hello')
    const [first, second] = received()
    expect(first?.body.length).toBeGreaterThan(400_000)
    expect(second?.body.equals(first?.body ?? Buffer.alloc(0))).toBe(true)
  })

  it('a form above the limit is a 413, one that is broken a 400', async () => {
    const form = new FormData()
    form.append('model', 'openai/whisper-1')
    form.append('file', new Blob([Buffer.alloc(33 * 1024 * 1024)]), 'a.mp3')
    const headers = { authorization: `Bearer ${app.key}` }
    const large = await fetch(`${app.url}/v1/audio/transcriptions`, { method: 'POST', headers, body: form })
    expect(large.status).toBe(413)
    const broken = await fetch(`${app.url}/v1/audio/transcriptions`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'multipart/form-data; boundary=x' },
      body: '--x\r\nContent-Disposition: form-data; name="model"\r\n\r\nopenai/whisper-1',
    })
    expect(broken.status).toBe(400)
    expect(await broken.json()).toMatchObject({ error: { message: expect.stringContaining('closing boundary') } })
    expect(received()).toEqual([])
  })

  it('a client that hangs up while it sends a form is recorded, once, and nobody is called', async () => {
    const before = app.observations.length
    const request = httpRequest(`${app.url}/v1/audio/transcriptions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${app.key}`, 'content-type': 'multipart/form-data; boundary=x' },
    })
    request.on('error', () => undefined)
    const settled = (): readonly unknown[] =>
      app.observations.slice(before).filter((each) => each.type === 'exchange-settled')
    await new Promise<void>((resolve) => {
      request.write('--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nabc', () => {
        resolve()
      })
    })
    request.destroy()
    await expect.poll(settled).toMatchObject([{ record: { outcome: 'client_closed', operation: 'audio' } }])
    expect(received()).toEqual([])
  })

  it('a transcription as a stream', async () => {
    upstream.next(
      sse([
        { type: 'transcript.text.delta', delta: 'Hel' },
        { type: 'transcript.text.done', text: 'Hello', usage: { type: 'tokens', input_tokens: 14, output_tokens: 3 } },
      ]),
    )
    const stream = await client.audio.transcriptions.create({
      model: 'openai/gpt-4o-transcribe',
      file: await toFile(randomBytes(100), 'a.mp3'),
      stream: true,
    })
    const types: string[] = []
    for await (const event of stream) types.push(event.type)
    expect(types).toEqual(['transcript.text.delta', 'transcript.text.done'])
  })

  it('I12 speech is the same bytes under the same content type', async () => {
    const speech = randomBytes(300_000)
    upstream.next(bytesOf(speech, 200, { 'content-type': 'audio/mpeg' }))
    const answer = await client.audio.speech.create({ model: 'openai/tts-1', voice: 'alloy', input: 'Hello' })
    expect(answer.headers.get('content-type')).toBe('audio/mpeg')
    expect(Buffer.from(await answer.arrayBuffer()).equals(speech)).toBe(true)
    expect(await app.exchange(answer.headers.get('x-request-id') ?? '')).toMatchObject({
      operation: 'audio',
      outcome: 'ok',
    })
  })

  it('I12 speech as events', async () => {
    upstream.next(
      sse([
        { type: 'speech.audio.delta', audio: 'AAAA' },
        { type: 'speech.audio.done', usage: { input_tokens: 1, output_tokens: 2 } },
      ]),
    )
    const body = { model: 'openai/gpt-4o-mini-tts', voice: 'alloy', input: 'Hi', stream_format: 'sse' }
    const response = await app.post('/audio/speech', body)
    expect(response.headers.get('content-type')).toContain('text/event-stream')
    expect(await response.text()).toContain('"type":"speech.audio.done"')
  })
})

describe('images', () => {
  it('I13 a picture of 4 MB arrives unchanged', async () => {
    const whole = {
      created: 1,
      data: [{ b64_json: randomBytes(3 * 1024 * 1024).toString('base64') }],
      usage: { input_tokens: 5, output_tokens: 100, total_tokens: 105 },
    }
    upstream.next(json(whole))
    const response = await app.post('/images/generations', { model: 'openai/gpt-image-1', prompt: 'A cat' })
    expect(await response.json()).toEqual(whole)
    expect(await app.exchange(response.headers.get('x-request-id') ?? '')).toMatchObject({
      operation: 'images',
      input_tokens: 5,
      output_tokens: 100,
    })
  })

  it('I13 partial pictures as a stream', async () => {
    upstream.next(
      sse([
        { type: 'image_generation.partial_image', partial_image_index: 0, b64_json: 'AAAA' },
        { type: 'image_generation.completed', b64_json: 'BBBB', usage: { input_tokens: 5, output_tokens: 100 } },
      ]),
    )
    const stream = await client.images.generate({
      model: 'openai/gpt-image-1',
      prompt: 'A cat',
      stream: true,
      partial_images: 1,
    })
    const types: string[] = []
    for await (const event of stream) types.push(event.type)
    expect(types).toEqual(['image_generation.partial_image', 'image_generation.completed'])
  })

  it('I13 an edit carries its pictures and its prompt', async () => {
    upstream.next(json({ created: 1, data: [{ b64_json: 'AAAA' }] }))
    const image = randomBytes(50_000)
    await client.images.edit({ model: 'openai/gpt-image-1', image: await toFile(image, 'cat.png'), prompt: 'A hat' })
    const arrived = received()[0]
    const parsed = await new Response(arrived?.body, {
      headers: { 'content-type': arrived?.headers['content-type'] ?? '' },
    }).formData()
    expect(parsed.get('prompt')).toBe('A hat')
    expect(parsed.get('model')).toBe('gpt-image-1')
  })
})

describe('what is not offered', () => {
  it.each([
    '/files',
    '/batches',
    '/responses/resp_1',
    '/responses/resp_1/input_items',
    '/chat/completions/chatcmpl-1',
    '/chat/completions/chatcmpl-1/messages',
  ])('I08 I15 %s is an envelope that says so', async (path) => {
    const response = await fetch(`${app.url}/v1${path}`, { headers: { authorization: `Bearer ${app.key}` } })
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({ error: { code: 'unsupported_endpoint', param: null } })
  })
})

describe('every inference endpoint', () => {
  const body = { model: 'openai/x', messages: [{ role: 'user', content: 'a' }], input: 'a', prompt: 'a' }

  it.each(inferenceRoutes.map(({ path }) => path))('%s asks for a key', async (path) => {
    const response = await fetch(`${app.url}/v1${path}`, { method: 'POST', body: JSON.stringify(body) })
    expect(response.status).toBe(401)
    expect(response.headers.get('x-request-id')).not.toBeNull()
  })

  it.each(inferenceRoutes.map(({ path, operation }) => ({ path, operation })))(
    '$path is recorded when it fails',
    async ({ path, operation }) => {
      const refused = json({ error: { message: 'No such thing.', type: 'invalid_request_error', code: 'nope' } }, 400)
      upstream.next(refused)
      const response = await app.post(path, body)
      expect(response.status).toBe(400)
      const exchange = await app.exchange(response.headers.get('x-request-id') ?? '')
      expect(exchange).toMatchObject({ operation, outcome: 'error', http_status: 400 })
    },
  )

  it('tells an error in the words of its API', async () => {
    const openai = await client.embeddings.create({ model: 'nobody/x', input: 'a' }).catch((error: unknown) => error)
    if (!(openai instanceof APIError)) throw new Error('No API error.')
    expect(openai.code).toBe('model_not_found')
    const anthropic = await app.post('/messages', { ...body, model: 'nobody/x', max_tokens: 1 })
    expect(anthropic.status).toBe(404)
    expect(await anthropic.json()).toMatchObject({
      type: 'error',
      error: { type: 'not_found_error' },
      request_id: anthropic.headers.get('x-request-id'),
    })
  })
})
