import { describe, expect, test } from 'vitest'
import { databaseKinds } from '../support/database.ts'
import { until } from '../support/until.ts'
import { anotherDataDir, processHome, startForTest } from './home.ts'

const patient = { withinMs: 60_000, everyMs: 200 }

interface Results {
  readonly metrics: readonly { readonly variants: Readonly<Record<string, { readonly units: number }>> }[]
}

describe.runIf(databaseKinds.includes('server'))('a judge with two processes on one Postgres', () => {
  test('is asked once for each exchange, and goes on at the other process when one is stopped', async () => {
    const home = await processHome('server')
    const one = await startForTest(home)
    const other = await startForTest({ ...home, dataDir: anotherDataDir() })
    const key = await one.makeKey()
    await one.admin('POST', '/prompts', {
      slug: 'shared',
      name: 'shared',
      version: { messages: [{ role: 'user', content: 'Greet {{name}}.' }], model: 'mock/echo' },
      labels: ['production'],
    })
    await one.admin('POST', '/experiments', {
      slug: 'judged',
      prompt: 'shared',
      variants: [
        { name: 'control', version: 1 },
        { name: 'same', version: 1 },
      ],
      seed: 'fair',
      primary_metric: 'accuracy',
      judge: { model: 'mock/judge', criteria: 'Greet', sample: 1, budget_usd: 1 },
    })
    await other.admin('POST', '/experiments/judged/start')
    let user = 0
    const ask = async (count: number): Promise<void> => {
      const asked = Array.from({ length: count }, async () => {
        const answer = await fetch(`${other.url}/v1/chat/completions`, {
          method: 'POST',
          headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
          body: JSON.stringify({
            model: 'prompt:shared',
            user: `user-${(user += 1)}`,
            prompt_variables: { name: 'Ada' },
          }),
        })
        expect(answer.headers.get('x-promptbox-variant')).not.toBeNull()
        await answer.arrayBuffer()
      })
      await Promise.all(asked)
    }
    const judged = async (): Promise<number> => {
      const [metric] = (await other.admin<Results>('GET', '/experiments/judged/results')).metrics
      return Object.values(metric?.variants ?? {}).reduce((sum, { units }) => sum + units, 0)
    }
    const questions = async (): Promise<number> => {
      const { data } = await other.admin<{ data: readonly unknown[] }>(
        'GET',
        `/exchanges?limit=200&app_name=${encodeURIComponent('promptbox judges')}`,
      )
      return data.length
    }
    await ask(60)
    await until('all are judged', async () => (await judged()) === 60, patient)
    await until('the questions are recorded', async () => (await questions()) >= 60, patient)
    expect(await questions()).toBe(60)

    await one.end()
    await ask(20)
    await until('the others are judged', async () => (await judged()) === 80, patient)
    await until('those questions are recorded', async () => (await questions()) >= 80, patient)
    expect(await questions()).toBe(80)
  }, 180_000)
})
