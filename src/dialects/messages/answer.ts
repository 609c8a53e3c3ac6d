import type { Fault } from '../../core/fault.ts'
import type { Usage } from '../../core/usage.ts'
import type { AnswerChunk, AnswerHead, AnswerSink, Flow } from '../../providers/provider.ts'
import type { DialectRequest } from '../dialect.ts'
import { type MessageEvent, MessageEvents } from './events.ts'
import { completionToMessage } from './message.ts'

/** Tells a chat answer in the words of the Messages API: whole, or as events. */
export class MessagesAnswer implements AnswerSink {
  readonly #request: DialectRequest
  readonly #sink: AnswerSink
  readonly #events: MessageEvents
  #isStream: boolean
  #flow: Flow | null = null
  #usage: Usage | null = null
  #isUsageTold = false
  #isOver = false

  constructor(request: DialectRequest, sink: AnswerSink) {
    this.#request = request
    this.#sink = sink
    this.#isStream = request.stream
    this.#events = new MessageEvents(request, (event, usage) => {
      this.#tell(event, usage)
    })
  }

  head(head: AnswerHead, flow: Flow): void {
    this.#isStream = head.stream
    this.#flow = flow
    this.#sink.head(head, flow)
  }

  chunk(chunk: AnswerChunk): void {
    if (this.#isOver) return
    // It may come in a chunk of its own, which has no event here; the closing one carries it.
    if (chunk.usage !== null) this.#usage = chunk.usage
    if (chunk.internal) return
    if (!this.#isStream) {
      const { json, value } = completionToMessage(chunk.value, chunk.usage, this.#request)
      this.#sink.chunk({ json, value, usage: chunk.usage, internal: false })
      return
    }
    const fault = this.#events.chunk(chunk.value)
    if (fault === null) return
    this.#flow?.abort()
    this.fail(fault)
  }

  flush(): void {
    if (!this.#isOver) this.#sink.flush()
  }

  end(): void {
    if (this.#isOver) return
    if (this.#isStream) {
      this.#events.finish(this.#usage)
      this.#sink.flush()
    }
    this.#isOver = true
    this.#sink.end()
  }

  fail(fault: Fault): void {
    if (this.#isOver) return
    this.#isOver = true
    // The closing event will not come, and the tokens have been used all the same. Before the first event nothing may be
    // sent, or the attempt could not be retried.
    if (this.#usage !== null && !this.#isUsageTold && this.#isStream && this.#events.isStarted) {
      this.#sink.chunk({ json: '{}', value: {}, usage: this.#usage, internal: true })
    }
    this.#sink.fail(fault)
  }

  #tell(event: MessageEvent, usage: Usage | null): void {
    if (usage !== null) this.#isUsageTold = true
    this.#sink.chunk({
      json: JSON.stringify(event),
      value: event,
      usage,
      internal: false,
      event: event.type,
    })
  }
}
