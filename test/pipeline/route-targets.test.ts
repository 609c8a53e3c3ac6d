import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ModelFacts } from '../../src/contract/model-facts.ts'
import { type Need, type RouteBody, type RouteTarget, routeBodySchema } from '../../src/contract/route-body.ts'
import { Fault } from '../../src/core/fault.ts'
import type { ModelCatalogue } from '../../src/pipeline/resolve-model.ts'
import { resolveModel } from '../../src/pipeline/resolve-model.ts'
import { type RouteRequest, requestNeeds, resolveTargets } from '../../src/pipeline/route-targets.ts'
import type { Provider } from '../../src/providers/provider.ts'
import type { OperatorPrices, Snapshot, SnapshotModel } from '../../src/snapshot/snapshot.ts'
import { snapshotOf } from '../support/chat-bench.ts'
import { scriptedProvider } from '../support/scripted-provider.ts'

const day = 86_400_000
const at = Date.UTC(2026, 10, 21)

const providers = ['one', 'two', 'three'].map((id) => scriptedProvider(id))
const off: Provider = { ...scriptedProvider('off'), needsApiKey: true, builtIn: false }
const catalogue: ModelCatalogue = {
  providers: new Map([...providers, off].map((each) => [each.id, each])),
  providerOfBareModel: (name) => (name === 'bare' ? (providers[0] ?? null) : null),
}

interface Row {
  readonly facts?: ModelFacts
  readonly prices?: OperatorPrices
  readonly aliases?: readonly string[]
}

function modelsOf(rows: Readonly<Record<string, Row>>): Map<string, SnapshotModel> {
  const models = new Map<string, SnapshotModel>()
  for (const [id, { facts = null, prices = null, aliases = [] }] of Object.entries(rows)) {
    const [provider = '', model = ''] = id.split('/', 2)
    for (const name of [id, ...aliases]) models.set(name, { id, provider, model, aliases, prices, facts })
  }
  return models
}

function withRoutes(routes: Readonly<Record<string, RouteBody>>, rows: Readonly<Record<string, Row>> = {}): Snapshot {
  const entries = Object.entries(routes).map(
    ([slug, body]) => [slug, { slug, body: routeBodySchema.parse(body) }] as const,
  )
  return { ...snapshotOf(), routes: new Map(entries), models: modelsOf(rows) }
}

function requestOf(parts: Partial<RouteRequest> = {}): RouteRequest {
  return {
    appName: null,
    environment: null,
    locale: null,
    keyName: 'key',
    userId: null,
    promptSlug: null,
    metadata: {},
    stream: false,
    needs: new Set<Need>(),
    inputTokens: 100,
    maxOutputTokens: null,
    at,
    draw: () => 0,
    ...parts,
  }
}

function resolve(
  names: string | readonly string[],
  snapshot: Snapshot,
  request: Partial<RouteRequest> = {},
): { ids: readonly string[]; warnings: readonly string[] } {
  const list = typeof names === 'string' ? [names] : names
  const { targets, warnings } = resolveTargets(list, requestOf(request), snapshot, catalogue)
  return { ids: targets.map(({ provider, model }) => `${provider.id}/${model}`), warnings }
}

const idsOf = (...given: Parameters<typeof resolve>): readonly string[] => resolve(...given).ids

function faultOf(act: () => unknown): Fault {
  try {
    act()
  } catch (error) {
    if (error instanceof Fault) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

const ordered = (...targets: (string | RouteTarget)[]): RouteBody => ({
  strategy: 'ordered',
  targets: targets.map((each) => (typeof each === 'string' ? { model: each } : each)),
})
const weighted = (weights: Readonly<Record<string, number>>, sticky?: boolean): RouteBody => ({
  strategy: 'weighted',
  ...(sticky !== undefined && { sticky }),
  targets: Object.entries(weights).map(([model, weight]) => ({ model, weight })),
})
const cheapest = (...models: string[]): RouteBody => ({ ...ordered(...models), strategy: 'cheapest' })
const priced = (input: number, output = input): { prices: OperatorPrices } => ({
  prices: { input_usd_per_million_tokens: input, output_usd_per_million_tokens: output },
})

describe('names that are no routes', () => {
  const snapshot = withRoutes({}, { 'two/large': { aliases: ['big'] } })

  test('lead to their model: by id, alias, prefix and bare', () => {
    expect(idsOf('two/large', snapshot)).toEqual(['two/large'])
    expect(idsOf('big', snapshot)).toEqual(['two/large'])
    expect(idsOf('one/anything/new', snapshot)).toEqual(['one/anything/new'])
    expect(idsOf('bare', snapshot)).toEqual(['one/bare'])
  })

  test('a request for a plain model is not looked at', () => {
    const untouchable = new Proxy({} as RouteRequest, {
      get: (_target, name) => {
        throw new Error(`read ${String(name)}`)
      },
    })
    expect(resolveTargets(['big', 'one/x'], untouchable, snapshot, catalogue).targets).toHaveLength(2)
    expect(resolveTargets(['big'], untouchable, snapshot, catalogue).targets).toHaveLength(1)
  })

  test('an unreachable one is skipped with a warning while another remains, else its fault says what to do', () => {
    expect(resolve(['off/x', 'one/a', 'nobody/b'], snapshot)).toEqual({
      ids: ['one/a'],
      warnings: [
        'model `off/x` cannot be reached and was skipped',
        'model `nobody/b` cannot be reached and was skipped',
      ],
    })
    expect(faultOf(() => resolve(['off/x', 'nobody/b'], snapshot))).toMatchObject({
      kind: 'model_not_found',
      param: 'model',
      message: expect.stringContaining('`off` has no API key') as string,
    })
    expect(faultOf(() => resolve([], snapshot)).message).toContain('names no model')
  })

  test('the same model under two names is tried once', () => {
    expect(idsOf(['big', 'one/a', 'two/large', 'one/a'], snapshot)).toEqual(['two/large', 'one/a'])
  })

  test('a change of the state is seen, whatever is remembered of the state before', () => {
    expect(idsOf('big', snapshot)).toEqual(['two/large'])
    expect(idsOf('big', withRoutes({}, { 'three/other': { aliases: ['big'] } }))).toEqual(['three/other'])
    expect(faultOf(() => resolve('big', withRoutes({}))).kind).toBe('model_not_found')
    for (let number = 0; number < 3000; number++) idsOf(`one/m${number}`, snapshot)
    expect(idsOf('big', snapshot)).toEqual(['two/large'])
  })
})

describe('ordered', () => {
  test('targets come as listed, routes within routes too, and a prompt’s fallbacks may be routes', () => {
    const snapshot = withRoutes({ main: ordered('one/a', 'spare', 'one/z'), spare: ordered('two/b', 'three/c') })
    expect(idsOf('main', snapshot)).toEqual(['one/a', 'two/b', 'three/c', 'one/z'])
    expect(idsOf(['three/c', 'main'], snapshot)).toEqual(['three/c', 'one/a', 'two/b', 'one/z'])
  })

  test('a route wins over a model alias of the same name', () => {
    const snapshot = withRoutes({ big: ordered('one/a') }, { 'two/large': { aliases: ['big'] } })
    expect(idsOf('big', snapshot)).toEqual(['one/a'])
  })

  test('what cannot be reached is skipped and named', () => {
    const snapshot = withRoutes({ main: ordered('off/x', 'one/a', 'missing') })
    expect(resolve('main', snapshot)).toEqual({
      ids: ['one/a'],
      warnings: [
        'model `off/x` cannot be reached and was skipped',
        'model `missing` cannot be reached and was skipped',
      ],
    })
    const fault = faultOf(() => resolve('main', withRoutes({ main: ordered('off/x', 'nobody/y') })))
    expect(fault).toMatchObject({ kind: 'model_not_found', status: 404, param: 'model' })
    expect(fault.message).toMatch(/route `main` can be reached: .*`off` has no API key/)
  })

  test('a model known not to serve is left out while another remains, and tried when none does', () => {
    const rows = { 'one/blind': { facts: { capabilities: { vision: false } } } }
    const snapshot = withRoutes({ main: ordered('one/blind', 'two/b'), only: ordered('one/blind') }, rows)
    const images = { needs: new Set<Need>(['vision']) }
    expect(idsOf('main', snapshot)).toEqual(['one/blind', 'two/b'])
    expect(idsOf('main', snapshot, images)).toEqual(['two/b'])
    expect(idsOf('only', snapshot, images)).toEqual(['one/blind'])
  })

  test('a route whose models all lack something gives way to a target outside of it', () => {
    const rows = { 'one/blind': { facts: { capabilities: { vision: false } } } }
    const snapshot = withRoutes({ main: ordered('inner', 'two/b'), inner: ordered('one/blind') }, rows)
    expect(idsOf('main', snapshot, { needs: new Set<Need>(['vision']) })).toEqual(['two/b'])
  })
})

describe('circles and depth', () => {
  test.each([
    ['itself', { a: ordered('a') }, '`a` → `a`'],
    ['another', { a: ordered('b'), b: ordered('a') }, '`a` → `b` → `a`'],
  ])('a route that leads back over %s is a fault, not a hang', (_name, routes, circle) => {
    const fault = faultOf(() => resolve('a', withRoutes(routes)))
    expect(fault.kind).toBe('model_not_found')
    expect(fault.message).toContain(`leads back to itself: ${circle}`)
  })

  test('the way out of a circle is taken', () => {
    const snapshot = withRoutes({ a: ordered('b', 'one/x'), b: ordered('a', 'two/y') })
    expect(resolve('a', snapshot)).toEqual({
      ids: ['two/y', 'one/x'],
      warnings: ['model `a` cannot be reached and was skipped'],
    })
  })

  test('routes ten deep are not followed to the end', () => {
    const chain = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`r${index}`, ordered(`r${index + 1}`)]))
    const snapshot = withRoutes({ ...chain, r12: ordered('one/x') })
    expect(faultOf(() => resolve('r0', snapshot)).kind).toBe('model_not_found')
    expect(idsOf('r6', snapshot)).toEqual(['one/x'])
  })

  test('routes that multiply are cut off, with a warning', () => {
    const wide = (inner: string): RouteBody => ordered(...Array.from({ length: 50 }, () => inner))
    const routes = { a: wide('b'), b: wide('c'), c: wide('d'), d: wide('e'), e: wide('one/x') }
    const { ids, warnings } = resolve('a', withRoutes(routes))
    expect(ids).toEqual(['one/x'])
    expect(warnings.join()).toContain('500 targets')
  })
})

describe('weighted', () => {
  const snapshot = withRoutes({ split: weighted({ 'one/a': 70, 'two/b': 20, 'three/c': 10, 'one/spare': 0 }) })

  test.each([
    [0, ['one/a', 'two/b', 'three/c', 'one/spare']],
    [0.6999, ['one/a', 'two/b', 'three/c', 'one/spare']],
    [0.7001, ['two/b', 'one/a', 'three/c', 'one/spare']],
    [0.9001, ['three/c', 'one/a', 'two/b', 'one/spare']],
    [0.999999999, ['three/c', 'one/a', 'two/b', 'one/spare']],
  ])('a draw of %d: the drawn one first, the others by weight, weight 0 as the last resort', (draw, ids) => {
    expect(idsOf('split', snapshot, { draw: () => draw })).toEqual(ids)
  })

  test('the draw is asked for once, with the slug and whether it is to stick', () => {
    const asked: unknown[] = []
    const draw = (...given: unknown[]): number => {
      asked.push(given)
      return 0.5
    }
    resolve('stick', withRoutes({ stick: weighted({ 'one/a': 1, 'two/b': 1 }, true) }), { draw })
    resolve('split', snapshot, { draw })
    expect(asked).toEqual([
      ['stick', true],
      ['split', false],
    ])
  })

  test('with all weights 0 they come as listed', () => {
    expect(idsOf('none', withRoutes({ none: weighted({ 'one/a': 0, 'two/b': 0 }) }))).toEqual(['one/a', 'two/b'])
  })

  test('when one is unusable for a request, who has another keeps it', () => {
    const rows = { 'three/c': { facts: { capabilities: { vision: false } } } }
    const blind = { ...snapshot, models: modelsOf(rows) }
    const needs = new Set<Need>(['vision'])
    for (let step = 0; step < 90; step++) {
      const draw = (): number => (step + 0.5) / 100
      expect(idsOf('split', blind, { draw, needs })[0]).toBe(idsOf('split', blind, { draw })[0])
    }
  })

  test('over all draws each usable target is first in proportion to its weight', () => {
    const weights = fc.array(fc.record({ weight: fc.integer({ min: 0, max: 9 }), usable: fc.boolean() }), {
      minLength: 1,
      maxLength: 6,
    })
    fc.assert(
      fc.property(weights, (list) => {
        const targets = list.map(({ weight, usable }, index) => ({
          model: usable ? `one/m${index}` : `off/m${index}`,
          weight,
        }))
        const total = list.filter(({ usable }) => usable).reduce((sum, { weight }) => sum + weight, 0)
        fc.pre(total > 0)
        const routed = withRoutes({ r: { strategy: 'weighted', targets } })
        const draws = 500
        const counts = new Map<string, number>()
        for (let number = 0; number < draws; number++) {
          const first = idsOf('r', routed, { draw: () => (number + 0.5) / draws })[0] ?? ''
          counts.set(first, (counts.get(first) ?? 0) + 1)
        }
        for (const { model, weight } of targets.filter(({ model }) => model.startsWith('one/'))) {
          const share = (counts.get(model) ?? 0) / draws
          expect(Math.abs(share - weight / total)).toBeLessThan(0.02)
        }
      }),
      { numRuns: 20 },
    )
  })
})

describe('cheapest', () => {
  test('by what the request is expected to cost, an unknown price last, equal ones as listed', () => {
    const snapshot = withRoutes(
      { save: cheapest('one/unknown', 'one/dear', 'two/cheap', 'three/same') },
      { 'one/dear': priced(10), 'two/cheap': priced(1), 'three/same': priced(1) },
    )
    expect(idsOf('save', snapshot)).toEqual(['two/cheap', 'three/same', 'one/dear', 'one/unknown'])
  })

  test('a long answer is cheaper where the answer is cheap, a long request where the request is', () => {
    const snapshot = withRoutes(
      { save: cheapest('one/reader', 'two/writer') },
      { 'one/reader': priced(1, 10), 'two/writer': priced(5, 5) },
    )
    expect(idsOf('save', snapshot, { inputTokens: 10_000, maxOutputTokens: 100 })[0]).toBe('one/reader')
    expect(idsOf('save', snapshot, { inputTokens: 100, maxOutputTokens: 10_000 })[0]).toBe('two/writer')
  })

  test.each<[string, ModelFacts, Partial<RouteRequest>]>([
    ['holds 1000 tokens', { context_window: 1000 }, { inputTokens: 1001 }],
    ['holds 1000 tokens', { context_window: 1000 }, { inputTokens: 900, maxOutputTokens: 200 }],
    ['answers with at most 50 tokens', { max_output_tokens: 50 }, { maxOutputTokens: 51 }],
    ['cannot call tools', { capabilities: { tools: false } }, { needs: new Set<Need>(['tools']) }],
    ['cannot take images', { capabilities: { vision: false } }, { needs: new Set<Need>(['vision']) }],
    ['cannot be held to JSON', { capabilities: { json: false } }, { needs: new Set<Need>(['json']) }],
    ['has no audio', { capabilities: { audio: false } }, { needs: new Set<Need>(['audio']) }],
    ['cannot take documents', { capabilities: { documents: false } }, { needs: new Set<Need>(['documents']) }],
  ])('what %s is left out, and alone it is a fault that says so', (reason, facts, request) => {
    const rows = { 'one/small': { ...priced(0), facts }, 'two/large': priced(9) }
    const snapshot = withRoutes({ save: cheapest('one/small', 'two/large'), only: cheapest('one/small') }, rows)
    expect(idsOf('save', snapshot)).toEqual(['one/small', 'two/large'])
    expect(idsOf('save', snapshot, request)).toEqual(['two/large'])
    const fault = faultOf(() => resolve('only', snapshot, request))
    expect(fault).toMatchObject({ kind: 'invalid_request', status: 400, param: 'model' })
    expect(fault.message).toContain(`\`one/small\` ${reason}`)
  })

  test('an unsuitable route gives way to the next name, with a warning', () => {
    const rows = { 'one/small': { facts: { context_window: 10 } } }
    expect(resolve(['only', 'two/b'], withRoutes({ only: cheapest('one/small') }, rows))).toEqual({
      ids: ['two/b'],
      warnings: ['model `only` has no target that suits this request and was skipped'],
    })
  })

  test('a route among the targets counts with the price of its first model', () => {
    const rows = { 'one/a': priced(5), 'two/b': priced(1), 'three/c': priced(3) }
    const snapshot = withRoutes({ save: cheapest('pair', 'three/c'), pair: ordered('one/a', 'two/b') }, rows)
    expect(idsOf('save', snapshot)).toEqual(['three/c', 'one/a', 'two/b'])
  })

  test('a model that is paid for its input only, such as one for embeddings, has a price', () => {
    const openai: Provider = { ...scriptedProvider('openai'), priceId: 'openai' }
    const real: ModelCatalogue = { providers: new Map([['openai', openai]]), providerOfBareModel: () => null }
    const body = cheapest('openai/text-embedding-3-large', 'openai/text-embedding-3-small')
    const { targets } = resolveTargets(['e'], requestOf(), withRoutes({ e: body }), real)
    expect(targets.map(({ model }) => model)).toEqual(['text-embedding-3-small', 'text-embedding-3-large'])
  })
})

describe('conditions', () => {
  test.each<[string, RouteTarget['when'], Partial<RouteRequest>, Partial<RouteRequest>]>([
    ['app_name', { app_name: 'shop' }, { appName: 'shop' }, { appName: 'Shop' }],
    ['environment', { environment: ['prod', 'stage'] }, { environment: 'stage' }, { environment: 'dev' }],
    ['environment', { environment: 'prod' }, { environment: 'prod' }, { environment: null }],
    ['key', { key: 'batch' }, { keyName: 'batch' }, { keyName: 'web' }],
    ['user_id', { user_id: 'u1' }, { userId: 'u1' }, { userId: null }],
    ['prompt', { prompt: 'greet' }, { promptSlug: 'greet' }, { promptSlug: null }],
    ['locale', { locale: 'en' }, { locale: 'en-GB' }, { locale: 'eng' }],
    ['locale', { locale: 'pt-BR' }, { locale: 'pt_br' }, { locale: 'pt' }],
    ['metadata.tier', { metadata: { tier: ['gold', 'silver'] } }, { metadata: { tier: 'gold' } }, { metadata: {} }],
    ['metadata.toString', { metadata: { toString: 'x' } }, { metadata: { toString: 'x' } }, { metadata: {} }],
    ['streams', { stream: true }, { stream: true }, { stream: false }],
    ['not streamed', { stream: false }, { stream: false }, { stream: true }],
    ['tools', { needs: ['tools'] }, { needs: new Set<Need>(['tools', 'json']) }, { needs: new Set<Need>(['json']) }],
    ['at least 500 tokens', { min_input_tokens: 500 }, { inputTokens: 500 }, { inputTokens: 499 }],
    ['at most 500 tokens', { max_input_tokens: 500 }, { inputTokens: 500 }, { inputTokens: 501 }],
  ])('%s: the target counts when it holds, and the fault names it when nothing is left', (name, when, yes, no) => {
    const snapshot = withRoutes({
      main: ordered({ model: 'one/a', when }, 'two/b'),
      only: ordered({ model: 'one/a', when }),
    })
    expect(resolve('main', snapshot, yes)).toEqual({ ids: ['one/a', 'two/b'], warnings: [] })
    expect(resolve('main', snapshot, no)).toEqual({ ids: ['two/b'], warnings: [] })
    const fault = faultOf(() => resolve('only', snapshot, no))
    expect(fault.kind).toBe('invalid_request')
    expect(fault.message).toMatch(/^The route `only` has no model for this request: `one\/a` is only for /)
    expect(fault.message).toContain(name)
  })

  test('all that is given must hold', () => {
    const when = { environment: 'prod', stream: true }
    const snapshot = withRoutes({ main: ordered({ model: 'one/a', when }, 'two/b') })
    expect(idsOf('main', snapshot, { environment: 'prod', stream: false })).toEqual(['two/b'])
    expect(idsOf('main', snapshot, { environment: 'prod', stream: true })).toEqual(['one/a', 'two/b'])
  })
})

describe('sunset', () => {
  const ends = (sunset: string, successor?: string): Row => ({
    facts: { sunset_at: sunset, ...(successor !== undefined && { successor }) },
  })

  test('more than 90 days before nothing is said; from then on a warning', () => {
    const snapshot = withRoutes({}, { 'one/old': ends('2027-03-01', 'two/new') })
    const end = Date.UTC(2027, 2, 1)
    expect(resolve('one/old', snapshot, { at: end - 90 * day - 1 })).toEqual({ ids: ['one/old'], warnings: [] })
    expect(resolve('one/old', snapshot, { at: end - 90 * day })).toEqual({
      ids: ['one/old'],
      warnings: ['model `one/old` ends on 2027-03-01, in 90 days; then `two/new` answers'],
    })
    expect(resolve('one/old', snapshot, { at: end - 1 }).warnings).toEqual([
      'model `one/old` ends on 2027-03-01, in 1 day; then `two/new` answers',
    ])
  })

  test('from the first moment of the day the successor answers, and the answer says so', () => {
    const snapshot = withRoutes({}, { 'one/old': { ...ends('2026-11-21', 'two/new'), aliases: ['old'] } })
    expect(resolve('old', snapshot)).toEqual({
      ids: ['two/new'],
      warnings: ['model `one/old` ended on 2026-11-21; `two/new` answers instead'],
    })
  })

  test('without a successor, or with one that leads nowhere, the model is asked all the same', () => {
    expect(resolve('one/old', withRoutes({}, { 'one/old': ends('2026-01-01') }))).toEqual({
      ids: ['one/old'],
      warnings: ['model `one/old` ended on 2026-01-01 and has no successor; it was asked all the same'],
    })
    const lost = resolve('one/old', withRoutes({}, { 'one/old': ends('2026-01-01', 'off/x') }))
    expect(lost.ids).toEqual(['one/old'])
    expect(lost.warnings.join()).toContain('successor `off/x` cannot be reached')
  })

  test('a successor may have ended too, be a route, or lead back', () => {
    const rows = { 'one/old': ends('2026-01-01', 'two/new'), 'two/new': ends('2026-02-01', 'best') }
    expect(resolve('one/old', withRoutes({ best: ordered('three/c', 'one/d') }, rows))).toEqual({
      ids: ['three/c', 'one/d'],
      warnings: [
        'model `one/old` ended on 2026-01-01; `two/new` answers instead',
        'model `two/new` ended on 2026-02-01; `best` answers instead',
      ],
    })
    const circle = { 'one/old': ends('2026-01-01', 'two/new'), 'two/new': ends('2026-02-01', 'one/old') }
    expect(idsOf('one/old', withRoutes({}, circle))).toEqual(['two/new'])
  })

  test('holds for the targets of routes; a successor that is a target already is tried once', () => {
    const snapshot = withRoutes(
      { main: ordered('one/old', 'two/new', 'three/c') },
      { 'one/old': ends('2026-01-01', 'two/new') },
    )
    expect(idsOf('main', snapshot)).toEqual(['two/new', 'three/c'])
  })
})

describe('credentials', () => {
  const keyed: Provider = { ...scriptedProvider('keyed'), needsApiKey: true, builtIn: false }
  const where: Provider = { ...scriptedProvider('where'), builtIn: false, defaultBaseUrl: null }
  const own: ModelCatalogue = {
    providers: new Map([keyed, where].map((each) => [each.id, each])),
    providerOfBareModel: () => null,
  }
  const stored = (provider: string, name: string, apiKey: string | null, baseUrl: string | null = null) => ({
    provider,
    name,
    apiKey,
    baseUrl,
  })

  test('are those of the provider that was found, in their order, without what it cannot be called with', () => {
    const list = [
      stored('keyed', 'default', 'k1'),
      stored('keyed', 'broken', null),
      stored('keyed', 'eu', 'k2', 'http://eu/v1'),
    ]
    const snapshot = { ...snapshotOf(), credentials: new Map([['keyed', list]]) }
    const { credentials } = resolveModel('keyed/m', snapshot, own)
    expect(credentials).toEqual([
      { name: 'default', apiKey: 'k1', baseUrl: keyed.defaultBaseUrl },
      { name: 'eu', apiKey: 'k2', baseUrl: 'http://eu/v1' },
    ])
    expect(resolveModel('keyed/other', snapshot, own).credentials).toBe(credentials)
  })

  test('none that it can be called with: the provider is off', () => {
    const credentials = new Map([
      ['keyed', [stored('keyed', 'default', null)]],
      ['where', [stored('where', 'default', null)]],
    ])
    for (const snapshot of [snapshotOf(), { ...snapshotOf(), credentials }]) {
      expect(faultOf(() => resolveModel('keyed/m', snapshot, own)).message).toContain('has no API key')
      expect(faultOf(() => resolveModel('where/m', snapshot, own)).message).toContain('has no base URL')
    }
  })
})

describe('what a request needs', () => {
  const part = (type: string, more: Record<string, unknown> = {}) => ({ type, ...more })
  const asks = (...content: unknown[]) => ({ messages: [{ role: 'user', content }] })

  test.each<[string, unknown, readonly Need[]]>([
    ['plain text', { messages: [{ role: 'user', content: 'Hi' }] }, []],
    ['tools', { messages: [], tools: [{ type: 'function', function: { name: 'f' } }] }, ['tools']],
    ['the older functions', { functions: [{ name: 'f' }] }, ['tools']],
    ['an empty list of tools', { tools: [] }, []],
    ['an image', asks(part('image_url', { image_url: { url: 'https://x/y.png' } })), ['vision']],
    ['sound', asks(part('input_audio', { input_audio: { data: 'AAAA', format: 'wav' } })), ['audio']],
    ['a spoken answer', { modalities: ['text', 'audio'] }, ['audio']],
    ['a file', asks(part('file', { file: { file_data: 'data:application/pdf;base64,AAAA' } })), ['documents']],
    ['JSON', { response_format: { type: 'json_object' } }, ['json']],
    ['JSON by schema', { response_format: { type: 'json_schema', json_schema: { schema: {} } } }, ['json']],
    ['text as format', { response_format: { type: 'text' } }, []],
    [
      'a tool whose schema speaks of images',
      { tools: [{ function: { parameters: { type: 'image_url' } } }] },
      ['tools'],
    ],
    [
      'an image for the Responses API',
      { input: [{ role: 'user', content: [part('input_image', { image_url: 'https://x/y.png' })] }] },
      ['vision'],
    ],
    ['nonsense', { messages: [null, 3, { content: [null, 'x', {}] }], tools: 'x', modalities: {} }, []],
  ])('%s', (_name, body, needs) => {
    expect([...requestNeeds(body as never).needs]).toEqual(needs)
  })

  test('a quarter of the characters, whatever form they have, and files not counted as words', () => {
    const text = 'word '.repeat(800)
    const plain = requestNeeds({ messages: [{ role: 'user', content: text }] }).inputTokens
    expect(plain).toBeGreaterThanOrEqual(1000)
    expect(plain).toBeLessThan(1020)
    expect(requestNeeds(asks(part('text', { text })) as never).inputTokens).toBeLessThan(1020)
    expect(requestNeeds({ input: [text, text] }).inputTokens).toBeGreaterThanOrEqual(2000)
    const encoded = 'A'.repeat(400_000)
    for (const [type, member] of [
      ['input_audio', { data: encoded }],
      ['file', { file_data: encoded }],
    ] as const) {
      expect(requestNeeds(asks(part(type, { [type]: member })) as never).inputTokens).toBeLessThan(50)
    }
    const image = requestNeeds(
      asks(part('image_url', { image_url: { url: `data:image/png;base64,${encoded}` } })) as never,
    )
    expect(image.inputTokens).toBeGreaterThanOrEqual(1000)
    expect(image.inputTokens).toBeLessThan(1050)
  })

  test('the limit of the answer, the newer name before the older; what is no number is none', () => {
    expect(requestNeeds({ max_tokens: 5 }).maxOutputTokens).toBe(5)
    expect(requestNeeds({ max_tokens: 5, max_completion_tokens: 7 }).maxOutputTokens).toBe(7)
    expect(requestNeeds({ max_tokens: null }).maxOutputTokens).toBeNull()
    expect(requestNeeds({}).maxOutputTokens).toBeNull()
  })

  test('a body nested a hundred thousand deep is read', () => {
    let deep: unknown = 'x'
    for (let level = 0; level < 100_000; level++) deep = [deep]
    expect(requestNeeds({ tools: deep } as never).inputTokens).toBe(1)
  })
})
