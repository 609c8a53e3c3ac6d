import { afterEach, describe, expect, test } from 'vitest'
import { createMetrics, type Metrics } from '../../src/telemetry/metrics.ts'
import { recordOf } from './support.ts'

const open: Metrics[] = []
afterEach(() => {
  for (const metrics of open.splice(0)) metrics.close()
})

function metricsOf(changes: Partial<Parameters<typeof createMetrics>[0]> = {}): Metrics {
  const metrics = createMetrics({
    clock: { now: () => 10_000, monotonic: () => 0 },
    snapshotStatus: () => ({ tier: 'disk', builtAt: 4_000 }),
    openStreams: () => 3,
    ...changes,
  })
  open.push(metrics)
  return metrics
}

/** Value of the series whose name and labels are exactly these. */
async function read(metrics: Metrics, name: string, labels: Record<string, string> = {}): Promise<number | undefined> {
  for (const line of (await metrics.render()).split('\n')) {
    const match = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line)
    if (match?.[1] !== name) continue
    const found = Object.fromEntries(
      [...(match[2] ?? '').matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g)].map((pair) => [pair[1], pair[2]]),
    )
    if (JSON.stringify(Object.entries(found).toSorted()) === JSON.stringify(Object.entries(labels).toSorted()))
      return Number(match[3])
  }
  return undefined
}

describe('exchanges', () => {
  test('are counted by how they ended', async () => {
    const metrics = metricsOf()
    metrics.observe({ type: 'exchange-settled', record: recordOf() })
    metrics.observe({ type: 'exchange-settled', record: recordOf() })
    metrics.observe({
      type: 'exchange-settled',
      record: recordOf({ outcome: 'error', httpStatus: 502, provider: null, stream: true, usage: null, cost: null }),
    })
    const labels = { operation: 'chat', outcome: 'ok', status_class: '2xx', provider: 'openai', stream: 'false' }
    expect(await read(metrics, 'promptbox_requests_total', labels)).toBe(2)
    expect(
      await read(metrics, 'promptbox_requests_total', {
        operation: 'chat',
        outcome: 'error',
        status_class: '5xx',
        provider: 'none',
        stream: 'true',
      }),
    ).toBe(1)
    expect(await read(metrics, 'promptbox_prompt_requests_total', { prompt: 'support-reply', outcome: 'ok' })).toBe(2)
  })

  test('bring tokens by kind and dollars, also when they are known only later', async () => {
    const metrics = metricsOf()
    metrics.observe({ type: 'exchange-settled', record: recordOf() })
    metrics.observe({
      type: 'records-estimated',
      provider: 'openai',
      model: 'gpt-4o-mini',
      inputTokens: 7,
      outputTokens: 1,
      costUsd: null,
    })
    const model = { provider: 'openai', model: 'gpt-4o-mini' }
    expect(await read(metrics, 'promptbox_tokens_total', { ...model, kind: 'input' })).toBe(107)
    expect(await read(metrics, 'promptbox_tokens_total', { ...model, kind: 'cache_read_input' })).toBe(40)
    expect(await read(metrics, 'promptbox_tokens_total', { ...model, kind: 'reasoning_output' })).toBe(5)
    expect(await read(metrics, 'promptbox_cost_usd_total', model)).toBe(0.25)
  })

  test('bring each attempt and its failure', async () => {
    const metrics = metricsOf()
    const attempt = recordOf().attempts[0]
    if (attempt === undefined) throw new Error('the record has an attempt')
    metrics.observe({
      type: 'exchange-settled',
      record: recordOf({ attempts: [{ ...attempt, errorType: 'upstream_overloaded' }, attempt] }),
    })
    expect(await read(metrics, 'promptbox_attempts_total', { provider: 'openai' })).toBe(2)
    expect(
      await read(metrics, 'promptbox_attempt_failures_total', {
        provider: 'openai',
        error_type: 'upstream_overloaded',
      }),
    ).toBe(1)
  })

  test('have durations in seconds, in cumulative buckets', async () => {
    const metrics = metricsOf()
    for (const durationMs of [5, 100, 120, 700_000])
      metrics.observe({ type: 'exchange-settled', record: recordOf({ durationMs, timeToFirstChunkMs: null }) })
    const labels = { operation: 'chat', provider: 'openai', stream: 'false' }
    const name = 'promptbox_request_duration_seconds'
    expect(await read(metrics, `${name}_bucket`, { ...labels, le: '0.005' })).toBe(1)
    expect(await read(metrics, `${name}_bucket`, { ...labels, le: '0.1' })).toBe(2)
    expect(await read(metrics, `${name}_bucket`, { ...labels, le: '0.25' })).toBe(3)
    expect(await read(metrics, `${name}_bucket`, { ...labels, le: '640' })).toBe(3)
    expect(await read(metrics, `${name}_bucket`, { ...labels, le: '+Inf' })).toBe(4)
    expect(await read(metrics, `${name}_count`, labels)).toBe(4)
    expect(await read(metrics, `${name}_sum`, labels)).toBeCloseTo(700.225)
    expect(await read(metrics, 'promptbox_time_to_first_chunk_seconds_count', labels)).toBe(0)
  })
})

describe('labels', () => {
  test('no user can fill memory with models or prompts', async () => {
    const metrics = metricsOf({ labelLimits: { models: 3, prompts: 2 } })
    for (let index = 0; index < 1_000; index++) {
      metrics.observe({
        type: 'exchange-settled',
        record: recordOf({ responseModel: `model-${index}`, prompt: `prompt-${index}` }),
      })
    }
    const text = await metrics.render()
    expect(new Set(text.match(/model="[^"]*"/g))).toEqual(
      new Set(['model="model-0"', 'model="model-1"', 'model="model-2"', 'model="other"']),
    )
    expect(await read(metrics, 'promptbox_prompt_requests_total', { prompt: 'other', outcome: 'ok' })).toBe(998)
  })

  test('checks of answers are counted by version, and no more versions than there is room for', async () => {
    const metrics = metricsOf({ labelLimits: { models: 3, prompts: 2 } })
    const name = 'promptbox_output_checks_total'
    const settle = (promptVersion: number, outputCheck: 'ok' | 'repaired' | 'mismatch' | null): void =>
      metrics.observe({
        type: 'exchange-settled',
        record: recordOf({ prompt: 'support-reply', promptVersion, outputCheck }),
      })
    settle(1, 'ok')
    settle(1, 'ok')
    settle(1, null)
    settle(2, 'repaired')
    for (let version = 3; version < 100; version++) settle(version, 'mismatch')
    const labels = { prompt: 'support-reply' }
    expect(await read(metrics, name, { ...labels, version: '1', result: 'ok' })).toBe(2)
    expect(await read(metrics, name, { ...labels, version: '2', result: 'repaired' })).toBe(1)
    expect(await read(metrics, name, { ...labels, version: 'other', result: 'mismatch' })).toBe(97)
    expect((await metrics.render()).match(new RegExp(`^${name}\\{`, 'gm'))).toHaveLength(3)
  })

  test('each step of a chain counts for the model and the prompt that it asked', async () => {
    const metrics = metricsOf()
    const record = recordOf({ chain: 'triage', chainVersion: 1, prompt: null, promptVersion: null, outputCheck: 'ok' })
    const [call] = record.attempts
    if (call === undefined || record.usage === null) throw new Error('There is no call.')
    const used = { ...call, step: 'a', prompt: 'sort', promptVersion: 4, usage: record.usage, costUsd: 0.25 }
    metrics.observe({
      type: 'exchange-settled',
      record: {
        ...record,
        attempts: [
          { ...used, outputCheck: 'repaired' },
          { ...used, provider: 'anthropic', model: 'claude', prompt: 'reply', costUsd: 0.5, outputCheck: 'ok' },
          { ...used, errorType: 'upstream_error', usage: null, costUsd: null, outputCheck: null },
        ],
      },
    })
    const cost = (labels: Record<string, string>) => read(metrics, 'promptbox_cost_usd_total', labels)
    expect(await cost({ provider: 'openai', model: 'gpt-4o-mini' })).toBe(0.25)
    expect(await cost({ provider: 'anthropic', model: 'claude' })).toBe(0.5)
    const checks = (labels: Record<string, string>) => read(metrics, 'promptbox_output_checks_total', labels)
    expect(await checks({ prompt: 'sort', version: '4', result: 'repaired' })).toBe(1)
    expect(await checks({ prompt: 'reply', version: '4', result: 'ok' })).toBe(1)
  })

  test('a model that never answered gets no label', async () => {
    const metrics = metricsOf()
    metrics.observe({
      type: 'exchange-settled',
      record: recordOf({ outcome: 'error', requestModel: 'made-up', responseModel: null, usage: null, cost: null }),
    })
    expect(await metrics.render()).not.toContain('made-up')
  })

  test('quotes, backslashes and line breaks do not break the format', async () => {
    const metrics = metricsOf()
    metrics.observe({ type: 'exchange-settled', record: recordOf({ provider: 'a"b\\c\nd' }) })
    expect(await metrics.render()).toContain('provider="a\\"b\\\\c\\nd"')
    for (const line of (await metrics.render()).split('\n'))
      expect(line).toMatch(/^(# (HELP|TYPE) .*|[a-zA-Z_0-9]+(\{.*\})? \S+|)$/)
  })
})

describe('the state of the process', () => {
  test('tells tier and age of the snapshot and the open streams', async () => {
    const metrics = metricsOf()
    expect(await read(metrics, 'promptbox_snapshot_tier', { tier: 'disk' })).toBe(1)
    expect(await read(metrics, 'promptbox_snapshot_tier', { tier: 'database' })).toBe(0)
    expect(await read(metrics, 'promptbox_snapshot_age_seconds')).toBe(6)
    expect(await read(metrics, 'promptbox_open_streams')).toBe(3)
  })

  test('tells of the database, the spool and lost records', async () => {
    const metrics = metricsOf()
    expect(await read(metrics, 'promptbox_database_up')).toBe(1)
    metrics.observe({ type: 'database-lost', message: 'gone' })
    expect(await read(metrics, 'promptbox_database_up')).toBe(0)
    metrics.observe({ type: 'database-back', awayMs: 10 })
    expect(await read(metrics, 'promptbox_database_up')).toBe(1)
    metrics.observe({ type: 'spool-depth', records: 12, bytes: 3_400 })
    metrics.observe({ type: 'spool-overflow', droppedRecords: 5, droppedBytes: 100 })
    metrics.observe({ type: 'records-written', count: 9, tookMs: 2 })
    metrics.observe({ type: 'spool-line-unreadable', file: 'a', message: 'b' })
    expect(await read(metrics, 'promptbox_spool_records')).toBe(12)
    expect(await read(metrics, 'promptbox_spool_bytes')).toBe(3_400)
    expect(await read(metrics, 'promptbox_records_dropped_total')).toBe(5)
    expect(await read(metrics, 'promptbox_records_written_total')).toBe(9)
    expect(await read(metrics, 'promptbox_records_rejected_total')).toBe(1)
  })

  test('tells the delay of the event loop and the memory', async () => {
    const metrics = metricsOf()
    expect(await read(metrics, 'promptbox_event_loop_delay_seconds', { quantile: '0.99' })).toBeGreaterThanOrEqual(0)
    expect(await read(metrics, 'process_resident_memory_bytes')).toBeGreaterThan(1_000_000)
  })

  test('two apps in one process do not meet', async () => {
    const [left, right] = [metricsOf(), metricsOf()]
    left.observe({ type: 'records-written', count: 1, tookMs: 1 })
    expect(await read(right, 'promptbox_records_written_total')).toBe(0)
  })
})
