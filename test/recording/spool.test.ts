import { readFileSync, writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { systemClock, type Clock } from '../../src/core/clock.ts'
import type { Observation } from '../../src/core/observation.ts'
import { decodeRecord } from '../../src/recording/record-line.ts'
import {
  countLines,
  dropOldest,
  listSegments,
  readCursor,
  segmentPath,
  spoolDirectory,
  writeCursor,
} from '../../src/recording/segments.ts'
import { spoolFile, type SpoolFile } from '../../src/recording/spool-file.ts'
import { Spool, type SpoolOptions } from '../../src/recording/spool.ts'
import { scratchFolder } from './support/folders.ts'
import { anyRecord, sampleRecord } from './support/sample-record.ts'

function openSpool(changes: Partial<SpoolOptions> = {}): { spool: Spool; directory: string; seen: Observation[] } {
  const directory = changes.directory ?? spoolDirectory(scratchFolder())
  const seen: Observation[] = []
  const spool = new Spool({
    directory,
    segmentBytes: 1 << 20,
    waitingMaxBytes: 1 << 20,
    retryAfterMs: 100,
    file: spoolFile,
    clock: systemClock,
    observe: (observation) => seen.push(observation),
    onRotate: () => {},
    ...changes,
  })
  return { spool, directory, seen }
}

function idsIn(directory: string): string[] {
  return listSegments(directory).flatMap((segment) =>
    readFileSync(segment.path, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => decodeRecord(line).requestId),
  )
}

/** A disk that fails on demand. */
function frailDisk(): SpoolFile & { room: number; canTruncate: boolean } {
  const disk = {
    room: Number.POSITIVE_INFINITY,
    canTruncate: true,
    create: spoolFile.create,
    close: spoolFile.close,
    append(file: number, buffer: Uint8Array, length: number): number {
      if (disk.room <= 0) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
      const fits = Math.min(length, disk.room)
      disk.room -= fits
      return spoolFile.append(file, buffer, fits)
    },
    truncate(file: number, bytes: number): void {
      if (!disk.canTruncate) throw new Error('EIO: i/o error, ftruncate')
      spoolFile.truncate(file, bytes)
    },
  }
  return disk
}

describe('append', () => {
  test('any record is one line that reads back as the same record', () => {
    const { spool, directory } = openSpool()
    let lines = 0
    fc.assert(
      fc.property(anyRecord, (record) => {
        spool.append(record)
        const written = readFileSync(segmentPath(directory, spool.number), 'utf8').split('\n')
        lines++
        expect(written).toHaveLength(lines + 1)
        expect(decodeRecord(written[lines - 1] ?? '')).toEqual(JSON.parse(JSON.stringify(record)))
      }),
      { numRuns: 100 },
    )
  })

  test('a record larger than the line buffer is written whole', () => {
    const { spool, directory } = openSpool()
    const request = '日本 "quoted" \u2028 '.repeat(200_000)
    spool.append(sampleRecord('large', { bodies: { request, rendered: null, response: null, truncated: false } }))
    spool.append(sampleRecord('small'))
    expect(idsIn(directory)).toEqual(['large', 'small'])
    expect(readFileSync(segmentPath(directory, 1), 'utf8')).toContain(JSON.stringify(request))
  })

  test('a full segment is followed by the next', () => {
    let rotations = 0
    const { spool, directory } = openSpool({ segmentBytes: 5000, onRotate: () => rotations++ })
    for (let index = 0; index < 20; index++) spool.append(sampleRecord(`id-${index}`))
    expect(listSegments(directory).length).toBeGreaterThan(3)
    expect(rotations).toBe(listSegments(directory).length - 1)
    expect(idsIn(directory)).toEqual(Array.from({ length: 20 }, (_, index) => `id-${index}`))
  })

  test('a new process starts a new segment, also when the old ones are recorded and gone', () => {
    const { spool, directory } = openSpool()
    spool.append(sampleRecord('before'))
    const next = openSpool({ directory })
    expect(next.spool.number).toBe(spool.number + 1)
    writeCursor(directory, { segment: 41, offset: 0, records: 0 })
    expect(openSpool({ directory }).spool.number).toBe(42)
  })

  test('a directory that cannot be written to is an error at the start', () => {
    expect(() => openSpool({ directory: '/proc/no-such-place' })).toThrow()
  })

  test('after sealing, a late record opens a segment of its own', () => {
    const { spool, directory } = openSpool()
    spool.append(sampleRecord('early'))
    const sealed = spool.seal()
    spool.append(sampleRecord('late'))
    expect(spool.number).toBe(sealed + 1)
    expect(idsIn(directory)).toEqual(['early', 'late'])
  })

  test('knows what comes after a position', () => {
    const { spool, directory } = openSpool({ segmentBytes: 5000 })
    for (let index = 0; index < 20; index++) spool.append(sampleRecord(`id-${index}`))
    const segments = listSegments(directory)
    const bytes = segments.reduce((sum, segment) => sum + segment.bytes, 0)
    expect(spool.after({ segment: 1, offset: 0, records: 0 })).toEqual({ records: 20, bytes })
    const first = segments[0]?.bytes ?? 0
    const inFirst = countLines(segmentPath(directory, 1), 0)
    expect(spool.after({ segment: 1, offset: first, records: inFirst })).toEqual({
      records: 20 - inFirst,
      bytes: bytes - first,
    })
    spool.forgetBefore({ segment: 2, offset: 0, records: 0 })
    expect(spool.after({ segment: 2, offset: 0, records: 0 })).toEqual({ records: 20 - inFirst, bytes: bytes - first })
  })
})

describe('a disk that takes no more', () => {
  test('never throws, keeps the records in order and writes them when there is room again', () => {
    const disk = frailDisk()
    const { spool, directory, seen } = openSpool({ file: disk })
    spool.append(sampleRecord('a'))
    disk.room = 700
    spool.append(sampleRecord('b'))
    spool.append(sampleRecord('c'))
    expect(idsIn(directory)).toEqual(['a'])
    expect(spool.after({ segment: 1, offset: 0, records: 0 }).records).toBe(3)
    expect(seen).toEqual([expect.objectContaining({ type: 'record-write-failed' })])
    disk.room = Number.POSITIVE_INFINITY
    expect(spool.flush()).toBe(true)
    spool.append(sampleRecord('d'))
    expect(idsIn(directory)).toEqual(['a', 'b', 'c', 'd'])
    spool.seal()
  })

  test('many at once: all or none of them in a write, and none is lost or out of order', () => {
    const disk = frailDisk()
    const { spool, directory } = openSpool({ file: disk })
    spool.appendAll(['a', 'b'].map((id) => sampleRecord(id)))
    expect(idsIn(directory)).toEqual(['a', 'b'])
    disk.room = 700
    spool.appendAll(['c', 'd', 'e'].map((id) => sampleRecord(id)))
    spool.appendAll(['f', 'g'].map((id) => sampleRecord(id)))
    expect(idsIn(directory)).toEqual(['a', 'b'])
    expect(spool.after({ segment: 1, offset: 0, records: 0 }).records).toBe(7)
    disk.room = Number.POSITIVE_INFINITY
    expect(spool.flush()).toBe(true)
    expect(idsIn(directory)).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g'])
    spool.seal()
  })

  test('a part of a line that cannot be taken back ends its segment', () => {
    const disk = frailDisk()
    const { spool, directory } = openSpool({ file: disk })
    spool.append(sampleRecord('a'))
    disk.room = 300
    disk.canTruncate = false
    spool.append(sampleRecord('b'))
    disk.room = Number.POSITIVE_INFINITY
    expect(spool.flush()).toBe(true)
    expect(countLines(segmentPath(directory, 1), 0)).toBe(1)
    expect(readFileSync(segmentPath(directory, 2), 'utf8')).toContain('"requestId":"b"')
    spool.seal()
  })

  test('what does not fit in memory goes, oldest first, counted and announced', () => {
    const disk = frailDisk()
    const { spool, directory, seen } = openSpool({ file: disk, waitingMaxBytes: 5000 })
    disk.room = 0
    for (let index = 0; index < 20; index++) spool.append(sampleRecord(`id-${index}`))
    disk.room = Number.POSITIVE_INFINITY
    expect(spool.flush()).toBe(true)
    const kept = idsIn(directory)
    expect(kept.at(-1)).toBe('id-19')
    expect(kept.length).toBeGreaterThan(0)
    expect(seen.at(-1)).toMatchObject({ type: 'spool-overflow', droppedRecords: 20 - kept.length })
    spool.seal()
  })

  test('at the end, what the disk still refuses is counted and announced', () => {
    const disk = frailDisk()
    const { spool, seen, directory } = openSpool({ file: disk })
    disk.room = 0
    spool.append(sampleRecord('a'))
    spool.append(sampleRecord('b'))
    spool.end()
    expect(seen.at(-1)).toMatchObject({ type: 'spool-overflow', droppedRecords: 2 })
    disk.room = Number.POSITIVE_INFINITY
    spool.append(sampleRecord('late'))
    expect(idsIn(directory)).toEqual(['late'])
  })

  test('asks the disk again only after a while, however many records come', () => {
    const disk = frailDisk()
    let now = 0
    const clock: Clock = { now: () => now, monotonic: () => now }
    const { spool, seen, directory } = openSpool({ file: disk, clock, retryAfterMs: 1000 })
    disk.room = 0
    for (let index = 0; index < 5; index++) spool.append(sampleRecord(`id-${index}`))
    expect(seen).toHaveLength(1)
    disk.room = Number.POSITIVE_INFINITY
    now = 1000
    spool.append(sampleRecord('id-5'))
    expect(idsIn(directory)).toHaveLength(6)
    spool.seal()
  })
})

describe('segments', () => {
  test('the oldest go whole until the rest fits, never the newest, and what was done is not counted as lost', () => {
    const directory = spoolDirectory(scratchFolder())
    const line = `${'x'.repeat(99)}\n`
    for (let number = 1; number <= 4; number++) writeFileSync(segmentPath(directory, number), line.repeat(10))
    const done = { segment: 1, offset: 600, records: 6 }
    expect(dropOldest(directory, 4000, done)).toBeNull()
    expect(dropOldest(directory, 2500, done)).toEqual({
      records: 14,
      bytes: 1400,
      next: { segment: 3, offset: 0, records: 0 },
    })
    expect(dropOldest(directory, 0, { segment: 3, offset: 0, records: 0 })).toMatchObject({
      records: 10,
      next: { segment: 4 },
    })
    expect(listSegments(directory).map((segment) => segment.number)).toEqual([4])
  })

  test('the cursor reads back, and a damaged one counts as none', () => {
    const directory = spoolDirectory(scratchFolder())
    expect(readCursor(directory)).toBeNull()
    writeCursor(directory, { segment: 3, offset: 12, records: 1 })
    expect(readCursor(directory)).toEqual({ segment: 3, offset: 12, records: 1 })
    for (const damaged of ['', '{', '{"segment":-1,"offset":0,"records":0}', '[]', '{"segment":"3"}']) {
      writeFileSync(`${directory}/cursor.json`, damaged)
      expect(readCursor(directory)).toBeNull()
    }
  })
})
