import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import type { AnswerCache, CacheEntry } from '../../src/cache/answer-cache.ts'
import type { Observation } from '../../src/core/observation.ts'
import { until } from '../support/until.ts'

/** Bytes that the caches under test keep of one entry at most. */
export const maxEntryBytes = 4_096

export interface CacheUnderTest {
  readonly cache: AnswerCache
  readonly observations: readonly Observation[]
  /** Lets time go by for a cache with a clock of its own; else the test waits for real time. */
  readonly pass?: (milliseconds: number) => void
}

export function entryOf(text: string, changes: Partial<CacheEntry> = {}): CacheEntry {
  return {
    provider: 'openai',
    model: 'gpt-4o-mini',
    completion: {
      id: 'chatcmpl-1',
      created: 1_700_000_000,
      choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
    },
    usage: {
      inputTokens: 3,
      outputTokens: 2,
      cacheReadInputTokens: 1,
      cacheCreationInputTokens: 0,
      reasoningOutputTokens: 0,
    },
    warnings: [],
    ...changes,
  }
}

/** What every cache of answers promises. */
export function describeCache(open: () => Promise<CacheUnderTest>): void {
  const scopeOf = (prompt: string | null = 'greeting') => ({ tenant: randomUUID(), prompt })

  test('what is put is got, whole', async () => {
    const { cache } = await open()
    const scope = scopeOf()
    for (const entry of [
      entryOf('Grüße, 世界 👋 \u0000'),
      entryOf('a', { usage: null, warnings: ['`seed` was dropped'], model: 'a/b:c' }),
    ]) {
      await cache.put('key', entry, 60, scope)
      expect(await cache.get('key', scope)).toEqual(entry)
      expect(await cache.get('other', scope)).toBeNull()
    }
  })

  test('the last one put is the one got', async () => {
    const { cache } = await open()
    const scope = scopeOf()
    await cache.put('key', entryOf('one'), 60, scope)
    await cache.put('key', entryOf('two'), 60, scope)
    expect(await cache.get('key', scope)).toEqual(entryOf('two'))
  })

  test('an entry is gone when its time is over', async () => {
    const { cache, pass } = await open()
    const scope = scopeOf()
    await cache.put('short', entryOf('a'), 1, scope)
    await cache.put('long', entryOf('a'), 60, scope)
    pass?.(1_000)
    await until('the entry is gone', async () => (await cache.get('short', scope)) === null)
    expect(await cache.get('long', scope)).not.toBeNull()
    expect(await cache.purge(scope.tenant, scope.prompt)).toBe(1)
  })

  test('an entry that is too large is not kept, and takes the place of none', async () => {
    const { cache } = await open()
    const scope = scopeOf()
    await cache.put('key', entryOf('x'.repeat(maxEntryBytes)), 60, scope)
    expect(await cache.get('key', scope)).toBeNull()
  })

  test('purging forgets what belongs to one prompt of one tenant, and says how much that was', async () => {
    const { cache } = await open()
    const [one, other] = [scopeOf(), scopeOf()]
    const neighbour = { tenant: one.tenant, prompt: 'greeting.2' }
    const plain = { tenant: one.tenant, prompt: null }
    for (const scope of [one, other, neighbour, plain]) {
      await cache.put(`${scope.tenant}/${scope.prompt}/1`, entryOf('a'), 60, scope)
      await cache.put(`${scope.tenant}/${scope.prompt}/2`, entryOf('b'), 60, scope)
    }
    const left = async () => {
      const found = []
      for (const scope of [one, other, neighbour, plain]) {
        for (const n of [1, 2]) found.push((await cache.get(`${scope.tenant}/${scope.prompt}/${n}`, scope)) !== null)
      }
      return found
    }
    expect(await cache.purge(one.tenant, one.prompt)).toBe(2)
    expect(await left()).toEqual([false, false, true, true, true, true, true, true])
    expect(await cache.purge(one.tenant, one.prompt)).toBe(0)
    expect(await cache.purge(one.tenant, null)).toBe(2)
    expect(await left()).toEqual([false, false, true, true, true, true, false, false])
  })

  test('what is put after purging is got', async () => {
    const { cache } = await open()
    const scope = scopeOf()
    await cache.put('key', entryOf('one'), 60, scope)
    await cache.purge(scope.tenant, scope.prompt)
    await cache.put('key', entryOf('two'), 60, scope)
    expect(await cache.get('key', scope)).toEqual(entryOf('two'))
    expect(await cache.purge(scope.tenant, scope.prompt)).toBe(1)
  })

  test('names of tenants and prompts never run together', async () => {
    const { cache } = await open()
    const tenant = randomUUID()
    const scopes = [
      { tenant: `${tenant}/a`, prompt: 'b' },
      { tenant, prompt: 'a/b' },
      { tenant: `${tenant}}{:`, prompt: null },
    ]
    for (const scope of scopes) await cache.put(JSON.stringify(scope), entryOf('a'), 60, scope)
    for (const scope of scopes) expect(await cache.purge(scope.tenant, scope.prompt)).toBe(1)
  })

  test('each entry kept is said with its size', async () => {
    const { cache, observations } = await open()
    const scope = scopeOf()
    await cache.put('key', entryOf('a'), 60, scope)
    await cache.put('large', entryOf('x'.repeat(maxEntryBytes)), 60, scope)
    const stored = observations.filter(({ type }) => type === 'cache-stored')
    expect(stored).toHaveLength(1)
    expect(stored[0]).toMatchObject({ bytes: expect.any(Number) as number })
  })
}
