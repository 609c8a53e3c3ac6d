import { describe, expect, test } from 'vitest'
import { databaseKinds } from '../support/database.ts'
import { until } from '../support/until.ts'
import { anotherDataDir, processHome, startForTest } from './home.ts'

const users = Array.from({ length: 120 }, (_, number) => `user-${number}`)

interface Served {
  readonly url: string
}

/** The variant each user is served there; empty: none. */
async function variantsAt({ url }: Served, key: string): Promise<ReadonlyMap<string, string>> {
  const answers = users.map(async (user) => {
    const answer = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'prompt:shared', user, messages: [{ role: 'user', content: 'Hello' }] }),
    })
    await answer.arrayBuffer()
    return [user, answer.headers.get('x-promptbox-variant') ?? ''] as const
  })
  return new Map(await Promise.all(answers))
}

const enrolled = (variants: ReadonlyMap<string, string>): readonly (readonly [string, string])[] =>
  [...variants].filter(([, variant]) => variant !== '')

describe.runIf(databaseKinds.includes('server'))('an experiment on two processes with one Postgres', () => {
  test('serves a unit the same variant everywhere, with more traffic, another split, and after a restart', async () => {
    const home = await processHome('server')
    const one = await startForTest(home)
    const second = { ...home, dataDir: anotherDataDir() }
    const other = await startForTest(second)
    const key = await one.makeKey()
    const version = (text: string) => ({ messages: [{ role: 'system', content: text }], model: 'mock/echo' })
    await one.admin('POST', '/prompts', {
      slug: 'shared',
      name: 'shared',
      version: version('cold'),
      labels: ['production'],
    })
    await one.admin('POST', '/prompts/shared/versions', version('warm'))
    const variants = [
      { name: 'control', version: 1, weight: 50 },
      { name: 'warm', version: 2, weight: 50 },
    ]
    await other.admin('POST', '/experiments', { slug: 'warmer', prompt: 'shared', variants, traffic: 0.1 })
    await other.admin('POST', '/experiments/warmer/start')
    const same = (what: string): Promise<ReadonlyMap<string, string>> =>
      until(
        what,
        async () => {
          const [here, there] = [await variantsAt(one, key), await variantsAt(other, key)]
          return enrolled(here).length > 0 && enrolled(here).join() === enrolled(there).join() ? here : null
        },
        { withinMs: 30_000, everyMs: 100 },
      )
    const few = await same('both agree')

    await one.admin('PATCH', '/experiments/warmer', { traffic: 0.5 })
    const many = await until(
      'more take part, at both',
      async () => {
        const now = await same('both agree')
        return enrolled(now).length > enrolled(few).length * 2 ? now : null
      },
      { withinMs: 30_000, everyMs: 100 },
    )
    for (const [user, variant] of enrolled(few)) expect(many.get(user), user).toBe(variant)

    const counted = async (): Promise<number> => {
      const { variants: counts } = await one.admin<{ variants: Record<string, { units: number }> }>(
        'GET',
        '/experiments/warmer/results',
      )
      return Object.values(counts).reduce((sum, { units }) => sum + units, 0)
    }
    await until('all are counted', async () => (await counted()) === enrolled(many).length, { withinMs: 30_000 })
    const { phases } = await other.admin<{ phases: readonly unknown[] }>('PATCH', '/experiments/warmer', {
      weights: { control: 1, warm: 99 },
      traffic: 1,
    })
    expect(phases).toHaveLength(2)
    const all = await until(
      'everybody takes part, at both',
      async () => {
        const now = await same('both agree')
        return enrolled(now).length === users.length ? now : null
      },
      { withinMs: 30_000, everyMs: 100 },
    )
    for (const [user, variant] of enrolled(many)) expect(all.get(user), user).toBe(variant)
    const added = enrolled(all).filter(([user]) => many.get(user) === '')
    expect(added.filter(([, variant]) => variant === 'warm').length / added.length).toBeGreaterThan(0.8)

    await other.end()
    const again = await startForTest(second)
    expect(enrolled(await variantsAt(again, key))).toEqual(enrolled(all))
  }, 120_000)
})
