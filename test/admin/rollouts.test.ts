import { describe, expect, test } from 'vitest'
import { startRollout } from '../../src/admin/start-rollout.ts'
import { errorOf, started, withPrompt } from './experiments-support.ts'
import { createSubject, versionBody } from './subject.ts'

const body = { prompt: 'support-reply', version: 2, slug: 'out' }
const path = '/v1/rollouts/out'

describe('a rollout', () => {
  test('begins with its first step, and leaves the label', async () => {
    const subject = await withPrompt()
    const made = await subject.send('POST', '/v1/rollouts', { prompt: 'support-reply', version: 2 })
    expect(made.status).toBe(201)
    expect(made.json).toMatchObject({
      slug: 'rollout-support-reply-v2',
      label: 'production',
      version: 2,
      from_version: 1,
      state: 'running',
      progress: { step: 0, steps: [1, 5, 20, 50, 100], share: 1, hours_per_step: 1, units_per_step: 100 },
      phases: [{ number: 1, weights: { new: 1, current: 99 } }],
      experiment: null,
      warnings: [],
    })
    const metrics = made.json['guardrail_metrics'] as readonly { metric: string }[]
    expect(metrics.map(({ metric }) => metric)).toEqual([
      'success_rate',
      'guardrail_block_rate',
      'latency_ms',
      'cost_usd',
    ])
    expect((await subject.send('GET', '/v1/prompts/support-reply')).json['labels']).toEqual({ production: 1 })
    const seen = await subject.send('GET', '/v1/rollouts/rollout-support-reply-v2')
    expect(seen.json).toMatchObject({ sentence: expect.stringContaining('1 %'), harm: { harmed: false } })
    const experiment = await subject.send('GET', '/v1/experiments/rollout-support-reply-v2')
    expect(experiment.json['error']?.['message']).toContain('/admin/v1/rollouts/rollout-support-reply-v2')
    expect((await subject.send('GET', '/v1/experiments')).json['data']).toEqual([])
    expect((await subject.send('GET', '/v1/rollouts?status=running')).json['data']).toHaveLength(1)
  })

  test('serves the share of its step, from the next request on', async () => {
    const subject = await withPrompt()
    await subject.send('POST', '/v1/rollouts', { ...body, steps: [100] })
    const snapshotSays = (await subject.stores.experiments.find('default', 'out'))?.phases
    expect(snapshotSays).toMatchObject([{ weights: { new: 100, current: 0 } }])
  })

  test.each([
    ['a prompt that is not there', { prompt: 'nobody' }, 404, 'prompt', 'prompt_not_found'],
    ['a version that is not there', { version: 9 }, 404, 'version', null],
    ['the version everybody has', { version: 1 }, 409, 'version', 'nothing_to_roll_out'],
    ['another label', { label: 'staging' }, 400, 'label', null],
    ['steps that fall', { steps: [50, 20, 100] }, 400, 'steps', null],
    ['steps that do not end', { steps: [50] }, 400, 'steps', null],
    [
      'a metric twice',
      {
        guardrail_metrics: [
          { metric: 'rating', margin: 1 },
          { metric: 'rating', margin: 2 },
        ],
      },
      400,
      'guardrail_metrics[1].metric',
      null,
    ],
    ['a field nobody knows', { step: 1 }, 400, 'step', null],
  ])('is refused for %s', async (_what, change, status, param, code) => {
    const subject = await withPrompt()
    const answer = await subject.send('POST', '/v1/rollouts', { ...body, ...change })
    expect(errorOf(answer)).toMatchObject({ status, param, ...(code === null ? {} : { code }) })
    expect((await subject.send('GET', '/v1/rollouts')).json['data']).toEqual([])
  })

  test('is one of a prompt at a time, also when two begin at once', async () => {
    const subject = await withPrompt()
    const actor = { tenantId: 'default', id: 'admin', name: 'admin' }
    const begin = (slug: string) =>
      startRollout({ stores: subject.stores, clock: subject.clock }, actor, { ...body, slug })
    const both = await Promise.allSettled([begin('one'), begin('two')])
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect((await subject.send('GET', '/v1/rollouts?status=running')).json['data']).toHaveLength(1)
    const third = await subject.send('POST', '/v1/rollouts', body)
    expect(errorOf(third)).toMatchObject({ status: 409, param: 'prompt', code: 'rollout_running' })
  })

  test('needs a label to start from, and a prompt that is served', async () => {
    const subject = await withPrompt()
    await subject.send('POST', '/v1/prompts', { slug: 'bare', name: 'Bare', version: versionBody })
    const bare = await subject.send('POST', '/v1/rollouts', { prompt: 'bare', version: 1 })
    expect(errorOf(bare)).toEqual({ status: 409, param: 'label', code: 'label_missing' })
    await subject.send('POST', '/v1/prompts/support-reply/archive')
    expect(errorOf(await subject.send('POST', '/v1/rollouts', body))).toMatchObject({ code: 'prompt_archived' })
  })

  test('serves no version that a protected label may not move to', async () => {
    const subject = await withPrompt()
    await subject.send('PUT', '/v1/prompts/support-reply/labels/production/protection', { approvals: 1 })
    const refused = await subject.send('POST', '/v1/rollouts', body)
    expect(errorOf(refused)).toEqual({ status: 409, param: 'version', code: 'label_protected' })
    expect(refused.json['error']?.['message']).toContain('needs 1 approval')
    expect((await subject.send('GET', '/v1/rollouts')).json['data']).toEqual([])
  })
})

describe('pause, resume and abort', () => {
  test('say who did it and why, and leave the label', async () => {
    const subject = await withPrompt()
    await subject.send('POST', '/v1/rollouts', { ...body, steps: [20, 100] })
    const paused = await subject.send('POST', `${path}/pause`, { reason: 'an incident' })
    expect(paused.json).toMatchObject({ state: 'paused', progress: { share: 0 } })
    expect(paused.json['sentence']).toContain('an incident')
    subject.clock.set(subject.clock.now() + 60_000)
    const resumed = await subject.send('POST', `${path}/resume`)
    expect(resumed.json).toMatchObject({
      state: 'running',
      progress: { step: 0, share: 20, step_started_at: new Date(subject.clock.now()).toISOString() },
    })
    const aborted = await subject.send('POST', `${path}/abort`, { reason: 'a mistake' })
    expect(aborted.json).toMatchObject({ state: 'aborted', progress: { share: 0 } })
    expect(aborted.json['sentence']).toContain('Everybody has version 1 again')
    expect((await subject.send('GET', '/v1/prompts/support-reply')).json['labels']).toEqual({ production: 1 })
  })

  test('are refused where they make no sense', async () => {
    const subject = await withPrompt()
    await subject.send('POST', '/v1/rollouts', body)
    const code = async (step: string) => errorOf(await subject.send('POST', `${path}/${step}`)).code
    expect(await code('resume')).toBe('rollout_not_paused')
    await subject.send('POST', `${path}/pause`)
    expect(await code('pause')).toBe('rollout_not_running')
    await subject.send('POST', `${path}/abort`)
    for (const step of ['pause', 'resume', 'abort']) expect(await code(step)).toBe('rollout_ended')
    const again = await subject.send('POST', '/v1/rollouts', { ...body, slug: 'again' })
    expect(again.status).toBe(201)
  })

  test('are not there for experiments and for what is not there', async () => {
    const subject = await started(await withPrompt(), { slug: 'out' })
    for (const step of ['pause', 'resume', 'abort']) {
      expect(errorOf(await subject.send('POST', `${path}/${step}`))).toMatchObject({ status: 404, param: 'slug' })
      expect(errorOf(await createSubject().send('POST', `${path}/${step}`))).toMatchObject({ status: 404 })
    }
    expect((await subject.send('GET', '/v1/experiments/out')).json['status']).toBe('running')
  })
})
