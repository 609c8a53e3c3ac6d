import OpenAI from 'openai'
import { zodTextFormat } from 'openai/helpers/zod'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { greeting, paris, thought, tokens } from '../support/fake-providers/said.ts'
import { expectPythonReads, type Journey, startJourney, ways } from '../support/journey.ts'
import { signal } from '../support/scripted-upstream.ts'

/** OpenAI's own client and its Responses API, native at one provider and translated at the others (J01, I05, I06, I09). */
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

const tool: OpenAI.Responses.FunctionTool = {
  type: 'function',
  name: 'get_weather',
  description: 'The weather of a city',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  strict: false,
}
const usage = {
  input_tokens: tokens.input,
  input_tokens_details: { cached_tokens: tokens.cached },
  output_tokens: tokens.output,
  total_tokens: tokens.input + tokens.output,
}

describe.each(ways)('$provider through $as', ({ provider, model }) => {
  it('create', async () => {
    const asked = client.responses.create({ model, instructions: 'Be brief.', input: 'Hello' })
    const { data, request_id: id } = await asked.withResponse()
    expect(data).toMatchObject({ object: 'response', status: 'completed', output_text: greeting, usage })
    expect(id).toBe(journey.recording.requestIds.at(-1))
  })

  it('create with stream: event names are types, numbers go up, the response comes last', async () => {
    const stream = await client.responses.create({ model, input: 'Hello', stream: true })
    const events: OpenAI.Responses.ResponseStreamEvent[] = []
    for await (const event of stream) events.push(event)
    expect(events.map((event) => event.sequence_number)).toEqual(events.map((_event, at) => at))
    expect(events[0]?.type).toBe('response.created')
    expect(events.at(-1)).toMatchObject({ type: 'response.completed', response: { status: 'completed', usage } })
    const text = events.map((event) => (event.type === 'response.output_text.delta' ? event.delta : '')).join('')
    expect(text).toBe(greeting)
    const sent = journey.recording.streams.at(-1)?.text ?? ''
    for (const [, name, type] of sent.matchAll(/event: (\S+)\ndata: \{"type":"([^"]+)"/g)) expect(name).toBe(type)
  })

  it('the .stream() helper, with two calls at once', async () => {
    const final = await client.responses.stream({ model, input: 'The weather?', tools: [tool] }).finalResponse()
    expect(final.output.map((item) => item.type)).toEqual(['message', 'function_call', 'function_call'])
    expect(final.output.slice(1)).toMatchObject([
      { name: 'get_weather', arguments: '{"city":"Paris"}' },
      { name: 'get_weather', arguments: '{"city":"Rome"}' },
    ])
    expect(final).toMatchObject({ status: 'completed', usage })
  })

  it.each([false, true])('a second turn with the results of the calls, stream %s', async (stream) => {
    const ask = async (input: OpenAI.Responses.ResponseInput): Promise<OpenAI.Responses.Response> => {
      const reasoning = { effort: 'low', summary: 'auto' } as const
      const body = { model, input, tools: [tool], store: false, reasoning }
      return stream ? client.responses.stream(body).finalResponse() : client.responses.create(body)
    }
    const input: OpenAI.Responses.ResponseInput = [{ role: 'user', content: 'The weather?' }]
    const first = await ask(input)
    input.push(...(first.output as OpenAI.Responses.ResponseInputItem[]))
    for (const item of first.output) {
      if (item.type !== 'function_call') continue
      const { city } = z.object({ city: z.string() }).parse(JSON.parse(item.arguments))
      input.push({ type: 'function_call_output', call_id: item.call_id, output: `sunny in ${city}` })
    }
    const second = await ask(input)
    expect(second.output_text).toBe('So: sunny in Paris and sunny in Rome.')
    const [reasoning] = second.output
    expect(reasoning).toMatchObject({ type: 'reasoning', summary: [{ type: 'summary_text', text: thought }] })
    expect(second.usage?.output_tokens_details.reasoning_tokens).toBe(tokens.reasoning)
  })

  it('parse with a zod schema, whole and streamed', async () => {
    const City = z.object({ city: z.string(), degrees: z.number() })
    const request = { model, input: 'Hello', text: { format: zodTextFormat(City, 'city') } }
    expect((await client.responses.parse(request)).output_parsed).toEqual(paris)
    expect((await client.responses.stream(request).finalResponse()).output_parsed).toEqual(paris)
  })

  it('abort in mid-stream closes the call upstream', async () => {
    const arrived = signal()
    journey.upstreams[provider].next(() => arrived.give())
    const controller = new AbortController()
    const asked = client.responses
      .create({ model, input: 'Hello', stream: true }, { signal: controller.signal })
      .catch((error: unknown) => error)
    await arrived.reached
    controller.abort()
    expect(await asked).toBeInstanceOf(OpenAI.APIUserAbortError)
    expect(await journey.upstreams[provider].requests.at(-1)?.closed).toBe(true)
  })
})

it('what cannot be kept is refused with the field that asked for it', async () => {
  const asked = client.responses.create({
    model: 'anthropic/claude-haiku-4-5',
    input: 'Hello',
    previous_response_id: 'resp_1',
  })
  await expect(asked).rejects.toMatchObject({ status: 400, param: 'previous_response_id' })
})
