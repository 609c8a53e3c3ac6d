import type { Hono } from 'hono'
import type { AdminDependencies } from './admin/dependencies.ts'
import type { AnswerCache } from './cache/answer-cache.ts'
import type { Config } from './config.ts'
import type { Cancellation } from './core/cancellation.ts'
import type { Clock } from './core/clock.ts'
import type { Observe } from './core/observation.ts'
import { type Sealer, hashKey } from './core/seal.ts'
import type { RemoteServices } from './guardrails/remote.ts'
import { describeModel, describeModels } from './known-models.ts'
import { createAskInside } from './pipeline/ask-inside.ts'
import { createExamineText } from './pipeline/examine-text.ts'
import type { ExchangeDependencies } from './pipeline/run-exchange.ts'
import { checkPrices } from './pricing/check-prices.ts'
import type { Provider } from './providers/provider.ts'
import { openWebhooks } from './providers/webhook.ts'
import { createAdminRoutes } from './routes/admin/admin.ts'
import type { AdminEnvironment } from './routes/admin/authenticate.ts'
import type { Snapshots } from './snapshot/start-snapshots.ts'
import type { Stores } from './store/ports.ts'
import type { CountTokens } from './tokens/token-counter.ts'

export interface AdminApiOptions {
  readonly config: Config
  readonly stores: Stores
  readonly snapshots: Snapshots
  readonly exchanges: ExchangeDependencies
  readonly cache: AnswerCache
  /** What guardrails ask others with. */
  readonly guardServices: RemoteServices
  readonly providers: readonly Provider[]
  readonly sealer: Sealer
  readonly adminKeyHash: string
  readonly countTokens: CountTokens
  /** Exchanges that are open now; those we ask ourselves are among them. */
  readonly open: Set<Cancellation>
  readonly clock: Clock
  readonly observe: Observe
}

/** The admin API. */
export function createAdminApi(dependencies: AdminDependencies): Hono<AdminEnvironment> {
  return createAdminRoutes(dependencies)
}

/** All that the admin API and the jobs need of the house, put together. */
export function adminDependencies(options: AdminApiOptions): AdminDependencies {
  const { config, stores, snapshots, exchanges, cache, sealer, clock, observe, open } = options
  const snapshot = () => snapshots.holder.current()
  return {
    stores,
    snapshot,
    databaseAway: () => snapshots.status().degraded,
    adminKeyHash: options.adminKeyHash,
    hashKey,
    seal: (secret) => sealer.seal(secret),
    published: () => snapshots.noticed(),
    purgeCache: (tenantId, slug) => cache.purge(tenantId, slug),
    knownModels: () => describeModels(snapshot(), exchanges.catalogue, clock.now()),
    describeModel: (name) => describeModel(name, snapshot(), exchanges.catalogue, clock.now()),
    countTokens: options.countTokens,
    providers: options.providers,
    checkPrices,
    askInside: createAskInside({ exchanges, snapshot, open }),
    examineText: createExamineText(options.guardServices),
    callWebhook: openWebhooks({ allowPrivate: config.allowPrivateUrls }),
    webhookSecrets: config.webhookSecrets,
    tests: {
      parallel: config.limits.testParallel,
      timeoutMs: config.limits.testRunTimeoutMs,
      keep: config.limits.testRunsKept,
      logBodies: config.logBodies,
    },
    allowPrivateUrls: config.allowPrivateUrls,
    maxBodyBytes: Math.min(config.limits.maxBodyBytes, 4 * 1024 * 1024),
    clock,
    observe,
  }
}
