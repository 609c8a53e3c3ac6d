import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openConnection } from '../../db/connection.ts'
import { embeddedMajorVersion } from '../../db/embedded/data-directory.ts'
import { startEmbeddedDatabase } from '../../db/embedded/embedded-database.ts'
import { queryMessage } from '../../db/embedded/wire-messages.ts'
import { openDatabase, type Database } from '../../db/open.ts'
import type { Observation } from '../../src/core/observation.ts'
import { embeddedDataDirectory, scratchDirectory } from '../support/database.ts'

describe('the embedded database', () => {
  let dataDir: string
  let remove: () => void
  const opened: { close(): Promise<void> }[] = []

  beforeEach(() => {
    const directory = scratchDirectory()
    dataDir = directory.path
    remove = directory.remove
  })
  afterEach(async () => {
    for (const one of opened.splice(0)) await one.close()
    remove()
  })

  const open = async (directory = dataDir, observe?: (observation: Observation) => void): Promise<Database> => {
    const database = await openDatabase({ databaseUrl: null, dataDir: directory, application: 'test', observe })
    opened.push(database)
    return database
  }

  test('what was written is there after a clean close, and only the owner can look', async () => {
    const first = await open()
    expect(first).toMatchObject({ embedded: true, firstStart: true })
    await first.sql`create table kept as select 'ä' as text`
    expect(statSync(join(dataDir, 'database')).mode & 0o777).toBe(0o700)
    expect(statSync(join(dataDir, 'database.sock')).mode & 0o777).toBe(0o600)
    await first.close()
    expect(readdirSync(dataDir)).toEqual(['database'])

    const second = await open()
    expect(second.firstStart).toBe(false)
    expect(await second.sql`select text from kept`).toEqual([{ text: 'ä' }])
    const [{ version } = { version: '' }] = await second.sql`select current_setting('server_version') as version`
    expect(String(version).split('.')[0]).toBe(embeddedMajorVersion)
  })

  /** Starts from a database that exists already, which is faster. */
  const existing = async (): Promise<void> => {
    remove()
    const directory = await embeddedDataDirectory()
    dataDir = directory.path
    remove = directory.remove
  }

  test('a second one on the same directory is refused, a later one is not', async () => {
    await existing()
    const first = await open()
    await expect(open()).rejects.toThrow(
      /Another Promptbox is running on the data directory .* Stop it first, or set PROMPTBOX_DATA_DIR/,
    )
    expect(await first.sql`select 1 as one`).toEqual([{ one: 1 }])
    await first.close()
    await open()
  })

  test('kill -9 at any moment loses no row whose commit was acknowledged', async () => {
    await existing()
    let acknowledged = 0
    for (const rows of [1, 40, 150]) {
      const child = spawn(
        process.execPath,
        ['--import', 'tsx', fileURLToPath(new URL('./embedded-appender.ts', import.meta.url)), dataDir],
        {
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      )
      const until = acknowledged + rows
      for await (const line of createInterface(child.stdout)) {
        acknowledged = Number(line)
        if (acknowledged === until) child.kill('SIGKILL')
      }
    }
    const { sql } = await open()
    const [found] = await sql<
      { count: number; last: number }[]
    >`select count(*)::int as count, max(number) as last from appended`
    expect(found?.last).toBeGreaterThanOrEqual(acknowledged)
    // Without a gap: what is there is a beginning of what was written.
    expect(found?.count).toBe(found?.last)
  }, 60_000)

  test('a first start that was killed half-way begins anew', async () => {
    mkdirSync(join(dataDir, 'database', 'base'), { recursive: true })
    writeFileSync(join(dataDir, 'database-unfinished'), '')
    expect(await open()).toMatchObject({ firstStart: true })
    expect(existsSync(join(dataDir, 'database-unfinished'))).toBe(false)
  })

  test('a directory with something else in it is refused and left alone', async () => {
    mkdirSync(join(dataDir, 'database'))
    writeFileSync(join(dataDir, 'database', 'holiday.jpg'), 'picture')
    await expect(open()).rejects.toThrow(/holds files that are not an embedded database.*Move them away/)
    expect(readdirSync(join(dataDir, 'database'))).toEqual(['holiday.jpg'])
    expect(existsSync(join(dataDir, 'database-unfinished'))).toBe(false)
  })

  test("another major version's directory is refused with both versions", async () => {
    mkdirSync(join(dataDir, 'database'))
    writeFileSync(join(dataDir, 'database', 'PG_VERSION'), '16\n')
    await expect(open()).rejects.toThrow(
      new RegExp(`made by PostgreSQL 16, but this Promptbox brings PostgreSQL ${embeddedMajorVersion}`),
    )
  })

  test('a broken directory is refused with the reason and what to do', async () => {
    await existing()
    rmSync(join(dataDir, 'database', 'global'), { recursive: true })
    await expect(open()).rejects.toThrow(/does not open: .*Put back a copy/)
  })

  test('a path too long for a socket works all the same, and is still locked', async () => {
    const deep = join(dataDir, 'a-rather-long-name'.repeat(4), 'another-rather-long-name'.repeat(3))
    const first = await open(deep)
    expect(await first.sql`select 1 as one`).toEqual([{ one: 1 }])
    await expect(open(deep)).rejects.toThrow(/Another Promptbox is running/)
  })

  test('a dead socket in the way is removed', async () => {
    await existing()
    const path = join(dataDir, 'database.sock')
    const child = spawn(process.execPath, [
      '-e',
      `require('net').createServer().listen(${JSON.stringify(path)}, () => console.log('up'))`,
    ])
    await once(child.stdout, 'data')
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(existsSync(path)).toBe(true)
    const database = await open()
    expect(await database.sql`select 1 as one`).toEqual([{ one: 1 }])
  })

  test('a live stranger on the socket is not', async () => {
    const stranger = createServer().listen(join(dataDir, 'database.sock'))
    await once(stranger, 'listening')
    await expect(open()).rejects.toThrow(/Another Promptbox is running/)
    stranger.close()
  })

  test('an engine that breaks is started again on the same data, and clients come back by themselves', async () => {
    await existing()
    const seen: Observation[] = []
    let isBack = (): void => {}
    const back = new Promise<void>((resolve) => (isBack = resolve))
    const { sql, connection } = await open(dataDir, (observation) => {
      seen.push(observation)
      if (observation.type === 'database-back') isBack()
    })
    await sql`create table kept as select 1 as one`
    // COPY FROM STDIN is what this engine does not survive; the driver would not say anything so foolish.
    const socket = connect(connection.kind === 'embedded' ? connection.path : '')
    socket.write(Buffer.from('\0\0\0\x17\0\x03\0\0user\0postgres\0\0', 'latin1'))
    socket.write(queryMessage('copy kept from stdin'))
    socket.resume()
    socket.on('error', () => {})
    await back
    expect(seen.map(({ type }) => type)).toEqual(['database-lost', 'database-back'])
    await expect.poll(() => sql`select one from kept`.then(String, () => 'not yet')).not.toBe('not yet')
    expect(await sql`select one from kept`).toEqual([{ one: 1 }])
  })

  test('a client that sits silently on an open transaction is cut off, and the others go on', async () => {
    await existing()
    const engine = await startEmbeddedDatabase({ dataDir, silenceMs: 50 })
    opened.push(engine)
    const settings = { application: 'test', connectTimeoutMs: 10_000, statementTimeoutMs: 0 }
    const client = () => openConnection({ kind: 'embedded', path: engine.path, settings }, { maxConnections: 1 })
    const silent = client()
    const patient = client()
    await expect(
      silent.sql.begin(async (transaction) => {
        await transaction`create table never (id int)`
        await patient.sql`select 1`
        await transaction`select 1`
      }),
    ).rejects.toThrow(/CONNECTION_CLOSED/)
    expect(await patient.sql`select to_regclass('public.never') as never`).toEqual([{ never: null }])
    await Promise.all([silent.close(), patient.close()])
  })
})
