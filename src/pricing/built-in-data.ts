import { calcPrice, findProvider, type ModelPrice } from '@pydantic/genai-prices'
import { type Fees, feesOf } from './fees.ts'
import { type MediaPrices, mediaPrices } from './media-prices.ts'

/**
 * The only file that knows @pydantic/genai-prices. Its data is dated (a price may begin on a day, or hold for some
 * hours of each day), tiered (the whole answer costs more above a number of input tokens) and cache-aware. A look-up
 * there walks match rules for 13 µs; here its answer is kept for as long as the price cannot change.
 */

/** US dollars for one million tokens, dearer from a number of input tokens on. */
export interface TieredPrice {
  readonly base: number
  /** `usd` holds for every token of an answer with more than `above` input tokens. Ascending. */
  readonly tiers: readonly { readonly above: number; readonly usd: number }[]
}

/** What a model costs at one moment. null: the data has no such price. */
export interface BuiltInPrices extends MediaPrices, Fees {
  /** `<price provider>/<model>` of the entry that matched. */
  readonly id: string
  readonly input: TieredPrice | null
  readonly output: TieredPrice | null
  readonly cacheRead: TieredPrice | null
  /** Written to the provider's cache for its usual time (Anthropic: five minutes). */
  readonly cacheWrite: TieredPrice | null
  /** Written to be kept for an hour. */
  readonly cacheWriteOneHour: TieredPrice | null
  readonly reasoning: TieredPrice | null
}

export interface BuiltInModel {
  readonly model: string
  /** Tokens, where the data knows. */
  readonly contextWindow?: number
}

/** Model names come from outside; longer ones are no model. */
const longestModelName = 256
const rememberedModels = 4096
const secondMs = 1000
const dayMs = 86_400_000

interface Remembered {
  /** Milliseconds since 1970: from, inclusive, and until, exclusive. */
  readonly from: number
  readonly until: number
  readonly prices: BuiltInPrices | null
}

const remembered = new Map<string, Remembered>()

/**
 * Prices of a model at `at` (milliseconds since 1970). null: the data does not know the model, or knows it without a
 * price. `priceId` is the provider's id in the data.
 */
export function builtInPrices(priceId: string, model: string, at: number): BuiltInPrices | null {
  if (model.length > longestModelName || !Number.isFinite(at)) return null
  const key = `${priceId}/${model}`
  const known = remembered.get(key)
  if (known !== undefined && at >= known.from && at < known.until) return known.prices
  const found = lookUp(priceId, model, at)
  rememberIn(remembered, key, found)
  return found.prices
}

/**
 * The models that the data lists for a provider, without those it marks as deprecated. Empty for a provider it does not
 * know.
 */
export function builtInModels(priceId: string): readonly BuiltInModel[] {
  const models = findProvider({ providerId: priceId })?.models ?? []
  return models
    .filter((model) => model.deprecated !== true)
    .map((model) =>
      model.context_window === undefined
        ? { model: model.id }
        : { model: model.id, contextWindow: model.context_window },
    )
}

/**
 * Which of the enabled providers (by their ids in the data) a bare model name such as `gpt-4o` belongs to: the maker
 * that the data's naming rules name (`gpt-…` is OpenAI's) when it lists the model; else the first enabled provider that
 * lists exactly this name; else the first whose match rules know it; else the maker after all, for a model newer than
 * the data. null: nobody's.
 */
export function providerOfBareModel(name: string, enabledPriceIds: readonly string[]): string | null {
  if (name === '' || name.length > longestModelName) return null
  const key = `${name} ${enabledPriceIds.join(' ')}`
  const known = owners.get(key)
  if (known !== undefined) return known
  const owner = findOwner(name, enabledPriceIds)
  rememberIn(owners, key, owner)
  return owner
}

const owners = new Map<string, string | null>()

function findOwner(name: string, enabledPriceIds: readonly string[]): string | null {
  const knows = (priceId: string): boolean => calcPrice({}, name, { providerId: priceId }) !== null
  const claimed = findProvider({ modelId: name })?.id
  const maker = claimed !== undefined && enabledPriceIds.includes(claimed) ? claimed : null
  if (maker !== null && knows(maker)) return maker
  return enabledPriceIds.find((priceId) => lists(priceId, name)) ?? enabledPriceIds.find(knows) ?? maker
}

function lists(priceId: string, name: string): boolean {
  const models = findProvider({ providerId: priceId })?.models ?? []
  return models.some((model) => model.id.toLowerCase() === name.toLowerCase())
}

/** Names come from outside, so the memory of them is bounded: the oldest goes first. */
function rememberIn<Value>(memory: Map<string, Value>, key: string, value: Value): void {
  memory.delete(key)
  memory.set(key, value)
  if (memory.size <= rememberedModels) return
  for (const oldest of memory.keys()) {
    memory.delete(oldest)
    return
  }
}

function lookUp(priceId: string, model: string, at: number): Remembered {
  const result = calcPrice({}, model, { providerId: priceId, timestamp: new Date(at) })
  const prices = result?.model.prices
  const changesDuringTheDay =
    Array.isArray(prices) && prices.some((conditional) => conditional.constraint?.type === 'time_of_date')
  const holds = changesDuringTheDay ? secondMs : dayMs
  const from = Math.floor(at / holds) * holds
  return {
    from,
    until: from + holds,
    prices: result === null ? null : readPrices(`${result.provider.id}/${result.model.id}`, model, result.model_price),
  }
}

/**
 * The data writes an empty list of prices for models that are free, and also for those whose price it does not know.
 */
function readPrices(id: string, model: string, data: ModelPrice): BuiltInPrices | null {
  const isEmpty = Object.keys(data).length === 0
  if (isEmpty && !id.endsWith(':free')) return null
  const read = (name: string): TieredPrice | null => (isEmpty ? { base: 0, tiers: [] } : readTiered(data[name]))
  const perThousand = (name: string): number | null => {
    const usd = data[name]
    return typeof usd === 'number' ? usd : null
  }
  const text = { input: read('input_mtok'), output: read('output_mtok'), cacheRead: read('cache_read_mtok') }
  const media = {
    audioInput: read('input_audio_mtok'),
    audioCacheRead: read('cache_audio_read_mtok'),
    audioOutput: read('output_audio_mtok'),
    imageInput: read('input_image_mtok'),
    imageCacheRead: read('cache_image_read_mtok'),
    imageOutput: read('output_image_mtok'),
  }
  const fees = { requests: perThousand('requests_kcount'), webSearches: perThousand('web_searches_kcount') }
  return {
    id,
    ...text,
    ...mediaPrices(id, media, text),
    ...feesOf(id, model, fees),
    cacheWrite: read('cache_write_mtok'),
    cacheWriteOneHour: read('cache_write_1h_mtok'),
    reasoning: read('output_reasoning_mtok'),
  }
}

function readTiered(price: ModelPrice[string]): TieredPrice | null {
  if (price === undefined) return null
  if (typeof price === 'number') return { base: price, tiers: [] }
  const tiers = price.tiers.map((tier) => ({ above: tier.start, usd: tier.price }))
  return { base: price.base, tiers: tiers.sort((one, other) => one.above - other.above) }
}
