import { randomBytes } from 'node:crypto'
import OpenAI, { toFile } from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { plan } from '../../src/pipeline/plan.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { askedOf, snapshotOf } from '../support/chat-bench.ts'
import { type RunningApp, startRunningApp } from '../support/running-app.ts'
import { scriptedProvider } from '../support/scripted-provider.ts'
import { type ScriptedUpstream, json, startScriptedUpstream } from '../support/scripted-upstream.ts'

/** What foreign suites found (docs/compliance.md), held here by the ids of the wire's checks. */
let app: RunningApp
let upstream: ScriptedUpstream
let client: OpenAI

beforeAll(async () => {
  upstream = await startScriptedUpstream()
  app = await startRunningApp({
    OPENAI_API_KEY: 'sk-upstream',
    OPENAI_BASE_URL: upstream.baseUrl,
    GROQ_API_KEY: 'sk-upstream',
    GROQ_BASE_URL: upstream.baseUrl,
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

const picture = { created: 1, data: [{ b64_json: 'AAAA' }] }

describe('J06 a model left out where OpenAI takes a default', () => {
  const moderation = { id: 'modr-1', model: 'omni-moderation-2024-09-26', results: [{ flagged: false }] }

  it.each([
    { path: '/moderations', body: '{"input": "I am"}', answer: moderation, model: 'omni-moderation-2024-09-26' },
    { path: '/moderations', body: '{"model": null, "input": "I am"}', answer: moderation, model: moderation.model },
    { path: '/images/generations', body: '{"prompt": "A cat", "seed": 1.0}', answer: picture, model: 'dall-e-2' },
    { path: '/images/edits', body: '{"prompt": "A hat", "images": []}', answer: picture, model: 'gpt-image-1.5' },
  ])('$path $body goes to OpenAI byte for byte', async ({ path, body, answer, model }) => {
    upstream.next(json(answer))
    const response = await app.post(path, body)
    expect(await response.json()).toEqual(answer)
    expect(received().map((request) => [request.path, request.text])).toEqual([[`/v1${path}`, body]])
    expect(await app.exchange(response.headers.get('x-request-id') ?? '')).toMatchObject({
      provider: 'openai',
      response_model: model,
      outcome: 'ok',
    })
  })

  it('goes to OpenAI as a form without one', async () => {
    upstream.next(json(picture), json(picture))
    const image = await toFile(randomBytes(1000), 'cat.png')
    await client.images.edit({ image, prompt: 'A hat' })
    await client.images.createVariation({ image })
    for (const arrived of received()) {
      const contentType = arrived.headers['content-type'] ?? ''
      const parsed = await new Response(arrived.body, { headers: { 'content-type': contentType } }).formData()
      expect(parsed.has('image')).toBe(true)
      expect(parsed.has('model')).toBe(false)
    }
    expect(received().map(({ path }) => path)).toEqual(['/v1/images/edits', '/v1/images/variations'])
  })

  it.each([
    { path: '/responses', body: { input: 'a' } },
    { path: '/embeddings', body: { input: 'a' } },
    { path: '/audio/speech', body: { input: 'a', voice: 'alloy' } },
    { path: '/moderations', body: { model: '', input: 'a' } },
  ])('is a 400 elsewhere: $path $body', async ({ path, body }) => {
    const response = await app.post(path, body)
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({
      error: { type: 'invalid_request_error', param: 'model', message: expect.stringContaining('`model` is missing') },
    })
    expect(received()).toEqual([])
  })

  it('is a 400 when OpenAI is off, since nobody else has that default', () => {
    const local = scriptedProvider('local')
    const moderations: Provider = { ...local, endpoints: { ...local.endpoints, moderations: local.endpoints.chat } }
    const catalogue = { providers: new Map([['local', moderations]]), providerOfBareModel: () => moderations }
    const operation = { operation: 'moderations', path: '/moderations' } as const
    const asked = { ...askedOf({ input: 'a' }, snapshotOf()), ...operation }
    expect(() => plan(asked, catalogue, { retries: 0, attemptTimeoutMs: 1000 })).toThrow('`model` is missing')
  })
})

describe('J07 a conversation is compacted by a provider that can', () => {
  const input = [{ type: 'message', role: 'user', content: 'We launch on Tuesday.' }]
  const compacted = {
    id: 'resp_1',
    object: 'response.compaction',
    created_at: 1_764_967_971,
    output: [...input, { id: 'cmp_1', type: 'compaction', encrypted_content: 'gAAAA' }],
    usage: {
      input_tokens: 139,
      input_tokens_details: { cached_tokens: 100 },
      output_tokens: 438,
      output_tokens_details: { reasoning_tokens: 64 },
      total_tokens: 577,
    },
  }

  it('unchanged but for the model’s name, and with its tokens in the record', async () => {
    upstream.next(json(compacted))
    const { data, response } = await client.responses
      .compact({ model: 'openai/gpt-5.4', input: 'We launch on Tuesday.', prompt_cache_key: 'k' })
      .withResponse()
    expect(data).toMatchObject(compacted)
    expect(received().map((request) => [request.path, request.json])).toEqual([
      ['/v1/responses/compact', { model: 'gpt-5.4', input: 'We launch on Tuesday.', prompt_cache_key: 'k' }],
    ])
    expect(await app.exchange(response.headers.get('x-request-id') ?? '')).toMatchObject({
      operation: 'compaction',
      outcome: 'ok',
      input_tokens: 139,
      cache_read_input_tokens: 100,
      output_tokens: 438,
      reasoning_output_tokens: 64,
    })
  })

  it.each([
    { name: 'without a model', body: { input }, code: null },
    { name: 'with a model of a provider that cannot', body: { model: 'groq/x', input }, code: 'unsupported_endpoint' },
    { name: 'over chat', body: { model: 'mock/echo', input }, code: 'unsupported_endpoint' },
    { name: 'with a prompt', body: { model: 'prompt:clarifying-question', input }, code: 'unsupported_endpoint' },
  ])('$name it is a 400 that names the model', async ({ body, code }) => {
    const response = await app.post('/responses/compact', body)
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: { type: 'invalid_request_error', param: 'model', code } })
    expect(received()).toEqual([])
  })
})

describe('J06 tokens counted ahead', () => {
  it.each(['/responses/input_tokens', '/messages/count_tokens'])('are not offered, and %s says so', async (path) => {
    const response = await app.post(path, { model: 'openai/gpt-5.4', input: 'a', messages: [] })
    expect(response.status).toBe(404)
    expect(await response.text()).toContain('tokens are not counted ahead of a request')
    expect(received()).toEqual([])
  })
})

/** What a response object has to have, be it null, by the description of Open Responses (2026-04-24). */
const membersOfResponse = (
  'id object created_at completed_at status incomplete_details model previous_response_id instructions output error ' +
  'tools tool_choice truncation parallel_tool_calls text top_p presence_penalty frequency_penalty top_logprobs ' +
  'temperature reasoning usage max_output_tokens max_tool_calls store background service_tier metadata ' +
  'safety_identifier prompt_cache_key'
).split(' ')

describe('J07 the Responses API over chat', () => {
  const image = { type: 'input_image', image_url: 'data:image/png;base64,iVBORw0KGgo=' }
  const user = { type: 'message', role: 'user', content: 'What is my name?' }

  it.each([
    { name: 'a message', input: [user] },
    { name: 'a system message', input: [{ type: 'message', role: 'system', content: 'Be a pirate.' }, user] },
    {
      name: 'turns of the assistant with a phase',
      input: [
        { type: 'message', role: 'assistant', phase: 'commentary', content: 'I look it up.' },
        { type: 'message', role: 'assistant', phase: 'final_answer', content: 'Alice.' },
        user,
      ],
    },
    {
      name: 'a picture',
      input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'What is it?' }, image] }],
    },
  ])('answers $name with a whole response object, streamed or not', async ({ input }) => {
    const whole = (await (await app.post('/responses', { model: 'mock/echo', input })).json()) as object
    const text = await (await app.post('/responses', { model: 'mock/echo', input, stream: true })).text()
    const events = text.split('\n').flatMap((line) => (line.startsWith('data: ') ? [line.slice('data: '.length)] : []))
    const last = JSON.parse(events.at(-1) ?? '{}') as { type?: string; response?: object }
    expect(last.type).toBe('response.completed')
    for (const response of [whole, last.response ?? {}]) {
      expect(membersOfResponse.filter((name) => !(name in response))).toEqual([])
      expect(response).toMatchObject({ object: 'response', status: 'completed', output: [{ type: 'message' }] })
    }
  })

  it('calls the tool it is given', async () => {
    const parameters = { type: 'object', properties: { location: { type: 'string' } }, required: ['location'] }
    const tools = [{ type: 'function', name: 'get_weather', description: 'Weather', parameters }]
    const response = await app.post('/responses', { model: 'mock/tool', input: [user], tools })
    expect(await response.json()).toMatchObject({ output: [{ type: 'function_call', name: 'get_weather' }] })
  })
})
