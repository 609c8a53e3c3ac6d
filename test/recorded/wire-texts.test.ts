import { describe, expect, it } from 'vitest'
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json.ts'
import type { Operation } from '../../src/core/operation.ts'
import type { Dialect } from '../../src/dialects/dialect.ts'
import { messagesDialect } from '../../src/dialects/messages/messages.ts'
import { responsesDialect } from '../../src/dialects/responses/responses.ts'
import { ChatAnswer } from '../../src/providers/chat/chat-answer.ts'
import { OpenAiReading } from '../../src/providers/openai-compatible/reading.ts'
import { mapJsonText } from '../../src/wire-texts/leaves.ts'
import { mapRequestTexts } from '../../src/wire-texts/request-texts.ts'
import { mapAnswerTexts } from '../../src/wire-texts/whole-answer.ts'
import { requestOf } from '../dialects/messages/support.ts'
import { callTo, CollectingSink } from '../providers/collecting-sink.ts'
import { filtered, holding, readerOf, textsOf } from '../wire-texts/holding-back.ts'
import { anthropicExchanges } from './anthropic-recordings.ts'
import { endpointRecording } from './endpoint-recordings.ts'
import { meaningOf, objectsOf } from './meaning.ts'
import { openAiTypeExchanges, recordingsPresent, type RecordedExchange } from './recordings.ts'
import { responsesExchanges } from './responses-recordings.ts'

const present = recordingsPresent()
const isStream = ({ headers }: RecordedExchange): boolean => /event-stream/.test(headers['content-type'] ?? '')
const answered = (exchanges: readonly RecordedExchange[]): readonly RecordedExchange[] =>
  exchanges.filter(({ status }) => status < 300)

interface Recorded {
  readonly name: string
  readonly operation: Operation
  readonly events: readonly JsonObject[]
}

const raw = (exchange: RecordedExchange): JsonObject[] =>
  (objectsOf(exchange.body.toString('utf8'), isStream(exchange)) as JsonValue[]).filter(isJsonObject)

/** A recorded chat as it flows inside of the proxy, in the words of a dialect if there is one. */
function told(exchange: RecordedExchange, dialect?: Dialect): JsonObject[] {
  const sink = new CollectingSink()
  const call = callTo('http://127.0.0.1:9/v1', { stream: true, clientWantsUsage: true })
  const hearer = dialect === undefined ? sink : dialect.answer(requestOf({ stream: true }), sink)
  const answer = new ChatAnswer(
    call,
    hearer,
    (context) => new OpenAiReading(context),
    () => 0,
  )
  answer.sentBy({ pause: () => undefined, resume: () => undefined, abort: () => undefined })
  answer.head(exchange.status, exchange.headers)
  answer.data(exchange.body)
  answer.end()
  return sink.chunks.filter(({ internal }) => !internal).map(({ value }) => value)
}

function streams(): Recorded[] {
  const chats = answered(openAiTypeExchanges()).filter(isStream)
  const completion = endpointRecording('completionStream')
  const of = (operation: Operation, mark: string, exchanges: readonly RecordedExchange[], read = raw): Recorded[] =>
    exchanges.map((exchange) => ({ name: `${mark} ${exchange.name}`, operation, events: read(exchange) }))
  return [
    ...of('chat', 'chat', chats, (exchange) => told(exchange)),
    ...of('chat', 'raw chat', chats),
    ...of('responses', 'chat as a response', chats, (exchange) => told(exchange, responsesDialect)),
    ...of('messages', 'chat as a message', chats, (exchange) => told(exchange, messagesDialect)),
    ...of('responses', 'responses', answered(responsesExchanges()).filter(isStream)),
    ...of('messages', 'messages', answered(anthropicExchanges()).filter(isStream)),
    ...of('text_completion', 'completion', [{ ...completion, name: completion.id, url: '' }]),
  ].filter(({ events }) => events.length > 0)
}

const recorded = (present ? streams() : []).map((stream) => [stream.name, stream] as const)
const ofOperation = (operation: Operation) => recorded.filter(([, stream]) => stream.operation === operation)

/** Texts of a whole answer by their channel; strings of arguments in a list. */
function wholeTexts(operation: Operation, value: JsonObject): Record<string, string | readonly string[]> {
  const texts: Record<string, string | readonly string[]> = {}
  const strings = new Map<string, string[]>()
  mapAnswerTexts(operation, value, (text, { channel, field }) => {
    const list = strings.get(channel) ?? []
    list.push(text)
    strings.set(channel, list)
    texts[channel] = field === 'arguments' ? list : text
    return text
  })
  return texts
}

/** Texts of a stream as those of a whole answer are. */
function streamTexts(operation: Operation, events: readonly JsonObject[]): Record<string, string | readonly string[]> {
  return Object.fromEntries(
    Object.entries(textsOf(operation, events)).flatMap(
      ([channel, text]): (readonly [string, string | readonly string[]])[] => {
        if (!/\/arguments$|^content\/\d+\/input$/.test(channel)) return [[channel, text] as const]
        const strings: string[] = []
        mapJsonText(text, (leaf) => {
          strings.push(leaf)
          return leaf
        })
        return strings.length === 0 || text === '{}' ? [] : [[channel, strings] as const]
      },
    ),
  )
}

/** Recordings that somebody cut: their last event has other texts than their deltas. */
const shortened: readonly string[] = ['openai-phase', 'parallel-tool-call-wrapper']

/** A message put together from its events, by hand. */
function messageOf(events: readonly JsonObject[]): JsonObject {
  const content: Record<string, JsonValue>[] = []
  const inputs = new Map<number, string>()
  for (const event of events) {
    const index = Number(event['index'])
    const { content_block: block, delta } = event
    if (event['type'] === 'content_block_start' && isJsonObject(block)) content[index] = { ...block }
    const grown = content[index]
    if (event['type'] !== 'content_block_delta' || !isJsonObject(delta) || grown === undefined) continue
    for (const name of ['text', 'thinking'])
      if (typeof delta[name] === 'string' && typeof grown[name] === 'string') grown[name] += delta[name]
    if (typeof delta['partial_json'] === 'string')
      inputs.set(index, `${inputs.get(index) ?? ''}${delta['partial_json']}`)
  }
  for (const [index, input] of inputs)
    if (input !== '') Object.assign(content[index] ?? {}, { input: JSON.parse(input) })
  return { content }
}

describe.skipIf(!present)('recorded streams', () => {
  it('are there, of every kind', () => {
    for (const [operation, least] of [
      ['chat', 60],
      ['responses', 30],
      ['messages', 40],
      ['text_completion', 1],
    ] as const)
      expect(ofOperation(operation).length, operation).toBeGreaterThanOrEqual(least)
  })

  it('have long texts, which could leak', () => {
    const texts = recorded.flatMap(([, { operation, events }]) => longTexts(textsOf(operation, events)))
    expect(texts.length).toBeGreaterThan(200)
  })

  it.each(recorded)('pass unchanged when no text does: %s', (_name, { operation, events }) => {
    const reader = readerOf(operation)
    for (const value of events) {
      const event = reader.read(value)
      expect(event.with(event.pieces.map(({ text }) => text))).toBe(value)
      expect(event.repeated((_channel, text) => text)).toBe(value)
      expect(event.pieces.every(({ text }) => text !== '')).toBe(true)
    }
  })

  it.each(recorded)('close every text before it is said to be over, and once: %s', (_name, { operation, events }) => {
    const reader = readerOf(operation)
    const open = new Set<string>()
    const closed = new Set<string>()
    for (const value of events) {
      const event = reader.read(value)
      for (const { channel } of event.pieces) {
        expect(closed).not.toContain(channel)
        open.add(channel)
      }
      for (const channel of event.closesAll ? [...open] : event.closes) {
        expect(open.delete(channel), channel).toBe(true)
        closed.add(channel)
      }
    }
    if (isWhole({ operation, events })) expect([...open]).toEqual([])
  })

  it.each(recorded)('say the same when every text is held back until it is over: %s', (_name, stream) => {
    const { operation, events } = stream
    const sent = filtered(operation, events, () => holding())
    if (isWhole(stream)) expect(textsOf(operation, sent)).toEqual(textsOf(operation, events))
    const numbers = sent.flatMap(({ sequence_number: number }) => (typeof number === 'number' ? [number] : []))
    expect(numbers).toEqual(numbers.map((_number, index) => (numbers[0] ?? 0) + index))
  })

  it.each(recorded)('leak nothing when every text is taken out: %s', (_name, { operation, events }) => {
    const sent = JSON.stringify(filtered(operation, events, () => holding(() => '*')))
    const texts = longTexts(textsOf(operation, events))
    for (const text of texts) expect(sent).not.toContain(text)
  })

  it.each(recorded)('end at any event the way a filter ends them, telling only what went out: %s', (_name, stream) => {
    const { operation, events } = stream
    const reader = readerOf(operation)
    for (const value of events.slice(0, 1 + events.length / 2)) {
      reader.read(value)
      const { pieces } = reader.read(value)
      if (pieces.length === 0 && !isRepeat(value)) reader.renumber(value)
    }
    const end = JSON.stringify(reader.blocked(() => '').map(({ value }) => reader.renumber(value)))
    expect(end).toMatch(/content_filter|refusal|^\[\]$|^\[\{"type":"message_stop"\}\]$/)
    const texts = longTexts(textsOf(operation, events))
    for (const text of texts) expect(end).not.toContain(text)
  })
})

/** Stretches that are told apart from anything else in an event. */
function longTexts(texts: Record<string, string>): string[] {
  return Object.values(texts).flatMap((text) => text.match(/[\p{L}\p{N} ]{18,}/gu) ?? [])
}

/** The provider said that it was over, which a stream that broke off lacks. */
function isWhole({ operation, events }: Pick<Recorded, 'operation' | 'events'>): boolean {
  const ends = { responses: /"response\.completed"/, messages: /"message_delta"/ } as const
  const end = operation === 'responses' || operation === 'messages' ? ends[operation] : /"finish_reason":"/
  return end.test(JSON.stringify(events))
}

function isRepeat(value: JsonObject): boolean {
  return typeof value['type'] === 'string' && /done$|completed$/.test(value['type'])
}

describe.skipIf(!present)('texts of a recorded stream are those of the whole answer', () => {
  it.each(ofOperation('chat'))('%s', (_name, { events }) => {
    const meaning = meaningOf(events)
    const texts = textsOf('chat', events)
    expect(texts['0/content'] ?? '').toBe(meaning.content)
    expect(texts['0/reasoning'] ?? '').toBe(meaning.reasoning)
    const calls = Object.entries(texts).filter(([channel]) => channel.startsWith('0/tool_calls/'))
    const written = meaning.calls.filter((call) => call.arguments !== '{}' || calls.some(([, text]) => text === '{}'))
    if (new Set(calls.map(([channel]) => channel)).size === written.length)
      expect(calls.map(([, text]) => text)).toEqual(written.map((call) => call.arguments))
    else expect(calls.map(([, text]) => text).join('')).toBe(written.map((call) => call.arguments).join(''))
  })

  it.each(ofOperation('responses'))('%s', (name, { events }) => {
    const last = events.findLast(({ type }) => type === 'response.completed')
    if (last === undefined || shortened.some((file) => name.includes(file))) return
    expect(streamTexts('responses', events)).toEqual(wholeTexts('responses', last['response'] as JsonObject))
  })

  it.each(ofOperation('messages'))('%s', (_name, { events }) => {
    const starts = events.filter(({ type }) => type === 'message_start')
    if (starts.length > 1) return
    const whole = wholeTexts('messages', messageOf(events))
    // Blocks that come whole have no pieces.
    const pieces = Object.entries(whole).filter(([channel]) => !/\/text\/\d+$|\/citations\//.test(channel))
    expect(streamTexts('messages', events)).toEqual(Object.fromEntries(pieces))
  })
})

describe.skipIf(!present)('recorded whole answers and requests', () => {
  const wholes = (
    present
      ? [
          ...answered(openAiTypeExchanges()).map((exchange) => ['chat', exchange] as const),
          ...answered(responsesExchanges()).map((exchange) => ['responses', exchange] as const),
          ...answered(anthropicExchanges()).map((exchange) => ['messages', exchange] as const),
        ]
      : []
  ).filter(([, exchange]) => !isStream(exchange))

  it('are there', () => {
    expect(wholes.length).toBeGreaterThan(30)
  })

  it.each(wholes.map(([operation, exchange]) => [exchange.name, operation, exchange] as const))(
    'pass unchanged when no text does, and leak nothing when every text is taken out: %s',
    (_name, operation, exchange) => {
      const [value = {}] = raw(exchange)
      const texts: string[] = []
      const same = mapAnswerTexts(operation, value, (text) => {
        texts.push(text)
        return text
      })
      expect(same).toBe(value)
      const output = { ...mapAnswerTexts(operation, value, () => '*'), instructions: null }
      const written = JSON.stringify(output)
      for (const text of texts.flatMap((text) => text.match(/[\p{L}\p{N} ]{18,}/gu) ?? []))
        expect(written).not.toContain(text)
    },
  )

  it('pass unchanged as requests, with every text visited once', () => {
    for (const { request } of present ? anthropicExchanges() : []) {
      if (!isJsonObject(request)) continue
      let count = 0
      const same = mapRequestTexts('messages', request, (text) => {
        count += 1
        return text
      })
      expect(same).toBe(request)
      expect(count).toBeGreaterThan(0)
    }
  })
})
