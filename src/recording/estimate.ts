import type { ExchangeRecord } from '../core/record.ts'
import { owesPrice, priceAnswer, type PriceOverrides } from '../pricing/price-answer.ts'
import { countTokens } from '../tokens/count-tokens.ts'

export interface EstimateOptions {
  /** Each provider's id in the price data, by provider id; null or absent: it sends no bill. */
  readonly priceIds: Readonly<Record<string, string | null>>
  readonly overrides: PriceOverrides
  readonly onUnknownPrice: (provider: string, model: string) => void
}

/**
 * Counts and prices what the provider did not report, when the record asks for it: `usage`, `usageSource` `estimated`,
 * `cost` and `priceSource` are filled in and `estimate` is taken away. Any other record comes back as it is.
 */
export function estimateUsage(record: ExchangeRecord, options: EstimateOptions): ExchangeRecord {
  const { estimate } = record
  if (estimate === null) return record
  if (record.usage !== null) return { ...record, estimate: null }
  const provider = record.provider ?? record.attempts.at(-1)?.provider ?? null
  const called = record.attempts.at(-1)?.model ?? record.responseModel ?? record.requestModel
  const counted = record.responseModel ?? called
  const usage = {
    inputTokens: countTokens(estimate.input, counted),
    outputTokens: countTokens(estimate.output, counted),
    cacheReadInputTokens: 0,
    cacheCreationInputTokens: 0,
    reasoningOutputTokens: 0,
  }
  const owed: ExchangeRecord = { ...record, usage, usageSource: 'estimated', estimate: null }
  if (provider === null) return owed
  const priced = priceAnswer(
    {
      providerPriceId: options.priceIds[provider] ?? null,
      provider,
      model: called,
      responseModel: record.responseModel,
      usage,
      at: record.createdAt,
    },
    options.overrides,
  )
  if (priced !== null) return { ...owed, cost: priced.cost, priceSource: priced.source }
  if (owesPrice({ providerPriceId: options.priceIds[provider] ?? null })) options.onUnknownPrice(provider, called)
  return owed
}
