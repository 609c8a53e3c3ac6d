import type { Finding, Stage, TextScanner } from './guardrail.ts'
import type { GuardReport } from './guard-report.ts'
import type { PlaceholderVault } from './placeholder-vault.ts'
import { type Span, type SpanGroup, united } from './redact-spans.ts'
import { type Rule, consequenceOf, enforces, failsClosed } from './rule.ts'

/** What a text is read for, and where what is found goes. */
export interface TextGuardContext {
  readonly stage: Stage
  /** As in `GuardrailFinding`. */
  readonly place: string
  readonly report: GuardReport
  readonly vault: PlaceholderVault
}

/** One rule reading one text. */
interface Reading {
  readonly rule: Rule
  readonly scanner: TextScanner
  /** Text waits for it. */
  holds: boolean
  /** Nothing of the text is let go before its end. */
  readonly untilEnd: boolean
  /** It threw; what it says no longer counts. */
  isBroken: boolean
  /** It has heard that the text is over, and said all. */
  isOver: boolean
  decided: number
}

/**
 * Guards one text while it comes in pieces, with all local rules in one pass: what may go on is given back, redacted, as
 * soon as no rule can say anything more about it. The result depends on the text alone, never on its pieces.
 *
 * A rule that throws is an error of that rule: where it fails closed the text is blocked, else it goes on without it.
 */
export class TextGuard {
  readonly #context: TextGuardContext
  readonly #readings: Reading[] = []
  /** Text that waits, and the offset of its first character. */
  #waiting = ''
  #base = 0
  #length = 0
  /** What was found in the text that waits: what came since it was last let go, and before that. */
  #spans: Span[] = []
  #groups: SpanGroup[] = []
  #blockedBy: Rule | null = null
  #isClean = true
  readonly #found: Finding[] = []

  /** @param rules local or broken ones, in their order. */
  constructor(rules: readonly Rule[], context: TextGuardContext) {
    this.#context = context
    for (const rule of rules) this.#open(rule)
  }

  /** The rule that ended it; nothing more is let go from then on. */
  get blockedBy(): Rule | null {
    return this.#blockedBy
  }

  /** No rule found anything, and none failed. */
  get isClean(): boolean {
    return this.#isClean
  }

  /** What waits, as it came. */
  get withheld(): string {
    return this.#waiting
  }

  /** Takes the next piece; gives what may go on. Once it is blocked it still reads, so that all is found, and gives nothing. */
  push(piece: string): string {
    this.#length += piece.length
    const what = { piece }
    let decided = this.#length
    let holds = this.#waiting !== ''
    for (let index = 0; index < this.#readings.length; index += 1) {
      const reading = this.#readings[index]
      if (reading === undefined || reading.isBroken) continue
      this.#read(reading, index, what)
      if (!reading.holds) continue
      if (reading.untilEnd) decided = this.#base
      else if (reading.decided < decided) decided = reading.decided
    }
    if (this.#blockedBy !== null) return this.#hold(piece)
    holds ||= decided < this.#length || this.#spans.length > 0 || this.#groups.length > 0
    if (!holds) {
      this.#base = this.#length
      return piece
    }
    this.#waiting += piece
    return this.#release(decided)
  }

  /** A detector has put work off: let others work, and push an empty piece. */
  get isBehind(): boolean {
    return this.#readings.some(({ scanner, isBroken }) => !isBroken && scanner.isBehind === true)
  }

  /** Does a part of what `end` has to do. @returns true when `end` takes no long time any more. */
  endStep(): boolean {
    let isDone = true
    for (let index = 0; index < this.#readings.length; index += 1) {
      const reading = this.#readings[index]
      if (reading === undefined || reading.isBroken || reading.isOver || reading.scanner.endStep === undefined) continue
      this.#read(reading, index, 'step')
      isDone &&= reading.isOver || reading.isBroken
    }
    return isDone
  }

  /** The text is over; gives the rest that may go on. */
  end(): string {
    for (let index = 0; index < this.#readings.length; index += 1) {
      const reading = this.#readings[index]
      if (reading !== undefined && !reading.isBroken && !reading.isOver) this.#read(reading, index, 'end')
    }
    return this.#blockedBy === null ? this.#release(this.#length) : ''
  }

  /** More waits than may be kept: whoever waits for the end of the text cannot do its work. */
  overflow(): void {
    for (const reading of this.#readings) {
      if (!reading.holds || !reading.untilEnd) continue
      // It is out for this text: a fragment judged alone would say something else than the whole.
      reading.holds = false
      reading.isBroken = true
      this.#failed(reading.rule, 'the text is longer than what may be held back')
    }
  }

  /** What a blocked text withholds, for the log: with placeholders for what was found in it where that has a place. */
  concealed(): string {
    this.#spans = this.#spans.filter(({ rule, start, end }) => rule.hasSpans && start >= this.#base && end > start)
    return this.#release(this.#length)
  }

  #hold(piece: string): string {
    this.#waiting += piece
    return ''
  }

  #open(rule: Rule): void {
    const { detector } = rule
    if (detector.kind === 'remote') return
    if (detector.kind === 'broken') return this.#failed(rule, detector.problem)
    try {
      this.#readings.push({
        rule,
        scanner: detector.local.open(this.#context.stage),
        holds: enforces(rule),
        untilEnd: rule.streamMode === 'full',
        isBroken: false,
        isOver: false,
        decided: 0,
      })
    } catch (error) {
      this.#failed(rule, problemOf(error))
    }
  }

  #read(reading: Reading, order: number, what: { readonly piece: string } | 'step' | 'end'): void {
    const { report, stage } = this.#context
    const found = this.#found
    found.length = 0
    const startedAt = performance.now()
    try {
      if (what === 'step') reading.isOver = reading.scanner.endStep?.(found) ?? true
      else if (what === 'end') reading.scanner.end(found)
      else reading.decided = reading.scanner.push(what.piece, found)
    } catch (error) {
      reading.isBroken = true
      reading.holds = false
      this.#failed(reading.rule, problemOf(error))
    }
    report.took(reading.rule, stage, performance.now() - startedAt)
    if (found.length > 0) this.#note(reading.rule, order, found)
  }

  #note(rule: Rule, order: number, found: readonly Finding[]): void {
    const { report, stage, place } = this.#context
    this.#isClean = false
    report.found(rule, stage, place, found)
    if (!enforces(rule)) return
    for (const finding of found) {
      const consequence = consequenceOf(rule, finding)
      if (consequence === 'flag') continue
      const { start, end, kind } = finding
      this.#spans.push({ start, end, kind, rule, order })
      if (consequence === 'block') this.#block(rule)
    }
  }

  #failed(rule: Rule, problem: string): void {
    this.#isClean = false
    this.#context.report.failed(rule, this.#context.stage, problem)
    if (failsClosed(rule)) this.#block(rule)
  }

  #block(rule: Rule): void {
    this.#blockedBy ??= rule
    this.#context.report.blocked(rule)
  }

  /** Lets go what lies before `decided`, but no part of a stretch that goes on behind it. */
  #release(decided: number): string {
    // Where nothing goes on, what waits is not gone through again with each piece.
    if (decided <= this.#base) return ''
    if (this.#spans.length > 0) {
      this.#groups = united(this.#groups, this.#spans)
      this.#spans = []
    }
    let text = ''
    let next = 0
    for (let group = this.#groups[next]; group !== undefined; group = this.#groups[(next += 1)]) {
      if (group.start >= decided) break
      if (group.end > decided) {
        decided = group.start
        break
      }
      text += this.#take(group.start)
      const value = this.#take(group.end)
      const restores = group.restores && this.#context.stage === 'input'
      text += this.#context.vault.placeholderFor(group.best.kind, value, restores)
    }
    if (next > 0) this.#groups = this.#groups.slice(next)
    return text + this.#take(decided)
  }

  /** The waiting text up to an absolute offset. */
  #take(until: number): string {
    const length = until - this.#base
    if (length <= 0) return ''
    const text = length >= this.#waiting.length ? this.#waiting : this.#waiting.slice(0, length)
    this.#waiting = length >= this.#waiting.length ? '' : this.#waiting.slice(length)
    this.#base += text.length
    return text
  }
}

function problemOf(error: unknown): string {
  // A defect's own text may quote what it was reading.
  return `its detector failed (${error instanceof Error ? error.name : typeof error})`
}
