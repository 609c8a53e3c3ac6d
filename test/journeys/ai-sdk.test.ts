import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { generateObject, generateText, type LanguageModel, stepCountIs, streamObject, streamText, tool } from 'ai'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { greeting, paris, thought, tokens } from '../support/fake-providers/said.ts'
import { expectPythonReads, type Journey, startJourney, ways } from '../support/journey.ts'

/** Vercel's AI SDK by its two packages, three APIs in all, in front of three kinds of providers (J02). */
let journey: Journey

beforeAll(async () => {
  journey = await startJourney()
})
afterEach(() => {
  expectPythonReads(journey.recording)
})
afterAll(() => journey.dispose())

const settings = () => ({
  apiKey: journey.app.key,
  baseURL: journey.baseUrl,
  fetch: journey.recording.fetch,
})
const clients = {
  'openai-compatible': (model: string): LanguageModel =>
    createOpenAICompatible({
      name: 'promptbox',
      includeUsage: true,
      supportsStructuredOutputs: true,
      ...settings(),
    }).chatModel(model),
  'openai .chat()': (model: string): LanguageModel => createOpenAI(settings()).chat(model),
  'openai .responses()': (model: string): LanguageModel => createOpenAI(settings()).responses(model),
} as const
const cases = ways.flatMap((way) => (Object.keys(clients) as (keyof typeof clients)[]).map((api) => ({ ...way, api })))

/** Without it the Responses API is asked to look up items by id, which only their provider could. */
const providerOptions = { openai: { store: false } }
const usage = { inputTokens: tokens.input, outputTokens: tokens.output, totalTokens: tokens.input + tokens.output }
const City = z.object({ city: z.string(), degrees: z.number() })

function weather(asked: string[]) {
  return tool({
    description: 'The weather of a city',
    inputSchema: z.object({ city: z.string() }),
    execute: ({ city }) => {
      asked.push(city)
      return `sunny in ${city}`
    },
  })
}

describe.each(cases)('$api: $provider through $as', ({ api, model }) => {
  it('generateText', async () => {
    const result = await generateText({ model: clients[api](model), prompt: 'Hello' })
    expect(result).toMatchObject({ text: greeting, finishReason: 'stop', usage, warnings: [] })
    expect(result.usage.inputTokenDetails.cacheReadTokens).toBe(tokens.cached)
  })

  it('streamText: no error part, one finish, usage (J02)', async () => {
    const result = streamText({ model: clients[api](model), prompt: 'Hello', onError: () => undefined })
    const types: string[] = []
    for await (const part of result.fullStream) types.push(part.type)
    expect(types).not.toContain('error')
    expect(types.filter((type) => type === 'finish')).toHaveLength(1)
    expect(await result.text).toBe(greeting)
    expect(await result.finishReason).toBe('stop')
    expect(await result.usage).toMatchObject(usage)
  })

  it('generateText with tools goes through two calls and a second step', async () => {
    const asked: string[] = []
    const result = await generateText({
      model: clients[api](model),
      prompt: 'The weather in Paris and Rome?',
      tools: { get_weather: weather(asked) },
      stopWhen: stepCountIs(3),
      providerOptions,
    })
    expect(asked).toEqual(['Paris', 'Rome'])
    expect(result.steps.map((step) => step.finishReason)).toEqual(['tool-calls', 'stop'])
    expect(result.text).toBe('So: sunny in Paris and sunny in Rome.')
    expect(result.totalUsage).toMatchObject({ inputTokens: 2 * tokens.input, outputTokens: 2 * tokens.output })
  })

  it('streamText with tools goes through two calls and a second step (J02)', async () => {
    const asked: string[] = []
    const errors: unknown[] = []
    const result = streamText({
      model: clients[api](model),
      prompt: 'The weather in Paris and Rome?',
      tools: { get_weather: weather(asked) },
      stopWhen: stepCountIs(3),
      providerOptions,
      onError: ({ error }) => void errors.push(error),
    })
    await result.consumeStream()
    expect(errors).toEqual([])
    expect(asked).toEqual(['Paris', 'Rome'])
    expect((await result.steps).map((step) => step.finishReason)).toEqual(['tool-calls', 'stop'])
    expect(await result.text).toBe('So: sunny in Paris and sunny in Rome.')
  })

  it('generateObject and streamObject', async () => {
    const asked = { model: clients[api](model), schema: City, prompt: 'Hello' }
    const whole = await generateObject(asked)
    expect(whole).toMatchObject({ object: paris, finishReason: 'stop', usage })
    const streamed = streamObject(asked)
    for await (const _partial of streamed.partialObjectStream) continue
    expect(await streamed.object).toEqual(paris)
    expect(await streamed.usage).toMatchObject(usage)
  })
})

describe.each(ways)('thinking of $provider through $as', ({ model }) => {
  it('is read as reasoning by the compatible provider, and goes back with tools', async () => {
    const errors: unknown[] = []
    const result = streamText({
      model: clients['openai-compatible'](model),
      prompt: 'The weather in Paris and Rome?',
      tools: { get_weather: weather([]) },
      stopWhen: stepCountIs(3),
      providerOptions: { promptbox: { reasoningEffort: 'low' } },
      onError: ({ error }) => void errors.push(error),
    })
    await result.consumeStream()
    expect(errors).toEqual([])
    expect((await result.steps).map((step) => step.reasoningText)).toEqual([thought, thought])
    expect(await result.text).toBe('So: sunny in Paris and sunny in Rome.')
    expect((await result.usage).outputTokenDetails.reasoningTokens).toBe(tokens.reasoning)
  })
})
