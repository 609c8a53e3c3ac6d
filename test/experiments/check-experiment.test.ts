import { describe, expect, test } from 'vitest'
import { Fault } from '../../src/core/fault.ts'
import { checkExperiment } from '../../src/experiments/check-experiment.ts'
import { type ExperimentInput, bodyOf } from './experiments.ts'

function mistakeIn(input: ExperimentInput): { param: string | null; message: string } | null {
  try {
    checkExperiment(bodyOf(input))
    return null
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    expect(error.kind).toBe('invalid_request')
    return { param: error.param ?? null, message: error.message }
  }
}

const [control, warmer] = [{ name: 'control' }, { name: 'warmer' }] as const
const ratio = { numerator: 'cost_usd', denominator: 'success_rate' }

describe('an experiment is right in itself', () => {
  test.each<[string, ExperimentInput]>([
    ['plainly', {}],
    ['with a control of its own', { control: 'warmer', variants: [{ ...control, weight: 0 }, warmer] }],
    ['with testers', { overrides: { 'user-1': 'warmer' } }],
    ['with a ratio of its own', { ratios: { cost_per_success: ratio }, primary_metric: 'cost_per_success' }],
    [
      'with metrics of its own',
      { secondary_metrics: ['latency_ms', 'replies'], guardrail_metrics: [{ metric: 'cost_usd', margin: 0.1 }] },
    ],
    ['with a judge', { judge: { model: 'mock/echo', criteria: 'Is it right?' } }],
    [
      'with the weights of Unleash',
      {
        hashing: { scheme: 'unleash', group_id: 'a' },
        variants: [
          { ...control, weight: 1 },
          { ...warmer, weight: 999 },
        ],
      },
    ],
  ])('%s', (_name, input) => {
    expect(mistakeIn(input)).toBeNull()
  })

  test.each<[string, ExperimentInput, string, RegExp]>([
    ['two variants of one name', { variants: [control, control] }, 'variants[1].name', /each needs its own/],
    ['a control that is no variant', { control: 'warmr' }, 'control', /Did you mean `warmer`\?$/],
    ['a control nobody gets', { variants: [{ ...control, weight: 0 }, warmer] }, 'variants[0].weight', /above 0/],
    [
      'no weights',
      {
        variants: [
          { ...control, weight: 0 },
          { ...warmer, weight: 0 },
        ],
      },
      'variants',
      /nobody would/,
    ],
    [
      'a tester’s variant that is none',
      { overrides: { 'user-1': 'cold' } },
      'overrides.user-1',
      /Use one of control, warmer/,
    ],
    [
      'parts of thousandths',
      {
        hashing: { scheme: 'unleash', group_id: 'a' },
        variants: [
          { ...control, weight: 0.5 },
          { ...warmer, weight: 0.5 },
        ],
      },
      'variants[0].weight',
      /whole number/,
    ],
    [
      'messages as parameters',
      { variants: [control, { ...warmer, parameters: { messages: [] } }] },
      'variants[1].parameters.messages',
      /make a version/,
    ],
    [
      'a model as parameter',
      { variants: [control, { ...warmer, parameters: { model: 'x' } }] },
      'variants[1].parameters.model',
      /field `model`/,
    ],
    [
      'streaming as parameter',
      { variants: [control, { ...warmer, parameters: { stream: true } }] },
      'variants[1].parameters.stream',
      /each request/,
    ],
    [
      'what is no JSON',
      { variants: [control, { ...warmer, parameters: { a: Infinity } }] },
      'variants[1].parameters.a',
      /finite/,
    ],
    [
      'the primary metric twice',
      { secondary_metrics: ['rating', 'success_rate'] },
      'secondary_metrics[1]',
      /primary metric/,
    ],
    ['a secondary metric twice', { secondary_metrics: ['rating', 'rating'] }, 'secondary_metrics[1]', /twice/],
    [
      'the primary metric as guardrail',
      { guardrail_metrics: [{ metric: 'success_rate', margin: 0.1 }] },
      'guardrail_metrics[0].metric',
      /primary/,
    ],
    [
      'a metric in two roles',
      { secondary_metrics: ['rating'], guardrail_metrics: [{ metric: 'rating', margin: 0.1 }] },
      'guardrail_metrics[0].metric',
      /secondary/,
    ],
    [
      'a guardrail twice',
      {
        guardrail_metrics: [
          { metric: 'rating', margin: 0.1 },
          { metric: 'rating', margin: 0.2 },
        ],
      },
      'guardrail_metrics[1].metric',
      /twice/,
    ],
    ['a ratio with the name of a metric', { ratios: { cost_usd: ratio } }, 'ratios.cost_usd', /another/],
    ['a ratio with the name of feedback', { ratios: { rating: ratio } }, 'ratios.rating', /another/],
    [
      'a ratio of a ratio',
      { ratios: { a: ratio, b: { numerator: 'a', denominator: 'rating' } } },
      'ratios.b.numerator',
      /not another ratio/,
    ],
    [
      'a ratio of the quality',
      { ratios: { a: { ...ratio, denominator: 'quality_score' } } },
      'ratios.a.denominator',
      /no sum/,
    ],
    [
      'a ratio that is always 1',
      { ratios: { a: { numerator: 'rating', denominator: 'rating' } } },
      'ratios.a.denominator',
      /another metric/,
    ],
    [
      'quality made of itself',
      { quality: { a: { weight: 1, metric: 'quality_score', worst: 0, best: 1 } } },
      'quality.a.metric',
      /made of these/,
    ],
    [
      'quality made of a ratio',
      { ratios: { r: ratio }, quality: { a: { weight: 1, metric: 'r', worst: 0, best: 1 } } },
      'quality.a.metric',
      /not a ratio/,
    ],
    [
      'a judge of what is measured',
      { judge: { model: 'mock/echo', criteria: 'x', metric: 'success_rate' } },
      'judge.metric',
      /measured by Promptbox/,
    ],
    [
      'a judge who gives thumbs',
      { judge: { model: 'mock/echo', criteria: 'x', metric: 'thumbs' } },
      'judge.metric',
      /for people/,
    ],
    [
      'a judge of a ratio',
      { ratios: { r: ratio }, judge: { model: 'mock/echo', criteria: 'x', metric: 'r' } },
      'judge.metric',
      /is a ratio/,
    ],
  ])('not with %s', (_name, input, param, message) => {
    const mistake = mistakeIn(input)
    expect(mistake?.param).toBe(param)
    expect(mistake?.message).toMatch(message)
    expect(mistake?.message).toContain(`\`${param}\``)
  })

  test('a part of a namespace begins before it ends, which its shape says', () => {
    expect(() => bodyOf({ namespace: { name: 'n', from: 0.5, to: 0.5 } })).toThrow(/`from` below `to`/)
  })
})
