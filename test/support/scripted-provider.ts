import type { Fault } from '../../src/core/fault.ts'
import type { JsonObject } from '../../src/core/json.ts'
import type { Usage } from '../../src/core/usage.ts'
import type {
  AnswerChunk,
  AnswerHead,
  AnswerSink,
  Endpoint,
  Flow,
  Provider,
  ProviderCall,
} from '../../src/providers/provider.ts'

/** One call that a test answers step by step. */
export interface ScriptedCall {
  readonly call: ProviderCall
  readonly sink: AnswerSink
  /** What was asked of the tap, in order. */
  readonly asked: readonly ('pause' | 'resume' | 'abort')[]
  head(head?: Partial<AnswerHead>): void
  chunk(value: JsonObject, usage?: Usage | null, internal?: boolean): void
  end(): void
  fail(fault: Fault): void
}

/** A provider whose answers a test gives by hand, or by a script that runs for every call. */
export interface ScriptedProvider extends Provider {
  readonly calls: readonly ScriptedCall[]
  /** Resolves with the call of this number (from 0), also when it came before. */
  nthCall(number: number): Promise<ScriptedCall>
}

export function scriptedProvider(id: string, script?: (call: ScriptedCall, number: number) => void): ScriptedProvider {
  const calls: ScriptedCall[] = []
  const waiting: { readonly number: number; readonly resolve: (call: ScriptedCall) => void }[] = []
  const chat: Endpoint = (call, sink) => {
    const asked: ('pause' | 'resume' | 'abort')[] = []
    const flow: Flow = {
      pause: () => void asked.push('pause'),
      resume: () => void asked.push('resume'),
      abort: () => void asked.push('abort'),
    }
    const scripted: ScriptedCall = {
      call,
      sink,
      asked,
      head: (head = {}) => {
        sink.head({ status: 200, stream: call.stream, headers: {}, upstreamRequestId: null, ...head }, flow)
      },
      chunk: (value, usage = null, internal = false) => {
        const chunk: AnswerChunk = { json: JSON.stringify(value), value, usage, internal }
        sink.chunk(chunk)
        sink.flush()
      },
      end: () => {
        sink.end()
      },
      fail: (fault) => {
        sink.fail(fault)
      },
    }
    calls.push(scripted)
    script?.(scripted, calls.length - 1)
    for (const each of waiting.filter((one) => one.number === calls.length - 1)) each.resolve(scripted)
    return flow
  }
  return {
    id,
    aliases: [],
    genAiName: id,
    priceId: null,
    defaultBaseUrl: 'http://127.0.0.1:9/v1',
    needsApiKey: false,
    builtIn: true,
    usageOption: true,
    calls,
    nthCall: (number) => {
      const there = calls[number]
      if (there !== undefined) return Promise.resolve(there)
      return new Promise((resolve) => waiting.push({ number, resolve }))
    },
    endpoints: { chat },
  }
}

/** One chunk of a stream with this text. */
export function textChunk(text: string, finishReason: string | null = null): JsonObject {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1_700_000_000,
    model: 'scripted-1',
    choices: [{ index: 0, delta: { role: 'assistant', content: text }, finish_reason: finishReason }],
  }
}

/** A whole answer with this text. */
export function completion(text: string): JsonObject {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_700_000_000,
    model: 'scripted-1',
    choices: [{ index: 0, message: { role: 'assistant', content: text, refusal: null }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
  }
}
