import { connect } from 'node:net'
import { once } from 'node:events'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openConnection, type OpenConnection } from '../../db/connection.ts'
import type { Database } from '../../db/open.ts'
import { ensurePartitionsFor } from '../../db/partitions.ts'
import { emptyDatabase, scratchDatabase } from '../support/database.ts'
import { exchangeAt, insertExchanges } from './exchange-rows.ts'

describe('clients of the embedded database', () => {
  let database: Database
  let other: OpenConnection

  beforeAll(async () => {
    database = await scratchDatabase()
    other = openConnection(database.connection, { maxConnections: 1 })
    await database.sql`create table stress (client int, step int, text text)`
  })
  beforeEach(async () => {
    await database.sql`truncate stress`
    await emptyDatabase(database)
  })
  afterAll(async () => {
    await other.close()
    await database.close()
  })

  test('two at once with transactions, prepared statements, errors and batches never disturb each other', async () => {
    const now = Date.UTC(2025, 5, 1)
    await ensurePartitionsFor(database.sql, [now])
    const rounds = 120

    const admin = async (): Promise<number> => {
      const { sql } = database
      let statements = 0
      for (let round = 0; round < rounds; round++) {
        // A named prepared statement, an unnamed one, a simple query, pipelined.
        const answers = await Promise.all([
          sql`select ${round}::int as round`,
          sql.unsafe('select $1::int as round', [round]),
          sql.unsafe(`select ${round} as round`),
          sql`select ${'x'.repeat(round * 40)}::text as text`,
        ])
        expect(answers.slice(0, 3).map(([row]) => row?.['round'])).toEqual([round, round, round])
        expect(answers[3]?.[0]?.['text']).toHaveLength(round * 40)
        await sql.begin(async (transaction) => {
          await transaction`insert into stress values (1, ${round}, 'one')`
          const [{ count } = { count: '' }] = await transaction`select count(*) from stress where client = 1`
          expect(Number(count)).toBe(round + 1)
        })
        // Errors in all three places: while describing, while executing, and inside a transaction.
        await expect(sql`select * from nowhere where a = ${round}`).rejects.toThrow(/nowhere/)
        await expect(sql`select 1 / ${0}::int`).rejects.toThrow(/division by zero/)
        await expect(
          sql.begin(async (transaction) => {
            await transaction`insert into stress values (1, ${-1}, 'never')`
            await transaction`select 1 / ${0}::int`
          }),
        ).rejects.toThrow(/division by zero/)
        statements += 12
      }
      return statements
    }

    const writer = async (): Promise<number> => {
      let written = 0
      for (let round = 0; !adminIsDone; round++) {
        await other.sql`insert into stress values (2, ${round}, 'two')`
        await expect(other.sql`select ${'abc'}::text::int`).rejects.toThrow(/invalid input syntax/)
        if (round % 20 > 0) continue
        await insertExchanges(
          other.sql,
          Array.from({ length: 500 }, () => exchangeAt(now)),
        )
        written += 500
      }
      return written
    }

    let adminIsDone = false
    const [statements, written] = await Promise.all([admin().finally(() => (adminIsDone = true)), writer()])
    expect(statements).toBe(rounds * 12)
    const [counts] = await database.sql`
      select (select count(*)::int from promptbox.exchanges) as rows, (select count(*)::int from promptbox.exchange_bodies) as bodies,
        (select count(*)::int from stress where client = 1) as one, (select count(*)::int from stress where step = -1) as never`
    expect(counts).toEqual({ rows: written, bodies: written, one: rounds, never: 0 })
  }, 60_000)

  test('many connections of one pool are served too', async () => {
    const pool = openConnection(database.connection, { maxConnections: 8 })
    await Promise.all(
      Array.from({ length: 200 }, (_, step) =>
        pool.sql.begin(async (transaction) => {
          await transaction`insert into stress values (3, ${step}, 'pool')`
          await transaction`select count(*) from stress where step = ${step}`
        }),
      ),
    )
    expect(await database.sql`select count(distinct step)::int as steps from stress`).toEqual([{ steps: 200 }])
    await pool.close()
  })

  test('a client that disappears in mid-transaction is rolled back, and its statements are forgotten', async () => {
    const lost = openConnection(database.connection, { maxConnections: 1 })
    let inside = (): void => {}
    const isInside = new Promise<void>((resolve) => (inside = resolve))
    const transaction = lost.sql.begin(async (sql) => {
      await sql`insert into stress values (4, ${1}, 'lost')`
      inside()
      return new Promise(() => {})
    })
    await isInside
    const waiting = database.sql`select count(*)::int as rows from stress`
    await lost.sql.end({ timeout: 0 })
    void transaction
    expect(await waiting).toEqual([{ rows: 0 }])
    expect(
      await database.sql`select statement from pg_prepared_statements where statement like 'insert into stress values (4%'`,
    ).toEqual([])
  })

  test('a message in single bytes and one of many megabytes both arrive', async () => {
    const socket = connect(pathOf(database))
    const startup = Buffer.from('\0\0\0\x17\0\x03\0\0user\0postgres\0\0', 'latin1')
    startup.writeInt32BE(startup.length, 0)
    for (const byte of startup) socket.write(Buffer.from([byte]))
    const [greeting] = await once(socket, 'data')
    expect((greeting as Buffer)[0]).toBe('R'.charCodeAt(0))
    socket.destroy()
    const text = 'ä€😀'.repeat(1_000_000)
    const [row] = await database.sql`select length(${text}) as length, ${text} as text`
    expect(row?.['text'] === text && row['length']).toBe(3_000_000)
  })

  test('bytes that are not the protocol end that connection only', async () => {
    for (const garbage of ['GET / HTTP/1.1\r\nhost: x\r\n\r\n', '\0\0\0\x08\0\0\0\0', '\0\0\0\0']) {
      const socket = connect(pathOf(database))
      socket.on('data', () => {})
      socket.write(garbage)
      await once(socket, 'close')
    }
    expect(await database.sql`select 1 as one`).toEqual([{ one: 1 }])
  })
})

function pathOf(database: Database): string {
  if (database.connection.kind !== 'embedded') throw new Error('not embedded')
  return database.connection.path
}
