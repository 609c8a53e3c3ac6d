import { monitorEventLoopDelay } from 'node:perf_hooks'
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client'
import type { Clock } from '../core/clock.ts'
import type { Observation, Observe, SnapshotTier } from '../core/observation.ts'
import { promptboxVersion } from '../core/version.ts'
import { createCircuitMetrics } from './circuit-metrics.ts'
import { createGuardrailMetrics } from './guardrail-metrics.ts'
import { createExchangeMetrics, type LabelLimits } from './exchange-metrics.ts'

/** What is not told by observations but asked for when somebody scrapes. */
export interface MetricSources {
  readonly clock: Clock
  /** The snapshot that serves now. */
  snapshotStatus(): { readonly tier: SnapshotTier; readonly builtAt: number }
  /** Answers being streamed right now. */
  openStreams(): number
  readonly labelLimits?: LabelLimits
}

export interface Metrics {
  readonly observe: Observe
  /** Everything in Prometheus' text format. */
  render(): Promise<string>
  /** Stops measuring the event loop. */
  close(): void
}

const tiers = ['database', 'disk', 'file', 'environment', 'none'] as const satisfies readonly SnapshotTier[]
const delayResolutionMs = 10

/** Metrics of one process, in a registry of their own, so that two apps in one test do not meet. */
export function createMetrics(sources: MetricSources): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const exchanges = createExchangeMetrics(registry, sources.labelLimits ?? { models: 200, prompts: 500 })
  const guardrails = createGuardrailMetrics(registry, sources.labelLimits?.guardrails ?? 200)
  const counters = createCounters(registry)
  const gauges = createGauges(registry)
  const noteCircuit = createCircuitMetrics(registry, sources.labelLimits?.models ?? 200)
  const stopMeasuring = registerProcessGauges(registry, sources)

  const observe = (observation: Observation): void => {
    switch (observation.type) {
      case 'exchange-settled':
        exchanges.countExchange(observation.record)
        guardrails.count(observation.record)
        break
      case 'records-estimated':
        exchanges.countLater(
          observation.provider,
          observation.model,
          { ...observation, cacheReadInputTokens: 0, cacheCreationInputTokens: 0, reasoningOutputTokens: 0 },
          observation.costUsd,
        )
        break
      case 'circuit-changed':
        noteCircuit(observation)
        break
      case 'credential-cooling':
        counters.credentialsCooling.inc({ provider: observation.provider, error_type: observation.errorType })
        break
      case 'request-refused':
        counters.refused.inc({ error_type: observation.errorType })
        break
      case 'defect':
        counters.defects.inc()
        break
      case 'price-unknown':
        counters.priceUnknown.inc({ provider: observation.provider })
        break
      case 'cache-looked-up':
        counters.cacheLookups.inc({ result: observation.result })
        break
      case 'cache-stored':
        counters.cacheStores.inc()
        break
      case 'cache-failed':
        counters.cacheFailures.inc({ operation: observation.operation })
        break
      case 'cache-depth':
        gauges.cacheEntries.set(observation.entries)
        gauges.cacheBytes.set(observation.bytes)
        break
      case 'experiment-decided':
        counters.experimentsDecided.inc({ state: observation.state })
        break
      case 'rollout-changed':
        counters.rolloutChanges.inc({ state: observation.state })
        break
      case 'snapshot-swapped':
        counters.snapshotSwaps.inc({ tier: observation.tier })
        gauges.snapshotPrompts.set(observation.prompts)
        break
      case 'snapshot-rejected':
        counters.snapshotRejected.inc()
        break
      case 'database-lost':
        gauges.databaseUp.set(0)
        break
      case 'database-back':
        gauges.databaseUp.set(1)
        break
      case 'records-written':
        counters.recordsWritten.inc(observation.count)
        break
      case 'feedback-received':
        for (const name of observation.names) counters.feedback.inc({ name: feedbackLabel(name) })
        break
      case 'record-write-failed':
        counters.writeFailures.inc()
        break
      case 'spool-depth':
        gauges.spoolRecords.set(observation.records)
        gauges.spoolBytes.set(observation.bytes)
        break
      case 'spool-overflow':
        counters.recordsDropped.inc(observation.droppedRecords)
        break
      case 'spool-line-unreadable':
        counters.recordsRejected.inc()
        break
      default:
        break
    }
  }

  return {
    observe,
    render: async () => `${await registry.metrics()}\n${exchanges.renderHistograms()}\n${guardrails.renderHistogram()}`,
    close: stopMeasuring,
  }
}

const feedbackNames: ReadonlySet<string> = new Set(['rating', 'thumbs', 'accuracy', 'confidence'])

/** Names are the clients' to choose, so all but those with a meaning of their own are one label. */
function feedbackLabel(name: string): string {
  return feedbackNames.has(name) ? name : 'other'
}

function createCounters(registry: Registry) {
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) =>
    new Counter({ name: `promptbox_${name}`, help, labelNames, registers: [registry] })
  return {
    refused: counter('requests_refused_total', 'Requests turned away before they were an exchange.', ['error_type']),
    defects: counter('defects_total', 'Errors that nobody expected; each is in the log.'),
    credentialsCooling: counter('credential_cool_downs_total', 'Times that one of several credentials was set aside.', [
      'provider',
      'error_type',
    ]),
    priceUnknown: counter('price_unknown_total', 'Answers whose price is unknown.', ['provider']),
    cacheLookups: counter('cache_lookups_total', 'Requests that may be answered from the response cache.', ['result']),
    cacheStores: counter('cache_stores_total', 'Answers put into the response cache.'),
    cacheFailures: counter('cache_failures_total', 'Reads and writes of the response cache that failed.', [
      'operation',
    ]),
    experimentsDecided: counter('experiments_decided_total', 'Experiments that got their verdict.', ['state']),
    rolloutChanges: counter('rollout_changes_total', 'Rollouts that came to a step (`running`) or to an end.', [
      'state',
    ]),
    snapshotSwaps: counter('snapshot_swaps_total', 'Snapshots that began to serve.', ['tier']),
    snapshotRejected: counter('snapshot_rejected_total', 'Snapshots that were not valid and never served.'),
    recordsWritten: counter('records_written_total', 'Exchange records written to the database.'),
    feedback: counter('feedback_total', 'Statements of feedback that were taken.', ['name']),
    recordsDropped: counter('records_dropped_total', 'Exchange records lost because the spool was full.'),
    recordsRejected: counter('records_rejected_total', 'Lines of the spool that could not be read.'),
    writeFailures: counter('record_write_failures_total', 'Batches that could not be written and are tried again.'),
  }
}

function createGauges(registry: Registry) {
  const gauge = (name: string, help: string) => new Gauge({ name: `promptbox_${name}`, help, registers: [registry] })
  const databaseUp = gauge('database_up', '1 while the database answers, else 0.')
  databaseUp.set(1)
  return {
    databaseUp,
    snapshotPrompts: gauge('snapshot_prompts', 'Prompts in the snapshot that serves.'),
    cacheEntries: gauge('cache_entries', 'Answers in the response cache of this process.'),
    cacheBytes: gauge('cache_bytes', 'Bytes of the response cache of this process.'),
    spoolRecords: gauge('spool_records', 'Exchange records waiting for the database.'),
    spoolBytes: gauge('spool_bytes', 'Bytes of the spool on disk.'),
  }
}

/** Gauges that are read when somebody scrapes. Gives back what stops them. */
function registerProcessGauges(registry: Registry, sources: MetricSources): () => void {
  const delay = monitorEventLoopDelay({ resolution: delayResolutionMs })
  delay.enable()

  new Gauge({
    name: 'promptbox_event_loop_delay_seconds',
    help: 'How late the event loop ran since the last scrape.',
    labelNames: ['quantile'],
    registers: [registry],
    collect() {
      // The histogram holds whole intervals between two ticks of its own timer, so the timer's period comes off.
      const late = (nanoseconds: number) => Math.max(0, nanoseconds / 1e9 - delayResolutionMs / 1e3)
      const measured = delay.max > 0 && delay.percentile(50) > 0
      this.set({ quantile: '0.5' }, measured ? late(delay.percentile(50)) : 0)
      this.set({ quantile: '0.99' }, measured ? late(delay.percentile(99)) : 0)
      this.set({ quantile: '1' }, measured ? late(delay.max) : 0)
      delay.reset()
    },
  })
  new Gauge({
    name: 'promptbox_snapshot_tier',
    help: '1 for the tier the serving snapshot comes from.',
    labelNames: ['tier'],
    registers: [registry],
    collect() {
      const serving = sources.snapshotStatus().tier
      for (const tier of tiers) this.set({ tier }, tier === serving ? 1 : 0)
    },
  })
  new Gauge({
    name: 'promptbox_snapshot_age_seconds',
    help: 'Time since the serving snapshot was made.',
    registers: [registry],
    collect() {
      this.set(Math.max(0, sources.clock.now() - sources.snapshotStatus().builtAt) / 1000)
    },
  })
  new Gauge({
    name: 'promptbox_open_streams',
    help: 'Answers being streamed right now.',
    registers: [registry],
    collect() {
      this.set(sources.openStreams())
    },
  })
  new Gauge({ name: 'promptbox_build_info', help: 'Always 1.', labelNames: ['version'], registers: [registry] }).set(
    { version: promptboxVersion },
    1,
  )
  return () => delay.disable()
}
