import { describe, expect, test } from 'vitest'
import { tryProposal } from '../../src/admin/advance-proposal.ts'
import { Fault } from '../../src/core/fault.ts'
import { newRequestId } from '../../src/core/ids.ts'
import { evolveRound } from '../../src/jobs/evolve-prompts.ts'
import { createExperiment } from '../../src/admin/create-experiment.ts'
import { startRollout } from '../../src/admin/start-rollout.ts'
import { stopExperiment } from '../../src/admin/stop-experiment.ts'
import { experimentBodySchema } from '../../src/contract/experiment-body.ts'
import { statementTooSlow } from '../../src/store/faults.ts'
import { actor } from '../store/contract/subject.ts'
import { auto, type Bench, bench, decision, policy, slug, withPrompt } from './evolution-bench.ts'

describe('what fails', () => {
  test('of one prompt is said once and keeps no other from its turn', async () => {
    const own = await bench()
    await withPrompt(own)
    await own.stores.evolution.putPolicy(actor, 'gone', policy({ every_hours: 1 }))
    await own.stores.evolution.putPolicy(actor, slug, policy())
    await evolveRound(own.needs)
    own.pass(3_600_000)
    await evolveRound(own.needs)
    expect(own.notices).toHaveLength(1)
    expect(own.notices[0]).toContain("no prompt 'gone'")
    const failed = await own.stores.evolution.policy('default', 'gone')
    expect(failed?.lastRun?.sentence).toContain("no prompt 'gone'")
    expect(await own.state()).toBe('tested')
  })

  test('in a run of test cases is a failed test, and not paid for again by itself', async () => {
    const own = await bench()
    await withPrompt(own)
    await own.stores.evolution.putPolicy(actor, slug, policy())
    await evolveRound(own.needs)
    own.setOutcome(new Fault('rate_limited', 'Too many runs.'))
    for (let round = 0; round < 3; round += 1) await evolveRound(own.needs)
    expect(await own.state()).toBe('failed_tests')
    expect(own.runs).toHaveLength(1)
    expect(own.notices).toHaveLength(1)
  })

  test('its test cases goes into no experiment', async () => {
    const own = await bench()
    await withPrompt(own)
    await own.stores.evolution.putPolicy(actor, slug, policy({ steps: auto }))
    own.setOutcome(false)
    for (let round = 0; round < 4; round += 1) await evolveRound(own.needs)
    expect(await own.state()).toBe('failed_tests')
    expect((await own.stores.experiments.list('default', { limit: 10 })).data).toEqual([])
  })

  test('for want of test cases waits, without a line in the audit trail for each round', async () => {
    const own = await bench()
    await withPrompt(own, slug, [])
    await own.stores.evolution.putPolicy(actor, slug, policy({ steps: auto }))
    for (let round = 0; round < 4; round += 1) await evolveRound(own.needs)
    expect(await own.state()).toBe('proposed')
    expect(own.notices).toHaveLength(1)
    expect(own.runs).toEqual([])
  })

  test('because there is too much to read in time is said where the outcome would be, and ends no round', async () => {
    const own = await bench()
    await withPrompt(own)
    await withPrompt(own, 'large')
    for (const prompt of ['large', slug]) await own.stores.evolution.putPolicy(actor, prompt, policy())
    const { evolution } = own.stores
    const evidence = evolution.evidence.bind(evolution)
    Object.assign(evolution, {
      evidence: (...asked: Parameters<typeof evidence>) =>
        asked[1] === 'large' ? Promise.reject(statementTooSlow()) : evidence(...asked),
    })
    for (let round = 0; round < 2; round += 1) await evolveRound(own.needs)
    expect(await own.state()).toBe('tested')
    expect((await evolution.policy('default', 'large'))?.lastRun?.sentence).toContain('time limit')
    expect(own.notices).toEqual([expect.stringContaining('`large`')])
  })

  test('because the database is away ends the round', async () => {
    const own = await bench()
    await withPrompt(own)
    own.stores.setAvailable(false)
    await expect(evolveRound(own.needs)).rejects.toMatchObject({ kind: 'unavailable' })
  })

  test('half way, with the process that ran the test cases, is said after an hour', async () => {
    const own = await bench()
    await withPrompt(own)
    await own.stores.evolution.putPolicy(actor, slug, policy())
    await evolveRound(own.needs)
    const [{ id } = { id: newRequestId() }] = (await own.stores.evolution.proposals('default', slug, { limit: 1 })).data
    await own.stores.evolution.changeProposal(actor, id, 'proposed', { state: 'testing' })
    await evolveRound(own.needs)
    expect(await own.state()).toBe('testing')
    own.pass(2 * 3_600_000)
    await evolveRound(own.needs)
    expect(await own.state()).toBe('failed_tests')
  })
})

describe('what others do', () => {
  const experiment = 'evolve-support-reply-v2'
  const stateOf = async ({ stores }: Bench) => (await stores.evolution.proposals('default', slug, { limit: 1 })).data[0]

  async function inExperiment(steps: object = { ...auto, rollout: 'hand' }): Promise<Bench> {
    const own = await bench()
    await withPrompt(own)
    await own.stores.evolution.putPolicy(actor, slug, policy({ steps }))
    for (let round = 0; round < 3; round += 1) await evolveRound(own.needs)
    expect(await own.state()).toBe('in_experiment')
    return own
  }

  test('to the experiment of a proposal, with its winner and a rollout, is followed', async () => {
    const own = await inExperiment()
    const stopped = await stopExperiment({ ...own.needs, runGate: null }, actor, experiment, {
      winner: 'proposed',
      rollout: [50, 100],
    })
    for (let round = 0; round < 2; round += 1) await evolveRound(own.needs)
    expect(await stateOf(own)).toMatchObject({ state: 'rolling_out', rollout: stopped.rollout })
  })

  test('to the label, which goes to the proposal, makes it the one that is served', async () => {
    const own = await inExperiment()
    await stopExperiment({ ...own.needs, runGate: null }, actor, experiment, { winner: 'proposed' })
    for (let round = 0; round < 2; round += 1) await evolveRound(own.needs)
    expect(await own.state()).toBe('promoted')
  })

  test('to the label, which goes elsewhere, is a reason to leave what was proposed for the version before', async () => {
    const own = await bench()
    await withPrompt(own)
    await own.stores.evolution.putPolicy(actor, slug, policy({ steps: auto }))
    for (let round = 0; round < 2; round += 1) await evolveRound(own.needs)
    await own.stores.prompts.addVersion(actor, slug, {
      messages: [{ role: 'user', content: 'Hi.' }],
      model: 'openai/x',
    })
    await own.stores.prompts.setLabel(actor, slug, 'production', 3, null)
    const tested = await stateOf(own)
    if (tested === undefined) throw new Error('there is no proposal')
    await expect(tryProposal(own.needs, actor, tested)).rejects.toMatchObject({ code: 'parent_replaced' })
    await evolveRound(own.needs)
    expect(await stateOf(own)).toMatchObject({ state: 'rejected', sentence: expect.stringContaining('version 3') })
    expect((await own.stores.experiments.list('default', { limit: 10 })).data).toEqual([])
  })

  test('under the name of its experiment is left alone', async () => {
    const own = await bench()
    await withPrompt(own)
    await withPrompt(own, 'other')
    const variants = [
      { name: 'a', version: 1 },
      { name: 'b', version: 1 },
    ]
    const body = experimentBodySchema.parse({ prompt: 'other', variants })
    await createExperiment(own.needs, actor, { slug: experiment, ...body })
    await own.stores.evolution.putPolicy(actor, slug, policy({ steps: auto }))
    for (let round = 0; round < 3; round += 1) await evolveRound(own.needs)
    const proposal = await stateOf(own)
    expect(proposal?.experiment).toMatch(/^evolve-support-reply-v2-[0-9a-f]{8}$/)
    expect(await own.stores.experiments.find('default', experiment)).toMatchObject({ status: 'draft' })
  })

  test('in a rollout that began before makes it wait and not give up', async () => {
    const own = await inExperiment(auto)
    const { stores, needs } = own
    await stores.prompts.addVersion(actor, slug, { messages: [{ role: 'user', content: 'Hi.' }], model: 'openai/x' })
    await startRollout(needs, actor, { prompt: slug, version: 3, slug: 'theirs' })
    // As one that gave way to another, which began in the same moment.
    const name = `rollout-of-${experiment}`
    const { body, rollout } = (await stores.experiments.find('default', 'theirs')) ?? {}
    if (body === undefined || rollout === undefined || rollout === null) throw new Error('there is no rollout')
    await stores.experiments.create(actor, { slug: name, kind: 'rollout', body, seed: 'x', rollout })
    await stores.experiments.change(actor, name, () => ({
      status: 'stopped',
      rollout: { ...rollout, version: 2, state: 'aborted' },
      event: null,
    }))
    await stores.experiments.change(actor, experiment, () => ({ decision: decision('proposed'), event: null }))
    for (let round = 0; round < 3; round += 1) await evolveRound(needs)
    expect(await own.state()).toBe('won')
    await stores.experiments.change(actor, 'theirs', () => ({ status: 'stopped', event: null }))
    await evolveRound(needs)
    const now = await stateOf(own)
    expect(now).toMatchObject({ state: 'rolling_out' })
    const begun = await stores.experiments.find('default', now?.rollout ?? '')
    expect(begun).toMatchObject({ status: 'running', rollout: { version: 2 } })
    expect(begun?.body.guardrail_metrics.map(({ metric }) => metric)).toContain('success_rate')
  })
})
