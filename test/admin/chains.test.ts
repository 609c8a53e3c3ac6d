import { describe, expect, test } from 'vitest'
import { createSubject, createSupportReply, versionBody } from './subject.ts'

const steps = [
  { name: 'classify', prompt: 'support-reply', variables: { question: '{{input.text}}' } },
  { name: 'reply', prompt: 'support-reply@production', variables: { question: '{{steps.classify.output}}' } },
]
const body = { slug: 'triage', name: 'Triage', steps, budget: { usd: 0.1 }, change_note: 'first' }
const calling = (...targets: readonly string[]) => ({
  steps: targets.map((prompt, at) => ({ name: `s${at}`, prompt })),
})

async function withTriage() {
  const subject = createSubject()
  await createSupportReply(subject)
  const created = await subject.send('POST', '/v1/chains', body)
  expect(created.status).toBe(201)
  return { ...subject, created }
}

describe('a chain', () => {
  test('is created, read and listed', async () => {
    const { send, created, published } = await withTriage()
    const stored = { slug: 'triage', name: 'Triage', description: null, active_version: 1, latest_version: 1 }
    expect(created.json).toMatchObject({ ...stored, version: 1, warnings: [], body: { steps, budget: { usd: 0.1 } } })
    expect(published()).toBe(2)
    expect((await send('GET', '/v1/chains/triage')).json).toMatchObject({ ...stored, body: { steps } })
    const list = await send('GET', '/v1/chains')
    expect(list.json['data']).toMatchObject([stored])
    expect(list.json['data']?.[0]).not.toHaveProperty('body')
  })

  test('gets a version with each PUT, which is active unless it says otherwise', async () => {
    const { send } = await withTriage()
    const second = await send('PUT', '/v1/chains/triage', { steps: steps.slice(0, 1), change_note: 'shorter' })
    expect(second.json).toMatchObject({ version: 2, active_version: 2, name: 'Triage', body: { steps: [steps[0]] } })
    const third = await send('PUT', '/v1/chains/triage', { slug: 'triage', name: 'T', steps, activate: false })
    expect(third.json).toMatchObject({ version: 3, active_version: 2, latest_version: 3, name: 'T' })
    const versions = await send('GET', '/v1/chains/triage/versions?limit=2')
    expect(versions.json).toMatchObject({
      data: [{ version: 3 }, { version: 2, change_note: 'shorter', created_by: 'admin' }],
    })
    expect((await send('GET', '/v1/chains/triage/versions/1')).json).toMatchObject({ chain: 'triage', body: { steps } })
    expect((await send('GET', '/v1/chains/triage/versions/4')).status).toBe(404)
  })

  test('is rolled back by activating an earlier version', async () => {
    const { send } = await withTriage()
    await send('PUT', '/v1/chains/triage', { steps: steps.slice(0, 1) })
    const back = await send('POST', '/v1/chains/triage/activate', { version: 1, reason: 'too short' })
    expect(back.json).toMatchObject({ active_version: 1, latest_version: 2, body: { steps } })
    expect((await send('POST', '/v1/chains/triage/activate', { version: 9 })).json['error']).toMatchObject({
      param: 'version',
    })
  })

  test('is archived and restored', async () => {
    const { send } = await withTriage()
    expect((await send('DELETE', '/v1/chains/triage', { reason: 'unused' })).json['archived_at']).not.toBeNull()
    expect((await send('GET', '/v1/chains')).json['data']).toEqual([])
    expect((await send('GET', '/v1/chains?archived=true')).json['data']).toHaveLength(1)
    expect((await send('POST', '/v1/chains', body)).status).toBe(409)
    expect((await send('POST', '/v1/chains/triage/restore')).json['archived_at']).toBeNull()
  })

  test.each([
    ['GET', '/v1/chains/nobody'],
    ['PUT', '/v1/chains/nobody'],
    ['DELETE', '/v1/chains/nobody'],
    ['GET', '/v1/chains/nobody/versions'],
    ['POST', '/v1/chains/nobody/restore'],
  ])('that is not there: %s %s', async (method, path) => {
    const answer = await createSubject().send(method, path, method === 'PUT' ? { steps } : undefined)
    expect(answer.status).toBe(404)
    expect(answer.json['error']).toMatchObject({ param: 'slug', message: expect.stringContaining("chain 'nobody'") })
  })
})

describe('what cannot be saved', () => {
  test.each<[string, object, string, string]>([
    [
      'a step that is not known',
      { steps: [{ name: 'a', prompt: 'p', variables: { x: '{{steps.b.output}}' } }] },
      'steps[0].variables.x',
      "no step before it is called 'b'",
    ],
    [
      'a condition that is none',
      { steps: [{ name: 'a', prompt: 'p', when: { value: 'x', above: 1 } }] },
      'steps[0].when',
      'must be a template',
    ],
    ['a misspelt field', { steps: [{ name: 'a', promt: 'p' }] }, 'steps[0].promt', 'Did you mean `prompt`?'],
    ['no steps', { steps: [] }, 'steps', 'at least one step'],
    ['another slug', { slug: 'other', steps }, 'slug', "the path says 'triage'"],
  ])('%s', async (_what, wrong, param, words) => {
    const { send } = await withTriage()
    const { status, json } = await send('PUT', '/v1/chains/triage', wrong)
    expect([status, json['error']?.['param']]).toEqual([400, param])
    expect(json['error']?.['message']).toContain(words)
    expect((await send('GET', '/v1/chains/triage')).json['latest_version']).toBe(1)
  })

  test('all that is wrong is listed', async () => {
    const wrong = { slug: 'x', steps: [{ name: 'a', prompt: '!', variables: { v: '{{nope}}' } }] }
    const { json } = await createSubject().send('POST', '/v1/chains', wrong)
    expect(json['error']?.['message']).toMatch(
      /^2 problems: .*`steps\[0\]\.variables\.v`.*`steps\[0\]\.prompt`|^2 problems: /,
    )
  })

  test('chains in a circle, whichever closes it, also by what is activated', async () => {
    const { send } = createSubject()
    await send('POST', '/v1/chains', { slug: 'a', ...calling('chain:b') })
    const closing = await send('POST', '/v1/chains', { slug: 'b', ...calling('p', 'chain:a') })
    expect([closing.status, closing.json['error']?.['code']]).toEqual([409, 'chain_cycle'])
    expect(closing.json['error']?.['message']).toContain('b → a → b')
    await send('POST', '/v1/chains', { slug: 'b', ...calling('p') })
    expect((await send('PUT', '/v1/chains/a', { ...calling('p') })).status).toBe(200)
    expect((await send('PUT', '/v1/chains/b', { ...calling('chain:a') })).status).toBe(200)
    expect((await send('POST', '/v1/chains/a/activate', { version: 1 })).json['error']?.['code']).toBe('chain_cycle')
  })

  test('chains that lie too deep in each other', async () => {
    const { send } = createSubject()
    await send('POST', '/v1/chains', { slug: 'c4', ...calling('p') })
    for (const at of [3, 2, 1]) await send('POST', '/v1/chains', { slug: `c${at}`, ...calling(`chain:c${at + 1}`) })
    const deeper = await send('POST', '/v1/chains', { slug: 'c0', ...calling('chain:c1') })
    expect([deeper.status, deeper.json['error']?.['code']]).toEqual([409, 'chain_too_deep'])
  })
})

test('what a step asks and nobody has yet is warned of', async () => {
  const subject = createSubject()
  await createSupportReply(subject)
  const { status, json } = await subject.send('POST', '/v1/chains', {
    slug: 'early',
    ...calling('gone', 'support-reply@9', 'chain:gone', 'support-reply'),
  })
  expect(status).toBe(201)
  expect(json['warnings']).toEqual([
    expect.stringMatching(/^step `s0`: .*no prompt `gone`/),
    expect.stringMatching(/^step `s1`: .*no version 9/),
    expect.stringMatching(/^step `s2`: .*no chain `gone`/),
    'step `s3`: `variables` gives no `question`, which `support-reply` requires',
  ])
})

test('variables that the prompt of a step does not know, or waits for in vain, are warned of; also of its fallback', async () => {
  const subject = createSubject()
  await createSupportReply(subject)
  const free = { ...versionBody, variables: { type: 'object', patternProperties: { '^q': {} } } }
  await subject.send('POST', '/v1/prompts', { slug: 'free', name: 'Free', labels: ['production'], version: free })
  const { json } = await subject.send('POST', '/v1/chains', {
    slug: 'typo',
    steps: [
      { name: 'a', prompt: 'support-reply', variables: { qestion: '{{input.text}}' }, fallback: 'support-reply@1' },
      { name: 'b', prompt: 'support-reply', variables: { question: '{{input.text}}' }, fallback: { text: 'Sorry.' } },
      { name: 'c', prompt: 'free', variables: { qx: 'x' } },
    ],
  })
  expect(json['warnings']).toEqual([
    'step `a`: `variables` gives no `question`, which `support-reply` requires',
    'step `a`: `variables.qestion` is not known to `support-reply`',
    'fallback of step `a`: `variables` gives no `question`, which `support-reply@1` requires',
    'fallback of step `a`: `variables.qestion` is not known to `support-reply@1`',
  ])
})
