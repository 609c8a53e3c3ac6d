import { afterEach, describe, expect, test } from 'vitest'
import type { Observation } from '../../src/core/observation.ts'
import { createLog } from '../../src/telemetry/log.ts'
import { createMetrics, type Metrics } from '../../src/telemetry/metrics.ts'

const open: Metrics[] = []
afterEach(() => {
  for (const metrics of open.splice(0)) metrics.close()
})

type State = 'closed' | 'open' | 'half-open'

function changed(before: State, state: State, model = 'm', host = 'one.test'): Observation {
  return { type: 'circuit-changed', provider: 'one', model, host, before, state, reason: '10 calls in a row failed' }
}

const cooling: Observation = {
  type: 'credential-cooling',
  provider: 'one',
  model: 'm',
  credential: 'backup',
  errorType: 'upstream_rate_limited',
  forMs: 30_000,
}

async function seriesOf(observations: readonly Observation[], models = 200): Promise<readonly string[]> {
  const metrics = createMetrics({
    clock: { now: () => 0, monotonic: () => 0 },
    snapshotStatus: () => ({ tier: 'none', builtAt: 0 }),
    openStreams: () => 0,
    labelLimits: { models, prompts: 1 },
  })
  open.push(metrics)
  for (const observation of observations) metrics.observe(observation)
  const text = await metrics.render()
  return text.split('\n').filter((line) => /^promptbox_(circuit|credential)/.test(line))
}

describe('metrics', () => {
  test('count what is left alone and what is tried out, at all its addresses', async () => {
    const lines = await seriesOf([
      changed('closed', 'open'),
      changed('closed', 'open', 'm', 'other.test'),
      changed('open', 'half-open'),
    ])
    expect(lines).toContain('promptbox_circuits{provider="one",model="m",state="open"} 1')
    expect(lines).toContain('promptbox_circuits{provider="one",model="m",state="half_open"} 1')
    expect(lines).toContain('promptbox_circuit_opens_total{provider="one",model="m"} 2')
  })

  test('are back at nothing when all is well', async () => {
    const lines = await seriesOf([
      changed('closed', 'open'),
      changed('open', 'half-open'),
      changed('half-open', 'open'),
      changed('open', 'half-open'),
      changed('half-open', 'closed'),
    ])
    expect(lines.filter((line) => line.startsWith('promptbox_circuits'))).toEqual([
      'promptbox_circuits{provider="one",model="m",state="open"} 0',
      'promptbox_circuits{provider="one",model="m",state="half_open"} 0',
    ])
    expect(lines).toContain('promptbox_circuit_opens_total{provider="one",model="m"} 2')
  })

  test('have a bounded number of models', async () => {
    const observations = Array.from({ length: 50 }, (_, index) => changed('closed', 'open', `model-${index}`))
    const lines = await seriesOf(observations, 2)
    expect(lines).toContain('promptbox_circuits{provider="one",model="other",state="open"} 48')
  })

  test('count credentials that were set aside', async () => {
    const lines = await seriesOf([cooling, cooling])
    expect(lines).toContain(
      'promptbox_credential_cool_downs_total{provider="one",error_type="upstream_rate_limited"} 2',
    )
  })
})

describe('the log', () => {
  test.each([
    [changed('closed', 'open'), 'warn', 'one/m at one.test is not called for a while: 10 calls in a row failed'],
    [changed('open', 'half-open', 'm', ''), 'info', 'one/m is tried out: 10 calls in a row failed'],
    [changed('half-open', 'closed'), 'info', 'one/m at one.test is called as usual again: 10 calls in a row failed'],
    [cooling, 'warn', 'The credential `backup` of one is not used for m for 30.0 s: upstream_rate_limited'],
  ] as const)('has a line for $0.type', (observation, level, message) => {
    const written: string[] = []
    createLog({ level: 'info', destination: { write: (text: string) => written.push(text) } })(observation)
    expect(JSON.parse(written[0] ?? '')).toMatchObject({ level, message, event: observation.type, provider: 'one' })
  })
})
