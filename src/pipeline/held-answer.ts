import { Fault } from '../core/fault.ts'
import type { AnswerChunk, AnswerHead, AnswerSink, Flow } from '../providers/provider.ts'
import type { Answer } from './exchange.ts'

type Step = AnswerChunk | 'flush' | 'end' | Fault

/**
 * Holds an answer back until its first chunk has arrived. A provider may answer 200 and then send an error as its first
 * event; until the first real event nothing has been promised to the client, so the attempt can still be retried or fall
 * over. A stream whose first event does not come within the grace time is opened all the same, so that the client sees a
 * status line and keepalive comments instead of silence.
 */
export class HeldAnswer implements AnswerSink, Answer {
  /** Settles once: the answer is open, or the attempt failed before anything was promised. */
  readonly opened: Promise<Answer>
  flow: Flow = noFlow
  #head: AnswerHead | null = null
  #resolve!: (answer: Answer) => void
  #reject!: (fault: Fault) => void
  #hasBegun = false
  #isOpen = false
  #isOver = false
  #sink: AnswerSink | null = null
  #waiting: Step[] = []
  #grace: NodeJS.Timeout | null = null
  readonly #graceMs: number
  readonly #onOver: (fault: Fault | null) => void

  /** `onOver` hears exactly once that nothing more will come: null after a clean end, else what went wrong. */
  constructor(graceMs: number, onOver: (fault: Fault | null) => void) {
    this.#graceMs = graceMs
    this.#onOver = onOver
    this.opened = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  get opening(): AnswerHead {
    if (this.#head === null) throw new Error('The answer has not begun.')
    return this.#head
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Its first chunk has arrived. */
  get hasBegun(): boolean {
    return this.#hasBegun
  }

  /** Status of the upstream's head, once it came. */
  get statusOrNull(): number | null {
    return this.#head?.status ?? null
  }

  get upstreamRequestId(): string | null {
    return this.#head?.upstreamRequestId ?? null
  }

  head(head: AnswerHead, flow: Flow): void {
    if (this.#isOver) return
    this.#head = head
    this.flow = flow
    if (head.stream) {
      this.#grace = setTimeout(() => {
        this.#open()
      }, this.#graceMs)
    }
  }

  chunk(chunk: AnswerChunk): void {
    if (this.#isOver) return
    this.#hasBegun = true
    if (this.#sink !== null) this.#sink.chunk(chunk)
    // Tokens alone are nothing for the client: what follows them may still be tried again. The last count is the one.
    else if (chunk.internal && !this.#isOpen) this.#waiting = [chunk]
    else {
      this.#waiting.push(chunk)
      this.#open()
    }
  }

  flush(): void {
    if (this.#isOver) return
    if (this.#sink !== null) this.#sink.flush()
    else if (this.#isOpen) this.#waiting.push('flush')
  }

  end(): void {
    if (this.#isOver) return
    if (!this.#isOpen) {
      this.fail(new Fault('upstream_error', 'The provider ended its answer before it began.'))
      return
    }
    this.#finish(null)
    if (this.#sink !== null) this.#sink.end()
    else this.#waiting.push('end')
  }

  fail(fault: Fault): void {
    if (this.#isOver) return
    this.#finish(fault)
    if (this.#sink !== null) this.#sink.fail(fault)
    else if (this.#isOpen) this.#waiting.push(fault)
    else this.#reject(fault)
  }

  start(sink: AnswerSink): void {
    sink.head(this.opening, this.flow)
    this.#sink = sink
    for (const step of this.#waiting) {
      if (step === 'flush') sink.flush()
      else if (step === 'end') sink.end()
      else if (step instanceof Fault) sink.fail(step)
      else sink.chunk(step)
    }
    this.#waiting = []
  }

  #open(): void {
    if (this.#isOpen) return
    this.#isOpen = true
    this.#stopGrace()
    this.#resolve(this)
  }

  #finish(fault: Fault | null): void {
    this.#isOver = true
    this.#stopGrace()
    this.#onOver(fault)
  }

  #stopGrace(): void {
    if (this.#grace === null) return
    clearTimeout(this.#grace)
    this.#grace = null
  }
}

const noFlow: Flow = { pause: () => undefined, resume: () => undefined, abort: () => undefined }
