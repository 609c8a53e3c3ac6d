import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { ExchangeRecord } from '../../src/core/record.ts'
import { listSegments, segmentPath, spoolDirectory } from '../../src/recording/segments.ts'
import { recorderBench } from './support/recorder.ts'
import { sampleRecord } from './support/sample-record.ts'

const ids = (count: number, prefix = 'id'): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index}`)
const lineOf = (record: ExchangeRecord): string => `${JSON.stringify(record)}\n`

describe('a recorder', () => {
  test('writes what is appended, says so, and has nothing left when it is closed', async () => {
    const { start, server, dataDir, seen } = await recorderBench()
    const recorder = start()
    for (const id of ids(1200)) recorder.append(sampleRecord(id))
    expect(recorder.depth().records).toBe(1200)
    await server.until(() => server.records.size === 1200)
    await recorder.close({ flushWithinMs: 10_000 })
    expect([...server.records.keys()]).toEqual(ids(1200))
    expect(server.records.get('id-7')).toEqual(sampleRecord('id-7'))
    expect(server.largestWrite).toBeLessThanOrEqual(500)
    expect(recorder.depth()).toEqual({ records: 0, bytes: 0 })
    expect(listSegments(spoolDirectory(dataDir))).toEqual([])
    const written = seen.flatMap((observation) => (observation.type === 'records-written' ? [observation.count] : []))
    expect(written.reduce((sum, count) => sum + count, 0)).toBe(1200)
  })

  test('closing waits for what was appended just before', async () => {
    const { start, server } = await recorderBench()
    const recorder = start()
    for (const id of ids(50)) recorder.append(sampleRecord(id))
    await recorder.close({ flushWithinMs: 10_000 })
    await recorder.close({ flushWithinMs: 10_000 })
    expect(server.records.size).toBe(50)
  })

  test('records of one round are on disk, all of them, before any of them is called written', async () => {
    const { start, server, dataDir } = await recorderBench()
    await server.stop()
    const recorder = start()
    const directory = spoolDirectory(dataDir)
    const onDisk = await Promise.all(
      ids(40).map(
        (id) =>
          new Promise<number>((resolve) => {
            recorder.appendSoon(sampleRecord(id), () => {
              const text = listSegments(directory).map(({ path }) => readFileSync(path, 'utf8'))
              resolve(text.join('').split('\n').length - 1)
            })
          }),
      ),
    )
    expect(onDisk).toEqual(ids(40).map(() => 40))
    expect(recorder.depth().records).toBe(40)
    await server.start()
    await recorder.close({ flushWithinMs: 10_000 })
    expect([...server.records.keys()]).toEqual(ids(40))
  })

  test('closing takes along what was to be written soon, and calls it written', async () => {
    const { start, server } = await recorderBench()
    const recorder = start()
    let written = 0
    for (const id of ids(3)) recorder.appendSoon(sampleRecord(id), () => void written++)
    await recorder.close({ flushWithinMs: 10_000 })
    expect([written, server.records.size]).toEqual([3, 3])
  })

  test('reads what earlier processes left first, and counts it as waiting', async () => {
    const { start, server, dataDir, observed } = await recorderBench()
    await server.stop()
    const directory = spoolDirectory(dataDir)
    writeFileSync(segmentPath(directory, 3), lineOf(sampleRecord('left-1')) + lineOf(sampleRecord('left-2')))
    writeFileSync(segmentPath(directory, 4), lineOf(sampleRecord('left-3')) + lineOf(sampleRecord('torn')).slice(0, 80))
    const recorder = start()
    recorder.append(sampleRecord('new'))
    await observed('database-lost')
    expect(recorder.depth()).toEqual({
      records: 4,
      bytes: listSegments(directory).reduce((sum, segment) => sum + segment.bytes, 0),
    })
    await server.start()
    await recorder.close({ flushWithinMs: 10_000 })
    expect([...server.records.keys()]).toEqual(['left-1', 'left-2', 'left-3', 'new'])
  })

  test('a torn line of an earlier process is reported with its file', async () => {
    const { start, observed, dataDir } = await recorderBench()
    const path = segmentPath(spoolDirectory(dataDir), 1)
    writeFileSync(path, '{"requestId":"a"')
    start()
    expect(await observed('spool-line-unreadable')).toMatchObject({ file: path })
  })
})

describe('a database that is away', () => {
  test('holds up nobody: the records wait on disk and are written when it is back', async () => {
    const { start, server, observed, seen } = await recorderBench()
    await server.stop()
    const recorder = start()
    for (const id of ids(100)) recorder.append(sampleRecord(id))
    await observed('database-lost')
    expect(recorder.depth().records).toBe(100)
    for (const id of ids(100, 'more')) recorder.append(sampleRecord(id))
    expect(recorder.oldestAt()).toBe(sampleRecord('x').createdAt)
    await server.start()
    await server.until(() => server.records.size === 200)
    await observed('database-back')
    await recorder.close({ flushWithinMs: 10_000 })
    expect(recorder.oldestAt()).toBeNull()
    expect(seen.filter(({ type }) => type === 'database-lost')).toHaveLength(1)
    expect([...server.records.keys()]).toEqual([...ids(100), ...ids(100, 'more')])
  })

  test('is given up when closing takes too long, and the next process writes what is left', async () => {
    const { start, server } = await recorderBench()
    await server.stop()
    const recorder = start()
    for (const id of ids(10)) recorder.append(sampleRecord(id))
    await recorder.close({ flushWithinMs: 50 })
    expect(recorder.depth().records).toBe(10)
    await server.start()
    await start().close({ flushWithinMs: 10_000 })
    expect([...server.records.keys()]).toEqual(ids(10))
  })

  test('one that hangs up after the commit gets the batch again and keeps each record once', async () => {
    const { start, server, seen } = await recorderBench()
    let writes = 0
    server.behaviour = () => (++writes % 2 === 1 ? 'hang-up-after' : 'commit')
    const recorder = start({ tuning: { batchRecords: 10, callAfterMs: 1, firstRetryMs: 1 } })
    for (const id of ids(100)) recorder.append(sampleRecord(id))
    await recorder.close({ flushWithinMs: 10_000 })
    expect([...server.records.keys()]).toEqual(ids(100))
    expect(server.writes).toBeGreaterThanOrEqual(20)
    expect(seen.filter(({ type }) => type === 'defect')).toEqual([])
  })

  test('one that stays silent is given up', async () => {
    const { start, server, observed } = await recorderBench()
    let writes = 0
    server.behaviour = () => (++writes === 1 ? 'silence' : 'commit')
    const recorder = start({ tuning: { callAfterMs: 1, writeTimeoutMs: 30, firstRetryMs: 1 } })
    recorder.append(sampleRecord('a'))
    expect(await observed('database-lost')).toMatchObject({ message: expect.stringContaining('30 ms') })
    await recorder.close({ flushWithinMs: 10_000 })
    expect([...server.records.keys()]).toEqual(['a'])
  })

  test('a spool that grows too large loses the oldest, and every record is either written or counted as lost', async () => {
    const { start, server, seen, observed } = await recorderBench()
    await server.stop()
    const recorder = start({ limits: { spoolMaxBytes: 200_000 } })
    for (const id of ids(1000)) recorder.append(sampleRecord(id))
    await observed('spool-overflow')
    for (const id of ids(1000, 'more')) recorder.append(sampleRecord(id))
    await server.start()
    await recorder.close({ flushWithinMs: 10_000 })
    const lost = seen.reduce(
      (sum, observation) => (observation.type === 'spool-overflow' ? sum + observation.droppedRecords : sum),
      0,
    )
    expect(lost).toBeGreaterThan(0)
    expect(server.records.size + lost).toBe(2000)
    expect(server.records.has('more-999')).toBe(true)
    expect(server.records.has('id-0')).toBe(false)
  })
})

describe('what the provider did not report', () => {
  const owing = (id: string, changes: Partial<ExchangeRecord> = {}): ExchangeRecord =>
    sampleRecord(id, { usage: null, usageSource: null, estimate: { input: 'hello world', output: 'hi' }, ...changes })

  test('is counted, priced and marked as estimated', async () => {
    const { start, server, seen } = await recorderBench()
    const recorder = start()
    recorder.append(owing('a'))
    await recorder.close({ flushWithinMs: 10_000 })
    expect(server.records.get('a')).toMatchObject({
      usage: { inputTokens: 2, outputTokens: 1 },
      usageSource: 'estimated',
      priceSource: 'genai-prices:openai/gpt-4o-mini',
      estimate: null,
    })
    expect(server.records.get('a')?.cost?.totalUsd).toBeCloseTo(2 * 0.15e-6 + 0.6e-6, 15)
    expect(seen.find(({ type }) => type === 'records-estimated')).toMatchObject({
      inputTokens: 2,
      outputTokens: 1,
      provider: 'openai',
    })
  })

  test('is priced as the operator says, also when the prices change meanwhile', async () => {
    const { start, server } = await recorderBench()
    const model = (usd: number) => ({
      id: 'openai/gpt-4o-mini',
      provider: 'openai',
      model: 'gpt-4o-mini',
      aliases: [],
      facts: null,
      prices: { input_usd_per_million_tokens: usd, output_usd_per_million_tokens: usd },
    })
    const recorder = start({ models: new Map([['openai/gpt-4o-mini', model(1)]]) })
    recorder.append(owing('before'))
    await server.until(() => server.records.has('before'))
    recorder.setPrices(new Map([['openai/gpt-4o-mini', model(2)]]))
    expect(server.records.get('before')).toMatchObject({
      cost: { totalUsd: 3e-6 },
      priceSource: 'operator:openai/gpt-4o-mini',
    })
    // The new prices and the next records take different ways to the worker, so one more record may still see the old
    // ones.
    for (let next = 0; server.records.get(`after-${next - 1}`)?.cost?.totalUsd !== 6e-6; next++) {
      recorder.append(owing(`after-${next}`))
      await server.until(() => server.records.has(`after-${next}`))
    }
  })

  test('has no cost when the price is unknown, which is said once; a provider without a bill is not complained about', async () => {
    const { start, server, seen } = await recorderBench()
    const recorder = start()
    const [attempt] = sampleRecord('x').attempts
    if (attempt === undefined) throw new Error('the sample has no attempt')
    const unknown = { responseModel: 'gpt-99', attempts: [{ ...attempt, model: 'gpt-99' }] }
    recorder.append(owing('a', unknown))
    recorder.append(owing('b', unknown))
    recorder.append(owing('c', { ...unknown, provider: 'mock' }))
    await recorder.close({ flushWithinMs: 10_000 })
    for (const id of ['a', 'b', 'c'])
      expect(server.records.get(id)).toMatchObject({ cost: null, usageSource: 'estimated' })
    expect(seen.filter(({ type }) => type === 'price-unknown')).toEqual([
      { type: 'price-unknown', provider: 'openai', model: 'gpt-99' },
    ])
  })
})

describe('a worker that dies', () => {
  test('is started again, and no record is lost or doubled', async () => {
    const { start, server, observed, dataDir } = await recorderBench()
    const fuse = `${dataDir}/fuse`
    writeFileSync(fuse, '')
    const module = new URL('./support/dying-writer.ts', import.meta.url).href
    const recorder = start({ writer: { module, settings: { ...server.settings, fuse } } })
    for (const id of ids(30)) recorder.append(sampleRecord(id))
    expect(await observed('defect')).toMatchObject({ where: expect.stringContaining('worker thread died') })
    await recorder.close({ flushWithinMs: 10_000 })
    expect([...server.records.keys()]).toEqual(ids(30))
  })

  test('again and again does not keep close from ending', async () => {
    const { start, observed } = await recorderBench()
    const recorder = start({ writer: { module: 'data:text/javascript,process.exit(3)', settings: null } })
    recorder.append(sampleRecord('a'))
    await observed('defect')
    await recorder.close({ flushWithinMs: 50 })
    expect(recorder.depth().records).toBe(1)
  })
})

test('a record that the database refuses is announced and holds up nobody', async () => {
  const { start, server, seen } = await recorderBench()
  server.refused.add('id-3')
  const recorder = start()
  for (const id of ids(6)) recorder.append(sampleRecord(id))
  await recorder.close({ flushWithinMs: 10_000 })
  expect([...server.records.keys()]).toEqual(ids(6).filter((id) => id !== 'id-3'))
  expect(seen.find(({ type }) => type === 'defect')).toMatchObject({
    requestId: 'id-3',
    error: expect.objectContaining({ message: 'value out of range' }),
  })
})
