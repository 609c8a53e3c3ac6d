import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import OpenAI from 'openai'
import { afterEach, describe, expect, it } from 'vitest'
import { Fault } from '../../../src/core/fault.ts'
import type { JsonObject } from '../../../src/core/json.ts'
import { completionsDialect } from '../../../src/dialects/completions/completions.ts'
import type { AnswerChunk } from '../../../src/providers/provider.ts'
import { CollectingSink } from '../../providers/collecting-sink.ts'
import { noFlow, requestOf, usage } from '../messages/support.ts'

const reported = { prompt_tokens: 100, completion_tokens: 40, total_tokens: 140 }
const wanting: JsonObject = { stream_options: { include_usage: true } }

function chunkOf(choices: readonly JsonObject[], more: JsonObject = {}): AnswerChunk {
  const value: JsonObject = {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1_767_268_800,
    model: 'claude-haiku-4-5',
    choices,
    ...more,
  }
  return { json: JSON.stringify(value), value, usage: more['usage'] === undefined ? null : usage, internal: false }
}

const delta = (content: JsonObject, finish: string | null = null, index = 0): AnswerChunk =>
  chunkOf([{ index, delta: content, finish_reason: finish }])

function tell(chunks: readonly AnswerChunk[], stream: boolean, body: JsonObject = {}): CollectingSink {
  const sink = new CollectingSink()
  const told = completionsDialect.answer(requestOf({ stream, body, model: 'claude-haiku-4-5' }), sink)
  told.head({ status: 200, stream, headers: {}, upstreamRequestId: null }, noFlow)
  for (const chunk of chunks) told.chunk(chunk)
  told.flush()
  told.end()
  return sink
}

const streamed = [
  delta({ role: 'assistant', content: '' }),
  delta({ reasoning_content: 'Hm' }),
  delta({ content: 'Once ' }),
  delta({ content: 'upon' }),
  delta({}, 'length'),
  chunkOf([], { usage: reported }),
]

describe('a chat answer as a legacy completion', () => {
  it('is a text_completion in one piece (I03)', () => {
    const message = { role: 'assistant', content: 'Once upon' }
    const sink = tell([chunkOf([{ index: 0, message, finish_reason: 'stop' }], { usage: reported })], false)
    expect(sink.sent).toEqual([
      {
        id: 'cmpl-01900000-0000-7000-8000-000000000000',
        object: 'text_completion',
        created: 1_767_268_800,
        model: 'claude-haiku-4-5',
        choices: [{ text: 'Once upon', index: 0, logprobs: null, finish_reason: 'stop' }],
        usage: reported,
      },
    ])
    expect(sink.usages).toEqual([usage])
  })

  it('is streamed in chunks that say something, all of the same id (I03)', () => {
    const sink = tell(streamed, true)
    expect(sink.sent.map((chunk) => chunk.choices)).toEqual([
      [{ text: 'Once ', index: 0, logprobs: null, finish_reason: null }],
      [{ text: 'upon', index: 0, logprobs: null, finish_reason: null }],
      [{ text: '', index: 0, logprobs: null, finish_reason: 'length' }],
    ])
    expect(new Set(sink.sent.map((chunk) => [chunk.id, chunk.object, chunk.model].join()))).toHaveLength(1)
    expect(sink.chunks.every((chunk) => chunk.event === undefined)).toBe(true)
  })

  it('counts the tokens, and shows them to the client that asked (E01, E02)', () => {
    const quiet = tell(streamed, true)
    expect(quiet.usages).toEqual([usage])
    expect(quiet.sent.every((chunk) => chunk.choices.length > 0 && chunk.usage === undefined)).toBe(true)
    const asked = tell(streamed, true, wanting)
    expect(asked.usages).toEqual([usage])
    expect(asked.sent.at(-1)).toMatchObject({ object: 'text_completion', choices: [], usage: reported })
  })

  it('tells every choice (D06)', () => {
    const choices = [0, 1].map((index) => ({ index, message: { content: `text ${index}` }, finish_reason: 'stop' }))
    expect(tell([chunkOf(choices)], false).sent[0]?.choices).toMatchObject([
      { index: 0, text: 'text 0' },
      { index: 1, text: 'text 1' },
    ])
    const sink = tell([delta({ content: 'a' }, null, 1), delta({}, 'stop', 1), delta({}, 'stop', 0)], true)
    expect(sink.sent.map(({ choices: [choice] }) => [choice?.index, choice?.finish_reason])).toEqual([
      [1, null],
      [1, 'stop'],
      [0, 'stop'],
    ])
  })

  it.each([
    ['tool_calls', 'stop'],
    ['content_filter', 'content_filter'],
  ])('ends for %s as %s, in the words completions have', (chat, told) => {
    expect(tell([delta({}, chat)], true).sent[0]?.choices[0]?.finish_reason).toBe(told)
  })

  it('passes a fault on', () => {
    const sink = new CollectingSink()
    const fault = new Fault('upstream_interrupted', 'The provider broke off.')
    completionsDialect.answer(requestOf(), sink).fail(fault)
    expect(sink.fault).toBe(fault)
  })
})

describe('OpenAI’s own client', () => {
  let server: Server | null = null
  afterEach(() => {
    server?.closeAllConnections()
    server?.close()
  })

  it('reads the stream (I03, J01)', async () => {
    const events = [...tell(streamed, true, wanting).texts, '[DONE]'].map((data) => `data: ${data}\n\n`).join('')
    const started = createServer((request, response) => {
      request.resume().on('end', () => response.writeHead(200, { 'content-type': 'text/event-stream' }).end(events))
    })
    server = started
    await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve))
    const { port } = started.address() as AddressInfo
    const client = new OpenAI({ apiKey: 'key', baseURL: `http://127.0.0.1:${port}`, maxRetries: 0 })
    const stream = await client.completions.create({
      model: 'anthropic/claude-haiku-4-5',
      prompt: 'Once',
      stream: true,
    })
    let text = ''
    let total: number | undefined
    for await (const chunk of stream) {
      text += chunk.choices[0]?.text ?? ''
      total = chunk.usage?.total_tokens ?? total
    }
    expect([text, total]).toEqual(['Once upon', 140])
  })
})
