import type { Prediction } from '../contract/evolution.ts'
import type { VersionBody } from '../prompts/compiled-version.ts'
import { declinedParts, expectation } from './earlier.ts'
import { type Evidence, type EvidenceFigures, figuresOf, type TokenPrices } from './evidence.ts'
import { percent, type Proposal } from './proposal.ts'
import type { Strategy, StrategyInput } from './strategy.ts'

const isLocked = ({ overrides }: VersionBody, field: string): boolean => overrides?.locked?.includes(field) === true
/** Below this mean score, or above this share of missed forms, a dearer model is worth a try. */
const poorScore = 0.7
const poorForms = 0.05

/** Other models of the policy: cheaper ones always, dearer ones when answers are not good enough; the cheapest first. */
export const model: Strategy = (input) => {
  const { body, settings } = input
  if (isLocked(body, 'model')) return { why: 'The version locks its model.' }
  const others = settings.models.filter((name) => name !== body.model)
  if (others.length === 0) return { why: 'The policy names no other model that may answer: set `models`.' }
  const found = others.map((name) => tryModel(name, input))
  const proposals = found.flatMap((each) => (typeof each === 'string' ? [] : [each]))
  if (proposals.length === 0) return { why: found.filter((each) => typeof each === 'string').join(' ') }
  return proposals.sort((left, right) => (left.predicted.effect ?? Infinity) - (right.predicted.effect ?? Infinity))
}

/** A proposal, or why there is none: a sentence. */
function tryModel(name: string, { body, evidence, settings }: StrategyInput): Proposal | string {
  if (declinedParts(evidence).has(partOf(name))) return `${name} was tried before and declined.`
  const lack = settings.lackOf(name)
  if (lack !== null) return `${name} ${lack}.`
  const figures = figuresOf(evidence)
  const cost = compare(settings.priceOf(body.model), settings.priceOf(name), figures)
  const isCheaper = cost !== null && cost.effect < 0
  const tests = compareTests(evidence, body.model, name)
  if (tests !== null && tests.difference < -leastDifference) return `${tests.sentence} It is worse.`
  const isBetter = tests !== null && tests.difference > leastDifference
  if (cost !== null && !isCheaper && !isPoor(figures) && !isBetter) {
    return `${name} is no cheaper than ${body.model}, and nothing shows that answers are poor.`
  }
  const quality = [qualityOf(figures), tests?.sentence ?? ''].join(' ').trim()
  const version = withModel(body, name)
  return {
    strategy: 'model',
    body: version,
    rationale: isCheaper
      ? `${name} costs ${percent(-cost.effect)} less than ${body.model} for ${cost.tokens}. ${quality}`
      : `${name} instead of ${body.model}. ${quality}`,
    predicted: isCheaper ? cheaper(cost) : better(evidence),
    writer: 'rules',
    parts: [partOf(name)],
    warnings:
      settings.priceOf(name) === null
        ? [`The price of ${name} is not known: what its answers cost is not measured.`]
        : [],
  }
}

const partOf = (name: string): string => `model:${name}`

/** Fewer checks tell nothing of a model. */
const fewestChecks = 5
const leastDifference = 0.02

/** What test runs say of two models, as a share of the checks; null: one of them was hardly tested. */
function compareTests({ tested }: Evidence, now: string, other: string) {
  const [own, its] = [tested.get(now), tested.get(other)]
  if (own === undefined || its === undefined || Math.min(own.checks, its.checks) < fewestChecks) return null
  const [before, after] = [own.passed / own.checks, its.passed / its.checks]
  return {
    difference: after - before,
    sentence: `In test runs ${other} passed ${percent(after)} of ${its.checks} checks, ${now} ${percent(before)} of ${own.checks}.`,
  }
}

const isPoor = ({ meanScore, mismatchShare }: EvidenceFigures): boolean =>
  (meanScore !== null && meanScore < poorScore) || mismatchShare > poorForms

function qualityOf({ exchanges, mismatchShare, meanScore, scored, checked }: EvidenceFigures): string {
  const quality = meanScore === null ? 'none has a score' : `the mean score of ${scored} is ${percent(meanScore)}`
  return `Of ${exchanges} recorded answers ${quality}, and ${percent(mismatchShare)} of ${checked} that were checked missed their form.`
}

interface CostComparison {
  /** Relative. */
  readonly effect: number
  /** What it is reckoned for, in words. */
  readonly tokens: string
  readonly isRecorded: boolean
}

/** By as many tokens as the recorded answers had; null: a price is not known, or is nothing. */
function compare(
  now: TokenPrices | null,
  other: TokenPrices | null,
  { tokens }: EvidenceFigures,
): CostComparison | null {
  const isRecorded = tokens !== null && tokens.input + tokens.output > 0
  const { input, output } = isRecorded ? tokens : { input: 1, output: 1 }
  const costOf = (prices: TokenPrices | null): number | null =>
    prices === null ? null : prices.input * input + prices.output * output
  const [before, after] = [costOf(now), costOf(other)]
  if (before === null || after === null || before === 0) return null
  return {
    effect: (after - before) / before,
    tokens: isRecorded
      ? `${Math.round(input)} tokens in and ${Math.round(output)} out, the means of what was recorded`
      : 'as many tokens in as out, because none were recorded',
    isRecorded,
  }
}

const cheaper = ({ effect, tokens, isRecorded }: CostComparison): Prediction => ({
  metric: 'cost_usd',
  effect,
  basis: isRecorded ? 'recorded' : 'assumed',
  why: `By the prices of the two models, for ${tokens}.`,
})

const better = (evidence: Evidence): Prediction =>
  expectation(evidence, 'model') ?? {
    metric: 'satisfaction',
    effect: null,
    basis: 'unknown',
    why: 'Another model may answer better; its prices are no lower, or not known.',
  }

function withModel({ fallback_models: fallbacks, ...body }: VersionBody, name: string): VersionBody {
  // Where there is no list none is made: a version that has none is the same.
  if (fallbacks === undefined) return { ...body, model: name }
  return { ...body, model: name, fallback_models: fallbacks.filter((each) => each !== name) }
}

const leastMismatch = 0.02
const leastCut = 0.02
const mostTokens = 32_000

/** Less randomness when answers miss their form, more room when they are cut. */
export const parameters: Strategy = (input) => {
  const declined = declinedParts(input.evidence)
  const found = [...coolerOf(input), ...roomierOf(input)].filter(
    ({ parts }) => !parts.some((part) => declined.has(part)),
  )
  return found.length > 0
    ? found
    : {
        why: 'Too few answers missed their form or were cut, the parameters are not set or are locked, or it was declined before.',
      }
}

function coolerOf({ body, evidence }: StrategyInput): readonly Proposal[] {
  const { mismatchShare, mismatches, checked } = figuresOf(evidence)
  const temperature = body.parameters?.['temperature'] ?? null
  if (typeof temperature !== 'number' || temperature <= 0.2 || isLocked(body, 'temperature')) return []
  if (mismatchShare < leastMismatch) return []
  const lower = Math.max(0, Math.round(temperature * 5) / 10)
  return [
    {
      strategy: 'parameters',
      body: { ...body, parameters: { ...body.parameters, temperature: lower } },
      rationale: `${mismatches} of ${checked} checked answers missed their form; temperature ${lower} instead of ${temperature}.`,
      predicted: expectation(evidence, 'parameters') ?? {
        metric: 'output_valid_rate',
        effect: mismatchShare / 2 / (1 - mismatchShare || 1),
        basis: 'assumed',
        why: `Less randomness keeps to the form: it is assumed that half of the ${percent(mismatchShare)} that missed it will not any more.`,
      },
      writer: 'rules',
      parts: [`temperature:${lower}`],
      warnings: [],
    },
  ]
}

function roomierOf({ body, evidence }: StrategyInput): readonly Proposal[] {
  const { cut, exchanges } = figuresOf(evidence)
  return (['max_tokens', 'max_completion_tokens'] as const).flatMap((name): readonly Proposal[] => {
    const limit = body.parameters?.[name] ?? null
    if (typeof limit !== 'number' || isLocked(body, name) || exchanges === 0 || cut / exchanges < leastCut) return []
    const higher = Math.min(mostTokens, Math.ceil(limit * 1.5))
    if (higher <= limit) return []
    return [
      {
        strategy: 'parameters',
        body: { ...body, parameters: { ...body.parameters, [name]: higher } },
        rationale: `${cut} of ${exchanges} answers were cut at \`${name}\` ${limit}; ${higher} instead.`,
        predicted: { metric: 'satisfaction', effect: null, basis: 'unknown', why: 'Fewer answers break off.' },
        writer: 'rules',
        parts: [`${name}:${higher}`],
        warnings: ['Longer answers cost more.'],
      },
    ]
  })
}
