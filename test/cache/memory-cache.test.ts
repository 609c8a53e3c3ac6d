import { describe, expect, test } from 'vitest'
import { createMemoryCache } from '../../src/cache/memory-cache.ts'
import type { Observation } from '../../src/core/observation.ts'
import { describeCache, entryOf, maxEntryBytes } from './contract.ts'

const scope = { tenant: 'default', prompt: 'greeting' }

function memoryCache(limits: { readonly maxBytes?: number; readonly maxEntries?: number } = {}) {
  let now = 0
  const observations: Observation[] = []
  const cache = createMemoryCache(
    { maxBytes: 1 << 20, maxEntries: 100, maxEntryBytes, ...limits },
    { now: () => 0, monotonic: () => now },
    (observation) => void observations.push(observation),
  )
  const depth = () => observations.findLast((each) => each.type === 'cache-depth')
  const pass = (milliseconds: number): void => {
    now += milliseconds
  }
  return { cache, observations, pass, depth }
}

describe('a cache in memory', () => {
  describeCache(async () => memoryCache())

  test('the least recently used goes first when there are too many', async () => {
    const { cache, depth } = memoryCache({ maxEntries: 2 })
    await cache.put('one', entryOf('a'), 60, scope)
    await cache.put('two', entryOf('a'), 60, scope)
    await cache.get('one', scope)
    await cache.put('three', entryOf('a'), 60, scope)
    expect(await cache.get('two', scope)).toBeNull()
    expect(await cache.get('one', scope)).not.toBeNull()
    expect(await cache.get('three', scope)).not.toBeNull()
    expect(depth()).toMatchObject({ entries: 2 })
  })

  test('never holds more bytes than it may', async () => {
    const { cache, observations } = memoryCache({ maxBytes: 10_000 })
    for (let number = 0; number < 50; number++) {
      await cache.put(`${number}`, entryOf('x'.repeat(number * 50)), 60, scope)
    }
    const depths = observations.filter((each) => each.type === 'cache-depth')
    expect(Math.max(...depths.map(({ bytes }) => bytes))).toBeLessThanOrEqual(10_000)
    expect(depths.at(-1)?.entries).toBeGreaterThan(0)
    expect(await cache.get('49', scope)).not.toBeNull()
  })

  test('keeps nothing where it may keep nothing', async () => {
    const { cache } = memoryCache({ maxBytes: 0 })
    await cache.put('key', entryOf('a'), 60, scope)
    expect(await cache.get('key', scope)).toBeNull()
  })

  test('is empty again when all has gone, whichever way', async () => {
    const { cache, depth, pass } = memoryCache()
    await cache.put('purged', entryOf('a'), 60, scope)
    await cache.purge(scope.tenant, scope.prompt)
    await cache.put('over', entryOf('a'), 1, scope)
    pass(1_000)
    await cache.get('over', scope)
    expect(depth()).toEqual({ type: 'cache-depth', entries: 0, bytes: 0 })
  })
})
