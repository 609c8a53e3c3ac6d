import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { dropGuardrailHoursBefore } from '../../db/guardrail-hours.ts'
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
    dropCounts: (before) => dropGuardrailHoursBefore(database.sql, before),
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

  it('are outlived by counts, which stay for 400 days, or as long as the exchanges', async () => {
    const stays = new Map([
      [7, [400, 0]],
      [500, [500, 401, 400, 0]],
      [0, [501, 500, 401, 400, 0]],
    ])
    for (const [retention, left] of stays) {
      await database.sql`truncate promptbox.guardrail_hours`
      for (const days of [501, 500, 401, 400, 0]) {
        const hour = new Date(today - days * dayMs).toISOString()
        await database.sql`insert into promptbox.guardrail_hours values ('default', ${hour}, 'pii', 'input', 'pass', 'enforce', 1)`
      }
      const kept = job(retention)
      await kept.round()
      kept.stop()
      const rows = await database.sql<{ hour: string }[]>`select hour from promptbox.guardrail_hours order by hour`
      expect(rows.map(({ hour }) => (today - Date.parse(hour)) / dayMs)).toEqual(left)
    }
  })
})
