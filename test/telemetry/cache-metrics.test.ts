import { expect, onTestFinished, test } from 'vitest'
import type { Observation } from '../../src/core/observation.ts'
import { describe as describeObservation } from '../../src/telemetry/describe.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'

test('the response cache is counted', async () => {
  const metrics = createMetrics({
    clock: { now: () => 0, monotonic: () => 0 },
    snapshotStatus: () => ({ tier: 'disk', builtAt: 0 }),
    openStreams: () => 0,
  })
  onTestFinished(() => {
    metrics.close()
  })
  const said: readonly Observation[] = [
    { type: 'cache-looked-up', result: 'miss' },
    { type: 'cache-looked-up', result: 'hit' },
    { type: 'cache-looked-up', result: 'hit' },
    { type: 'cache-looked-up', result: 'shared' },
    { type: 'cache-stored', bytes: 100 },
    { type: 'cache-depth', entries: 2, bytes: 300 },
    { type: 'cache-failed', operation: 'get', message: 'Redis is away.' },
  ]
  for (const observation of said) metrics.observe(observation)
  const lines = (await metrics.render()).split('\n')
  expect(lines).toEqual(
    expect.arrayContaining([
      'promptbox_cache_lookups_total{result="miss"} 1',
      'promptbox_cache_lookups_total{result="hit"} 2',
      'promptbox_cache_lookups_total{result="shared"} 1',
      'promptbox_cache_stores_total 1',
      'promptbox_cache_entries 2',
      'promptbox_cache_bytes 300',
      'promptbox_cache_failures_total{operation="get"} 1',
    ]),
  )
})

test('that the cache is away is a warning; what follows from it, request by request, is not', () => {
  expect(describeObservation({ type: 'cache-lost', message: 'refused' })).toMatchObject({ level: 'warn' })
  expect(describeObservation({ type: 'cache-back' })).toMatchObject({ level: 'info' })
  expect(describeObservation({ type: 'cache-failed', operation: 'get', message: 'away' })).toMatchObject({
    level: 'debug',
  })
})
