import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { ForeignHashing } from '../../src/contract/experiment-body.ts'
import { assign } from '../../src/experiments/assign.ts'
import { bucketOf } from '../../src/experiments/bucket.ts'
import {
  type BucketRange,
  growthbookChoice,
  growthbookPlace,
  growthbookRanges,
  inGrowthbookNamespace,
  inUnleashRollout,
} from '../../src/experiments/foreign-hashing.ts'
import { type ExperimentInput, running, subject } from '../experiments/experiments.ts'

const folder = resolve(process.env['PROMPTBOX_SHARED'] ?? '../shared', 'safety')

function isPresent(): boolean {
  if (existsSync(folder)) return true
  console.warn(
    '\n*** The vectors of assignment are missing: their tests are SKIPPED. Set PROMPTBOX_SHARED to their folder. ***\n',
  )
  return false
}

function read(name: string): unknown {
  return JSON.parse(readFileSync(join(folder, name), 'utf8'))
}

/** What a unit gets of an experiment whose variants are named by their numbers; null: it is not in it. */
function givenTo(unit: string, weights: readonly number[], hashing: ForeignHashing, body: ExperimentInput = {}) {
  const variants = weights.map((weight, number) => ({ name: String(number), weight }))
  const assigned = assign([running('theirs', { ...body, variants, hashing })], subject(unit))
  return assigned === null ? null : Number(assigned.variant.name)
}

describe.skipIf(!isPresent())('places of units', () => {
  interface Vectors {
    readonly cases: readonly { seed: string; value: string; sha256_48: number; fnv32a_v2: number }[]
  }

  test('are those of the vectors, to the last bit', () => {
    const { cases } = read('assignment-vectors.json') as Vectors
    expect(cases).toHaveLength(28)
    for (const { seed, value, sha256_48, fnv32a_v2 } of cases) {
      expect.soft(bucketOf(seed, value), `${seed}, ${value}`).toBe(sha256_48)
      expect.soft(growthbookPlace(seed, value, 2), `${seed}, ${value}`).toBe(fnv32a_v2)
    }
  })
})

interface GrowthbookRun {
  readonly attributes?: Readonly<Record<string, string | null>>
}
interface GrowthbookExperiment {
  readonly key: string
  readonly variations: readonly unknown[]
  readonly hashAttribute?: string
  readonly weights?: readonly number[]
  readonly coverage?: number
  readonly namespace?: readonly [string, number, number]
  readonly seed?: string
  readonly hashVersion?: 1 | 2
}
interface GrowthbookCases {
  readonly hash: readonly [string, string, number, number | null][]
  readonly getBucketRange: readonly [string, [number, number, number[] | null], BucketRange[]][]
  readonly chooseVariation: readonly [string, number, BucketRange[], number][]
  readonly inNamespace: readonly [string, string, [string, number, number], boolean][]
  readonly run: readonly [string, GrowthbookRun, GrowthbookExperiment, unknown, boolean, boolean][]
}

describe.skipIf(!isPresent())('an experiment of GrowthBook', () => {
  const cases = isPresent() ? (read('growthbook-cases.json') as GrowthbookCases) : null

  test('has its hashes', () => {
    const known = cases?.hash.filter(([, , version]) => version === 1 || version === 2) ?? []
    expect(known).toHaveLength(14)
    for (const [seed, value, version, expected] of known) {
      expect.soft(growthbookPlace(seed, value, version as 1 | 2), `${seed} ${value}`).toBe(expected)
    }
  })

  test('has its ranges, choices and namespaces', () => {
    for (const [name, [count, coverage, weights], expected] of cases?.getBucketRange ?? []) {
      const ranges = growthbookRanges(count, coverage, weights ?? [])
      expect.soft(ranges.flat().length, name).toBe(expected.flat().length)
      for (const [at, end] of expected.flat().entries()) expect.soft(ranges.flat()[at], name).toBeCloseTo(end, 12)
    }
    for (const [name, place, ranges, expected] of cases?.chooseVariation ?? []) {
      expect.soft(growthbookChoice(place, ranges), name).toBe(expected)
    }
    for (const [name, unit, [namespace, from, to], expected] of cases?.inNamespace ?? []) {
      expect.soft(inGrowthbookNamespace(unit, namespace, from, to), name).toBe(expected)
    }
  })

  test('gives everybody what it gave there', () => {
    // What else an experiment may have there (conditions, forced variations, filters, addresses) is written anew here.
    const carried = new Set([
      'key',
      'variations',
      'hashAttribute',
      'weights',
      'coverage',
      'namespace',
      'seed',
      'hashVersion',
    ])
    let tried = 0
    for (const [name, context, experiment, value, isIn] of cases?.run ?? []) {
      const unit = context.attributes?.[experiment.hashAttribute ?? 'id']
      const isCarried = Object.keys(experiment).every((field) => carried.has(field))
      const isPlain = Object.keys(context).every((field) => field === 'attributes' || field === 'features')
      if (!isCarried || !isPlain || typeof unit !== 'string' || unit === '' || experiment.variations.length < 2)
        continue
      const { key, variations, weights, coverage = 1, namespace, seed = key, hashVersion = 1 } = experiment
      const given = givenTo(
        unit,
        weights ?? variations.map(() => 1),
        { scheme: 'growthbook', seed, hash_version: hashVersion },
        {
          traffic: coverage,
          ...(namespace === undefined
            ? {}
            : { namespace: { name: namespace[0], from: namespace[1], to: namespace[2] } }),
        },
      )
      expect.soft(given === null ? null : variations[given], name).toEqual(isIn ? value : null)
      tried += 1
    }
    expect(tried).toBeGreaterThanOrEqual(40)
  })
})

interface UnleashStrategy {
  readonly name: string
  readonly parameters: { readonly rollout?: string; readonly groupId?: string; readonly stickiness?: string }
  readonly variants?: readonly { name: string; weight: number }[]
}
interface UnleashFeature {
  readonly name: string
  readonly strategies: readonly UnleashStrategy[]
  readonly variants?: readonly { name: string; weight: number; overrides?: unknown; stickiness?: string }[]
}
interface UnleashTest<Expected> {
  readonly description: string
  readonly context: { userId?: string; sessionId?: string; properties?: Readonly<Record<string, string>> }
  readonly toggleName: string
  readonly expectedResult: Expected
}
interface UnleashSpecs {
  readonly specs: Readonly<
    Record<
      string,
      {
        readonly state: { readonly features: readonly UnleashFeature[] }
        readonly tests?: readonly UnleashTest<boolean>[]
        readonly variantTests?: readonly UnleashTest<{ name: string }>[]
      }
    >
  >
}

function unleashUnit({ userId, sessionId, properties }: UnleashTest<unknown>['context'], stickiness = 'default') {
  if (stickiness === 'userId') return userId
  if (stickiness === 'sessionId') return sessionId
  return stickiness === 'default' ? (userId ?? sessionId) : properties?.[stickiness]
}

describe.skipIf(!isPresent())('an experiment of Unleash', () => {
  const specs = isPresent() ? Object.values((read('unleash-spec.json') as UnleashSpecs).specs) : []
  const each = <Case>(of: (spec: (typeof specs)[number]) => readonly Case[] | undefined) =>
    specs.flatMap((spec) =>
      (of(spec) ?? []).map((one) => ({ one, features: new Map(spec.state.features.map((each) => [each.name, each])) })),
    )

  test('has its gradual rollouts', () => {
    let tried = 0
    for (const { one, features } of each(({ tests }) => tests)) {
      const { rollout, groupId, stickiness } = features.get(one.toggleName)?.strategies[0]?.parameters ?? {}
      const unit = unleashUnit(one.context, stickiness)
      if (rollout === undefined || groupId === undefined || unit === undefined) continue
      expect.soft(inUnleashRollout(groupId, unit, Number(rollout)), one.description).toBe(one.expectedResult)
      tried += 1
    }
    expect(tried).toBeGreaterThanOrEqual(10)
  })

  test('gives everybody what it gave there', () => {
    let tried = 0
    for (const { one, features } of each(({ variantTests }) => variantTests)) {
      const feature = features.get(one.toggleName)
      const strategy = feature?.strategies.find(({ name }) => name === 'flexibleRollout')
      const isOfStrategy = (strategy?.variants?.length ?? 0) > 0
      const variants = (isOfStrategy ? strategy?.variants : feature?.variants) ?? []
      const groupId = isOfStrategy ? strategy?.parameters.groupId : feature?.name
      const stickiness =
        (isOfStrategy ? strategy?.parameters.stickiness : feature?.variants?.[0]?.stickiness) ?? 'default'
      const unit = unleashUnit(one.context, stickiness)
      const isForced = feature?.variants?.some(({ overrides }) => overrides !== undefined) === true
      if (variants.length < 2 || groupId === undefined || unit === undefined || isForced) continue
      const weights = variants.map(({ weight }) => weight)
      const given = givenTo(unit, weights, { scheme: 'unleash', group_id: groupId })
      expect.soft(variants[given ?? -1]?.name, one.description).toBe(one.expectedResult.name)
      tried += 1
    }
    expect(tried).toBeGreaterThanOrEqual(12)
  })
})
