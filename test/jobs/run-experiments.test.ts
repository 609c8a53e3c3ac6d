import { beforeEach, describe, expect, it } from 'vitest'
import { Fault } from '../../src/core/fault.ts'
import type { Observation } from '../../src/core/observation.ts'
import { createBench, hourMs, person } from './experiment-bench.ts'

let bench: Awaited<ReturnType<typeof createBench>>

beforeEach(async () => {
  bench = await createBench()
})

const quick = { planned_units: 1_000, floors: { hours: 0 } }

function ofType<Type extends Observation['type']>(type: Type) {
  return bench.observations.filter((each): each is Extract<Observation, { readonly type: Type }> => each.type === type)
}

const notices = (): readonly string[] => ofType('notice').map(({ message }) => message)

describe('an experiment', () => {
  it('is decided once, however many processes look at it at the same time', async () => {
    bench.successOf.set(1, 0.5).set(2, 0.9)
    await bench.start('warmer', quick)
    await bench.serve(1_500)
    const jobs = [bench.job(), bench.job(), bench.job()]
    await Promise.all(jobs.map((job) => job.round()))
    const { decision, status } = await bench.found('warmer')
    expect(decision).toMatchObject({ state: 'winner', winner: 'warm' })
    expect(status).toBe('running')
    expect(ofType('experiment-decided')).toEqual([
      {
        type: 'experiment-decided',
        experiment: 'warmer',
        prompt: 'greeting',
        state: 'winner',
        winner: 'warm',
        sentence: decision?.sentence,
      },
    ])
    const looks = await bench.stores.experimentLedger.looks('default', 'warmer', 10)
    expect(looks.at(-1)?.results).toMatchObject({ state: 'winner', winner: 'warm', decision })
  })

  it('keeps its decision, whatever comes afterwards', async () => {
    bench.successOf.set(1, 0.5).set(2, 0.9)
    await bench.start('warmer', quick)
    await bench.serve(1_500)
    const job = bench.job()
    await job.round()
    const { decision } = await bench.found('warmer')
    expect(decision?.state).toBe('winner')
    bench.successOf.set(1, 0.99).set(2, 0.01)
    await bench.serve(6_000)
    bench.pass(hourMs)
    await job.round()
    await bench.job().round()
    expect((await bench.found('warmer')).decision).toEqual(decision)
    expect(ofType('experiment-decided')).toHaveLength(1)
  })

  it('is not decided before its floors are met', async () => {
    bench.successOf.set(1, 0.5).set(2, 0.9)
    await bench.start('warmer', { planned_units: 1_000 })
    await bench.serve(1_500)
    const job = bench.job()
    await job.round()
    expect((await bench.found('warmer')).decision).toBeNull()
    bench.pass(25 * hourMs)
    await job.round()
    expect((await bench.found('warmer')).decision).not.toBeNull()
  })

  it('gets the number of units it is planned for from its first units, once', async () => {
    bench.successOf.set(1, 0.5).set(2, 0.5)
    await bench.start('warmer', { minimum_detectable_effect: 0.1 })
    const job = bench.job()
    await job.round()
    expect((await bench.found('warmer')).plannedUnits).toBeNull()
    await bench.serve(1_500)
    await job.round()
    const { plannedUnits } = await bench.found('warmer')
    expect(plannedUnits).toBeGreaterThan(1_500)
    bench.successOf.set(1, 0.9).set(2, 0.9)
    await bench.serve(1_500)
    await job.round()
    expect((await bench.found('warmer')).plannedUnits).toBe(plannedUnits)
  })

  it('keeps a look at most once a minute, and only when something changed', async () => {
    await bench.start('warmer', quick)
    const jobs = [bench.job(), bench.job()]
    const looks = async () => (await bench.stores.experimentLedger.looks('default', 'warmer', 100)).length
    for (let second = 0; second < 60; second += 1) {
      await bench.serve(2)
      for (const job of jobs) await job.round()
      bench.pass(1_000)
    }
    expect(await looks()).toBe(1)
    await bench.serve(1)
    for (const job of jobs) await job.round()
    expect(await looks()).toBe(2)
    for (let minute = 0; minute < 5; minute += 1) {
      bench.pass(61_000)
      for (const job of jobs) await job.round()
    }
    expect(await looks()).toBe(2)
  })

  it('begins a split that waits, and units that were assigned stay where they are', async () => {
    await bench.start('warmer', quick)
    await bench.serve(200)
    const job = bench.job()
    await job.round()
    await bench.stores.experiments.change(person, 'warmer', () => ({
      nextWeights: { control: 10, warm: 90 },
      event: 'experiment_changed',
    }))
    bench.pass(1_000)
    await job.round()
    const { phases, nextWeights } = await bench.found('warmer')
    expect(nextWeights).toBeNull()
    expect(phases.map(({ number, weights }) => ({ number, weights }))).toEqual([
      { number: 1, weights: { control: 1, warm: 1 } },
      { number: 2, weights: { control: 10, warm: 90 } },
    ])
    const changes = await bench.stores.snapshot.since('0')
    const value = changes.changes.find(({ noun }) => noun === 'experiment')?.value
    expect(value).toMatchObject({ phases: [{ units: expect.any(String) as string }, { units: null }] })
  })

  it('that fails is named once, and the others are looked at', async () => {
    bench.successOf.set(1, 0.5).set(2, 0.9)
    await bench.start('broken', { ...quick, traffic: 0 })
    await bench.start('warmer', quick)
    await bench.serve(1_500)
    const ledger = bench.stores.experimentLedger
    const statistics = ledger.statistics.bind(ledger)
    Object.assign(ledger, {
      statistics: (tenantId: string, slug: string) =>
        slug === 'broken' ? Promise.reject(new Fault('conflict', 'its sums are damaged')) : statistics(tenantId, slug),
    })
    const job = bench.job()
    await job.round()
    await job.round()
    expect((await bench.found('warmer')).decision?.state).toBe('winner')
    expect(notices()).toEqual([expect.stringMatching(/experiment `broken`.*its sums are damaged/)])
  })

  it('waits while the database is away, and loses nothing', async () => {
    bench.successOf.set(1, 0.5).set(2, 0.9)
    await bench.start('warmer', quick)
    await bench.serve(1_500)
    const job = bench.job()
    bench.stores.setAvailable(false)
    for (let round = 0; round < 3; round += 1) await job.round()
    expect(notices()).toEqual([expect.stringContaining('no more for now')])
    bench.stores.setAvailable(true)
    await job.round()
    expect(notices().at(-1)).toBe('Experiments are looked at again.')
    expect((await bench.found('warmer')).decision?.state).toBe('winner')
  })
})

describe('an experiment that promotes its winner', () => {
  const promoting = {
    ...quick,
    auto_promote: true,
    rollout: { steps: [10, 100], hours_per_step: 1, units_per_step: 20 },
  }

  it('is stopped, and its winner rolled out once by however many processes', async () => {
    bench.successOf.set(1, 0.5).set(2, 0.9)
    await bench.start('warmer', promoting)
    await bench.serve(1_500)
    await Promise.all([bench.job(), bench.job()].map((job) => job.round()))
    expect(await bench.found('warmer')).toMatchObject({ status: 'stopped', decision: { state: 'winner' } })
    const { data } = await bench.stores.experiments.list('default', { kind: 'rollout', limit: 10 })
    expect(data).toHaveLength(1)
    expect(data[0]).toMatchObject({
      status: 'running',
      rollout: { state: 'running', version: 2, fromVersion: 1, label: 'production', step: 0, experiment: 'warmer' },
      body: { rollout: promoting.rollout },
    })
  })

  it('is stopped without a rollout when everybody has its winner already, and says so', async () => {
    bench.successOf.set(1, 0.5).set(2, 0.9)
    await bench.start('warmer', promoting)
    await bench.serve(1_500)
    await bench.stores.prompts.setLabel(person, 'greeting', 'production', 2, null)
    const { experiments } = bench.stores
    const { change } = experiments
    const reasons: unknown[] = []
    experiments.change = (actor, slug, write) =>
      change.call(experiments, actor, slug, (now) => {
        const made = write(now)
        if (made?.event === 'experiment_stopped') reasons.push(made.reason)
        return made
      })
    await bench.job().round()
    expect(await bench.found('warmer')).toMatchObject({ status: 'stopped', decision: { state: 'winner' } })
    expect(reasons).toEqual(['Its winner `warm` is the version that everybody has already.'])
    expect((await experiments.list('default', { kind: 'rollout', limit: 10 })).data).toEqual([])
  })

  it('rolls nothing out while it is paused, or when it did not win', async () => {
    bench.successOf.set(1, 0.5).set(2, 0.9)
    await bench.start('warmer', promoting)
    await bench.serve(1_500)
    await bench.stores.experiments.change(person, 'warmer', () => ({ status: 'paused', event: 'experiment_paused' }))
    const job = bench.job()
    await job.round()
    const rollouts = async () => (await bench.stores.experiments.list('default', { kind: 'rollout', limit: 10 })).data
    expect(await rollouts()).toEqual([])
    await bench.stores.experiments.change(person, 'warmer', () => ({ status: 'running', event: 'experiment_resumed' }))
    await job.round()
    expect(await rollouts()).toHaveLength(1)
  })

  it('waits with a winner that a protected label may not move to, and goes on when it may', async () => {
    const { prompts } = bench.stores
    await bench.start('warmer', promoting)
    await prompts.protectLabel(person, 'greeting', 'production', { approvals: 1, roles: [], minScore: null })
    bench.successOf.set(1, 0.5).set(2, 0.9)
    await bench.serve(1_500)
    const job = bench.job()
    await job.round()
    const rollouts = async () => (await bench.stores.experiments.list('default', { kind: 'rollout', limit: 10 })).data
    expect(await rollouts()).toEqual([])
    expect(await bench.stores.experiments.find('default', 'warmer')).toMatchObject({
      status: 'running',
      decision: { state: 'winner', winner: 'warm' },
    })
    await prompts.approve({ ...person, id: 'reviewer', name: 'reviewer' }, 'greeting', 2, null)
    await job.round()
    expect(await rollouts()).toMatchObject([{ status: 'running', rollout: { version: 2 } }])
  })
})
