import { expect, it } from 'vitest'
import type { FeedbackRecord } from '../../src/core/feedback.ts'
import { bucketOf } from '../../src/experiments/bucket.ts'
import { type Bench, createBench, hourMs, type Served } from './experiment-bench.ts'

/** 1 to 5; people who get version 2 are a little happier. */
function ratingOf({ user, version }: Served): number {
  const mood = bucketOf(`mood with ${version}`, String(user)) + (version === 2 ? 0.06 : 0)
  return 1 + Math.min(4, Math.floor(mood * 5))
}

async function rate(bench: Bench, served: readonly Served[]): Promise<void> {
  const records = served.map((each): FeedbackRecord => ({
    tenantId: 'default',
    requestId: each.requestId,
    name: 'rating',
    source: 'client',
    value: ratingOf(each),
    comment: null,
    at: bench.now(),
    keyId: null,
  }))
  await bench.stores.feedback.writeFeedback(records)
}

async function onlyRollout(bench: Bench) {
  const { data } = await bench.stores.experiments.list('default', { kind: 'rollout', limit: 10 })
  const [rollout] = data
  if (data.length !== 1 || rollout === undefined) throw new Error(`There are ${data.length} rollouts.`)
  return rollout
}

it(
  'finds the better of two versions among 20,000 units by late feedback, brings it to everybody, and takes a bad one back',
  { timeout: 120_000 },
  async () => {
    const bench = await createBench()
    const job = bench.job()
    await bench.start('warmer', {
      primary_metric: 'rating',
      guardrail_metrics: [{ metric: 'success_rate', margin: 0.03 }],
      planned_units: 16_000,
      auto_promote: true,
      rollout: { steps: [1, 5, 20, 50, 100], hours_per_step: 1, units_per_step: 20 },
    })

    let late: readonly Served[] = []
    let asked = 0
    for (; asked < 20_000 && (await bench.found('warmer')).status === 'running'; asked += 2_000) {
      const served = await bench.serve(2_000)
      bench.pass(6 * hourMs)
      // What people say arrives a day after they asked.
      await rate(bench, late)
      late = served.filter(({ variant }) => variant === 'control' || variant === 'warm')
      await job.round()
    }
    const { decision, status } = await bench.found('warmer')
    expect(decision).toMatchObject({ state: 'winner', winner: 'warm' })
    expect(decision?.sentence).toContain('rating')
    expect(status).toBe('stopped')

    const { slug } = await onlyRollout(bench)
    const steps = new Set<number>()
    for (let round = 0; round < 40 && (await bench.found(slug)).status === 'running'; round += 1) {
      steps.add((await bench.found(slug)).rollout?.step ?? -1)
      await bench.serve(1_000)
      asked += 1_000
      bench.pass(hourMs)
      await job.round()
    }
    // The others of the 20,000 come when everybody has it.
    if (asked < 20_000) await bench.serve(20_000 - asked)
    expect([...steps]).toEqual([0, 1, 2, 3, 4].filter((step) => steps.has(step)))
    expect(steps.has(4)).toBe(true)
    expect(await bench.found(slug)).toMatchObject({ rollout: { state: 'completed', experiment: 'warmer' } })
    expect(await bench.production()).toBe(2)

    bench.successOf.set(4, 0.45)
    await bench.rollOut('worse', { steps: [5, 20, 50, 100], hours_per_step: 1, units_per_step: 1_000 })
    let met = 0
    while ((await bench.found('worse')).status === 'running' && met < 400) {
      const served = await bench.serve(100)
      met += served.filter(({ version }) => version === 4).length
      await job.round()
    }
    const worse = await bench.found('worse')
    expect(worse.rollout?.state).toBe('rolled_back')
    expect(worse.rollout?.sentence).toContain('success rate')
    expect(met).toBeLessThanOrEqual(200)
    expect(await bench.production()).toBe(2)
    expect((await bench.serve(200)).every(({ version }) => version === 2)).toBe(true)
  },
)
