import { describe, expect, test } from 'vitest'
import type { Evidence } from '../../src/evolution/evidence.ts'
import { proposalHash } from '../../src/evolution/proposal.ts'
import type { VersionBody } from '../../src/prompts/compiled-version.ts'
import { ask, body, declined, evidence, exchange, propose } from './strategy-bench.ts'

describe('model and parameters', () => {
  test('what a model saves is reckoned by the tokens that were recorded', () => {
    const models = ['openai/reader']
    const priceOf = (name: string) => (name === 'openai/reader' ? { input: 1, output: 20 } : { input: 2, output: 8 })
    const given = evidence([exchange({ tokens: { input: 900, output: 10 } })])
    const [proposal] = propose('model', given, {}, { models, priceOf })
    // 0.0011 instead of 0.00188 US dollars.
    expect(proposal?.predicted).toMatchObject({ metric: 'cost_usd', basis: 'recorded' })
    expect(proposal?.predicted.effect).toBeCloseTo((900 + 200) / (1_800 + 80) - 1)
    const wordy = evidence([exchange({ tokens: { input: 10, output: 900 } })])
    expect(propose('model', wordy, {}, { models, priceOf })).toEqual([])
  })

  test('a model that lacks what the version needs, or was declined, is not proposed, and why is said', () => {
    const models = ['openai/small']
    const lackOf = () => 'is known not to have `tools`'
    expect(ask('model', evidence(), {}, { models, lackOf }).why).toContain('openai/small is known not to have `tools`')
    const earlier = [declined('model', ['model:openai/small'])]
    expect(ask('model', evidence([], { earlier }), {}, { models }).why).toContain('declined')
  })

  test('a cheaper model is always worth a try, a dearer one when answers are poor', () => {
    const models = ['openai/small', 'openai/huge', 'openai/large']
    const named = (given: Evidence, more: Partial<VersionBody> = {}) =>
      propose('model', given, more, { models }).map(({ body: { model }, predicted }) => [model, predicted.effect])
    expect(named(evidence([exchange({ score: 1 })]))).toEqual([['openai/small', -0.9]])
    expect(named(evidence([exchange({ score: 0 })])).map(([name]) => name)).toEqual(['openai/small', 'openai/huge'])
    expect(named(evidence(), { overrides: { locked: ['model'] } })).toEqual([])
    const [proposal] = propose('model', evidence(), {}, { models })
    expect(proposal && proposalHash(proposal.body)).toBe(proposalHash({ ...body, model: 'openai/small' }))
  })

  test('test runs speak for a model and against it', () => {
    const models = ['openai/huge', 'openai/small']
    const tested = new Map([
      ['openai/large', { passed: 14, checks: 20 }],
      ['openai/huge', { passed: 19, checks: 20 }],
      ['openai/small', { passed: 9, checks: 20 }],
    ])
    const found = propose('model', evidence([exchange({ score: 1 })], { tested }), {}, { models })
    expect(found.map(({ body: { model } }) => model)).toEqual(['openai/huge'])
    expect(found[0]?.rationale).toContain('openai/huge passed 95 % of 20 checks, openai/large 70 % of 20')
    const hardly = new Map([['openai/small', { passed: 0, checks: 1 }]])
    expect(propose('model', evidence([], { tested: hardly }), {}, { models: ['openai/small'] })).toHaveLength(1)
  })

  test('parameters follow missed forms and cut answers, unless they are locked', () => {
    const given = evidence([exchange({ outputCheck: 'mismatch' }), exchange({ isCut: true })])
    const parameters = { temperature: 1, max_tokens: 100 }
    expect(propose('parameters', given, { parameters }).map(({ body: each }) => each.parameters)).toEqual([
      { temperature: 0.5, max_tokens: 100 },
      { temperature: 1, max_tokens: 150 },
    ])
    const locked = ['temperature', 'max_tokens']
    expect(propose('parameters', given, { parameters, overrides: { locked } })).toEqual([])
    expect(propose('parameters', evidence([exchange()]), { parameters })).toEqual([])
  })
})
