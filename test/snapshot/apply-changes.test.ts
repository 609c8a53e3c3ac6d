import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createSealer } from '../../src/core/seal.ts'
import { applyChanges } from '../../src/snapshot/apply-changes.ts'
import type { CredentialValue, ExperimentValue, SnapshotChange } from '../../src/snapshot/change.ts'
import { type IndexedSnapshot, changesOf, restamp } from '../../src/snapshot/indexed-snapshot.ts'
import { SnapshotDraft } from '../../src/snapshot/snapshot-draft.ts'
import { credentialId, promptKey } from '../../src/snapshot/snapshot.ts'
import {
  contentOf,
  createObserved,
  experiment,
  guardrail,
  key,
  noExperiment,
  noGuardrail,
  noPrompt,
  nothing,
  prompt,
  sealer,
  stamp,
  versionText,
} from './support.ts'

const slugs = fc.constantFrom('a', 'b', 'c', 'd')
const aliases = fc.uniqueArray(fc.constantFrom('a', 'b', 'x', 'y'), { maxLength: 3 })
const sealed = sealer.seal('secret')

const promptChange: fc.Arbitrary<SnapshotChange> = fc
  .record({
    slug: slugs,
    aliases,
    hash: fc.constantFrom('h1', 'h2'),
    gone: fc.boolean(),
    production: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ slug, aliases, hash, gone, production }) =>
    gone
      ? noPrompt(slug)
      : prompt(slug, {
          aliases,
          category: hash,
          labels: { production },
          versions: [{ number: 1, semver: null, hash, body: versionText(hash) }],
        }),
  )
const keyChange: fc.Arbitrary<SnapshotChange> = fc
  .tuple(fc.constantFrom('k1', 'k2', 'k3'), fc.constantFrom('h1', 'h2'), fc.boolean())
  .map(([id, hash, gone]) => (gone ? { noun: 'key', id, value: null } : key(id, hash)))
const credentialChange: fc.Arbitrary<SnapshotChange> = fc
  .tuple(fc.constantFrom('openai', 'groq'), fc.constantFrom('default', 'a', 'b'), fc.boolean())
  .map(([provider, name, gone]) => ({
    noun: 'credential',
    id: credentialId({ provider, name }),
    value: gone ? null : { provider, name, sealedApiKey: sealed, baseUrl: null },
  }))
const modelChange: fc.Arbitrary<SnapshotChange> = fc
  .tuple(
    fc.constantFrom('openai/one', 'openai/two'),
    fc.uniqueArray(fc.constantFrom('fast', 'good'), { maxLength: 2 }),
    fc.boolean(),
  )
  .map(([id, aliases, gone]) => ({
    noun: 'model',
    id,
    value: gone ? null : { id, aliases, prices: null, facts: null },
  }))
const routeChange: fc.Arbitrary<SnapshotChange> = fc
  .tuple(fc.constantFrom('cheap', 'fast'), fc.constantFrom('mock/echo', 'mock/json'), fc.boolean())
  .map(([slug, model, gone]) => ({
    noun: 'route',
    id: slug,
    value: gone ? null : { slug, body: { strategy: 'ordered', targets: [{ model }] } },
  }))
const guardrailChange: fc.Arbitrary<SnapshotChange> = fc
  .tuple(fc.constantFrom('g1', 'g2', 'g3'), fc.integer({ min: 1, max: 3 }), fc.boolean())
  .map(([slug, order, gone]) => (gone ? noGuardrail(slug) : guardrail(slug, { order })))
const experimentChange: fc.Arbitrary<SnapshotChange> = fc
  .tuple(fc.constantFrom('e1', 'e2', 'e3'), fc.constantFrom('a', 'b'), fc.integer({ min: 1, max: 3 }), fc.boolean())
  .map(([slug, prompt, startedAt, gone]) => (gone ? noExperiment(slug) : experiment(slug, { prompt }, { startedAt })))
const changeList = fc.array(
  fc.oneof(promptChange, keyChange, credentialChange, modelChange, routeChange, guardrailChange, experimentChange),
  { maxLength: 40 },
)

function built(...lists: (readonly SnapshotChange[])[]): IndexedSnapshot {
  return lists.reduce<IndexedSnapshot>((snapshot, changes) => applyChanges(snapshot, changes, stamp), nothing())
}

/** Each thing with its newest value, in any order: what a full load would give. */
function newest(changes: readonly SnapshotChange[]): SnapshotChange[] {
  const values = new Map(changes.map((change) => [`${change.noun}/${change.id}`, change]))
  return [...values.values()].filter((change) => change.value !== null)
}

const named = (snapshot: IndexedSnapshot, name: string) => snapshot.prompts.get(promptKey('default', name))

describe('applyChanges', () => {
  test('gives the same snapshot however the changes are split', () => {
    fc.assert(
      fc.property(changeList, fc.array(fc.nat(40)), (changes, cuts) => {
        const borders = [
          0,
          ...cuts.map((cut) => Math.min(cut, changes.length)).sort((left, right) => left - right),
          changes.length,
        ]
        const parts = borders.slice(1).map((end, index) => changes.slice(borders[index], end))
        expect(contentOf(built(...parts))).toEqual(contentOf(built(changes)))
      }),
    )
  })

  test('depends only on the newest value of each thing, in whatever order they are loaded', () => {
    const shuffled = changeList.chain((changes) => {
      const values = newest(changes)
      return fc.tuple(fc.constant(changes), fc.shuffledSubarray(values, { minLength: values.length }))
    })
    fc.assert(
      fc.property(shuffled, ([changes, loaded]) => {
        expect(contentOf(built(loaded))).toEqual(contentOf(built(changes)))
      }),
    )
  })

  test('applying a list again changes nothing', () => {
    fc.assert(
      fc.property(changeList, (changes) => {
        expect(contentOf(built(newest(changes), newest(changes)))).toEqual(contentOf(built(newest(changes))))
      }),
    )
  })

  test('can be taken apart into the changes that make it again', () => {
    fc.assert(
      fc.property(changeList, (changes) => {
        const snapshot = built(changes)
        expect(contentOf(built([...changesOf(snapshot)]))).toEqual(contentOf(snapshot))
      }),
    )
  })

  test('leaves the snapshot it starts from as it was', () => {
    fc.assert(
      fc.property(changeList, changeList, (first, second) => {
        const before = built(first)
        const content = contentOf(before)
        applyChanges(before, second, stamp)
        expect(contentOf(before)).toEqual(content)
      }),
    )
  })

  test('serves a prompt under its slug and every alias; an alias that goes away is gone', () => {
    const before = built([prompt('greet', { aliases: ['hello', 'pmpt_1'] })])
    expect([named(before, 'greet'), named(before, 'hello'), named(before, 'pmpt_1')].map((each) => each?.slug)).toEqual(
      ['greet', 'greet', 'greet'],
    )
    const after = applyChanges(before, [prompt('greet', { aliases: ['pmpt_1'] })], stamp)
    expect(named(after, 'hello')).toBeUndefined()
    expect(named(after, 'pmpt_1')?.slug).toBe('greet')
    expect(after.promptCount).toBe(1)
  })

  test.each([
    [0, 1],
    [1, 0],
  ])('an alias moves from one prompt to another, whichever is told first', (...order) => {
    const before = built([prompt('old', { aliases: ['main'] }), prompt('new')])
    const moves = [prompt('old'), prompt('new', { aliases: ['main'] })]
    const after = order.reduce(
      (snapshot, index) => applyChanges(snapshot, moves.slice(index, index + 1), stamp),
      before,
    )
    expect(named(after, 'main')?.slug).toBe('new')
  })

  test('an alias never takes the place of a slug, and comes into effect when the slug is gone', () => {
    const both = built([prompt('greet'), prompt('other', { aliases: ['greet'] })])
    expect(named(both, 'greet')?.slug).toBe('greet')
    expect(named(applyChanges(both, [noPrompt('greet')], stamp), 'greet')?.slug).toBe('other')
  })

  test('two tenants may use the same slug', () => {
    const theirs = prompt('greet')
    const snapshot = built([
      theirs,
      { ...theirs, tenantId: 'acme', value: theirs.value && { ...theirs.value, tenantId: 'acme' } },
    ])
    expect(snapshot.promptCount).toBe(2)
    const left = applyChanges(snapshot, [noPrompt('greet')], stamp)
    expect(left.prompts.get('acme/greet')?.tenantId).toBe('acme')
    expect(left.prompts.get('default/greet')).toBeUndefined()
  })

  test('compiles a version at first use, once, and keeps it as long as it stays the same', () => {
    const before = built([prompt('greet')])
    const compiled = named(before, 'greet')?.versions.get(1)?.compiled()
    expect(compiled?.body.model).toBe('mock/echo')
    const relabelled = applyChanges(before, [prompt('greet', { labels: { production: 1, staging: 1 } })], stamp)
    expect(named(relabelled, 'greet')?.versions.get(1)?.compiled()).toBe(compiled)
    const changed = prompt('greet', {
      versions: [{ number: 1, semver: null, hash: 'another', body: versionText('new') }],
    })
    expect(
      named(applyChanges(relabelled, [changed], stamp), 'greet')
        ?.versions.get(1)
        ?.compiled(),
    ).not.toBe(compiled)
  })

  test('a broken stored body harms only its own version, and names it', () => {
    const versions = [
      { number: 1, semver: null, hash: 'good', body: versionText('good') },
      { number: 2, semver: null, hash: 'bad', body: '{"messages":' },
    ]
    const found = named(built([prompt('greet', { versions })]), 'greet')
    expect(found?.versions.get(1)?.compiled().body.model).toBe('mock/echo')
    expect(() => found?.versions.get(2)?.compiled()).toThrow(
      expect.objectContaining({ kind: 'internal', message: expect.stringContaining("Version 2 of prompt 'greet'") }),
    )
  })

  test('finds keys by their hash, and no longer when they are revoked', () => {
    const before = built([key('k1', 'h1')])
    expect(before.keys.get('h1')?.id).toBe('k1')
    expect(applyChanges(before, [{ noun: 'key', id: 'k1', value: null }], stamp).keys.get('h1')).toBeUndefined()
  })

  test('finds models by id and alias', () => {
    const snapshot = built([
      {
        noun: 'model',
        id: 'openai/ft:gpt/x',
        value: { id: 'openai/ft:gpt/x', aliases: ['mine'], prices: null, facts: { context_window: 8000 } },
      },
    ])
    expect(snapshot.models.get('mine')).toMatchObject({
      provider: 'openai',
      model: 'ft:gpt/x',
      facts: { context_window: 8000 },
    })
    expect(snapshot.models.get('openai/ft:gpt/x')).toBe(snapshot.models.get('mine'))
  })
})

describe('routes', () => {
  test('are found by their slug, replaced and taken away', () => {
    const route = (model: string): SnapshotChange => ({
      noun: 'route',
      id: 'cheap',
      value: { slug: 'cheap', body: { strategy: 'ordered', targets: [{ model }] } },
    })
    const before = built([route('mock/echo')])
    const after = applyChanges(before, [route('mock/json')], stamp)
    expect(before.routes.get('cheap')?.body.targets).toEqual([{ model: 'mock/echo' }])
    expect(after.routes.get('cheap')?.body.targets).toEqual([{ model: 'mock/json' }])
    expect(applyChanges(after, [{ noun: 'route', id: 'cheap', value: null }], stamp).routes.size).toBe(0)
  })
})

/** The same JSON with all members in another order. */
const backwards = (change: SnapshotChange): string =>
  JSON.stringify(change, (_name, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toReversed())
      : value,
  )

describe('experiments', () => {
  const slugsOf = (snapshot: IndexedSnapshot, name = 'default/greet') =>
    snapshot.experiments.get(name)?.map(({ slug }) => slug)

  test('are listed by their prompt, in the order in which they are asked', () => {
    const snapshot = built([
      experiment('roll', {}, { kind: 'rollout', startedAt: 1 }),
      experiment('b', {}, { startedAt: 2 }),
      experiment('a', {}, { startedAt: 2 }),
      experiment('other', { prompt: 'bye' }),
      experiment('theirs', {}, { tenantId: 'acme' }),
    ])
    expect(slugsOf(snapshot)).toEqual(['a', 'b', 'roll'])
    expect(slugsOf(snapshot, 'default/bye')).toEqual(['other'])
    expect(slugsOf(snapshot, 'acme/greet')).toEqual(['theirs'])
    const moved = applyChanges(snapshot, [experiment('a', { prompt: 'bye' }), noExperiment('theirs', 'acme')], stamp)
    expect([slugsOf(moved), slugsOf(moved, 'default/bye')]).toEqual([
      ['b', 'roll'],
      ['a', 'other'],
    ])
    expect(moved.experiments.has('acme/greet')).toBe(false)
    expect(slugsOf(snapshot)).toEqual(['a', 'b', 'roll'])
  })

  test('are the same list until one of their prompt changes', () => {
    const before = built([experiment('a'), experiment('b'), experiment('other', { prompt: 'bye' })])
    const list = before.experiments.get('default/greet')
    const later = { ...stamp, version: '2' }
    const others = applyChanges(before, [prompt('greet'), noExperiment('other'), guardrail('g')], later)
    expect(others.experiments.get('default/greet')).toBe(list)
    const again = JSON.parse(backwards(experiment('a'))) as SnapshotChange
    const same = applyChanges(others, [again, experiment('c'), noExperiment('c')], later)
    expect(same.experiments.get('default/greet')).toBe(list)
    const changed = applyChanges(same, [experiment('a', { traffic: 0.5 })], later).experiments.get('default/greet')
    expect(changed).not.toBe(list)
    // What did not change is the same object in the new list.
    expect(changed?.[1]).toBe(list?.[1])
  })

  test('with another phase, seed or start are other ones', () => {
    const before = built([experiment('a')])
    const list = before.experiments.get('default/greet')
    const phase = { number: 1, startedAt: 0, weights: { control: 1, warmer: 1 }, units: null }
    expect(
      applyChanges(before, [experiment('a', {}, { phases: [phase] })], stamp).experiments.get('default/greet'),
    ).toBe(list)
    const others: Partial<ExperimentValue>[] = [
      { seed: 'b' },
      { startedAt: 1 },
      { kind: 'rollout' },
      { phases: [{ ...phase, startedAt: 1 }] },
      { phases: [{ ...phase, weights: { control: 1, warmer: 2 } }] },
      { phases: [phase, { ...phase, number: 2 }] },
    ]
    for (const value of others) {
      const next = applyChanges(before, [experiment('a', {}, value)], stamp).experiments.get('default/greet')
      expect(next, JSON.stringify(value)).not.toBe(list)
    }
  })

  test('are the same list when all is loaded anew and they are what they were', () => {
    const before = built([experiment('a'), experiment('b')])
    const anew = new SnapshotDraft(nothing(), before)
    for (const change of [experiment('b'), experiment('a'), prompt('greet')]) anew.apply(change)
    expect(anew.finish(stamp).experiments.get('default/greet')).toBe(before.experiments.get('default/greet'))
    const fewer = new SnapshotDraft(nothing(), before)
    fewer.apply(experiment('b'))
    expect(slugsOf(fewer.finish(stamp))).toEqual(['b'])
  })

  test('that cannot run are left out and said; the others go on', () => {
    const observed = createObserved()
    const context = { observe: observed.observe }
    const phase = { number: 1, startedAt: 0, weights: {} }
    const broken = experiment(
      'a',
      {},
      {
        phases: [
          { ...phase, units: 'no filter' },
          { ...phase, number: 2, units: null },
        ],
      },
    )
    const before = applyChanges(nothing(context), [experiment('a'), experiment('b')], stamp)
    const after = applyChanges(before, [broken, experiment('none', {}, { phases: [] })], stamp)
    expect(slugsOf(after)).toEqual(['b'])
    expect(observed.of('snapshot-rejected').map(({ source }) => source)).toEqual([
      "experiment 'a'",
      "experiment 'none'",
    ])
    expect(observed.of('snapshot-rejected')[0]?.message).toMatch(/damaged.* left out/)
  })
})

describe('guardrails', () => {
  const slugsOf = (snapshot: IndexedSnapshot, tenantId = 'default') =>
    snapshot.guardrails.get(tenantId)?.map(({ slug }) => slug)

  test('are listed by tenant, by order and then slug, also those that are not enabled', () => {
    const snapshot = built([
      guardrail('b'),
      guardrail('late', { order: 500 }),
      guardrail('a'),
      guardrail('first', { order: 0, enabled: false }),
      guardrail('theirs', {}, 'acme'),
    ])
    expect(slugsOf(snapshot)).toEqual(['first', 'a', 'b', 'late'])
    expect(slugsOf(snapshot, 'acme')).toEqual(['theirs'])
    const moved = applyChanges(snapshot, [guardrail('late', { order: 50 }), noGuardrail('a')], stamp)
    expect(slugsOf(moved)).toEqual(['first', 'late', 'b'])
    expect(slugsOf(snapshot)).toEqual(['first', 'a', 'b', 'late'])
  })

  test('of a tenant that has none any more are not there', () => {
    const snapshot = applyChanges(built([guardrail('a')]), [noGuardrail('a'), noGuardrail('never')], stamp)
    expect(snapshot.guardrails.has('default')).toBe(false)
  })

  test('are the same list until one of them changes', () => {
    const before = built([guardrail('a'), guardrail('b'), guardrail('theirs', {}, 'acme')])
    const list = before.guardrails.get('default')
    const later = { ...stamp, version: '2' }
    const others = applyChanges(before, [prompt('greet'), key('k1'), noGuardrail('theirs', 'acme')], later)
    expect(others.guardrails.get('default')).toBe(list)
    expect(restamp(others, stamp).guardrails.get('default')).toBe(list)
    const again = JSON.parse(backwards(guardrail('a'))) as SnapshotChange
    expect(applyChanges(others, [again, guardrail('c'), noGuardrail('c')], later).guardrails.get('default')).toBe(list)
    const changed = applyChanges(others, [guardrail('a', { mode: 'shadow' })], later).guardrails.get('default')
    expect(changed).not.toBe(list)
    // What did not change is the same object in the new list.
    expect(changed?.[1]).toBe(list?.[1])
  })

  test('are the same list when all is loaded anew and they are what they were', () => {
    const before = built([guardrail('a'), guardrail('b')])
    const anew = new SnapshotDraft(nothing(), before)
    for (const change of [guardrail('b'), guardrail('a'), prompt('greet')]) anew.apply(change)
    expect(anew.finish(stamp).guardrails.get('default')).toBe(before.guardrails.get('default'))
    const fewer = new SnapshotDraft(nothing(), before)
    fewer.apply(guardrail('b'))
    expect(slugsOf(fewer.finish(stamp))).toEqual(['b'])
  })
})

describe('credentials', () => {
  const environmentCredentials = new Map([
    [
      'openai',
      [
        { name: 'default', apiKey: 'of the environment', baseUrl: 'http://127.0.0.1:1/v1' },
        { name: '2', apiKey: 'second of the environment', baseUrl: 'http://127.0.0.1:1/v1' },
      ],
    ],
    ['groq', [{ name: 'default', apiKey: 'groq', baseUrl: null }]],
  ])
  const stored: SnapshotChange = {
    noun: 'credential',
    id: 'openai',
    value: { provider: 'openai', name: 'default', sealedApiKey: sealer.seal('stored'), baseUrl: null },
  }
  const named = (name: string, more: Partial<CredentialValue> = {}): SnapshotChange => ({
    noun: 'credential',
    id: `openai/${name}`,
    value: { provider: 'openai', name, sealedApiKey: sealer.seal(`stored ${name}`), baseUrl: null, ...more },
  })
  const keysOf = (snapshot: IndexedSnapshot, provider: string) =>
    snapshot.credentials.get(provider)?.map(({ name, apiKey }) => [name, apiKey])

  test('a stored one takes the place of the environment’s of the same name, and gives it back when it is removed', () => {
    const start = nothing({ environmentCredentials })
    const environments = [
      ['default', 'of the environment'],
      ['2', 'second of the environment'],
    ]
    expect(keysOf(start, 'openai')).toEqual(environments)
    const after = applyChanges(start, [stored], stamp)
    expect(keysOf(after, 'openai')).toEqual([
      ['default', 'stored'],
      ['2', 'second of the environment'],
    ])
    expect(keysOf(after, 'groq')).toEqual([['default', 'groq']])
    expect(keysOf(applyChanges(after, [named('2')], stamp), 'openai')).toEqual([
      ['default', 'stored'],
      ['2', 'stored 2'],
    ])
    const removed = applyChanges(after, [{ ...stored, value: null }], stamp)
    expect(keysOf(removed, 'openai')).toEqual(environments)
  })

  test('several of one provider are in the order of their names, the default one first', () => {
    const snapshot = built([named('west'), named('east'), stored, named('a')])
    expect(snapshot.credentials.get('openai')?.map(({ name }) => name)).toEqual(['default', 'a', 'east', 'west'])
    const without = applyChanges(snapshot, [{ ...stored, value: null }], stamp)
    expect(without.credentials.get('openai')?.map(({ name }) => name)).toEqual(['a', 'east', 'west'])
    const gone = ['a', 'east', 'west'].map((name): SnapshotChange => ({
      noun: 'credential',
      id: `openai/${name}`,
      value: null,
    }))
    expect(applyChanges(without, gone, stamp).credentials.has('openai')).toBe(false)
  })

  test('a stored one without a base URL is called at the environment’s, else where the provider is; never at another’s', () => {
    const own = named('own', { baseUrl: 'http://127.0.0.1:2/v1' })
    const snapshot = applyChanges(nothing({ environmentCredentials }), [stored, own, named('plain')], stamp)
    const addresses = snapshot.credentials.get('openai')?.map(({ name, baseUrl }) => [name, baseUrl])
    expect(addresses).toEqual([
      ['default', 'http://127.0.0.1:1/v1'],
      ['2', 'http://127.0.0.1:1/v1'],
      ['own', 'http://127.0.0.1:2/v1'],
      ['plain', 'http://127.0.0.1:1/v1'],
    ])
    expect(
      built([own, named('plain')])
        .credentials.get('openai')
        ?.at(1)?.baseUrl,
    ).toBeNull()
  })

  test('a key of the environment is never sent to a stored base URL', () => {
    const elsewhere: SnapshotChange = {
      noun: 'credential',
      id: 'openai',
      value: { provider: 'openai', name: 'default', sealedApiKey: null, baseUrl: 'http://127.0.0.1:3/v1' },
    }
    const [first] =
      applyChanges(nothing({ environmentCredentials }), [elsewhere], stamp).credentials.get('openai') ?? []
    expect(first).toEqual({ provider: 'openai', name: 'default', apiKey: null, baseUrl: 'http://127.0.0.1:3/v1' })
  })

  test('one that does not open is left out and said, without its text', () => {
    const observed = createObserved()
    const start = nothing({ sealer: createSealer('another key'), observe: observed.observe })
    const after = applyChanges(start, [stored, key('k1')], stamp)
    expect(after.credentials.has('openai')).toBe(false)
    expect(after.keys.size).toBe(1)
    const [rejected] = observed.of('snapshot-rejected')
    expect(rejected?.source).toContain('openai')
    expect(JSON.stringify(observed.all)).not.toContain(stored.noun === 'credential' ? stored.value?.sealedApiKey : '')
    // It is kept sealed, so that the copy on disk still has it.
    expect([...changesOf(after)]).toContainEqual(stored)
  })
})
