import { describe, expect, test } from 'vitest'
import { errorOf, started, twoVariants, withPrompt } from './experiments-support.ts'
import type { Subject } from './subject.ts'

const path = '/v1/experiments/warmer-greeting'
const protection = '/v1/prompts/support-reply/labels/production/protection'
const versions = '/v1/prompts/support-reply/versions'

async function guarded(asked: object): Promise<Subject> {
  const subject = await withPrompt()
  await subject.send('PUT', protection, asked)
  return subject
}

async function start(subject: Subject, changes: object = {}) {
  await subject.send('POST', '/v1/experiments', { ...twoVariants, ...changes })
  return subject.send('POST', `${path}/start`)
}

describe('under a protected label an experiment serves', () => {
  test('no version without its approvals', async () => {
    const refused = await start(await guarded({ approvals: 1 }))
    expect(errorOf(refused)).toEqual({ status: 409, param: 'variants[1].version', code: 'label_protected' })
    expect(refused.json['error']?.['message']).toContain('needs 1 approval')
  })

  test('no version that was not tested, where the label asks for a score', async () => {
    const refused = await start(await guarded({ approvals: 0, min_score: 0.5 }))
    expect(errorOf(refused)).toMatchObject({ status: 409, code: 'label_protected' })
    expect(refused.json['error']?.['message']).toContain('complete test run')
  })

  test.each([
    ['another model', { model: 'mock/json' }, 'variants[1].model'],
    ['other parameters', { parameters: { temperature: 2 } }, 'variants[1].parameters'],
  ])('no %s over the version that is approved', async (_what, change, param) => {
    const variants = [
      { name: 'control', version: 1 },
      { name: 'hot', version: 1, ...change },
    ]
    const refused = await start(await guarded({ approvals: 1 }), { variants })
    expect(errorOf(refused)).toEqual({ status: 409, param, code: 'label_protected' })
    expect(refused.json['error']?.['message']).toContain('asks for 1 approval')
  })

  test('another model, where whoever starts it might move the label to any version', async () => {
    const variants = [
      { name: 'control', version: 1 },
      { name: 'hot', version: 1, model: 'mock/json' },
    ]
    expect((await start(await guarded({ approvals: 0, roles: ['manager'] }), { variants })).status).toBe(200)
  })

  test('nothing again, when it is resumed after somebody rejected a version', async () => {
    const subject = await started(await withPrompt())
    await subject.send('POST', `${path}/pause`)
    await subject.send('PUT', protection, { approvals: 0 })
    await subject.send('POST', `${versions}/2/reject`)
    expect(errorOf(await subject.send('POST', `${path}/resume`))).toMatchObject({
      status: 409,
      code: 'label_protected',
    })
    expect((await subject.send('GET', path)).json['status']).toBe('paused')
    await subject.send('DELETE', protection)
    expect((await subject.send('POST', `${path}/resume`)).json['status']).toBe('running')
  })
})

test('a rollout is not resumed with a version that was rejected meanwhile', async () => {
  const subject = await withPrompt()
  const body = { prompt: 'support-reply', version: 2, slug: 'forward' }
  expect((await subject.send('POST', '/v1/rollouts', body)).status).toBe(201)
  await subject.send('POST', '/v1/rollouts/forward/pause')
  await subject.send('PUT', protection, { approvals: 0 })
  await subject.send('POST', `${versions}/2/reject`)
  const refused = await subject.send('POST', '/v1/rollouts/forward/resume')
  expect(errorOf(refused)).toMatchObject({ status: 409, code: 'label_protected' })
  expect((await subject.send('GET', '/v1/rollouts/forward')).json['state']).toBe('paused')
})
