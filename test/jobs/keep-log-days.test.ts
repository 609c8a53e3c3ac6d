import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { dropPartitionsBefore, ensurePartitions } from '../../db/partitions.ts'
import type { Observation } from '../../src/core/observation.ts'
import { keepLogDays } from '../../src/jobs/keep-log-days.ts'
import type { Database } from '../../db/open.ts'
import { scratchDatabase } from '../support/database.ts'

const today = Date.UTC(2026, 10, 20, 12)
const dayMs = 86_400_000
let database: Database
let observations: Observation[]

beforeEach(async () => {
  database = await scratchDatabase()
  observations = []
})
afterEach(() => database.close())

const days = async (): Promise<readonly string[]> =>
  (
    await database.sql<{ name: string }[]>`
    select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'promptbox.exchanges'::regclass order by 1`
  ).map((row) => row.name)

function job(
  retentionDays: number,
  drop = (before: number) => dropPartitionsBefore(database.sql, before),
): ReturnType<typeof keepLogDays> {
  return keepLogDays({
    prepare: (from) => ensurePartitions(database.sql, { from, days: 3 }),
    drop,
    retentionDays,
    clock: { now: () => today, monotonic: () => 0 },
    observe: (observation) => void observations.push(observation),
  })
}

describe('the days of the exchange log', () => {
  it('are made ahead, and old ones stay for ever when nothing else is said', async () => {
    await ensurePartitions(database.sql, { from: today - 40 * dayMs, days: 2 })
    const kept = job(0)
    await kept.round()
    kept.stop()
    expect((await days()).length).toBe(5)
  })

  it('are dropped whole when they are older than the retention, and that is said', async () => {
    await ensurePartitions(database.sql, { from: today - 10 * dayMs, days: 11 })
    const kept = job(7)
    await kept.round()
    kept.stop()
    expect((await days()).length).toBe(8 + 2)
    expect(observations).toContainEqual({ type: 'notice', message: expect.stringContaining('2026-11-10') as string })
  })

  it('that cannot be dropped now are no reason to stop', async () => {
    const kept = job(7, () => Promise.reject(new Error('the table is in use')))
    await kept.round()
    kept.stop()
    expect(observations).toContainEqual({ type: 'notice', message: expect.stringContaining('in use') as string })
  })
})
