import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import type { FeedbackRecord } from '../../src/core/feedback.ts'
import type { Observation } from '../../src/core/observation.ts'
import { Drain } from '../../src/recording/drain.ts'
import { decodeFeedback, encodeFeedback, encodeRecord, isFeedbackLine } from '../../src/recording/record-line.ts'
import { openRejectedFile } from '../../src/recording/rejected.ts'
import { listSegments, segmentPath, spoolDirectory } from '../../src/recording/segments.ts'
import { RecordsRefused } from '../../src/store/refused-records.ts'
import { scratchFolder } from './support/folders.ts'
import { recorderBench } from './support/recorder.ts'
import { sampleRecord } from './support/sample-record.ts'

const feedbackOn = (requestId: string, more: Partial<FeedbackRecord> = {}): FeedbackRecord => ({
  tenantId: 'default',
  requestId,
  name: 'rating',
  source: 'client',
  value: 4,
  comment: null,
  at: Date.UTC(2026, 0, 15),
  keyId: 'key-1',
  ...more,
})
const many = (count: number): FeedbackRecord[] => Array.from({ length: count }, (_, index) => feedbackOn(`id-${index}`))
const text = (path: string): string => readFileSync(path, 'utf8')

describe('feedback as a line', () => {
  test('is one line and comes back as it was, whatever its texts hold', () => {
    const anyText = fc.string({ unit: 'binary' }).map((some) => some.toWellFormed())
    const value = fc.oneof(anyText, fc.boolean(), fc.double({ noNaN: true, noDefaultInfinity: true }))
    fc.assert(
      fc.property(value, fc.option(anyText), anyText, (said, comment, source) => {
        const feedback = feedbackOn('id-1', { value: Object.is(said, -0) ? 0 : said, comment, source })
        const line = encodeFeedback(feedback)
        expect(line).not.toContain('\n')
        expect(isFeedbackLine(line)).toBe(true)
        expect(decodeFeedback(line)).toEqual(feedback)
      }),
    )
  })

  test('is never taken for a record, nor a record for feedback', () => {
    expect(isFeedbackLine(encodeRecord(sampleRecord('id-1', { metadata: { feedback: 'mine' } })))).toBe(false)
    // What a process of before there was feedback asks of a line, to call it a record.
    const outline = JSON.parse(encodeFeedback(feedbackOn('id-1'))) as Record<string, unknown>
    expect(outline['requestId']).toBeUndefined()
    expect(outline['createdAt']).toBeUndefined()
  })

  test('a damaged one is set aside, and what follows is written', async () => {
    const { dataDir, start, server, seen } = await recorderBench()
    const lines = ['{"feedback":{"requestId":"id-0"}}', '{"feedback":{"requ', encodeFeedback(feedbackOn('id-1'))]
    writeFileSync(segmentPath(spoolDirectory(dataDir), 1), `${lines.join('\n')}\n`)
    await start().close({ flushWithinMs: 10_000 })
    expect([...server.feedback.values()]).toEqual([feedbackOn('id-1')])
    expect(seen.filter(({ type }) => type === 'spool-line-unreadable')).toHaveLength(2)
  })
})

describe('a recorder', () => {
  test('has the feedback of a request on disk when it returns', async () => {
    const { dataDir, start, server } = await recorderBench()
    await server.stop()
    const recorder = start()
    recorder.appendFeedback(many(1000))
    const lines = listSegments(spoolDirectory(dataDir)).flatMap(({ path }) => text(path).split('\n').slice(0, -1))
    expect(lines.map((line) => decodeFeedback(line).requestId)).toEqual(many(1000).map(({ requestId }) => requestId))
    expect(recorder.depth().records).toBe(1000)
  })

  test('loses none while the database is away, and writes it when it is back', async () => {
    const { start, server, observed } = await recorderBench()
    await server.stop()
    const recorder = start()
    recorder.append(sampleRecord('id-0'))
    for (const feedback of many(30)) recorder.appendFeedback([feedback])
    recorder.append(sampleRecord('id-1'))
    await observed('database-lost')
    expect(recorder.oldestAt()).not.toBeNull()
    await server.start()
    await recorder.close({ flushWithinMs: 10_000 })
    expect([...server.feedback.values()]).toEqual(many(30))
    expect([...server.records.keys()]).toEqual(['id-0', 'id-1'])
    expect(recorder.depth()).toEqual({ records: 0, bytes: 0 })
  })

  test('of an earlier process, too, and twice changes nothing', async () => {
    const { dataDir, start, server } = await recorderBench()
    const lines = [feedbackOn('id-0', { value: 2, at: 1 }), feedbackOn('id-0', { value: 5, at: 2 })].map(encodeFeedback)
    const directory = spoolDirectory(dataDir)
    writeFileSync(segmentPath(directory, 1), `${lines.join('\n')}\n`)
    await start().close({ flushWithinMs: 10_000 })
    writeFileSync(segmentPath(directory, 9), `${lines.join('\n')}\n`)
    await start().close({ flushWithinMs: 10_000 })
    expect([...server.feedback.values()]).toEqual([feedbackOn('id-0', { value: 5, at: 2 })])
  })
})

describe('what the database refuses', () => {
  test.each([
    ['by name', () => new RecordsRefused([{ requestId: 'id-3', reason: 'value out of range' }], 9)],
    ['as a program fails', () => new TypeError('no such thing')],
  ])('%s is kept aside, and all others are written', async (_how, refusal) => {
    const directory = spoolDirectory(scratchFolder())
    writeFileSync(
      segmentPath(directory, 1),
      many(10)
        .map((feedback) => `${encodeFeedback(feedback)}\n`)
        .join(''),
    )
    const stored = new Set<string>()
    const seen: Observation[] = []
    const drain = new Drain({
      directory,
      openWriter: async () => ({
        write: async () => 0,
        writeFeedback: async (feedback) => {
          const error = refusal()
          const isBad = feedback.some(({ requestId }) => requestId === 'id-3')
          if (isBad && error instanceof TypeError) throw error
          for (const { requestId } of feedback) if (requestId !== 'id-3') stored.add(requestId)
          if (isBad) throw error
          return feedback.length
        },
        close: async () => {},
      }),
      complete: (record) => record,
      rejected: openRejectedFile(directory, 1 << 20),
      clock: systemClock,
      observe: (observation) => seen.push(observation),
      onProgress: () => {},
      limits: {
        spoolMaxBytes: 1 << 30,
        batchRecords: 100,
        batchBytes: 1 << 16,
        maxLineBytes: 1 << 20,
        pollMs: 5,
        writeTimeoutMs: 5000,
        firstRetryMs: 1,
        lastRetryMs: 4,
      },
    })
    drain.seal(1)
    await drain.run()
    expect(stored.size).toBe(9)
    const kept = JSON.parse(text(join(directory, 'rejected.ndjson'))) as { feedback: FeedbackRecord }
    expect(kept.feedback).toEqual(feedbackOn('id-3'))
    expect(seen.map(({ type }) => type)).toEqual(['defect'])
  })
})
