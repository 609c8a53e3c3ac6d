import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { VersionBody } from '../../src/prompts/compiled-version.ts'
import { type OutputRule, compileOutputRule, longestCheckedText } from '../../src/prompts/validate-output.ts'

type Rule = Pick<VersionBody, 'output_format' | 'output_schema'>

function ruleOf(body: Rule): OutputRule {
  const rule = compileOutputRule(body)
  if (rule === null) throw new Error('There is no rule.')
  return rule
}
const problem = (body: Rule, text: string, wasCut = false): string | null => ruleOf(body).check(text, wasCut)

const order = {
  type: 'object',
  properties: {
    items: {
      type: 'array',
      minItems: 1,
      items: { type: 'object', properties: { price: { type: 'number' } }, required: ['price'] },
    },
    currency: { enum: ['EUR', 'USD'], default: 'EUR' },
  },
  required: ['items', 'currency'],
  additionalProperties: false,
}

describe('whether anything is checked', () => {
  it.each<[Rule, string | null]>([
    [{}, null],
    [{ output_format: 'text', output_schema: null }, null],
    [{ output_format: 'json' }, 'json'],
    [{ output_format: 'structured' }, 'structured'],
    [{ output_schema: order }, 'structured'],
    [{ output_format: 'text', output_schema: order }, 'structured'],
    [{ output_format: 'json', output_schema: order }, 'structured'],
    [{ output_format: 'markdown' }, 'markdown'],
    [{ output_format: 'code' }, 'code'],
  ])('%j: %s', (body, format) => {
    expect(compileOutputRule(body)?.format ?? null).toBe(format)
  })
})

describe('JSON', () => {
  it.each(['{}', '[]', ' {"a": [1, 2.5e3, null]}\n', '"text"', '0', 'true'])('%j is JSON', (text) => {
    expect(problem({ output_format: 'json' }, text)).toBeNull()
  })

  it.each([
    ['', 'is empty, and not JSON'],
    [' \n ', 'is empty, and not JSON'],
    ['Sure! {"a": 1}', 'is not JSON: it begins with other text'],
    ['```json\n{"a": 1}\n```', 'is not JSON: it stands in a code fence'],
    ['{"a": 1} That is it.', 'is not JSON: at line 1, column 10, nothing more was expected'],
    ['{"a": 1,\n "b": }', 'is not JSON: at line 2, column 7, a value was expected'],
    ["{'a': 1}", 'is not JSON: at line 1, column 2, a name in double quotes or `}` was expected'],
  ])('%j %s', (text, message) => {
    expect(problem({ output_format: 'json' }, text)).toBe(message)
  })

  it('that was cut says so, but not when it is whole all the same', () => {
    expect(problem({ output_format: 'json' }, '{"a": ', true)).toBe(
      'is not whole JSON: it was cut at the limit of tokens',
    )
    expect(problem({ output_format: 'json' }, '', true)).toBe('was cut at the limit of tokens before it began')
    expect(problem({ output_format: 'json' }, '{"a": 1}', true)).toBeNull()
  })

  it('is JSON exactly when JSON.parse takes it, wherever it is cut', () => {
    const rule = ruleOf({ output_format: 'json' })
    fc.assert(
      fc.property(fc.json(), fc.nat(), (text, at) => {
        const cut = text.slice(0, at % (text.length + 1))
        let parses = true
        try {
          JSON.parse(cut)
        } catch {
          parses = false
        }
        expect(rule.check(cut, false) === null).toBe(parses)
      }),
    )
  })
})

describe('JSON that has a schema', () => {
  it.each([
    ['{"items": [{"price": 1}], "currency": "EUR"}', null],
    ['{"items": [{"price": "1"}], "currency": "EUR"}', '`items[0].price` must be a number, not a string'],
    ['{"items": [], "currency": "EUR"}', '`items` must have at least 1 item'],
    ['{"items": [{}], "currency": "EUR"}', '`items[0].price` is missing; it is required'],
    ['{"items": [{"price": 1}], "currency": "GBP"}', '`currency` must be one of "EUR", "USD"'],
    ['{"items": [{"price": 1}], "currency": "EUR", "tip": 1}', '`tip` is not a member that may be there'],
    ['[]', 'it must be an object, not a list'],
  ])('%s', (text, message) => {
    const found = problem({ output_schema: order }, text)
    if (message === null) expect(found).toBeNull()
    else expect(found).toBe(`does not meet its schema: ${message}`)
  })

  it('is not helped by the defaults of the schema: the client gets the answer as it is', () => {
    expect(problem({ output_schema: order }, '{"items": [{"price": 1}]}')).toContain('`currency` is missing')
  })

  it('says all that is wrong, up to a bound, and never a value', () => {
    const items = Array.from({ length: 9 }, () => ({ price: 'sk-secret' }))
    const found = problem({ output_schema: order }, JSON.stringify({ items, currency: 'EUR' })) ?? ''
    expect(found).toContain('; and 4 more')
    expect(found).not.toContain('sk-secret')
  })

  it('is told to a model with the schema, unless that is very long', () => {
    expect(ruleOf({ output_schema: order }).wanted).toContain(JSON.stringify(order))
    const long = { ...order, description: 'x'.repeat(20_000) }
    expect(ruleOf({ output_schema: long }).wanted.length).toBeLessThan(200)
  })

  it('of any shape gets a verdict, also where the schema refers to itself', () => {
    const tree = {
      $ref: '#/$defs/tree',
      $defs: { tree: { type: 'object', additionalProperties: { $ref: '#/$defs/tree' } } },
    }
    const rule = ruleOf({ output_schema: tree })
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), (text) => {
        const found = rule.check(text, false)
        expect(found === null || found.startsWith('does not meet its schema')).toBe(true)
      }),
    )
    const levels = 100_000
    expect(rule.check('{"a":'.repeat(levels) + '{}' + '}'.repeat(levels), false)).toBe(
      'is nested too deeply to be checked',
    )
  })
})

describe('Markdown', () => {
  it.each([
    ['# Title\n\nText with `code`.', null],
    ['plain text', null],
    ['```js\nlet a\n```', null],
    ['- item\n  ```js\n  let a\n  ```\n', null],
    ['[link](https://example.com)', null],
    ['', 'is empty'],
    ['```js\nlet a', 'has a code fence that is not closed'],
    ['{"a": 1}', 'is JSON, and not Markdown'],
    ['<!DOCTYPE html><p>Hi', 'is an HTML document, and not Markdown'],
  ])('%j: %s', (text, message) => {
    expect(problem({ output_format: 'markdown' }, text)).toBe(message)
  })

  it('that was cut is Markdown, but not inside a fence', () => {
    expect(problem({ output_format: 'markdown' }, '# Tit', true)).toBeNull()
    expect(problem({ output_format: 'markdown' }, '```\nlet', true)).toBe(
      'was cut at the limit of tokens inside a code fence',
    )
  })
})

describe('code', () => {
  it.each([
    ['let a = `x`', null],
    ['```js\nlet a\n```', null],
    ['Here:\n\n~~~~\n~~~\nlet a\n~~~~\nDone.', null],
    ['```` text ``` ````', null],
    ['', 'is empty'],
    ['```\n```', 'has a code fence with nothing in it'],
    ['```\nlet a\n~~~', 'has a code fence that is not closed'],
    ['````\nlet a\n```', 'has a code fence that is not closed'],
  ])('%j: %s', (text, message) => {
    expect(problem({ output_format: 'code' }, text)).toBe(message)
  })

  it('that was cut is not whole', () => {
    expect(problem({ output_format: 'code' }, 'let a', true)).toContain('cut at the limit of tokens')
  })
})

it('what is too long to be checked is a miss', () => {
  for (const output_format of ['json', 'markdown', 'code'] as const) {
    expect(problem({ output_format }, `"${'x'.repeat(longestCheckedText)}"`)).toContain('too long to be checked')
  }
})
