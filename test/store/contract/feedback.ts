import { describe, expect, it } from 'vitest'
import type { FeedbackRecord } from '../../../src/core/feedback.ts'
import { newRequestId } from '../../../src/core/ids.ts'
import { RecordsRefused } from '../../../src/store/refused-records.ts'
import { exchangeRecord } from './exchange-record.ts'
import { unique, type GetSubject } from './subject.ts'

export function said(requestId: string, more: Partial<FeedbackRecord> = {}): FeedbackRecord {
  const at = Date.now()
  return {
    tenantId: 'default',
    requestId,
    name: 'rating',
    source: 'client',
    value: 4,
    comment: null,
    at,
    keyId: null,
    ...more,
  }
}

/** What people say of exchanges. */
export function feedbackContract(subject: GetSubject): void {
  const store = () => subject().stores.feedback

  describe('feedback', () => {
    it('is one statement for each name and source, whatever its value is', async () => {
      const id = newRequestId()
      const records = [
        said(id, { value: 3.5, comment: 'Fine.' }),
        said(id, { source: 'app', value: 1, keyId: 'key-1' }),
        said(id, { name: 'note', value: 'too long' }),
        said(id, { name: 'thumbs', value: false }),
      ]
      expect(await store().writeFeedback(records)).toBe(4)
      expect(await store().ofExchange('default', id)).toEqual([records[2], records[1], records[0], records[3]])
      expect(await store().ofExchange(unique('tenant'), id)).toEqual([])
      expect(await store().ofExchange('default', 'no-id')).toEqual([])
    })

    it('takes the place of an earlier statement; the same again and what is older change nothing', async () => {
      const id = newRequestId()
      const [first, second] = [said(id, { at: 5000, value: 2 }), said(id, { at: 6000, value: 5, comment: 'Better.' })]
      expect(await store().writeFeedback([first, second])).toBe(1)
      expect(await store().writeFeedback([second])).toBe(0)
      expect(await store().writeFeedback([first])).toBe(0)
      expect(await store().ofExchange('default', id)).toEqual([second])
      expect(await store().writeFeedback([said(id.toUpperCase(), { at: 7000, value: true })])).toBe(1)
      expect(await store().ofExchange('default', id)).toMatchObject([{ requestId: id, value: true, comment: null }])
    })

    it('that can never be kept is named, and does not hold up the others', async () => {
      const id = newRequestId()
      const bad = said('not-an-id')
      const error = await store()
        .writeFeedback([bad, said(id, { comment: 'a\0b\ud800' }), said(id, { name: 'x', value: Number.NaN })])
        .catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(RecordsRefused)
      expect(error).toMatchObject({ written: 1, refused: [{ requestId: 'not-an-id' }, { requestId: id }] })
      expect(await store().ofExchange('default', id)).toMatchObject([{ comment: 'a\ufffdb\ufffd' }])
    })

    it('can ask whether its exchange is recorded', async () => {
      const record = exchangeRecord()
      expect(await store().hasExchange('default', record.requestId)).toBe(false)
      await subject().writer.write([record])
      expect(await store().hasExchange('default', record.requestId)).toBe(true)
      expect(await store().hasExchange(unique('tenant'), record.requestId)).toBe(false)
      expect(await store().hasExchange('default', 'no-id')).toBe(false)
    })
  })
}
