import { randomUUID } from 'node:crypto'
import { createServer, type AddressInfo } from 'node:net'
import { createClient } from 'redis'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openRedisCache } from '../../src/cache/redis-cache.ts'
import { systemClock } from '../../src/core/clock.ts'
import type { Observation } from '../../src/core/observation.ts'
import { breakableLink } from '../recording/support/breakable-link.ts'
import { until } from '../support/until.ts'
import { type CacheUnderTest, describeCache, entryOf, maxEntryBytes } from './contract.ts'

const url = process.env['TEST_REDIS_URL']
if (url === undefined) console.warn('SKIPPED: the cache in Redis, because TEST_REDIS_URL is not set.')

interface RedisUnderTest extends CacheUnderTest {
  pass(milliseconds: number): void
}

function redisCache(at: string, timeoutMs: number): RedisUnderTest {
  const observations: Observation[] = []
  let passed = 0
  const clock = { now: systemClock.now, monotonic: () => systemClock.monotonic() + passed }
  const observe = (observation: Observation): void => void observations.push(observation)
  const cache = openRedisCache({ url: at, timeoutMs, maxEntryBytes, clock, observe })
  onTestFinished(() => cache.close())
  return { cache, observations, pass: (milliseconds) => void (passed += milliseconds) }
}

/** Connecting happens in the background; until then everything is a miss. */
async function connected({ cache }: CacheUnderTest): Promise<void> {
  const scope = { tenant: randomUUID(), prompt: null }
  await until('Redis answers', async () => {
    await cache.put('key', entryOf('a'), 60, scope)
    return cache.get('key', scope)
  })
}

async function openCache(at: string, timeoutMs = 10_000): Promise<RedisUnderTest> {
  const opened = redisCache(at, timeoutMs)
  await connected(opened)
  ;(opened.observations as Observation[]).length = 0
  return opened
}

function ofType<Type extends Observation['type']>(opened: CacheUnderTest, type: Type) {
  return opened.observations.filter((each): each is Extract<Observation, { type: Type }> => each.type === type)
}

describe('a cache in a Redis that is not there', () => {
  const scope = { tenant: 'default', prompt: 'greeting' }

  async function closedPort(): Promise<number> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    await new Promise((resolve) => server.close(resolve))
    return port
  }

  test('is a miss, never an error, and said once', async () => {
    const opened = redisCache(`redis://127.0.0.1:${await closedPort()}`, 100)
    await until('it is said', () => ofType(opened, 'cache-lost').length > 0)
    await opened.cache.put('key', entryOf('a'), 60, scope)
    expect(await opened.cache.get('key', scope)).toBeNull()
    expect(ofType(opened, 'cache-failed').map(({ operation }) => operation)).toEqual(['put', 'get'])
    expect(ofType(opened, 'cache-lost')).toHaveLength(1)
    expect(ofType(opened, 'cache-stored')).toHaveLength(0)
  })

  test('cannot be purged, and says so', async () => {
    const { cache } = redisCache(`redis://127.0.0.1:${await closedPort()}`, 100)
    await expect(cache.purge('default', 'greeting')).rejects.toMatchObject({ kind: 'unavailable' })
  })

  test('a URL that is none is the same', async () => {
    const opened = redisCache('nonsense', 100)
    await until('it is said', () => ofType(opened, 'cache-lost').length > 0)
    expect(await opened.cache.get('key', scope)).toBeNull()
  })

  test('one that takes connections and never says a word is the same', async () => {
    const link = await breakableLink('127.0.0.1', 1)
    onTestFinished(() => link.cut())
    link.silence()
    const { cache } = redisCache(`redis://127.0.0.1:${link.port}`, 100)
    expect(await cache.get('key', scope)).toBeNull()
  })
})

describe.skipIf(url === undefined)('a cache in Redis (TEST_REDIS_URL)', () => {
  const at = url ?? ''

  describeCache(() => openCache(at))

  test('is one for all replicas, purging too', async () => {
    const [one, other] = [await openCache(at), await openCache(at)]
    const scope = { tenant: randomUUID(), prompt: 'greeting' }
    await one.cache.put('key', entryOf('a'), 60, scope)
    expect(await other.cache.get('key', scope)).toEqual(entryOf('a'))
    expect(await other.cache.purge(scope.tenant, scope.prompt)).toBe(1)
    expect(await one.cache.get('key', scope)).toBeNull()
  })

  async function raw() {
    const client = createClient({ url: at })
    await client.connect()
    onTestFinished(() => {
      client.destroy()
    })
    return client
  }

  test('what a later version or somebody else wrote is a miss', async () => {
    const { cache } = await openCache(at)
    const client = await raw()
    const scope = { tenant: randomUUID(), prompt: 'greeting' }
    const name = `promptbox:cache:{${scope.tenant}/greeting}:answer:key`
    await cache.put('key', entryOf('a'), 60, scope)
    const text = (await client.get(name)) ?? ''
    expect(await cache.get('key', scope)).not.toBeNull()
    const forms = [
      '',
      '2' + text.slice(1),
      text.slice(0, -1),
      text.slice(0, 23) + 'null',
      text.slice(0, 23) + '{}',
      'x',
    ]
    for (const form of forms) {
      await client.set(name, form)
      expect(await cache.get('key', scope), form).toBeNull()
    }
    await client.set(name, text)
    expect(await cache.get('key', scope)).not.toBeNull()
  })

  test('every key it makes goes away by itself', async () => {
    const { cache } = await openCache(at)
    const client = await raw()
    const scope = { tenant: randomUUID(), prompt: 'greeting' }
    await cache.put('key', entryOf('a'), 60, scope)
    const names = ['answer:key', 'epoch', 'index'].map((name) => `promptbox:cache:{${scope.tenant}/greeting}:${name}`)
    for (const name of names) expect(await client.ttl(name), name).toBeGreaterThan(0)
    expect(await client.ttl(names[0] ?? '')).toBeLessThanOrEqual(60)
  })

  test('an epoch that Redis threw out makes misses and brings nothing back', async () => {
    const { cache } = await openCache(at)
    const client = await raw()
    const scope = { tenant: randomUUID(), prompt: 'greeting' }
    await cache.put('one', entryOf('a'), 60, scope)
    await client.del(`promptbox:cache:{${scope.tenant}/greeting}:epoch`)
    expect(await cache.get('one', scope)).toBeNull()
    await cache.put('two', entryOf('a'), 60, scope)
    expect(await cache.get('one', scope)).toBeNull()
    expect(await cache.get('two', scope)).not.toBeNull()
  })

  test('a Redis that hangs costs one wait, then nothing for a while, and is connected to anew', async () => {
    const { hostname, port } = new URL(at)
    const link = await breakableLink(hostname, Number(port || 6379))
    onTestFinished(() => link.cut())
    const opened = await openCache(`redis://127.0.0.1:${link.port}`, 50)
    const { cache, pass } = opened
    const scope = { tenant: randomUUID(), prompt: 'greeting' }
    link.silence()
    expect(await cache.get('key', scope)).toBeNull()
    expect(await cache.get('key', scope)).toBeNull()
    expect(ofType(opened, 'cache-failed').map(({ message }) => message)).toEqual([
      'Redis gave no answer within 50 ms.',
      'Redis was too slow a moment ago and is not asked.',
    ])
    for (const _ of [2, 3]) {
      pass(1_000)
      expect(await cache.get('key', scope)).toBeNull()
    }
    expect(ofType(opened, 'cache-lost')).toHaveLength(1)
    await link.mend()
    pass(1_000)
    await connected(opened)
    expect(ofType(opened, 'cache-back')).toHaveLength(1)
  })

  test('a Redis that goes away and comes back is used again', async () => {
    const { hostname, port } = new URL(at)
    const link = await breakableLink(hostname, Number(port || 6379))
    onTestFinished(() => link.cut())
    const opened = await openCache(`redis://127.0.0.1:${link.port}`)
    await link.cut()
    await until('it is said', () => ofType(opened, 'cache-lost').length > 0)
    expect(await opened.cache.get('key', { tenant: 'default', prompt: null })).toBeNull()
    await link.mend()
    await connected(opened)
    expect(ofType(opened, 'cache-back')).toHaveLength(1)
  })
})
