import OpenAI from 'openai'
import { zodResponseFormat } from 'openai/helpers/zod'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type RunningApp, startRunningApp } from '../support/running-app.ts'
import {
  type ReceivedRequest,
  type ScriptedUpstream,
  hang,
  json,
  signal,
  sse,
  startScriptedUpstream,
} from '../support/scripted-upstream.ts'

/** The official client, unmodified: only base URL and key are ours. */
let app: RunningApp
let upstream: ScriptedUpstream
let client: OpenAI

beforeAll(async () => {
  upstream = await startScriptedUpstream()
  app = await startRunningApp({
    OPENAI_API_KEY: 'sk-upstream',
    OPENAI_BASE_URL: upstream.baseUrl,
    PROMPTBOX_RETRY_FIRST_PAUSE_MS: '1',
  })
  client = new OpenAI({ apiKey: app.key, baseURL: `${app.url}/v1` })
  await app.admin('POST', '/prompts', {
    slug: 'echo-back',
    name: 'Echo back',
    version: {
      messages: [
        { role: 'system', content: 'You work for {{company}}.' },
        { role: 'user', content: 'Say: {{text}}' },
      ],
      variables: {
        type: 'object',
        properties: { company: { type: 'string', default: 'Acme' }, text: { type: 'string' } },
        required: ['text'],
      },
      model: 'mock/echo',
      parameters: { temperature: 0.2 },
    },
    labels: ['production'],
  })
})

afterAll(async () => {
  await app.dispose()
  await upstream.close()
})

let claimed = 0

/** The next request that reaches the upstream from now on. */
async function nextRequest(): Promise<ReceivedRequest> {
  const earlier = upstream.requests.length
  while (claimed < earlier) {
    claimed += 1
    await upstream.nextRequest()
  }
  claimed += 1
  return upstream.nextRequest()
}

const user = (content: string): OpenAI.ChatCompletionUserMessageParam => ({ role: 'user', content })

/** With a prompt and without one: the same client call has to work. */
const ways = [
  { name: 'a model', request: { model: 'mock/echo', messages: [user('Say: hello there')] } },
  { name: 'a prompt', request: { model: 'prompt:echo-back', messages: [], prompt_variables: { text: 'hello there' } } },
] as const

describe.each(ways)('through $name', ({ request }) => {
  it('create', async () => {
    const {
      data,
      response,
      request_id: requestId,
    } = await client.chat.completions.create({ ...request, messages: [...request.messages] }).withResponse()
    expect(data.choices[0]?.message.content).toBe('Say: hello there')
    expect(data.object).toBe('chat.completion')
    expect(data.usage?.total_tokens).toBeGreaterThan(0)
    expect(requestId).toBe(response.headers.get('x-request-id'))
  })

  it('create with stream', async () => {
    const stream = await client.chat.completions.create({ ...request, messages: [...request.messages], stream: true })
    let text = ''
    for await (const chunk of stream) {
      expect(chunk.choices.length).toBeGreaterThan(0)
      text += chunk.choices[0]?.delta.content ?? ''
    }
    expect(text).toBe('Say: hello there')
  })

  it('create with stream and usage', async () => {
    const stream = await client.chat.completions.create({
      ...request,
      messages: [...request.messages],
      stream: true,
      stream_options: { include_usage: true },
    })
    const usages: OpenAI.CompletionUsage[] = []
    for await (const chunk of stream) if (chunk.usage) usages.push(chunk.usage)
    expect(usages).toHaveLength(1)
    expect(usages[0]?.completion_tokens).toBeGreaterThan(0)
  })

  it('the .stream() helper', async () => {
    const final = await client.chat.completions
      .stream({ ...request, messages: [...request.messages] })
      .finalChatCompletion()
    expect(final.choices[0]?.message.content).toBe('Say: hello there')
    expect(final.choices[0]?.finish_reason).toBe('stop')
  })
})

describe('tools and structured output', () => {
  const tool: OpenAI.ChatCompletionFunctionTool = {
    type: 'function',
    function: {
      name: 'get_weather',
      parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    },
  }

  it('a tool call, whole and streamed', async () => {
    const whole = await client.chat.completions.create({
      model: 'mock/tool',
      messages: [user('Weather?')],
      tools: [tool],
    })
    const call = whole.choices[0]?.message.tool_calls?.[0]
    expect(call?.type === 'function' && call.function.name).toBe('get_weather')
    expect(whole.choices[0]?.finish_reason).toBe('tool_calls')

    const streamed = await client.chat.completions
      .stream({ model: 'mock/tool', messages: [user('Weather?')], tools: [tool] })
      .finalChatCompletion()
    const streamedCall = streamed.choices[0]?.message.tool_calls?.[0]
    expect(streamedCall?.type === 'function' && JSON.parse(streamedCall.function.arguments)).toHaveProperty('city')
  })

  it('runTools: calls the function and ends in text', async () => {
    const asked: unknown[] = []
    const runner = client.chat.completions.runTools({
      model: 'mock/tool',
      messages: [user('Weather?')],
      tools: [
        {
          type: 'function',
          function: {
            name: 'get_weather',
            description: 'The weather of a city',
            parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
            parse: JSON.parse,
            function: (input: unknown) => {
              asked.push(input)
              return 'sunny'
            },
          },
        },
      ],
    })
    expect(await runner.finalContent()).not.toBe('')
    expect(asked).toHaveLength(1)
  })

  it('parse with a zod schema', async () => {
    const Weather = z.object({ city: z.string(), degrees: z.number() })
    const completion = await client.chat.completions.parse({
      model: 'mock/json',
      messages: [user('Weather?')],
      response_format: zodResponseFormat(Weather, 'weather'),
    })
    expect(Weather.safeParse(completion.choices[0]?.message.parsed).success).toBe(true)
  })
})

describe('errors have the classes and fields of the SDK', () => {
  const request = { model: 'openai/gpt-4o-mini', messages: [user('Hi')] }

  it('a bad key (A06)', async () => {
    const stranger = new OpenAI({ apiKey: 'pb-not-a-key-at-all-0123456789', baseURL: `${app.url}/v1`, maxRetries: 0 })
    const error = await stranger.models.list().then(
      () => null,
      (reason: unknown) => reason,
    )
    expect(error).toBeInstanceOf(OpenAI.AuthenticationError)
    expect(error).toMatchObject({ code: 'invalid_api_key', requestID: expect.any(String) as string })
    expect(String(error)).not.toContain('pb-not-a-key-at-all')
  })

  it('an unknown prompt, and a missing variable by its name', async () => {
    await expect(client.chat.completions.create({ model: 'prompt:nope', messages: [] })).rejects.toMatchObject({
      status: 404,
      code: 'prompt_not_found',
    })
    await expect(client.chat.completions.create({ model: 'prompt:echo-back', messages: [] })).rejects.toMatchObject({
      status: 400,
      param: expect.stringContaining('text') as string,
    })
  })

  it('what the provider says about the request comes through as it is (C03)', async () => {
    upstream.next(
      json(
        {
          error: {
            message: 'Unsupported value',
            type: 'invalid_request_error',
            param: 'temperature',
            code: 'unsupported_value',
          },
        },
        400,
      ),
    )
    await expect(client.chat.completions.create(request)).rejects.toMatchObject({
      status: 400,
      code: 'unsupported_value',
      param: 'temperature',
    })
  })

  it('a provider that fails for good: our tries only, the SDK does not start over (C17)', async () => {
    const before = upstream.requests.length
    const boom = json({ error: { message: 'boom' } }, 500)
    upstream.next(boom, boom, boom)
    await expect(client.chat.completions.create(request)).rejects.toBeInstanceOf(OpenAI.InternalServerError)
    expect(upstream.requests.length - before).toBe(3)
  })

  it("a bad provider key is our trouble, not the client's (C05)", async () => {
    upstream.next(
      json(
        {
          error: {
            message: 'Incorrect API key provided: sk-up***',
            type: 'invalid_request_error',
            code: 'invalid_api_key',
          },
        },
        401,
      ),
    )
    const error = await client.chat.completions.create(request).then(
      () => null,
      (reason: unknown) => reason,
    )
    expect(error).toMatchObject({ status: 502, code: 'upstream_authentication_error' })
    expect(String(error)).not.toContain('sk-up')
  })

  it('an error in mid-stream is raised after what came (E15)', async () => {
    const chunk = {
      id: 'c',
      object: 'chat.completion.chunk',
      created: 1,
      model: 'm',
      choices: [{ index: 0, delta: { role: 'assistant', content: 'par' }, finish_reason: null }],
    }
    upstream.next(sse([chunk, { error: { message: 'exploded', type: 'server_error', code: 500 } }]))
    const stream = await client.chat.completions.create({ ...request, stream: true })
    const texts: string[] = []
    const error = await (async () => {
      for await (const part of stream) texts.push(part.choices[0]?.delta.content ?? '')
      return null
    })().catch((reason: unknown) => reason)
    expect(texts.join('')).toBe('par')
    expect(error).toBeInstanceOf(OpenAI.APIError)
  })
})

describe('abort', () => {
  it('before the first byte and in mid-stream: the upstream connection closes (F01, F02, F03)', async () => {
    for (const stream of [false, true]) {
      const controller = new AbortController()
      upstream.next(hang)
      const next = nextRequest()
      const asked = client.chat.completions
        .create(
          { model: 'openai/gpt-4o-mini', messages: [user('Hi')], stream },
          { signal: controller.signal, maxRetries: 0 },
        )
        .then(
          () => null,
          (reason: unknown) => reason,
        )
      const received = await next
      controller.abort()
      expect(await asked).toBeInstanceOf(OpenAI.APIUserAbortError)
      await received.closed
      expect(received.aborted).toBe(true)
    }
  })

  it('breaking out of a stream ends the upstream call and leaves one record', async () => {
    const goOn = signal()
    const chunk = {
      id: 'c',
      object: 'chat.completion.chunk',
      created: 1,
      model: 'm',
      choices: [{ index: 0, delta: { role: 'assistant', content: 'first' }, finish_reason: null }],
    }
    upstream.next(async (answer) => {
      answer.head(200, { 'content-type': 'text/event-stream' })
      await answer.event(chunk)
      await goOn.reached
    })
    const next = nextRequest()
    const { data: stream, response } = await client.chat.completions
      .create({ model: 'openai/gpt-4o-mini', messages: [user('Hi')], stream: true })
      .withResponse()
    const received = await next
    for await (const part of stream) {
      expect(part.choices[0]?.delta.content).toBe('first')
      break
    }
    await received.closed
    goOn.give()
    const exchange = await app.exchange(response.headers.get('x-request-id') ?? '')
    expect(exchange).toMatchObject({ outcome: 'client_closed', usage_source: 'estimated', response_model: 'm' })
    expect(exchange['output_tokens']).toBeGreaterThan(0)
  })
})

describe('models', () => {
  it('lists real models and prompts, finds one with an encoded slash (A01, A02, A03)', async () => {
    const ids: string[] = []
    for await (const model of client.models.list()) ids.push(model.id)
    expect(ids).toContain('prompt:echo-back')
    expect(ids).toContain('mock/echo')
    expect(ids).toContain('openai/gpt-4o-mini')
    expect((await client.models.retrieve('openai/gpt-4o-mini')).id).toBe('openai/gpt-4o-mini')
    const raw = await fetch(`${app.url}/v1/models/openai/gpt-4o-mini`, {
      headers: { authorization: `Bearer ${app.key}` },
    })
    expect(raw.status).toBe(200)
    await expect(client.models.retrieve('nope')).rejects.toMatchObject({ status: 404, code: 'model_not_found' })
  })
})

describe('what is recorded', () => {
  it('is found by the request id, with prompt, version, tokens and bodies', async () => {
    const { response } = await client.chat.completions
      .create({
        model: 'prompt:echo-back@1',
        messages: [],
        prompt_variables: { text: 'keep this' },
        user: 'u-1',
      } as OpenAI.ChatCompletionCreateParamsNonStreaming)
      .withResponse()
    expect(response.headers.get('x-promptbox-prompt')).toBe('echo-back')
    expect(response.headers.get('x-promptbox-version')).toBe('1')
    const exchange = await app.exchange(response.headers.get('x-request-id') ?? '')
    expect(exchange).toMatchObject({
      outcome: 'ok',
      prompt: 'echo-back',
      prompt_version: 1,
      user_id: 'u-1',
      request_model: 'prompt:echo-back@1',
    })
    expect(JSON.stringify(exchange)).toContain('keep this')
  })
})
