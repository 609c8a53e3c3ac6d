import type { Fault } from '../../core/fault.ts'
import type { JsonObject, JsonValue } from '../../core/json.ts'
import { isJsonObject } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'
import type { Forwarding } from '../forward/forwarding.ts'
import type { AnswerChunk, AnswerHead, AnswerSink, Flow } from '../provider.ts'
import { MessageUsage } from './usage.ts'

/** What must be understood of answers of the Messages API that go to the client as they are. */
export const messagesForwarding: Forwarding = {
  endMark: null,
  wholeUsage: (value) => usageOf(value['usage']),
  event: (value) => {
    switch (value['type']) {
      case 'message_delta':
        return { usage: usageOf(value['usage']), state: 'open' }
      case 'message_stop':
        return { usage: null, state: 'last' }
      case 'error':
        return { usage: null, state: 'failed' }
      default:
        // The tokens of `message_start` are a beginning: counting them would make an answer that is cut off look counted.
        return { usage: null, state: 'open' }
    }
  },
}

/**
 * A sink before a sink that completes the tokens of a stream: older models name those of the request in `message_start`
 * only and those of the answer in `message_delta` only.
 */
export class CompletedUsage implements AnswerSink {
  readonly #sink: AnswerSink
  readonly #usage = new MessageUsage()

  constructor(sink: AnswerSink) {
    this.#sink = sink
  }

  head(head: AnswerHead, flow: Flow): void {
    this.#sink.head(head, flow)
  }

  chunk(chunk: AnswerChunk): void {
    if (chunk.value['type'] === 'message_start') this.#usage.add(startUsage(chunk.value))
    else if (chunk.value['type'] === 'message_delta') {
      this.#usage.add(chunk.value['usage'])
      this.#sink.chunk({ ...chunk, usage: this.#usage.total })
      return
    }
    this.#sink.chunk(chunk)
  }

  flush(): void {
    this.#sink.flush()
  }

  end(): void {
    this.#sink.end()
  }

  fail(fault: Fault): void {
    this.#sink.fail(fault)
  }
}

function startUsage(value: JsonObject): JsonValue | undefined {
  const message = value['message']
  return isJsonObject(message) ? message['usage'] : undefined
}

function usageOf(usage: JsonValue | undefined): Usage | null {
  const counted = new MessageUsage()
  counted.add(usage)
  return counted.total
}
