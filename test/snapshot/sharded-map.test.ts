import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ShardedMap } from '../../src/snapshot/sharded-map.ts'

const names = fc.oneof(fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor'), fc.string())
const entries = fc.array(fc.tuple(names, fc.option(fc.integer(), { nil: undefined })), { maxLength: 60 })

function applied(
  model: Map<string, number>,
  changes: readonly (readonly [string, number | undefined])[],
): Map<string, number> {
  const next = new Map(model)
  for (const [name, value] of changes) {
    if (value === undefined) next.delete(name)
    else next.set(name, value)
  }
  return next
}

describe('ShardedMap', () => {
  test('holds what a Map would hold, and the map it was made from stays as it was', () => {
    fc.assert(
      fc.property(entries, entries, (first, second) => {
        const before = ShardedMap.empty<number>().with(first)
        const after = before.with(second)
        const expectedBefore = applied(new Map(), first)
        const expectedAfter = applied(expectedBefore, second)
        for (const [map, expected] of [
          [before, expectedBefore],
          [after, expectedAfter],
        ] as const) {
          expect(new Map(map)).toEqual(expected)
          expect(map.size).toBe(expected.size)
          expect(new Set(map.keys())).toEqual(new Set(expected.keys()))
          expect([...map.values()].sort()).toEqual([...expected.values()].sort())
          for (const [name] of [...first, ...second]) {
            expect(map.get(name)).toBe(expected.get(name))
            expect(map.has(name)).toBe(expected.has(name))
          }
        }
      }),
    )
  })

  test('forEach visits every entry once', () => {
    const seen: [string, number][] = []
    ShardedMap.empty<number>()
      .with([
        ['x', 1],
        ['y', 2],
      ])
      .forEach((value, name) => seen.push([name, value]))
    expect(seen.sort()).toEqual([
      ['x', 1],
      ['y', 2],
    ])
  })

  test('takes thousands of entries and shares the shards that did not change', () => {
    const many = ShardedMap.empty<object>().with(
      Array.from({ length: 5_000 }, (_, index) => [`name-${index}`, { index }] as const),
    )
    const next = many.with([
      ['name-17', undefined],
      ['new', {}],
    ])
    expect(many.size).toBe(5_000)
    expect(next.size).toBe(5_000)
    expect(next.get('name-18')).toBe(many.get('name-18'))
    expect(many.has('name-17')).toBe(true)
    expect(next.has('name-17')).toBe(false)
  })
})
