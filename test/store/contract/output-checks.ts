import { describe, expect, it } from 'vitest'
import type { ExchangeRecord } from '../../../src/core/record.ts'
import { exchangeRecord } from './exchange-record.ts'
import { unique, type GetSubject } from './subject.ts'

export function outputChecksContract(subject: GetSubject): void {
  const day = 86_400_000
  const start = Date.UTC(2032, 0, 1)
  const write = (...records: ExchangeRecord[]) => subject().writer.write(records)

  describe('output checks', () => {
    it('are counted by version, the highest first, within the range', async () => {
      const prompt = unique('checked')
      const one = (
        promptVersion: number | null,
        outputCheck: ExchangeRecord['outputCheck'],
        at: number,
        more: Partial<ExchangeRecord> = {},
      ) => exchangeRecord({ prompt, promptVersion, outputCheck, ...more }, at)
      await write(
        one(1, 'ok', start),
        one(1, 'ok', start + day),
        one(1, 'mismatch', start + 1),
        one(12, 'repaired', start + day + 1),
        one(12, 'mismatch', start + 2, { outcome: 'error', errorType: 'output_mismatch' }),
        // None of these counts.
        one(1, null, start + 3),
        one(null, 'ok', start + 3),
        one(3, null, start + 3),
        one(1, 'ok', start - 1),
        one(1, 'ok', start + 2 * day),
        one(1, 'ok', start + 3, { tenantId: 'other' }),
        one(1, 'ok', start + 3, { prompt: unique('other') }),
      )
      const reader = subject().stores.outputChecks
      const range = { from: start, until: start + 2 * day }
      expect(await reader.count('default', prompt, range)).toEqual([
        { version: 12, ok: 0, repaired: 1, mismatch: 1 },
        { version: 1, ok: 2, repaired: 0, mismatch: 1 },
      ])
      expect(await reader.count('default', prompt, { from: start, until: start })).toEqual([])
      expect(await reader.count('default', unique('nobody'), range)).toEqual([])
    })

    it('are a filter of the exchanges', async () => {
      const sessionId = unique('session')
      const found = exchangeRecord({ sessionId, outputCheck: 'repaired' })
      await write(
        found,
        exchangeRecord({ sessionId, outputCheck: null }),
        exchangeRecord({ sessionId, outputCheck: 'ok' }),
      )
      const page = await subject().stores.exchanges.list('default', { sessionId, outputCheck: 'repaired', limit: 5 })
      expect(page.data.map(({ requestId }) => requestId)).toEqual([found.requestId])
    })
  })
}
