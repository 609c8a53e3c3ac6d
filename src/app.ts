import { join } from 'node:path'
import { openDatabase } from '../db/open.ts'
import { dropGuardrailHoursBefore } from '../db/guardrail-hours.ts'
import { dropFeedbackBefore } from '../db/old-feedback.ts'
import { dropPartitionsBefore, ensurePartitions } from '../db/partitions.ts'
import { adminDependencies, createAdminApi } from './admin-api.ts'
import type { Config } from './config.ts'
import type { Cancellation } from './core/cancellation.ts'
import { systemClock } from './core/clock.ts'
import { Fault } from './core/fault.ts'
import type { Observe } from './core/observation.ts'
import { createSealer, hashKey } from './core/seal.ts'
import { openDataDirectory, readOrCreateSecret } from './data-directory.ts'
import { createHttp } from './http.ts'
import { keepLogDays } from './jobs/keep-log-days.ts'
import { listen } from './listener.ts'
import { prepareDatabase, preparedSnapshotStore, reasonDatabaseIsAway } from './prepare-database.ts'
import { createProviders } from './providers/index.ts'
import { RecentUnits } from './pipeline/recent-units.ts'
import { startRecorder } from './recording/start-recorder.ts'
import { createRequestPath } from './request-path.ts'
import { knownModels } from './known-models.ts'
import { KeepaliveWheel } from './routes/keepalive-wheel.ts'
import { startSnapshots } from './snapshot/start-snapshots.ts'
import { startJobs } from './start-jobs.ts'
import { createPostgresStores } from './store/choose.ts'
import { listenForChanges } from './store/postgres/listen.ts'
import { versionHash } from './store/version-hash.ts'
import { fanOut } from './telemetry/fan-out.ts'
import { announceGuardrailFailures } from './telemetry/guardrail-failures.ts'
import { createMetrics } from './telemetry/metrics.ts'
import { createTokenCounter } from './tokens/token-counter.ts'

/** A running Promptbox. */
export interface Application {
  readonly url: string
  readonly port: number
  /** Where the admin key lies; null when the environment gave it. */
  readonly adminKeyFile: string | null
  readonly adminKey: string
  /** null: no demo. */
  readonly demoKey: string | null
  /** Ends new work, lets open streams finish within the drain limit, writes the spool out. May be called once. */
  stop(): Promise<void>
}

const databasePatienceMs = 5_000
const flushWithinMs = 10_000

/**
 * The composition root: everything is made here, in the order in which it is needed, and taken down in `stop` in the
 * opposite order.
 */
export async function startApplication(config: Config, log: Observe): Promise<Application> {
  const clock = systemClock
  const directory = await openDataDirectory(config.dataDir)
  const undo: (() => Promise<void> | void)[] = [() => directory.release()]
  try {
    const adminKey = await secretOf(config.adminKey, directory.path, 'admin-key')
    const encryptionKey = await secretOf(config.encryptionKey, directory.path, 'encryption-key')
    const sealer = createSealer(encryptionKey.value)

    const open = new Set<Cancellation>()
    const wheel = new KeepaliveWheel(config.limits.keepaliveMs)
    undo.push(() => {
      wheel.stop()
    })
    const metrics = createMetrics({
      clock,
      snapshotStatus: () => snapshots.holder.status(),
      openStreams: () => wheel.size,
    })
    undo.push(() => {
      metrics.close()
    })
    const observe = fanOut([metrics.observe, log, announceGuardrailFailures(log, clock)])
    for (const message of config.warnings) observe({ type: 'notice', message })

    const database = await openDatabase({
      databaseUrl: config.databaseUrl,
      dataDir: directory.path,
      application: 'promptbox',
      connectTimeoutMs: config.limits.connectTimeoutMs,
      observe,
    })
    undo.push(() => database.close())
    const stores = createPostgresStores(database)
    const preparation = prepareDatabase(database, stores, { withSeed: !config.production, observe })
    const away = await reasonDatabaseIsAway(preparation, databasePatienceMs)
    if (away !== null) {
      observe({
        type: 'database-lost',
        message: `At start it cannot be reached, and it is tried again all the time: ${away}`,
      })
    }

    const snapshots = await startSnapshots({
      store: preparedSnapshotStore(stores.snapshot, preparation),
      listen: database.embedded ? null : (onNotice) => listenForChanges(database.sql, onNotice),
      redisUrl: config.redisUrl,
      sealer,
      environmentCredentials: config.providers,
      dataDir: directory.path,
      configFile: config.configFile,
      configFileRequired: config.configFileRequired,
      promptsJson: config.promptsJson,
      environment: process.env,
      tenantId: 'default',
      versionHash,
      clock,
      observe,
    })
    undo.push(() => snapshots.stop())
    const demoKey = config.demo ? await ensureDemoKey(directory.path, stores.keys, snapshots) : null

    const logDays = keepLogDays({
      prepare: (from) => ensurePartitions(database.sql, { from, days: 3 }),
      drop: (before) => dropPartitionsBefore(database.sql, before),
      dropCounts: async (before) => {
        await dropGuardrailHoursBefore(database.sql, before)
        await dropFeedbackBefore(database.sql, before)
      },
      retentionDays: config.limits.retentionDays,
      clock,
      observe,
    })
    undo.push(() => {
      logDays.stop()
    })

    const providers = createProviders({
      connectTimeoutMs: config.limits.connectTimeoutMs,
      connections: config.limits.upstreamConnections,
      allowPrivate: config.allowPrivateUrls,
      // Shorter than any server's patience with idle connections, longer than any pause under load.
      resendAfterIdleMs: 1_000,
      thinkingMemoryChars: config.limits.thinkingMemoryChars,
    })
    undo.push(() => providers.close())
    const providerList = [...new Set(providers.byPrefix.values())]

    const recorder = startRecorder({
      dataDir: directory.path,
      connection: database.connection,
      limits: config.limits,
      observe,
      priceIds: Object.fromEntries(providerList.map((provider) => [provider.id, provider.priceId])),
      models: snapshots.holder.current().models,
    })
    undo.push(() => recorder.close({ flushWithinMs }))

    const { exchanges, cache, guardServices, prepareGuardrails } = createRequestPath({
      config,
      providers: providers.byPrefix,
      clock,
      observe,
      record: (record) => {
        recorder.setPrices(snapshots.holder.current().models)
        recorder.append(record)
      },
      recordSoon: (record, written) => {
        recorder.setPrices(snapshots.holder.current().models)
        recorder.appendSoon(record, written)
      },
      snapshot: () => snapshots.holder.current(),
      open,
    })
    undo.push(() => cache.close())
    prepareGuardrails(snapshots.holder.current())
    const tokenCounter = createTokenCounter(observe)
    undo.push(() => tokenCounter.close())
    const adminKeyHash = hashKey(adminKey.value)
    const dependencies = adminDependencies({
      config,
      stores,
      snapshots,
      exchanges,
      cache,
      guardServices,
      providers: providerList,
      sealer,
      adminKeyHash,
      countTokens: tokenCounter.count,
      open,
      clock,
      observe,
    })
    const jobs = startJobs({
      dependencies,
      ready: () => preparation.prepare(),
      everyMs: config.limits.experimentsIntervalMs,
    })
    undo.push(() => jobs.stop())
    let draining = false
    const databaseAway = (): boolean => snapshots.status().degraded
    const http = createHttp({
      authenticate: {
        snapshot: () => snapshots.holder.current(),
        databaseAway,
        hashKey,
        adminKeyHash,
        now: clock.now,
      },
      inference: {
        exchanges,
        clock,
        wheel,
        open,
        draining: () => draining,
        // A little later than a provider's own silence is filled, which can name the provider in its headers.
        recentUnits: new RecentUnits(clock.monotonic),
        earlyHeadMs: config.limits.firstEventGraceMs * 1.2 + 250,
        maxBodyBytes: config.limits.maxBodyBytes,
        forms: {
          maxUploadBytes: config.limits.maxUploadBytes,
          heldBytes: 256 * 1024,
          uploadDir: join(directory.path, 'uploads'),
        },
      },
      models: {
        catalogue: exchanges.catalogue,
        knownModels,
        startedAtSeconds: Math.floor(clock.now() / 1000),
        mostPrompts: 10_000,
      },
      feedback: {
        keep: (records) => recorder.appendFeedback(records),
        reader: stores.feedback,
        waiting: () => recorder.depth().records,
        maxBodyBytes: config.limits.maxBodyBytes,
        clock,
        observe,
      },
      operations: {
        readiness: () => ({ ...snapshots.status(), draining, spool: recorder.depth() }),
        metrics: () => metrics.render(),
      },
      admin: createAdminApi(dependencies),
      observe,
    })
    const listener = await listen(http, {
      host: config.host,
      port: config.port,
      keepAliveTimeoutMs: 75_000,
      headersTimeoutMs: config.limits.requestHeadersTimeoutMs,
      requestTimeoutMs: config.limits.requestTimeoutMs,
    })
    const url = `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${listener.port}`
    observe({ type: 'listening', url })

    const stop = async (): Promise<void> => {
      const startedAt = clock.monotonic()
      draining = true
      observe({ type: 'draining', openExchanges: open.size })
      // The door stays open while streams finish: a balancer has to read the 503 of /readyz, and new work is told to go on.
      await emptyWithin(open, config.limits.drainMs)
      for (const cancellation of open) {
        cancellation.cancel(new Fault('unavailable', 'This Promptbox is shutting down.'))
      }
      await emptyWithin(open, 1_000)
      // What is no exchange (a call to the admin API) may still get its answer.
      const cut = setTimeout(() => {
        listener.destroy()
      }, 1_000)
      await listener.close()
      clearTimeout(cut)
      await takeDown(undo)
      observe({ type: 'stopped', tookMs: clock.monotonic() - startedAt })
    }
    return { url, port: listener.port, adminKey: adminKey.value, adminKeyFile: adminKey.file, demoKey, stop }
  } catch (error) {
    await takeDown(undo)
    throw error
  }
}

/** Newest first. One that fails does not keep the others from being taken down; the first error is thrown at the end. */
async function takeDown(undo: (() => Promise<void> | void)[]): Promise<void> {
  const errors: unknown[] = []
  for (const step of undo.splice(0).toReversed()) {
    try {
      await step()
    } catch (error) {
      errors.push(error)
    }
  }
  if (errors.length > 0) throw errors[0]
}

async function secretOf(
  configured: string | null,
  directory: string,
  name: 'admin-key' | 'encryption-key',
): Promise<{ readonly value: string; readonly file: string | null }> {
  return configured === null ? readOrCreateSecret(directory, name) : { value: configured, file: null }
}

/**
 * The demo key of this data directory. Whoever revokes it has revoked it for good: its row stays, and making it again is a
 * conflict. With the database away there is none until the next start.
 */
async function ensureDemoKey(
  directory: string,
  keys: ReturnType<typeof createPostgresStores>['keys'],
  snapshots: Awaited<ReturnType<typeof startSnapshots>>,
): Promise<string | null> {
  const { value } = await readOrCreateSecret(directory, 'demo-key')
  const hash = hashKey(value)
  if (snapshots.holder.current().keys.has(hash)) return value
  const actor = { tenantId: 'default', id: 'seed', name: 'seed' }
  // Several processes on one database have a demo key each.
  const id = `demo-${hash.slice(0, 8)}`
  const key = { id, tenantId: 'default', name: 'demo', hash, scopes: ['inference'], roles: [], expiresAt: null }
  try {
    await keys.create(actor, { ...key, prefix: value.slice(0, 12) })
    await snapshots.noticed()
  } catch (error) {
    if (!(error instanceof Fault && (error.kind === 'conflict' || error.kind === 'unavailable'))) throw error
  }
  return snapshots.holder.current().keys.has(hash) ? value : null
}

/** Resolves when the set is empty, or after so many milliseconds. */
async function emptyWithin(set: ReadonlySet<unknown>, milliseconds: number): Promise<void> {
  const giveUpAt = systemClock.monotonic() + milliseconds
  while (set.size > 0 && systemClock.monotonic() < giveUpAt) {
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
