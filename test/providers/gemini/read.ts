import { Fault } from '../../../src/core/fault.ts'
import type { JsonObject } from '../../../src/core/json.ts'
import { GeminiReading } from '../../../src/providers/gemini/reading.ts'
import type { AnswerChunk, ProviderCall } from '../../../src/providers/provider.ts'
import { ThinkingMemory } from '../../../src/providers/thinking-memory.ts'
import { callTo, type SentChunk, type SentMessage } from '../collecting-sink.ts'
import { ask } from './ask.ts'

export interface Read {
  readonly chunks: readonly AnswerChunk[]
  /** What a client gets, parsed from the very text. */
  readonly sent: readonly SentChunk[]
  readonly deltas: readonly SentMessage[]
  readonly reasons: readonly (string | null | undefined)[]
  readonly fault: Fault | null
  readonly memory: ThinkingMemory
}

interface ReadOptions {
  readonly request?: JsonObject
  readonly call?: Partial<ProviderCall>
  readonly memory?: ThinkingMemory
  readonly model?: string
}

export const newMemory = (): ThinkingMemory => new ThinkingMemory({ maxEntries: 100, maxChars: 100_000 })

function open(options: ReadOptions): { reading: GeminiReading; chunks: AnswerChunk[]; memory: ThinkingMemory } {
  const chunks: AnswerChunk[] = []
  const memory = options.memory ?? newMemory()
  const call = callTo('http://127.0.0.1:9', { clientWantsUsage: true, ...options.call })
  const asked = ask(options.request ?? {}, { model: options.model ?? 'gemini-3-pro-preview' })
  const reading = new GeminiReading(
    {
      call,
      now: () => Date.UTC(2026, 0, 1, 12),
      source: () => ({ status: 200, headers: {}, apiKey: null, now: 0 }),
      push: (chunk) => chunks.push(chunk),
      wantsUsage: call.clientWantsUsage,
    },
    asked,
    memory,
  )
  return { reading, chunks, memory }
}

/** Reads these events as one stream, to its end. */
export function readEvents(events: readonly unknown[], options: ReadOptions = {}): Read {
  const { reading, chunks, memory } = open(options)
  let fault: Fault | 'done' | null = null
  for (const event of events) {
    fault = reading.event(typeof event === 'string' ? event : JSON.stringify(event))
    if (fault !== null) break
  }
  if (fault === null || fault === 'done') fault = reading.finish(fault === 'done')
  const sent = chunks.filter(({ internal }) => !internal).map(({ json }) => JSON.parse(String(json)) as SentChunk)
  const choices = sent.flatMap((chunk) => chunk.choices)
  return {
    chunks,
    sent,
    deltas: choices.map(({ delta }) => delta),
    reasons: choices.map((choice) => choice.finish_reason).filter((reason) => reason !== null),
    fault: fault instanceof Fault ? fault : null,
    memory,
  }
}

/** Reads one answer in one piece. */
export function readWhole(value: unknown, options: ReadOptions = {}): SentChunk | Fault {
  const whole = open(options).reading.whole(value)
  return whole instanceof Fault ? whole : (JSON.parse(JSON.stringify(whole.completion)) as SentChunk)
}

/** One event, or one answer, with one candidate. */
export function said(parts: readonly JsonObject[], finishReason?: string, more: JsonObject = {}): JsonObject {
  return {
    candidates: [
      { content: { role: 'model', parts }, ...(finishReason === undefined ? {} : { finishReason }), index: 0, ...more },
    ],
    modelVersion: 'gemini-test',
    responseId: 'r1',
  }
}
