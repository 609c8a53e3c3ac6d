import { beforeEach, describe, expect, it } from 'vitest'
import { statementTooSlow } from '../../src/store/faults.ts'
import { createBench } from './experiment-bench.ts'

/** What an operator of several processes and a large database relies on. */
let bench: Awaited<ReturnType<typeof createBench>>

beforeEach(async () => {
  bench = await createBench()
})

const quick = { planned_units: 1_000, floors: { hours: 0 } }
const harmful = async () => {
  await bench.rollOut('forward', { steps: [50, 100] })
  bench.successOf.set(1, 0.95).set(4, 0.3)
  await bench.serve(300)
}
const rolloutState = async () => (await bench.found('forward')).rollout?.state
const notices = (): readonly string[] =>
  bench.observations.flatMap((each) => (each.type === 'notice' ? [each.message] : []))

describe('a statement that the database does not finish in time', () => {
  /** An experiment of which nothing can be read in time. */
  const large = async () => {
    await bench.start('large', { ...quick, traffic: 0 })
    const { experimentLedger: ledger } = bench.stores
    const statistics = ledger.statistics.bind(ledger)
    Object.assign(ledger, {
      prepare: () => Promise.reject(statementTooSlow()),
      statistics: (tenantId: string, slug: string) =>
        slug === 'large' ? Promise.reject(statementTooSlow()) : statistics(tenantId, slug),
    })
  }

  it('of one experiment keeps no other from being decided, and is said once', async () => {
    await large()
    bench.successOf.set(1, 0.5).set(2, 0.9)
    await bench.start('warmer', quick)
    await bench.serve(1_500)
    const job = bench.job()
    for (let round = 0; round < 3; round += 1) await job.round()
    expect((await bench.found('warmer')).decision?.state).toBe('winner')
    expect(notices().filter((notice) => notice.includes('`large`'))).toHaveLength(2)
  })

  it('of one experiment keeps no rollout from being taken back', async () => {
    await large()
    await harmful()
    await bench.job().round()
    expect(await rolloutState()).toBe('rolled_back')
  })

  it('while counting keeps no rollout from being taken back by what is counted', async () => {
    await harmful()
    while ((await bench.stores.experimentLedger.fold(1_000, bench.now())) > 0);
    Object.assign(bench.stores.experimentLedger, { fold: () => Promise.reject(statementTooSlow()) })
    await bench.job().round()
    expect(await rolloutState()).toBe('rolled_back')
    expect(notices()).toEqual([expect.stringContaining('Nothing is counted')])
  })

  it('while counting is made smaller, until what waits is counted', async () => {
    await bench.start('warmer', quick)
    await bench.serve(1_000)
    const { experimentLedger: ledger } = bench.stores
    const fold = ledger.fold.bind(ledger)
    Object.assign(ledger, {
      fold: (...asked: Parameters<typeof fold>) =>
        asked[0] > 300 ? Promise.reject(statementTooSlow()) : fold(...asked),
    })
    const job = bench.job()
    for (let round = 0; round < 10; round += 1) await job.round()
    const statistics = await ledger.statistics('default', 'warmer')
    const { control, warm } = statistics?.phases[0]?.variants ?? {}
    expect((control?.units ?? 0) + (warm?.units ?? 0)).toBe(1_000)
  })

  it('is no reason to keep rollouts waiting for what units of many experiments did before', async () => {
    for (const slug of ['one', 'two', 'three']) await bench.start(slug, { ...quick, traffic: 0 })
    const { experimentLedger: ledger } = bench.stores
    const prepare = ledger.prepare.bind(ledger)
    let prepared = 0
    Object.assign(ledger, {
      prepare: (...asked: Parameters<typeof prepare>) => {
        bench.pass(25_000)
        prepared += 1
        return prepare(...asked)
      },
    })
    const job = bench.job()
    const after: number[] = []
    for (let round = 0; round < 4; round += 1) {
      await job.round()
      after.push(prepared)
    }
    expect(after).toEqual([1, 2, 3, 3])
  })
})

describe('processes whose clocks are a minute and a half apart', () => {
  it('roll a winner out once, and neither takes away what the other one is about to start', async () => {
    bench.successOf.set(1, 0.5).set(2, 0.9)
    await bench.start('warmer', { ...quick, auto_promote: true, rollout: { steps: [50, 100] } })
    await bench.serve(1_500)
    const ahead = bench.job(null, 90_000)
    const { experiments } = bench.stores
    const create = experiments.create.bind(experiments)
    Object.assign(experiments, {
      create: async (...asked: Parameters<typeof create>) => {
        Object.assign(experiments, { create })
        const made = await create(...asked)
        await ahead.round()
        return made
      },
    })
    await bench.job().round()
    expect(await bench.found('rollout-of-warmer')).toMatchObject({ status: 'running' })
    expect(await bench.found('warmer')).toMatchObject({ status: 'stopped' })
    expect(notices()).toEqual([])
  })
})

describe('a process that dies while it starts a rollout', () => {
  it('leaves a draft behind, and another process rolls the winner out', async () => {
    bench.successOf.set(1, 0.5).set(2, 0.9)
    await bench.start('warmer', { ...quick, auto_promote: true, rollout: { steps: [50, 100] } })
    await bench.serve(1_500)
    const { experiments } = bench.stores
    const create = experiments.create.bind(experiments)
    let diesHere = (): void => {}
    const died = new Promise<void>((resolve) => (diesHere = resolve))
    Object.assign(experiments, {
      create: async (...asked: Parameters<typeof create>) => {
        await create(...asked)
        diesHere()
        return new Promise(() => {})
      },
    })
    void bench.job().round()
    await died
    Object.assign(experiments, { create })
    const other = bench.job()
    await other.round()
    expect(await bench.found('rollout-of-warmer')).toMatchObject({ status: 'draft' })
    bench.pass(61_000)
    await other.round()
    expect(await bench.found('rollout-of-warmer')).toMatchObject({ status: 'running' })
    expect(await bench.found('warmer')).toMatchObject({ status: 'stopped' })
  })
})
