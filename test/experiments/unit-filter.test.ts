import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { digestOfUnit } from '../../src/experiments/bucket.ts'
import {
  buildUnitFilter,
  mostFilterBits,
  unitFilterFromBase64,
  unitFilterFromBuffer,
} from '../../src/experiments/unit-filter.ts'
import { units } from './experiments.ts'

const digests = (count: number, prefix: string) => units(count, prefix).map((unit) => digestOfUnit('default', unit))

describe('the units of a phase', () => {
  test('are all remembered, also when it is written down and read again', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { maxLength: 200 }), (names) => {
        const filter = buildUnitFilter(names.length)
        const known = names.map((name) => digestOfUnit('default', name))
        for (const digest of known) filter.add(digest)
        for (const each of [filter, unitFilterFromBuffer(filter.toBuffer()), unitFilterFromBase64(filter.toBase64())]) {
          expect(known.every((digest) => each.has(digest))).toBe(true)
        }
      }),
    )
  })

  test('are rarely taken for others: one in 2,000', () => {
    const filter = buildUnitFilter(10_000)
    for (const digest of digests(10_000, 'seen-')) filter.add(digest)
    const mistaken = digests(100_000, 'new-').filter((digest) => filter.has(digest)).length
    expect(mistaken).toBeLessThan(100)
  })

  test('do not fail when there are more than were expected, or none', () => {
    const small = buildUnitFilter(0)
    const known = digests(5000, 'seen-')
    for (const digest of known) small.add(digest)
    expect(known.every((digest) => small.has(digest))).toBe(true)
    expect(digests(100, 'new-').some((digest) => buildUnitFilter(0).has(digest))).toBe(false)
  })

  test('take 2 bytes each, and never more than 8 MiB', () => {
    expect(buildUnitFilter(100_000).toBuffer().length).toBeLessThan(200_100)
    expect(buildUnitFilter(1e9).toBuffer().length).toBe(mostFilterBits / 8 + 8)
  })

  test('can be added to after they were read, and what was read from stays as it is', () => {
    const [before, later] = digests(2, 'user-') as [string, string]
    const filter = buildUnitFilter(10)
    filter.add(before)
    const bytes = filter.toBuffer()
    const read = unitFilterFromBuffer(bytes)
    read.add(later)
    expect([read.has(before), read.has(later)]).toEqual([true, true])
    expect(unitFilterFromBuffer(bytes).has(later)).toBe(false)
  })

  test('that are damaged are refused', () => {
    const bytes = buildUnitFilter(10).toBuffer()
    const wrong = [Buffer.alloc(0), bytes.subarray(0, 20), Buffer.concat([bytes, bytes]), Buffer.alloc(bytes.length)]
    for (const each of wrong) expect(() => unitFilterFromBuffer(each)).toThrow(/damaged/)
    expect(() => unitFilterFromBase64('no filter')).toThrow(/damaged/)
  })
})
