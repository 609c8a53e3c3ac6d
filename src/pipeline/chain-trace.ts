import type { AttemptRecord, OutputCheck } from '../core/record.ts'
import type { Usage } from '../core/usage.ts'
import type { PaidAnswer } from './checked-answer.ts'
import type { Answered, ResolvedPrompt, Target } from './exchange.ts'
import { type Paid, paidFor, paidInAll, sumUsage } from './paid-in-all.ts'
import type { AttemptLog } from './send.ts'
import { type Bill, type Pricer, freeBill } from './settle.ts'
import type { Tally } from './tally.ts'

/**
 * One question that a step asked: its calls, and what was billed for the one that was answered. A log of its own, because
 * whoever retries and falls over counts the rows of the log, and steps run at the same time.
 */
export class StepCalls {
  readonly log: AttemptLog = []
  /** `draft`, in a chain that a step called `outer` asked `outer/draft`. */
  readonly step: string
  readonly prompt: ResolvedPrompt | null
  cache: Answered['cache'] | null = null
  /** By row of the log; a row that several answers are put down to has several. */
  readonly #bills: { readonly row: number; readonly bill: Paid }[] = []
  /** Of the answer that was given or withheld, by the row of its call. */
  #check: { readonly row: number; readonly result: OutputCheck | null } | null = null

  /** Tokens of an answer from the cache, which nobody pays for. */
  #served: Usage | null = null

  constructor(step: string, prompt: ResolvedPrompt | null) {
    this.step = step
    this.prompt = prompt
  }

  /** An answer is over, or has broken off. Those that were paid for before it, and not given, are billed with it. */
  answered(answered: Answered, tally: Tally, price: Pricer): void {
    if (answered.cache === 'hit') {
      this.#served = tally.usage
      return
    }
    const { asked } = answered.planned
    const paid: readonly PaidAnswer[] = [...(answered.checked?.others ?? []), { target: answered.target, tally }]
    this.#check = { row: this.#rowOf(answered.target), result: answered.checked?.result() ?? null }
    // From the end: the last answer belongs to the last call that went well.
    for (const each of paid.toReversed()) {
      const bill = paidFor(each, asked, price)
      if (bill !== null) this.#bills.push({ row: this.#rowOf(each.target), bill })
    }
  }

  /** The last call of this target that nothing was billed for yet: one that went well, else one that broke off. */
  #rowOf({ provider, model }: Target): number {
    const billed = new Set(this.#bills.map(({ row }) => row))
    const isFree = (row: AttemptRecord, index: number): boolean =>
      row.provider === provider.id && row.model === model && !billed.has(index)
    const wentWell = this.log.findLastIndex((row, index) => isFree(row, index) && row.errorType === null)
    const brokeOff = this.log.findLastIndex((row, index) => isFree(row, index) && row.httpStatus === 200)
    return [wentWell, brokeOff].find((row) => row !== -1) ?? this.log.length - 1
  }

  get bills(): readonly Paid[] {
    return this.#bills.map(({ bill }) => bill)
  }

  /** Tokens of the answers, as a client is told of them: also of one from the cache. */
  get told(): readonly Usage[] {
    const usages = this.bills.map(({ usage }) => usage)
    return this.#served === null ? usages : [...usages, this.#served]
  }

  rows(): readonly AttemptRecord[] {
    return this.log.map((row, index) => {
      const paid = paidInAll(this.#bills.filter((each) => each.row === index).map(({ bill }) => bill))
      return {
        ...row,
        step: this.step,
        prompt: this.prompt?.slug ?? null,
        promptVersion: this.prompt?.version ?? null,
        usage: paid?.usage ?? null,
        costUsd: paid?.cost?.totalUsd ?? null,
        outputCheck: this.#check?.row === index ? this.#check.result : null,
      }
    })
  }
}

/** What the steps of a chain did, as it is recorded: every call with its step, and the sum of what was billed. */
export class ChainTrace {
  readonly slug: string
  readonly version: number
  readonly warnings: string[]
  readonly #calls: StepCalls[] = []

  constructor(slug: string, version: number, warnings: readonly string[]) {
    this.slug = slug
    this.version = version
    this.warnings = [...warnings]
  }

  begin(step: string, prompt: ResolvedPrompt | null): StepCalls {
    const calls = new StepCalls(step, prompt)
    this.#calls.push(calls)
    return calls
  }

  warn(step: string, warnings: readonly string[]): void {
    for (const warning of warnings) {
      const text = `step \`${step}\`: ${warning}`
      if (this.warnings.length < mostWarnings && !this.warnings.includes(text)) this.warnings.push(text)
    }
  }

  /** In the order in which they were begun. */
  attempts(): AttemptLog {
    return this.#calls.flatMap((calls) => calls.rows()).sort((left, right) => left.startedAt - right.startedAt)
  }

  /** US dollars that the steps whose name begins so have cost until now; null: the price of one is unknown. */
  spentUsd(prefix: string): number | null {
    let spent = 0
    for (const calls of this.#calls) {
      if (!calls.step.startsWith(prefix)) continue
      for (const { priced } of calls.bills) {
        if (priced === null) return null
        spent += priced.cost.totalUsd
      }
    }
    return spent
  }

  /** `hit`: every step was served from the cache; `miss`: at least one answer may be kept. */
  get cache(): Answered['cache'] {
    const caches = this.#calls.map((calls) => calls.cache)
    if (caches.length > 0 && caches.every((cache) => cache === 'hit')) return 'hit'
    return caches.includes('miss') ? 'miss' : 'off'
  }

  /** What the client is told of the tokens of all steps until now; null: nobody said any. */
  toldUsage(): Usage | null {
    const told = this.#calls.flatMap((calls) => calls.told)
    return told.length === 0 ? null : sumUsage(told)
  }

  bill(): Bill {
    const paid = paidInAll(this.#calls.flatMap((calls) => calls.bills))
    if (paid === null) return this.cache === 'hit' ? freeBill : nothingBilled
    return { ...nothingBilled, ...paid }
  }
}

/** Of a chain with many steps, so that no header and no row grows without end. */
const mostWarnings = 50

const nothingBilled: Bill = {
  usage: null,
  usageSource: null,
  cost: null,
  priceSource: null,
  estimate: null,
  savedInputTokens: null,
  compressed: null,
}
