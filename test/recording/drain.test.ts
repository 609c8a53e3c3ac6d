import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import type { Observation } from '../../src/core/observation.ts'
import type { ExchangeRecord } from '../../src/core/record.ts'
import { Drain, type DrainLimits, type DrainOptions, type Progress } from '../../src/recording/drain.ts'
import type { RecordWriter } from '../../src/recording/record-writer.ts'
import { RecordsRefused } from '../../src/store/refused-records.ts'
import { openRejectedFile } from '../../src/recording/rejected.ts'
import { listSegments, readCursor, segmentPath, spoolDirectory } from '../../src/recording/segments.ts'
import { scratchFolder } from './support/folders.ts'
import { sampleRecord } from './support/sample-record.ts'

const limits: DrainLimits = {
  spoolMaxBytes: 1 << 30,
  batchRecords: 7,
  batchBytes: 1 << 16,
  maxLineBytes: 1 << 20,
  pollMs: 5,
  writeTimeoutMs: 5000,
  firstRetryMs: 1,
  lastRetryMs: 4,
}

const away = (): Error => Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
/** What the store's writer does with records that the database refuses: the others are in, these are named. */
const storeBut = (
  store: Bench['store'],
  isBad: (record: ExchangeRecord) => boolean,
  records: readonly ExchangeRecord[],
): number => {
  const bad = records.filter(isBad)
  const written = store(records.filter((record) => !isBad(record)))
  if (bad.length === 0) return written
  throw new RecordsRefused(
    bad.map(({ requestId }) => ({ requestId, reason: 'value out of range' })),
    written,
  )
}

interface Bench {
  readonly directory: string
  readonly seen: Observation[]
  readonly progress: Progress[]
  readonly stored: Map<string, ExchangeRecord>
  fill(segment: number, ids: readonly string[]): void
  drain(write: RecordWriter['write'], changes?: Partial<DrainOptions>): Drain
  /** A database that keeps each id once. */
  store(records: readonly ExchangeRecord[]): number
  of<Type extends Observation['type']>(type: Type): Extract<Observation, { type: Type }>[]
}

function bench(): Bench {
  const directory = spoolDirectory(scratchFolder())
  const seen: Observation[] = []
  const progress: Progress[] = []
  const stored = new Map<string, ExchangeRecord>()
  return {
    directory,
    seen,
    progress,
    stored,
    fill: (segment, ids) =>
      writeFileSync(segmentPath(directory, segment), ids.map((id) => `${JSON.stringify(sampleRecord(id))}\n`).join('')),
    store: (records) => {
      const before = stored.size
      for (const record of records) stored.set(record.requestId, record)
      return stored.size - before
    },
    drain: (write, changes = {}) =>
      new Drain({
        directory,
        openWriter: async () => ({ write, writeFeedback: async () => 0, close: async () => {} }),
        complete: (record) => record,
        rejected: openRejectedFile(directory, 1 << 20),
        clock: systemClock,
        observe: (observation) => seen.push(observation),
        onProgress: (step) => progress.push(step),
        limits,
        ...changes,
      }),
    of: <Type extends Observation['type']>(type: Type) =>
      seen.filter((observation): observation is Extract<Observation, { type: Type }> => observation.type === type),
  }
}

const ids = (count: number, prefix = 'id'): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index}`)

describe('exactly once', () => {
  test('with a database that fails at random before and after the commit, and a process that dies at random', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 4 }),
        fc.infiniteStream(fc.constantFrom('commit', 'commit', 'fail-before', 'fail-after', 'die-before', 'die-after')),
        async (sizes, fates) => {
          const { directory, fill, drain, store, stored, of } = bench()
          const all = sizes.flatMap((size, index) => ids(size, `s${index}`))
          for (const [index, size] of sizes.entries()) fill(index + 1, ids(size, `s${index}`))
          const died = new Error('the process died')
          const live = async (): Promise<boolean> => {
            const current: Drain = drain(async (records) => {
              const fate = fates.next().value
              if (fate === 'fail-before') throw away()
              // The process goes away without writing its cursor: the write never comes back to it.
              if (fate === 'die-before') return die(current)
              const written = store(records)
              if (fate === 'fail-after') throw away()
              if (fate === 'die-after') return die(current)
              return written
            })
            current.seal(sizes.length)
            await current.run()
            return listSegments(directory).length === 0
          }
          const die = (current: Drain): never => {
            current.stop()
            throw died
          }
          for (let lives = 0; lives < 500; lives++) {
            if (await live()) break
          }
          expect([...stored.keys()]).toEqual(all)
          expect(of('records-written').reduce((sum, step) => sum + step.count, 0)).toBeLessThanOrEqual(all.length)
          expect(of('spool-overflow')).toEqual([])
        },
      ),
      { numRuns: 25 },
    )
  }, 120_000)

  test('batches are bounded however large the backlog, and finished segments are gone', async () => {
    const { directory, fill, drain, store, stored } = bench()
    for (let segment = 1; segment <= 5; segment++) fill(segment, ids(100, `s${segment}`))
    let largest = 0
    const draining = drain(async (records) => {
      largest = Math.max(largest, records.length)
      return store(records)
    })
    draining.seal(5)
    await draining.run()
    expect(largest).toBe(7)
    expect(stored.size).toBe(500)
    expect(listSegments(directory)).toEqual([])
    expect(readCursor(directory)).toEqual({ segment: 6, offset: 0, records: 0 })
  })

  test('what is appended while it runs is taken when it is called', async () => {
    const { directory, fill, drain, store, stored } = bench()
    fill(1, ['a'])
    let arrived = (): void => {}
    const draining = drain(
      async (records) => {
        const written = store(records)
        arrived()
        return written
      },
      { limits: { ...limits, pollMs: 60_000 } },
    )
    const running = draining.run()
    await new Promise<void>((resolve) => (arrived = resolve))
    fill(2, ['b'])
    const second = new Promise<void>((resolve) => (arrived = resolve))
    draining.call()
    await second
    expect([...stored.keys()]).toEqual(['a', 'b'])
    draining.stop()
    await running
    expect(listSegments(directory).map((segment) => segment.number)).toEqual([2])
  })
})

describe('a database that is away', () => {
  test('is said once per change, and the records are written when it is back', async () => {
    const { fill, drain, store, stored, seen, of, progress } = bench()
    fill(1, ids(20))
    let calls = 0
    const draining = drain(async (records) => {
      calls++
      if (calls < 10 || (calls > 11 && calls < 15)) throw away()
      return store(records)
    })
    draining.seal(1)
    await draining.run()
    expect(stored.size).toBe(20)
    expect(of('database-lost')).toHaveLength(2)
    expect(of('database-back')).toHaveLength(2)
    expect(of('record-write-failed')).toHaveLength(2)
    expect(seen[0]?.type).toBe('database-lost')
    expect(progress.some((step) => step.oldestAt === sampleRecord('x').createdAt)).toBe(true)
    expect(progress.at(-1)?.oldestAt).toBeNull()
  })

  test('a writer that cannot be opened is tried again too', async () => {
    const { fill, drain, store, stored } = bench()
    fill(1, ['a'])
    let opened = 0
    const draining = drain(async () => 0, {
      openWriter: async () => {
        opened++
        if (opened < 3) throw away()
        return { write: async (records) => store(records), writeFeedback: async () => 0, close: async () => {} }
      },
    })
    draining.seal(1)
    await draining.run()
    expect(stored.size).toBe(1)
  })

  test('a database that never answers is given up, with its connection', async () => {
    const { fill, drain, store, stored, of } = bench()
    fill(1, ['a'])
    let opened = 0
    let closed = 0
    const draining = drain(async () => 0, {
      limits: { ...limits, writeTimeoutMs: 20 },
      openWriter: async () => {
        opened++
        const answers = opened > 2
        return {
          write: async (records) => (answers ? store(records) : new Promise<number>(() => {})),
          writeFeedback: async () => 0,
          close: async () => {
            closed++
          },
        }
      },
    })
    draining.seal(1)
    await draining.run()
    expect(stored.size).toBe(1)
    expect(closed).toBe(3)
    expect(of('database-lost')[0]?.message).toContain('did not answer within 20 ms')
  })

  test('stop ends it at once and leaves everything for the next start', async () => {
    const { directory, fill, drain, store, stored } = bench()
    fill(1, ids(3))
    let tried = (): void => {}
    const isTried = new Promise<void>((resolve) => (tried = resolve))
    const draining = drain(
      async () => {
        tried()
        throw away()
      },
      { limits: { ...limits, firstRetryMs: 60_000, lastRetryMs: 60_000 } },
    )
    const running = draining.run()
    await isTried
    draining.stop()
    await running
    expect(listSegments(directory)).toHaveLength(1)
    const next = drain(async (records) => store(records))
    next.seal(1)
    await next.run()
    expect(stored.size).toBe(3)
  })

  test('a spool that grows too large loses its oldest segments, counted and announced, and the rest is written', async () => {
    const { directory, fill, drain, store, stored, of } = bench()
    for (let segment = 1; segment <= 4; segment++) fill(segment, ids(10, `s${segment}`))
    const bytes = listSegments(directory)[0]?.bytes ?? 0
    let calls = 0
    const draining = drain(
      async (records) => {
        calls++
        if (calls === 1) return store(records)
        if (calls < 5) {
          if (calls === 3) fill(5, ids(10, 's5'))
          throw away()
        }
        return store(records)
      },
      { limits: { ...limits, spoolMaxBytes: Math.floor(bytes * 4.5) } },
    )
    draining.seal(5)
    await draining.run()
    const lost = of('spool-overflow')
    expect(lost).toHaveLength(1)
    expect(lost[0]?.droppedRecords).toBe(3)
    expect(stored.size).toBe(50 - 3)
    expect(stored.has('s1-6')).toBe(true)
    expect(stored.has('s1-7')).toBe(false)
  })
})

describe('a record that the database refuses', () => {
  test('is set aside with the reason and holds up nobody', async () => {
    const { directory, fill, drain, store, stored, of } = bench()
    fill(1, ids(20))
    const bad = new Set(['id-3', 'id-4', 'id-19'])
    const draining = drain(async (records) => storeBut(store, (record) => bad.has(record.requestId), records))
    draining.seal(1)
    await draining.run()
    expect([...stored.keys()]).toEqual(ids(20).filter((id) => !bad.has(id)))
    expect(of('defect').map((defect) => defect.requestId)).toEqual([...bad])
    expect(of('database-lost')).toEqual([])
    const kept = readFileSync(join(directory, 'rejected.ndjson'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown)
    expect(kept).toHaveLength(3)
    expect(kept[0]).toMatchObject({ reason: 'value out of range', record: { requestId: 'id-3' } })
  })

  test('is found also when the writer itself fails on it', async () => {
    const { fill, drain, store, stored, of } = bench()
    fill(1, ids(20))
    const draining = drain(async (records) => {
      if (records.some((record) => record.requestId === 'id-5')) throw new TypeError('x is not a function')
      return store(records)
    })
    draining.seal(1)
    await draining.run()
    expect([...stored.keys()]).toEqual(ids(20).filter((id) => id !== 'id-5'))
    expect(of('defect').map((defect) => defect.requestId)).toEqual(['id-5'])
  })

  test('is set aside once, also when the database goes away in between', async () => {
    const { directory, fill, drain, store, stored } = bench()
    fill(1, ids(6))
    let calls = 0
    const draining = drain(async (records) => {
      calls++
      if (calls === 5) throw away()
      if (records.some((record) => record.requestId === 'id-0')) throw new RangeError('Invalid time value')
      return store(records)
    })
    draining.seal(1)
    await draining.run()
    expect([...stored.keys()].toSorted()).toEqual(ids(6).slice(1))
    expect(readFileSync(join(directory, 'rejected.ndjson'), 'utf8').trim().split('\n')).toHaveLength(1)
  })

  test('is announced even when there is no room to keep it', async () => {
    const { directory, fill, drain, of } = bench()
    fill(1, ids(3))
    const draining = drain(
      async () => {
        throw new RangeError('Invalid time value')
      },
      { rejected: openRejectedFile(directory, 10) },
    )
    draining.seal(1)
    await draining.run()
    expect(of('defect')).toHaveLength(3)
    expect(of('defect')[0]?.where).toContain('it is lost')
    expect(existsSync(join(directory, 'rejected.ndjson'))).toBe(false)
  })

  test.each([
    ['a missing table (not migrated yet)', Object.assign(new Error('x'), { code: '42P01' })],
    ['a server that shuts down', Object.assign(new Error('x'), { code: '57P01' })],
    ['a serialization failure', Object.assign(new Error('x'), { code: '40001' })],
    ['a broken pipe', Object.assign(new Error('x'), { code: 'EPIPE' })],
    ['a connection that the driver closed', Object.assign(new Error('x'), { code: 'CONNECTION_CLOSED' })],
    ['an error that says nothing', new Error('x')],
  ])('%s is not about the record', async (_name, error) => {
    const { fill, drain, store, stored, of } = bench()
    fill(1, ids(3))
    let calls = 0
    const draining = drain(async (records) => {
      calls++
      if (calls === 1) throw error
      return store(records)
    })
    draining.seal(1)
    await draining.run()
    expect(stored.size).toBe(3)
    expect(of('defect')).toEqual([])
  })
})

test('what a record owes is filled in before it is written, added up and announced', async () => {
  const { directory, drain, store, stored, of } = bench()
  const owing = ids(4).map((id) =>
    sampleRecord(id, { usage: null, usageSource: null, estimate: { input: 'in', output: 'out' } }),
  )
  const lines = [...owing, sampleRecord('reported')].map((record) => `${JSON.stringify(record)}\n`)
  writeFileSync(segmentPath(directory, 1), lines.join(''))
  const usage = {
    inputTokens: 2,
    outputTokens: 1,
    cacheReadInputTokens: 0,
    cacheCreationInputTokens: 0,
    reasoningOutputTokens: 0,
  }
  const cost = { totalUsd: 0.5, inputUsd: 0.25, cacheReadUsd: 0, cacheWriteUsd: 0, outputUsd: 0.25, reasoningUsd: 0 }
  const draining = drain(async (records) => store(records), {
    complete: (record) => {
      if (record.requestId === 'id-3') throw new Error('the tokenizer broke')
      return record.estimate === null ? record : { ...record, usage, cost, usageSource: 'estimated', estimate: null }
    },
  })
  draining.seal(1)
  await draining.run()
  expect(stored.get('id-0')).toMatchObject({ usage, usageSource: 'estimated', estimate: null })
  expect(stored.get('id-3')).toMatchObject({ usage: null, estimate: null })
  expect(of('defect').map((defect) => defect.requestId)).toEqual(['id-3'])
  expect(of('records-estimated')).toEqual([
    {
      type: 'records-estimated',
      provider: 'openai',
      model: 'gpt-4o-mini-2024-07-18',
      inputTokens: 6,
      outputTokens: 3,
      costUsd: 1.5,
    },
  ])
})
