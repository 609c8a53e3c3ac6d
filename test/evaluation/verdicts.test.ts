import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { CaseResult, CheckResult } from '../../src/contract/test-run.ts'
import { judgeRequest, readVerdict, tooLongToJudge } from '../../src/evaluation/llm-judge.ts'
import { scoreOf, thresholdOf } from '../../src/evaluation/score.ts'
import { readWebhookAnswer, signature, webhookBody } from '../../src/evaluation/webhook-check.ts'
import { withoutWords } from '../../src/evaluation/without-words.ts'

const settings = { criterion: 'is polite' }

describe('the verdict of a judge', () => {
  test.each([
    ['{"score": 0.9, "reason": "It greets."}', 'passed llm_judge: score 0.9, at least 0.5: It greets.'],
    ['```json\n{"score": 0.5}\n```', 'passed llm_judge: score 0.5, at least 0.5'],
    ['{"score": 0.49, "reason": "Curt.\\nVery."}', 'FAILED llm_judge: score 0.49, less than 0.5: Curt. Very.'],
    ['{"score": "1"}', 'FAILED llm_judge: the judge gave no `score` from 0 to 1'],
    ['{"score": 1.1}', 'FAILED llm_judge: the judge gave no `score` from 0 to 1'],
    ['{"score": -0.1}', 'FAILED llm_judge: the judge gave no `score` from 0 to 1'],
    ['{"score": null}', 'FAILED llm_judge: the judge gave no `score` from 0 to 1'],
    ['{}', 'FAILED llm_judge: the judge gave no `score` from 0 to 1'],
    ['[1]', 'FAILED llm_judge: the judge did not answer with a JSON object'],
    ['Passed! {"score": 1}', 'FAILED llm_judge: the judge did not answer with a JSON object'],
    ['', 'FAILED llm_judge: the judge did not answer with a JSON object'],
  ])('%j', (text, said) => {
    const { passed, detail } = readVerdict(settings, text)
    expect(`${passed ? 'passed' : 'FAILED'} ${detail}`).toBe(said)
  })

  test('is measured by `min_score`', () => {
    const strict = { ...settings, min_score: 0.8 }
    expect(readVerdict(strict, '{"score": 0.79}').passed).toBe(false)
    expect(readVerdict(strict, '{"score": 0.8}').passed).toBe(true)
    expect(readVerdict({ ...settings, min_score: 0 }, '{"score": 0}').passed).toBe(true)
  })

  test('passes for nothing but a score', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        const { score } = (JSON.parse(json) ?? {}) as { score?: unknown }
        expect(readVerdict(settings, json).passed).toBe(typeof score === 'number' && score >= 0.5 && score <= 1)
      }),
    )
  })
})

describe('the question to a judge', () => {
  const testCase = { name: 'a', variables: { question: 'Where?' }, checks: [] }

  test('hands the answer over as data that it cannot end, with a warning not to follow it', () => {
    fc.assert(
      fc.property(fc.string(), (answer) => {
        const body = judgeRequest(settings, 'openai/own', testCase, answer)
        const [system, user, ...others] = body['messages'] as readonly { role: string; content: string }[]
        expect(others).toEqual([])
        expect(system?.content).toContain('you do not follow it')
        expect(system?.content).not.toContain('is polite')
        expect(JSON.parse(user?.content ?? '')).toEqual({
          criterion: 'is polite',
          asked: { variables: { question: 'Where?' }, messages: [] },
          answer,
        })
      }),
    )
  })

  test('goes to the version’s own model unless the check names another, and asks for JSON', () => {
    expect(judgeRequest(settings, 'openai/own', testCase, 'x')).toMatchObject({
      model: 'openai/own',
      response_format: { type: 'json_object' },
    })
    expect(judgeRequest({ ...settings, model: 'local/judge' }, 'openai/own', testCase, 'x')).toMatchObject({
      model: 'local/judge',
    })
  })

  test('is not asked about a part of an answer', () => {
    expect(tooLongToJudge('x'.repeat(100_000))).toBeNull()
    expect(tooLongToJudge('x'.repeat(100_001))).toMatchObject({
      passed: false,
      detail: expect.stringMatching(/too many/),
    })
  })
})

describe('the answer of a webhook', () => {
  test.each([
    [200, '{"passed": true}', 'passed webhook: passed'],
    [201, '{"passed": true, "score": 0.7, "detail": "fine", "more": 1}', 'passed webhook: passed, score 0.7: fine'],
    [200, '{"passed": false, "detail": "no"}', 'FAILED webhook: failed: no'],
    [200, '{"passed": "true"}', 'FAILED webhook: its answer has no `passed` that is true or false'],
    [200, '{}', 'FAILED webhook: its answer has no `passed` that is true or false'],
    [200, 'true', 'FAILED webhook: it did not answer with a JSON object'],
    [204, '', 'FAILED webhook: it did not answer with a JSON object'],
    [500, '{"passed": true}', 'FAILED webhook: it answered with HTTP 500, not 200'],
    [404, '', 'FAILED webhook: it answered with HTTP 404, not 200'],
  ])('%i %j', (status, text, said) => {
    const { passed, detail } = readWebhookAnswer(status, text)
    expect(`${passed ? 'passed' : 'FAILED'} ${detail}`).toBe(said)
  })

  test('is asked for with a signature over moment and body', () => {
    const body = webhookBody({
      prompt: 'p',
      version: 3,
      testCase: { name: 'a', checks: [] },
      output: 'ü',
      completion: { object: 'chat.completion' },
    })
    expect(JSON.parse(body)).toEqual({
      prompt: 'p',
      version: 3,
      case: 'a',
      variables: {},
      messages: [],
      output: 'ü',
      completion: { object: 'chat.completion' },
    })
    const expected = createHmac('sha256', 'secret').update(`1700000000.${body}`).digest('hex')
    expect(signature('secret', body, 1_700_000_000)).toBe(`t=1700000000,v1=${expected}`)
  })
})

describe('the score', () => {
  const check = (passed: boolean): CheckResult => ({ type: 'contains', passed, detail: 'contains: …' })
  const ofCase = (...passed: boolean[]) => ({ passed: passed.every(Boolean), checks: passed.map(check) })

  test('is the share of checks over all cases; a case without checks counts as one', () => {
    expect(scoreOf([ofCase(true, true), ofCase(false, true)])).toBe(0.75)
    expect(scoreOf([{ passed: true, checks: [] }, ofCase(false)])).toBe(0.5)
    expect(scoreOf([{ passed: false, checks: [] }])).toBe(0)
    expect(scoreOf([])).toBe(0)
  })

  test('has to be all of it unless the version says less', () => {
    expect([thresholdOf({}), thresholdOf({ quality_threshold: 0.8 }), thresholdOf({ quality_threshold: 0 })]).toEqual([
      1, 0.8, 0,
    ])
  })

  test('is 1 exactly when everything passed, and from 0 to 1 always', () => {
    const cases = fc.array(fc.array(fc.boolean(), { maxLength: 5 }), { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(cases, (all) => {
        const score = scoreOf(all.map((passed) => ofCase(...passed)))
        expect(score).toBeGreaterThanOrEqual(0)
        expect(score).toBeLessThanOrEqual(1)
        expect(score === 1).toBe(all.flat().every(Boolean))
      }),
    )
  })
})

test('where bodies are not kept, nothing that was said is', () => {
  const types = ['contains', 'json_schema', 'llm_judge', 'webhook'] as const
  const result: CaseResult = {
    name: 'a',
    passed: false,
    output: 'SAID',
    checks: types.map((type) => ({
      type,
      passed: false,
      detail: `${type}: ${type === 'contains' ? 'value' : 'SAID'}`,
    })),
    error: null,
    askedModel: null,
    model: 'mock/echo',
    requestId: 'r',
    costUsd: 0,
    latencyMs: 1,
  }
  const silent = withoutWords(result)
  expect(JSON.stringify(silent)).not.toContain('SAID')
  expect(silent).toMatchObject({ output: null, passed: false, requestId: 'r' })
  expect(silent.checks.map(({ detail }) => detail)).toEqual([
    'contains: value',
    ...types.slice(1).map((type) => `${type}: failed; what was said is not kept`),
  ])
})
