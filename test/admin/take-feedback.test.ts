import { describe, expect, test } from 'vitest'
import { type FeedbackNeeds, takeFeedback } from '../../src/admin/take-feedback.ts'
import { readFeedback } from '../../src/contract/feedback.ts'
import { systemClock } from '../../src/core/clock.ts'
import { Fault } from '../../src/core/fault.ts'
import { newRequestId } from '../../src/core/ids.ts'
import type { JsonObject } from '../../src/core/json.ts'
import type { Observation } from '../../src/core/observation.ts'

const now = Date.UTC(2026, 10, 20, 12)
const hour = 3_600_000
const fresh = newRequestId(now - hour / 2)
const old = newRequestId(now - 2 * hour)
const giver = { tenantId: 'default', keyId: 'key-1', source: 'client' }

interface Bench {
  readonly asked: string[]
  readonly seen: Observation[]
  take(body: JsonObject): ReturnType<typeof takeFeedback>
}

function bench(hasExchange: (id: string) => boolean | Promise<boolean>, waiting = 0): Bench {
  const asked: string[] = []
  const seen: Observation[] = []
  const needs: FeedbackNeeds = {
    reader: {
      hasExchange: async (tenantId, id) => {
        asked.push(`${tenantId} ${id}`)
        return hasExchange(id)
      },
    },
    waiting: () => waiting,
    clock: { ...systemClock, now: () => now },
    observe: (observation) => seen.push(observation),
  }
  return { asked, seen, take: (body) => takeFeedback(giver, readFeedback(body), needs) }
}

const rating = (requestId: string, more: JsonObject = {}): JsonObject => ({
  request_id: requestId,
  name: 'rating',
  value: 4,
  ...more,
})

describe('whether there is such an exchange', () => {
  test('is not asked while it may still be on its way to the database', async () => {
    const { take, asked } = bench(() => false)
    expect(await take(rating(fresh.toUpperCase()))).toEqual([
      {
        tenantId: 'default',
        requestId: fresh,
        name: 'rating',
        source: 'client',
        value: 4,
        comment: null,
        at: now,
        keyId: 'key-1',
      },
    ])
    expect(asked).toEqual([])
  })

  test('is asked of an old one, of the tenant of the key, and once for each', async () => {
    const { take, asked } = bench(() => true)
    const records = await take({ feedback: [rating(old), rating(old, { name: 'thumbs', value: true }), rating(fresh)] })
    expect(records).toHaveLength(3)
    expect(asked).toEqual([`default ${old}`])
  })

  test('when there is none, it is named, and nothing of the batch is taken', async () => {
    const { take, seen } = bench(() => false)
    const taken = take({ feedback: [rating(fresh), rating(old)] })
    await expect(taken).rejects.toMatchObject({
      status: 404,
      code: 'exchange_not_found',
      param: 'feedback[1].request_id',
    })
    await expect(taken).rejects.toThrow(old)
    expect(seen).toEqual([])
  })

  test('a database that is away or does not answer does not keep feedback out', async () => {
    const away = bench(() => {
      throw new Fault('unavailable', 'The database is away.')
    })
    expect(await away.take(rating(old))).toHaveLength(1)
    const silent = bench(() => new Promise(() => {}))
    expect(await silent.take(rating(old))).toHaveLength(1)
  })

  test('a defect in looking does not keep it out, and is told', async () => {
    const { take, seen } = bench(() => {
      throw new TypeError('no such column')
    })
    expect(await take(rating(old))).toHaveLength(1)
    expect(seen.map(({ type }) => type)).toEqual(['defect', 'feedback-received'])
  })

  test('is not asked while many records wait: it may be among them', async () => {
    const { take, asked } = bench(() => false, 5_000)
    expect(await take(rating(old))).toHaveLength(1)
    expect(asked).toEqual([])
  })
})

test('of several statements of the same name and source the last one counts', async () => {
  const { take, seen } = bench(() => true)
  const feedback = [rating(fresh, { value: 2 }), rating(fresh, { source: 'helpdesk' }), rating(fresh, { value: 5 })]
  const records = await take({ feedback })
  expect(records.map(({ source, value }) => [source, value])).toEqual([
    ['client', 5],
    ['helpdesk', 4],
  ])
  expect(seen).toEqual([{ type: 'feedback-received', names: ['rating', 'rating', 'rating'] }])
})
