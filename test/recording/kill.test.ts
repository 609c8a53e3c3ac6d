import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Database } from '../../db/open.ts'
import type { Observation } from '../../src/core/observation.ts'
import { startRecorder } from '../../src/recording/start-recorder.ts'
import { databaseKinds, scratchDatabase } from '../support/database.ts'
import { scratchFolder } from './support/folders.ts'

const kills = 20
const script = fileURLToPath(new URL('./support/appending-process.ts', import.meta.url))
const writerModule = new URL('../../src/recording/postgres-writer.ts', import.meta.url).href

describe.each(databaseKinds)('on the %s database', (kind) => {
  let database: Database
  beforeAll(async () => {
    database = await scratchDatabase({ kind })
  })
  afterAll(() => database.close())

  /** The ids that the process said before it was killed, in the middle of whatever it was doing. */
  async function appendUntilKilled(dataDir: string, afterLines: number): Promise<string[]> {
    const writer = JSON.stringify({ module: writerModule, settings: database.connection })
    const child = spawn(process.execPath, ['--import', 'tsx', script, dataDir, writer], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const said: string[] = []
    const lines = createInterface({ input: child.stdout })
    lines.on('line', (line) => {
      said.push(line)
      if (said.length === afterLines) child.kill('SIGKILL')
    })
    await Promise.all([once(child, 'exit'), once(lines, 'close')])
    return said
  }

  test(`${kills} times killed at random moments: every acknowledged record is in the database exactly once`, async () => {
    const dataDir = scratchFolder()
    const acknowledged: string[] = []
    for (let round = 0; round < kills; round++) {
      acknowledged.push(...(await appendUntilKilled(dataDir, 1 + Math.floor(Math.random() * 400))))
    }
    const seen: Observation[] = []
    const recorder = startRecorder({
      dataDir,
      connection: database.connection,
      limits: { spoolMaxBytes: 1 << 30 },
      observe: (observation) => seen.push(observation),
      priceIds: {},
      models: new Map(),
    })
    await recorder.close({ flushWithinMs: 30_000 })
    expect(recorder.depth().records).toBe(0)
    expect(seen.filter(({ type }) => type === 'defect' || type === 'database-lost')).toEqual([])

    const rows = await database.sql<{ request_id: string; times: string }[]>`
      select request_id, count(*) as times from promptbox.exchanges group by request_id`
    const stored = new Map(rows.map((row) => [row.request_id, Number(row.times)]))
    expect(acknowledged.length).toBeGreaterThanOrEqual(kills)
    expect(new Set(acknowledged).size).toBe(acknowledged.length)
    expect(acknowledged.filter((id) => stored.get(id) !== 1)).toEqual([])
    expect([...stored.values()].every((times) => times === 1)).toBe(true)
    // One record at most was appended but not yet acknowledged when its process was killed.
    expect(stored.size - acknowledged.length).toBeLessThanOrEqual(kills)
  }, 180_000)
})
