import { createOpenAI } from '@ai-sdk/openai'
import { generateText, streamText } from 'ai'
import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../src/core/json.ts'
import type { CollectingSink } from '../../providers/collecting-sink.ts'
import { chunkOf, completionOf, finalOf, streamed, usageChunk, whole, wireOf } from './over-chat.ts'

/** Answers every request of a client with these bytes, cut into pieces of seven. */
function answering(body: string, type = 'text/event-stream'): typeof fetch {
  return () => {
    const bytes = new TextEncoder().encode(body)
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let at = 0; at < bytes.length; at += 7) controller.enqueue(bytes.subarray(at, at + 7))
        controller.close()
      },
    })
    return Promise.resolve(new Response(stream, { headers: { 'content-type': type } }))
  }
}

function openai(sink: CollectingSink): OpenAI {
  return new OpenAI({ apiKey: 'sk-test', maxRetries: 0, fetch: answering(wireOf(sink)) })
}

function aiSdk(body: string, type?: string): ReturnType<ReturnType<typeof createOpenAI>['responses']> {
  return createOpenAI({ apiKey: 'sk-test', fetch: answering(body, type) }).responses('gpt-5')
}

const call: JsonObject = { id: 'call_a', type: 'function', function: { name: 'look', arguments: '' } }
const chunks = [
  chunkOf({ role: 'assistant', content: '' }),
  chunkOf({ reasoning_content: 'Hm.' }),
  chunkOf({ content: 'Hel' }),
  chunkOf({ content: 'lo \u{1F600}' }),
  chunkOf({
    annotations: [
      { type: 'url_citation', url_citation: { url: 'https://a.example', title: 'A', start_index: 0, end_index: 2 } },
    ],
  }),
  chunkOf({ tool_calls: [{ index: 0, ...call }] }),
  chunkOf({ tool_calls: [{ index: 0, function: { arguments: '{"a"' } }] }),
  chunkOf({ tool_calls: [{ index: 0, function: { arguments: ':1}' } }] }),
  chunkOf({}, 'tool_calls'),
  usageChunk,
]

describe('the OpenAI client', () => {
  it.each([undefined, 'auto'])(
    'reads a stream with its strict accumulator (I06, J01), summary: %s',
    async (summary) => {
      const sink = streamed(chunks, summary === undefined ? {} : { reasoning: { summary } })
      const stream = openai(sink).responses.stream({ model: 'm', input: 'x' })
      const snapshots: string[] = []
      stream.on('response.output_text.delta', (event) => snapshots.push(event.snapshot))
      const final = await stream.finalResponse()
      expect(snapshots).toEqual(['Hel', 'Hello \u{1F600}'])
      expect(final.output_text).toBe('Hello \u{1F600}')
      expect(final.output.map((item) => item.type)).toEqual(['reasoning', 'message', 'function_call'])
      expect(final).toMatchObject({ status: 'completed', usage: { input_tokens: 20, total_tokens: 29 } })
    },
  )

  it('reads an answer in one piece', async () => {
    const body = JSON.stringify(whole(completionOf({ content: 'Hello' })).response)
    const client = new OpenAI({ apiKey: 'sk-test', fetch: answering(body, 'application/json') })
    const response = await client.responses.create({ model: 'm', input: 'x' })
    expect(response.output_text).toBe('Hello')
  })

  it('reads its own format out of structured output', async () => {
    const format = { type: 'json_schema', name: 'a', strict: true, schema: { type: 'object' } } as const
    const body = JSON.stringify(whole(completionOf({ content: '{"a":1}' }), { text: { format } }).response)
    const client = new OpenAI({ apiKey: 'sk-test', fetch: answering(body, 'application/json') })
    const response = await client.responses.parse({ model: 'm', input: 'x', text: { format } })
    expect(response.output_parsed).toEqual({ a: 1 })
  })
})

describe('the AI SDK', () => {
  it('reads a stream (J02)', async () => {
    const sink = streamed(chunks, { reasoning: { summary: 'auto' } })
    const errors: unknown[] = []
    const result = streamText({
      model: aiSdk(wireOf(sink)),
      prompt: 'x',
      onError: ({ error }) => void errors.push(error),
    })
    const parts: string[] = []
    for await (const part of result.fullStream) parts.push(part.type)
    expect(errors).toEqual([])
    expect(parts).not.toContain('error')
    expect(await result.text).toBe('Hello \u{1F600}')
    expect(await result.reasoningText).toBe('Hm.')
    expect(await result.finishReason).toBe('tool-calls')
    expect(await result.usage).toMatchObject({ inputTokens: 20, outputTokens: 9 })
  })

  it('reads an answer in one piece', async () => {
    const response = whole(completionOf({ content: 'Hello', reasoning_content: 'Hm.' }), {
      reasoning: { summary: 'auto' },
    }).response
    const result = await generateText({ model: aiSdk(JSON.stringify(response), 'application/json'), prompt: 'x' })
    expect(result).toMatchObject({ text: 'Hello', reasoningText: 'Hm.', finishReason: 'stop' })
  })

  it('sees that an answer was cut', async () => {
    const sink = streamed([chunkOf({ role: 'assistant', content: 'Hel' }), chunkOf({}, 'length'), usageChunk])
    expect(finalOf(sink)).toMatchObject({ status: 'incomplete' })
    const result = streamText({ model: aiSdk(wireOf(sink)), prompt: 'x' })
    await result.consumeStream()
    expect(await result.finishReason).toBe('length')
  })
})
