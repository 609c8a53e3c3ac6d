import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { Connection } from '../../db/connection.ts'
import type { Database } from '../../db/open.ts'
import type { FeedbackRecord } from '../../src/core/feedback.ts'
import { newRequestId } from '../../src/core/ids.ts'
import type { Observation } from '../../src/core/observation.ts'
import type { ExchangeRecord } from '../../src/core/record.ts'
import { startRecorder } from '../../src/recording/start-recorder.ts'
import type { ThreadRecorder } from '../../src/recording/thread-recorder.ts'
import { databaseKinds, emptyDatabase, scratchDatabase } from '../support/database.ts'
import { breakableLink } from './support/breakable-link.ts'
import { scratchFolder } from './support/folders.ts'
import { sampleRecord } from './support/sample-record.ts'

function freshRecord(changes: Partial<ExchangeRecord> = {}): ExchangeRecord {
  const createdAt = Date.now()
  return sampleRecord(newRequestId(createdAt), { createdAt, ...changes })
}

function feedbackOn(requestId: string, changes: Partial<FeedbackRecord> = {}): FeedbackRecord {
  return {
    tenantId: 'default',
    requestId,
    name: 'rating',
    source: 'client',
    value: 4,
    comment: null,
    at: Date.now(),
    keyId: 'key-1',
    ...changes,
  }
}

interface Watched {
  readonly recorder: ThreadRecorder
  readonly seen: Observation[]
  observed(type: Observation['type']): Promise<void>
}

function start(connection: Connection): Watched {
  const seen: Observation[] = []
  const watchers = new Set<() => void>()
  const recorder = startRecorder({
    dataDir: scratchFolder(),
    connection,
    limits: { spoolMaxBytes: 1 << 30 },
    observe: (observation) => {
      seen.push(observation)
      for (const watcher of watchers) watcher()
    },
    priceIds: { openai: 'openai' },
    models: new Map(),
    tuning: { callAfterMs: 1, firstRetryMs: 5, lastRetryMs: 50, batchRecords: 50 },
  })
  onTestFinished(() => recorder.close({ flushWithinMs: 0 }))
  const observed = (type: Observation['type']): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!seen.some((observation) => observation.type === type)) return
        watchers.delete(look)
        resolve()
      }
      watchers.add(look)
      look()
    })
  return { recorder, seen, observed }
}

describe.each(databaseKinds)('on the %s database', (kind) => {
  let database: Database
  beforeAll(async () => {
    database = await scratchDatabase({ kind })
  })
  beforeEach(() => emptyDatabase(database))
  afterAll(() => database.close())

  const storedIds = async (): Promise<string[]> => {
    const rows = await database.sql<
      { request_id: string }[]
    >`select request_id from promptbox.exchanges order by request_id`
    return rows.map((row) => row.request_id)
  }

  test('records arrive, with what was estimated', async () => {
    const { recorder, seen } = start(database.connection)
    const reported = Array.from({ length: 120 }, () => freshRecord())
    const owing = freshRecord({ usage: null, usageSource: null, estimate: { input: 'hello world', output: 'hi' } })
    for (const record of [...reported, owing]) recorder.append(record)
    await recorder.close({ flushWithinMs: 20_000 })
    expect(seen.filter(({ type }) => type === 'defect')).toEqual([])
    expect(await storedIds()).toEqual([...reported, owing].map((record) => record.requestId).toSorted())
    const [row] = await database.sql`
      select input_tokens, output_tokens, usage_source, price_source from promptbox.exchanges where request_id = ${owing.requestId}`
    expect(row).toMatchObject({ usage_source: 'estimated', price_source: 'genai-prices:openai/gpt-4o-mini' })
    expect([Number(row?.['input_tokens']), Number(row?.['output_tokens'])]).toEqual([2, 1])
  })

  test('a record that can never be stored is set aside, the others arrive', async () => {
    const { recorder, seen } = start(database.connection)
    const good = [freshRecord(), freshRecord()]
    for (const record of [good[0], sampleRecord('no-uuid'), good[1]]) if (record !== undefined) recorder.append(record)
    await recorder.close({ flushWithinMs: 20_000 })
    expect(await storedIds()).toEqual(good.map((record) => record.requestId).toSorted())
    expect(seen.flatMap((observation) => (observation.type === 'defect' ? [observation.requestId] : []))).toEqual([
      'no-uuid',
    ])
  })

  const storedFeedback = async (): Promise<readonly (readonly [string, number])[]> => {
    const rows = await database.sql<{ request_id: string; number: number }[]>`
      select request_id, number from promptbox.feedback order by request_id`
    return rows.map((row) => [row.request_id, row.number] as const)
  }

  test('feedback arrives, the later of two statements counts, and what cannot be stored holds up nothing', async () => {
    const { recorder, seen } = start(database.connection)
    const [first, second] = [freshRecord(), freshRecord()]
    const at = Date.now()
    recorder.appendFeedback([feedbackOn(first.requestId, { value: 2, at }), feedbackOn('no-uuid')])
    recorder.append(first)
    recorder.append(second)
    recorder.appendFeedback([
      feedbackOn(first.requestId, { value: 5, at: at + 1 }),
      feedbackOn(second.requestId, { value: 3, at }),
    ])
    await recorder.close({ flushWithinMs: 20_000 })
    expect(await storedFeedback()).toEqual(
      [[first.requestId, 5] as const, [second.requestId, 3] as const].toSorted(([one], [other]) =>
        one < other ? -1 : 1,
      ),
    )
    expect(seen.flatMap((observation) => (observation.type === 'defect' ? [observation.requestId] : []))).toEqual([
      'no-uuid',
    ])
  })

  test.skipIf(kind === 'embedded')(
    'a link that is cut, in the middle of writing, loses and doubles nothing',
    async () => {
      if (database.connection.kind !== 'server') throw new Error('not a server')
      const url = new URL(database.connection.url)
      const link = await breakableLink(url.hostname, Number(url.port === '' ? 5432 : url.port))
      onTestFinished(() => link.cut())
      url.hostname = '127.0.0.1'
      url.port = String(link.port)
      const { recorder, seen, observed } = start({ ...database.connection, url: url.href })
      const records = Array.from({ length: 3000 }, () => freshRecord())
      for (const record of records.slice(0, 2000)) recorder.append(record)
      for (const { requestId } of records.slice(0, 500)) recorder.appendFeedback([feedbackOn(requestId)])
      await observed('records-written')
      await link.cut()
      await observed('database-lost')
      for (const record of records.slice(2000)) recorder.append(record)
      for (const { requestId } of records.slice(500, 1500)) recorder.appendFeedback([feedbackOn(requestId)])
      expect(recorder.depth().records).toBeGreaterThanOrEqual(1000)
      await link.mend()
      await observed('database-back')
      await recorder.close({ flushWithinMs: 20_000 })
      expect(recorder.depth()).toEqual({ records: 0, bytes: 0 })
      expect(await storedIds()).toEqual(records.map((record) => record.requestId).toSorted())
      const withFeedback = records.slice(0, 1500).map(({ requestId }) => [requestId, 4] as const)
      expect(await storedFeedback()).toEqual(withFeedback.toSorted(([one], [other]) => (one < other ? -1 : 1)))
      expect(seen.filter(({ type }) => type === 'database-lost')).toHaveLength(1)
      expect(seen.filter(({ type }) => type === 'database-back')).toHaveLength(1)
    },
  )
})
