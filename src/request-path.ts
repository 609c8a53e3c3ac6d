import type { AnswerCache } from './cache/answer-cache.ts'
import { openAnswerCache } from './cache/open-cache.ts'
import type { Config } from './config.ts'
import type { Cancellation } from './core/cancellation.ts'
import type { Clock } from './core/clock.ts'
import type { Observe } from './core/observation.ts'
import type { ExchangeRecord } from './core/record.ts'
import { type Dispatch, withCache } from './pipeline/cache.ts'
import { withOutputCheck } from './pipeline/check-output.ts'
import { CleanTexts } from './guardrails/clean-texts.ts'
import type { RemoteServices } from './guardrails/remote.ts'
import { createGuardServices } from './pipeline/guard-services.ts'
import { openGuardBooks, withGuardrails } from './pipeline/guarded-dispatch.ts'
import type { ExchangeDependencies } from './pipeline/run-exchange.ts'
import { VerdictMemo } from './pipeline/verdict-memo.ts'
import { dispatch } from './pipeline/dispatch.ts'
import type { ModelCatalogue } from './pipeline/resolve-model.ts'
import { createResilientSend } from './pipeline/resilient-send.ts'
import type { Pricer } from './pipeline/settle.ts'
import { providerOfBareModel } from './pricing/built-in-data.ts'
import { owesPrice, priceAnswer } from './pricing/price-answer.ts'
import { announceUnknownPrices } from './pricing/unknown-price.ts'
import type { Provider } from './providers/provider.ts'
import { openWebhooks } from './providers/webhook.ts'
import type { Snapshot } from './snapshot/snapshot.ts'

export interface RequestPathOptions {
  readonly config: Config
  readonly providers: ReadonlyMap<string, Provider>
  readonly clock: Clock
  readonly observe: Observe
  readonly record: (record: ExchangeRecord) => void
  readonly recordSoon: (record: ExchangeRecord, written: () => void) => void
  /** What guardrails that ask a model are answered from. */
  readonly snapshot: () => Snapshot
  /** Told of each exchange while it is open. */
  readonly open: Set<Cancellation>
}

/** What a request goes through between HTTP and the providers, put together. */
export interface RequestPath {
  readonly exchanges: ExchangeDependencies
  readonly cache: AnswerCache
  /** What guardrails ask others with. */
  readonly guardServices: RemoteServices
  /** Makes the guardrails of a snapshot ready before a request needs them. */
  readonly prepareGuardrails: (snapshot: Snapshot) => void
}

/** Guardrails around cache around the check of answers around fallback around retries, credentials, breaker and deadlines around the providers. */
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
  const dispatchCached = withCache(toCheckedAnswers, {
    cache,
    clock,
    observe,
    waitMs: limits.cacheWaitMs,
    maxEntryBytes: limits.cacheMaxEntryBytes,
    guardrailPolicy: (planned) => planned.guardrailPolicy ?? 'none',
  })
  const unguarded: ExchangeDependencies = {
    catalogue: catalogueOf(options.providers),
    defaults: { retries: limits.retries, attemptTimeoutMs: limits.attemptTimeoutMs },
    dispatch: dispatchCached,
    openGuardBook: (asked) => asked,
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
  const guardServices = createGuardServices({
    exchanges: unguarded,
    snapshot: options.snapshot,
    open: options.open,
    callWebhook: openWebhooks({ allowPrivate: config.allowPrivateUrls }),
    environment: process.env,
  })
  const guardBooks = openGuardBooks(guardServices)
  const exchanges: ExchangeDependencies = {
    ...unguarded,
    dispatch: withGuardrails(dispatchCached, {
      memo: new VerdictMemo(clock.monotonic),
      cleanTexts: new CleanTexts(20_000),
      mostHeld: limits.maxHeldAnswerBytes,
    }),
    openGuardBook: guardBooks.open,
  }
  return { exchanges, cache, guardServices, prepareGuardrails: guardBooks.prepare }
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
