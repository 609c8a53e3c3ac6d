import { describe, expect, test } from 'vitest'
import fc from 'fast-check'
import { countGuardrails } from '../../src/admin/count-guardrails.ts'
import { wilsonInterval } from '../../src/admin/wilson-interval.ts'
import { hashKey } from '../../src/core/seal.ts'
import type { GuardrailResult } from '../../src/core/record.ts'
import { createMemoryStores } from '../../src/store/memory.ts'
import type { GuardrailHour } from '../../src/store/ports.ts'
import { exchangeRecord } from '../store/contract/exchange-record.ts'
import { createSubject } from './subject.ts'

const start = Date.UTC(2026, 10, 20)
const hourMs = 3_600_000

function result(guardrail: string, verdict: GuardrailResult['verdict'], more: Partial<GuardrailResult> = {}) {
  const base = { type: 'pii', stage: 'input', mode: 'enforce', severity: 'warning' } as const
  const findings = verdict === 'flag' ? [{ kind: 'email', start: 1, end: 5, score: 0.9, place: '0/user' }] : []
  return { ...base, guardrail, verdict, findings, findingCount: findings.length, tookMs: 0.25, ...more }
}

function exchange(at: number, ...guardrailResults: GuardrailResult[]) {
  return exchangeRecord({ tenantId: 'default', guardrailResults, guardrails: 'flagged:mail' }, at)
}

async function withCounts() {
  const subject = createSubject()
  const records = [
    exchange(start, result('mail', 'flag'), result('mail', 'pass', { stage: 'output' })),
    exchange(start + 1, result('mail', 'pass'), result('quiet', 'block', { mode: 'shadow' })),
    exchange(start + hourMs, result('mail', 'error', { problem: 'it is away' }), result('quiet', 'pass')),
    exchange(start + 2 * hourMs, result('mail', 'redact'), result('mail', 'skipped', { stage: 'output' })),
    exchange(start + 48 * hourMs, result('mail', 'block')),
  ]
  await subject.stores.exchangeWriter.write(records)
  return { ...subject, records }
}

const firstDay = 'from=2026-11-20&until=2026-11-21'
const errorOf = (answer: { readonly json: { readonly [name: string]: unknown } }) => answer.json['error'] as object

describe('the counts of guardrails', () => {
  test('are totals by verdict with a rate and how sure it is; shadow mode stands apart', async () => {
    const { send } = await withCounts()
    const { json } = await send('GET', `/v1/guardrails/stats?${firstDay}`)
    expect(json['guardrails']).toEqual([
      {
        guardrail: 'mail',
        enforce: {
          looks: 4,
          violations: 2,
          errors: 1,
          skipped: 1,
          violation_rate: 0.5,
          violation_rate_interval: [expect.closeTo(0.15, 4), expect.closeTo(0.85, 4)],
          verdicts: { pass: 2, flag: 1, redact: 1, block: 0, error: 1, skipped: 1 },
        },
        shadow: null,
        precision: null,
        missed: 0,
      },
      {
        guardrail: 'quiet',
        enforce: expect.objectContaining({ looks: 1, violations: 0, violation_rate: 0 }),
        shadow: expect.objectContaining({ looks: 1, violations: 1, violation_rate: 1 }),
        precision: null,
        missed: 0,
      },
    ])
  })

  test('have a row for each hour, for a heatmap', async () => {
    const { send } = await withCounts()
    const { json } = await send('GET', `/v1/guardrails/stats?${firstDay}&guardrail=mail`)
    const at = (hour: number) => new Date(start + hour * hourMs).toISOString()
    const common = { guardrail: 'mail', mode: 'enforce' }
    expect(json['hours']).toEqual([
      { ...common, hour: at(0), looks: 3, violations: 1, errors: 0, skipped: 0, violation_rate: 1 / 3 },
      { ...common, hour: at(1), looks: 0, violations: 0, errors: 1, skipped: 0, violation_rate: null },
      { ...common, hour: at(2), looks: 1, violations: 1, errors: 0, skipped: 1, violation_rate: 1 },
    ])
    const output = await send('GET', `/v1/guardrails/mail/stats?${firstDay}&stage=output`)
    expect(output.json['hours']).toHaveLength(2)
    expect(output.json['guardrails']?.[0]?.['enforce']).toMatchObject({ looks: 1, violations: 0, skipped: 1 })
  })

  test('are those of the last seven days when no range is named, from the hour on that it begins in', async () => {
    const { send } = await withCounts()
    const { json } = await send('GET', '/v1/guardrails/stats?until=2026-11-27T01:30:00Z')
    expect(json).toMatchObject({ from: '2026-11-20T01:00:00.000Z', until: '2026-11-27T01:30:00.000Z' })
    expect(json['guardrails']?.[0]?.['enforce']).toMatchObject({ errors: 1, violations: 2 })
  })

  test('of one that was removed are still there, of one that never was are a 404', async () => {
    const { send } = await withCounts()
    expect((await send('GET', `/v1/guardrails/mail/stats?${firstDay}`)).status).toBe(200)
    expect((await send('GET', '/v1/guardrails/nobody/stats')).status).toBe(404)
    await send('POST', '/v1/guardrails', { slug: 'new', type: 'keywords', settings: { words: ['a'] } })
    expect((await send('GET', '/v1/guardrails/new/stats')).json).toMatchObject({ guardrails: [], hours: [] })
  })

  test.each([
    ['from=2026-11-21&until=2026-11-20', 'before'],
    ['from=2026-01-01&until=2026-11-20', '31 days'],
    ['from=soon', 'must be a time'],
    ['since=2026-11-20', 'since'],
    ['guardrail=A', 'a-z'],
    ['stage=both', 'input'],
  ])('%s is refused with what to do', async (query, message) => {
    const { send } = await withCounts()
    const answer = await send('GET', `/v1/guardrails/stats?${query}`)
    expect(answer.status).toBe(400)
    expect(answer.text).toContain(message)
  })

  test('that would be megabytes are refused with what to do', async () => {
    const counted = Array.from({ length: 20_001 }, (_, index): GuardrailHour => ({
      guardrail: `g${index}`,
      stage: 'input',
      hour: start,
      verdict: 'pass',
      mode: 'enforce',
      count: 1,
    }))
    const stores = createMemoryStores()
    const guardrailReader = { hours: async () => counted, feedback: async () => [] }
    const clock = { now: () => start + hourMs, monotonic: () => 0 }
    await expect(countGuardrails({ stores: { ...stores, guardrailReader }, clock }, 'default', {})).rejects.toThrow(
      'for one guardrail',
    )
  })
})

describe('the Wilson interval', () => {
  test.each([
    [0, 10, 0, 0.2775],
    [1, 10, 0.0179, 0.4042],
    [5, 10, 0.2366, 0.7634],
    [10, 10, 0.7225, 1],
    [12, 1000, 0.0069, 0.0209],
  ])('of %d in %d', (successes, trials, lower, upper) => {
    expect(wilsonInterval(successes, trials)).toEqual([expect.closeTo(lower, 4), expect.closeTo(upper, 4)])
  })

  test('holds the share, lies within 0 and 1, and is none without a trial', () => {
    expect(wilsonInterval(0, 0)).toBeNull()
    fc.assert(
      fc.property(fc.nat(1_000_000), fc.nat(1_000_000), (one, other) => {
        const [successes, trials] = [Math.min(one, other), Math.max(one, other, 1)]
        const [lower, upper] = wilsonInterval(successes, trials) ?? [1, 0]
        expect(lower).toBeGreaterThanOrEqual(0)
        expect(upper).toBeLessThanOrEqual(1)
        expect(lower).toBeLessThanOrEqual(successes / trials)
        expect(upper).toBeGreaterThanOrEqual(successes / trials)
      }),
    )
  })
})

describe('what people say of guardrails', () => {
  test('makes an estimate of precision; each has one word for each exchange', async () => {
    const subject = await withCounts()
    const [first, second] = subject.records
    const report = (id: string | undefined, body: object, headers?: Record<string, string>) =>
      subject.send('POST', `/v1/exchanges/${id ?? ''}/guardrail-feedback`, body, headers)
    const said = await report(first?.requestId, { guardrail: 'mail', verdict: 'false_positive', comment: 'an order' })
    expect(said.status).toBe(201)
    expect(said.json).toEqual({
      request_id: first?.requestId,
      guardrail: 'mail',
      verdict: 'false_positive',
      stage: null,
      kind: null,
      comment: 'an order',
      reported_by: 'admin',
    })
    await report(first?.requestId.toUpperCase(), { guardrail: 'mail', verdict: 'true_positive', kind: 'email' })
    await report(second?.requestId, { guardrail: 'mail', verdict: 'missed', stage: 'input' })
    const other = await subject.send('POST', '/v1/keys', { name: 'other', scopes: ['admin'] })
    const headers = { authorization: `Bearer ${String(other.json['key'])}` }
    await report(first?.requestId, { guardrail: 'mail', verdict: 'false_positive' }, headers)
    const { json } = await subject.send('GET', '/v1/guardrails/mail/stats')
    expect(json['guardrails']).toMatchObject([
      {
        guardrail: 'mail',
        precision: { estimate: 0.5, reports: 2, interval: [expect.closeTo(0.0945, 3), expect.closeTo(0.9055, 3)] },
        missed: 1,
      },
    ])
  })

  test('is a 404 for an exchange that is not there, or not yet, and for a guardrail that said nothing in it', async () => {
    const { send, records } = await withCounts()
    const body = { guardrail: 'mail', verdict: 'missed' }
    const nobody = await send('POST', '/v1/exchanges/0198c0de-7a3b-7cc1-9f52-3d5a1f3d2b10/guardrail-feedback', body)
    expect(nobody.status).toBe(404)
    expect(nobody.text).toContain('written within moments')
    const path = `/v1/exchanges/${records[0]?.requestId ?? ''}/guardrail-feedback`
    const other = await send('POST', path, { ...body, guardrail: 'quiet' })
    expect(errorOf(other)).toMatchObject({ param: 'guardrail' })
    expect(
      (
        await send('POST', `/v1/exchanges/${records[1]?.requestId ?? ''}/guardrail-feedback`, {
          ...body,
          stage: 'output',
        })
      ).status,
    ).toBe(404)
  })

  test.each([
    [{ guardrail: 'mail' }, 'verdict'],
    [{ guardrail: 'mail', verdict: 'wrong' }, 'verdict'],
    [{ verdict: 'missed' }, 'guardrail'],
    [{ guardrail: 'mail', verdict: 'missed', kind: 'A B' }, 'kind'],
    [{ guardrail: 'mail', verdict: 'missed', stage: 'x' }, 'stage'],
    [{ guardrail: 'mail', verdict: 'missed', comment: '' }, 'comment'],
  ])('%j is refused', async (body, param) => {
    const { send, records } = await withCounts()
    const answer = await send('POST', `/v1/exchanges/${records[0]?.requestId ?? ''}/guardrail-feedback`, body)
    expect(errorOf(answer)).toMatchObject({ param })
  })
})

describe('an exchange', () => {
  test('shows what each guardrail said, and is found by it', async () => {
    const { send, records } = await withCounts()
    const [first] = records
    const { json } = await send('GET', `/v1/exchanges/${first?.requestId ?? ''}`)
    expect(json['guardrail_results']).toEqual([
      {
        guardrail: 'mail',
        type: 'pii',
        stage: 'input',
        verdict: 'flag',
        mode: 'enforce',
        severity: 'warning',
        findings: [{ kind: 'email', start: 1, end: 5, score: 0.9, place: '0/user' }],
        finding_count: 1,
        took_ms: 0.25,
      },
      expect.objectContaining({ stage: 'output', verdict: 'pass', findings: [] }),
    ])
    const listed = async (query: string) =>
      [...((await send('GET', `/v1/exchanges?${query}`)).json['data'] ?? [])].length
    expect(await listed('guardrail=mail')).toBe(5)
    expect(await listed('guardrail=mail&guardrail_verdict=flag')).toBe(5)
    expect(await listed('guardrail_verdict=block')).toBe(0)
    expect(await listed('guardrail=other')).toBe(0)
  })
})

test('strangers see and say nothing', async () => {
  const subject = await withCounts()
  const key = 'pb-key-of-a-stranger'
  await subject.stores.keys.create(
    { tenantId: 'other', id: 'admin', name: 'admin' },
    {
      id: 'key-other',
      tenantId: 'other',
      name: 'Stranger',
      hash: hashKey(key),
      scopes: ['admin'],
      roles: [],
      expiresAt: null,
      prefix: 'pb-key',
    },
  )
  await subject.send('POST', '/v1/keys', { name: 'to publish' })
  const headers = { authorization: `Bearer ${key}` }
  const { json } = await subject.send('GET', `/v1/guardrails/stats?${firstDay}`, undefined, headers)
  expect(json).toMatchObject({ guardrails: [], hours: [] })
  expect((await subject.send('GET', `/v1/guardrails/mail/stats?${firstDay}`, undefined, headers)).status).toBe(404)
  const path = `/v1/exchanges/${subject.records[0]?.requestId ?? ''}/guardrail-feedback`
  const said = await subject.send('POST', path, { guardrail: 'mail', verdict: 'missed' }, headers)
  expect(said.status).toBe(404)
})
