import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RunningApp, startRunningApp } from '../support/running-app.ts'
import { until } from '../support/until.ts'

/** An experiment that is decided by what a judge says, without a provider or a person. */
let app: RunningApp

beforeAll(async () => {
  app = await startRunningApp({ PROMPTBOX_EXPERIMENTS_INTERVAL_MS: '100' })
  const version = (text: string) => ({ model: 'mock/echo', messages: [{ role: 'user', content: text }] })
  await app.admin('POST', '/prompts', {
    slug: 'greeting',
    name: 'Greeting',
    labels: ['production'],
    version: version('Greet {{name}}.'),
  })
  await app.admin('POST', '/prompts/greeting/versions', version('Greet {{name}} warmly.'))
})
afterAll(() => app.dispose())

interface Shown {
  readonly source: string
}

interface Results {
  readonly metrics: readonly {
    readonly variants: { readonly [variant in 'control' | 'warm']?: { readonly units: number; readonly mean: number } }
  }[]
}

async function ask(user: number): Promise<string> {
  const response = await app.post('/chat/completions', {
    model: 'prompt:greeting',
    user: `user-${user}`,
    prompt_variables: { name: 'Ada' },
  })
  expect(response.status).toBe(200)
  await response.arrayBuffer()
  return response.headers.get('x-request-id') ?? ''
}

describe('an experiment with a judge', { timeout: 60_000 }, () => {
  test('has scores with reasons at its exchanges, and its results are made of them', async () => {
    await app.admin('POST', '/experiments', {
      slug: 'warmer',
      prompt: 'greeting',
      variants: [
        { name: 'control', version: 1, weight: 50 },
        { name: 'warm', version: 2, weight: 50 },
      ],
      seed: 'fair',
      primary_metric: 'accuracy',
      judge: { model: 'mock/judge', criteria: 'Greet warmly', sample: 1, budget_usd: 1 },
    })
    await app.admin('POST', '/experiments/warmer/start')
    const served = await Promise.all(Array.from({ length: 40 }, (_, user) => ask(user)))
    const exchange = await until(
      'the first exchange has a score',
      async () => {
        const found = await app.exchange(served[0] ?? '')
        return (found['feedback'] as readonly Shown[]).length > 0 ? found : null
      },
      { withinMs: 30_000 },
    )
    const isWarm = exchange['variant'] === 'warm'
    expect(exchange['feedback']).toEqual([
      expect.objectContaining({
        name: 'accuracy',
        source: 'judge',
        value: isWarm ? 1 : 0.5,
        comment: `${isWarm ? 2 : 1} of 2 words of the criterion stand in the answer.`,
      }),
    ])
    const { control, warm } = await until(
      'all scores are counted',
      async () => {
        const [metric] = ((await app.admin('GET', '/experiments/warmer/results')) as unknown as Results).metrics
        const { control: before, warm: after } = metric?.variants ?? {}
        return before !== undefined && after !== undefined && before.units + after.units === 40
          ? { control: before, warm: after }
          : null
      },
      { withinMs: 30_000 },
    )
    expect(control.mean).toBeCloseTo(0.5)
    expect(warm.mean).toBeCloseTo(1)
  })
})
