import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Database } from '../../db/open.ts'
import { dropFeedbackBefore } from '../../db/old-feedback.ts'
import { newRequestId } from '../../src/core/ids.ts'
import { createPostgresStores } from '../../src/store/choose.ts'
import type { Stores } from '../../src/store/ports.ts'
import { createExchangeWriter } from '../../src/store/postgres/exchange-writer.ts'
import { foldEvents } from '../../src/store/postgres/fold-events.ts'
import { prepareExperiment } from '../../src/store/postgres/prepare-experiment.ts'
import { databaseKinds, scratchDatabase } from '../support/database.ts'
import { experimentBody, exposed, running } from './contract/experiment-support.ts'
import { said } from './contract/feedback.ts'
import { actor } from './contract/subject.ts'

describe.each(databaseKinds)('experiments on the %s database', (kind) => {
  let database: Database
  let stores: Stores

  beforeAll(async () => {
    database = await scratchDatabase({ kind })
    stores = createPostgresStores(database)
  })
  afterAll(() => database.close())

  const soon = () => Date.now() + 1000
  const left = async () =>
    (await database.sql`select count(*)::int as count from promptbox.experiment_events`)[0]?.['count']

  test('many who count at once count everything exactly once, while more is written', async () => {
    const slug = await running(stores)
    const { write } = createExchangeWriter(database.sql)
    const units = Array.from({ length: 40 }, (_, index) => `unit ${index}`)
    const batch = () => units.map((unit) => exposed(slug, unit, 'warm', { durationMs: 10 }))
    const first = batch()
    await write(first)
    const judge = () => stores.feedback.writeFeedback(first.map(({ requestId }) => said(requestId)))
    const fold = async () => {
      for (let round = 0; round < 4; round += 1) await stores.experimentLedger.fold(17, soon())
    }
    await Promise.all([fold(), write(batch()), judge(), fold(), write(batch()), judge(), fold()])
    while ((await stores.experimentLedger.fold(50, soon() + 5000)) > 0);
    const statistics = await stores.experimentLedger.statistics('default', slug)
    const warm = statistics?.phases[0]?.variants['warm']
    expect(warm).toMatchObject({ units: 40, exchanges: 120 })
    expect(warm?.metrics['latency_ms']?.moments).toMatchObject({ units: 40, s: 1200, c: 120, m: 400 })
    expect(warm?.metrics['rating']?.moments).toMatchObject({ units: 40, s: 160, c: 40 })
    expect(await left()).toBe(0)
  })

  test('what fails while it is counted is counted the next time, once', async () => {
    const slug = await running(stores)
    await createExchangeWriter(database.sql).write([exposed(slug, 'ada', 'warm')])
    await database.sql`alter table promptbox.experiment_totals add constraint never check (false) not valid`
    await expect(stores.experimentLedger.fold(10, soon())).rejects.toThrow(/never/)
    await database.sql`alter table promptbox.experiment_totals drop constraint never`
    expect(await stores.experimentLedger.fold(10, soon() + 600_000)).toBe(1)
    const statistics = await stores.experimentLedger.statistics('default', slug)
    expect(statistics?.phases[0]?.variants).toMatchObject({ warm: { units: 1, exchanges: 1 } })
  })

  test('what cannot be counted of one experiment keeps nothing of the others waiting, and is not lost', async () => {
    const [broken, whole] = [await running(stores), await running(stores)]
    const { write } = createExchangeWriter(database.sql)
    const sick = ['ada', 'bob', 'cleo'].map((unit) => exposed(broken, unit, 'warm'))
    await write(sick)
    await write(['dan', 'eve'].map((unit) => exposed(whole, unit, 'warm')))
    const unitsOf = async (slug: string) =>
      (await stores.experimentLedger.statistics('default', slug))?.phases[0]?.variants['warm']?.units
    await database.sql`update promptbox.experiments set body = body || '{"ratios": {"x": null}}' where slug = ${broken}`
    const rounds = async (now: number) => {
      const failures = []
      for (let taken = 1; taken > 0;) {
        taken = await stores.experimentLedger.fold(100, now).catch((error: unknown) => failures.push(error))
      }
      return failures.length
    }
    expect(await rounds(soon())).toBe(1)
    expect([await unitsOf(whole), await unitsOf(broken)]).toEqual([2, undefined])
    expect(await left()).toBe(3)
    await database.sql`update promptbox.experiments set body = body - 'ratios' where slug = ${broken}`
    expect(await rounds(soon() + 600_000)).toBe(0)
    expect([await unitsOf(broken), await left()]).toEqual([3, 0])
  })

  test('exposures of an experiment that is not there are dropped', async () => {
    await createExchangeWriter(database.sql).write([exposed('gone', 'ada', 'warm')])
    expect(await stores.experimentLedger.fold(10, soon())).toBe(1)
    expect(await left()).toBe(0)
  })

  // The embedded database has one session and no statement timeout.
  test.runIf(kind === 'server')(
    'a log that cannot be read in time leaves an experiment without what was before, and is not read again',
    async () => {
      const slug = await running(stores)
      const own = { tenantId: 'default', slug }
      await database.sql.begin(async (other) => {
        await other`lock table promptbox.exchanges in access exclusive mode`
        await expect(prepareExperiment(database.drizzle, own, 14, 100)).rejects.toThrow(/within 0.1 s/)
      })
      expect((await stores.experiments.find('default', slug))?.preparedAt).not.toBeNull()
      await stores.experimentLedger.prepare('default', slug, 14)
    },
  )

  test.runIf(kind === 'server')('nobody waits for another process that reads what was before', async () => {
    const slug = await running(stores)
    await database.sql.begin(async (other) => {
      await other`select pg_advisory_xact_lock(7308324466290485104)`
      await stores.experimentLedger.prepare('default', slug, 14)
      expect((await stores.experiments.find('default', slug))?.preparedAt).toBeNull()
    })
    await stores.experimentLedger.prepare('default', slug, 14)
    expect((await stores.experiments.find('default', slug))?.preparedAt).not.toBeNull()
  })

  test.runIf(kind === 'server')('nobody waits for another process that counts', async () => {
    const slug = await running(stores)
    await createExchangeWriter(database.sql).write([exposed(slug, 'ada', 'warm')])
    await database.sql.begin(async (other) => {
      await other`select pg_advisory_xact_lock(7308324466290485103)`
      expect(await stores.experimentLedger.fold(10, soon())).toBe(0)
    })
    expect(await stores.experimentLedger.fold(10, soon())).toBe(1)
  })

  test.runIf(kind === 'server')(
    'a process that is cut off while it counts keeps the others from it a minute',
    async () => {
      let silence: unknown
      const watched = Object.create(database.drizzle) as Database['drizzle']
      watched.transaction = (work) =>
        database.drizzle.transaction(async (transaction) => {
          const value = await work(transaction)
          const [row] = await transaction.execute(sql`show idle_in_transaction_session_timeout`)
          silence = row?.['idle_in_transaction_session_timeout']
          return value
        })
      await foldEvents(watched, 10, soon(), () => null)
      expect(silence).toBe('1min')
    },
  )

  test('a change waits for the one before it, also from another connection', async () => {
    const slug = await running(stores)
    const add = () =>
      stores.experiments.change(actor, slug, ({ judgedUsd }) => ({ judgedUsd: judgedUsd + 1, event: null }))
    await Promise.all([add(), stores.experimentLedger.fold(10, soon()), add(), add()])
    expect((await stores.experiments.find('default', slug))?.judgedUsd).toBe(3)
  })

  test('whoever starts, decides and ends an experiment is in the audit trail', async () => {
    const slug = await running(stores, experimentBody())
    await stores.experiments.change(actor, slug, () => ({
      status: 'stopped',
      event: 'experiment_stopped',
      reason: 'enough',
    }))
    const rows = await database.sql`
      select event, actor_id, reason from promptbox.events where noun = 'experiment' and noun_id = ${slug} order by id`
    expect(rows).toEqual([
      { event: 'experiment_created', actor_id: 'key-1', reason: null },
      { event: 'experiment_started', actor_id: 'key-1', reason: null },
      { event: 'experiment_stopped', actor_id: 'key-1', reason: 'enough' },
    ])
  })

  test('feedback that is too old can be dropped, and what was counted of it stays', async () => {
    const slug = await running(stores)
    const record = exposed(slug, 'ada', 'warm')
    await createExchangeWriter(database.sql).write([record])
    await stores.feedback.writeFeedback([said(record.requestId, { at: record.createdAt })])
    await stores.experimentLedger.fold(10, soon())
    await dropFeedbackBefore(database.sql, record.createdAt)
    expect(await stores.feedback.ofExchange('default', record.requestId)).toHaveLength(1)
    expect(await dropFeedbackBefore(database.sql, record.createdAt + 1)).toBeGreaterThan(0)
    expect(await stores.feedback.ofExchange('default', record.requestId)).toEqual([])
    const statistics = await stores.experimentLedger.statistics('default', slug)
    expect(statistics?.phases[0]?.variants['warm']?.metrics['rating']?.moments).toMatchObject({ units: 1, s: 4 })
  })

  test('feedback is dropped a part at a time, until none is left', async () => {
    const at = Date.UTC(2020, 5, 1)
    const old = Array.from({ length: 5 }, () => said(newRequestId(at), { at }))
    const [last] = old
    await stores.feedback.writeFeedback([...old, said(newRequestId(at + 1), { at: at + 1 })])
    expect(await dropFeedbackBefore(database.sql, at + 1, 2)).toBe(5)
    expect(await stores.feedback.ofExchange('default', last?.requestId ?? '')).toEqual([])
    expect(await dropFeedbackBefore(database.sql, at + 2, 2)).toBe(1)
  })
})
