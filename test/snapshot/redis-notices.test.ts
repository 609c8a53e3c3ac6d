import { createServer } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openRedisNotices } from '../../src/snapshot/redis-notices.ts'
import { createObserved } from './support.ts'

const url = process.env['TEST_REDIS_URL']

/** A port on which nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

describe('notices through Redis', () => {
  test('a Redis that is away is said once, and is no error', async () => {
    const observed = createObserved()
    const notices = openRedisNotices(`redis://127.0.0.1:${await closedPort()}`, () => undefined, observed.observe)
    expect((await observed.next('notice')).message).toContain('Redis is away')
    notices.announce()
    await notices.close()
    expect(observed.all).toHaveLength(1)
  })

  test('a Redis URL that is none is said, and is no error', async () => {
    const observed = createObserved()
    const notices = openRedisNotices('nonsense', () => undefined, observed.observe)
    expect((await observed.next('notice')).message).toContain('Redis is away')
    await notices.close()
  })

  test.skipIf(url === undefined)('another replica hears what one announces; the one does not hear itself', async () => {
    const observed = createObserved()
    const heard: string[] = []
    let wake = () => {}
    const open = (name: string) => {
      const notices = openRedisNotices(
        url ?? '',
        () => {
          heard.push(name)
          wake()
        },
        observed.observe,
      )
      onTestFinished(() => notices.close())
      return notices
    }
    const [one] = [open('one'), open('two')]
    // Connecting takes a moment in which nobody hears anything.
    while (heard.length === 0) {
      one.announce()
      await Promise.race([
        new Promise<void>((resolve) => (wake = resolve)),
        new Promise((resolve) => setTimeout(resolve, 20)),
      ])
    }
    expect(new Set(heard)).toEqual(new Set(['two']))
    expect(observed.all).toEqual([])
  })
})
