import type { KnownModel } from './admin/dependencies.ts'
import { factsOf } from './models/model-facts.ts'
import { enabledProviders, type ModelCatalogue } from './pipeline/resolve-model.ts'
import { builtInModels, builtInPrices, type TieredPrice } from './pricing/built-in-data.ts'
import { mockModels } from './providers/mock/behaviour.ts'
import type { Provider } from './providers/provider.ts'
import type { OperatorPrices, Snapshot } from './snapshot/snapshot.ts'

/** Names of the models a provider is known to have, without its prefix. */
export function knownModels(provider: Provider): readonly string[] {
  if (provider.builtIn) return mockModels.map((model) => model.name)
  return provider.priceId === null ? [] : builtInModels(provider.priceId).map((each) => each.model)
}

/**
 * Every model of the providers that are on, with what is known of it: the built-in data and over it what operators say.
 *
 * @param at milliseconds since 1970: prices have dates.
 */
export function describeModels(snapshot: Snapshot, catalogue: ModelCatalogue, at: number): readonly KnownModel[] {
  const described: KnownModel[] = []
  for (const provider of enabledProviders(snapshot, catalogue)) {
    const operators = [...new Set(snapshot.models.values())].filter((row) => row.provider === provider.id)
    const names = new Set([...knownModels(provider), ...operators.map((row) => row.model)])
    for (const model of names) described.push(describe(provider, model, snapshot, at))
  }
  return described
}

/**
 * One model by the name a request or a version gives it, whether its provider is on or not. null: it is the name of a route,
 * or nobody knows whose model it is.
 *
 * @param at milliseconds since 1970.
 */
export function describeModel(
  name: string,
  snapshot: Snapshot,
  catalogue: ModelCatalogue,
  at: number,
): KnownModel | null {
  if (snapshot.routes.has(name)) return null
  const row = snapshot.models.get(name)
  const slash = name.indexOf('/')
  const [prefix, model] =
    row === undefined ? [name.slice(0, Math.max(0, slash)), name.slice(slash + 1)] : [row.provider, row.model]
  const provider =
    prefix === ''
      ? catalogue.providerOfBareModel(name, [...new Set(catalogue.providers.values())])
      : catalogue.providers.get(prefix)
  return provider === null || provider === undefined || model === '' ? null : describe(provider, model, snapshot, at)
}

function describe(provider: Provider, model: string, snapshot: Snapshot, at: number): KnownModel {
  const id = `${provider.id}/${model}`
  const named = snapshot.models.get(id)
  const row = named?.id === id ? named : undefined
  const facts = factsOf(provider, model, row)
  const builtIn = row?.prices || provider.priceId === null ? null : builtInPrices(provider.priceId, model, at)
  const prices = row?.prices ?? (builtIn === null ? null : flatPrices(builtIn))
  return {
    id,
    aliases: row?.aliases ?? [],
    prices,
    priceSource: row?.prices
      ? `operator:${id}`
      : prices === null || builtIn === null
        ? null
        : `genai-prices:${builtIn.id}`,
    facts: Object.keys(facts).length === 0 ? null : facts,
  }
}

/** Prices of a short request. null: input or output has none. */
function flatPrices(prices: {
  readonly input: TieredPrice | null
  readonly output: TieredPrice | null
  readonly cacheRead: TieredPrice | null
  readonly cacheWrite: TieredPrice | null
  readonly cacheWriteOneHour: TieredPrice | null
}): OperatorPrices | null {
  const { input, output, cacheRead, cacheWrite, cacheWriteOneHour } = prices
  if (input === null || output === null) return null
  return {
    input_usd_per_million_tokens: input.base,
    output_usd_per_million_tokens: output.base,
    ...(cacheRead === null ? {} : { cache_read_usd_per_million_tokens: cacheRead.base }),
    ...(cacheWrite === null ? {} : { cache_write_usd_per_million_tokens: cacheWrite.base }),
    ...(cacheWriteOneHour === null ? {} : { cache_write_one_hour_usd_per_million_tokens: cacheWriteOneHour.base }),
  }
}
