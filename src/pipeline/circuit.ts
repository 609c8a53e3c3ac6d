import { SlidingWindow } from './sliding-window.ts'

/** `closed`: calls pass. `open`: none does. `half-open`: a few pass, to see whether it is well again. */
export type CircuitState = 'closed' | 'open' | 'half-open'

/** When a circuit opens and how it closes again. */
export interface CircuitSettings {
  /** How far back calls are looked at, milliseconds. */
  readonly windowMs: number
  /** With fewer calls than this in the window their share of failures says nothing. */
  readonly minimumCalls: number
  /** Of the calls in the window; from this share on it opens. 1 to 100. */
  readonly failurePercent: number
  /** So many failures with no good call between them open it, however few calls there are. */
  readonly consecutiveFailures: number
  /** How long it stays open the first time, milliseconds; twice as long each time a probe fails. */
  readonly coolDownMs: number
  readonly longestCoolDownMs: number
  /** Calls that may run at once while it is half-open, and good ones that close it. */
  readonly probes: number
}

/** How a call ended, as far as it says something about the target. `neither`: hung up on, or refused for its own sake. */
export type Verdict = 'good' | 'bad' | 'neither'

type OnChange = (state: CircuitState, before: CircuitState, reason: string) => void

/** The leave to make one call; its end is told with the same value. */
export interface Admission {
  /** Which opening of the circuit it probes; 0: an ordinary call. */
  readonly opening: number
  /** The answer has not begun yet. */
  waiting: boolean
}

/** The leave to make a call while nothing speaks against it. */
export const ordinary: Admission = Object.freeze({ opening: 0, waiting: false })

/**
 * What is known of one target's health, and whether it may be called. Time comes in as milliseconds of a clock that never
 * goes back. A call's verdict is its end: a stream that dies in the middle has failed, and a probe's place is free again
 * only when it is over.
 */
export class Circuit {
  /** When a call was last asked for or ended. */
  usedAt = 0
  state: CircuitState = 'closed'
  readonly #settings: CircuitSettings
  #onChange: OnChange
  readonly #window: SlidingWindow
  #failuresInRow = 0
  #openings = 0
  #coolDownMs = 0
  #openUntil = 0
  /** Of this opening: probes that run, those of them that wait for their first chunk, and those that ended well. */
  #running = 0
  #waiting = 0
  #good = 0

  constructor(settings: CircuitSettings, onChange: OnChange) {
    this.#settings = settings
    this.#onChange = onChange
    this.#window = new SlidingWindow(settings.windowMs)
  }

  /** null: no call may be made now. */
  admit(now: number): Admission | null {
    this.usedAt = now
    if (this.state === 'closed') return ordinary
    if (this.state === 'open') {
      if (now < this.#openUntil) return null
      this.#become('half-open', 'its cool-down is over')
    }
    return this.#running < this.#settings.probes ? this.#probe() : null
  }

  /**
   * For a request that has nobody else to ask: one call at a time that waits for its answer to begin. Refusing it would
   * help nobody, and it finds out early that the target is well again.
   */
  admitAnyway(): Admission | null {
    return this.#waiting === 0 ? this.#probe() : null
  }

  /** Whether a call would be refused now. */
  refuses(now: number): boolean {
    if (this.state === 'closed') return false
    return this.state === 'open' ? now < this.#openUntil : this.#running >= this.#settings.probes
  }

  /** Milliseconds after which asking again may help, at least one. */
  readyInMs(now: number): number {
    return this.state === 'open' ? Math.max(1, Math.ceil(this.#openUntil - now)) : 1_000
  }

  /** The answer to this call has begun. */
  begun(admission: Admission): void {
    if (!admission.waiting) return
    admission.waiting = false
    if (admission.opening === this.#openings) this.#waiting -= 1
  }

  /** The call is over. */
  ended(admission: Admission, verdict: Verdict, now: number): void {
    this.usedAt = now
    this.begun(admission)
    if (admission.opening === 0) {
      // What began before the circuit opened is old news.
      if (this.state === 'closed' && verdict !== 'neither') this.#count(verdict === 'bad', now)
      return
    }
    if (admission.opening !== this.#openings) return
    this.#running -= 1
    if (this.state === 'closed') {
      if (verdict !== 'neither') this.#count(verdict === 'bad', now)
    } else if (verdict === 'good') this.#countGoodProbe()
    else if (verdict === 'bad' && this.state === 'half-open') this.#open('a probe failed', now)
  }

  /** Nobody has asked for it for long; whoever watches its state hears that it is gone. */
  forget(): void {
    if (this.state !== 'closed') this.#become('closed', 'it was not called for long')
    this.#onChange = () => undefined
  }

  #probe(): Admission {
    this.#running += 1
    this.#waiting += 1
    return { opening: this.#openings, waiting: true }
  }

  #count(failed: boolean, now: number): void {
    this.#window.add(failed, now)
    if (!failed) {
      this.#failuresInRow = 0
      return
    }
    this.#failuresInRow += 1
    const { consecutiveFailures, minimumCalls, failurePercent } = this.#settings
    if (this.#failuresInRow >= consecutiveFailures) {
      this.#open(`${this.#failuresInRow} calls in a row failed`, now)
      return
    }
    const { calls, failures } = this.#window.count(now)
    const percent = (failures / calls) * 100
    if (calls >= minimumCalls && percent >= failurePercent) {
      this.#open(`${failures} of the latest ${calls} calls failed`, now)
    }
  }

  #countGoodProbe(): void {
    this.#good += 1
    if (this.#good >= this.#settings.probes) {
      this.#coolDownMs = 0
      this.#failuresInRow = 0
      this.#window.clear()
      this.#become('closed', this.#good === 1 ? 'a probe ended well' : `${this.#good} probes ended well`)
    } else if (this.state === 'open') this.#become('half-open', 'a call that had nobody else to ask ended well')
  }

  #open(reason: string, now: number): void {
    const { coolDownMs, longestCoolDownMs } = this.#settings
    this.#coolDownMs =
      this.#coolDownMs === 0 ? coolDownMs : Math.min(Math.max(coolDownMs, longestCoolDownMs), this.#coolDownMs * 2)
    this.#openUntil = now + this.#coolDownMs
    this.#openings += 1
    this.#running = 0
    this.#waiting = 0
    this.#good = 0
    this.#become('open', reason)
  }

  #become(state: CircuitState, reason: string): void {
    const before = this.state
    this.state = state
    this.#onChange(state, before, reason)
  }
}
