import { describe, expect, test } from 'vitest'
import { errorOf, serve, started, twoVariants, withPrompt } from './experiments-support.ts'
import { createSubject, type Subject } from './subject.ts'

const path = '/v1/experiments/warmer-greeting'
const labelsOf = async (subject: Subject) => (await subject.send('GET', '/v1/prompts/support-reply')).json['labels']

describe('a stop', () => {
  test('without a winner leaves the label where it is, for good', async () => {
    const subject = await started(await withPrompt())
    const stopped = await subject.send('POST', `${path}/stop`, { reason: 'out of time' })
    expect(stopped.json).toMatchObject({
      status: 'stopped',
      promoted_version: null,
      started_rollout: null,
      decision: {
        state: 'inconclusive',
        winner: null,
        by: 'person',
        // It has ended: it does not say that it collects.
        sentence: expect.stringMatching(
          /^Stopped by .+, because: out of time\. Inconclusive: it was stopped before any unit/,
        ),
      },
    })
    expect(await labelsOf(subject)).toEqual({ production: 1 })
    expect((await subject.send('GET', `${path}/results`)).json).toMatchObject({
      state: 'inconclusive',
      status: 'stopped',
    })
    expect(errorOf(await subject.send('POST', `${path}/start`))).toMatchObject({ status: 409 })
  })

  test('with a winner moves the label at once', async () => {
    const subject = await started(await withPrompt())
    const stopped = await subject.send('POST', `${path}/stop`, { winner: 'warm' })
    expect(stopped.json).toMatchObject({
      status: 'stopped',
      promoted_version: 2,
      decision: { state: 'winner', winner: 'warm', by: 'person' },
    })
    expect(await labelsOf(subject)).toEqual({ production: 2 })
  })

  test('with a winner and steps begins a rollout of it', async () => {
    const subject = await started(await withPrompt())
    const stopped = await subject.send('POST', `${path}/stop`, { winner: 'warm', rollout: [5, 20, 50, 100] })
    expect(stopped.json).toMatchObject({ status: 'stopped', promoted_version: 2, warnings: [] })
    const slug = String(stopped.json['started_rollout'])
    expect((await subject.send('GET', `/v1/rollouts/${slug}`)).json).toMatchObject({
      state: 'running',
      version: 2,
      from_version: 1,
      experiment: 'warmer-greeting',
      progress: { steps: [5, 20, 50, 100], share: 5 },
    })
    expect(await labelsOf(subject)).toEqual({ production: 1 })
  })

  test('with the control as winner has nothing to move', async () => {
    const subject = await started(await withPrompt())
    const stopped = await subject.send('POST', `${path}/stop`, { winner: 'control', rollout: [100] })
    expect(stopped.json).toMatchObject({ promoted_version: 1, started_rollout: null })
    expect(stopped.json['warnings']).toHaveLength(1)
  })

  test('makes a version of a winner that changes model or parameters, once', async () => {
    const subject = await withPrompt()
    const variants = [
      { name: 'control', version: 1 },
      { name: 'hot', version: 2, model: 'openai/gpt-4o', parameters: { temperature: 1 } },
    ]
    await started(subject, { variants })
    const stopped = await subject.send('POST', `${path}/stop`, { winner: 'hot' })
    expect(stopped.json['promoted_version']).toBe(3)
    expect(await labelsOf(subject)).toEqual({ production: 3 })
    const made = await subject.send('GET', '/v1/prompts/support-reply/versions/3')
    expect(made.json).toMatchObject({
      body: { model: 'openai/gpt-4o', parameters: { temperature: 1, max_tokens: 500 } },
      parent_version: 2,
      change_note: 'Variant hot of experiment warmer-greeting.',
    })
  })

  test('is refused as a whole where the label is protected; the version that waits is the one approved', async () => {
    const subject = await withPrompt()
    const variants = [
      { name: 'control', version: 1 },
      { name: 'hot', version: 2, parameters: { temperature: 1 } },
    ]
    await started(subject, { variants })
    await subject.send('PUT', '/v1/prompts/support-reply/labels/production/protection', { approvals: 1 })
    const stop = () => subject.send('POST', `${path}/stop`, { winner: 'hot' })
    expect(errorOf(await stop())).toMatchObject({ status: 409, code: 'label_protected' })
    expect(errorOf(await stop())).toMatchObject({ status: 409, code: 'label_protected' })
    expect((await subject.send('GET', path)).json).toMatchObject({ status: 'running', decision: null })
    expect(await labelsOf(subject)).toEqual({ production: 1 })
    const versions = await subject.send('GET', '/v1/prompts/support-reply/versions')
    expect(versions.json['data']).toHaveLength(3)
  })

  test('is refused as a whole while another rollout is under way', async () => {
    const subject = await started(await withPrompt())
    await subject.send('POST', '/v1/rollouts', { prompt: 'support-reply', version: 2, slug: 'mine' })
    const answer = await subject.send('POST', `${path}/stop`, { winner: 'warm', rollout: [50, 100] })
    expect(errorOf(answer)).toMatchObject({ status: 409, code: 'rollout_running' })
    expect((await subject.send('GET', path)).json['status']).toBe('running')
  })

  test.each([
    [{ winner: 'nobody' }, 'winner'],
    [{ rollout: [100] }, 'rollout'],
    [{ winner: 'warm', rollout: [50] }, 'rollout'],
    [{ winner: 'warm', rollout: [50, 20, 100] }, 'rollout'],
  ])('with %j is a mistake that is named', async (body, param) => {
    const subject = await started(await withPrompt())
    expect(errorOf(await subject.send('POST', `${path}/stop`, body))).toMatchObject({ status: 400, param })
    expect((await subject.send('GET', path)).json['status']).toBe('running')
  })

  test('changes nothing while the database is away', async () => {
    const subject = await started(await withPrompt())
    subject.stores.setAvailable(false)
    expect((await subject.send('POST', `${path}/stop`, { winner: 'warm' })).status).toBe(503)
    subject.stores.setAvailable(true)
    expect((await subject.send('GET', path)).json['status']).toBe('running')
  })
})

describe('what was measured', () => {
  const units = Array.from({ length: 60 }, (_, at) => `user-${at}`)
  async function measured(): Promise<Subject> {
    const subject = await started(await withPrompt(createSubject()), { planned_units: 1_000 })
    const outcome = (at: number) => (at % 10 === 0 ? ('error' as const) : ('ok' as const))
    await serve(
      subject,
      units.map((unit, at) => ({ unit, variant: at % 2 === 0 ? 'control' : 'warm', outcome: outcome(at) })),
    )
    return subject
  }

  test('is in the results, by variant and metric', async () => {
    const subject = await measured()
    const { json } = await subject.send('GET', `${path}/results`)
    expect(json).toMatchObject({
      experiment: 'warmer-greeting',
      state: 'collecting',
      variants: { control: { units: 30, exchanges: 30 }, warm: { units: 30, exchanges: 30 } },
      plan: { units: 60, planned_units: 1_000 },
      sample_ratio: { broken: false },
    })
    const primary = (json['metrics'] as readonly Record<string, unknown>[]).find(({ role }) => role === 'primary')
    expect(primary).toMatchObject({ name: 'success_rate', variants: { control: { mean: 0.8 }, warm: { mean: 1 } } })
  })

  test('is a winner, when somebody stops what the job has not decided yet', async () => {
    const subject = await started(await withPrompt(), {
      planned_units: 200,
      floors: { hours: 0, events_per_variant: 0 },
    })
    const many = Array.from({ length: 400 }, (_, at) => ({
      unit: `user-${at}`,
      variant: at % 2 === 0 ? 'control' : 'warm',
      outcome: at % 4 === 0 ? ('error' as const) : ('ok' as const),
    }))
    await serve(subject, many)
    expect((await subject.send('GET', `${path}/results`)).json).toMatchObject({ state: 'winner', winner: 'warm' })
    const stopped = await subject.send('POST', `${path}/stop`)
    expect(stopped.json['decision']).toMatchObject({ state: 'winner', winner: 'warm', by: 'person' })
    expect((await subject.send('GET', `${path}/results`)).json).toMatchObject({ state: 'winner', winner: 'warm' })
  })

  test('is told of a unit with where it stands', async () => {
    const subject = await measured()
    const { json } = await subject.send('GET', `${path}/assignments?unit=user-1`)
    expect(json['recorded']).toMatchObject({ variant: 'warm', phase: 1, exchanges: 1 })
  })

  test('is exported line by line, harmless to a spreadsheet', async () => {
    const subject = await measured()
    const answer = await subject.send('GET', `${path}/export`)
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=UTF-8')
    const [head = '', ...lines] = answer.text.trimEnd().split('\r\n')
    const names = head.split(',')
    expect(names.slice(0, 5)).toEqual(['unit', 'phase', 'variant', 'first_at', 'exchanges'])
    expect(lines).toHaveLength(60)
    const at = names.indexOf('success_rate_sum')
    expect(lines.reduce((sum, line) => sum + Number(line.split(',')[at]), 0)).toBe(54)
    expect(lines.filter((line) => /^[=+\-@\t]/.test(line))).toEqual([])
    expect(answer.text).not.toContain('user-1')
  })

  test('is looked back at', async () => {
    const subject = await measured()
    const results = (await subject.send('GET', `${path}/results`)).json
    const { experimentLedger } = subject.stores
    await experimentLedger.keepLook('default', 'warmer-greeting', {
      at: subject.clock.now(),
      results,
    })
    const { json } = await subject.send('GET', `${path}/results/history`)
    expect(json['data']).toMatchObject([{ state: 'collecting', units: 60, metric: 'success_rate' }])
  })
})

describe('a plan', () => {
  test('says how many units an effect takes, and which effect they find', async () => {
    const subject = createSubject()
    const question = { baseline: { mean: 0.8 }, minimum_detectable_effect: 0.05, daily_units: 500 }
    const { json } = await subject.send('POST', '/v1/experiments/plan', question)
    const units = Number(json['planned_units'])
    expect(units).toBeGreaterThan(1_500)
    expect(units).toBeLessThan(3_500)
    expect(json['days']).toBe(Math.ceil(units / 500))
    const back = await subject.send('POST', '/v1/experiments/plan', { baseline: { mean: 0.8 }, planned_units: units })
    expect(back.json['minimum_detectable_effect']).toBeCloseTo(0.05, 3)
    const half = await subject.send('POST', '/v1/experiments/plan', { ...question, traffic: 0.5 })
    expect(half.json['days']).toBeGreaterThan(Number(json['days']))
  })

  test.each([
    [{ baseline: { mean: 1.2 } }, 'baseline.mean'],
    [{ baseline: { mean: 300 }, primary_metric: 'latency_ms' }, 'baseline.standard_deviation'],
    [{ baseline: { mean: 0, standard_deviation: 1 }, primary_metric: 'latency_ms' }, 'baseline.mean'],
    [{}, 'baseline'],
    [{ baseline: { mean: 0.5 }, minimum_detectable_effect: 1e-9 }, 'minimum_detectable_effect'],
  ])('needs a baseline that can be: %j', async (body, param) => {
    expect(errorOf(await createSubject().send('POST', '/v1/experiments/plan', body))).toMatchObject({
      status: 400,
      param,
    })
  })

  test('of an experiment takes what its prompt did so far', async () => {
    const subject = await withPrompt()
    await subject.send('POST', '/v1/experiments', twoVariants)
    expect(errorOf(await subject.send('POST', `${path}/plan`))).toEqual({
      status: 409,
      param: 'baseline',
      code: 'nothing_measured',
    })
    const past = Array.from({ length: 50 }, (_, at) => ({
      unit: `user-${at}`,
      variant: 'control',
      experiment: 'before',
      outcome: at % 5 === 0 ? ('error' as const) : ('ok' as const),
    }))
    await serve(subject, past)
    const { json } = await subject.send('POST', `${path}/plan`)
    expect(json).toMatchObject({ metric: 'success_rate', baseline: { mean: 0.8, units: 50 } })
    expect(json['days']).toBeGreaterThan(1)
  })

  test('is none where every unit had the same value, though sums of it are rounded', async () => {
    const subject = await withPrompt()
    await subject.send('POST', '/v1/experiments', { ...twoVariants, primary_metric: 'cost_usd' })
    const unit = (at: number) => ({ unit: `user-${at}`, variant: 'control', experiment: 'before' })
    await serve(
      subject,
      Array.from({ length: 400 }, (_, at) => unit(at)),
    )
    expect(errorOf(await subject.send('POST', `${path}/plan`))).toMatchObject({ code: 'nothing_measured' })
  })
})
