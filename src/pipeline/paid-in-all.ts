import type { Cost, ExchangeRecord } from '../core/record.ts'
import type { Usage } from '../core/usage.ts'
import type { PaidAnswer } from './checked-answer.ts'
import { estimateOf, usageByLength } from './estimate-usage.ts'
import type { Pricer, Settled } from './settle.ts'

/** What one answer used and cost. */
interface Paid {
  readonly usage: Usage
  /** The provider did not say the tokens. */
  readonly isEstimated: boolean
  /** null: the price is unknown. */
  readonly priced: { readonly cost: Cost; readonly source: string } | null
}

/**
 * Tokens and cost of an exchange that got several answers, all of them together. Each is priced by itself, because prices
 * depend on the model and the length of one request; one unknown price makes the sum unknown. Tokens that a provider did
 * not say are counted by length: the sum could not wait for one of its parts. null: there was one answer.
 */
export function paidInAll(
  { asked, answered, tally }: Settled,
  price: Pricer,
): Pick<ExchangeRecord, 'usage' | 'usageSource' | 'cost' | 'priceSource'> | null {
  const others = answered?.checked?.others ?? noOthers
  if (answered === null || others.length === 0) return null
  const all = tally === null ? others : [...others, { target: answered.target, tally }]
  const [first, ...rest] = all.flatMap((each) => paidFor(each, asked, price))
  if (first === undefined) return null
  const { usage, isEstimated, priced } = rest.reduce(sumOf, first)
  return {
    usage,
    usageSource: isEstimated ? 'estimated' : 'provider',
    cost: priced?.cost ?? null,
    priceSource: priced?.source ?? null,
  }
}

const noOthers: readonly PaidAnswer[] = []

function paidFor({ target, tally }: PaidAnswer, asked: Settled['asked'], price: Pricer): Paid[] {
  const owed = tally.usage === null ? estimateOf(target, asked.operation, tally) : null
  const usage = tally.usage ?? (owed === null ? null : usageByLength(owed))
  if (usage === null) return []
  const responseModel = tally.responseModel ?? target.model
  const priced = price({ target, responseModel, usage, at: asked.createdAt }, asked.snapshot)
  return [{ usage, isEstimated: tally.usage === null, priced }]
}

function sumOf(sum: Paid, each: Paid): Paid {
  const isPriced = sum.priced !== null && each.priced !== null
  return {
    usage: {
      inputTokens: sum.usage.inputTokens + each.usage.inputTokens,
      outputTokens: sum.usage.outputTokens + each.usage.outputTokens,
      cacheReadInputTokens: sum.usage.cacheReadInputTokens + each.usage.cacheReadInputTokens,
      cacheCreationInputTokens: sum.usage.cacheCreationInputTokens + each.usage.cacheCreationInputTokens,
      reasoningOutputTokens: sum.usage.reasoningOutputTokens + each.usage.reasoningOutputTokens,
    },
    isEstimated: sum.isEstimated || each.isEstimated,
    priced: isPriced ? { cost: sumOfCosts(sum.priced.cost, each.priced.cost), source: each.priced.source } : null,
  }
}

function sumOfCosts(left: Cost, right: Cost): Cost {
  return {
    totalUsd: left.totalUsd + right.totalUsd,
    inputUsd: left.inputUsd + right.inputUsd,
    cacheReadUsd: left.cacheReadUsd + right.cacheReadUsd,
    cacheWriteUsd: left.cacheWriteUsd + right.cacheWriteUsd,
    outputUsd: left.outputUsd + right.outputUsd,
    reasoningUsd: left.reasoningUsd + right.reasoningUsd,
  }
}
