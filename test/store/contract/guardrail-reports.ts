import { describe, expect, it } from 'vitest'
import type { ExchangeRecord, GuardrailResult } from '../../../src/core/record.ts'
import { RecordsRefused } from '../../../src/store/refused-records.ts'
import type { GuardrailFeedback } from '../../../src/store/guardrail-port.ts'
import type { ExchangeFilter } from '../../../src/store/ports.ts'
import { mostGuardrailResults } from '../../../src/store/guardrail-results.ts'
import { exchangeRecord } from './exchange-record.ts'
import { actor, unique, type GetSubject } from './subject.ts'

const hour = 3_600_000
const start = Date.UTC(2033, 4, 1)

function result(guardrail: string, more: Partial<GuardrailResult> = {}): GuardrailResult {
  return {
    guardrail,
    type: 'pii',
    stage: 'input',
    verdict: 'pass',
    mode: 'enforce',
    severity: 'warning',
    findings: [],
    findingCount: 0,
    tookMs: 0.25,
    ...more,
  }
}

/** What guardrails said: kept with the exchange, counted by the hour, and judged by people. */
export function guardrailReportsContract(subject: GetSubject): void {
  const write = (...records: ExchangeRecord[]) => subject().writer.write(records)
  const reader = () => subject().stores.guardrailReader
  const all = { from: start, until: start + 31 * 24 * hour }
  const hoursOf = (tenantId: string, filter = {}) => reader().hours(tenantId, { ...all, ...filter })

  describe('results of guardrails', () => {
    it('are kept with their exchange, and left out of the list', async () => {
      const guardrailResults = [
        result('pii', {
          verdict: 'redact',
          findings: [{ kind: 'email', start: 3, end: 9, score: 0.9, place: '2/user' }],
          findingCount: 7,
        }),
        result('slow', { stage: 'output', verdict: 'error', mode: 'shadow', problem: 'no answer within 800 ms' }),
      ]
      const record = exchangeRecord({ guardrailResults })
      const none = exchangeRecord({ sessionId: record.sessionId })
      await write(record, none)
      const find = (requestId: string) => subject().stores.exchanges.find('default', requestId)
      expect((await find(record.requestId))?.guardrailResults).toEqual(guardrailResults)
      expect(await find(none.requestId)).not.toHaveProperty('guardrailResults')
      const page = await subject().stores.exchanges.list('default', {
        limit: 5,
        sessionId: record.sessionId ?? undefined,
      })
      expect(page.data).toHaveLength(2)
      for (const row of page.data) expect(row).not.toHaveProperty('guardrailResults')
    })

    it('are a filter of the exchanges, by guardrail, by verdict and by both', async () => {
      const sessionId = unique('session')
      const said = ['pass', 'flagged:a', 'flagged:b,a-1;skipped:c', 'blocked:a;flagged:b', 'redacted:flagged']
      await write(...said.map((guardrails) => exchangeRecord({ sessionId, guardrails })))
      const found = async (filter: Pick<ExchangeFilter, 'guardrail' | 'guardrailVerdict'>) => {
        const page = await subject().stores.exchanges.list('default', { sessionId, limit: 9, ...filter })
        return page.data.map(({ guardrails }) => said.indexOf(guardrails)).sort()
      }
      expect(await found({})).toEqual([0, 1, 2, 3, 4])
      expect(await found({ guardrail: 'a' })).toEqual([1, 3])
      expect(await found({ guardrail: 'a-1' })).toEqual([2])
      expect(await found({ guardrail: 'b' })).toEqual([2, 3])
      expect(await found({ guardrail: 'c' })).toEqual([2])
      expect(await found({ guardrail: 'flagged' })).toEqual([4])
      for (const nobody of ['pass', 'blocked', '.*', '[', 'a|b', ''])
        expect(await found({ guardrail: nobody })).toEqual([])
      expect(await found({ guardrailVerdict: 'pass' })).toEqual([0])
      expect(await found({ guardrailVerdict: 'flag' })).toEqual([1, 2, 3])
      expect(await found({ guardrailVerdict: 'block' })).toEqual([3])
      expect(await found({ guardrailVerdict: 'error' })).toEqual([])
      expect(await found({ guardrail: 'a', guardrailVerdict: 'flag' })).toEqual([1])
      expect(await found({ guardrail: 'a', guardrailVerdict: 'pass' })).toEqual([])
    })

    it('that a database cannot keep as they are do not hold up their batch', async () => {
      const hostile = exchangeRecord({ guardrailResults: [result('pii', { verdict: 'error', problem: 'a\0b\ud800' })] })
      const good = exchangeRecord()
      expect(await write(hostile, good)).toBe(2)
      const found = await subject().stores.exchanges.find('default', hostile.requestId)
      expect(found?.guardrailResults?.[0]?.problem).toBe('a\ufffdb\ufffd')
    })

    it('are kept as far as there is room, first those that say something; all are counted', async () => {
      const tenantId = unique('tenant')
      const many = Array.from({ length: mostGuardrailResults + 20 }, (_, index) => result(`g${index}`))
      const last = result('last', { verdict: 'block' })
      const record = exchangeRecord({ tenantId, guardrailResults: [...many, last] }, start)
      await write(record)
      const found = await subject().stores.exchanges.find(tenantId, record.requestId)
      expect(found?.guardrailResults).toEqual([last, ...many.slice(0, mostGuardrailResults - 1)])
      expect(await hoursOf(tenantId)).toHaveLength(many.length + 1)
    })
  })

  describe('counts of guardrails', () => {
    it('are by hour, guardrail, stage, verdict and mode, in that order, within the range', async () => {
      const tenantId = unique('tenant')
      const at = (moment: number, ...guardrailResults: GuardrailResult[]) =>
        exchangeRecord({ tenantId, guardrailResults }, moment)
      const shadow = result('pii', { verdict: 'block', mode: 'shadow' })
      await write(
        at(start + hour - 1, result('pii'), result('words', { stage: 'output', verdict: 'flag' })),
        at(start, result('pii'), result('pii', { stage: 'output' })),
        at(start + hour, shadow),
        at(start + 1, result('pii', { verdict: 'skipped' })),
        at(start - 1, result('pii')),
        exchangeRecord({ tenantId }, start),
      )
      await write(at(start + 2, result('pii'), shadow))
      const pii = [
        { guardrail: 'pii', stage: 'input', hour: start, verdict: 'block', mode: 'shadow', count: 1 },
        { guardrail: 'pii', stage: 'input', hour: start, verdict: 'pass', mode: 'enforce', count: 3 },
        { guardrail: 'pii', stage: 'input', hour: start, verdict: 'skipped', mode: 'enforce', count: 1 },
        { guardrail: 'pii', stage: 'output', hour: start, verdict: 'pass', mode: 'enforce', count: 1 },
      ]
      const words = { guardrail: 'words', stage: 'output', hour: start, verdict: 'flag', mode: 'enforce', count: 1 }
      const later = { guardrail: 'pii', stage: 'input', hour: start + hour, verdict: 'block', mode: 'shadow', count: 1 }
      expect(await hoursOf(tenantId)).toEqual([...pii, words, later])
      expect(await hoursOf(tenantId, { guardrail: 'pii' })).toEqual([...pii, later])
      expect(await hoursOf(tenantId, { until: start + hour })).toEqual([...pii, words])
      expect(await hoursOf(tenantId, { from: start + 1 })).toEqual([later])
      expect(await hoursOf(unique('tenant'))).toEqual([])
    })

    it('count an exchange once, though it is written again, with others, or twice in one batch', async () => {
      const tenantId = unique('tenant')
      const record = () => exchangeRecord({ tenantId, guardrailResults: [result('pii')] }, start)
      const [first, second, third] = [record(), record(), record()]
      await write(first, second)
      await write(first, second)
      await write(second, third, third, exchangeRecord({ tenantId }, start))
      const again = { ...third, guardrailResults: [result('pii'), result('words')] }
      expect(await write(again)).toBe(0)
      expect(await hoursOf(tenantId)).toEqual([
        { guardrail: 'pii', stage: 'input', hour: start, verdict: 'pass', mode: 'enforce', count: 3 },
      ])
    })

    it('count the records beside one that is refused', async () => {
      const tenantId = unique('tenant')
      const guardrailResults = [result('pii')]
      const good = exchangeRecord({ tenantId, guardrailResults }, start)
      const bad = { ...exchangeRecord({ tenantId, guardrailResults }, start), createdAt: start + 1 }
      await expect(write(bad, good)).rejects.toThrow(RecordsRefused)
      await expect(write(bad, good)).rejects.toThrow(RecordsRefused)
      expect((await hoursOf(tenantId)).map(({ count }) => count)).toEqual([1])
    })

    it('add up when many write at once', async () => {
      const tenantId = unique('tenant')
      const results = ['a', 'b', 'c'].map((slug) => result(slug))
      await Promise.all(
        Array.from({ length: 6 }, (_, index) => {
          const guardrailResults = index % 2 === 0 ? results : results.toReversed()
          return write(
            exchangeRecord({ tenantId, guardrailResults }, start),
            exchangeRecord({ tenantId, guardrailResults }, start + hour),
          )
        }),
      )
      const counted = await hoursOf(tenantId)
      expect(counted.map(({ guardrail, count }) => [guardrail, count])).toEqual([
        ['a', 6],
        ['b', 6],
        ['c', 6],
        ['a', 6],
        ['b', 6],
        ['c', 6],
      ])
    })

    it('are told for 31 days at most', async () => {
      await expect(hoursOf('default', { until: all.until + 1 })).rejects.toMatchObject({
        kind: 'invalid_request',
        param: 'from',
      })
    })
  })

  describe('feedback on guardrails', () => {
    const feedback = (requestId: string, guardrail: string, more: Partial<GuardrailFeedback> = {}) => ({
      requestId,
      guardrail,
      stage: null,
      verdict: 'false_positive' as const,
      kind: null,
      comment: null,
      ...more,
    })

    it('is one for each exchange, guardrail and person: the newest', async () => {
      const slug = unique('guardrail')
      const other = unique('guardrail')
      const guardrailResults = [result(slug, { verdict: 'flag' }), result(other)]
      const [one, two] = [exchangeRecord({ guardrailResults }), exchangeRecord({ guardrailResults })]
      await write(one, two)
      const put = (who: string, given: GuardrailFeedback) =>
        subject().stores.guardrailFeedback.put({ ...actor, id: who }, given)
      await put('ada', feedback(one.requestId, slug, { stage: 'input', kind: 'email', comment: 'a name' }))
      await put('bob', feedback(one.requestId, slug))
      await put('ada', feedback(two.requestId, slug))
      await put('ada', feedback(one.requestId, slug, { verdict: 'true_positive' }))
      await put('ada', feedback(one.requestId, other, { verdict: 'missed' }))
      const counts = [
        { guardrail: slug, verdict: 'false_positive', count: 2 },
        { guardrail: slug, verdict: 'true_positive', count: 1 },
      ]
      expect(await reader().feedback('default', slug)).toEqual(counts)
      expect(await reader().feedback('default')).toEqual(
        expect.arrayContaining([...counts, { guardrail: other, verdict: 'missed', count: 1 }]),
      )
      expect(await reader().feedback('default', unique('nobody'))).toEqual([])
    })

    it('is refused where there is no such exchange, or the guardrail said nothing', async () => {
      const slug = unique('guardrail')
      const record = exchangeRecord({ guardrailResults: [result(slug)] })
      await write(record)
      const { requestId } = record
      const elsewhere = unique('tenant')
      await subject().addTenant(elsewhere)
      const put = (given: GuardrailFeedback, who = actor) => subject().stores.guardrailFeedback.put(who, given)
      for (const [act, param] of [
        [() => put(feedback(exchangeRecord().requestId, slug)), 'request_id'],
        [() => put(feedback('nonsense', slug)), 'request_id'],
        [() => put(feedback(requestId, slug), { ...actor, tenantId: elsewhere }), 'request_id'],
        [() => put(feedback(requestId, unique('nobody'))), 'guardrail'],
        [() => put(feedback(requestId, slug, { stage: 'output' })), 'guardrail'],
      ] as const) {
        await expect(act()).rejects.toMatchObject({ kind: 'not_found', param })
      }
      expect(await reader().feedback('default', slug)).toEqual([])
    })
  })
}
