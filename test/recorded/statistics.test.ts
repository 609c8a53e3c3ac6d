import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { checkVectors, vectorFileSchema } from '../../bench/statistics/check-vectors.ts'

const file = join(resolve(process.env['PROMPTBOX_SHARED'] ?? '../shared', 'safety'), 'stats-vectors.json')

function isPresent(): boolean {
  if (existsSync(file)) return true
  console.warn(
    '\n*** The vectors of statistics are missing: their tests are SKIPPED. Set PROMPTBOX_SHARED to their folder. ***\n',
  )
  return false
}

describe.skipIf(!isPresent())('figures that other libraries give too', () => {
  const read = () => vectorFileSchema.parse(JSON.parse(readFileSync(file, 'utf8')))

  test('every vector comes out within its tolerance', () => {
    const results = checkVectors(read())
    expect(results).toHaveLength(56)
    expect(results.filter(({ misses }) => misses.length > 0)).toEqual([])
  })

  test('a vector that is wrong is named', () => {
    const [first] = read().cases
    if (first === undefined) throw new Error('There are no vectors.')
    const expected = Object.fromEntries(Object.keys(first.expected).map((name) => [name, 12345]))
    const [result] = checkVectors({ cases: [{ ...first, expected }] })
    expect(result?.misses.length).toBeGreaterThan(0)
    const [unknown] = checkVectors({ cases: [{ ...first, stat: 'astrology' }] })
    expect(unknown?.misses).toEqual(['the statistic `astrology` is not known'])
  })
})
