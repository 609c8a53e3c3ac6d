import { AIMessageChunk, HumanMessage, type ToolMessage } from '@langchain/core/messages'
import { tool } from '@langchain/core/tools'
import { ChatOpenAI, type ChatOpenAIFields, OpenAIEmbeddings } from '@langchain/openai'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { greeting, paris, tokens } from '../support/fake-providers/said.ts'
import { vector } from '../support/fake-providers/openai.ts'
import { expectPythonReads, type Journey, startJourney, ways } from '../support/journey.ts'

/** LangChain's client, which asks every stream for its usage (J03). */
let journey: Journey

beforeAll(async () => {
  journey = await startJourney()
})
afterEach(() => {
  expectPythonReads(journey.recording)
})
afterAll(() => journey.dispose())

function chat(model: string, fields: Partial<ChatOpenAIFields> = {}): ChatOpenAI {
  return new ChatOpenAI({ model, apiKey: journey.app.key, configuration: configuration(), ...fields })
}

const configuration = () => ({ baseURL: journey.baseUrl, fetch: journey.recording.fetch })
const usage = {
  input_tokens: tokens.input,
  output_tokens: tokens.output,
  total_tokens: tokens.input + tokens.output,
  input_token_details: { cache_read: tokens.cached },
}
const weather = tool(({ city }) => `sunny in ${city}`, {
  name: 'get_weather',
  description: 'The weather of a city',
  schema: z.object({ city: z.string() }),
})
const City = z.object({ city: z.string(), degrees: z.number() })
const calls = [
  { name: 'get_weather', args: { city: 'Paris' } },
  { name: 'get_weather', args: { city: 'Rome' } },
]

async function streamed(chunks: AsyncIterable<AIMessageChunk>): Promise<AIMessageChunk> {
  let whole: AIMessageChunk | null = null
  for await (const chunk of chunks) whole = whole === null ? chunk : whole.concat(chunk)
  return whole ?? new AIMessageChunk('')
}

describe.each(ways)('$provider through $as', ({ model }) => {
  it('invoke', async () => {
    const message = await chat(model).invoke('Hello')
    expect(message.text).toBe(greeting)
    expect(message.usage_metadata).toMatchObject(usage)
    expect(message.response_metadata).toMatchObject({ finish_reason: 'stop' })
  })

  it('stream: the pieces merge, with usage (J03)', async () => {
    const message = await streamed(await chat(model).stream('Hello'))
    expect(message.text).toBe(greeting)
    expect(message.usage_metadata).toMatchObject(usage)
    expect(message.response_metadata).toMatchObject({ finish_reason: 'stop' })
  })

  it('bindTools: two calls, their results, and the answer to them', async () => {
    const bound = chat(model).bindTools([weather])
    const asked = new HumanMessage('The weather in Paris and Rome?')
    const first = await bound.invoke([asked])
    expect(first.tool_calls).toMatchObject(calls)
    const results = await Promise.all((first.tool_calls ?? []).map((call) => weather.invoke(call)))
    const second = await bound.invoke([asked, first, ...(results as ToolMessage[])])
    expect(second.text).toBe('So: sunny in Paris and sunny in Rome.')
  })

  it('bindTools in a stream: tool_call_chunks merge by their index (J03)', async () => {
    const bound = chat(model).bindTools([weather])
    const asked = new HumanMessage('The weather in Paris and Rome?')
    const first = await streamed(await bound.stream([asked]))
    expect(first.tool_call_chunks?.map(({ index, args }) => [index, args])).toEqual([
      [0, '{"city":"Paris"}'],
      [1, '{"city":"Rome"}'],
    ])
    expect(first.tool_calls).toMatchObject(calls)
    const results = await Promise.all((first.tool_calls ?? []).map((call) => weather.invoke(call)))
    const second = await streamed(await bound.stream([asked, first, ...(results as ToolMessage[])]))
    expect(second.text).toBe('So: sunny in Paris and sunny in Rome.')
  })

  it.each(['jsonSchema', 'functionCalling'] as const)('withStructuredOutput by %s', async (method) => {
    const structured = chat(model).withStructuredOutput(City, { name: 'city', method })
    expect(await structured.invoke('Hello')).toEqual(paris)
  })

  it('withStructuredOutput in a stream', async () => {
    const structured = chat(model).withStructuredOutput(City, { name: 'city', method: 'jsonSchema' })
    let last: unknown = null
    for await (const partial of await structured.stream('Hello')) last = partial
    expect(last).toEqual(paris)
  })

  it('the Responses API', async () => {
    const client = chat(model, { useResponsesApi: true })
    const whole = await client.invoke('Hello')
    expect(whole.text).toBe(greeting)
    expect(whole.usage_metadata).toMatchObject(usage)
    const message = await streamed(await client.stream('Hello'))
    expect(message.text).toBe(greeting)
    expect(message.usage_metadata).toMatchObject(usage)
  })

  it('the Responses API with calls', async () => {
    const bound = chat(model, { useResponsesApi: true, zdrEnabled: true }).bindTools([weather])
    const asked = new HumanMessage('The weather in Paris and Rome?')
    const first = await bound.invoke([asked])
    expect(first.tool_calls).toMatchObject(calls)
    const results = await Promise.all((first.tool_calls ?? []).map((call) => weather.invoke(call)))
    const second = await bound.invoke([asked, first, ...(results as ToolMessage[])])
    expect(second.text).toBe('So: sunny in Paris and sunny in Rome.')
  })
})

it.each(['openai/text-embedding-3-small', 'gemini/gemini-embedding-001'])('embeddings of %s', async (model) => {
  const embeddings = new OpenAIEmbeddings({ model, apiKey: journey.app.key, configuration: configuration() })
  expect(await embeddings.embedQuery('first')).toEqual([...new Float32Array(vector)])
})
