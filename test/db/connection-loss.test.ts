import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openConnection, type Connection, type OpenConnection } from '../../db/connection.ts'
import { tenants } from '../../db/schema/index.ts'
import type { Database } from '../../db/open.ts'
import { databaseKinds, scratchDatabase, scratchDirectory } from '../support/database.ts'

describe.each(databaseKinds)('a lost connection to the %s database', (kind) => {
  let database: Database
  let wire: Wire
  let client: OpenConnection

  beforeAll(async () => {
    database = await scratchDatabase({ kind })
    await database.sql`create table public.loss (id int)`
  })
  beforeEach(async () => {
    await database.sql`truncate public.loss`
    wire = await wireTo(database.connection)
    client = openConnection(wire.connection, { maxConnections: 4 })
  })
  afterEach(async () => {
    wire.cut()
    await client.sql.end({ timeout: 0 })
    await wire.close()
  })
  afterAll(() => database.close())

  test('in the middle of a transaction: it is rejected, nothing of it stays, the next one works', async () => {
    const { sql } = client
    await expect(
      sql.begin(async (transaction) => {
        await transaction`insert into public.loss values (1)`
        wire.cut()
        await transaction`insert into public.loss values (2)`
      }),
    ).rejects.toThrow(/CONNECTION_CLOSED|ECONNRESET|EPIPE/)
    await sql.begin((transaction) => transaction`insert into public.loss values (3)`)
    expect(await sql`select id from public.loss`).toEqual([{ id: 3 }])
  })

  test('between two statements of a transaction, noticed by nobody: the later ones never run outside of it', async () => {
    const { sql } = client
    await expect(
      sql.begin(async (transaction) => {
        await transaction`insert into public.loss values (1)`
        await wire.cutAndSeen()
        await expect(transaction`insert into public.loss values (2)`).rejects.toThrow(
          /CONNECTION_CLOSED|ECONNRESET|EPIPE/,
        )
        // Caught, and still the transaction is not to succeed.
        await transaction.unsafe('insert into public.loss values (3)').catch(() => {})
      }),
    ).rejects.toThrow(/CONNECTION_CLOSED|ECONNRESET|EPIPE/)
    expect(await sql`select id from public.loss`).toEqual([])
  })

  test('again and again under load: every statement either succeeds or fails, and all is well afterwards', async () => {
    const { sql, drizzle } = client
    const outcomes = { succeeded: 0, failed: 0 }
    const inserted = new Set<number>()
    const count = (promise: Promise<unknown>): Promise<unknown> =>
      promise.then(
        () => (outcomes.succeeded += 1),
        () => (outcomes.failed += 1),
      )
    for (let round = 0; round < 60; round++) {
      const work = [
        count(sql`select ${round}::int`),
        count(sql.unsafe('select 1')),
        count(drizzle.select().from(tenants)),
        count(drizzle.transaction(async (transaction) => transaction.select().from(tenants))),
        count(
          sql
            .begin(async (transaction) => {
              await transaction`insert into public.loss values (${round})`
              await transaction
                .savepoint(async (inner) =>
                  inner`insert into public.loss values (${-1})`.then(() => Promise.reject(new Error('no'))),
                )
                .catch(() => {})
            })
            .then(() => inserted.add(round)),
        ),
      ]
      // At another moment of the round each time.
      for (let tick = 0; tick < round % 8; tick++) await new Promise(setImmediate)
      if (round % 2 === 0) wire.cut()
      await Promise.all(work)
    }
    expect(outcomes.succeeded + outcomes.failed).toBe(60 * 5)
    expect(outcomes.succeeded).toBeGreaterThan(0)
    expect(outcomes.failed).toBeGreaterThan(0)
    const there = new Set((await sql`select id from public.loss`).map((row) => row['id']))
    // Whatever was acknowledged is there; a commit whose answer was cut off may be.
    expect([...inserted].filter((round) => !there.has(round))).toEqual([])
    expect(there.has(-1)).toBe(false)
  })

  test('for good: statements fail at once instead of waiting, and work as soon as it is back', async () => {
    const { sql } = client
    await sql`select 1`
    await wire.close()
    for (let attempt = 0; attempt < 20; attempt++) {
      await expect(sql`select 1`).rejects.toThrow()
      await expect(sql.begin((transaction) => transaction`select 1`)).rejects.toThrow()
    }
    await wire.reopen()
    expect(await sql`select 1 as one`).toEqual([{ one: 1 }])
    expect(await sql.begin((transaction) => transaction`select 2 as two`)).toEqual([{ two: 2 }])
  })
})

describe('transactions', () => {
  let database: Database
  beforeAll(async () => {
    database = await scratchDatabase()
    await database.sql`create table public.kept (id int)`
  })
  beforeEach(() => database.sql`truncate public.kept`)
  afterAll(() => database.close())

  test('one whose statement failed is rolled back, even when the error was caught', async () => {
    await expect(
      database.sql.begin(async (sql) => {
        await sql`insert into public.kept values (1)`
        await sql`select 1 / 0`.catch(() => {})
      }),
    ).rejects.toThrow(/division by zero/)
    expect(await database.sql`select id from public.kept`).toEqual([])
  })

  test('a savepoint is undone alone', async () => {
    await database.sql.begin(async (sql) => {
      await sql`insert into public.kept values (1)`
      await sql.savepoint((inner) => inner`insert into public.kept select 1 / 0`).catch(() => {})
      await sql.savepoint((inner) => inner`insert into public.kept values (2)`)
    })
    expect(await database.sql`select id from public.kept order by id`).toEqual([{ id: 1 }, { id: 2 }])
  })

  test('gives back what the work gives, and all of a list of statements', async () => {
    expect(await database.sql.begin(() => 'value')).toBe('value')
    expect(await database.sql.begin((sql) => [sql`select 1 as a`, sql`select 2 as b`])).toEqual([
      [{ a: 1 }],
      [{ b: 2 }],
    ])
  })

  test('fragments and identifiers of the pool may be used inside', async () => {
    const { sql } = database
    const condition = sql`where id = ${7}`
    await sql.begin((transaction) => transaction`insert into ${sql('public.kept')} values (${7})`)
    expect(await sql.begin((transaction) => transaction`select id from public.kept ${condition}`)).toEqual([{ id: 7 }])
  })

  test('after the end, everything is refused', async () => {
    const client = openConnection(database.connection, { maxConnections: 1 })
    await client.sql`select 1`
    await client.sql.begin((sql) => sql`select 1`)
    await client.close()
    await expect(client.sql`select 1`).rejects.toThrow(/CONNECTION_ENDED/)
    await expect(client.sql.begin((sql) => sql`select 1`)).rejects.toThrow(/CONNECTION_ENDED/)
  })
})

interface Wire {
  readonly connection: Connection
  /** Breaks every connection, as a cable would. */
  cut(): void
  /** Likewise; resolves when the client's side is closed. */
  cutAndSeen(): Promise<void>
  /** Breaks all and refuses new ones. */
  close(): Promise<void>
  reopen(): Promise<void>
}

/** Something between client and database that can be cut. */
async function wireTo(target: Connection): Promise<Wire> {
  const directory = scratchDirectory()
  const path = join(directory.path, 'wire.sock')
  const url = target.kind === 'server' ? new URL(target.url) : null
  const open = new Set<Socket>()
  let port = 0
  const start = async (): Promise<Server> => {
    const server = createServer((near) => {
      const far = target.kind === 'embedded' ? connect(target.path) : connect(Number(url?.port), url?.hostname)
      for (const socket of [near, far]) {
        open.add(socket)
        socket.on('error', () => {})
        socket.on('close', () => {
          open.delete(socket)
          near.destroy()
          far.destroy()
        })
      }
      near.pipe(far)
      far.pipe(near)
    })
    if (target.kind === 'embedded') server.listen(path)
    else server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    if (typeof address === 'object' && address !== null) port = address.port
    return server
  }
  let server = await start()
  if (url !== null) {
    const proxied = new URL(url)
    proxied.host = `127.0.0.1:${port}`
    return { ...controls(), connection: { kind: 'server', url: proxied.href, settings: target.settings } }
  }
  return { ...controls(), connection: { kind: 'embedded', path, settings: target.settings } }

  function controls(): Omit<Wire, 'connection'> {
    const cut = (): void => open.forEach((socket) => socket.destroy())
    return {
      cut,
      cutAndSeen: async () => {
        const closed = [...open].map((socket) => once(socket, 'close'))
        cut()
        await Promise.all(closed)
        // The other side hears of it a moment after this side is done.
        for (let tick = 0; tick < 20; tick++) await new Promise(setImmediate)
      },
      close: async () => {
        cut()
        await new Promise((resolve) => server.close(resolve))
      },
      reopen: async () => {
        server = await start()
      },
    }
  }
}
