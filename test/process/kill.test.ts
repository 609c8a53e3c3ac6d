import { describe, expect, test } from 'vitest'
import { databaseKinds } from '../support/database.ts'
import { killUnderLoad } from '../support/kill-under-load.ts'
import { processHome } from './home.ts'

describe.each(databaseKinds)('a process on the %s database', (kind) => {
  test('killed 3 times under load has every exchange whose end a client saw exactly once', async () => {
    const home = await processHome(kind)
    const report = await killUnderLoad({ ...home, kills: 3, clients: 8, atMostAnswers: 300 })
    expect(report.seen).toBeGreaterThanOrEqual(report.kills)
    expect(report).toMatchObject({ lost: [], doubled: [] })
    expect(report.recorded).toBeGreaterThanOrEqual(report.seen)
  }, 180_000)
})
