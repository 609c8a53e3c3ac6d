import type { Fault } from '../core/fault.ts'
import type { Observe } from '../core/observation.ts'
import { type OutputRule, longestCheckedText } from '../prompts/validate-output.ts'
import type { AnswerChunk, AnswerHead, AnswerSink, Flow } from '../providers/provider.ts'
import { AnswerTexts } from './answer-texts.ts'
import type { Answered } from './exchange.ts'
import { type Verdict, verdictOn } from './output-verdict.ts'

/** The same answer with somebody who listens along and judges it at its end, before the end is passed on. */
export function listenAlong(answered: Answered, rule: OutputRule, observe: Observe): Answered {
  const { answer, planned } = answered
  const texts = new AnswerTexts(planned.asked.operation, answer.opening.stream, longestCheckedText)
  let verdict: Verdict | null = null
  const judge = (): void => {
    try {
      verdict = verdictOn(rule, texts.texts())
    } catch (error) {
      // Endings come out of timers and socket events, where an exception would end the process; the client gets its end.
      observe({ type: 'defect', where: 'check of an answer', error, requestId: planned.asked.requestId })
    }
  }
  return {
    ...answered,
    answer: {
      opening: answer.opening,
      flow: answer.flow,
      start: (sink) => {
        answer.start(new ListeningSink(sink, texts, judge))
      },
    },
    checked: {
      result: () => (verdict === null ? null : verdict.miss === null ? verdict.result : 'mismatch'),
      warnings: () => (verdict === null || verdict.miss === null ? [] : [verdict.miss.warning]),
      others: [],
    },
  }
}

class ListeningSink implements AnswerSink {
  readonly #sink: AnswerSink
  readonly #texts: AnswerTexts
  readonly #judge: () => void

  constructor(sink: AnswerSink, texts: AnswerTexts, judge: () => void) {
    this.#sink = sink
    this.#texts = texts
    this.#judge = judge
  }

  head(head: AnswerHead, flow: Flow): void {
    this.#sink.head(head, flow)
  }

  chunk(chunk: AnswerChunk): void {
    this.#texts.add(chunk)
    this.#sink.chunk(chunk)
  }

  flush(): void {
    this.#sink.flush()
  }

  end(): void {
    this.#judge()
    this.#sink.end()
  }

  fail(fault: Fault): void {
    this.#sink.fail(fault)
  }
}
