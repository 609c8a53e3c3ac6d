import { expect, test } from 'vitest'
import { newRequestId } from '../../src/core/ids.ts'
import { exchangeRecord } from '../store/contract/exchange-record.ts'
import { errorOf } from './experiments-support.ts'
import { createSubject, createSupportReply, type Subject } from './subject.ts'

const path = '/v1/prompts/support-reply/evolution'

/** A prompt with a good answer on record. */
async function subjectWithAnswer(): Promise<Subject> {
  const subject = createSubject()
  await createSupportReply(subject, { aliases: ['sr'] })
  const at = subject.clock.now()
  const record = exchangeRecord(
    {
      promptVersion: 1,
      finishReasons: ['stop'],
      guardrails: 'pass',
      guardrailResults: [],
      bodies: {
        request: '{"messages":[{"role":"user","content":"Where is it?"}]}',
        rendered: null,
        response: '{"choices":[{"message":{"content":"On its way."}}]}',
        truncated: false,
      },
    },
    at,
  )
  await subject.stores.exchangeWriter.write([record])
  const { requestId } = record
  await subject.stores.feedback.writeFeedback([
    { tenantId: 'default', requestId, name: 'thumbs', source: 'client', value: true, comment: null, at, keyId: null },
  ])
  return subject
}

test('a policy is set, shown with its defaults, and removed; an alias does as well', async () => {
  const subject = createSubject()
  await createSupportReply(subject, { aliases: ['sr'] })
  expect(errorOf(await subject.send('GET', path))).toMatchObject({ status: 404, param: 'slug' })
  const put = await subject.send('PUT', '/v1/prompts/sr/evolution', { budget_usd: 5 })
  expect(put.json).toMatchObject({
    prompt: 'support-reply',
    enabled: true,
    budget_usd: 5,
    writer: { type: 'rules' },
    steps: { test: 'auto', experiment: 'hand', rollout: 'hand' },
    spent_usd: 0,
    last_run_at: null,
    updated_by: 'admin',
  })
  expect((await subject.send('GET', path)).json).toEqual(put.json)
  expect((await subject.send('DELETE', path)).json).toEqual({ id: 'support-reply', deleted: true })
  expect((await subject.send('DELETE', path)).status).toBe(404)
})

test.each([
  ['a strategy twice', { strategies: ['role', 'role'] }, 'strategies'],
  ['a strategy nobody knows', { strategies: ['magic'] }, 'strategies[0]'],
  ['too many proposals', { proposals_per_run: 11 }, 'proposals_per_run'],
  ['a writer nobody can ask', { writer: { type: 'model', model: 'nobody/x' } }, 'writer.model'],
  ['a model nobody can ask', { models: ['openai/x', 'nobody/x'] }, 'models[1]'],
  [
    'an experiment that could never be started',
    { experiment: { primary_metric: 'cost_usd', guardrail_metrics: [{ metric: 'cost_usd', margin: 0.1 }] } },
    'experiment.guardrail_metrics[0].metric',
  ],
  ['a step that is neither by hand nor by itself', { steps: { test: 'never' } }, 'steps.test'],
])('%s is refused', async (_what, body, param) => {
  const subject = createSubject()
  await createSupportReply(subject)
  expect(errorOf(await subject.send('PUT', path, body))).toMatchObject({ status: 400, param })
})

test('a dry run shows proposals, a run makes drafts that are listed, found and rejected', async () => {
  const subject = await subjectWithAnswer()
  const dry = await subject.send('POST', `${path}/run`, { dry_run: true, strategies: ['few_shot'] })
  expect(dry.json).toMatchObject({
    parent_version: 1,
    proposals: [{ strategy: 'few_shot', id: null, version: null, writer: 'rules' }],
    spent_usd: 0,
  })
  const ran = await subject.send('POST', `${path}/run`, { strategies: ['few_shot'] })
  const id = String(ran.json['proposals']?.[0]?.['id'])
  const draft = await subject.send('GET', '/v1/prompts/support-reply/versions/2')
  expect(draft.json).toMatchObject({ status: 'draft', parent_version: 1, labels: [] })
  const listed = await subject.send('GET', `${path}/proposals?state=proposed`)
  expect(listed.json['data']).toHaveLength(1)
  expect((await subject.send('GET', `${path}/proposals/${id}`)).json).toEqual(listed.json['data']?.[0])
  const again = await subject.send('POST', `${path}/run`, { strategies: ['few_shot'] })
  expect(again.json).toMatchObject({ proposals: [], skipped: [{ strategy: 'few_shot' }] })

  const steps = ['test', 'rollout'].map((step) => subject.send('POST', `${path}/proposals/${id}/${step}`))
  const [tested, rolled] = (await Promise.all(steps)).map(errorOf)
  expect(tested).toMatchObject({ status: 409, code: 'evolution_budget_spent' })
  expect(rolled).toMatchObject({ status: 409, code: 'proposal_state' })
  const rejected = await subject.send('POST', `${path}/proposals/${id}/reject`, { reason: 'Too long.' })
  expect(rejected.json).toMatchObject({ state: 'rejected', sentence: 'Too long.' })
})

test('by hand a proposal goes into an experiment, with its parent as the control', async () => {
  const subject = await subjectWithAnswer()
  const ran = await subject.send('POST', `${path}/run`, { strategies: ['few_shot'] })
  const id = String(ran.json['proposals']?.[0]?.['id'])
  const tried = await subject.send('POST', `${path}/proposals/${id}/experiment`)
  expect(tried.json).toMatchObject({ state: 'in_experiment', experiment: 'evolve-support-reply-v2' })
  expect((await subject.send('GET', '/v1/experiments/evolve-support-reply-v2')).json).toMatchObject({
    status: 'running',
    control: 'control',
    auto_promote: false,
  })
})

test('a proposal of another prompt, or none, is not found', async () => {
  const subject = await subjectWithAnswer()
  const ran = await subject.send('POST', `${path}/run`, { strategies: ['few_shot'] })
  const id = String(ran.json['proposals']?.[0]?.['id'])
  await createSupportReply(subject, { slug: 'other' })
  for (const wanted of [`/v1/prompts/other/evolution/proposals/${id}`, `${path}/proposals/${newRequestId()}`])
    expect(errorOf(await subject.send('GET', wanted))).toMatchObject({ status: 404, param: 'id' })
})
