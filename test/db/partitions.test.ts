import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Database } from '../../db/open.ts'
import { openConnection } from '../../db/connection.ts'
import { dropPartitionsBefore, ensurePartitions, ensurePartitionsFor, isMissingPartition } from '../../db/partitions.ts'
import { databaseKinds, scratchDatabase } from '../support/database.ts'
import { exchangeAt, insertExchanges } from './exchange-rows.ts'

const day = 86_400_000
const monday = Date.UTC(2025, 2, 3, 13, 30)

describe.each(databaseKinds)('the days of the exchange log on the %s database', (kind) => {
  let database: Database
  beforeAll(async () => {
    database = await scratchDatabase({ kind, maxConnections: 4 })
  })
  beforeEach(() => dropPartitionsBefore(database.sql, Date.UTC(9999, 0, 1)))
  afterAll(() => database.close())

  const tables = async (): Promise<string[]> => {
    const rows = await database.sql`
      select c.relname as name from pg_inherits join pg_class c on c.oid = inhrelid
      where inhparent in ('promptbox.exchanges'::regclass, 'promptbox.exchange_bodies'::regclass) order by 1`
    return rows.map((row) => String(row['name']))
  }

  test('are made ahead, in both tables, and only when missing', async () => {
    expect(await ensurePartitions(database.sql, { from: monday, days: 2 })).toBe(2)
    expect(await tables()).toEqual([
      'exchange_bodies_20250303',
      'exchange_bodies_20250304',
      'exchanges_20250303',
      'exchanges_20250304',
    ])
    expect(await ensurePartitions(database.sql, { from: monday, days: 3 })).toBe(1)
    expect(await ensurePartitions(database.sql, { from: monday, days: 3 })).toBe(0)
    await expect(ensurePartitions(database.sql, { from: monday, days: 0 })).rejects.toThrow(
      /days: 0 is not a whole number from 1 to 400/,
    )
  })

  test('have every index of the log', async () => {
    await ensurePartitions(database.sql, { from: monday, days: 1 })
    const [indexes] = await database.sql`
      select count(*) filter (where tablename = 'exchanges')::int as log, count(*) filter (where tablename = 'exchanges_20250303')::int as day
      from pg_indexes where schemaname = 'promptbox'`
    expect(indexes).toEqual({ log: 8, day: 8 })
  })

  test('are made once by many that ask at the same time', async () => {
    const others = [1, 2, 3, 4].map(() => openConnection(database.connection, { maxConnections: 1 }))
    const made = await Promise.all(others.map(({ sql }) => ensurePartitions(sql, { from: monday, days: 5 })))
    expect(made.reduce((sum, count) => sum + count, 0)).toBe(5)
    await Promise.all(others.map((other) => other.close()))
  })

  test('a record of a day that nobody prepared is told apart from other errors, and goes in once the day is made', async () => {
    const moments = [Date.UTC(2019, 11, 31, 23, 59, 59, 999), Date.UTC(2020, 0, 1), monday]
    const rows = moments.map(exchangeAt)
    await ensurePartitionsFor(database.sql, [monday])
    const error: unknown = await insertExchanges(database.sql, rows).catch((reason: unknown) => reason)
    expect(isMissingPartition(error)).toBe(true)
    expect(isMissingPartition(await database.sql`select 1 / 0`.catch((reason: unknown) => reason))).toBe(false)
    expect(await ensurePartitionsFor(database.sql, moments)).toBe(2)
    await insertExchanges(database.sql, rows)
    const found =
      await database.sql`select tableoid::regclass::text as day from promptbox.exchanges order by created_at`
    expect(found.map((row) => row['day'])).toEqual([
      'promptbox.exchanges_20191231',
      'promptbox.exchanges_20200101',
      'promptbox.exchanges_20250303',
    ])
  })

  test('are dropped whole, never one that still holds a kept moment', async () => {
    const moments = [monday - 2 * day, monday - day, monday]
    await ensurePartitionsFor(database.sql, moments)
    await insertExchanges(database.sql, moments.map(exchangeAt))
    expect(await dropPartitionsBefore(database.sql, monday)).toEqual(['2025-03-01', '2025-03-02'])
    expect(await tables()).toEqual(['exchange_bodies_20250303', 'exchanges_20250303'])
    expect(await database.sql`select count(*)::int as rows from promptbox.exchanges`).toEqual([{ rows: 1 }])
    expect(await dropPartitionsBefore(database.sql, monday)).toEqual([])
  })

  test.runIf(kind === 'server')(
    'are made while somebody reads the log for long, and not dropped under his eyes',
    async () => {
      await ensurePartitions(database.sql, { from: monday - day, days: 1 })
      await database.sql.begin(async (reader) => {
        await reader`select count(*) from promptbox.exchanges`
        expect(await ensurePartitions(database.sql, { from: monday, days: 1 })).toBe(1)
        await expect(dropPartitionsBefore(database.sql, monday, { lockTimeoutMs: 50 })).rejects.toThrow(/lock timeout/)
      })
      expect(await dropPartitionsBefore(database.sql, monday)).toEqual(['2025-03-02'])
    },
  )
})
