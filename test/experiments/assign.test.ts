import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Assignment, assign, explain } from '../../src/experiments/assign.ts'
import { digestOfUnit } from '../../src/experiments/bucket.ts'
import {
  type RunningExperiment,
  compareExperiments,
  compileExperiment,
} from '../../src/experiments/running-experiment.ts'
import { endsOf } from '../../src/experiments/split.ts'
import { buildUnitFilter } from '../../src/experiments/unit-filter.ts'
import { type ExperimentInput, running, subject, units, valueOf } from './experiments.ts'

/** Variant of each unit that is in the experiment. */
function given(experiments: RunningExperiment | readonly RunningExperiment[], ids: readonly string[]) {
  const list = 'slug' in experiments ? [experiments] : experiments
  const variants = new Map<string, string>()
  for (const id of ids) {
    const assigned = assign(list, subject(id))
    if (assigned !== null) variants.set(id, assigned.variant.name)
  }
  return variants
}

function counted(values: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return counts
}

/** How far counts are from what is expected. */
function chiSquare(observed: readonly number[], expected: readonly number[]): number {
  return observed.reduce((sum, count, at) => sum + (count - (expected[at] ?? 0)) ** 2 / (expected[at] ?? 0), 0)
}

/** Exceeded by chance once in a thousand: by degrees of freedom. */
const oneInAThousand = { 1: 10.83, 2: 13.82, 3: 16.27, 4: 18.47 } as const

describe('the split', () => {
  test('gives every variant its weight of 100,000 units that are numbered one after the other', () => {
    const experiment = running('tone', {
      variants: [
        { name: 'control', weight: 5 },
        { name: 'warm', weight: 3 },
        { name: 'short', weight: 2 },
      ],
    })
    const counts = counted(given(experiment, units(100_000)).values())
    const observed = ['control', 'warm', 'short'].map((name) => counts.get(name) ?? 0)
    expect(observed.reduce((sum, count) => sum + count, 0)).toBe(100_000)
    expect(chiSquare(observed, [50_000, 30_000, 20_000])).toBeLessThan(oneInAThousand[2])
  })

  test('of one experiment says nothing about that of another', () => {
    const ids = units(100_000)
    const [first, second] = [given(running('one'), ids), given(running('two'), ids)]
    const both = counted(ids.map((id) => `${first.get(id)} ${second.get(id)}`))
    expect(both.size).toBe(4)
    expect(chiSquare([...both.values()], [25_000, 25_000, 25_000, 25_000])).toBeLessThan(oneInAThousand[3])
  })

  test('is the same whenever and wherever it is computed, and another one with another seed', () => {
    const ids = units(1000)
    const experiment = running('tone')
    expect(given(running('tone'), [...ids].reverse())).toEqual(new Map([...given(experiment, ids)].reverse()))
    expect(given(running('tone', { seed: 'other' }), ids)).not.toEqual(given(experiment, ids))
  })

  test('gives nobody to a weight of 0, wherever it stands', () => {
    const weights = fc.array(fc.constantFrom(0, 0.001, 1, 7, 1_000_000), { minLength: 2, maxLength: 10 })
    fc.assert(
      fc.property(weights, fc.uniqueArray(fc.string({ minLength: 1 }), { maxLength: 20 }), (each, ids) => {
        const variants = each.map((weight, at) => ({ name: `v${at}`, weight }))
        const experiment = running('tone', { variants })
        const someTakePart = each.some((weight) => weight > 0)
        for (const id of ids) {
          const assigned = assign([experiment], subject(id))
          expect(assigned === null).toBe(!someTakePart)
          if (assigned !== null) expect(each[Number(assigned.variant.name.slice(1))]).toBeGreaterThan(0)
        }
      }),
    )
  })

  test('leaves no gap before 1, however its weights add up', () => {
    const weights = fc.array(fc.double({ min: 1e-9, max: 1e6, noNaN: true }), { minLength: 2, maxLength: 10 })
    fc.assert(
      fc.property(weights, fc.nat(2), (each, zeros) => {
        const ends = endsOf([...each, ...Array.from({ length: zeros }, () => 0)])
        expect(ends.slice(each.length - 1)).toEqual(Array.from({ length: zeros + 1 }, () => 1))
        expect([...ends].sort((left, right) => left - right)).toEqual(ends)
      }),
    )
  })

  test('says what the variant changes, and nothing of what it does not', () => {
    const variants = [
      { name: 'control' },
      { name: 'hot', version: 3, model: 'mock/echo', parameters: { temperature: 1 } },
    ]
    const { variantsByName } = running('tone', { variants })
    expect(variantsByName.get('control')).toEqual({ name: 'control', version: null, model: null, parameters: null })
    expect(variantsByName.get('hot')).toEqual({
      name: 'hot',
      version: 3,
      model: 'mock/echo',
      parameters: { temperature: 1 },
    })
  })
})

describe('the traffic', () => {
  const ids = units(20_000)

  test('raised from 10 to 50 per cent moves nobody who was in', () => {
    const before = given(running('tone', { traffic: 0.1 }), ids)
    const after = given(running('tone', { traffic: 0.5 }), ids)
    expect(before.size / ids.length).toBeCloseTo(0.1, 1)
    expect(after.size / ids.length).toBeCloseTo(0.5, 1)
    expect([...before].filter(([id, variant]) => after.get(id) !== variant)).toEqual([])
  })

  test('does not lean on the split: those who are in are split like all', () => {
    const counts = counted(given(running('tone', { traffic: 0.1 }), units(100_000)).values())
    const all = (counts.get('control') ?? 0) + (counts.get('warmer') ?? 0)
    expect(chiSquare([...counts.values()], [all / 2, all / 2])).toBeLessThan(oneInAThousand[1])
  })

  test('of 0 takes nobody', () => {
    expect(given(running('tone', { traffic: 0 }), ids).size).toBe(0)
  })
})

describe('a new split', () => {
  const ids = units(4000)
  const seen = ids.slice(0, 2000)
  const filter = buildUnitFilter(seen.length)
  for (const id of seen) filter.add(digestOfUnit('default', id))
  const before = running('tone')
  const next = { control: 1, warmer: 9 }
  const changed = running('tone', {}, { phases: [{ units: filter.toBase64() }, { weights: next }] })

  test('moves no unit that was assigned before, and says that it is an earlier one', () => {
    expect(given(changed, seen)).toEqual(given(before, seen))
    for (const id of seen) {
      expect(assign([changed], subject(id))).toMatchObject({ phase: 1, reason: 'stored', excluded: null })
    }
  })

  test('is for all others', () => {
    const fresh = ids.slice(2000).map((id) => assign([changed], subject(id)))
    const news = fresh.filter((assigned): assigned is Assignment => assigned?.reason === 'split')
    expect(news.every(({ phase }) => phase === 2)).toBe(true)
    expect(news.length).toBeGreaterThan(1980)
    expect(news.filter(({ variant }) => variant.name === 'warmer').length / news.length).toBeCloseTo(0.9, 1)
  })

  test('leaves units where their first phase put them, through all later ones', () => {
    const second = buildUnitFilter(ids.length)
    for (const id of ids) second.add(digestOfUnit('default', id))
    const phases = [
      { units: filter.toBase64() },
      { weights: next, units: second.toBase64() },
      { weights: { control: 1, warmer: 0 } },
    ]
    const third = running('tone', {}, { phases })
    expect(given(third, ids)).toEqual(given(changed, ids))
    expect([...given(third, units(500, 'new-')).values()].filter((name) => name === 'warmer')).toEqual([])
  })

  test('knows nothing of units of another tenant', () => {
    const elsewhere = { ...subject('user-1'), tenantId: 'other' }
    expect(assign([changed], elsewhere)?.reason).toBe('split')
    expect(assign([changed], subject('user-1'))?.reason).toBe('stored')
  })

  test('whose units are damaged cannot run', () => {
    const units = filter.toBase64()
    for (const broken of ['', 'AAAA', units.slice(0, -4), `${units}AAAA`]) {
      const value = valueOf('tone', {}, { phases: [{ units: broken }, {}] })
      expect(() => compileExperiment(value)).toThrow(/damaged/)
    }
  })
})

describe('a rollout', () => {
  test('moves units one way with each step, and nobody back', () => {
    const ids = units(5000)
    const steps = [1, 5, 20, 50, 100].map((percent) =>
      running(
        'rollout',
        {
          variants: [
            { name: 'new', version: 2 },
            { name: 'old', version: 1 },
          ],
          control: 'old',
        },
        { kind: 'rollout', phases: [{ weights: { new: percent, old: 100 - percent } }] },
      ),
    )
    const moved = steps.map((step) => [...given(step, ids)].filter(([, name]) => name === 'new').map(([id]) => id))
    for (const [at, there] of moved.slice(1).entries()) {
      const now = new Set(there)
      expect(moved[at]?.filter((id) => !now.has(id))).toEqual([])
    }
    expect(moved.map(({ length }) => Math.round((length / ids.length) * 20) / 20)).toEqual([0, 0.05, 0.2, 0.5, 1])
  })

  test('keeps no units of earlier steps', () => {
    const filter = buildUnitFilter(1)
    filter.add(digestOfUnit('default', 'user-1'))
    const phases = [
      { weights: { control: 1, warmer: 0 }, units: filter.toBase64() },
      { weights: { control: 0, warmer: 1 } },
    ]
    const rollout = running('rollout', {}, { kind: 'rollout', phases })
    expect(assign([rollout], subject('user-1'))).toMatchObject({ phase: 2, reason: 'split' })
  })
})

describe('several experiments of a prompt', () => {
  test('of one namespace never share a unit, and leave out nobody of it', () => {
    const part = (from: number, to: number) => ({ namespace: { name: 'tone', from, to } })
    const ids = units(5000)
    const [low, high] = [running('low', part(0, 0.3)), running('high', part(0.3, 1))]
    const inLow = given(low, ids)
    const inHigh = given(high, ids)
    expect([...inLow.keys()].filter((id) => inHigh.has(id))).toEqual([])
    expect(inLow.size + inHigh.size).toBe(ids.length)
    expect(inLow.size / ids.length).toBeCloseTo(0.3, 1)
  })

  test('with a holdout leave out the same units', () => {
    const ids = units(5000)
    const left = (slug: string, holdout: number) => {
      const taken = given(running(slug, { holdout }), ids)
      return new Set(ids.filter((id) => !taken.has(id)))
    }
    const held = left('one', 0.2)
    expect(left('two', 0.2)).toEqual(held)
    expect([...left('one', 0.1)].filter((id) => !held.has(id))).toEqual([])
    expect(held.size / ids.length).toBeCloseTo(0.2, 1)
  })

  test('are asked in their order, and the first that takes a unit has it', () => {
    const first = running('first', { traffic: 0.5 })
    const second = running('second')
    const ids = units(1000)
    const alone = given(first, ids)
    for (const id of ids) {
      expect(assign([first, second], subject(id))?.experiment.slug).toBe(alone.has(id) ? 'first' : 'second')
    }
  })

  test('stand in the order of their start, then slug, and rollouts last', () => {
    const all = [
      running('a', {}, { kind: 'rollout', startedAt: 1 }),
      running('c', {}, { startedAt: 5 }),
      running('d', {}, { startedAt: 2 }),
      running('b', {}, { startedAt: 5 }),
    ]
    expect(all.sort(compareExperiments).map(({ slug }) => slug)).toEqual(['d', 'b', 'c', 'a'])
  })
})

describe('testers', () => {
  const overrides: ExperimentInput = { overrides: { 'tester-1': 'warmer' }, traffic: 0 }
  const targeting = { attribute: 'locale', equals: 'de' }

  test('get their variant whatever the targeting, the traffic and the holdout are, and do not count', () => {
    const experiment = running('tone', { ...overrides, targeting, holdout: 0.5 })
    expect(assign([experiment], subject('tester-1'))).toMatchObject({
      variant: { name: 'warmer' },
      phase: 1,
      reason: 'override',
      excluded: 'override',
    })
    expect(assign([experiment], subject('tester-2'))).toBeNull()
  })

  test('get it also where an earlier experiment would take them', () => {
    const assigned = assign([running('first'), running('second', overrides)], subject('tester-1'))
    expect(assigned).toMatchObject({ experiment: { slug: 'second' }, reason: 'override' })
  })

  test.each<[string, string | null]>([
    ['warmer', 'warmer'],
    ['control', 'control'],
    ['tone=warmer', 'warmer'],
    [' tone = warmer ', 'warmer'],
    ['other=warmer', null],
    ['colder', null],
    ['', null],
    ['constructor', null],
  ])('may choose with the header where the experiment allows it: %j', (header, expected) => {
    const request = subject('user-1', { headers: { 'x-promptbox-variant': header } })
    const open = running('tone', { header_override: true, traffic: 0 })
    expect(assign([open], request)?.variant.name ?? null).toBe(expected)
    expect(assign([running('tone', { traffic: 0 })], request)).toBeNull()
  })

  test('who choose with the header have it before what is set for their unit', () => {
    const experiment = running('tone', { ...overrides, header_override: true })
    const request = subject('tester-1', { headers: { 'x-promptbox-variant': 'control' } })
    expect(assign([experiment], request)).toMatchObject({ variant: { name: 'control' }, excluded: 'override' })
  })
})

describe('a request that names nobody', () => {
  const requests = units(2000, 'request-').map((requestId) => subject(null, { requestId }))

  test('is its own unit, and kept out of an analysis of users', () => {
    const assigned = requests.map((request) => assign([running('tone')], request))
    expect(counted(assigned.map((each) => `${each?.reason} ${each?.excluded}`))).toEqual(
      new Map([['request unsticky', 2000]]),
    )
    const warmer = assigned.filter((each) => each?.variant.name === 'warmer').length
    expect(chiSquare([warmer, 2000 - warmer], [1000, 1000])).toBeLessThan(oneInAThousand[1])
  })

  test('counts where each request is a unit, and so does one that names somebody', () => {
    const experiment = running('tone', { unit: 'request' })
    const seen = units(50, 'request-').map((requestId) => assign([experiment], subject('user-1', { requestId })))
    expect(seen.every((each) => each?.reason === 'request' && each.excluded === null)).toBe(true)
    expect(new Set(seen.map((each) => each?.variant.name)).size).toBe(2)
    expect(assign([experiment], subject(null))).toMatchObject({ reason: 'request', excluded: null })
  })

  test('does not let somebody who is held out in, not even where each request is a unit', () => {
    const held = units(200).filter((id) => assign([running('any', { holdout: 0.5 })], subject(id)) === null)
    expect(held.length).toBeGreaterThan(50)
    const experiment = running('tone', { unit: 'request', holdout: 0.5 })
    const asked = held.flatMap((id) => units(5, 'request-').map((requestId) => subject(id, { requestId })))
    expect(asked.filter((each) => assign([experiment], each) !== null)).toEqual([])
  })
})

describe('explain', () => {
  test('says of each experiment what becomes of a unit, and why', () => {
    const list = [
      running('german', { targeting: { attribute: 'language', equals: 'de' } }),
      running('held', { holdout: 0.5 }),
      running('part', { namespace: { name: 'n', from: 0, to: 0.0001 } }),
      running('nobody', { traffic: 0 }),
      running('taken'),
      running('late'),
    ]
    const held = units(100).find((id) => assign([running('held', { holdout: 0.5 })], subject(id)) === null) ?? ''
    const variant = assign([running('taken')], subject(held))?.variant.name
    expect(explain(list, subject(held))).toEqual([
      { experiment: 'german', variant: null, reason: 'not_targeted' },
      { experiment: 'held', variant: null, reason: 'holdout' },
      { experiment: 'part', variant: null, reason: 'namespace' },
      { experiment: 'nobody', variant: null, reason: 'traffic' },
      { experiment: 'taken', variant, reason: 'split' },
      { experiment: 'late', variant: null, reason: 'other_experiment' },
    ])
  })

  test('agrees with what requests get', () => {
    const list = [running('one', { traffic: 0.4 }), running('two', { overrides: { 'user-7': 'warmer' } })]
    for (const id of units(200)) {
      const assigned = assign(list, subject(id))
      const own = explain(list, subject(id)).filter(({ variant }) => variant !== null)
      expect(own).toEqual([
        { experiment: assigned?.experiment.slug, variant: assigned?.variant.name, reason: assigned?.reason },
      ])
    }
  })
})
