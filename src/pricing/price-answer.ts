import type { Cost } from '../core/record.ts'
import type { Usage } from '../core/usage.ts'
import type { OperatorPrices } from '../snapshot/snapshot.ts'
import { builtInPrices, type BuiltInPrices, type TieredPrice } from './built-in-data.ts'
import { sameAsText } from './media-prices.ts'

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
 * What an answer costs, part by part. Operators' prices of tokens win over the built-in data as a whole; fees that it
 * names are paid on top, because operators name none. null: the price is unknown (never 0
 * for unknown), also when only the price of a part that was used is missing, or when the token counts are no counts.
 */
export function priceAnswer(answer: PricedAnswer, overrides: PriceOverrides): PricedCost | null {
  if (!isCountable(answer.usage)) return null
  const override = findOverride(answer, overrides)
  if (override !== null) {
    const cost = costOf(answer.usage, operatorPrices(override.prices, findBuiltIn(answer)))
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

function operatorPrices(prices: OperatorPrices, builtIn: BuiltInPrices | null): Omit<BuiltInPrices, 'id'> {
  const flat = (usd: number | undefined): TieredPrice | null => (usd === undefined ? null : { base: usd, tiers: [] })
  const text = {
    input: flat(prices.input_usd_per_million_tokens),
    output: flat(prices.output_usd_per_million_tokens),
    cacheRead: flat(prices.cache_read_usd_per_million_tokens),
  }
  return {
    ...text,
    ...sameAsText(text),
    cacheWrite: flat(prices.cache_write_usd_per_million_tokens),
    cacheWriteOneHour: flat(prices.cache_write_one_hour_usd_per_million_tokens),
    reasoning: null,
    requestUsd: builtIn?.requestUsd ?? 0,
    webSearchUsd: builtIn?.webSearchUsd ?? 0,
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
 * The parts partition the tokens: cached and cache-written tokens, sound and pictures are taken out of the input,
 * reasoning, sound and pictures out of the output, and the writes kept for an hour out of the other writes. A part of
 * the text without a price of its own costs what its whole costs (dearer is safer than free).
 */
function costOf(usage: Usage, prices: Omit<BuiltInPrices, 'id'>): Cost | null {
  const tokens = partsOf(usage)
  const part = (count: number, price: TieredPrice | null): number | null => {
    if (count === 0) return 0
    return price === null ? null : (count * usdPerMillion(price, usage.inputTokens)) / 1_000_000
  }
  const searches = usage.webSearches ?? 0
  const inputUsd = sum([
    part(tokens.input, prices.input),
    part(tokens.audioInput, prices.audioInput),
    part(tokens.imageInput, prices.imageInput),
    prices.requestUsd,
    searches === 0 ? 0 : prices.webSearchUsd === null ? null : searches * prices.webSearchUsd,
  ])
  const cacheReadUsd = sum([
    part(tokens.cacheRead, prices.cacheRead ?? prices.input),
    part(tokens.audioCacheRead, prices.audioCacheRead),
    part(tokens.imageCacheRead, prices.imageCacheRead),
  ])
  const cacheWriteUsd = sum([
    part(tokens.shortWrites, prices.cacheWrite ?? prices.input),
    oneHourUsd(tokens.longWrites, prices, usage.inputTokens),
  ])
  const outputUsd = sum([
    part(tokens.output, prices.output),
    part(tokens.audioOutput, prices.audioOutput),
    part(tokens.imageOutput, prices.imageOutput),
  ])
  const reasoningUsd = part(tokens.reasoning, prices.reasoning ?? prices.output)
  if (
    inputUsd === null ||
    cacheReadUsd === null ||
    cacheWriteUsd === null ||
    outputUsd === null ||
    reasoningUsd === null
  ) {
    return null
  }
  const totalUsd = inputUsd + cacheReadUsd + cacheWriteUsd + outputUsd + reasoningUsd
  return { totalUsd, inputUsd, cacheReadUsd, cacheWriteUsd, outputUsd, reasoningUsd }
}

/** The tokens, each in one part. */
function partsOf(usage: Usage) {
  const { inputTokens, outputTokens, cacheReadInputTokens, cacheCreationInputTokens, reasoningOutputTokens } = usage
  const { audioCacheReadInputTokens: audioCacheRead = 0, imageCacheReadInputTokens: imageCacheRead = 0 } = usage
  const { audioOutputTokens: audioOutput = 0, imageOutputTokens: imageOutput = 0 } = usage
  // Parts that exceed their whole are a provider's mistake: what it reported as a part is billed, the rest is nothing.
  const rest = (whole: number, ...parts: readonly number[]): number =>
    parts.reduce((left, part) => Math.max(0, left - part), whole)
  const longWrites = usage.cacheCreationOneHourInputTokens ?? 0
  const shortWrites = rest(cacheCreationInputTokens, longWrites)
  const audioInput = rest(usage.audioInputTokens ?? 0, audioCacheRead)
  const imageInput = rest(usage.imageInputTokens ?? 0, imageCacheRead)
  return {
    input: rest(inputTokens, cacheReadInputTokens, shortWrites, longWrites, audioInput, imageInput),
    audioInput,
    imageInput,
    cacheRead: rest(cacheReadInputTokens, audioCacheRead, imageCacheRead),
    audioCacheRead,
    imageCacheRead,
    shortWrites,
    longWrites,
    output: rest(outputTokens, reasoningOutputTokens, audioOutput, imageOutput),
    audioOutput,
    imageOutput,
    reasoning: reasoningOutputTokens,
  }
}

/** null: one of them is unknown. */
function sum(amounts: readonly (number | null)[]): number | null {
  let total = 0
  for (const amount of amounts) {
    if (amount === null) return null
    total += amount
  }
  return total
}

function usdPerMillion(price: TieredPrice, inputTokens: number): number {
  let usd = price.base
  for (const tier of price.tiers) {
    if (inputTokens > tier.above) usd = tier.usd
  }
  return usd
}

function isCountable(usage: Usage): boolean {
  const { inputTokens, outputTokens, cacheReadInputTokens, cacheCreationInputTokens, reasoningOutputTokens, ...more } =
    usage
  const always = [inputTokens, outputTokens, cacheReadInputTokens, cacheCreationInputTokens, reasoningOutputTokens]
  return always.every(isCount) && Object.values(more).every((count: unknown) => count === undefined || isCount(count))
}

function isCount(count: unknown): boolean {
  return typeof count === 'number' && Number.isFinite(count) && count >= 0
}
