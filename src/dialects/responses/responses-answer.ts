import { Fault } from '../../core/fault.ts'
import type { JsonObject } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'
import type { AnswerChunk, AnswerHead, AnswerSink, Flow } from '../../providers/provider.ts'
import type { DialectRequest } from '../dialect.ts'
import { ResponseBuilder } from './response-builder.ts'

/** The last events of a stream say all of it again, so it is kept until then: characters of chunks per answer. */
const mostKept = 64 * 1024 * 1024

/** Takes a chat's answer and tells it as a response: one object, or events named by their type. */
export class ResponsesAnswer implements AnswerSink {
  readonly #request: DialectRequest
  readonly #sink: AnswerSink
  readonly #builder: ResponseBuilder
  #stream: boolean
  #flow: Flow | null = null
  #kept = 0
  #isOver = false
  #anything = false
  #usage: Usage | null = null

  constructor(request: DialectRequest, sink: AnswerSink) {
    this.#request = request
    this.#sink = sink
    this.#stream = request.stream
    this.#builder = new ResponseBuilder(request, (type, event) => {
      this.#push(type, event)
    })
  }

  head(head: AnswerHead, flow: Flow): void {
    this.#stream = head.stream
    this.#flow = flow
    this.#sink.head(head, flow)
  }

  chunk(chunk: AnswerChunk): void {
    if (this.#isOver) return
    if (chunk.usage !== null) this.#usage = chunk.usage
    this.#anything = true
    if (!this.#stream) this.#tellWhole(chunk)
    else if (!chunk.internal) this.#addChunk(chunk)
  }

  flush(): void {
    if (!this.#isOver) this.#sink.flush()
  }

  end(): void {
    if (this.#isOver) return
    this.#isOver = true
    if (this.#stream) {
      this.#builder.finish(this.#usage)
      this.#sink.flush()
    }
    this.#sink.end()
  }

  /** The client is told by the writer; what there is of the answer, and its tokens, are for the record. */
  fail(fault: Fault): void {
    if (this.#isOver) return
    this.#isOver = true
    if (this.#stream && this.#anything) {
      const response = this.#builder.failed(fault.code ?? fault.type, fault.message, this.#usage)
      const value = { type: 'response.failed', response }
      this.#sink.chunk({ json: JSON.stringify(value), value, usage: this.#usage, internal: true, event: value.type })
    }
    this.#sink.fail(fault)
  }

  #addChunk(chunk: AnswerChunk): void {
    this.#kept += chunk.json.length
    if (this.#kept <= mostKept) {
      this.#builder.addChunk(chunk.value)
      return
    }
    this.#flow?.abort()
    this.fail(new Fault('upstream_error', `The provider streamed an answer of more than ${mostKept} characters.`))
  }

  #tellWhole(chunk: AnswerChunk): void {
    const builder = new ResponseBuilder(this.#request, () => undefined)
    builder.addCompletion(chunk.value)
    const value = builder.finish(chunk.usage)
    this.#sink.chunk({ json: JSON.stringify(value), value, usage: chunk.usage, internal: chunk.internal })
  }

  #push(type: string, value: JsonObject): void {
    const last = type === 'response.completed' || type === 'response.incomplete'
    const usage = last ? this.#usage : null
    this.#sink.chunk({ json: JSON.stringify(value), value, usage, internal: false, event: type })
  }
}
