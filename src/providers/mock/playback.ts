import { Fault } from '../../core/fault.ts'
import type { AnswerChunk, AnswerSink, CallLimits, Flow } from '../provider.ts'

/** One answer as the mock plays it. */
export interface Score {
  readonly stream: boolean
  readonly chunks: Iterator<AnswerChunk, void>
  /** Milliseconds before every chunk; 0 plays as fast as the sink takes it. */
  readonly pauseMs: number
  /** After this many chunks the answer ends with the fault. */
  readonly fault: { readonly after: number; readonly fault: Fault } | null
}

/** How many chunks are played before other work gets its turn. */
const chunksPerTurn = 32

/** Plays an answer into a sink the way an upstream would: later, in turns, with pause, resume and abort. */
export class Playback implements Flow {
  readonly #score: Score
  readonly #sink: AnswerSink
  readonly #limits: CallLimits
  #played = 0
  #headSent = false
  #paused = false
  #over = false
  #timer: NodeJS.Timeout | null = null
  #turn: NodeJS.Immediate | null = null

  constructor(score: Score, sink: AnswerSink, limits: CallLimits) {
    this.#score = score
    this.#sink = sink
    this.#limits = limits
    this.#next()
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    if (this.#timer === null && this.#turn === null) this.#next()
  }

  abort(): void {
    this.#over = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    if (this.#turn !== null) clearImmediate(this.#turn)
    this.#timer = null
    this.#turn = null
  }

  #next(): void {
    if (this.#over || this.#paused) return
    const { pauseMs } = this.#score
    if (pauseMs === 0) {
      this.#turn = setImmediate(() => {
        this.#turn = null
        this.#playSafely(chunksPerTurn)
      })
      return
    }
    const limit = this.#headSent ? this.#limits.idleTimeoutMs : this.#limits.headTimeoutMs
    const late = limit > 0 && pauseMs > limit
    this.#timer = setTimeout(
      () => {
        this.#timer = null
        if (late) this.#fail(new Fault('upstream_timeout', 'The mock model was slower than the time limit.'))
        else this.#playSafely(1)
      },
      late ? limit : pauseMs,
    )
  }

  /** A sink that throws is a defect that must end this exchange and nothing else. */
  #playSafely(most: number): void {
    try {
      this.#play(most)
    } catch (error) {
      this.#fail(Fault.from(error))
    }
  }

  #play(most: number): void {
    for (let count = 0; count < most && !this.#over && !this.#paused; count += 1) {
      const { fault, chunks, stream } = this.#score
      if (fault !== null && this.#played >= fault.after) return this.#fail(fault.fault)
      const next = chunks.next()
      if (next.done === true) return this.#end()
      if (!this.#headSent) {
        this.#headSent = true
        this.#sink.head({ status: 200, stream, headers: {}, upstreamRequestId: null }, this)
        if (this.#over) return
      }
      this.#played += 1
      this.#sink.chunk(next.value)
      if (!this.#over) this.#sink.flush()
    }
    this.#next()
  }

  #end(): void {
    this.#over = true
    this.#sink.end()
  }

  #fail(fault: Fault): void {
    this.#over = true
    this.#sink.fail(fault)
  }
}
