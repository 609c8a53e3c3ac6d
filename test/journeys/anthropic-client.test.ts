import Anthropic from '@anthropic-ai/sdk'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { refusal as anthropicRefusal, signature } from '../support/fake-providers/anthropic.ts'
import { refusal as geminiRefusal } from '../support/fake-providers/gemini.ts'
import { refusal as openaiRefusal } from '../support/fake-providers/openai.ts'
import { greeting, thought, tokens } from '../support/fake-providers/said.ts'
import { expectPythonReads, type Journey, models, startJourney, ways } from '../support/journey.ts'
import { type Script, signal } from '../support/scripted-upstream.ts'

/** Anthropic's own client on `/v1/messages`, at Anthropic's own endpoint and translated for the others. */
let journey: Journey
let client: Anthropic

beforeAll(async () => {
  journey = await startJourney()
  client = new Anthropic({ apiKey: journey.app.key, baseURL: journey.app.url, fetch: journey.recording.fetch })
})
afterEach(() => {
  expectPythonReads(journey.recording)
})
afterAll(() => journey.dispose())

const max_tokens = 4000
const hello: Anthropic.MessageParam[] = [{ role: 'user', content: 'Hello' }]
const askWeather: Anthropic.MessageParam[] = [{ role: 'user', content: 'The weather in Paris and Rome?' }]
const weather: Anthropic.Tool = {
  name: 'get_weather',
  description: 'The weather of a city',
  input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
}
const usage = {
  input_tokens: tokens.input - tokens.cached,
  cache_read_input_tokens: tokens.cached,
  output_tokens: tokens.output,
}

function resultsFor(message: Anthropic.Message): Anthropic.MessageParam[] {
  const results = message.content.flatMap((block): Anthropic.ToolResultBlockParam[] =>
    block.type === 'tool_use'
      ? [
          {
            type: 'tool_result',
            tool_use_id: block.id,
            content: `sunny in ${(block.input as { city: string }).city}`,
          },
        ]
      : [],
  )
  return [
    { role: 'assistant', content: message.content },
    { role: 'user', content: results },
  ]
}

describe.each(ways)('$provider through $as', ({ provider, as, model }) => {
  it('create', async () => {
    const asked = client.messages.create({ model, max_tokens, messages: hello })
    const { data, request_id: id } = await asked.withResponse()
    expect(data).toMatchObject({
      type: 'message',
      role: 'assistant',
      content: [{ type: 'text', text: greeting }],
      stop_reason: 'end_turn',
      usage,
    })
    expect(id).toBe(journey.recording.requestIds.at(-1))
    expect(await asked).toHaveProperty('_request_id', id)
  })

  it('create with stream: the events of a message in their order', async () => {
    const stream = await client.messages.create({ model, max_tokens, messages: hello, stream: true })
    const types: string[] = []
    let text = ''
    for await (const event of stream) {
      if (types.at(-1) !== event.type) types.push(event.type)
      if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') text += event.delta.text
    }
    expect(text).toBe(greeting)
    expect(types).toEqual([
      'message_start',
      'content_block_start',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ])
  })

  it('the .stream() helper', async () => {
    const heard: string[] = []
    const stream = client.messages.stream({ model, max_tokens, messages: hello }).on('text', (text) => heard.push(text))
    expect(await stream.finalText()).toBe(greeting)
    expect(heard.join('')).toBe(greeting)
    expect(await stream.finalMessage()).toMatchObject({ stop_reason: 'end_turn', usage })
  })

  it.each([false, true])('two calls, their results, and the answer to them, stream %s', async (stream) => {
    const ask = (messages: Anthropic.MessageParam[]): Promise<Anthropic.Message> => {
      const body = { model, max_tokens, messages, tools: [weather] }
      return stream ? client.messages.stream(body).finalMessage() : client.messages.create(body)
    }
    const first = await ask(askWeather)
    expect(first.stop_reason).toBe('tool_use')
    expect(first.content).toMatchObject([
      { type: 'text', text: 'I look.' },
      { type: 'tool_use', name: 'get_weather', input: { city: 'Paris' } },
      { type: 'tool_use', name: 'get_weather', input: { city: 'Rome' } },
    ])
    const second = await ask([...askWeather, ...resultsFor(first)])
    expect(second.content).toMatchObject([{ type: 'text', text: 'So: sunny in Paris and sunny in Rome.' }])
  })

  it.each([false, true])('thinking comes as blocks and goes back with the results, stream %s', async (stream) => {
    const ask = (messages: Anthropic.MessageParam[]): Promise<Anthropic.Message> => {
      const thinking = { type: 'enabled', budget_tokens: 1024 } as const
      const body = { model, max_tokens, messages, tools: [weather], thinking }
      return stream ? client.messages.stream(body).finalMessage() : client.messages.create(body)
    }
    const first = await ask(askWeather)
    expect(first.content.map((block) => block.type)).toEqual(['thinking', 'text', 'tool_use', 'tool_use'])
    expect(first.content[0]).toMatchObject({ thinking: thought, signature: provider === 'anthropic' ? signature : '' })
    const second = await ask([...askWeather, ...resultsFor(first)])
    expect(second.content.map((block) => block.type)).toEqual(['thinking', 'text'])
    expect(second.content[1]).toMatchObject({ text: 'So: sunny in Paris and sunny in Rome.' })
  })

  it('an answer by a schema', async () => {
    const schema = { type: 'object', properties: { city: { type: 'string' } }, additionalProperties: true }
    const body = { model, max_tokens, messages: hello, output_config: { format: { type: 'json_schema', schema } } }
    const message = await client.messages.create(body as Anthropic.MessageCreateParamsNonStreaming)
    expect(message.content).toMatchObject([{ type: 'text', text: '{"city":"Paris","degrees":21}' }])
  })

  it('errors have the class, the shape and the status of Anthropic', async () => {
    journey.upstreams[provider].next(tooLong[provider])
    const refused = await caught(client.messages.create({ model, max_tokens, messages: hello }))
    expect(refused).toBeInstanceOf(Anthropic.BadRequestError)
    expect(refused).toMatchObject({
      error: { type: 'error', error: { type: 'invalid_request_error' } },
      requestID: journey.recording.requestIds.at(-1),
    })
    const { next, requests } = journey.upstreams[provider]
    const before = requests.length
    next(overloaded[provider], overloaded[provider], overloaded[provider])
    const busy = await caught(client.messages.create({ model, max_tokens, messages: hello, stream: true }))
    expect(busy).toBeInstanceOf(Anthropic.InternalServerError)
    expect(busy).toMatchObject({ error: { type: 'error', error: { type: 'overloaded_error' } } })
    expect(requests.length - before).toBe(3)
  })

  it('abort closes the call upstream, before the first byte and in mid-stream', async () => {
    const { next, requests } = journey.upstreams[provider]
    const arrived = signal()
    next(() => arrived.give())
    const controller = new AbortController()
    const asked = caught(client.messages.create({ model, max_tokens, messages: hello }, { signal: controller.signal }))
    await arrived.reached
    controller.abort()
    expect(await asked).toBeInstanceOf(Anthropic.APIUserAbortError)
    expect(await requests.at(-1)?.closed).toBe(true)

    next(async (answer) => {
      answer.head(200, { 'content-type': 'text/event-stream' })
      await answer.write(beginning[provider])
    })
    const stream = await client.messages.create({ model, max_tokens, messages: hello, stream: true })
    for await (const event of stream) if (event.type === 'content_block_start') break
    expect(await requests.at(-1)?.closed).toBe(true)
    const exchange = await journey.app.exchange(journey.recording.requestIds.at(-1) ?? '')
    expect(exchange).toMatchObject({ outcome: 'client_closed', prompt: as === 'a prompt' ? `help-${provider}` : null })
  })
})

it('a key that is none is told in Anthropic’s words', async () => {
  const stranger = new Anthropic({ apiKey: 'pb-none', baseURL: journey.app.url })
  const error = await caught(stranger.messages.create({ model: models.openai, max_tokens, messages: hello }))
  expect(error).toBeInstanceOf(Anthropic.AuthenticationError)
  expect(error).toMatchObject({ error: { type: 'error', error: { type: 'authentication_error' } } })
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
  gemini: geminiRefusal(400, 'INVALID_ARGUMENT', 'The input token count (2000000) exceeds the maximum.'),
} as const satisfies Record<string, Script>

const overloaded = {
  openai: openaiRefusal(503, 'The engine is currently overloaded, please try again later.', null, null),
  anthropic: anthropicRefusal(529, 'overloaded_error', 'Overloaded'),
  gemini: geminiRefusal(503, 'UNAVAILABLE', 'The model is overloaded. Please try again later.'),
} as const satisfies Record<string, Script>

const event = (value: { readonly type?: string }): string =>
  `${value.type === undefined ? '' : `event: ${value.type}\n`}data: ${JSON.stringify(value)}\n\n`

const beginning = {
  openai: `data: ${JSON.stringify({ id: 'c', choices: [{ index: 0, delta: { role: 'assistant', content: 'Hel' } }] })}\n\n`,
  anthropic:
    event({ type: 'message_start', message: { id: 'm', model: 'm', usage: { input_tokens: 3 } } } as { type: string }) +
    event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: 'Hel' } } as { type: string }),
  gemini: `data: ${JSON.stringify({ candidates: [{ content: { role: 'model', parts: [{ text: 'Hel' }] } }] })}\n\n`,
} as const
