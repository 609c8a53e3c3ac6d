import type { Fault } from '../core/fault.ts'
import type { Observe } from '../core/observation.ts'
import type { ExchangeRecord } from '../core/record.ts'
import type { AssignedInVain } from './assign-variant.ts'
import type { AnswerWithheld } from './checked-answer.ts'
import type { ChainTrace } from './chain-trace.ts'
import type { Answered, Asked, Planned, Served } from './exchange.ts'
import type { AttemptLog } from './send.ts'
import { type SettleSettings, type Settled, toRecord } from './settle.ts'
import type { Tally } from './tally.ts'

export interface LedgerSettings extends SettleSettings {
  /** Hands the record to the operating system before it returns. */
  readonly record: (record: ExchangeRecord) => void
  /** The same a moment later, with others; calls back when the record is with the operating system. */
  readonly recordSoon: (record: ExchangeRecord, written: () => void) => void
  readonly observe: Observe
}

/**
 * Keeps the book of one exchange and writes its record exactly once, however it ends: refused before it was planned,
 * failed, answered, broken off, hung up on. The first ending wins; later ones are echoes of it.
 */
export class Ledger {
  readonly attempts: AttemptLog = []
  readonly #asked: Asked
  readonly #settings: LedgerSettings
  readonly #onSettled: () => void
  #planned: Planned | null = null
  #inVain: AssignedInVain | null = null
  #answered: Answered | null = null
  #chain: { readonly trace: ChainTrace; stop(): void } | null = null
  #isSettled = false

  constructor(asked: Asked, settings: LedgerSettings, onSettled: () => void) {
    this.#asked = asked
    this.#settings = settings
    this.#onSettled = onSettled
  }

  plannedAs(planned: Planned): Planned {
    this.#planned = planned
    return planned
  }

  /** It was assigned to a variant and could not be planned. */
  assignedInVain(inVain: AssignedInVain): void {
    this.#inVain = inVain
  }

  /** What answers, or was to. */
  get served(): Served | null {
    const prompt = this.#planned?.prompt ?? this.#inVain?.prompt ?? null
    return prompt === null
      ? null
      : { prompt, assignment: this.#planned?.assignment ?? this.#inVain?.assignment ?? null }
  }

  /** It is a chain's: what was done for it is asked of the chain at the end, which is stopped then. */
  follows<Chain extends { readonly trace: ChainTrace; stop(): void }>(chain: Chain): Chain {
    this.#chain = chain
    return chain
  }

  /** Every call that was made for it so far. */
  get made(): AttemptLog {
    return this.#chain?.trace.attempts() ?? this.attempts
  }

  answeredBy(answered: Answered): Answered {
    this.#answered = answered
    return answered
  }

  /**
   * The end of an exchange that was never answered: recorded when this returns. `withheld`: there was an answer, which the
   * client does not get.
   */
  settle(fault: Fault, withheld: Pick<AnswerWithheld, 'answered' | 'tally'> | null = null): void {
    const record = this.#close(fault, withheld?.tally ?? null, null, withheld?.answered ?? null)
    if (record !== null) this.#settings.record(record)
  }

  /**
   * The end of an answer. `fault`: null after a good end. `passOn` lets the client see the end, and is called when the
   * record is safe.
   */
  settleAnswer(fault: Fault | null, tally: Tally, timeToFirstChunkMs: number | null, passOn: () => void): void {
    const record = this.#close(fault, tally, timeToFirstChunkMs)
    if (record === null) passOn()
    else this.#settings.recordSoon(record, passOn)
  }

  /** The record of the first ending; null for the echoes. */
  #close(
    fault: Fault | null,
    tally: Tally | null,
    timeToFirstChunkMs: number | null,
    withheld: Answered | null = null,
  ): ExchangeRecord | null {
    if (this.#isSettled) return null
    this.#isSettled = true
    this.#onSettled()
    if (fault?.kind === 'internal') this.#defect('chat', fault.cause ?? fault)
    const record = this.#describe({
      asked: this.#asked,
      planned: this.#planned,
      inVain: this.#inVain,
      chain: this.#chain?.trace ?? null,
      answered: this.#answered ?? withheld,
      attempts: this.made,
      tally,
      timeToFirstChunkMs,
      fault,
      // An answer that was opened always goes out as 200, whichever 2xx the provider chose.
      httpStatus: this.#answered === null && !this.#asked.isOpen() ? (fault?.status ?? 500) : 200,
    })
    this.#chain?.stop()
    this.#settings.observe({ type: 'exchange-settled', record, ...clientRetryOf(this.#asked) })
    return record
  }

  /** Endings come out of timers and socket events, where an exception would end the process and lose the record. */
  #describe(settled: Settled): ExchangeRecord {
    try {
      return toRecord(settled, this.#settings)
    } catch (error) {
      this.#defect('settle: the exchange is recorded without its texts and tokens', error)
      return toRecord({ ...settled, tally: null }, { ...this.#settings, bodyPolicy: 'off' })
    }
  }

  #defect(where: string, error: unknown): void {
    this.#settings.observe({ type: 'defect', where, error, requestId: this.#asked.requestId })
  }
}

/** OpenAI's SDKs count their tries of a request in a header; nothing else tells a retry from a request. */
function clientRetryOf(asked: Asked): { clientRetry?: number } {
  const said = asked.header('x-stainless-retry-count')
  return said !== undefined && /^\d{1,3}$/.test(said) ? { clientRetry: Number(said) } : {}
}
