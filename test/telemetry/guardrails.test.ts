import { describe, expect, test } from 'vitest'
import type { Observation } from '../../src/core/observation.ts'
import type { ExchangeRecord, GuardrailResult } from '../../src/core/record.ts'
import { announceGuardrailFailures } from '../../src/telemetry/guardrail-failures.ts'
import { createLog } from '../../src/telemetry/log.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { recordOf } from './support.ts'

function resultOf(changes: Partial<GuardrailResult> = {}): GuardrailResult {
  return {
    guardrail: 'mail',
    type: 'pii',
    stage: 'input',
    verdict: 'pass',
    mode: 'enforce',
    severity: 'warning',
    findings: [],
    findingCount: 0,
    tookMs: 0.02,
    ...changes,
  }
}

const settled = (...guardrailResults: GuardrailResult[]): Observation => ({
  type: 'exchange-settled',
  record: recordOf({ guardrailResults }) satisfies ExchangeRecord,
})

async function linesAfter(observations: readonly Observation[], guardrails = 200): Promise<readonly string[]> {
  const metrics = createMetrics({
    clock: { now: () => 0, monotonic: () => 0 },
    snapshotStatus: () => ({ tier: 'database', builtAt: 0 }),
    openStreams: () => 0,
    labelLimits: { models: 10, prompts: 10, guardrails },
  })
  for (const observation of observations) metrics.observe(observation)
  const text = await metrics.render()
  metrics.close()
  return text.split('\n').filter((line) => line.startsWith('promptbox_guardrail_'))
}

describe('the metrics of guardrails', () => {
  test('count each look by stage, verdict and mode', async () => {
    const both = settled(resultOf(), resultOf({ stage: 'output', verdict: 'redact', mode: 'shadow' }))
    const lines = await linesAfter([both, both, settled(resultOf({ verdict: 'error' })), settled()])
    expect(lines.filter((line) => line.includes('looks_total'))).toEqual([
      'promptbox_guardrail_looks_total{guardrail="mail",stage="input",verdict="pass",mode="enforce"} 2',
      'promptbox_guardrail_looks_total{guardrail="mail",stage="output",verdict="redact",mode="shadow"} 2',
      'promptbox_guardrail_looks_total{guardrail="mail",stage="input",verdict="error",mode="enforce"} 1',
    ])
  })

  test('have how long it took in seconds, from ten microseconds to ten seconds; what was skipped took no time', async () => {
    const took = (tookMs: number, verdict: GuardrailResult['verdict'] = 'pass') =>
      settled(resultOf({ tookMs, verdict }))
    const lines = await linesAfter([took(0.01), took(0.3), took(12_000), took(0, 'skipped')])
    const at = (le: string) => lines.find((line) => line.includes(`le="${le}",guardrail="mail",stage="input"`))
    expect(at('0.00001')).toMatch(/ 1$/)
    expect(at('0.0005')).toMatch(/ 2$/)
    expect(at('10')).toMatch(/ 2$/)
    expect(at('+Inf')).toMatch(/ 3$/)
  })

  test('have a bounded number of series, whatever guardrails come and go', async () => {
    const observations = Array.from({ length: 50 }, (_, index) => settled(resultOf({ guardrail: `g${index}` })))
    const lines = await linesAfter(observations, 2)
    const names = new Set(lines.flatMap((line) => /guardrail="([^"]*)"/.exec(line)?.[1] ?? []))
    expect([...names].sort()).toEqual(['g0', 'g1', 'other'])
    expect(lines.find((line) => line.includes('looks_total{guardrail="other"'))).toMatch(/ 48$/)
  })
})

describe('a guardrail that cannot look', () => {
  function heard() {
    let now = 0
    const observations: Observation[] = []
    const observe = announceGuardrailFailures((observation) => observations.push(observation), {
      monotonic: () => now,
    })
    return { observations, observe, wait: (ms: number) => (now += ms) }
  }
  const failure = settled(resultOf({ verdict: 'error', problem: 'it did not answer within 500 ms' }))

  test('is told at once, then once a minute with how often it was since', () => {
    const { observations, observe, wait } = heard()
    for (let times = 0; times < 5; times++) observe(failure)
    wait(59_000)
    observe(failure)
    expect(observations).toMatchObject([{ type: 'guardrail-failed', guardrail: 'mail', stage: 'input', unsaid: 0 }])
    wait(1_000)
    observe(failure)
    observe(failure)
    expect(observations.slice(1)).toMatchObject([{ type: 'guardrail-failed', unsaid: 5 }])
  })

  test('is told by guardrail and stage, and nothing is said of those that could', () => {
    const { observations, observe } = heard()
    observe(settled(resultOf(), resultOf({ verdict: 'block' }), resultOf({ verdict: 'skipped' })))
    expect(observations).toEqual([])
    const errors = [resultOf({ verdict: 'error' }), resultOf({ verdict: 'error', stage: 'output' })]
    observe(settled(...errors, resultOf({ verdict: 'error', guardrail: 'other' })))
    expect(observations).toHaveLength(3)
  })

  test('is a line of the log at warn, with the exchange to look at and no secret', () => {
    const written: string[] = []
    const log = createLog({ level: 'warn', destination: { write: (text: string) => written.push(text) } })
    const observe = announceGuardrailFailures(log, { monotonic: () => 0 })
    observe(settled(resultOf({ verdict: 'error', problem: 'it said Bearer abcdefghijklmnop' })))
    expect(written).toHaveLength(1)
    expect(JSON.parse(String(written[0]))).toMatchObject({
      level: 'warn',
      event: 'guardrail-failed',
      requestId: recordOf().requestId,
      guardrail: 'mail',
      stage: 'input',
    })
    expect(written[0]).not.toContain('abcdefghijklmnop')
  })
})
