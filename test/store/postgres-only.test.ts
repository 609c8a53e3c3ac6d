import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openDatabase, type Database } from '../../db/open.ts'
import { newRequestId, timestampOf } from '../../src/core/ids.ts'
import { createPostgresStores } from '../../src/store/choose.ts'
import { writeExchangeCursor } from '../../src/store/exchange-cursor.ts'
import { createExchangeWriter } from '../../src/store/postgres/exchange-writer.ts'
import type { Stores } from '../../src/store/ports.ts'
import { databaseKinds, emptyDatabase, scratchDatabase } from '../support/database.ts'
import { exchangeRecord } from './contract/exchange-record.ts'
import { newKey } from './contract/smaller.ts'
import { templateValue } from './contract/templates.ts'
import { actor, metadata, promptWith, unique, versionBody } from './contract/subject.ts'

describe.each(databaseKinds)('stores on the %s database', (kind) => {
  let database: Database
  let stores: Stores
  beforeAll(async () => {
    database = await scratchDatabase({ kind })
    stores = createPostgresStores(database)
  })
  beforeEach(() => emptyDatabase(database))
  afterAll(() => database.close())

  describe('the change feed', () => {
    it('says so when it no longer reaches back', async () => {
      const before = await stores.snapshot.head()
      await promptWith(stores, 3)
      const kept = await stores.snapshot.head()
      await promptWith(stores, 1)
      await database.sql`delete from promptbox.changes where seq <= ${kept}::bigint`
      await expect(stores.snapshot.since(before)).rejects.toMatchObject({ code: 'history_pruned' })
      expect((await stores.snapshot.since(kept)).changes).toHaveLength(1)
    })

    it('shows a head before the number asked from when the database is another one', async () => {
      const head = await stores.snapshot.head()
      expect(await stores.snapshot.since('9000000000000000000')).toEqual({ changes: [], head })
    })

    it('counts in numbers larger than a double holds', async () => {
      await database.sql`insert into promptbox.changes (seq, noun, tenant_id, noun_id) overriding system value values (9007199254740993, 'key', 'default', 'k')`
      expect(await stores.snapshot.head()).toBe('9007199254740993')
    })
  })

  it('loads a prompt with more versions than one batch holds, and many prompts, whole', async () => {
    await database.sql`insert into promptbox.prompts (tenant_id, slug, name, latest_version)
      select 'default', 'p-' || i, 'name', case i when 7 then 1200 else 1 end from generate_series(1, 1100) i`
    await database.sql`insert into promptbox.prompt_versions (tenant_id, slug, version, status, body, hash, created_by)
      select 'default', 'p-' || i, v, 'draft', '{}', 'hash', 'x' from generate_series(1, 1100) i, generate_series(1, case i when 7 then 1200 else 1 end) v`
    const versions = new Map<string, number>()
    for await (const batch of stores.snapshot.all()) {
      expect(batch.length).toBeLessThanOrEqual(500)
      for (const change of batch) {
        if (change.noun === 'prompt') versions.set(change.id, change.value?.versions.length ?? 0)
      }
    }
    expect(versions.size).toBe(1100)
    expect(versions.get('p-7')).toBe(1200)
    expect(new Set(versions.values())).toEqual(new Set([1, 1200]))
  })

  it('lists exchanges without a look at the bodies', async () => {
    const record = exchangeRecord()
    await createExchangeWriter(database.sql).write([record])
    await database.sql`alter table promptbox.exchange_bodies rename to away`
    try {
      expect((await stores.exchanges.list('default', { limit: 5 })).data).toHaveLength(1)
      await expect(stores.exchanges.find('default', record.requestId)).rejects.toThrow()
    } finally {
      await database.sql`alter table promptbox.away rename to exchange_bodies`
    }
  })

  it.runIf(kind === 'server')('a later page of exchanges does not even look at the days before it', async () => {
    const { sql } = database
    const [older, newer] = ['2026-03-01', '2026-03-09'].map((day) => newRequestId(Date.parse(`${day}T12:00:00Z`)))
    const sessionId = unique('session')
    const records = [older, newer].map((requestId = '') =>
      exchangeRecord({ requestId, createdAt: timestampOf(requestId) ?? 0, sessionId }),
    )
    await createExchangeWriter(sql).write(records)
    const cursor = writeExchangeCursor({
      createdAt: Date.parse('2026-03-05'),
      requestId: newRequestId(Date.parse('2026-03-05')),
    })
    await sql.begin(async (transaction) => {
      await transaction`lock table promptbox.exchanges_20260309 in access exclusive mode`
      const { data } = await stores.exchanges.list('default', { limit: 5, sessionId, cursor })
      expect(data.map(({ requestId }) => requestId)).toEqual([older])
    })
  })

  it('writes what is done with templates into the audit trail of who did it', async () => {
    const { templates } = stores
    await database.sql`insert into promptbox.tenants (id, name) values ('acme', 'Acme')`
    const stranger = { tenantId: 'acme', id: 'key-2', name: 'Grace' }
    const key = { owner: 'default', slug: 'refunds' }
    await templates.create(actor, 'refunds', templateValue)
    await templates.change(actor, 'refunds', { name: 'Refunds', category: null })
    await templates.change(actor, 'refunds', { name: 'Refunds' })
    for (const twice of ['shared', 'shared'] as const) await templates.setVisibility(actor, 'refunds', twice)
    await templates.review(stranger, key, { rating: 4, comment: null })
    await templates.recordFork(stranger, { owner: 'built-in', slug: 'code-review' }, 'mine')
    await templates.removeReview(stranger, key)
    for (const archived of [true, true, false]) await templates.setArchived(actor, 'refunds', archived)
    await templates.setVisibility(actor, 'refunds', 'private')
    const rows = await database.sql<{ row: string }[]>`
      select concat_ws(' ', tenant_id, noun_id, event, reason) as row from promptbox.events where noun = 'template' order by id`
    expect(rows.map(({ row }) => row)).toEqual([
      'default refunds template_created',
      'default refunds template_changed name, category',
      'default refunds template_shared',
      'acme default/refunds template_reviewed',
      'acme built-in/code-review template_forked prompt mine',
      'acme default/refunds template_review_removed',
      'default refunds template_archived',
      'default refunds template_restored',
      'default refunds template_unshared',
    ])
  })

  it('finds templates by words in other forms', async () => {
    await stores.templates.create(actor, 'refunds', {
      ...templateValue,
      name: 'Answering complaints',
      tags: ['Erstattung'],
    })
    const found = async (q: string) =>
      (await stores.templates.list('default', { q, sort: 'name', after: null, limit: 5 })).length
    expect(await Promise.all(['complaint', 'answers', 'erstattung', 'money', 'zebra'].map(found))).toEqual([
      1, 1, 1, 1, 0,
    ])
  })

  it('keeps secrets out of what it throws', async () => {
    await database.sql`alter table promptbox.provider_credentials rename to away`
    try {
      const putting = stores.credentials.put(actor, {
        provider: 'openai',
        name: 'default',
        sealedApiKey: 'sealed-secret',
        hint: null,
        baseUrl: null,
      })
      const error: unknown = await putting.catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(Error)
      expect(String(error)).not.toContain('sealed-secret')
    } finally {
      await database.sql`alter table promptbox.away rename to provider_credentials`
    }
  })

  it('tells a text that cannot be stored from a defect', async () => {
    const asked = { ...metadata, name: 'a\u0000b', slug: unique('nul'), version: null, labels: [] }
    await expect(stores.prompts.create(actor, asked)).rejects.toMatchObject({
      kind: 'invalid_request',
      message: expect.stringContaining('U+0000'),
    })
    await expect(
      stores.keys.create({ ...actor, tenantId: 'nobody' }, newKey({ tenantId: 'nobody' })),
    ).rejects.toMatchObject({ kind: 'not_found', param: 'tenant' })
  })

  it.runIf(kind === 'server')(
    'a statement that was given up for its time is not taken for an absent database',
    async () => {
      const { sql } = database
      await sql.begin(async (transaction) => {
        await transaction`lock table promptbox.models`
        const listing = stores.models.list().catch((reason: unknown) => reason)
        let cancelled = 0
        while (cancelled === 0) {
          const rows = await sql`select pg_cancel_backend(pid) from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid() and wait_event_type = 'Lock'`
          cancelled = rows.length
        }
        expect(await listing).toMatchObject({ kind: 'unavailable', code: 'statement_timeout' })
      })
    },
  )

  it.runIf(kind === 'server')('a call whose connection the server ends says that the database is away', async () => {
    const { sql } = database
    await sql.begin(async (transaction) => {
      await transaction`lock table promptbox.models`
      const listing = stores.models.list().catch((reason: unknown) => reason)
      let ended = 0
      while (ended === 0) {
        // Not in the transaction, which would see the same activity for ever.
        const rows = await sql`select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid() and wait_event_type = 'Lock'`
        ended = rows.length
      }
      expect(await listing).toMatchObject({ kind: 'unavailable' })
    })
    expect(await stores.models.list()).toEqual([])
  })

  describe('the writer of exchanges', () => {
    it('finds the record that the database refuses, and writes the others', async () => {
      await database.sql`alter table promptbox.exchanges add constraint no_ghosts check (user_id <> 'ghost')`
      try {
        const records = Array.from({ length: 37 }, (_, index) =>
          exchangeRecord({ userId: index % 12 === 5 ? 'ghost' : 'ada' }),
        )
        const ghosts = records.filter((record) => record.userId === 'ghost').map((record) => record.requestId)
        const writing = createExchangeWriter(database.sql).write(records)
        await expect(writing).rejects.toMatchObject({ name: 'RecordsRefused', written: 34, refused: { length: 3 } })
        const error: unknown = await writing.catch((reason: unknown) => reason)
        expect(error).toMatchObject({
          refused: ghosts.sort().map((requestId) => ({ requestId, reason: expect.stringContaining('no_ghosts') })),
        })
        expect((await stores.exchanges.list('default', { limit: 100 })).data).toHaveLength(34)
      } finally {
        await database.sql`alter table promptbox.exchanges drop constraint no_ghosts`
      }
    })

    it('writes on when a day it knew was dropped', async () => {
      const writer = createExchangeWriter(database.sql)
      const at = Date.UTC(2033, 3, 4, 12)
      expect(await writer.write([exchangeRecord({}, at)])).toBe(1)
      await database.sql`drop table promptbox.exchange_bodies_20330404`
      await database.sql`drop table promptbox.exchanges_20330404`
      expect(await writer.write([exchangeRecord({}, at + 1), exchangeRecord({}, at + 2)])).toBe(2)
    })

    it('takes no part of a batch for done when the statement itself is wrong', async () => {
      await database.sql`alter table promptbox.exchanges rename column locale to elsewhere`
      try {
        await expect(createExchangeWriter(database.sql).write([exchangeRecord()])).rejects.not.toMatchObject({
          name: 'RecordsRefused',
        })
      } finally {
        await database.sql`alter table promptbox.exchanges rename column elsewhere to locale`
      }
    })
  })
})

/** There is nobody to take leave of. */
const endAtOnce = ({ sql }: Database) => sql.end({ timeout: 0 })

describe('while the database is away', () => {
  it('every call says so', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    server.close()
    await once(server, 'close')
    const database = await openDatabase({
      databaseUrl: `postgres://nobody@127.0.0.1:${port}/none`,
      dataDir: '',
      application: 'test',
    })
    const stores = createPostgresStores(database)
    const away = { kind: 'unavailable', status: 503, message: expect.stringContaining('database is away') }
    try {
      await expect(stores.prompts.find('default', 'x')).rejects.toMatchObject(away)
      await expect(stores.prompts.addVersion(actor, 'x', versionBody())).rejects.toMatchObject(away)
      await expect(stores.keys.list('default', { limit: 5 })).rejects.toMatchObject(away)
      await expect(stores.credentials.list()).rejects.toMatchObject(away)
      await expect(stores.models.list()).rejects.toMatchObject(away)
      await expect(stores.snapshot.head()).rejects.toMatchObject(away)
      await expect(stores.snapshot.since('0')).rejects.toMatchObject(away)
      await expect(stores.snapshot.all()[Symbol.asyncIterator]().next()).rejects.toMatchObject(away)
      await expect(stores.exchanges.list('default', { limit: 5 })).rejects.toMatchObject(away)
      await expect(createExchangeWriter(database.sql).write([exchangeRecord()])).rejects.toMatchObject(away)
    } finally {
      await endAtOnce(database)
    }
  })
})
