import { describe, expect, it } from 'vitest'
import { compileCondition } from '../../src/chains/condition.ts'
import type { JsonValue } from '../../src/core/json.ts'
import { fieldPath } from '../../src/contract/admin/explain-issues.ts'

const values = {
  input: { yes: true, no: false, zero: 0, five: 5, empty: '', list: ['red', 'blue'], none: null, object: { a: 1 } },
  steps: { a: { output: ' Billing\n', json: { score: 0.5 } }, f: { output: 'False' } },
}

function holds(condition: JsonValue): boolean {
  const problems: string[] = []
  const compiled = compileCondition(
    condition,
    (message) => problems.push(message),
    () => undefined,
  )
  expect(problems).toEqual([])
  return compiled(values)
}

describe('a template alone', () => {
  it.each([
    ['{{input.yes}}', true],
    ['{{input.no}}', false],
    ['{{input.zero}}', false],
    ['{{input.five}}', true],
    ['{{input.empty}}', false],
    ['{{input.none}}', false],
    ['{{input.missing}}', false],
    ['{{input.list}}', true],
    ['{{steps.a.output}}', true],
    ['{{steps.f.output}}', false],
    ['{{input.missing}}{{input.empty}} ', false],
  ])('%s: %s', (template, wanted) => {
    expect(holds(template)).toBe(wanted)
  })
})

describe('a text that compares', () => {
  it.each([
    ['{{steps.a.output}} == Billing', true],
    ["{{steps.a.output}} == 'Billing'", true],
    ['{{steps.a.output}} == "billing"', false],
    ['{{steps.a.output}} != billing', true],
    ['{{steps.a.output}}!=Billing', false],
    ['{{input.five}} == 5', true],
    ['5 == {{input.five}}', true],
    ['{{input.yes}} == true', true],
    ['{{input.five}} == {{input.zero}}', false],
    ["{{input.missing}} == ''", true],
    ['true', true],
    ['false', false],
  ])('%s: %s', (condition, wanted) => {
    expect(holds(condition)).toBe(wanted)
  })

  it.each(['{{steps.a.output}} is billing', '{{input.five}} > 3', "steps.a.output == 'x'", 'billing'])(
    '%s would always hold, and is refused',
    (condition) => {
      const problems: string[] = []
      compileCondition(
        condition,
        (message) => problems.push(message),
        () => undefined,
      )
      expect(problems).toEqual([expect.stringContaining('would always hold')])
    },
  )
})

describe('a comparison', () => {
  const output = '{{steps.a.output}}'
  it.each<[JsonValue, boolean]>([
    [{ value: output, equals: 'Billing' }, true],
    [{ value: output, equals: 'billing' }, false],
    [{ value: output, not_equals: 'billing' }, true],
    [{ value: output, not_equals: 'Billing' }, false],
    [{ value: '{{input.five}}', equals: 5 }, true],
    [{ value: '{{input.five}}', equals: '5' }, true],
    [{ value: '{{input.object}}', equals: { a: 1 } }, true],
    [{ value: '{{input.missing}}', equals: null }, true],
    [{ value: output, contains: 'ill' }, true],
    [{ value: output, not_contains: 'ill' }, false],
    [{ value: '{{input.list}}', contains: 'red' }, true],
    [{ value: '{{input.list}}', contains: 're' }, false],
    [{ value: '{{input.missing}}', not_contains: 'x' }, true],
    [{ value: output, matches: '(?i)^\\s*billing' }, true],
    [{ value: output, matches: '^x' }, false],
    [{ value: output, exists: true }, true],
    [{ value: '{{input.empty}}', exists: true }, false],
    [{ value: '{{input.missing}}', exists: false }, true],
    [{ value: '{{input.zero}}', exists: true }, true],
  ])('%j: %s', (condition, wanted) => {
    expect(holds(condition)).toBe(wanted)
  })

  it('of a pattern takes linear time, whatever it and the text are', () => {
    const text = `${'a'.repeat(30_000)}!`
    const compiled = compileCondition(
      { value: '{{input.t}}', matches: '^(a+)+$' },
      () => undefined,
      () => undefined,
    )
    expect(compiled({ input: { t: text }, steps: {} })).toBe(false)
  })
})

describe('several', () => {
  it.each<[JsonValue, boolean]>([
    [{ all: ['{{input.yes}}', '{{input.no}}'] }, false],
    [{ any: ['{{input.yes}}', '{{input.no}}'] }, true],
    [{ not: '{{input.no}}' }, true],
    [{ all: [{ not: { any: ['{{input.no}}'] } }, { value: '{{input.five}}', equals: 5 }] }, true],
  ])('%j: %s', (condition, wanted) => {
    expect(holds(condition)).toBe(wanted)
  })
})

describe('what is no condition is refused where it stands', () => {
  const nested = (depth: number): JsonValue => (depth === 0 ? 'x' : { not: nested(depth - 1) })
  it.each<[string, JsonValue, string]>([
    ['a number', 5, ' must be a template'],
    ['nothing', {}, ' must be a template'],
    ['two comparisons', { value: 'x', equals: 1, contains: 'x' }, ' must be a template'],
    ['an unknown comparison', { value: 'x', above: 5 }, ' must be a template'],
    ['a comparison of nothing', { equals: 5 }, ' must be a template'],
    ['an empty list', { all: [] }, 'all must be a list with at least one'],
    ['something wrong inside', { any: [{ not: { value: 'x' } }] }, 'any[0].not must be a template'],
    ['a template that does not parse', { value: '{{', equals: 1 }, 'value is not a template'],
    ['a pattern with look-around', { value: 'x', matches: '(?=x)' }, 'matches is not a pattern that RE2 can run'],
    ['a long pattern', { value: 'x', matches: 'x'.repeat(1001) }, 'matches must have at most 1000'],
    ['contains nothing', { value: 'x', contains: '' }, 'contains must be a text that is not empty'],
    ['exists what', { value: 'x', exists: 'yes' }, 'exists must be true or false'],
    ['nesting without end', nested(100), ' must not be nested deeper'],
    ['parts without end', { all: Array.from({ length: 100 }, () => '{{input.yes}}') }, ' must have at most 64 parts'],
  ])('%s', (_what, condition, words) => {
    const problems: string[] = []
    compileCondition(
      condition,
      (message, path = []) => problems.push(`${fieldPath(path)} ${message}`),
      () => undefined,
    )
    expect(problems[0]).toContain(words)
  })
})

describe('a pattern', () => {
  it('is not found in a text that is too long for patterns', () => {
    const long = (length: number) =>
      compileCondition(
        { value: '{{input.text}}', matches: 'a' },
        () => {},
        () => {},
      )({ input: { text: 'a'.repeat(length) } })
    expect([long(100_000), long(100_001)]).toEqual([true, false])
  })
})
