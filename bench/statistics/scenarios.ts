import type { z } from 'zod'
import { type ExperimentBody, experimentBodySchema } from '../../src/contract/experiment-body.ts'
import { logGamma } from '../../src/experiments/analysis/distributions.ts'
import { addUnit, mergeMoments } from '../../src/experiments/analysis/moments.ts'
import { bucketOfValue } from '../../src/experiments/analysis/sketch.ts'
import { type MetricMoments, noMoments } from '../../src/experiments/statistics.ts'
import { type Chance, Draw } from './random.ts'

/** What the units of one variant do: the moments that come of them, and for means how often which value. */
export interface Collected {
  moments: MetricMoments
  sketch: Record<string, number> | null
}

/** Adds what so many more units did. */
export type Doing = (collected: Collected, units: number, chance: Chance) => void

export interface Scenario {
  readonly name: string
  readonly body: ExperimentBody
  /** By variant: units from one look to the next, and what they do. */
  readonly variants: readonly { readonly name: string; readonly units: number; readonly does: Doing }[]
  readonly looks: number
  /** What is measured; left out: the primary metric of the body. */
  readonly metric?: string
  /** What the seed of its runs begins with. */
  readonly seed: number
}

type Input = Partial<z.input<typeof experimentBodySchema>>

/** A look has the floors that production has, but for the hours. */
export function bodyOf(
  variants: readonly { readonly name: string; readonly weight: number }[],
  input: Input = {},
): ExperimentBody {
  return experimentBodySchema.parse({
    prompt: 'simulated',
    variants,
    ...input,
    floors: { hours: 0, ...input.floors },
  })
}

/** Units with one exchange each, which succeeds or not. */
export function successes(rate: number, batch: number): Doing {
  const draw = new Draw(Array.from({ length: batch + 1 }, (_, good) => [good, binomial(batch, good, rate)] as const))
  return (collected, units, chance) => {
    for (let left = units; left > 0; left -= batch)
      collected.moments = mergeMoments(collected.moments, batchOf(batch, draw.from(chance)))
  }
}

function batchOf(units: number, good: number): MetricMoments {
  return { ...noMoments, units, s: good, ss: good, c: units, cc: units, sc: good, m: good, mm: good }
}

function binomial(trials: number, good: number, rate: number): number {
  const ways = logGamma(trials + 1) - logGamma(good + 1) - logGamma(trials - good + 1)
  return Math.exp(ways + good * Math.log(rate) + (trials - good) * Math.log(1 - rate))
}

/** Units with one exchange each, whose value is log-normal: a few are very large. */
export function logNormal(): Doing {
  return (collected, units, chance) => {
    for (let at = 0; at < units; at++) {
      const value = Math.exp(chance.normal())
      collected.moments = addUnit(collected.moments, { sum: value, count: 1, pre: null }, 1)
      const bucket = bucketOfValue(value)
      collected.sketch ??= {}
      collected.sketch[bucket] = (collected.sketch[bucket] ?? 0) + 1
    }
  }
}

/** Scores of units of which 60 % are known from before, by which nine tenths of their variance is told; new ones score higher. */
export function returning(): Doing {
  return (collected, units, chance) => {
    for (let at = 0; at < units; at++) {
      const own = 3 * chance.normal()
      const isKnown = chance.next() < 0.6
      const pre = isKnown ? 10 + own + chance.normal() : null
      const sum = 10 + own + chance.normal() + (isKnown ? 0 : 5)
      collected.moments = addUnit(collected.moments, { sum, count: 1, pre }, 1)
    }
  }
}

/** Units with 1 to 20 exchanges, each with a rate of its own around 0.3: what an analysis of single exchanges gets wrong. */
export function clusters(): Doing {
  const outcomes: (readonly [{ readonly sum: number; readonly count: number; readonly pre: null }, number])[] = []
  for (let count = 1; count <= 20; count++) {
    for (let sum = 0; sum <= count; sum++)
      outcomes.push([{ sum, count, pre: null }, 0.85 ** count * betaBinomial(count, sum)])
  }
  const draw = new Draw(outcomes)
  return (collected, units, chance) => {
    for (let at = 0; at < units; at++) collected.moments = addUnit(collected.moments, draw.from(chance), 1)
  }
}

function betaBinomial(trials: number, good: number, a = 1.5, b = 3.5): number {
  const beta = (one: number, other: number) => logGamma(one) + logGamma(other) - logGamma(one + other)
  const ways = logGamma(trials + 1) - logGamma(good + 1) - logGamma(trials - good + 1)
  return Math.exp(ways + beta(good + a, trials - good + b) - beta(a, b))
}

const two = [
  { name: 'control', weight: 1 },
  { name: 'other', weight: 1 },
]
const even = (does: Doing, other: Doing = does) => [
  { name: 'control', units: 100, does },
  { name: 'other', units: 100, does: other },
]

/** Nothing differs in any of these, so that every finding is false. */
export function sameScenarios(): readonly Scenario[] {
  const common = successes(0.3, 100)
  const rare = successes(0.02, 10)
  const three = ['control', 'first', 'second'].map((name) => ({ name, weight: 1 }))
  const cost = { primary_metric: 'cost_usd' }
  const perSuccess = { ratio: { numerator: 'cost_usd', denominator: 'output_tokens' } } as const
  return [
    { name: 'success rate 30 %', body: bodyOf(two), variants: even(common), looks: 100, seed: 1 },
    { name: 'log-normal cost', body: bodyOf(two, cost), variants: even(logNormal()), looks: 20, seed: 2 },
    {
      name: 'rare success 2 %, 90/10',
      body: bodyOf([
        { name: 'control', weight: 9 },
        { name: 'other', weight: 1 },
      ]),
      variants: [
        { name: 'control', units: 90, does: rare },
        { name: 'other', units: 10, does: rare },
      ],
      looks: 120,
      seed: 3,
    },
    {
      name: 'rare value of a number, 90/10',
      body: bodyOf(
        [
          { name: 'control', weight: 9 },
          { name: 'other', weight: 1 },
        ],
        { primary_metric: 'solved' },
      ),
      variants: [
        { name: 'control', units: 180, does: rare },
        { name: 'other', units: 20, does: rare },
      ],
      looks: 60,
      seed: 7,
    },
    {
      name: 'three variants',
      body: bodyOf(three),
      variants: three.map(({ name }) => ({ name, units: 100, does: common })),
      looks: 40,
      seed: 4,
    },
    { name: 'clustered, rate of units', body: bodyOf(two), variants: even(clusters()), looks: 20, seed: 5 },
    {
      name: 'clustered, ratio of sums',
      body: bodyOf(two, { primary_metric: 'ratio', ratios: perSuccess }),
      variants: even(clusters()),
      looks: 20,
      seed: 6,
    },
    {
      name: 'score adjusted by the past of some',
      body: bodyOf(two, { primary_metric: 'accuracy' }),
      variants: even(returning()),
      looks: 20,
      seed: 8,
    },
  ]
}

const split = (own: number, other: number) => [
  { name: 'control', weight: own },
  { name: 'other', weight: other },
]

/**
 * Failures that hardly ever happen, the same for both variants: what harm is looked for in before there are enough of them for
 * anything else.
 */
export function rareFailureScenarios(): readonly Scenario[] {
  const failing = (rate: number) => successes(1 - rate, 10)
  const of = (rate: number, [own, other]: readonly [number, number], seed: number): Scenario => ({
    name: `rare failure ${100 * rate} %, ${own}/${other}`,
    body: bodyOf(split(own, other)),
    variants: [
      { name: 'control', units: 2 * own, does: failing(rate) },
      { name: 'other', units: 2 * other, does: failing(rate) },
    ],
    looks: 60,
    seed,
  })
  return [
    of(0.02, [90, 10], 50),
    of(0.005, [90, 10], 51),
    of(0.001, [90, 10], 52),
    of(0.02, [10, 90], 53),
    of(0.005, [50, 50], 54),
  ]
}

/** The same, of a guardrail metric without a margin; of the primary metric nothing is known, so that only harm can be found. */
export function rareGuardrailScenarios(): readonly Scenario[] {
  return rareFailureScenarios().map(({ name, body, variants, looks, seed }) => ({
    name: `guardrail metric, ${name}`,
    body: bodyOf(body.variants, {
      primary_metric: 'rating',
      guardrail_metrics: [{ metric: 'success_rate', margin: 0 }],
    }),
    metric: 'success_rate',
    variants,
    looks,
    seed: seed + 10,
  }))
}

/** A control that fails in one of 150, and a variant that fails in one of five. */
export function plainHarmScenario(): Scenario {
  return {
    name: 'failures rise from 0.7 % to 20 %',
    body: bodyOf(two),
    variants: [
      { name: 'control', units: 20, does: successes(0.993, 20) },
      { name: 'other', units: 20, does: successes(0.8, 20) },
    ],
    looks: 500,
    seed: 70,
  }
}

/** A true difference: `size` times the one that 10,000 units of each variant find with a power of 80 %. */
export function differentScenario(size: number): Scenario {
  const effect = 0.018_2 * size
  return {
    name: `success rate 30 % against ${(30 + 100 * effect).toFixed(1)} %`,
    body: bodyOf(two),
    variants: even(successes(0.3, 100), successes(0.3 + effect, 100)),
    looks: 100,
    seed: 10 + Math.round(size * 10),
  }
}

/** One variant loses every twentieth unit that it should have. */
export function brokenScenario(): Scenario {
  const does = successes(0.3, 5)
  return {
    name: 'a variant loses 5 % of its units',
    body: bodyOf(two),
    variants: [
      { name: 'control', units: 200, does },
      { name: 'other', units: 200, does },
    ],
    looks: 100,
    seed: 40,
  }
}
