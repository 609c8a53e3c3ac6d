import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openConnection } from '../../db/connection.ts'
import type { Database } from '../../db/open.ts'
import { dropPartitionsBefore } from '../../db/partitions.ts'
import type { GuardrailResult } from '../../src/core/record.ts'
import { createPostgresStores } from '../../src/store/choose.ts'
import { createExchangeWriter } from '../../src/store/postgres/exchange-writer.ts'
import type { Stores } from '../../src/store/ports.ts'
import { databaseKinds, emptyDatabase, scratchDatabase } from '../support/database.ts'
import { exchangeRecord } from './contract/exchange-record.ts'
import { guardrailBody } from './contract/guardrails.ts'
import { actor } from './contract/subject.ts'

const dayMs = 86_400_000
const start = Date.UTC(2033, 5, 1)
const passed: GuardrailResult = {
  guardrail: 'pii',
  type: 'pii',
  stage: 'input',
  verdict: 'pass',
  mode: 'enforce',
  severity: 'warning',
  findings: [],
  findingCount: 0,
  tookMs: 0.1,
}
const guarded = (userId: string, at = start) => exchangeRecord({ userId, guardrailResults: [passed] }, at)

describe.each(databaseKinds)('guardrails on the %s database', (kind) => {
  let database: Database
  let stores: Stores
  beforeAll(async () => {
    database = await scratchDatabase({ kind })
    stores = createPostgresStores(database)
  })
  beforeEach(() => emptyDatabase(database))
  afterAll(() => database.close())

  const counted = async () => {
    const hours = await stores.guardrailReader.hours('default', { from: start, until: start + dayMs })
    return hours.reduce((sum, { count }) => sum + count, 0)
  }

  it('writes what is done with them into the audit trail', async () => {
    const { guardrails, guardrailFeedback } = stores
    const record = guarded('ada')
    await createExchangeWriter(database.sql).write([record])
    await guardrails.seed('default', [{ slug: 'pii', body: guardrailBody() }])
    await guardrails.create(actor, { slug: 'words', body: guardrailBody() })
    await guardrails.change(actor, 'pii', (before) => ({ ...before, mode: 'shadow', name: 'Personal data' }))
    await guardrails.change(actor, 'pii', (before) => ({ ...before, mode: 'shadow' }))
    const said = { requestId: record.requestId, guardrail: 'pii', stage: null, kind: null, comment: null } as const
    await guardrailFeedback.put(actor, { ...said, verdict: 'missed' })
    await guardrails.remove(actor, 'words')
    const rows = await database.sql<{ row: string }[]>`
      select concat_ws(' ', actor_id, noun_id, event, reason) as row from promptbox.events where noun = 'guardrail' order by id`
    expect(rows.map(({ row }) => row)).toEqual([
      'seed pii guardrail_seeded',
      'key-1 words guardrail_created',
      'key-1 pii guardrail_changed mode, name',
      `key-1 pii guardrail_feedback missed: ${record.requestId}`,
      'key-1 words guardrail_removed',
    ])
  })

  it('loads more than one batch holds, of every tenant, whole', async () => {
    await database.sql`insert into promptbox.tenants (id, name) values ('acme', 'Acme')`
    const body = guardrailBody({ settings: { words: ['ü'] } })
    await database.sql`insert into promptbox.guardrails (tenant_id, slug, body, created_by, updated_by)
      select tenant, 'g-' || i, ${JSON.stringify(body)}::text::jsonb, 'x', 'x'
      from unnest(array['acme', 'default']) tenant, generate_series(1, 130) i`
    const seen = new Set<string>()
    for await (const batch of stores.snapshot.all()) {
      for (const change of batch) {
        if (change.noun !== 'guardrail') continue
        expect(change.value?.body).toEqual(body)
        seen.add(`${change.tenantId}/${change.id}`)
      }
    }
    expect(seen.size).toBe(260)
  })

  it('lists exchanges without a look at what they said', async () => {
    const record = guarded('ada')
    await createExchangeWriter(database.sql).write([record])
    await database.sql`alter table promptbox.exchanges rename column guardrail_results to away`
    try {
      expect((await stores.exchanges.list('default', { limit: 5 })).data).toHaveLength(1)
      await expect(stores.exchanges.find('default', record.requestId)).rejects.toThrow()
    } finally {
      await database.sql`alter table promptbox.exchanges rename column away to guardrail_results`
    }
  })

  it('counts the records of a batch that the database takes, each once, however it had to be split', async () => {
    await database.sql`alter table promptbox.exchanges add constraint no_ghosts check (user_id <> 'ghost')`
    try {
      const records = Array.from({ length: 37 }, (_, index) => guarded(index % 12 === 5 ? 'ghost' : 'ada'))
      const write = () => createExchangeWriter(database.sql).write(records)
      await expect(write()).rejects.toMatchObject({ name: 'RecordsRefused', written: 34 })
      await expect(write()).rejects.toMatchObject({ name: 'RecordsRefused', written: 0 })
      expect(await counted()).toBe(34)
    } finally {
      await database.sql`alter table promptbox.exchanges drop constraint no_ghosts`
    }
  })

  it('counts nothing of a batch that was not committed', async () => {
    await database.sql`alter table promptbox.guardrail_hours rename to away`
    try {
      await expect(createExchangeWriter(database.sql).write([guarded('ada')])).rejects.toThrow()
    } finally {
      await database.sql`alter table promptbox.away rename to guardrail_hours`
    }
    expect((await stores.exchanges.list('default', { limit: 5 })).data).toEqual([])
    expect(await counted()).toBe(0)
  })

  it.runIf(kind === 'server')('counts a record once that two writers write at the same time', async () => {
    const records = Array.from({ length: 50 }, () => guarded('ada'))
    const others = [1, 2, 3].map(() => openConnection(database.connection, { maxConnections: 1 }))
    const written = await Promise.all(others.map(({ sql }) => createExchangeWriter(sql).write(records)))
    await Promise.all(others.map((other) => other.close()))
    expect(written.reduce((sum, count) => sum + count, 0)).toBe(50)
    expect(await counted()).toBe(50)
  })

  it('keeps counts and feedback when the day of the exchanges is dropped', async () => {
    const record = guarded('ada')
    await createExchangeWriter(database.sql).write([record])
    const said = { requestId: record.requestId, guardrail: 'pii', stage: null, kind: null, comment: null } as const
    await stores.guardrailFeedback.put(actor, { ...said, verdict: 'true_positive' })
    await dropPartitionsBefore(database.sql, start + dayMs)
    expect(await stores.exchanges.find('default', record.requestId)).toBeNull()
    expect(await counted()).toBe(1)
    expect(await stores.guardrailReader.feedback('default')).toEqual([
      { guardrail: 'pii', verdict: 'true_positive', count: 1 },
    ])
  })
})
