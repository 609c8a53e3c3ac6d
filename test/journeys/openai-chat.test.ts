import OpenAI from 'openai'
import { ContentFilterFinishReasonError, LengthFinishReasonError } from 'openai/core/error'
import { zodResponseFormat } from 'openai/helpers/zod'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { refusal as anthropicRefusal } from '../support/fake-providers/anthropic.ts'
import { refusal as geminiRefusal } from '../support/fake-providers/gemini.ts'
import { refusal as openaiRefusal, vector } from '../support/fake-providers/openai.ts'
import { greeting, paris, thought, tokens } from '../support/fake-providers/said.ts'
import { expectPythonReads, type Journey, models, startJourney, ways } from '../support/journey.ts'
import { json, type Script, signal, sse } from '../support/scripted-upstream.ts'

/** OpenAI's own client in front of three kinds of providers, by models and by prompts (J01). */
let journey: Journey
let client: OpenAI

beforeAll(async () => {
  journey = await startJourney()
  client = new OpenAI({ apiKey: journey.app.key, baseURL: journey.baseUrl, fetch: journey.recording.fetch })
})
afterEach(() => {
  expectPythonReads(journey.recording)
})
afterAll(() => journey.dispose())

const hello: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'Hello' }]
const askWeather: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'The weather in Paris and Rome?' }]
const weather = {
  name: 'get_weather',
  description: 'The weather of a city',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
}
const City = z.object({ city: z.string(), degrees: z.number() })

function runningTool(asked: string[]) {
  return {
    type: 'function',
    function: {
      ...weather,
      parse: (text: string) => z.object({ city: z.string() }).parse(JSON.parse(text)),
      function: ({ city }: { city: string }) => {
        asked.push(city)
        return `sunny in ${city}`
      },
    },
  } as const
}

describe.each(ways)('$provider through $as', ({ provider, model }) => {
  it('create (J01)', async () => {
    const asked = client.chat.completions.create({ model, messages: hello })
    const { data, request_id: id } = await asked.withResponse()
    expect(data).toMatchObject({
      object: 'chat.completion',
      choices: [{ index: 0, message: { role: 'assistant', content: greeting, refusal: null }, finish_reason: 'stop' }],
      usage: {
        prompt_tokens: tokens.input,
        completion_tokens: tokens.output,
        total_tokens: tokens.input + tokens.output,
        prompt_tokens_details: { cached_tokens: tokens.cached },
      },
    })
    expect(data.id).toMatch(/^chatcmpl-/)
    expect(await asked).toHaveProperty('_request_id', id)
    expect(journey.recording.requestIds.at(-1)).toBe(id)
  })

  it('create with stream: text alone, no chunk without a choice (E02, J01)', async () => {
    const stream = await client.chat.completions.create({ model, messages: hello, stream: true })
    let text = ''
    const roles: unknown[] = []
    const ends: unknown[] = []
    for await (const chunk of stream) {
      const [choice] = chunk.choices
      text += choice?.delta.content ?? ''
      if (choice?.delta.role !== undefined) roles.push(choice.delta.role)
      if (typeof choice?.finish_reason === 'string') ends.push(choice.finish_reason)
      expect(choice).toBeDefined()
    }
    expect([text, roles, ends]).toEqual([greeting, ['assistant'], ['stop']])
  })

  it('create with stream and usage: one chunk of it, the last (E01)', async () => {
    const stream = await client.chat.completions.create({
      model,
      messages: hello,
      stream: true,
      stream_options: { include_usage: true },
    })
    const chunks: OpenAI.ChatCompletionChunk[] = []
    for await (const chunk of stream) chunks.push(chunk)
    expect(chunks.filter((chunk) => chunk.usage)).toEqual([chunks.at(-1)])
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 30, completion_tokens: 12 } })
    expect(new Set(chunks.map(({ id, model: named, created }) => `${id} ${named} ${created}`)).size).toBe(1)
  })

  it('the .stream() helper (J01)', async () => {
    const heard: string[] = []
    const runner = client.chat.completions
      .stream({ model, messages: hello, stream_options: { include_usage: true } })
      .on('content', (delta) => heard.push(delta))
    const final = await runner.finalChatCompletion()
    expect(heard.join('')).toBe(greeting)
    expect(final.choices[0]).toMatchObject({ message: { role: 'assistant', content: greeting }, finish_reason: 'stop' })
    expect(final.usage).toMatchObject({ prompt_tokens: tokens.input, total_tokens: tokens.input + tokens.output })
  })

  it('the .stream() helper with two calls at once', async () => {
    const final = await client.chat.completions
      .stream({ model, messages: askWeather, tools: [{ type: 'function', function: weather }] })
      .finalChatCompletion()
    const [choice] = final.choices
    expect(choice?.finish_reason).toBe('tool_calls')
    expect(choice?.message.content).toBe('I look.')
    const calls = choice?.message.tool_calls ?? []
    expect(calls.map((call) => call.type === 'function' && call.function)).toMatchObject([
      { name: 'get_weather', arguments: '{"city":"Paris"}' },
      { name: 'get_weather', arguments: '{"city":"Rome"}' },
    ])
    expect(new Set(calls.map((call) => call.id)).size).toBe(2)
  })

  it.each([false, true])('runTools: two calls and a second turn, stream %s (J01)', async (stream) => {
    const asked: string[] = []
    const common = { model, messages: [...askWeather], tools: [runningTool(asked)] }
    const runner = stream
      ? client.chat.completions.runTools({ ...common, stream: true })
      : client.chat.completions.runTools(common)
    expect(await runner.finalContent()).toBe('So: sunny in Paris and sunny in Rome.')
    expect(asked).toEqual(['Paris', 'Rome'])
    const turns = runner.messages.map((message) => message.role)
    expect(turns).toEqual(['user', 'assistant', 'tool', 'tool', 'assistant'])
  })

  it('runTools while it thinks: the thinking survives a client that drops it (G14, H07)', async () => {
    const runner = client.chat.completions.runTools({
      model,
      messages: [...askWeather],
      tools: [runningTool([])],
      reasoning_effort: 'low',
    })
    // Only what OpenAI's API knows of a message goes back, as most frameworks do it.
    runner.on('message', (message) => {
      for (const name of Object.keys(message)) if (name.startsWith('reason')) delete message[name as 'content']
    })
    expect(await runner.finalContent()).toBe('So: sunny in Paris and sunny in Rome.')
    const last = runner.allChatCompletions().at(-1)
    expect(last?.usage?.completion_tokens_details?.reasoning_tokens).toBe(tokens.reasoning)
  })

  it('thinking in a stream stays out of the text', async () => {
    const stream = await client.chat.completions.create({
      model,
      messages: hello,
      stream: true,
      reasoning_effort: 'low',
    })
    let text = ''
    let thinking = ''
    for await (const chunk of stream) {
      const delta = chunk.choices[0]?.delta as { content?: string; reasoning_content?: string } | undefined
      text += delta?.content ?? ''
      thinking += delta?.reasoning_content ?? ''
    }
    expect([thinking, text]).toEqual([thought, greeting])
  })

  it('parse with a zod schema, whole and streamed (J01)', async () => {
    const request = { model, messages: hello, response_format: zodResponseFormat(City, 'city') }
    const whole = await client.chat.completions.parse(request)
    expect(whole.choices[0]?.message.parsed).toEqual(paris)
    const streamed = await client.chat.completions.stream(request).finalChatCompletion()
    expect(streamed.choices[0]?.message.parsed).toEqual(paris)
  })

  it('parse says why there is no object: cut off, or filtered', async () => {
    const request = { model, messages: hello, response_format: zodResponseFormat(City, 'city') }
    journey.upstreams[provider].next(unfinished[provider].cut, unfinished[provider].filtered)
    expect(await caught(client.chat.completions.parse(request))).toBeInstanceOf(LengthFinishReasonError)
    expect(await caught(client.chat.completions.parse(request))).toBeInstanceOf(ContentFilterFinishReasonError)
  })

  it('what a provider says against the request has class, status, code and request id', async () => {
    journey.upstreams[provider].next(tooLong[provider])
    const error = await caught(client.chat.completions.create({ model, messages: hello }))
    expect(error).toBeInstanceOf(OpenAI.BadRequestError)
    expect(error).toMatchObject({ status: 400, code: 'context_length_exceeded', type: 'invalid_request_error' })
    expect((error as InstanceType<typeof OpenAI.APIError>).requestID).toBe(journey.recording.requestIds.at(-1))
  })

  it.each([false, true])('a rate limit, stream %s: our tries only, then the class of the SDK (C17)', async (stream) => {
    const upstream = journey.upstreams[provider]
    const before = upstream.requests.length
    upstream.next(limited[provider], limited[provider], limited[provider])
    const error = await caught(client.chat.completions.create({ model, messages: hello, stream }))
    expect(error).toBeInstanceOf(OpenAI.RateLimitError)
    expect(error).toMatchObject({ code: 'rate_limit_exceeded', requestID: journey.recording.requestIds.at(-1) })
    expect(upstream.requests.length - before).toBe(3)
  })

  it('abort before the first byte closes the call upstream (F02, F03)', async () => {
    for (const stream of [false, true]) {
      const arrived = signal()
      journey.upstreams[provider].next(() => arrived.give())
      const controller = new AbortController()
      const asked = caught(
        client.chat.completions.create({ model, messages: hello, stream }, { signal: controller.signal }),
      )
      await arrived.reached
      controller.abort()
      expect(await asked).toBeInstanceOf(OpenAI.APIUserAbortError)
      expect(await journey.upstreams[provider].requests.at(-1)?.closed).toBe(true)
    }
  })

  it('breaking out of a stream closes the call upstream (F01)', async () => {
    journey.upstreams[provider].next(async (answer) => {
      answer.head(200, { 'content-type': 'text/event-stream' })
      await answer.write(beginning[provider])
    })
    const { data: stream, response } = await client.chat.completions
      .create({ model, messages: hello, stream: true })
      .withResponse()
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break
    expect(await journey.upstreams[provider].requests.at(-1)?.closed).toBe(true)
    const exchange = await journey.app.exchange(response.headers.get('x-request-id') ?? '')
    expect(exchange).toMatchObject({ outcome: 'client_closed', usage_source: 'estimated' })
  })

  it('legacy completions, whole and streamed (I03, I04)', async () => {
    const whole = await client.completions.create({ model, prompt: 'Hello' })
    expect(whole).toMatchObject({ object: 'text_completion', choices: [{ text: greeting, finish_reason: 'stop' }] })
    expect(whole.usage).toMatchObject({ prompt_tokens: tokens.input, completion_tokens: tokens.output })
    const stream = await client.completions.create({ model, prompt: 'Hello', stream: true })
    let text = ''
    for await (const chunk of stream) text += chunk.choices[0]?.text ?? ''
    expect(text).toBe(greeting)
  })
})

describe('embeddings, which the client asks for in base64 (I01)', () => {
  it.each(['openai/text-embedding-3-small', 'gemini/gemini-embedding-001'])('%s', async (model) => {
    const { data } = await client.embeddings.create({ model, input: ['first', 'second'] })
    expect(data.map(({ index }) => index)).toEqual([0, 1])
    expect(data[0]?.embedding).toEqual([...new Float32Array(vector)])
    expect(data[1]?.embedding).toEqual([...new Float32Array(vector.map((part) => part + 1))])
  })

  it('a provider that has none says so', async () => {
    const error = await caught(client.embeddings.create({ model: models.anthropic, input: 'first' }))
    expect(error).toMatchObject({ status: 400, code: 'unsupported_endpoint', param: 'model' })
  })
})

describe('lists that come in pieces add up in helpers (J04)', () => {
  it('sources of Claude', async () => {
    const cited = (index: number): readonly object[] => {
      const citation = { type: 'web_search_result_location', url: `https://example.com/${index}`, title: 'A page' }
      return [
        { type: 'content_block_start', index, content_block: { type: 'text', text: '' } },
        { type: 'content_block_delta', index, delta: { type: 'citations_delta', citation } },
        { type: 'content_block_delta', index, delta: { type: 'text_delta', text: 'abc' } },
        { type: 'content_block_stop', index },
      ]
    }
    const end = { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 5 } }
    journey.upstreams.anthropic.next(sse([...cited(0), ...cited(1), end, { type: 'message_stop' }]))
    const final = await client.chat.completions
      .stream({ model: models.anthropic, messages: hello })
      .finalChatCompletion()
    const urls = final.choices[0]?.message.annotations?.map((annotation) => annotation.url_citation.url)
    expect(urls).toEqual(['https://example.com/0', 'https://example.com/1'])
  })

  it('images of Gemini', async () => {
    const image = (data: string): object => ({
      candidates: [{ content: { role: 'model', parts: [{ inlineData: { mimeType: 'image/png', data } }] }, index: 0 }],
    })
    const end = { candidates: [{ content: { role: 'model', parts: [] }, finishReason: 'STOP', index: 0 }] }
    journey.upstreams.gemini.next(sse([image('AAAA'), image('BBBB'), end]))
    const stream = await client.chat.completions.create({ model: models.gemini, messages: hello, stream: true })
    const images: unknown[] = []
    for await (const chunk of stream) {
      const delta = chunk.choices[0]?.delta as { readonly images?: readonly unknown[] } | undefined
      images.push(...(delta?.images ?? []))
    }
    expect(images).toHaveLength(2)
  })
})

async function caught(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => null,
    (error: unknown) => error,
  )
}

const tooLong = {
  openai: openaiRefusal(400, 'Your input exceeds the context window.', 'messages', 'context_length_exceeded'),
  anthropic: anthropicRefusal(400, 'invalid_request_error', 'prompt is too long: 250000 tokens > 200000 maximum'),
  gemini: geminiRefusal(
    400,
    'INVALID_ARGUMENT',
    'The input token count (2000000) exceeds the maximum number of tokens allowed (1048576).',
  ),
} as const satisfies Record<string, Script>

const limited = {
  openai: openaiRefusal(429, 'Rate limit reached.', null, 'rate_limit_exceeded'),
  anthropic: anthropicRefusal(429, 'rate_limit_error', 'This request would exceed your rate limit.'),
  gemini: geminiRefusal(429, 'RESOURCE_EXHAUSTED', 'You exceeded your current quota.'),
} as const satisfies Record<string, Script>

const unfinished = {
  openai: {
    cut: json({ id: 'c', model: 'm', choices: [{ index: 0, message: { content: '{' }, finish_reason: 'length' }] }),
    filtered: json({
      id: 'c',
      model: 'm',
      choices: [{ index: 0, message: { content: null }, finish_reason: 'content_filter' }],
    }),
  },
  anthropic: {
    cut: json({ id: 'm', type: 'message', content: [{ type: 'text', text: '{' }], stop_reason: 'max_tokens' }),
    filtered: json({ id: 'm', type: 'message', content: [], stop_reason: 'refusal' }),
  },
  gemini: {
    cut: json({ candidates: [{ content: { role: 'model' }, finishReason: 'MAX_TOKENS' }] }),
    filtered: json({ promptFeedback: { blockReason: 'SAFETY' } }),
  },
} as const

const event = (value: object): string => `data: ${JSON.stringify(value)}\n\n`

const beginning = {
  openai: event({ id: 'c', model: 'm', choices: [{ index: 0, delta: { role: 'assistant', content: 'Hel' } }] }),
  anthropic:
    event({ type: 'message_start', message: { id: 'm', model: 'm', usage: { input_tokens: 3 } } }) +
    event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: 'Hel' } }),
  gemini: event({ candidates: [{ content: { role: 'model', parts: [{ text: 'Hel' }] } }] }),
} as const
