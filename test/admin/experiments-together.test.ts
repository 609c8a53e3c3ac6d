import { describe, expect, test } from 'vitest'
import { errorOf, started, twoVariants, withPrompt } from './experiments-support.ts'
import { createSupportReply, type Subject, versionBody } from './subject.ts'

const path = '/v1/experiments/warmer-greeting'
const prompt = '/v1/prompts/support-reply'

const statuses = (answers: readonly { readonly status: number }[]) => answers.map(({ status }) => status).toSorted()
const statesOf = async (subject: Subject, list: string) =>
  ((await subject.send('GET', list)).json['data'] as readonly { slug: string }[]).map(({ slug }) => slug)

describe('of two callers at once', () => {
  test('one gets its part of a namespace', async () => {
    const subject = await withPrompt()
    const namespace = { name: 'tone', from: 0, to: 0.6 }
    for (const slug of ['one', 'two'])
      await subject.send('POST', '/v1/experiments', { ...twoVariants, slug, namespace })
    const begun = await Promise.all(['one', 'two'].map((slug) => subject.send('POST', `/v1/experiments/${slug}/start`)))
    expect(statuses(begun)).toEqual([200, 409])
    expect(begun.map(errorOf)).toContainEqual({ status: 409, param: 'namespace', code: 'namespace_taken' })
    expect(await statesOf(subject, '/v1/experiments?status=running')).toHaveLength(1)
  })

  test('one begins a rollout, and the other leaves nothing behind', async () => {
    const subject = await withPrompt()
    const begin = (slug: string) => subject.send('POST', '/v1/rollouts', { prompt: 'support-reply', version: 2, slug })
    const begun = await Promise.all([begin('one'), begin('two')])
    expect(statuses(begun)).toEqual([201, 409])
    expect(begun.map(errorOf)).toContainEqual({ status: 409, param: 'prompt', code: 'rollout_running' })
    expect(await statesOf(subject, '/v1/rollouts')).toHaveLength(1)
  })
})

describe('of two who stop an experiment with different winners', () => {
  test('one is told that it has stopped, and the label stands where the other put it', async () => {
    const subject = await started(await withPrompt())
    const winners = ['control', 'warm', 'control', 'warm']
    const stopped = await Promise.all(winners.map((winner) => subject.send('POST', `${path}/stop`, { winner })))
    expect(statuses(stopped)).toEqual([200, 409, 409, 409])
    const { json } = stopped.find(({ status }) => status === 200) ?? {}
    const version = json?.['decision']?.['winner'] === 'warm' ? 2 : 1
    expect(json?.['promoted_version']).toBe(version)
    expect((await subject.send('GET', prompt)).json['labels']).toEqual({ production: version })
  })

  test('a winner that is a version to be made is made once', async () => {
    const subject = await withPrompt()
    const variants = [{ name: 'control' }, { name: 'other', model: 'mock/json' }]
    await started(subject, { variants })
    await Promise.all([1, 2, 3].map(() => subject.send('POST', `${path}/stop`, { winner: 'other' })))
    expect((await subject.send('GET', prompt)).json['latest_version']).toBe(3)
  })
})

describe('an experiment under way', () => {
  test('keeps its prompt from being archived until it is stopped', async () => {
    const subject = await started(await withPrompt())
    for (const step of ['pause', 'resume']) {
      const refused = await subject.send('POST', `${prompt}/archive`)
      expect(errorOf(refused)).toEqual({ status: 409, param: 'slug', code: 'experiment_running' })
      expect(refused.json['error']?.['message']).toContain('POST /admin/v1/experiments/warmer-greeting/stop')
      await subject.send('POST', `${path}/${step}`)
    }
    const many = await subject.send('POST', '/v1/prompts/bulk', { prompts: ['support-reply'], archived: true })
    expect(many.text).toContain('warmer-greeting')
    expect((await subject.send('GET', prompt)).json['archived_at']).toBeNull()
    await subject.send('POST', `${path}/stop`)
    expect((await subject.send('POST', `${prompt}/archive`)).status).toBe(200)
  })

  test('keeps the label that it splits, which may still move', async () => {
    const subject = await started(await withPrompt())
    const refused = await subject.send('DELETE', `${prompt}/labels/production`)
    expect(errorOf(refused)).toEqual({ status: 409, param: 'slug', code: 'experiment_running' })
    expect((await subject.send('PUT', `${prompt}/labels/production`, { version: 2 })).status).toBe(200)
    await subject.send('POST', `${path}/stop`)
    expect((await subject.send('DELETE', `${prompt}/labels/production`)).status).toBe(200)
  })

  test('says nothing of other prompts', async () => {
    const subject = await started(await withPrompt())
    await subject.send('POST', '/v1/prompts', { slug: 'bare', name: 'Bare', version: versionBody })
    expect((await subject.send('POST', '/v1/prompts/bare/archive')).status).toBe(200)
  })

  test('shows the weights of its variants as they are now, and takes back what it showed', async () => {
    const subject = await started(await withPrompt())
    const changed = await subject.send('PATCH', path, { weights: { control: 20, warm: 80 } })
    expect(changed.json).toMatchObject({
      weights: { control: 20, warm: 80 },
      variants: [
        { name: 'control', weight: 20 },
        { name: 'warm', weight: 80 },
      ],
      phases: [{ weights: { control: 50, warm: 50 } }, { weights: { control: 20, warm: 80 } }],
    })
    expect((await subject.send('GET', path)).json).toEqual(changed.json)
    const { variants, weights } = changed.json
    const again = await subject.send('PATCH', path, { variants, weights, traffic: 0.5 })
    expect(again.json).toMatchObject({ traffic: 0.5, variants, weights })
    expect(again.json['phases']).toHaveLength(2)
    const stopped = await subject.send('POST', `${path}/stop`)
    expect(stopped.json).toMatchObject({ variants, weights })
  })
})

test('a change that changes nothing is none: it stays as the last one left it', async () => {
  const subject = await withPrompt()
  await subject.send('POST', '/v1/experiments', twoVariants)
  for (const begin of [() => Promise.resolve(), () => subject.send('POST', `${path}/start`)]) {
    await begin()
    const before = (await subject.send('GET', path)).json
    subject.clock.set(subject.clock.now() + 60_000)
    for (const same of [{}, { traffic: 1 }, { weights: { control: 50, warm: 50 } }, { name: null }]) {
      expect((await subject.send('PATCH', path, same)).json).toEqual(before)
    }
    expect((await subject.send('GET', path)).json).toEqual(before)
  }
})

describe('a rollout', () => {
  test('keeps its prompt from being archived until it has ended', async () => {
    const subject = await withPrompt()
    await subject.send('POST', '/v1/rollouts', { prompt: 'support-reply', version: 2, slug: 'out' })
    const refused = await subject.send('POST', `${prompt}/archive`)
    expect(errorOf(refused)).toEqual({ status: 409, param: 'slug', code: 'rollout_running' })
    expect(refused.json['error']?.['message']).toContain('POST /admin/v1/rollouts/out/abort')
    await subject.send('POST', '/v1/rollouts/out/abort')
    expect((await subject.send('POST', `${prompt}/archive`)).status).toBe(200)
  })

  test('is found by the state that it shows', async () => {
    const subject = await withPrompt()
    await createSupportReply(subject, { slug: 'other' })
    await subject.send('POST', '/v1/prompts/other/versions', { ...versionBody, change_note: 'second' })
    await subject.send('POST', '/v1/rollouts', { prompt: 'support-reply', version: 2, slug: 'gone' })
    await subject.send('POST', '/v1/rollouts/gone/abort')
    await subject.send('POST', '/v1/rollouts', { prompt: 'support-reply', version: 2, slug: 'held' })
    await subject.send('POST', '/v1/rollouts/held/pause')
    await subject.send('POST', '/v1/rollouts', { prompt: 'other', version: 2, slug: 'going' })
    const found = (status: string) => statesOf(subject, `/v1/rollouts?status=${status}`)
    expect(await found('aborted')).toEqual(['gone'])
    expect(await found('stopped')).toEqual(['gone'])
    expect(await found('paused')).toEqual(['held'])
    expect(await found('running')).toEqual(['going'])
    for (const state of ['completed', 'rolled_back']) expect(await found(state)).toEqual([])
    const unknown = await subject.send('GET', '/v1/rollouts?status=ended')
    expect(errorOf(unknown)).toMatchObject({ status: 400, param: 'status' })
    expect(unknown.json['error']?.['message']).toContain('rolled_back')
  })
})
