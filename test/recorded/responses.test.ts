import { describe, expect, it } from 'vitest'
import { ForwardAnswer } from '../../src/providers/forward/forward-answer.ts'
import { responsesForwarding } from '../../src/providers/openai-compatible/responses-forwarding.ts'
import { callTo, CollectingSink, textOf } from '../providers/collecting-sink.ts'
import { cuts, everyBytes } from './cuts.ts'
import { recordingsPresent, type RecordedExchange } from './recordings.ts'
import { responsesExchanges } from './responses-recordings.ts'

const present = recordingsPresent()
const exchanges = present ? responsesExchanges() : []
const isStream = (exchange: RecordedExchange): boolean => /event-stream/.test(exchange.headers['content-type'] ?? '')
const answered = exchanges.filter((exchange) => exchange.status < 300)
const streams = answered.filter(isStream)
const spoken = streams.filter(({ body }) => body.includes('response.output_item.added'))
const wholes = answered.filter((exchange) => !isStream(exchange))
const refusals = exchanges.filter((exchange) => exchange.status >= 400)

function replay(exchange: RecordedExchange, parts: readonly Buffer[] = [exchange.body]): CollectingSink {
  const sink = new CollectingSink()
  const call = callTo('http://127.0.0.1', { stream: isStream(exchange), path: '/responses' })
  const answer = new ForwardAnswer(call, sink, responsesForwarding, () => 0)
  answer.head(exchange.status, exchange.headers)
  for (const part of parts) answer.data(part)
  answer.end()
  return sink
}

interface RecordedUsage {
  readonly input_tokens: number
  readonly input_tokens_details: { readonly cached_tokens: number }
  readonly output_tokens: number
  readonly output_tokens_details: { readonly reasoning_tokens: number }
}
interface RecordedEvent {
  readonly type: string
  readonly response?: { readonly usage?: RecordedUsage | null }
}

/** The data of each event as it stands in the recording. */
function dataOf(exchange: RecordedExchange): string[] {
  return exchange.body
    .toString('utf8')
    .split(/\r?\n/)
    .filter((line) => line.startsWith('data:') && !line.includes('[DONE]'))
    .map((line) => line.slice('data:'.length).trimStart())
}

function understood(usage: RecordedUsage | null | undefined): unknown {
  if (usage === null || usage === undefined) return undefined
  return expect.objectContaining({
    inputTokens: usage.input_tokens,
    outputTokens: usage.output_tokens,
    cacheReadInputTokens: usage.input_tokens_details.cached_tokens,
    reasoningOutputTokens: usage.output_tokens_details.reasoning_tokens,
  })
}

describe.skipIf(!present)('recorded answers of the Responses API', () => {
  it('are all there', () => {
    expect(streams.length).toBeGreaterThanOrEqual(7)
    expect(wholes.length).toBeGreaterThanOrEqual(5)
    expect(refusals.length).toBeGreaterThanOrEqual(4)
  })

  describe.each(Object.entries(cuts))('arriving cut %s', (_name, cut) => {
    it.each(streams.map((exchange) => [exchange.name, exchange] as const))(
      'stay the same, event by event (I06): %s',
      (_file, exchange) => {
        const sink = replay(exchange, cut(exchange.body))
        const recorded = dataOf(exchange)
        const events = recorded.map((data) => JSON.parse(data) as RecordedEvent)
        expect(sink.texts).toEqual(recorded)
        expect(sink.chunks.map((chunk) => chunk.event)).toEqual(events.map((event) => event.type))
        const usage = events.findLast((event) => (event.response?.usage ?? null) !== null)?.response?.usage
        expect(sink.usages.at(-1)).toEqual(understood(usage))
        const isFailed = events.some((event) => event.type === 'response.failed' || event.type === 'error')
        expect(sink.ended).toBe(!isFailed)
        expect(sink.fault === null).toBe(!isFailed)
      },
    )

    it.each(wholes.map((exchange) => [exchange.name, exchange] as const))(
      'stay the same, byte for byte (I05): %s',
      (_file, exchange) => {
        const parts = cut(exchange.body)
        const sink = replay(exchange, parts)
        expect(sink.chunks.map(textOf)).toEqual([Buffer.concat(parts).toString('utf8')])
        const { usage } = JSON.parse(exchange.body.toString('utf8')) as { usage: RecordedUsage }
        expect(sink.usages).toEqual([understood(usage)])
        expect(sink.heard).toEqual(['head', 'chunk', 'flush', 'end'])
      },
    )
  })

  it('that fail on the way give both of their events to the client (I07)', () => {
    const exchange = streams.find(({ name }) => name.includes('openai-error'))
    if (exchange === undefined) throw new Error('the recording is missing')
    const sink = replay(exchange, everyBytes(exchange.body, 7))
    expect(sink.sent.map((event) => event['type']).slice(-2)).toEqual(['error', 'response.failed'])
    expect(sink.fault).toMatchObject({ isTold: true })
  })

  it('whose item ids change between their events keep them', () => {
    const exchange = streams.find(({ name }) => name.includes('id-rotation'))
    if (exchange === undefined) throw new Error('the recording is missing')
    const ids = replay(exchange, everyBytes(exchange.body, 7))
      .sent.filter((event) => event['type'] === 'response.output_text.delta')
      .map((event) => event['item_id'])
    expect(new Set(ids).size).toBeGreaterThan(1)
  })

  it.each(spoken.map((exchange) => [exchange.name, exchange] as const))(
    'that break off are interrupted: %s',
    (_file, exchange) => {
      const text = exchange.body.toString('utf8')
      const half = Buffer.from(
        text.slice(0, text.search(/\n\n(?:event:[^\n]*\n)?data:[^\n]*"response\.output_item\.added"/) + 2),
      )
      expect(half.length).toBeGreaterThan(2)
      expect(replay(exchange, everyBytes(half, 7)).fault).toMatchObject({ kind: 'upstream_interrupted' })
    },
  )

  it('with an event that is no JSON are faults (E18)', () => {
    const [exchange] = streams
    if (exchange === undefined) throw new Error('the recordings are missing')
    const broken = Buffer.from(exchange.body.toString('utf8').replace(/\}(\r?\n)/, '$1'))
    expect(replay(exchange, everyBytes(broken, 7)).fault).toMatchObject({ kind: 'upstream_error' })
  })

  it.each(refusals.map((exchange) => [exchange.name, exchange] as const))(
    'that refuse are faults: %s',
    (_file, exchange) => {
      const sink = replay(exchange)
      expect(sink.heard).toEqual(['fail'])
      expect(sink.fault?.upstreamStatus).toBe(exchange.status)
    },
  )
})
