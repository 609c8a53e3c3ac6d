import { beforeEach, describe, expect, it } from 'vitest'
import { Fault } from '../../src/core/fault.ts'
import { createBench, hourMs, person } from './experiment-bench.ts'

let bench: Awaited<ReturnType<typeof createBench>>

beforeEach(async () => {
  bench = await createBench()
})

const settings = { steps: [1, 5, 20, 50, 100], hours_per_step: 1, units_per_step: 5 }

async function progress() {
  const { rollout } = await bench.found('forward')
  if (rollout === null) throw new Error('It is no rollout.')
  return rollout
}

/** Users ask until the rollout stands at a step, without harm. */
async function reach(step: number): Promise<void> {
  const job = bench.job()
  for (let now = 0; now < step; now = (await progress()).step) {
    await bench.serve(now === 0 ? 800 : 150)
    bench.pass(hourMs)
    await job.round()
  }
}

async function abort(): Promise<void> {
  await bench.stores.experiments.change(person, 'forward', ({ rollout }) => ({
    status: 'stopped',
    rollout: rollout === null ? null : { ...rollout, state: 'aborted' },
    event: 'rollout_aborted',
  }))
}

const noticesOf = (word: string) =>
  bench.observations.filter((each) => each.type === 'notice' && each.message.includes(word))

describe('a rollout', () => {
  it('takes every step in its order, and moves the label at the end', async () => {
    await bench.rollOut('forward', settings)
    const job = bench.job()
    const shares: number[] = []
    for (let round = 0; round < 20 && (await progress()).state === 'running'; round += 1) {
      const served = await bench.serve(800)
      shares.push(served.filter(({ version }) => version === 4).length / 8)
      bench.pass(hourMs)
      await job.round()
      expect(await bench.production()).toBe((await progress()).state === 'completed' ? 4 : 1)
    }
    expect(await progress()).toMatchObject({ state: 'completed', step: 4 })
    expect((await bench.found('forward')).status).toBe('stopped')
    expect(shares.map((share) => [1, 5, 20, 50, 100].find((step) => Math.abs(step - share) < 6))).toContain(100)
    expect(shares).toEqual(shares.toSorted((left, right) => left - right))
    const states = bench.observations.flatMap((each) =>
      each.type === 'rollout-changed' ? [[each.state, each.share]] : [],
    )
    expect(states).toEqual([
      ['running', 5],
      ['running', 20],
      ['running', 50],
      ['running', 100],
      ['completed', 100],
    ])
  })

  it('takes each step once, however many processes see that it is time', async () => {
    await bench.rollOut('forward', settings)
    await bench.serve(800)
    bench.pass(hourMs)
    await Promise.all([bench.job(), bench.job(), bench.job()].map((job) => job.round()))
    const { phases, rollout } = await bench.found('forward')
    expect(rollout?.step).toBe(1)
    expect(phases.map(({ number, weights }) => [number, weights['new']])).toEqual([
      [1, 1],
      [2, 5],
    ])
  })

  it('waits for its time and for its units', async () => {
    await bench.rollOut('forward', settings)
    const job = bench.job()
    bench.pass(5 * hourMs)
    await job.round()
    expect((await progress()).step).toBe(0)
    await bench.serve(800)
    await job.round()
    expect((await progress()).step).toBe(1)
    await bench.serve(800)
    await job.round()
    expect((await progress()).step).toBe(1)
  })

  it('that is paused stays where it is until it goes on', async () => {
    await bench.rollOut('forward', settings)
    await bench.serve(800)
    await bench.stores.experiments.change(person, 'forward', () => ({ status: 'paused', event: 'rollout_paused' }))
    bench.pass(5 * hourMs)
    const job = bench.job()
    await job.round()
    expect((await progress()).step).toBe(0)
    await bench.stores.experiments.change(person, 'forward', () => ({ status: 'running', event: 'rollout_resumed' }))
    await job.round()
    expect((await progress()).step).toBe(1)
  })

  it('that was aborted is left alone', async () => {
    await bench.rollOut('forward', settings)
    await bench.serve(800)
    await abort()
    bench.pass(5 * hourMs)
    const before = await bench.found('forward')
    await bench.job().round()
    expect(await bench.found('forward')).toEqual(before)
    expect(await bench.production()).toBe(1)
  })
})

describe('a version that does harm', () => {
  it.each([0, 1, 2, 3, 4])('is taken back at step %i of 0 to 4, before 200 units more have met it', async (step) => {
    await bench.rollOut('forward', settings)
    bench.successOf.set(1, 0.95).set(4, 0.95)
    await reach(step)
    bench.successOf.set(4, 0.5)
    const job = bench.job()
    let met = 0
    while ((await progress()).state === 'running' && met < 300) {
      const served = await bench.serve(step < 2 ? 200 : 20)
      met += served.filter(({ version }) => version === 4).length
      await job.round()
    }
    const { state, sentence } = await progress()
    expect(state).toBe('rolled_back')
    expect(met).toBeLessThanOrEqual(200)
    expect(sentence).toMatch(/success rate/)
    expect(sentence).toMatch(/\d+ units had it/)
    expect(sentence.includes('at the earlier steps')).toBe(step === 4)
    expect(await bench.found('forward')).toMatchObject({ status: 'stopped' })
    expect(await bench.production()).toBe(1)
    const after = await bench.serve(50)
    expect(after.every(({ version }) => version === 1)).toBe(true)
    expect(bench.observations).toContainEqual(
      expect.objectContaining({ type: 'rollout-changed', state: 'rolled_back', share: 0, sentence }),
    )
  })

  it('is taken back by feedback that comes while the rollout is paused', async () => {
    await bench.rollOut('forward', { ...settings, steps: [50, 100] }, [{ metric: 'thumbs', margin: 0.05 }])
    const served = await bench.serve(400)
    const job = bench.job()
    await job.round()
    await bench.stores.experiments.change(person, 'forward', () => ({ status: 'paused', event: 'rollout_paused' }))
    bench.pass(hourMs)
    const statements = served.map(({ requestId, version, user }) => ({
      tenantId: 'default',
      requestId,
      name: 'thumbs',
      source: 'client',
      value: version === 4 ? user % 10 < 3 : user % 10 < 9,
      comment: null,
      at: bench.now(),
      keyId: null,
    }))
    await bench.stores.feedback.writeFeedback(statements)
    await job.round()
    expect(await progress()).toMatchObject({ state: 'rolled_back' })
  })

  it('is taken back once, however many processes see it', async () => {
    await bench.rollOut('forward', { ...settings, steps: [50, 100] })
    bench.successOf.set(1, 0.95).set(4, 0.3)
    await bench.serve(300)
    await Promise.all([bench.job(), bench.job()].map((job) => job.round()))
    expect(bench.observations.filter(({ type }) => type === 'rollout-changed')).toHaveLength(1)
  })
})

describe('a rollout at its end', () => {
  const short = { steps: [50, 100], hours_per_step: 1, units_per_step: 5 }

  /** Everybody has the new version without harm, and the label, which is protected, could move. */
  async function toTheEnd(protection: { readonly approvals?: number; readonly minScore?: number }): Promise<void> {
    const { approvals = 0, minScore = null } = protection
    await bench.stores.prompts.protectLabel(person, 'greeting', 'production', { approvals, roles: [], minScore })
    await bench.rollOut('forward', short)
    await reach(1)
    await bench.serve(100)
    bench.pass(hourMs)
  }

  it('whose label is protected stays at 100 per cent, says who must approve, and goes on when somebody has', async () => {
    await toTheEnd({ approvals: 1 })
    const job = bench.job()
    for (let round = 0; round < 3; round += 1) await job.round()
    const { state, step, sentence } = await progress()
    expect({ state, step }).toEqual({ state: 'running', step: 1 })
    expect(sentence).toMatch(/All units have version 4.*needs 1 approval.*approve/s)
    expect(await bench.production()).toBe(1)
    expect(noticesOf('approval')).toHaveLength(1)

    const other = { tenantId: 'default', id: 'key-grace', name: 'Grace' }
    await bench.stores.prompts.approve(other, 'greeting', 4, null)
    await job.round()
    expect(await bench.production()).toBe(4)
    expect((await progress()).state).toBe('completed')
  })

  it('whose label asks for a test run has one made, and only one when it fails', async () => {
    await toTheEnd({ minScore: 1 })
    let runs = 0
    const job = bench.job(async (actor, slug, version) => {
      runs += 1
      expect({ actor: actor.id, slug, version }).toEqual({ actor: 'promptbox', slug: 'greeting', version: 4 })
    })
    await job.round()
    expect(runs).toBe(1)
    expect((await progress()).sentence).toMatch(/test run/)
  })

  it('waits for its test run beside the rounds, made once by however many processes, and again when it is lost', async () => {
    await toTheEnd({ minScore: 1 })
    let runs = 0
    const endless = () => new Promise<void>(() => void (runs += 1))
    const jobs = [bench.job(endless), bench.job(endless)]
    for (let round = 0; round < 3; round += 1) {
      await Promise.all(jobs.map((job) => job.round()))
      bench.pass(60_000)
    }
    expect(runs).toBe(1)
    bench.pass(hourMs)
    await Promise.all(jobs.map((job) => job.round()))
    expect(runs).toBe(2)
  })

  it('whose test cases cannot be run says why, and keeps nothing else from going on', async () => {
    await toTheEnd({ minScore: 1 })
    const job = bench.job(() => Promise.reject(new Fault('conflict', 'there are no test cases')))
    await job.round()
    await job.round()
    expect(noticesOf('no test cases')).toHaveLength(1)
    expect(await progress()).toMatchObject({ state: 'running', step: 1 })
  })

  it('that is aborted during its test run moves no label', async () => {
    await toTheEnd({ minScore: 1 })
    let end = (): void => {}
    const tested = new Promise<void>((resolve) => (end = resolve))
    const job = bench.job(() => tested)
    await job.round()
    await abort()
    await bench.stores.prompts.unprotectLabel(person, 'greeting', 'production')
    end()
    await tested
    await job.round()
    expect(await bench.production()).toBe(1)
  })

  it('that somebody anticipated is completed, and one whose label went elsewhere is aborted', async () => {
    await bench.rollOut('forward', short)
    await bench.stores.prompts.setLabel(person, 'greeting', 'production', 4, null)
    await bench.job().round()
    expect(await progress()).toMatchObject({ state: 'completed' })

    await bench.stores.prompts.setLabel(person, 'greeting', 'production', 1, null)
    await bench.rollOut('again', short)
    await bench.stores.prompts.setLabel(person, 'greeting', 'production', 3, null)
    await bench.job().round()
    const { status, rollout } = await bench.found('again')
    expect(status).toBe('stopped')
    expect(rollout).toMatchObject({ state: 'aborted', sentence: expect.stringContaining('version 3') as string })
    expect(await bench.production()).toBe(3)
  })
})
