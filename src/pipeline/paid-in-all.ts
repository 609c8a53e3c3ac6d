import type { Cost, ExchangeRecord } from '../core/record.ts'
import type { Usage, UsageSource } from '../core/usage.ts'
import type { PaidAnswer } from './checked-answer.ts'
import { estimateOf, usageByLength } from './estimate-usage.ts'
import type { Asked } from './exchange.ts'
import type { Pricer } from './settle.ts'

/** What one answer used and cost. */
export interface Paid {
  readonly usage: Usage
  readonly usageSource: UsageSource
  /** null: the price is unknown. */
  readonly priced: { readonly cost: Cost; readonly source: string } | null
}

/**
 * Each answer is priced by itself, because prices depend on the model and the length of one request. Tokens that a provider
 * did not say are counted by length: a sum could not wait for one of its parts. null: it is not paid by tokens.
 */
export function paidFor({ target, tally }: PaidAnswer, asked: Asked, price: Pricer): Paid | null {
  const said = tally.usage
  const owed = said === null ? estimateOf(target, asked.operation, tally) : null
  const usage = said ?? (owed === null ? null : usageByLength(owed))
  if (usage === null) return null
  const responseModel = tally.responseModel ?? target.model
  const priced = price({ target, responseModel, usage, at: asked.createdAt }, asked.snapshot)
  return { usage, usageSource: said === null ? 'estimated' : 'provider', priced }
}

/**
 * Tokens and cost of an exchange that got several answers, all of them together. One unknown price makes the sum unknown: it
 * would say less than was spent. null: there was none.
 */
export function paidInAll(
  all: readonly Paid[],
): Pick<ExchangeRecord, 'usage' | 'usageSource' | 'cost' | 'priceSource'> | null {
  if (all.length === 0) return null
  const priced = all.flatMap((each) => (each.priced === null ? [] : [each.priced]))
  const isKnown = priced.length === all.length
  return {
    usage: sumUsage(all.map(({ usage }) => usage)),
    usageSource: all.some(({ usageSource }) => usageSource === 'estimated') ? 'estimated' : 'provider',
    cost: isKnown ? sumCost(priced.map(({ cost }) => cost)) : null,
    priceSource: isKnown ? [...new Set(priced.map(({ source }) => source))].join(', ') : null,
  }
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
