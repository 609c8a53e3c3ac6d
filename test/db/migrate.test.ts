import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openConnection } from '../../db/connection.ts'
import { migrate, migrateBack, migrationStatus } from '../../db/migrate.ts'
import { migrationsFolder, readMigrations } from '../../db/migration-files.ts'
import type { Database } from '../../db/open.ts'
import { ensurePartitionsFor } from '../../db/partitions.ts'
import { databaseKinds, scratchDatabase } from '../support/database.ts'
import { exchangeAt, insertExchanges } from './exchange-rows.ts'

const steps = readMigrations(migrationsFolder()).length

describe.each(databaseKinds)('migrations on the %s database', (kind) => {
  let database: Database

  beforeAll(async () => {
    database = await scratchDatabase({ kind, migrated: false })
  })
  beforeEach(() => database.sql`drop schema if exists promptbox cascade`)
  afterAll(() => database.close())

  test('an empty database comes up to the build, and a second run has nothing to do', async () => {
    const { sql } = database
    expect(await migrationStatus(sql)).toMatchObject({ database: null, build: steps - 1 })
    expect(await migrate(sql)).toBe(steps)
    expect(await migrate(sql)).toBe(0)
    expect(await migrationStatus(sql)).toEqual({ database: steps - 1, build: steps - 1, pending: [] })
    expect(await sql`select id from promptbox.tenants`).toEqual([{ id: 'default' }])
  })

  test('nothing outside the schema promptbox is made', async () => {
    const outside = () => database.sql`
      select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname <> 'promptbox' and n.nspname not like 'pg_toast%' and n.nspname not like 'pg_temp%' order by 1, 2`
    const before = await outside()
    await migrate(database.sql)
    expect(await outside()).toEqual(before)
  })

  test('up, all the way back, and up again keeps every row of the exchange log', async () => {
    const { sql } = database
    await migrate(sql)
    const moments = [Date.UTC(2025, 0, 1), Date.UTC(2025, 0, 1, 23, 59, 59, 999), Date.UTC(2025, 0, 2)]
    await ensurePartitionsFor(sql, moments)
    const rows = moments.map(exchangeAt)
    await insertExchanges(sql, rows)
    const log = () =>
      Promise.all([
        sql`select * from promptbox.exchanges order by created_at`,
        sql`select * from promptbox.exchange_bodies order by created_at`,
      ])
    const before = await log()
    expect(before[0]).toHaveLength(3)

    expect(await migrateBack(sql, -1)).toBe(steps)
    expect(await log()).toEqual(before)
    expect(await sql`select to_regclass('promptbox.prompts') as prompts`).toEqual([{ prompts: null }])

    expect(await migrate(sql)).toBe(steps)
    expect(await log()).toEqual(before)
    await expect(insertExchanges(sql, rows)).rejects.toThrow(/duplicate key/)
  })

  test('what the version with one credential for each provider stored is kept on the way up, and on the way back', async () => {
    const { sql } = database
    await migrate(sql)
    await migrateBack(sql, 0)
    const moment = Date.UTC(2025, 0, 1)
    await ensurePartitionsFor(sql, [moment])
    const old = exchangeAt(moment)
    await insertExchanges(sql, [old])
    await sql`insert into promptbox.provider_credentials (tenant_id, provider, sealed_api_key, hint, base_url, updated_by)
      values ('default', 'openai', 'v1:sealed', 'wxyz', 'http://127.0.0.1:1/v1', 'admin')`
    await sql`insert into promptbox.models (tenant_id, id, aliases, prices, updated_by)
      values ('default', 'openai/x', '{x}', '{"input_usd_per_million_tokens": 1}', 'admin')`
    const stored = () =>
      Promise.all([
        sql`select tenant_id, provider, sealed_api_key, hint, base_url, updated_by, updated_at
          from promptbox.provider_credentials order by provider`,
        sql`select tenant_id, id, aliases, prices, updated_by, updated_at from promptbox.models`,
        sql`select request_id, input_tokens, attempts from promptbox.exchanges`,
        sql`select request_id, request from promptbox.exchange_bodies`,
      ])
    const before = await stored()

    expect(await migrate(sql)).toBe(steps - 1)
    expect(await stored()).toEqual(before)
    expect(await sql`select name from promptbox.provider_credentials`).toEqual([{ name: 'default' }])
    expect(await sql`select facts from promptbox.models`).toEqual([{ facts: null }])
    expect(await sql`select saved_input_tokens from promptbox.exchanges`).toEqual([{ saved_input_tokens: null }])

    await sql`insert into promptbox.provider_credentials (tenant_id, provider, name, updated_by)
      values ('default', 'openai', 'second', 'admin')`
    await sql`insert into promptbox.routes (tenant_id, slug, body, updated_by) values ('default', 'cheap', '{}', 'admin')`
    expect(await migrateBack(sql, 0)).toBe(steps - 1)
    expect(await stored()).toEqual(before)
    await expect(sql`insert into promptbox.provider_credentials (tenant_id, provider, updated_by)
      values ('default', 'openai', 'admin')`).rejects.toThrow(/duplicate key/)
    expect(await migrate(sql)).toBe(steps - 1)
    expect(await stored()).toEqual(before)
  })

  test('versions of the Promptbox without partials are found by their words on the way up; on the way back each says what it was served as', async () => {
    const { sql } = database
    await migrate(sql, { upTo: 1 })
    const body = (content: string) => JSON.stringify({ model: 'm', messages: [{ role: 'user', content }] })
    await sql`insert into promptbox.prompts (tenant_id, slug, name, latest_version) values ('default', 'mail', 'Mail', 2)`
    const add = (version: number, text: string) =>
      sql`insert into promptbox.prompt_versions (tenant_id, slug, version, status, body, hash, created_by)
        values ('default', 'mail', ${version}, 'draft', ${text}, 'hash', 'admin')`
    await add(1, body('answers politely'))
    await add(2, body('a text with \u0000 in it'))
    const found = (word: string) =>
      sql`select version from promptbox.prompt_versions where search @@ websearch_to_tsquery('english', ${word})`

    await migrate(sql)
    expect(await found('answer')).toEqual([{ version: 1 }])
    expect(await found('text')).toEqual([{ version: 2 }])
    await sql`insert into promptbox.prompt_versions (tenant_id, slug, version, status, body, resolved, hash, created_by)
      values ('default', 'mail', 3, 'draft', ${body('{{> tone}}')}, ${body('Be kind.')}, 'hash of resolved', 'admin')`
    await sql`insert into promptbox.prompt_dependencies values ('default', 'mail', 3, 'tone', 'production', 1)`
    await sql`insert into promptbox.changes (noun, tenant_id, noun_id) values ('chain', 'default', 'post')`

    await migrateBack(sql, 1)
    const stored = () => sql`select version, body, hash from promptbox.prompt_versions order by version`
    const served = [
      { version: 1, body: body('answers politely'), hash: 'hash' },
      { version: 2, body: body('a text with \u0000 in it'), hash: 'hash' },
      { version: 3, body: body('Be kind.'), hash: 'hash of resolved' },
    ]
    expect(await stored()).toEqual(served)
    await expect(sql`update promptbox.prompt_versions set body = '{}'`).rejects.toThrow(/immutable/)
    await migrate(sql)
    expect(await stored()).toEqual(served)
    expect(await found('kind')).toEqual([{ version: 3 }])
    await expect(sql`update promptbox.prompt_versions set resolved = '{}'`).rejects.toThrow(/immutable/)
  })

  test('what guardrails said stays with its exchange on the way back, and is there again on the way up', async () => {
    const { sql } = database
    await migrate(sql)
    const moment = Date.UTC(2025, 0, 1)
    await ensurePartitionsFor(sql, [moment])
    await insertExchanges(sql, [exchangeAt(moment)])
    await sql`update promptbox.exchanges set guardrail_results = '[{"guardrail": "pii"}]'`
    await sql`insert into promptbox.guardrails (tenant_id, slug, body, created_by, updated_by)
      values ('default', 'pii', '{}', 'seed', 'seed')`
    await sql`insert into promptbox.changes (noun, tenant_id, noun_id) values ('guardrail', 'default', 'pii')`

    await migrateBack(sql, 2)
    expect(await sql`select to_regclass('promptbox.guardrails') as table`).toEqual([{ table: null }])
    // The version before writes as it did, and knows nothing of the column.
    await insertExchanges(sql, [exchangeAt(moment)])
    await migrate(sql)
    const rows = await sql`select guardrail_results from promptbox.exchanges order by guardrail_results nulls last`
    expect(rows).toEqual([{ guardrail_results: [{ guardrail: 'pii' }] }, { guardrail_results: null }])
    expect(await sql`select * from promptbox.guardrails`).toEqual([])
  })

  test('who an exchange was for stays with it on the way back from experiments, and is there again on the way up', async () => {
    const { sql } = database
    await migrate(sql)
    const moment = Date.UTC(2025, 0, 1)
    await ensurePartitionsFor(sql, [moment])
    await insertExchanges(sql, [exchangeAt(moment)])
    await sql`update promptbox.exchanges set unit = 'digest', experiment_phase = 2`
    await sql`insert into promptbox.experiments (tenant_id, slug, kind, status, prompt, body, seed, phases, created_by, updated_by)
      values ('default', 'tone', 'experiment', 'running', 'mail', '{}', 'seed', '[]', 'admin', 'admin')`
    await sql`insert into promptbox.experiment_phase_units values ('default', 'tone', 1, '')`
    await sql`insert into promptbox.changes (noun, tenant_id, noun_id) values ('experiment', 'default', 'tone')`

    await migrateBack(sql, 3)
    expect(await sql`select to_regclass('promptbox.experiments') as table`).toEqual([{ table: null }])
    // The version before writes as it did, and knows nothing of the columns.
    await insertExchanges(sql, [exchangeAt(moment)])
    await migrate(sql)
    const rows = await sql`select unit, experiment_phase from promptbox.exchanges order by unit nulls last`
    expect(rows).toEqual([
      { unit: 'digest', experiment_phase: 2 },
      { unit: null, experiment_phase: null },
    ])
    expect(await sql`select * from promptbox.experiments`).toEqual([])
  })

  test('the index by experiment is on each day from then on; days before go on without, and are read all the same', async () => {
    const { sql } = database
    await migrate(sql, { upTo: 3 })
    const [before, after] = [Date.UTC(2025, 0, 1), Date.UTC(2025, 0, 2)]
    await ensurePartitionsFor(sql, [before])
    await insertExchanges(sql, [exchangeAt(before)])
    await migrate(sql)
    await ensurePartitionsFor(sql, [after])
    await insertExchanges(sql, [exchangeAt(after)])
    await sql`update promptbox.exchanges set experiment = 'tone' where created_at = ${new Date(after).toISOString()}`
    const days = await sql`
      select tablename from pg_indexes
      where schemaname = 'promptbox' and tablename like 'exchanges\_2%' and indexdef like '%(experiment IS NOT NULL)%'`
    expect(days).toEqual([{ tablename: 'exchanges_20250102' }])
    const found = await sql`select created_at from promptbox.exchanges where experiment = 'tone'`
    expect(found).toHaveLength(1)
    await migrateBack(sql, 3)
    expect(await migrate(sql)).toBe(1)
    expect(await sql`select 1 from promptbox.exchanges`).toHaveLength(2)
  })

  test('the way back leaves exactly what was there before, apart from the log', async () => {
    const { sql } = database
    const things = async () =>
      (
        await sql`
      select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'promptbox'
      union all
      select p.proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'promptbox'
      order by 1`
      )
        .map((row) => String(row['name']))
        .filter((name) => !/^exchange|^migrations/.test(name))
    await migrate(sql)
    await migrateBack(sql, -1)
    expect(await things()).toEqual([])
  })

  test('many migrating at once: each step is applied once, nobody fails', async () => {
    const others = [1, 2, 3].map(() => openConnection(database.connection, { maxConnections: 1 }))
    const counts = await Promise.all(others.map((other) => migrate(other.sql)))
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(steps)
    await Promise.all(others.map((other) => other.close()))
  })

  test('a schema newer than the build is refused with both versions and what to do', async () => {
    const { sql } = database
    await migrate(sql)
    await sql`insert into promptbox.migrations (number, name, sha256) values (${steps}, 'from_the_future', 'x')`
    for (const run of [() => migrate(sql), () => migrationStatus(sql), () => migrateBack(sql, 0)]) {
      await expect(run()).rejects.toThrow(
        new RegExp(
          `newer than this Promptbox.*migration ${steps} \\(from_the_future\\).*up to ${steps - 1}.*Start a newer Promptbox`,
        ),
      )
    }
  })

  test('an applied step that is not the one of this build is refused', async () => {
    await migrate(database.sql)
    await database.sql`update promptbox.migrations set sha256 = 'edited' where number = 0`
    await expect(migrate(database.sql)).rejects.toThrow(/Migration 0 \(foundation\).*not the one of this build/)
  })

  test("somebody else's schema promptbox is refused and left as it is", async () => {
    const { sql } = database
    await sql.unsafe(
      'create schema promptbox; create table promptbox.prompts (theirs text); insert into promptbox.prompts values (1)',
    )
    for (const run of [() => migrate(sql), () => migrationStatus(sql), () => migrateBack(sql, -1)]) {
      await expect(run()).rejects.toThrow(/schema "promptbox" that Promptbox did not make/)
    }
    expect(await sql`select theirs from promptbox.prompts`).toEqual([{ theirs: '1' }])
    expect(await sql`select to_regclass('promptbox.migrations') as table`).toEqual([{ table: null }])
  })

  test('an empty schema promptbox, made by an administrator, is taken', async () => {
    await database.sql`create schema promptbox`
    expect(await migrate(database.sql)).toBe(steps)
  })

  describe('with a step that fails', () => {
    let folder: string
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'promptbox-migrations-'))
      write('0000_first', 'create table promptbox.first (id int)', 'drop table promptbox.first')
      write('0001_second', 'create table promptbox.second (id int); select 1 / 0', 'drop table promptbox.second')
    })
    afterEach(() => rmSync(folder, { recursive: true }))

    const write = (name: string, forward: string, back: string) => {
      writeFileSync(join(folder, `${name}.sql`), forward)
      writeFileSync(join(folder, `${name}.back.sql`), back)
    }

    test('it leaves no trace, the steps before it stay, and the next run goes on from there', async () => {
      const { sql } = database
      await expect(migrate(sql, { folder })).rejects.toThrow(
        /Migration 1 \(second\) failed and was rolled back whole: division by zero/,
      )
      expect(await migrationStatus(sql, { folder })).toEqual({
        database: 0,
        build: 1,
        pending: [{ number: 1, name: 'second' }],
      })
      expect(await sql`select to_regclass('promptbox.second') as table`).toEqual([{ table: null }])
      write('0001_second', 'create table promptbox.second (id int)', 'drop table promptbox.second')
      expect(await migrate(sql, { folder })).toBe(1)
      expect(await migrateBack(sql, 0, { folder })).toBe(1)
      expect(await migrationStatus(sql, { folder })).toMatchObject({ database: 0 })
    })
  })
})

test.runIf(databaseKinds.includes('server'))(
  'another process that holds the lock too long is named as the cause',
  async () => {
    const database = await scratchDatabase({ kind: 'server', migrated: false })
    await database.sql.begin(async (holder) => {
      await holder`select pg_advisory_xact_lock(7308324466290485101)`
      await expect(migrate(database.sql, { lockTimeoutMs: 50 })).rejects.toThrow(
        /Another process has been migrating this database for more than 50 ms/,
      )
    })
    expect(await migrate(database.sql)).toBe(steps)
    await database.close()
  },
)

test('a folder with a gap or without a way back is refused before anything happens', () => {
  const folder = mkdtempSync(join(tmpdir(), 'promptbox-migrations-'))
  writeFileSync(join(folder, '0001_late.sql'), '')
  expect(() => readMigrations(folder)).toThrow(/should have the number 0000/)
  writeFileSync(join(folder, '0000_early.sql'), '')
  expect(() => readMigrations(folder)).toThrow(/0000_early\.sql has no way back/)
  rmSync(folder, { recursive: true })
})

test('no way back drops or empties the exchange log', () => {
  for (const { name, back } of readMigrations(migrationsFolder())) {
    expect(back.replaceAll(/--.*/g, ''), name).not.toMatch(
      /(drop\s+table|truncate|delete\s+from)[^;]*\bexchange(s|_bodies)\b/i,
    )
  }
})
