/**
 * What translating a stream costs: text deltas of an OpenAI-type, an Anthropic and a Gemini upstream, from bytes to the
 * chunks a client gets, without sockets. The bar: Anthropic and Gemini at most 3 microseconds per event over pass-through.
 *
 *   node --import tsx bench/translation.ts
 */
import { ThinkingMemory } from '../src/providers/thinking-memory.ts'
import { ChatAnswer } from '../src/providers/chat/chat-answer.ts'
import type { OpenReading } from '../src/providers/chat/reading.ts'
import { OpenAiReading } from '../src/providers/openai-compatible/reading.ts'
import { AnthropicReading } from '../src/providers/anthropic/reading.ts'
import { toMessagesRequest } from '../src/providers/anthropic/request.ts'
import { GeminiReading } from '../src/providers/gemini/reading.ts'
import { toGenerateContent } from '../src/providers/gemini/request.ts'
import type { AnswerSink, ProviderCall } from '../src/providers/provider.ts'

const events = 20_000
/** Events that arrive in one piece, as a busy socket hands them over. */
const eventsPerPiece = 4
const rounds = 9
const barMicroseconds = 3

const body = { model: 'm', stream: true, messages: [{ role: 'user', content: 'Tell me a story.' }] }
const call: ProviderCall = {
  requestId: '01900000-0000-7000-8000-000000000000',
  credential: { name: 'default', apiKey: null, baseUrl: 'http://127.0.0.1:9' },
  partition: 'default',
  model: 'claude-sonnet-4-5',
  path: '/chat/completions',
  body: JSON.stringify(body),
  stream: true,
  clientWantsUsage: true,
  forwardHeaders: {},
  unsupportedParameters: 'drop',
  limits: {
    headTimeoutMs: 0,
    firstChunkTimeoutMs: 0,
    idleTimeoutMs: 0,
    maxEventChars: 1_000_000,
    maxAnswerBytes: 1_000_000_000,
  },
}
const memory = new ThinkingMemory({ maxEntries: 1_000, maxChars: 1_000_000 })

interface Subject {
  readonly name: string
  readonly reading: OpenReading
  /** Text events with what stands before and after them. */
  readonly stream: readonly string[]
}

const words = Array.from({ length: events }, (_, index) => ` word${index % 97}`)

const openai: Subject = {
  name: 'OpenAI type, passed through',
  reading: (context) => new OpenAiReading(context),
  stream: [
    data(openAiChunk({ role: 'assistant', content: '' }, null)),
    ...words.map((word) => data(openAiChunk({ content: word }, null))),
    data(openAiChunk({}, 'stop')),
    'data: [DONE]\n\n',
  ],
}

const { expected } = toMessagesRequest(body, {
  model: call.model,
  partition: 'default',
  unsupportedParameters: 'drop',
  memory,
})
const anthropic: Subject = {
  name: 'Anthropic, translated',
  reading: (context) => new AnthropicReading(context, expected, memory),
  stream: [
    named({
      type: 'message_start',
      message: { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', content: [], usage: { input_tokens: 9 } },
    }),
    named({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
    ...words.map((text) => named({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })),
    named({ type: 'content_block_stop', index: 0 }),
    named({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: events } }),
    named({ type: 'message_stop' }),
  ],
}

const asked = toGenerateContent(body, {
  model: 'gemini-2.5-flash',
  unsupportedParameters: 'drop',
  recall: () => null,
  files: new Map(),
})
const gemini: Subject = {
  name: 'Gemini, translated',
  reading: (context) => new GeminiReading(context, asked, memory),
  stream: words.map((text, index) =>
    data({
      candidates: [
        {
          content: { parts: [{ text }], role: 'model' },
          index: 0,
          ...(index === events - 1 ? { finishReason: 'STOP' } : {}),
        },
      ],
      usageMetadata: { promptTokenCount: 9, candidatesTokenCount: index + 1, totalTokenCount: index + 10 },
      modelVersion: 'gemini-2.5-flash',
      responseId: 'r',
    }).replaceAll('\n', '\r\n'),
  ),
}

function openAiChunk(delta: object, finish: string | null): object {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1_700_000_000,
    model: 'm',
    system_fingerprint: 'fp',
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
  }
}

function data(value: object): string {
  return `data: ${JSON.stringify(value)}\n\n`
}

function named(value: { readonly type: string; readonly [member: string]: unknown }): string {
  return `event: ${value.type}\n${data(value)}`
}

/** Feeds the whole stream once; the time for one event, microseconds. */
function measure(subject: Subject): number {
  const pieces: Buffer[] = []
  for (let at = 0; at < subject.stream.length; at += eventsPerPiece) {
    pieces.push(Buffer.from(subject.stream.slice(at, at + eventsPerPiece).join('')))
  }
  let chars = 0
  let ended = false
  const sink: AnswerSink = {
    head: () => undefined,
    chunk: (chunk) => void (chars += chunk.json.length),
    flush: () => undefined,
    end: () => void (ended = true),
    fail: (fault) => {
      throw fault
    },
  }
  const answer = new ChatAnswer(call, sink, subject.reading, () => 0)
  const started = performance.now()
  answer.head(200, { 'content-type': 'text/event-stream' })
  for (const piece of pieces) answer.data(piece)
  answer.end()
  const tookMs = performance.now() - started
  if (!ended || chars === 0) throw new Error(`${subject.name} did not come to its end.`)
  return (tookMs * 1000) / events
}

const subjects = [openai, anthropic, gemini]
const samples = new Map<Subject, number[]>(subjects.map((subject) => [subject, []]))
for (let round = 0; round < rounds; round += 1) {
  for (const subject of round % 2 === 0 ? subjects : subjects.toReversed()) {
    const took = measure(subject)
    // The first rounds are the compiler's.
    if (round >= 2) samples.get(subject)?.push(took)
  }
}
const median = (subject: Subject): number => {
  const sorted = (samples.get(subject) ?? []).sort((one, other) => one - other)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
const base = median(openai)
let met = true
for (const subject of subjects) {
  const over = median(subject) - base
  if (over > barMicroseconds) met = false
  console.log(
    `${subject.name.padEnd(30)} ${median(subject).toFixed(2)} us per event, ${over.toFixed(2)} over pass-through`,
  )
}
console.log(`At most ${barMicroseconds} us over pass-through: ${met ? 'met' : 'NOT MET'}`)
if (!met) process.exitCode = 1
