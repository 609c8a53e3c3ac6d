import { afterEach, describe, expect, it } from 'vitest'
import type { Database } from '../../db/open.ts'
import { createPostgresStores } from '../../src/store/choose.ts'
import { createExchangeWriter } from '../../src/store/postgres/exchange-writer.ts'
import { databaseKinds, scratchDatabase } from '../support/database.ts'
import { benchOver, hourMs } from './experiment-bench.ts'

const open: Database[] = []
afterEach(async () => {
  for (const database of open.splice(0)) await database.close()
})

describe.each(databaseKinds)('with several processes on one database (%s)', (kind) => {
  it('a verdict, each step of its rollout, and the label that moves happen once', { timeout: 60_000 }, async () => {
    const database = await scratchDatabase({ kind })
    open.push(database)
    let now = Date.now()
    const bench = await benchOver(createPostgresStores(database), createExchangeWriter(database.sql), {
      now: () => now,
      pass: (milliseconds) => void (now += milliseconds),
    })
    const jobs = [bench.job(), bench.job(), bench.job()]
    const round = () => Promise.all(jobs.map((job) => job.round()))
    bench.successOf.set(1, 0.5).set(2, 0.9)
    await bench.start('warmer', {
      planned_units: 1_000,
      floors: { hours: 0 },
      auto_promote: true,
      rollout: { steps: [20, 100], hours_per_step: 1, units_per_step: 20 },
    })
    await bench.serve(1_200)
    for (let turn = 0; turn < 3; turn += 1) {
      bench.pass(1_000)
      await round()
    }
    expect(await bench.found('warmer')).toMatchObject({ status: 'stopped', decision: { winner: 'warm' } })
    const { data } = await bench.stores.experiments.list('default', { kind: 'rollout', limit: 10 })
    expect(data.map(({ rollout }) => rollout?.experiment)).toEqual(['warmer'])
    const slug = data[0]?.slug ?? ''
    for (let turn = 0; turn < 6 && (await bench.found(slug)).status === 'running'; turn += 1) {
      await bench.serve(200)
      bench.pass(hourMs)
      await round()
    }
    expect(await bench.production()).toBe(2)
    expect(bench.observations.map(({ type }) => type)).toEqual([
      'experiment-decided',
      'rollout-changed',
      'rollout-changed',
    ])
    const history = await database.sql<{ event: string }[]>`
      select event from promptbox.events where noun = 'experiment' or event = 'label_set' order by id`
    expect(history.map(({ event }) => event).filter((event) => event !== 'label_set')).toEqual([
      'experiment_created',
      'experiment_started',
      'experiment_decided',
      'rollout_created',
      'rollout_started',
      'experiment_stopped',
      'rollout_advanced',
      'rollout_completed',
    ])
    expect(history.filter(({ event }) => event === 'label_set')).toHaveLength(2)
  })
})
