import type { Cost } from '../core/record.ts'
import type { Usage } from '../core/usage.ts'
import type { OperatorPrices } from '../snapshot/snapshot.ts'
import { builtInPrices, type BuiltInPrices, type TieredPrice } from './built-in-data.ts'

/** An answer to be priced. */
export interface PricedAnswer {
  /**
   * The provider's id in the price data (`Provider.priceId`). null: it sends no bill (mock, local) or nothing is known.
   */
  readonly providerPriceId: string | null
  /** The provider's own id, as in `<provider>/<model>`. */
  readonly provider: string
  /** The provider's name of the model that was called. */
  readonly model: string
  /** The model that the answer names, when it differs: more exact (a dated snapshot, the model behind a router). */
  readonly responseModel?: string | null
  readonly usage: Usage
  /** When it was answered, milliseconds since 1970: prices have dates. */
  readonly at: number
}

export interface PricedCost {
  readonly cost: Cost
  /** `operator:<provider>/<model>` or `genai-prices:<provider>/<model>`, the entry whose prices were used. */
  readonly source: string
}

/** Operators' models by id (`<provider>/<model>`); `Snapshot.models`, where aliases stand too, will do. */
export interface PriceOverrides {
  get(id: string): { readonly id: string; readonly prices: OperatorPrices | null } | undefined
}

/**
 * What an answer costs, part by part. Operators' prices win over the built-in data. null: the price is unknown (never 0
 * for unknown), also when only the price of a part that was used is missing, or when the token counts are no counts.
 */
export function priceAnswer(answer: PricedAnswer, overrides: PriceOverrides): PricedCost | null {
  if (!isCountable(answer.usage)) return null
  const override = findOverride(answer, overrides)
  if (override !== null) {
    const cost = costOf(answer.usage, operatorPrices(override.prices))
    return cost === null ? null : { cost, source: `operator:${override.id}` }
  }
  const builtIn = findBuiltIn(answer)
  if (builtIn === null) return null
  const cost = costOf(answer.usage, builtIn)
  return cost === null ? null : { cost, source: `genai-prices:${builtIn.id}` }
}

/** Whether it deserves a notice that `priceAnswer` gave null: a provider that sends no bill owes us no price. */
export function owesPrice(answer: Pick<PricedAnswer, 'providerPriceId'>): boolean {
  return answer.providerPriceId !== null
}

function findOverride(
  answer: PricedAnswer,
  overrides: PriceOverrides,
): { readonly id: string; readonly prices: OperatorPrices } | null {
  // By id alone: another provider may have this name as an alias, or in `<provider>/<model>` form as a model of its own.
  const called = overrides.get(`${answer.provider}/${answer.model}`)
  if (called?.prices) return { id: called.id, prices: called.prices }
  if (!answer.responseModel || answer.responseModel === answer.model) return null
  const answered = overrides.get(`${answer.provider}/${answer.responseModel}`)
  return answered?.prices ? { id: answered.id, prices: answered.prices } : null
}

function findBuiltIn(answer: PricedAnswer): BuiltInPrices | null {
  if (answer.providerPriceId === null) return null
  const answered = answer.responseModel ? builtInPrices(answer.providerPriceId, answer.responseModel, answer.at) : null
  return answered ?? builtInPrices(answer.providerPriceId, answer.model, answer.at)
}

function operatorPrices(prices: OperatorPrices): Omit<BuiltInPrices, 'id'> {
  const flat = (usd: number | undefined): TieredPrice | null => (usd === undefined ? null : { base: usd, tiers: [] })
  return {
    input: flat(prices.input_usd_per_million_tokens),
    output: flat(prices.output_usd_per_million_tokens),
    cacheRead: flat(prices.cache_read_usd_per_million_tokens),
    cacheWrite: flat(prices.cache_write_usd_per_million_tokens),
    cacheWriteOneHour: flat(prices.cache_write_one_hour_usd_per_million_tokens),
    reasoning: null,
    requestUsd: 0,
  }
}

/**
 * Anthropic, the only maker that reports such writes, asks 1.25 times the input price for what is cached for five minutes
 * and twice the input price for what is cached for an hour. Most lists of prices (those of resellers, and operators')
 * name the first only, so the second is reckoned from the input price, and never below the price of the shorter write.
 */
const oneHourFactor = 2

/** US dollars of tokens that were written to the cache for an hour; null: no price is known. */
function oneHourUsd(tokens: number, prices: Omit<BuiltInPrices, 'id'>, inputTokens: number): number | null {
  if (tokens === 0) return 0
  const { cacheWriteOneHour, cacheWrite, input } = prices
  if (cacheWriteOneHour !== null) return (tokens * usdPerMillion(cacheWriteOneHour, inputTokens)) / 1_000_000
  if (input === null) return null
  const reckoned = oneHourFactor * usdPerMillion(input, inputTokens)
  const shorter = cacheWrite === null ? 0 : usdPerMillion(cacheWrite, inputTokens)
  return (tokens * Math.max(reckoned, shorter)) / 1_000_000
}

/**
 * The parts partition the tokens: cached and cache-written tokens are taken out of the input, reasoning out of the
 * output, and the writes kept for an hour out of the other writes. A part without a price of its own costs what its
 * whole costs (dearer is safer than free).
 */
function costOf(usage: Usage, prices: Omit<BuiltInPrices, 'id'>): Cost | null {
  const { inputTokens, outputTokens, cacheReadInputTokens, cacheCreationInputTokens, reasoningOutputTokens } = usage
  const oneHourTokens = usage.cacheCreationOneHourInputTokens ?? 0
  // Parts that exceed their whole are a provider's mistake: what it reported as a part is billed, the rest is nothing.
  const shortWrites = Math.max(0, cacheCreationInputTokens - oneHourTokens)
  const plainInput = Math.max(0, inputTokens - cacheReadInputTokens - shortWrites - oneHourTokens)
  const plainOutput = Math.max(0, outputTokens - reasoningOutputTokens)
  const part = (tokens: number, price: TieredPrice | null, whole: TieredPrice | null): number | null => {
    if (tokens === 0) return 0
    const chosen = price ?? whole
    return chosen === null ? null : (tokens * usdPerMillion(chosen, inputTokens)) / 1_000_000
  }
  const tokensUsd = part(plainInput, prices.input, null)
  const cacheReadUsd = part(cacheReadInputTokens, prices.cacheRead, prices.input)
  const shortWriteUsd = part(shortWrites, prices.cacheWrite, prices.input)
  const longWriteUsd = oneHourUsd(oneHourTokens, prices, inputTokens)
  const outputUsd = part(plainOutput, prices.output, null)
  const reasoningUsd = part(reasoningOutputTokens, prices.reasoning, prices.output)
  if (
    tokensUsd === null ||
    cacheReadUsd === null ||
    shortWriteUsd === null ||
    longWriteUsd === null ||
    outputUsd === null ||
    reasoningUsd === null
  ) {
    return null
  }
  const inputUsd = tokensUsd + prices.requestUsd
  const cacheWriteUsd = shortWriteUsd + longWriteUsd
  const totalUsd = inputUsd + cacheReadUsd + cacheWriteUsd + outputUsd + reasoningUsd
  return { totalUsd, inputUsd, cacheReadUsd, cacheWriteUsd, outputUsd, reasoningUsd }
}

function usdPerMillion(price: TieredPrice, inputTokens: number): number {
  let usd = price.base
  for (const tier of price.tiers) {
    if (inputTokens > tier.above) usd = tier.usd
  }
  return usd
}

function isCountable(usage: Usage): boolean {
  return (
    isCount(usage.inputTokens) &&
    isCount(usage.outputTokens) &&
    isCount(usage.cacheReadInputTokens) &&
    isCount(usage.cacheCreationInputTokens) &&
    isCount(usage.cacheCreationOneHourInputTokens ?? 0) &&
    isCount(usage.reasoningOutputTokens)
  )
}

function isCount(tokens: number): boolean {
  return Number.isFinite(tokens) && tokens >= 0
}
