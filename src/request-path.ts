import type { AnswerCache } from './cache/answer-cache.ts'
import { openAnswerCache } from './cache/open-cache.ts'
import type { Config } from './config.ts'
import type { Clock } from './core/clock.ts'
import type { Observe } from './core/observation.ts'
import type { ExchangeRecord } from './core/record.ts'
import { type Dispatch, withCache } from './pipeline/cache.ts'
import { withOutputCheck } from './pipeline/check-output.ts'
import type { ExchangeDependencies } from './pipeline/run-exchange.ts'
import { dispatch } from './pipeline/dispatch.ts'
import type { ModelCatalogue } from './pipeline/resolve-model.ts'
import { createResilientSend } from './pipeline/resilient-send.ts'
import type { Pricer } from './pipeline/settle.ts'
import { providerOfBareModel } from './pricing/built-in-data.ts'
import { owesPrice, priceAnswer } from './pricing/price-answer.ts'
import { announceUnknownPrices } from './pricing/unknown-price.ts'
import type { Provider } from './providers/provider.ts'

export interface RequestPathOptions {
  readonly config: Config
  readonly providers: ReadonlyMap<string, Provider>
  readonly clock: Clock
  readonly observe: Observe
  readonly record: (record: ExchangeRecord) => void
  readonly recordSoon: (record: ExchangeRecord, written: () => void) => void
}

/** What a request goes through between HTTP and the providers, put together. */
export interface RequestPath {
  readonly exchanges: ExchangeDependencies
  readonly cache: AnswerCache
}

/** Cache around the check of answers around fallback around retries, credentials, breaker and deadlines around the providers. */
export function createRequestPath(options: RequestPathOptions): RequestPath {
  const { config, clock, observe } = options
  const { limits } = config
  const send = createResilientSend({
    limits,
    breaker: config.breaker,
    unsupportedParameters: (provider) => config.unsupportedParameters.of(provider),
    clock,
    random: Math.random,
    observe,
  })
  const cache = openAnswerCache({ redisUrl: config.redisUrl, limits, clock, observe })
  const keptChars = Math.max(limits.recordedBodyChars, 256 * 1024)
  const toProviders: Dispatch = (planned, log, cancellation) => dispatch(planned, send, log, cancellation)
  const toCheckedAnswers = withOutputCheck(toProviders, {
    maxHeldBytes: limits.maxHeldAnswerBytes,
    keptChars,
    observe,
  })
  const exchanges: ExchangeDependencies = {
    catalogue: catalogueOf(options.providers),
    defaults: { retries: limits.retries, attemptTimeoutMs: limits.attemptTimeoutMs },
    dispatch: withCache(toCheckedAnswers, {
      cache,
      clock,
      observe,
      waitMs: limits.cacheWaitMs,
      maxEntryBytes: limits.cacheMaxEntryBytes,
      guardrailPolicy: () => 'none',
    }),
    ledger: {
      clock,
      price: createPricer(observe),
      bodyPolicy: config.logBodies,
      recordedBodyChars: limits.recordedBodyChars,
      record: options.record,
      recordSoon: options.recordSoon,
      observe,
    },
    exchangeTimeoutMs: limits.exchangeTimeoutMs,
    keptChars,
  }
  return { exchanges, cache }
}

function catalogueOf(byPrefix: ReadonlyMap<string, Provider>): ModelCatalogue {
  const list = [...new Set(byPrefix.values())]
  const byPriceId = new Map(list.flatMap((each) => (each.priceId === null ? [] : [[each.priceId, each] as const])))
  return {
    providers: byPrefix,
    providerOfBareModel: (name, enabled) => {
      const priceIds = enabled.flatMap((provider) => (provider.priceId === null ? [] : [provider.priceId]))
      const owner = providerOfBareModel(name, priceIds)
      return owner === null ? null : (byPriceId.get(owner) ?? null)
    },
  }
}

function createPricer(observe: Observe): Pricer {
  const announce = announceUnknownPrices(observe)
  return ({ target, responseModel, usage, at }, snapshot) => {
    const { id: provider, priceId: providerPriceId } = target.provider
    const answer = { providerPriceId, provider, model: target.model, responseModel, usage, at }
    const priced = priceAnswer(answer, snapshot.models)
    if (priced === null && owesPrice(answer)) announce(provider, target.model)
    return priced
  }
}
