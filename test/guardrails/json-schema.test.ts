import { describe, expect, it } from 'vitest'
import { jsonSchema, longestCheckedText } from '../../src/guardrails/json-schema.ts'
import { cutTexts, detectorOf, expectCutsDoNotMatter, mistakeIn, scan } from './scanning.ts'

const schema = {
  type: 'object',
  required: ['answer'],
  properties: { answer: { type: 'string', pattern: '^[a-z]+$' } },
  additionalProperties: false,
}
const detector = detectorOf(jsonSchema, { schema })

describe('a guardrail for JSON', () => {
  it.each(['{"answer": "yes"}', ' \n{"answer":"no"} '])('has nothing against %j', (text) => {
    expect(scan(detector, text)).toEqual([])
  })

  it.each([
    '',
    'Sure! {"answer": "yes"}',
    '```json\n{"answer": "yes"}\n```',
    '{"answer": "YES"}',
    '{"answer": 1}',
    '{}',
    '{"answer": "yes"',
  ])('finds the whole of %j', (text) => {
    expect(scan(detector, text)).toEqual([{ kind: 'schema', start: 0, end: text.length, score: 1 }])
  })

  it('takes any JSON when the schema asks for nothing', () => {
    const any = detectorOf(jsonSchema, { schema: {} })
    expect(scan(any, '[1, null]')).toEqual([])
    expect(scan(any, 'hello')).toHaveLength(1)
  })

  it('finds what is too long or too deep to be checked', () => {
    const any = detectorOf(jsonSchema, { schema: {} })
    expect(scan(any, `"${'x'.repeat(longestCheckedText)}"`)).toHaveLength(1)
    expect(scan(any, '['.repeat(100_000) + ']'.repeat(100_000))).toHaveLength(1)
  })

  it('reads a stream as it reads a whole text', () => {
    expectCutsDoNotMatter(detector, cutTexts(['{', '}', '"answer"', ':', '"yes"', '"😀"', ' '], 8), 100)
  })

  it('takes no schema that cannot be used', () => {
    expect(mistakeIn(jsonSchema, { schema: { type: 'objekt' } })).toMatchObject({ param: 'settings.schema.type' })
    expect(mistakeIn(jsonSchema, { schema: { pattern: '(?=a)' } }).message).toContain('look-around')
    expect(mistakeIn(jsonSchema, { schema: 'object' }).message).toContain('JSON Schema')
    const deep = JSON.parse('{"not":'.repeat(100) + '{}' + '}'.repeat(100)) as object
    expect(mistakeIn(jsonSchema, { schema: deep }).message).toContain('64 levels')
    const wide = { enum: Array.from({ length: 3_000 }, () => ({})) }
    expect(mistakeIn(jsonSchema, { schema: wide }).message).toContain('2000 objects and lists')
  })
})
