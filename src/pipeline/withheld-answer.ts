import type { Fault } from '../core/fault.ts'
import type { AnswerChunk, AnswerHead, AnswerSink, Flow } from '../providers/provider.ts'
import type { Answer } from './exchange.ts'

/**
 * An answer that is kept back whole, to be looked at before anybody else sees it. Once it is over it can be started like
 * any other. One that grows beyond the bound is not kept back any longer: it can be started too, and flows on from there.
 */
export class WithheldAnswer implements AnswerSink, Answer {
  readonly opening: AnswerHead
  flow: Flow
  /** Resolves once: with null after a good end or when it is too large, else with what it broke off with. */
  readonly over: Promise<Fault | null>
  readonly chunks: AnswerChunk[] = []
  isTooLarge = false
  readonly #maxBytes: number
  #bytes = 0
  #end: 'open' | 'ended' | Fault = 'open'
  #sink: AnswerSink | null = null
  #resolve!: (fault: Fault | null) => void

  /** Starts it. `maxBytes`: of its chunks as JSON. */
  constructor(answer: Answer, maxBytes: number) {
    this.opening = answer.opening
    this.flow = answer.flow
    this.#maxBytes = maxBytes
    this.over = new Promise((resolve) => {
      this.#resolve = resolve
    })
    answer.start(this)
  }

  head(_head: AnswerHead, flow: Flow): void {
    this.flow = flow
  }

  chunk(chunk: AnswerChunk): void {
    if (this.#sink !== null) {
      this.#sink.chunk(chunk)
      return
    }
    this.chunks.push(chunk)
    this.#bytes += chunk.json.length
    if (this.#bytes <= this.#maxBytes || this.isTooLarge) return
    this.isTooLarge = true
    this.#resolve(null)
  }

  flush(): void {
    this.#sink?.flush()
  }

  end(): void {
    this.#end = 'ended'
    this.#resolve(null)
    this.#sink?.end()
  }

  fail(fault: Fault): void {
    this.#end = fault
    this.#resolve(fault)
    this.#sink?.fail(fault)
  }

  start(sink: AnswerSink): void {
    sink.head(this.opening, this.flow)
    for (const chunk of this.chunks) sink.chunk(chunk)
    this.chunks.length = 0
    sink.flush()
    this.#sink = sink
    if (this.#end === 'ended') sink.end()
    else if (this.#end !== 'open') sink.fail(this.#end)
  }
}
