import { describe, expect, it } from 'vitest'
import { newRequestId, timestampOf } from '../../../src/core/ids.ts'
import type { ExchangeRecord } from '../../../src/core/record.ts'
import type { ExchangeFilter } from '../../../src/store/ports.ts'
import { exchangeRecord } from './exchange-record.ts'
import { allPages, unique, type GetSubject } from './subject.ts'

export function exchangesContract(subject: GetSubject): void {
  const reader = () => subject().stores.exchanges
  const write = (...records: ExchangeRecord[]) => subject().writer.write(records)
  const whole = ({ estimate: _estimate, compressed: _compressed, ...rest }: ExchangeRecord) => rest
  const row = ({
    estimate: _estimate,
    compressed: _compressed,
    bodies: _bodies,
    attempts,
    ...rest
  }: ExchangeRecord) => ({
    ...rest,
    attempts: attempts.length,
  })

  describe('exchanges', () => {
    it('read as they were written, every field', async () => {
      const record = exchangeRecord()
      expect(await write(record)).toBe(1)
      expect(await reader().find('default', record.requestId)).toEqual(whole(record))
      expect((await reader().list('default', { limit: 5, sessionId: record.sessionId ?? '' })).data).toEqual([
        row(record),
      ])
    })

    it('keep what is unknown unknown', async () => {
      const record = exchangeRecord({
        outcome: 'error',
        errorType: 'upstream_timeout',
        errorMessage: 'too slow',
        httpStatus: 504,
        prompt: null,
        promptVersion: null,
        label: null,
        experiment: null,
        variant: null,
        responseModel: null,
        provider: null,
        responseId: null,
        upstreamRequestId: null,
        finishReasons: [],
        usage: null,
        usageSource: null,
        cost: null,
        priceSource: null,
        timeToFirstChunkMs: null,
        attempts: [],
        keyId: null,
        appName: null,
        userId: null,
        environment: null,
        locale: null,
        metadata: {},
        warnings: [],
        bodies: null,
      })
      await write(record)
      expect(await reader().find('default', record.requestId)).toEqual(whole(record))
    })

    it('tell a cost of 0 from an unknown one, and keep every digit', async () => {
      const parts = { inputUsd: 0, cacheReadUsd: 0, cacheWriteUsd: 0, outputUsd: 0, reasoningUsd: 0 }
      const free = exchangeRecord({ cost: { totalUsd: 0, ...parts } })
      const tiny = exchangeRecord({
        cost: { ...parts, totalUsd: 0.1 + 0.2, inputUsd: 1.25e-9, outputUsd: 12345.678901234567 },
      })
      await write(free, tiny)
      expect((await reader().find('default', free.requestId))?.cost).toEqual(free.cost)
      expect((await reader().find('default', tiny.requestId))?.cost).toEqual(tiny.cost)
    })

    it('written again are there once: a replay neither loses nor doubles', async () => {
      const records = Array.from({ length: 20 }, () => exchangeRecord())
      expect(await write(...records.slice(0, 12))).toBe(12)
      expect(await write(...records)).toBe(8)
      expect(await write(...records)).toBe(0)
      const [first, second] = [exchangeRecord(), exchangeRecord()]
      expect(await write(first, second, first, first)).toBe(2)
      const changed = { ...first, errorMessage: 'another story' }
      expect(await write(changed)).toBe(0)
      expect(await reader().find('default', first.requestId)).toEqual(whole(first))
      expect(await write()).toBe(0)
    })

    it('of many days and of many writers all arrive', async () => {
      const sessionId = unique('session')
      const day = 86_400_000
      const batches = Array.from({ length: 6 }, (_, batch) =>
        Array.from({ length: 10 }, (_, index) =>
          exchangeRecord({ sessionId }, Date.UTC(2031, 0, 1) + batch * day + index * 60_000),
        ),
      )
      const counts = await Promise.all(
        batches.flatMap((batch) => [subject().writer.write(batch), subject().writer.write(batch)]),
      )
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(60)
      const seen = await allPages(7, (page) => reader().list('default', { ...page, sessionId }))
      expect(seen.map((exchange) => exchange.requestId)).toEqual(
        batches
          .flat()
          .map((record) => record.requestId)
          .reverse(),
      )
    })

    it('keep hostile text, but for what no database can store', async () => {
      const hostile = 'a\u0000b \ud800 c \udc00\ud83d\ude42 \'; drop table x; -- {"},\\ \n\t $1 \\u0000 ${x}'
      const stored = 'a\ufffdb \ufffd c \ufffd\ud83d\ude42 \'; drop table x; -- {"},\\ \n\t $1 \\u0000 ${x}'
      const fill = (text: string, id: ExchangeRecord): ExchangeRecord => ({
        ...id,
        errorMessage: text,
        prompt: text,
        label: text,
        requestModel: text,
        responseModel: text,
        responseId: text,
        finishReasons: [text, 'NULL', '', '{}'],
        appName: text,
        userId: text,
        metadata: { [text]: text, __proto__x: 'y', empty: '' },
        warnings: [text],
        attempts: id.attempts.map((attempt) => ({ ...attempt, errorMessage: text })),
        bodies: { request: text, rendered: text, response: JSON.stringify({ text: hostile }), truncated: true },
      })
      const record = exchangeRecord()
      expect(await write(fill(hostile, record))).toBe(1)
      expect(await reader().find('default', record.requestId)).toEqual(whole(fill(stored, record)))
      expect((await reader().list('default', { limit: 5, metadata: { [stored]: stored } })).data).toHaveLength(1)
    })

    it('keep metadata named like object internals', async () => {
      const record = exchangeRecord({ metadata: JSON.parse('{"__proto__": "a", "constructor": "b", "toString": "c"}') })
      await write(record)
      const stored = await reader().find('default', record.requestId)
      expect(JSON.stringify(Object.entries(stored?.metadata ?? {}).sort())).toBe(
        '[["__proto__","a"],["constructor","b"],["toString","c"]]',
      )
    })

    it('with numbers out of range are kept at the bound', async () => {
      const usage = {
        inputTokens: 2 ** 60,
        outputTokens: -5,
        cacheReadInputTokens: 1.6,
        cacheCreationInputTokens: Number.NaN,
        reasoningOutputTokens: 3e9,
      }
      const record = exchangeRecord({
        usage,
        savedInputTokens: 2.5e300,
        promptVersion: 2 ** 40,
        durationMs: Number.POSITIVE_INFINITY,
        timeToFirstChunkMs: 0.0625,
      })
      await write(record)
      expect(await reader().find('default', record.requestId)).toMatchObject({
        usage: {
          inputTokens: Number.MAX_SAFE_INTEGER,
          outputTokens: 0,
          cacheReadInputTokens: 2,
          cacheCreationInputTokens: 0,
          reasoningOutputTokens: 3e9,
        },
        savedInputTokens: Number.MAX_SAFE_INTEGER,
        promptVersion: 2 ** 31 - 1,
        durationMs: 0,
        timeToFirstChunkMs: 0.0625,
      })
    })

    it('that can never be stored are named and hold up nothing else', async () => {
      const good = Array.from({ length: 10 }, () => exchangeRecord())
      const bad = [
        exchangeRecord({ requestId: 'nonsense' }),
        exchangeRecord({ requestId: '00000000-0000-4000-8000-000000000000' }),
        exchangeRecord({ createdAt: 12345 }),
        exchangeRecord({}, 2 ** 48 - 1),
      ]
      const writing = write(...good.slice(0, 5), ...bad, ...good.slice(5))
      await expect(writing).rejects.toMatchObject({
        name: 'RecordsRefused',
        written: 10,
        refused: bad.map(({ requestId }) => ({ requestId, reason: expect.stringMatching(/requestId|createdAt/) })),
      })
      for (const record of good) expect(await reader().find('default', record.requestId)).toEqual(whole(record))
    })

    it('are not found by an id from after the year 9999', async () => {
      expect(await reader().find('default', 'ffffffff-ffff-7fff-8fff-ffffffffffff')).toBeNull()
    })

    it('are found by the id as any case writes it, and nothing else is', async () => {
      const record = exchangeRecord()
      await write(record)
      expect(await reader().find('default', record.requestId.toUpperCase())).toEqual(whole(record))
      for (const id of [
        '',
        'nonsense',
        '00000000-0000-4000-8000-000000000000',
        newRequestId(),
        `${record.requestId} `,
      ]) {
        expect(await reader().find('default', id)).toBeNull()
      }
    })

    it('belong to one tenant', async () => {
      const record = exchangeRecord({ tenantId: 'default' })
      await write(record)
      expect(await reader().find('other', record.requestId)).toBeNull()
      expect((await reader().list('other', { limit: 5, sessionId: record.sessionId ?? '' })).data).toEqual([])
    })
  })

  describe('the list of exchanges', () => {
    it('filters by every field', async () => {
      const sessionId = unique('session')
      const base = exchangeRecord({ sessionId, metadata: { team: 'a', tier: 'gold' } })
      const others: [ExchangeFilter, ExchangeRecord][] = [
        [{ limit: 5, prompt: 'other' }, exchangeRecord({ sessionId, prompt: 'other' })],
        [{ limit: 5, promptVersion: 99 }, exchangeRecord({ sessionId, promptVersion: 99 })],
        [{ limit: 5, label: 'canary' }, exchangeRecord({ sessionId, label: 'canary' })],
        [{ limit: 5, chain: 'triage' }, exchangeRecord({ sessionId, chain: 'triage' })],
        [{ limit: 5, outcome: 'blocked' }, exchangeRecord({ sessionId, outcome: 'blocked' })],
        [{ limit: 5, errorType: 'rate_limited' }, exchangeRecord({ sessionId, errorType: 'rate_limited' })],
        [{ limit: 5, operation: 'messages' }, exchangeRecord({ sessionId, operation: 'messages' })],
        [{ limit: 5, cache: 'hit' }, exchangeRecord({ sessionId, cache: 'hit' })],
        [{ limit: 5, provider: 'groq' }, exchangeRecord({ sessionId, provider: 'groq' })],
        [{ limit: 5, model: 'asked' }, exchangeRecord({ sessionId, requestModel: 'asked' })],
        [{ limit: 5, model: 'answered' }, exchangeRecord({ sessionId, responseModel: 'answered' })],
        [{ limit: 5, appName: 'shop' }, exchangeRecord({ sessionId, appName: 'shop' })],
        [{ limit: 5, userId: 'grace' }, exchangeRecord({ sessionId, userId: 'grace' })],
        [{ limit: 5, keyId: 'key-9' }, exchangeRecord({ sessionId, keyId: 'key-9' })],
        [{ limit: 5, environment: 'test' }, exchangeRecord({ sessionId, environment: 'test' })],
        [{ limit: 5, locale: 'nl' }, exchangeRecord({ sessionId, locale: 'nl' })],
        [{ limit: 5, stream: false }, exchangeRecord({ sessionId, stream: false })],
        [{ limit: 5, metadata: { team: 'b' } }, exchangeRecord({ sessionId, metadata: { team: 'b', tier: 'gold' } })],
      ]
      await write(base, ...others.map(([, record]) => record))
      for (const [filter, record] of others) {
        const { data } = await reader().list('default', { ...filter, sessionId })
        expect(data, JSON.stringify(filter)).toEqual([row(record)])
      }
      const found = async (filter: object) =>
        (await reader().list('default', { limit: 50, sessionId, ...filter })).data.map((exchange) => exchange.requestId)
      expect(await found({ metadata: { team: 'a', tier: 'gold' } })).toEqual([base.requestId])
      expect(await found({ metadata: { team: 'a', tier: 'silver' } })).toEqual([])
      expect(await found({ prompt: 'other', label: 'canary' })).toEqual([])
      expect(await found({})).toHaveLength(others.length + 1)
      expect(await found({ model: base.requestModel, outcome: 'ok' })).toContain(base.requestId)
    })

    it('takes a range of time: from inclusive, until exclusive', async () => {
      const sessionId = unique('session')
      const start = Date.UTC(2030, 5, 1)
      const records = [0, 1, 2, 3].map((offset) => exchangeRecord({ sessionId }, start + offset))
      await write(...records)
      const { data } = await reader().list('default', { limit: 10, sessionId, from: start + 1, until: start + 3 })
      expect(data.map((exchange) => exchange.createdAt)).toEqual([start + 2, start + 1])
    })

    it('pages newest first, also within one millisecond and while new ones come', async () => {
      const sessionId = unique('session')
      const at = Date.UTC(2030, 6, 1, 12)
      const records = Array.from({ length: 13 }, (_, index) =>
        exchangeRecord({ sessionId }, at + Math.floor(index / 5)),
      )
      await write(...records)
      const seen = await allPages(
        4,
        (page) => reader().list('default', { ...page, sessionId }),
        async () => void (await write(exchangeRecord({ sessionId }, at + 1000))),
      )
      const order = records
        .map((record) => record.requestId)
        .sort()
        .reverse()
      expect(seen.map((exchange) => exchange.requestId)).toEqual(order)
    })

    it('refuses a cursor it did not give', async () => {
      const forged = Buffer.from(JSON.stringify(['exchanges', 1, 'not-an-id'])).toString('base64url')
      const later = 'ffffffff-ffff-7fff-8fff-ffffffffffff'
      const beyond = Buffer.from(JSON.stringify(['exchanges', timestampOf(later), later])).toString('base64url')
      for (const cursor of ['', 'nonsense', forged, beyond]) {
        await expect(reader().list('default', { limit: 5, cursor })).rejects.toMatchObject({
          kind: 'invalid_request',
          param: 'cursor',
        })
      }
    })
  })

  it('request ids carry their own time', () => {
    const at = Date.UTC(2030, 0, 2, 3, 4, 5, 678)
    expect(timestampOf(newRequestId(at))).toBe(at)
    expect(timestampOf('nonsense')).toBeNull()
    const ids = Array.from({ length: 1000 }, () => newRequestId())
    expect(ids.toSorted()).toEqual(ids)
  })
}
