import type { AttemptRecord, Cost } from '../core/record.ts'
import type { Usage, UsageSource } from '../core/usage.ts'
import type { PaidAnswer } from './checked-answer.ts'
import { estimateOf, usageByLength } from './estimate-usage.ts'
import type { Answered, Asked, ResolvedPrompt } from './exchange.ts'
import type { AttemptLog } from './send.ts'
import { type Bill, type Pricer, freeBill } from './settle.ts'
import type { Tally } from './tally.ts'

/** What one answered call used, and cost. */
interface CallBill {
  readonly usage: Usage
  readonly usageSource: UsageSource
  /** null: the price is unknown. */
  readonly cost: Cost | null
  readonly priceSource: string | null
}

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
  readonly #bills: { readonly row: number; readonly bill: CallBill }[] = []

  constructor(step: string, prompt: ResolvedPrompt | null) {
    this.step = step
    this.prompt = prompt
  }

  /** An answer is over, or has broken off. Those that were paid for before it, and not given, are billed with it. */
  answered(answered: Answered, tally: Tally, price: Pricer): void {
    if (answered.cache === 'hit') return
    const { asked } = answered.planned
    const paid: readonly PaidAnswer[] = [...(answered.checked?.others ?? []), { target: answered.target, tally }]
    const rows = this.log.flatMap(({ errorType }, row) => (errorType === null ? [row] : []))
    for (const [index, each] of paid.entries()) {
      const bill = billFor(each, asked, price)
      // The last of several belongs to the last call; one that broke off has no row that went well.
      const row = rows.at(index - paid.length) ?? this.log.length - 1
      if (bill !== null) this.#bills.push({ row, bill })
    }
  }

  get bills(): readonly CallBill[] {
    return this.#bills.map(({ bill }) => bill)
  }

  rows(): readonly AttemptRecord[] {
    return this.log.map((row, index) => {
      const bills = this.#bills.filter((each) => each.row === index).map(({ bill }) => bill)
      const costs = bills.flatMap(({ cost }) => (cost === null ? [] : [cost.totalUsd]))
      return {
        ...row,
        step: this.step,
        prompt: this.prompt?.slug ?? null,
        promptVersion: this.prompt?.version ?? null,
        usage: bills.length === 0 ? null : sumUsage(bills.map(({ usage }) => usage)),
        costUsd: bills.length === 0 || costs.length < bills.length ? null : costs.reduce((sum, cost) => sum + cost, 0),
      }
    })
  }
}

function billFor({ target, tally }: PaidAnswer, asked: Asked, price: Pricer): CallBill | null {
  const said = tally.usage
  const texts = said === null ? estimateOf(target, asked.operation, tally) : null
  const usage = said ?? (texts === null ? null : usageByLength(texts))
  if (usage === null) return null
  const responseModel = tally.responseModel ?? target.model
  const priced = price({ target, responseModel, usage, at: asked.createdAt }, asked.snapshot)
  return {
    usage,
    usageSource: said === null ? 'estimated' : 'provider',
    cost: priced?.cost ?? null,
    priceSource: priced?.source ?? null,
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
      for (const { cost } of calls.bills) {
        if (cost === null) return null
        spent += cost.totalUsd
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

  bill(): Bill {
    const bills = this.#calls.flatMap((calls) => calls.bills)
    if (bills.length === 0) return this.cache === 'hit' ? freeBill : nothingBilled
    const costs = bills.flatMap(({ cost }) => (cost === null ? [] : [cost]))
    const sources = new Set(bills.flatMap(({ priceSource }) => (priceSource === null ? [] : [priceSource])))
    // A sum without one of its parts would say less than was spent.
    const isKnown = costs.length === bills.length
    return {
      ...nothingBilled,
      usage: sumUsage(bills.map(({ usage }) => usage)),
      usageSource: bills.some(({ usageSource }) => usageSource === 'estimated') ? 'estimated' : 'provider',
      cost: isKnown ? sumCost(costs) : null,
      priceSource: isKnown ? [...sources].join(', ') : null,
    }
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

/** Tokens of several answers; a kind that none of them has stays left out. */
export function sumUsage(all: readonly Usage[]): Usage {
  const sum: Record<string, number> = {}
  for (const usage of all) {
    for (const [kind, tokens] of Object.entries(usage) as readonly [keyof Usage, number][]) {
      sum[kind] = (sum[kind] ?? 0) + tokens
    }
  }
  const {
    inputTokens = 0,
    outputTokens = 0,
    cacheReadInputTokens = 0,
    cacheCreationInputTokens = 0,
    reasoningOutputTokens = 0,
  } = sum
  return { ...sum, inputTokens, outputTokens, cacheReadInputTokens, cacheCreationInputTokens, reasoningOutputTokens }
}

function sumCost(all: readonly Cost[]): Cost {
  const sum = (part: keyof Cost): number => all.reduce((total, cost) => total + cost[part], 0)
  return {
    totalUsd: sum('totalUsd'),
    inputUsd: sum('inputUsd'),
    cacheReadUsd: sum('cacheReadUsd'),
    cacheWriteUsd: sum('cacheWriteUsd'),
    outputUsd: sum('outputUsd'),
    reasoningUsd: sum('reasoningUsd'),
  }
}
