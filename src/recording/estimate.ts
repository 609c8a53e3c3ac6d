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

/**
 * Counts what compression took out of the prompt, when the record asks for it: `savedInputTokens` is filled in and the texts
 * are taken away. Any other record comes back as it is.
 */
export function countSaved(record: ExchangeRecord): ExchangeRecord {
  const { compressed } = record
  // A line of an earlier version has no such field.
  if (compressed === null || compressed === undefined) return record
  const model = record.responseModel ?? record.attempts.at(-1)?.model ?? record.requestModel
  // Texts of more than 65,536 characters are counted in samples, so the smaller one may seem the larger.
  const saved = countTokens(compressed.before, model) - countTokens(compressed.after, model)
  return { ...record, savedInputTokens: Math.max(0, saved), compressed: null }
}
