import { describe, expect, test } from 'vitest'
import { errorOf, started, twoVariants, withPrompt } from './experiments-support.ts'
import { createSubject, versionBody } from './subject.ts'

const path = '/v1/experiments/warmer-greeting'
const nested = (times: number): object => (times === 0 ? { attribute: 'key', equals: 'x' } : { not: nested(times - 1) })

describe('a draft', () => {
  test('is what was asked for, with defaults, a seed of its own, and serves nobody', async () => {
    const subject = await withPrompt()
    const made = await subject.send('POST', '/v1/experiments', twoVariants)
    expect(made.status).toBe(201)
    expect(made.json).toMatchObject({
      slug: 'warmer-greeting',
      status: 'draft',
      traffic: 1,
      primary_metric: 'success_rate',
      alpha: 0.05,
      floors: { units_per_variant: 100, events_per_variant: 10, hours: 24 },
      auto_promote: false,
      weights: { control: 50, warm: 50 },
      phases: [],
      decision: null,
      started_at: null,
    })
    expect(made.json['seed']).toMatch(/^warmer-greeting-[0-9a-f]{8}$/)
    expect((await subject.send('GET', path)).json).toEqual(made.json)
    const assigned = await subject.send('GET', `${path}/assignments?unit=user-7`)
    expect(assigned.json).toEqual({ unit: 'user-7', variant: null, reason: 'not_running', recorded: null })
    expect((await subject.send('GET', `${path}/results`)).json).toMatchObject({ status: 'draft', state: 'collecting' })
  })

  test('changes in every field, and goes', async () => {
    const subject = await withPrompt()
    await subject.send('POST', '/v1/experiments', { ...twoVariants, namespace: { name: 'n', from: 0, to: 0.5 } })
    const changed = await subject.send('PATCH', path, {
      alpha: 0.01,
      namespace: null,
      weights: { warm: 10 },
      floors: { hours: 0 },
      primary_metric: 'rating',
    })
    expect(changed.json).toMatchObject({
      alpha: 0.01,
      weights: { control: 50, warm: 10 },
      floors: { units_per_variant: 100, hours: 0 },
      primary_metric: 'rating',
    })
    expect(changed.json['namespace']).toBeUndefined()
    expect((await subject.send('PATCH', path, { seed: 'mine' })).json['seed']).toBe('mine')
    expect((await subject.send('DELETE', path)).json).toEqual({ id: 'warmer-greeting', deleted: true })
    expect((await subject.send('GET', path)).status).toBe(404)
  })

  test('takes an alias of a prompt, and keeps what it is served by', async () => {
    const subject = await withPrompt()
    await subject.send('POST', '/v1/prompts', {
      slug: 'other',
      name: 'Other',
      labels: ['production'],
      version: versionBody,
    })
    await subject.send('PATCH', '/v1/prompts/support-reply', { aliases: ['sr'] })
    await subject.send('POST', '/v1/experiments', {
      ...twoVariants,
      prompt: 'other',
      variants: [{ name: 'control' }, { name: 'warm', model: 'mock/json' }],
    })
    expect((await subject.send('PATCH', path, { prompt: 'sr' })).json['prompt']).toBe('support-reply')
    await subject.send('POST', `${path}/start`)
    const assigned = await subject.send('GET', `${path}/assignments?unit=user-7`)
    expect(assigned.json['reason']).toBe('split')
  })

  test.each([
    ['a prompt that is not there', { prompt: 'nobody' }, 404, 'prompt', 'prompt_not_found'],
    [
      'a version that is not there',
      {
        variants: [
          { name: 'a', version: 1 },
          { name: 'b', version: 9 },
        ],
      },
      404,
      'variants[1].version',
      null,
    ],
    [
      'a variant twice',
      {
        variants: [
          { name: 'a', version: 1 },
          { name: 'a', version: 2 },
        ],
      },
      400,
      'variants[1].name',
      null,
    ],
    ['one variant', { variants: [{ name: 'a', version: 1 }] }, 400, 'variants', null],
    ['a control that is none', { control: 'nobody' }, 400, 'control', null],
    ['a metric twice', { secondary_metrics: ['success_rate'] }, 400, 'secondary_metrics[0]', null],
    ['a share above one', { traffic: 2 }, 400, 'traffic', null],
    ['targeting of a wrong kind', { targeting: { attribute: 'language', in: 'de' } }, 400, 'targeting.in', null],
    ['no targeting', { targeting: [] }, 400, 'targeting', null],
    ['a comparison that is misspelt', { targeting: { attribute: 'key', equal: 'x' } }, 400, 'targeting.equal', null],
    ['two groups in one', { targeting: { all: {}, any: [] } }, 400, 'targeting.all', null],
    ['targeting that is nested too deeply', { targeting: nested(40) }, 400, 'targeting', null],
    ['hashing nobody knows', { hashing: { scheme: 'optimizely' } }, 400, 'hashing.scheme', null],
    ['the name of another endpoint', { slug: 'plan' }, 400, 'slug', null],
    ['a field nobody knows', { weight: 1 }, 400, 'weight', null],
  ])('is refused with %s', async (_what, change, status, param, code) => {
    const subject = await withPrompt()
    const answer = await subject.send('POST', '/v1/experiments', { ...twoVariants, ...change })
    expect(errorOf(answer)).toMatchObject({ status, param, ...(code === null ? {} : { code }) })
    expect((await subject.send('GET', '/v1/experiments')).json['data']).toEqual([])
  })

  test('has a slug of its own, also among rollouts and those that have ended', async () => {
    const subject = await started(await withPrompt())
    await subject.send('POST', `${path}/stop`)
    expect(errorOf(await subject.send('POST', '/v1/experiments', twoVariants))).toMatchObject({
      status: 409,
      param: 'slug',
    })
  })

  test('is found by status and prompt, newest first, page by page', async () => {
    const subject = await withPrompt()
    for (const [at, slug] of ['first', 'second', 'third'].entries()) {
      subject.clock.set(subject.clock.now() + at + 1)
      await subject.send('POST', '/v1/experiments', { ...twoVariants, slug })
    }
    await subject.send('POST', '/v1/experiments/second/start')
    const slugs = async (query: string) => {
      const { json } = await subject.send('GET', `/v1/experiments${query}`)
      return (json['data'] as readonly { slug: string }[]).map(({ slug }) => slug)
    }
    expect(await slugs('')).toEqual(['third', 'second', 'first'])
    expect(await slugs('?status=running')).toEqual(['second'])
    expect(await slugs('?prompt=other')).toEqual([])
    const page = await subject.send('GET', '/v1/experiments?limit=2')
    expect(await slugs(`?limit=2&cursor=${String(page.json['next_cursor'])}`)).toEqual(['first'])
  })
})

describe('a start', () => {
  test('serves units their variants at once, the same ones each time, and pins the versions', async () => {
    const subject = await withPrompt()
    const variants = [{ name: 'control' }, { name: 'warm', version: 2 }]
    await started(subject, { variants })
    const running = await subject.send('GET', path)
    expect(running.json).toMatchObject({
      status: 'running',
      variants: [
        { name: 'control', version: 1 },
        { name: 'warm', version: 2 },
      ],
      phases: [{ number: 1, weights: { control: 1, warm: 1 } }],
    })
    const variantOf = async (unit: string) => {
      const { json } = await subject.send('GET', `${path}/assignments?unit=${unit}`)
      expect(json['reason']).toBe('split')
      return json['variant'] as string
    }
    const units = Array.from({ length: 40 }, (_, at) => `user-${at}`)
    const first = await Promise.all(units.map(variantOf))
    expect(new Set(first)).toEqual(new Set(['control', 'warm']))
    expect(await Promise.all(units.map(variantOf))).toEqual(first)
  })

  test('says what may not be as meant', async () => {
    const subject = await withPrompt()
    await started(subject, { slug: 'older' })
    const same = [
      { name: 'control', version: 1 },
      { name: 'twin', version: 1 },
    ]
    const odd = { primary_metric: 'succes_rate', secondary_metrics: ['mood', 'latency_ms'] }
    await subject.send('POST', '/v1/experiments', { ...twoVariants, variants: same, traffic: 0, ...odd })
    const { json } = await subject.send('POST', `${path}/start`)
    const warnings = (json['warnings'] as readonly string[]).join('\n')
    expect(warnings).toContain('`older`')
    expect(warnings).toContain('`control` and `twin` are the same')
    expect(warnings).toContain('no unit takes part')
    expect(warnings).toContain(
      '`succes_rate` is not measured by Promptbox: it has values only as far as feedback of this name comes. Did you mean `success_rate`?',
    )
    expect(warnings).toContain('`mood` is not measured')
    expect(warnings).not.toContain('latency_ms')
  })

  test('is refused while a rollout of the prompt is under way, also a paused one', async () => {
    const subject = await withPrompt()
    await subject.send('POST', '/v1/experiments', twoVariants)
    const rollout = await subject.send('POST', '/v1/rollouts', { prompt: 'support-reply', version: 2 })
    expect(rollout.status).toBe(201)
    const refused = { status: 409, code: 'rollout_running' }
    expect(errorOf(await subject.send('POST', `${path}/start`))).toMatchObject(refused)
    await subject.send('POST', `/v1/rollouts/${String(rollout.json['slug'])}/pause`)
    expect(errorOf(await subject.send('POST', `${path}/start`))).toMatchObject(refused)
    await subject.send('POST', `/v1/rollouts/${String(rollout.json['slug'])}/abort`)
    expect((await subject.send('POST', `${path}/start`)).status).toBe(200)
  })

  test('is refused where its part of a namespace is taken, and works beside it', async () => {
    const subject = await withPrompt()
    await started(subject, { slug: 'left', namespace: { name: 'tone', from: 0, to: 0.5 } })
    await subject.send('POST', '/v1/experiments', { ...twoVariants, namespace: { name: 'tone', from: 0.4, to: 0.9 } })
    expect(errorOf(await subject.send('POST', `${path}/start`))).toEqual({
      status: 409,
      param: 'namespace',
      code: 'namespace_taken',
    })
    await subject.send('PATCH', path, { namespace: { name: 'tone', from: 0.5, to: 1 } })
    const answer = await subject.send('POST', `${path}/start`)
    expect(answer.json['warnings']).toEqual([])
  })

  test('is refused for an archived prompt, a missing label, and a second time', async () => {
    const subject = await withPrompt()
    await subject.send('POST', '/v1/prompts', { slug: 'bare', name: 'Bare', version: versionBody })
    const variants = [{ name: 'control' }, { name: 'b', version: 1 }]
    await subject.send('POST', '/v1/experiments', { slug: 'unlabelled', prompt: 'bare', variants })
    expect(errorOf(await subject.send('POST', '/v1/experiments/unlabelled/start'))).toEqual({
      status: 409,
      param: 'variants[0].version',
      code: 'label_missing',
    })
    await started(subject)
    expect(errorOf(await subject.send('POST', `${path}/start`))).toMatchObject({
      status: 409,
      code: 'experiment_started',
    })
    await subject.send('POST', '/v1/experiments', { ...twoVariants, slug: 'late' })
    await subject.send('POST', `${path}/stop`)
    await subject.send('POST', '/v1/prompts/support-reply/archive')
    expect(errorOf(await subject.send('POST', '/v1/experiments/late/start'))).toMatchObject({
      status: 409,
      param: 'prompt',
      code: 'prompt_archived',
    })
  })
})

describe('pause and resume', () => {
  test('take units out and give them back what they had', async () => {
    const subject = await started(await withPrompt())
    const assigned = async () => (await subject.send('GET', `${path}/assignments?unit=user-7`)).json
    const before = await assigned()
    expect((await subject.send('POST', `${path}/pause`, { reason: 'an incident' })).json['status']).toBe('paused')
    expect(await assigned()).toMatchObject({ variant: null, reason: 'not_running' })
    expect((await subject.send('POST', `${path}/resume`)).json['status']).toBe('running')
    expect(await assigned()).toEqual(before)
  })

  test('are refused where they make no sense', async () => {
    const subject = await withPrompt()
    await subject.send('POST', '/v1/experiments', twoVariants)
    const code = async (step: string) => errorOf(await subject.send('POST', `${path}/${step}`)).code
    expect(await code('pause')).toBe('experiment_not_running')
    expect(await code('resume')).toBe('experiment_not_paused')
    expect(await code('stop')).toBe('experiment_not_running')
    await subject.send('POST', `${path}/start`)
    expect(await code('resume')).toBe('experiment_not_paused')
    expect(errorOf(await subject.send('DELETE', path)).status).toBe(409)
    await subject.send('POST', `${path}/stop`)
    expect(await code('pause')).toBe('experiment_not_running')
    expect(errorOf(await subject.send('PATCH', path, { traffic: 0.5 }))).toMatchObject({
      status: 409,
      param: 'traffic',
    })
  })

  test('are not there for what is not there', async () => {
    const subject = createSubject()
    for (const step of ['start', 'pause', 'resume', 'stop']) {
      expect(errorOf(await subject.send('POST', `${path}/${step}`))).toMatchObject({ status: 404, param: 'slug' })
    }
    for (const view of ['', '/results', '/results/history', '/assignments?unit=x', '/export']) {
      expect(errorOf(await subject.send('GET', `${path}${view}`))).toMatchObject({ status: 404, param: 'slug' })
    }
  })
})

describe('a change while it runs', () => {
  test('of the traffic moves no unit that is in', async () => {
    const subject = await started(await withPrompt(), { traffic: 0.1 })
    const units = Array.from({ length: 200 }, (_, at) => `user-${at}`)
    const variantsOf = () =>
      Promise.all(
        units.map(async (unit) => (await subject.send('GET', `${path}/assignments?unit=${unit}`)).json['variant']),
      )
    const before = await variantsOf()
    expect((await subject.send('PATCH', path, { traffic: 0.5 })).json['traffic']).toBe(0.5)
    const after = await variantsOf()
    const inBefore = before.filter((variant) => variant !== null)
    expect(inBefore.length).toBeGreaterThan(5)
    expect(after.filter((variant) => variant !== null).length).toBeGreaterThan(inBefore.length * 2)
    expect(before.every((variant, at) => variant === null || variant === after[at])).toBe(true)
  })

  test('of the weights to the same shares begins none', async () => {
    const subject = await started(await withPrompt())
    const same = await subject.send('PATCH', path, { weights: { control: 1, warm: 1 } })
    expect(same.json).toMatchObject({ phases: [{ number: 1 }], next_weights: null })
  })

  test('of the weights begins a phase at once', async () => {
    const subject = await started(await withPrompt())
    const changed = await subject.send('PATCH', path, { weights: { warm: 150 } })
    expect(changed.json).toMatchObject({
      weights: { control: 50, warm: 150 },
      next_weights: null,
      phases: [
        { number: 1, weights: { control: 50, warm: 50 } },
        { number: 2, weights: { control: 50, warm: 150 } },
      ],
    })
  })

  test.each([
    ['alpha', 0.1],
    ['primary_metric', 'rating'],
    ['floors', { hours: 0 }],
    ['targeting', { attribute: 'locale', equals: 'de' }],
    ['planned_units', 500],
    ['seed', 'another'],
    [
      'variants',
      [
        { name: 'control', version: 2 },
        { name: 'warm', version: 1 },
      ],
    ],
    ['prompt', 'other'],
  ])('of %s is a conflict that says what to do', async (field, value) => {
    const subject = await started(await withPrompt())
    const before = (await subject.send('GET', path)).json
    const answer = await subject.send('PATCH', path, { [field]: value })
    expect(errorOf(answer)).toEqual({ status: 409, param: field, code: 'experiment_started' })
    expect(answer.json['error']?.['message']).toContain('create a new one')
    expect((await subject.send('GET', path)).json).toEqual(before)
  })

  test('of what says nothing about the figures is taken', async () => {
    const subject = await started(await withPrompt(), {
      judge: { model: 'mock/json', criteria: 'Is it kind?', sample: 0.1 },
    })
    const change = {
      name: 'Warmer',
      overrides: { tester: 'warm' },
      header_override: true,
      secondary_metrics: ['rating'],
      guardrail_metrics: [{ metric: 'cost_usd', margin: 0.1 }],
      judge: { model: 'mock/json', criteria: 'Is it kind?', sample: 0.5, budget_usd: 2 },
      alpha: 0.05,
    }
    const changed = await subject.send('PATCH', path, change)
    expect(changed.status).toBe(200)
    expect(changed.json).toMatchObject({ name: 'Warmer', judge: { sample: 0.5 } })
    const tester = await subject.send('GET', `${path}/assignments?unit=tester`)
    expect(tester.json).toMatchObject({ variant: 'warm', reason: 'override' })
    const other = { judge: { model: 'mock/json', criteria: 'Is it short?' } }
    expect(errorOf(await subject.send('PATCH', path, other))).toMatchObject({ status: 409, param: 'judge' })
  })

  test.each([
    [{ nobody: 1 }, 'weights.nobody'],
    [{ control: 0 }, 'weights.control'],
  ])('to weights %j is refused', async (weights, param) => {
    const subject = await started(await withPrompt())
    expect(errorOf(await subject.send('PATCH', path, { weights }))).toMatchObject({ status: 400, param })
    expect((await subject.send('GET', path)).json['phases']).toHaveLength(1)
  })
})
