import { Pool } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningApp, startRunningApp } from '../support/running-app.ts'
import { until } from '../support/until.ts'
import { askAsUser } from './ask-as-user.ts'

/** The whole way, through the front door: traffic, late ratings, a verdict, a rollout, the label; then a bad version. */
let app: RunningApp
let pool: Pool

beforeAll(async () => {
  app = await startRunningApp({ PROMPTBOX_EXPERIMENTS_INTERVAL_MS: '100' })
  pool = new Pool(app.url, { connections: 32 })
  const version = (tone: string, model: string) => ({
    messages: [
      { role: 'system', content: tone },
      { role: 'user', content: '{{question}}' },
    ],
    model,
    retries: 0,
  })
  await app.admin('POST', '/prompts', {
    slug: 'greeting',
    name: 'Greeting',
    version: version('Be brief.', 'mock/flaky-10'),
    labels: ['production'],
  })
  await app.admin('POST', '/prompts/greeting/versions', version('Be warm.', 'mock/flaky-8'))
  await app.admin('POST', '/prompts/greeting/versions', version('Be wrong.', 'mock/flaky-70'))
})

afterAll(async () => {
  await pool.close()
  await app.dispose()
})

interface Served {
  readonly requestId: string
  readonly user: number
  readonly variant: string | undefined
  readonly version: string | undefined
}

async function ask(user: number): Promise<Served> {
  const { headers, body } = await askAsUser(pool, app, { prompt: 'greeting', user, question: `Question ${user}` })
  await body.dump()
  const text = (name: string) => headers[name] as string | undefined
  return {
    requestId: text('x-request-id') ?? '',
    user,
    variant: text('x-promptbox-variant'),
    version: text('x-promptbox-version'),
  }
}

/** Users from `from` on, each once, some at a time. */
async function askAll(from: number, count: number): Promise<readonly Served[]> {
  const served: Served[] = []
  let next = from
  const client = async (): Promise<void> => {
    while (next < from + count) served.push(await ask(next++))
  }
  await Promise.all(Array.from({ length: 32 }, client))
  return served
}

/** 1 to 5, for warm answers more often a high one: no chance in it. */
function ratingOf({ user, variant }: Served): number {
  const place = ((user * 7919) % 1000) / 1000
  const shift = variant === 'warm' || variant === 'new' ? 0.12 : 0
  return 1 + Math.min(4, Math.floor((place + shift) * 5))
}

async function rate(served: readonly Served[]): Promise<void> {
  for (let at = 0; at < served.length; at += 1000) {
    const feedback = served
      .slice(at, at + 1000)
      .filter(({ variant }) => variant !== undefined)
      .map((each) => ({ request_id: each.requestId, name: 'rating', value: ratingOf(each) }))
    if (feedback.length === 0) continue
    const answer = await app.post('/feedback', { feedback })
    expect(answer.status).toBe(200)
    await answer.arrayBuffer()
  }
}

interface Rollout {
  readonly slug: string
  readonly progress: { readonly state: string; readonly step: number; readonly sentence: string }
}

async function rolloutOf(prompt: string): Promise<Rollout | undefined> {
  const { data } = await app.admin('GET', `/rollouts?prompt=${prompt}`)
  return (data as readonly Rollout[])[0]
}

/** Units that the statistics know, of all variants. */
async function unitsOf(slug: string): Promise<number> {
  const { variants } = await app.admin('GET', `/experiments/${slug}/results`)
  return Object.values(variants as Record<string, { units: number }>).reduce((sum, { units }) => sum + units, 0)
}

interface Watched extends Rollout {
  readonly variants: Readonly<Record<'new' | 'current', { readonly units: number; readonly exchanges: number }>>
}

const watch = async (slug: string): Promise<Watched> =>
  (await app.admin('GET', `/rollouts/${slug}`)) as unknown as Watched

/** Waits until so many exchanges of a rollout are counted, or it has moved on. */
async function counted(slug: string, exchanges: number): Promise<void> {
  const { step } = (await watch(slug)).progress
  await until('the exchanges are folded in', async () => {
    const { progress, variants } = await watch(slug)
    return (
      progress.state !== 'running' ||
      progress.step !== step ||
      variants.new.exchanges + variants.current.exchanges >= exchanges
    )
  })
}

describe('an experiment with 20,000 units', { timeout: 180_000 }, () => {
  let user = 0

  it('finds the better variant by ratings that come late', async () => {
    await app.admin('POST', '/experiments', {
      slug: 'warmer',
      prompt: 'greeting',
      variants: [
        { name: 'control', version: 1, weight: 50 },
        { name: 'warm', version: 2, weight: 50 },
      ],
      primary_metric: 'rating',
      guardrail_metrics: [{ metric: 'success_rate', margin: 0.05 }],
      minimum_detectable_effect: 0.02,
      planned_units: 16_000,
      floors: { hours: 0 },
      auto_promote: true,
      rollout: { steps: [5, 20, 50, 100], hours_per_step: 0, units_per_step: 50 },
    })
    await app.admin('POST', '/experiments/warmer/start')
    let late: readonly Served[] = []
    const state = async (): Promise<string> =>
      (await app.admin('GET', '/experiments/warmer/results'))['state'] as string
    while ((await state()) === 'collecting' && user < 20_000) {
      const served = await askAll(user, 2_000)
      user += 2_000
      // What people say arrives when their next two thousand have already asked.
      await rate(late)
      late = served
      const units = user
      await until('all units are folded in', async () => {
        const known = await unitsOf('warmer')
        return known >= units || (await state()) !== 'collecting'
      })
    }
    await until('a verdict', async () => (await state()) === 'winner')
    const results = await app.admin('GET', '/experiments/warmer/results')
    expect(results).toMatchObject({ state: 'winner', winner: 'warm' })
    expect(results['sentence']).toContain('warm')
  })

  it('is rolled out step by step until the label stands at the winner', async () => {
    const steps: number[] = []
    const { slug } = await until('the rollout', () => rolloutOf('greeting'))
    let asked = 0
    for (let round = 0; round < 60; round++) {
      const now = await watch(slug)
      if (now.progress.state !== 'running') break
      if (steps.at(-1) !== now.progress.step) steps.push(now.progress.step)
      const served = await askAll(user, 500)
      user += 500
      asked += served.filter(({ variant }) => variant === 'new' || variant === 'current').length
      await rate(served)
      await counted(slug, asked)
    }
    await until('the end of the rollout', async () => (await watch(slug)).progress.state === 'completed')
    expect(steps).toEqual([...steps].sort((left, right) => left - right))
    expect(steps.length).toBeGreaterThanOrEqual(3)
    const prompt = await app.admin('GET', '/prompts/greeting')
    expect(prompt['labels']).toMatchObject({ production: 2 })
    const { data } = await app.admin('GET', '/prompts/greeting/timeline')
    expect(data).toContainEqual(expect.objectContaining({ event: 'label_set', label: 'production', from: 1, to: 2 }))
  })

  it('takes a bad version back by itself before two hundred units have met it', async () => {
    const { slug } = (await app.admin('POST', '/rollouts', {
      prompt: 'greeting',
      version: 3,
      steps: [20, 50, 100],
      hours_per_step: 0,
      units_per_step: 1000,
      guardrail_metrics: [{ metric: 'success_rate', margin: 0.02 }],
    })) as unknown as Rollout
    const met = new Set<number>()
    const state = async (): Promise<string> => (await watch(slug)).progress.state
    let asked = 0
    while ((await state()) === 'running' && met.size < 400) {
      const served = await askAll(user, 100)
      user += 100
      asked += served.filter(({ variant }) => variant !== undefined).length
      for (const each of served) if (each.version === '3') met.add(each.user)
      await counted(slug, asked)
    }
    await until('the way back', async () => (await state()) === 'rolled_back')
    expect(met.size).toBeLessThanOrEqual(200)
    const { progress } = await watch(slug)
    expect(progress.sentence).toContain('success rate')
    const after = await until('everybody has the good version again', async () => {
      const served = await askAll(user, 50)
      user += 50
      return served.every(({ version }) => version === '2') ? served : null
    })
    expect(after).toHaveLength(50)
    expect(await app.admin('GET', '/prompts/greeting')).toMatchObject({ labels: { production: 2 } })
  })
})
