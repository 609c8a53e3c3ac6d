import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { jsonOfAnswer } from '../../src/evaluation/json-answer.ts'
import { type JudgedAnswer, type PlainCheck, decideCheck } from '../../src/evaluation/decide-check.ts'

function decide(check: PlainCheck, answer: string | Partial<JudgedAnswer>): string {
  const given = typeof answer === 'string' ? { text: answer } : answer
  const result = decideCheck(check, { text: '', costUsd: 0.001, durationMs: 250.4, ...given })
  expect(result.type).toBe(check.type)
  return `${result.passed ? 'passed' : 'FAILED'} ${result.detail}`
}

const numbers: PlainCheck = {
  type: 'json_schema',
  value: { type: 'object', properties: { total: { type: 'number' } }, required: ['total'] },
}

describe('each check passes and fails, and says what it found', () => {
  test.each<[PlainCheck, string | Partial<JudgedAnswer>, string]>([
    [{ type: 'contains', value: 'refund' }, 'A refund is due.', 'passed contains: the answer contains "refund"'],
    [{ type: 'contains', value: 'refund' }, 'A Refund.', 'FAILED contains: the answer does not contain "refund"'],
    [{ type: 'not_contains', value: 'a\nb' }, 'a b', 'passed not_contains: the answer does not contain "a\\nb"'],
    [{ type: 'not_contains', value: 'sorry' }, 'so sorry', 'FAILED not_contains: the answer contains "sorry"'],
    [{ type: 'equals', value: 'yes\n' }, '  yes', 'passed equals: the answer is "yes"'],
    [{ type: 'equals', value: '' }, ' \n', 'passed equals: the answer is ""'],
    [{ type: 'equals', value: 'yes' }, 'Yes', 'FAILED equals: the answer is not "yes"'],
    [
      { type: 'regex', value: '(?i)ticket #\\d+' },
      'Your TICKET #7',
      'passed regex: the answer matches "(?i)ticket #\\\\d+"',
    ],
    [{ type: 'regex', value: '^b' }, 'ab', 'FAILED regex: the answer does not match "^b"'],
    [numbers, '{"total": 3}', 'passed json_schema: the answer meets the schema'],
    [numbers, '\n```json\n{"total": 3}\n```\n', 'passed json_schema: the answer meets the schema'],
    [numbers, '```\n{"total": 3}```', 'passed json_schema: the answer meets the schema'],
    [numbers, 'Here it is: {"total": 3}', 'FAILED json_schema: the answer is no JSON'],
    [numbers, '', 'FAILED json_schema: the answer is no JSON'],
    [
      numbers,
      '{"total": "3"}',
      'FAILED json_schema: the answer does not meet the schema: at "total" it must be a number, not a string',
    ],
    [{ type: 'max_length', value: 3 }, '😀😀😀', 'passed max_length: the answer has 3 characters, at most 3'],
    [{ type: 'max_length', value: 3 }, 'four', 'FAILED max_length: the answer has 4 characters, more than the 3'],
    [
      { type: 'max_cost_usd', value: 0.001 },
      {},
      'passed max_cost_usd: the answer cost 0.001 US dollars, at most 0.001',
    ],
    [
      { type: 'max_cost_usd', value: 0.0000001 },
      { costUsd: 1.5e-7 },
      'FAILED max_cost_usd: the answer cost 0.00000015 US dollars, more than the 0.0000001',
    ],
    [
      { type: 'max_cost_usd', value: 1 },
      { costUsd: null },
      'FAILED max_cost_usd: what the answer cost is unknown, because the price of its model is. PUT /admin/v1/models/{id} sets one',
    ],
    [{ type: 'max_latency_ms', value: 250 }, {}, 'passed max_latency_ms: the answer took 250 ms, at most 250'],
    [{ type: 'max_latency_ms', value: 249 }, {}, 'FAILED max_latency_ms: the answer took 250 ms, more than the 249'],
  ])('%j of %j', (check, answer, said) => {
    expect(decide(check, answer)).toBe(said)
  })
})

describe('a check that cannot be decided has failed', () => {
  test('a pattern on a text that is too long even for linear time', () => {
    expect(decide({ type: 'regex', value: 'a' }, 'a'.repeat(100_001))).toMatch(/^FAILED regex: .* more than 100000/)
  })

  test('a pattern or a schema that no lint has seen', () => {
    expect(decide({ type: 'regex', value: '(?=a)' }, 'a')).toMatch(/^FAILED regex: cannot be used/)
    expect(decide({ type: 'json_schema', value: { $ref: '#/nowhere' } }, '1')).toMatch(
      /^FAILED json_schema: the schema cannot be used/,
    )
  })

  test('an answer that is nested deeper than a schema can follow', () => {
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`
    const check: PlainCheck = { type: 'json_schema', value: { items: { $ref: '#' } } }
    expect(decide(check, deep)).toMatch(/^FAILED json_schema: .*nested too deeply/)
  })

  test('an answer that is too long to be checked while others wait', () => {
    expect(decide({ type: 'json_schema', value: {} }, `"${'a'.repeat(1_000_000)}"`)).toMatch(
      /^FAILED json_schema: .* more than 1000000 characters/,
    )
  })

  test('an answer that only the defaults of its schema would make whole', () => {
    const value = { type: 'object', properties: { total: { type: 'number', default: 0 } }, required: ['total'] }
    expect(decide({ type: 'json_schema', value }, '{}')).toMatch(/^FAILED json_schema: .* at "total" it is missing/)
  })

  test('an answer whose members have the names of methods', () => {
    expect(decide({ type: 'json_schema', value: { const: { a: 1 } } }, '{"valueOf": ""}')).toBe(
      'FAILED json_schema: the answer does not meet the schema: it must be {"a":1}',
    )
  })

  test('a pattern that would take exponential time elsewhere is quick', () => {
    expect(decide({ type: 'regex', value: '^(a+)+$' }, `${'a'.repeat(50_000)}b`)).toMatch(/^FAILED/)
  })
})

describe('for any answer', () => {
  const text = fc.string({ unit: 'binary', maxLength: 300 })

  test('contains and not_contains are opposites', () => {
    fc.assert(
      fc.property(text, fc.string({ minLength: 1 }), (answer, value) => {
        const [one, other] = (['contains', 'not_contains'] as const).map((type) =>
          decide({ type, value }, answer).startsWith('passed'),
        )
        expect(one).toBe(!other)
      }),
    )
  })

  test('what JSON says is found out with a fence and without', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        for (const answer of [json, ` ${json}\n`, `\`\`\`json\n${json}\n\`\`\``, `\`\`\`\n${json}\n\`\`\``])
          expect(jsonOfAnswer(answer)).toEqual({ value: JSON.parse(json) as unknown })
      }),
    )
  })

  test('the detail is one line of bounded length', () => {
    fc.assert(
      fc.property(text, fc.string({ minLength: 1, maxLength: 5_000 }), (answer, value) => {
        const detail = decide({ type: 'contains', value }, answer)
        expect(detail).not.toMatch(/[\n\r]/)
        expect(detail.length).toBeLessThan(1_200)
      }),
    )
  })
})
