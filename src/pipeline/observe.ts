import type { Clock } from '../core/clock.ts'
import { Fault } from '../core/fault.ts'
import type { AnswerChunk, AnswerHead, AnswerSink, Flow } from '../providers/provider.ts'
import type { Answer, Answered } from './exchange.ts'
import type { Ledger } from './ledger.ts'
import { Tally } from './tally.ts'

/** Puts an observer between the answer and whoever reads it; the record is written before the end is passed on. */
export function observeAnswer(answered: Answered, ledger: Ledger, clock: Clock, keptChars: number): Answer {
  const { answer } = answered
  return {
    opening: answer.opening,
    flow: answer.flow,
    start: (sink) => {
      try {
        answer.start(new ObserverSink(sink, ledger, answered, clock, keptChars))
      } catch (error) {
        // A head that cannot be written, say: nobody will hear the end of this answer, so this is it.
        answer.flow.abort()
        ledger.settle(Fault.from(error))
        throw error
      }
    },
  }
}

class ObserverSink implements AnswerSink {
  readonly #sink: AnswerSink
  readonly #ledger: Ledger
  readonly #clock: Clock
  readonly #stream: boolean
  readonly #startedAt: number
  readonly #tally: Tally
  #firstChunkMs: number | null = null

  constructor(sink: AnswerSink, ledger: Ledger, answered: Answered, clock: Clock, keptChars: number) {
    this.#sink = sink
    this.#ledger = ledger
    this.#clock = clock
    this.#stream = answered.answer.opening.stream
    this.#startedAt = answered.planned.asked.startedAt
    this.#tally = new Tally({ keptChars })
  }

  head(head: AnswerHead, flow: Flow): void {
    this.#sink.head(head, flow)
  }

  chunk(chunk: AnswerChunk): void {
    if (this.#stream && this.#firstChunkMs === null) this.#firstChunkMs = this.#clock.monotonic() - this.#startedAt
    this.#tally.add(chunk, this.#stream)
    if (!chunk.internal) this.#sink.chunk(chunk)
  }

  flush(): void {
    this.#sink.flush()
  }

  end(): void {
    this.#ledger.settleAnswer(null, this.#tally, this.#firstChunkMs, () => {
      this.#sink.end()
    })
  }

  fail(fault: Fault): void {
    this.#ledger.settleAnswer(fault, this.#tally, this.#firstChunkMs, () => {
      this.#sink.fail(fault)
    })
  }
}
