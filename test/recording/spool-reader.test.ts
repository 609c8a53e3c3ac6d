import { appendFileSync, truncateSync, writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { segmentPath, spoolDirectory, type Position } from '../../src/recording/segments.ts'
import { SpoolReader, type Batch, type SpoolReaderOptions } from '../../src/recording/spool-reader.ts'
import { scratchFolder } from './support/folders.ts'
import { sampleRecord } from './support/sample-record.ts'

interface Setting {
  readonly directory: string
  readonly unreadable: { file: string; message: string; line: string | null }[]
  reader(changes?: Partial<SpoolReaderOptions>): SpoolReader
}

function setting(): Setting {
  const directory = spoolDirectory(scratchFolder())
  const unreadable: Setting['unreadable'] = []
  return {
    directory,
    unreadable,
    reader: (changes = {}) =>
      new SpoolReader({
        directory,
        start: null,
        maxRecords: 500,
        maxBytes: 1 << 16,
        maxLineBytes: 1 << 20,
        onUnreadable: (file, message, line) => unreadable.push({ file, message, line }),
        ...changes,
      }),
  }
}

const line = (id: string): string => `${JSON.stringify(sampleRecord(id))}\n`
const notSealed = 0

function drain(reader: SpoolReader, sealed: number): { ids: string[]; batches: Batch[] } {
  const batches: Batch[] = []
  for (let batch = reader.next(sealed); batch !== null; batch = reader.next(sealed)) batches.push(batch)
  return { batches, ids: batches.flatMap((batch) => batch.records.map((record) => record.requestId)) }
}

test('reads what earlier processes left first, in order', () => {
  const { directory, reader } = setting()
  writeFileSync(segmentPath(directory, 10), line('c'))
  writeFileSync(segmentPath(directory, 2), line('a') + line('b'))
  expect(drain(reader(), notSealed).ids).toEqual(['a', 'b', 'c'])
})

test('a batch has at most so many records, and any number of batches gives each record once, from any position', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(9), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1, max: 7 }),
      fc.integer({ min: 2000, max: 9000 }),
      (sizes, maxRecords, maxBytes) => {
        const { directory, reader, unreadable } = setting()
        const all: string[] = []
        for (const [index, size] of sizes.entries()) {
          const ids = Array.from({ length: size }, (_, at) => `${index}-${at}`)
          writeFileSync(segmentPath(directory, index + 1), ids.map(line).join(''))
          all.push(...ids)
        }
        const { batches, ids } = drain(reader({ maxRecords, maxBytes }), sizes.length)
        expect(ids).toEqual(all)
        expect(Math.max(0, ...batches.map((batch) => batch.records.length))).toBeLessThanOrEqual(maxRecords)
        let before = 0
        for (const batch of batches) {
          before += batch.records.length
          expect(drain(reader({ start: batch.end }), sizes.length).ids).toEqual(all.slice(before))
        }
        expect(unreadable).toEqual([])
      },
    ),
    { numRuns: 30 },
  )
}, 60_000)

test('a torn last line of a dead segment is reported once and the rest kept; in a live one it is waited for', () => {
  const { directory, reader, unreadable } = setting()
  writeFileSync(segmentPath(directory, 1), line('a') + line('b').slice(0, 50))
  const live = reader()
  expect(drain(live, notSealed).ids).toEqual(['a'])
  expect(unreadable).toEqual([])
  writeFileSync(segmentPath(directory, 2), line('c'))
  expect(drain(live, notSealed).ids).toEqual(['c'])
  expect(unreadable).toEqual([
    { file: segmentPath(directory, 1), message: expect.stringContaining('torn'), line: null },
  ])
})

test('a line that the writer took back and wrote again is read as it is at last', () => {
  const { directory, reader, unreadable } = setting()
  const path = segmentPath(directory, 1)
  writeFileSync(path, line('a') + line('b').slice(0, 100))
  const live = reader()
  expect(drain(live, notSealed).ids).toEqual(['a'])
  truncateSync(path, line('a').length)
  appendFileSync(path, line('c'))
  expect(drain(live, notSealed).ids).toEqual(['c'])
  expect(unreadable).toEqual([])
})

test.each([
  ['no JSON', '{"requestId": "x", \n'],
  ['zeros of a power cut', `${'\0'.repeat(300)}\n`],
  ['JSON that is no record', '[1, 2]\n'],
  ['a record without its id', '{"createdAt": 1}\n'],
])('a line of %s is reported and the lines around it are kept', (_name, damaged) => {
  const { directory, reader, unreadable } = setting()
  writeFileSync(segmentPath(directory, 1), line('a') + damaged + line('b'))
  expect(drain(reader(), notSealed).ids).toEqual(['a', 'b'])
  expect(unreadable).toHaveLength(1)
  expect(unreadable[0]?.line).toBe(damaged.slice(0, -1))
})

test('a line longer than a batch is read; one longer than any record is passed over', () => {
  const { directory, reader, unreadable } = setting()
  const long = (id: string, chars: number): string =>
    `${JSON.stringify(sampleRecord(id, { errorMessage: 'x'.repeat(chars) }))}\n`
  writeFileSync(
    segmentPath(directory, 1),
    line('a') + long('b', 300_000) + line('c') + long('d', 3_000_000) + line('e'),
  )
  expect(drain(reader(), 1).ids).toEqual(['a', 'b', 'c', 'e'])
  expect(unreadable).toEqual([
    { file: segmentPath(directory, 1), message: expect.stringContaining('longer'), line: null },
  ])
})

test('a cursor beyond the end, or into a segment that is gone, goes on with what is there', () => {
  const { directory, reader } = setting()
  writeFileSync(segmentPath(directory, 5), line('a'))
  const at = (segment: number, offset: number): Position => ({ segment, offset, records: 0 })
  expect(drain(reader({ start: at(3, 999) }), notSealed).ids).toEqual(['a'])
  expect(drain(reader({ start: at(5, 99_999) }), notSealed).ids).toEqual(['a'])
  expect(drain(reader({ start: at(6, 0) }), notSealed).ids).toEqual([])
})
