import type { Fault } from '../core/fault.ts'
import type { Observe } from '../core/observation.ts'
import type { ExchangeRecord } from '../core/record.ts'
import type { Answered, Asked, Planned } from './exchange.ts'
import type { AttemptLog } from './send.ts'
import { type SettleSettings, type Settled, toRecord } from './settle.ts'
import type { Tally } from './tally.ts'

export interface LedgerSettings extends SettleSettings {
  /** Hands the record to the operating system before it returns. */
  readonly record: (record: ExchangeRecord) => void
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
  #answered: Answered | null = null
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

  answeredBy(answered: Answered): Answered {
    this.#answered = answered
    return answered
  }

  /** The end, before it reaches the client. `fault`: null after a good end. */
  settle(fault: Fault | null, tally: Tally | null, timeToFirstChunkMs: number | null): void {
    if (this.#isSettled) return
    this.#isSettled = true
    this.#onSettled()
    if (fault?.kind === 'internal') this.#defect('chat', fault.cause ?? fault)
    const record = this.#describe({
      asked: this.#asked,
      planned: this.#planned,
      answered: this.#answered,
      attempts: this.attempts,
      tally,
      timeToFirstChunkMs,
      fault,
      // An answer that was opened always goes out as 200, whichever 2xx the provider chose.
      httpStatus: this.#answered === null ? (fault?.status ?? 500) : 200,
    })
    this.#settings.record(record)
    this.#settings.observe({ type: 'exchange-settled', record })
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
