import { describe, expect, it } from 'vitest'
import { messagesDialect } from '../../src/dialects/messages/messages.ts'
import { ChatAnswer } from '../../src/providers/chat/chat-answer.ts'
import { OpenAiReading } from '../../src/providers/openai-compatible/reading.ts'
import { accumulated, requestOf } from '../dialects/messages/support.ts'
import { callTo, CollectingSink } from '../providers/collecting-sink.ts'
import { meaningOf, objectsOf, type Meaning } from './meaning.ts'
import { openAiTypeExchanges, recordingsPresent, type RecordedExchange } from './recordings.ts'

const present = recordingsPresent()
const answers = (present ? openAiTypeExchanges() : []).filter(({ status }) => status < 300)
const isStream = (exchange: RecordedExchange): boolean => /event-stream/.test(exchange.headers['content-type'] ?? '')

/** A recorded answer as a Claude client gets it. */
function told(exchange: RecordedExchange): CollectingSink {
  const stream = isStream(exchange)
  const sink = new CollectingSink()
  const call = callTo('http://127.0.0.1:9/v1', { stream, clientWantsUsage: true })
  const dialect = messagesDialect.answer(requestOf({ stream }), sink)
  const answer = new ChatAnswer(
    call,
    dialect,
    (context) => new OpenAiReading(context),
    () => 0,
  )
  answer.sentBy({ pause: () => undefined, resume: () => undefined, abort: () => undefined })
  answer.head(exchange.status, exchange.headers)
  answer.data(exchange.body)
  answer.end()
  return sink
}

interface SentMessage {
  readonly content: readonly {
    readonly type: string
    readonly text?: string
    readonly thinking?: string
    readonly name?: string
    readonly input?: unknown
  }[]
  readonly stop_reason: string | null
  readonly usage: Readonly<Record<string, unknown>>
}

function said(message: SentMessage): object {
  const joined = (type: string, member: 'text' | 'thinking'): string =>
    message.content.map((block) => (block.type === type ? block[member] : '')).join('')
  return {
    text: joined('text', 'text'),
    thinking: joined('thinking', 'thinking'),
    calls: message.content.filter(({ type }) => type === 'tool_use').map(({ name, input }) => ({ name, input })),
  }
}

function meant(meaning: Meaning): object {
  const calls = meaning.calls.map((call) => ({ name: call.name, input: JSON.parse(call.arguments || '{}') as unknown }))
  return { text: meaning.content, thinking: meaning.reasoning, calls }
}

describe.skipIf(!present)('recorded answers of OpenAI-type providers, for a Claude client', () => {
  it('are there', () => {
    expect(answers.length).toBeGreaterThan(30)
  })

  it.each(answers.map((exchange) => [exchange.name, exchange] as const))(
    'say the same: %s',
    async (_name, exchange) => {
      const meaning = meaningOf(objectsOf(exchange.body.toString('utf8'), isStream(exchange)))
      const sink = told(exchange)
      if (meaning.error !== null || sink.fault !== null) {
        expect(sink.fault, 'a fault only where the recording has an error or breaks off').not.toBeNull()
        expect(meaning.error ?? meaning.finishReason ?? 'broken off').toBe(meaning.error ?? 'broken off')
        return
      }
      const message = isStream(exchange)
        ? ((await accumulated(sink)) as unknown as SentMessage)
        : (JSON.parse(sink.texts.join('')) as SentMessage)
      expect(said(message)).toEqual(meant(meaning))
      expect(message.stop_reason).toMatch(/^(end_turn|max_tokens|tool_use|refusal)$/)
      if (meaning.promptTokens === null) return
      const [counted] = sink.usages
      expect(counted?.inputTokens).toBeGreaterThanOrEqual(meaning.promptTokens)
      expect(message.usage['output_tokens']).toBe(counted?.outputTokens)
    },
  )
})
