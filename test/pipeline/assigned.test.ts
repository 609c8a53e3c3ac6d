import { describe, expect, it } from 'vitest'
import { Fault } from '../../src/core/fault.ts'
import { digestOfUnit } from '../../src/experiments/bucket.ts'
import { exposureOf } from '../../src/experiments/exposure.ts'
import { ExchangeRefused } from '../../src/pipeline/run-exchange.ts'
import { answerHeaders, servedHeaders } from '../../src/routes/answer-headers.ts'
import type { VersionBody } from '../../src/prompts/compiled-version.ts'
import { buildUnitFilter } from '../../src/experiments/unit-filter.ts'
import { plan } from '../../src/pipeline/plan.ts'
import { RecentUnits } from '../../src/pipeline/recent-units.ts'
import { CollectingSink, type AskOptions, askedOf, chatBench, experimentOf, snapshotOf } from '../support/chat-bench.ts'
import { completion, scriptedProvider } from '../support/scripted-provider.ts'

const version = (text: string, more: Partial<VersionBody> = {}): VersionBody => ({
  messages: [{ role: 'system', content: text }],
  model: 'one/m',
  ...more,
})
const variants = [
  { name: 'control', version: 1 },
  { name: 'warm', version: 2 },
]
const hello = { messages: [{ role: 'user', content: 'Hello' }] }

function benchWith(
  body: Partial<Parameters<typeof experimentOf>[1]> = {},
  versions: readonly VersionBody[] = [version('cold'), version('warm'), version('newest')],
) {
  const bodies: string[] = []
  const provider = scriptedProvider('one', (call) => {
    bodies.push(typeof call.call.body === 'string' ? call.call.body : '')
    call.head()
    call.chunk(completion('Hi'))
    call.end()
  })
  const broken = scriptedProvider('two', (call) => call.fail(new Fault('upstream_error', 'down')))
  const snapshot = snapshotOf({ greeting: versions }, {}, [
    experimentOf('exp', { prompt: 'greeting', variants, ...body }),
  ])
  const bench = chatBench([provider, broken], { snapshot, retries: 0 })
  const ask = async (request: Record<string, unknown> = {}, options: AskOptions = {}) => {
    const open = await bench.ask({ model: 'prompt:greeting', ...hello, ...request }, options)
    const sink = new CollectingSink()
    open.answer.start(sink)
    await sink.over
    return open.answered
  }
  return { bench, bodies, ask }
}

describe('a request in an experiment', () => {
  it('is served the version of its variant, says so in headers, and is recorded with it', async () => {
    const { bench, bodies, ask } = benchWith()
    const seen = new Map<string, string>()
    for (let user = 0; user < 40; user++) {
      const headers = answerHeaders(await ask({ user: `user-${user}` }))
      const variant = headers['x-promptbox-variant'] ?? ''
      seen.set(variant, headers['x-promptbox-version'] ?? '')
      expect(headers['x-promptbox-experiment']).toBe('exp')
      expect(bodies.at(-1)).toContain(variant === 'warm' ? 'warm' : 'cold')
      expect(bench.records.at(-1)).toMatchObject({
        experiment: 'exp',
        variant,
        label: 'production',
        promptVersion: variant === 'warm' ? 2 : 1,
        assignment: { phase: 1, reason: 'split', excluded: null },
        unit: digestOfUnit('default', `user-${user}`),
      })
    }
    expect(Object.fromEntries(seen)).toEqual({ control: '1', warm: '2' })
  })

  it('keeps the variant of its unit, whichever field names it', async () => {
    const { ask } = benchWith()
    const variantOf = async (request: Record<string, unknown>, headers: Record<string, string> = {}) =>
      (await ask(request, { headers })).planned.assignment?.variant.name
    const first = await variantOf({ user: 'ada' })
    expect(await variantOf({ safety_identifier: 'ada' })).toBe(first)
    expect(await variantOf({ metadata: { user_id: 'ada' }, user: 'somebody else' })).toBe(first)
    expect(await variantOf({ user: 'somebody else' }, { 'x-assignment-key': 'ada' })).toBe(first)
  })

  it.each([
    ['a version', { model: 'prompt:greeting@1' }],
    ['a semantic version', { model: 'prompt:greeting@1.0.0' }],
    ['the latest', { model: 'prompt:greeting@latest' }],
  ])('takes no part when it names %s', async (_, request) => {
    const { bench, ask } = benchWith({}, [version('cold', { semver: '1.0.0' }), version('warm')])
    await ask({ user: 'ada', ...request })
    expect(bench.records[0]).toMatchObject({ experiment: null, variant: null })
    expect(bench.records[0]).not.toHaveProperty('assignment')
  })

  it('counts for nothing when nobody is named, and is served a variant all the same', async () => {
    const { bench, ask } = benchWith()
    const { planned } = await ask()
    expect(planned.assignment?.reason).toBe('request')
    expect(bench.records[0]).toMatchObject({ experiment: 'exp', assignment: { excluded: 'unsticky' } })
    expect(bench.records[0]).not.toHaveProperty('unit')
    expect(exposureOf(bench.records[0] as never)).toMatchObject({ excluded: 'unsticky', measures: {} })
  })

  it('is a unit of its own where the experiment wants that', async () => {
    const { bench, ask } = benchWith({ unit: 'request' })
    await ask({ user: 'ada' })
    const [record] = bench.records
    expect(record).toMatchObject({ assignment: { reason: 'request', excluded: null }, unit: record?.requestId })
  })

  it('is told the model and the parameters of its variant, and its own parameters still win', async () => {
    const { bodies, ask } = benchWith({
      variants: [
        { name: 'control', weight: 0.000001 },
        { name: 'cool', weight: 1, model: 'one/other', parameters: { temperature: 0.1, top_p: 0.5 } },
      ],
    })
    const { target } = await ask({ user: 'ada', top_p: 0.9 })
    expect(target.model).toBe('other')
    expect(JSON.parse(bodies[0] ?? '')).toMatchObject({ model: 'other', temperature: 0.1, top_p: 0.9 })
  })

  it('is kept out when the request names another model than the variant would have', async () => {
    const { bench, ask } = benchWith()
    await ask({ model: 'one/mine', prompt: { id: 'greeting' }, user: 'ada' })
    expect(bench.records[0]).toMatchObject({ experiment: 'exp', assignment: { excluded: 'request_override' } })
  })

  it('is kept out of all variants alike when the request names the model that one of them has', async () => {
    const versions = [version('cold'), version('warm', { model: 'one/other' })]
    const { bench, ask } = benchWith({}, versions)
    for (let user = 0; user < 20; user++) {
      await ask({ model: 'one/m', prompt: { id: 'greeting' }, user: `user-${user}` })
    }
    expect(new Set(bench.records.map(({ variant }) => variant))).toEqual(new Set(['control', 'warm']))
    expect(new Set(bench.records.map(({ assignment }) => assignment?.excluded))).toEqual(new Set(['request_override']))
  })

  it('is kept out of all variants alike when only some of them let the request choose the model', async () => {
    const versions = [version('cold'), version('warm', { overrides: { locked: ['model'] } })]
    const { bench, ask } = benchWith({}, versions)
    for (let user = 0; user < 20; user++) {
      await ask({ model: 'one/mine', prompt: { id: 'greeting' }, user: `user-${user}` })
    }
    expect(new Set(bench.records.map(({ variant }) => variant))).toEqual(new Set(['control', 'warm']))
    expect(new Set(bench.records.map(({ assignment }) => assignment?.excluded))).toEqual(new Set(['request_override']))
  })

  it('is kept out of all variants alike also where one of them cannot be filled in', async () => {
    const needy = version('for {{company}}', {
      variables: { type: 'object', properties: { company: { type: 'string' } }, required: ['company'] },
    })
    const { bench, ask } = benchWith({}, [version('cold'), needy])
    for (let user = 0; user < 20; user++) {
      await ask({ model: 'one/mine', prompt: { id: 'greeting' }, user: `user-${user}` }).catch(() => null)
    }
    expect(new Set(bench.records.map(({ outcome }) => outcome))).toEqual(new Set(['ok', 'error']))
    expect(new Set(bench.records.map(({ assignment }) => assignment?.excluded))).toEqual(new Set(['request_override']))
  })

  it('counts when the request names the model that all variants have', async () => {
    const { bench, ask } = benchWith()
    await ask({ model: 'one/m', prompt: { id: 'greeting' }, user: 'ada' })
    expect(bench.records[0]).toMatchObject({ experiment: 'exp', assignment: { excluded: null } })
  })

  it('counts towards success, but not towards times and cost, when a fallback answered', async () => {
    const failing = version('cold', { model: 'two/m', fallback_models: ['one/m'] })
    const { bench, ask } = benchWith({}, [failing, { ...failing }])
    await ask({ user: 'ada' })
    const exposure = exposureOf(bench.records[0] as never)
    expect(exposure).toMatchObject({ excluded: 'fallback', measures: { success_rate: 1, guardrail_block_rate: 0 } })
    expect(Object.keys(exposure?.measures ?? {})).not.toContain('latency_ms')
  })

  it('counts as a failure of its variant when the variant cannot be filled in', async () => {
    const needy = version('for {{company}}', {
      variables: { type: 'object', properties: { company: { type: 'string' } }, required: ['company'] },
    })
    const { bench, ask } = benchWith({}, [needy, needy])
    const refused: unknown = await ask({ user: 'ada' }).catch((error: unknown) => error)
    if (!(refused instanceof ExchangeRefused) || refused.served === null) throw new Error('It was not refused.')
    expect(refused.message).toContain('company')
    expect(servedHeaders(refused.served)).toMatchObject({
      'x-promptbox-prompt': 'greeting',
      'x-promptbox-experiment': 'exp',
    })
    const [record] = bench.records
    expect(record).toMatchObject({
      experiment: 'exp',
      outcome: 'error',
      prompt: 'greeting',
      assignment: { excluded: null },
    })
    expect(exposureOf(record as never)?.measures).toMatchObject({ success_rate: 0 })
  })

  it('is answered by the labelled version, with a warning, when the variant wants one that is not there', async () => {
    const { bench, ask } = benchWith({
      variants: [
        { name: 'control', version: 8 },
        { name: 'warm', version: 9 },
      ],
    })
    const { planned } = await ask({ user: 'ada' })
    expect(planned.prompt?.version).toBe(3)
    expect(planned.warnings.join()).toMatch(/wants version [89], which is not there/)
    expect(bench.records[0]).toMatchObject({ experiment: null, variant: null })
  })

  it('can be chosen by attributes', async () => {
    const { bench, ask } = benchWith({
      targeting: {
        all: [
          { attribute: 'language', equals: 'de' },
          { attribute: 'metadata.plan', in: ['pro', 'team'] },
          { attribute: 'header.x-region', starts_with: 'eu' },
          { attribute: 'key', equals: 'shop' },
        ],
      },
    })
    const metadata = { locale: 'de-AT', plan: 'pro' }
    await ask({ user: 'ada', metadata }, { headers: { 'x-region': 'eu-west' } })
    await ask({ user: 'ada', metadata }, { headers: { 'x-region': 'us-east' } })
    await ask({ user: 'ada', metadata: { ...metadata, plan: 'free' } }, { headers: { 'x-region': 'eu-west' } })
    expect(bench.records.map(({ experiment }) => experiment)).toEqual(['exp', null, null])
  })
})

it('stays with its variant when the split changes while nothing of it is recorded', async () => {
  const { unitFilter, recentUnits } = {
    unitFilter: buildUnitFilter(10).toBase64(),
    recentUnits: new RecentUnits(() => 0),
  }
  const before = benchWith()
  const weights = { control: 0, warm: 1 }
  const phases = [
    { number: 1, startedAt: 0, weights: { control: 1, warm: 1 }, units: unitFilter },
    { number: 2, startedAt: 1, weights, units: null },
  ]
  const snapshot = snapshotOf({ greeting: [version('cold'), version('warm')] }, {}, [
    experimentOf('exp', { prompt: 'greeting', variants }, { phases }),
  ])
  for (let user = 0; user < 20; user++) {
    const request = { model: 'prompt:greeting', ...hello, user: `user-${user}` }
    const first = (await before.ask(request, { recentUnits })).planned.assignment
    const asked = askedOf(request, snapshot, { recentUnits })
    const { assignment } = plan(asked, before.bench.dependencies.catalogue, before.bench.dependencies.defaults)
    expect(assignment).toMatchObject({ phase: 1, reason: 'stored', variant: { name: first?.variant.name } })
    const stranger = askedOf({ ...request, user: `stranger-${user}` }, snapshot, { recentUnits })
    const of = plan(stranger, before.bench.dependencies.catalogue, before.bench.dependencies.defaults).assignment
    expect(of).toMatchObject({ phase: 2, reason: 'split', variant: { name: 'warm' } })
  }
})

it('remembers whom an exchange with a prompt was for, also outside of experiments', async () => {
  const { bench, ask } = benchWith({ traffic: 0 })
  await ask({ user: 'ada' })
  expect(bench.records[0]).toMatchObject({ experiment: null, unit: digestOfUnit('default', 'ada') })
})
