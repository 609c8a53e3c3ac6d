import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonObject, JsonValue } from '../../src/core/json.ts'
import { TemplateError, compileTemplate } from '../../src/prompts/template.ts'

const render = (source: string, variables: JsonObject = {}): string => compileTemplate(source).render(variables)

describe('a variable in a text', () => {
  it('is filled in, with or without white space in the braces', () => {
    expect(render('Hi {{name}}, {{ name }}{{\n name\t}}!', { name: 'Ada' })).toBe('Hi Ada, AdaAda!')
  })

  it('reaches into objects and lists', () => {
    const variables = { user: { city: { name: 'Ulm' } }, items: [{ id: 7 }, 'two'] }
    expect(render('{{user.city.name}} {{items.0.id}} {{items.1}} {{items.2}}{{user.x.y}}', variables)).toBe(
      'Ulm 7 two ',
    )
  })

  it.each<[JsonValue, string]>([
    ['a "quoted" <b>text</b> & more', 'a "quoted" <b>text</b> & more'],
    ['', ''],
    [12, '12'],
    [1.5e300, '1.5e+300'],
    [true, 'true'],
    [false, 'false'],
    [0, '0'],
    [null, ''],
    [{ a: [1, 'x'] }, '{"a":[1,"x"]}'],
    [[], '[]'],
  ])('writes %j as %s', (value, text) => {
    expect(render('{{v}}', { v: value })).toBe(text)
  })

  it('is nothing when it is not there', () => {
    expect(render('[{{nothing}}]')).toBe('[]')
  })

  it('may be named in any script, with digits, `_`, `$` and `-`', () => {
    expect(render('{{größe}}{{$a_1-b}}{{名前}}', { größe: 'L', '$a_1-b': 'x', 名前: 'y' })).toBe('Lxy')
  })
})

describe('what a template cannot reach', () => {
  it.each([
    'constructor',
    '__proto__',
    'toString',
    'hasOwnProperty',
    'text.length',
    'text.0',
    'list.length',
    'list.at',
    'object.constructor.name',
    'object.__proto__',
    'list.-1',
    'list.01',
  ])('%s is nothing', (path) => {
    expect(render(`[{{${path}}}]`, { text: 'abc', list: [1], object: {} })).toBe('[]')
  })

  it('a value that was sent as `__proto__` is a value like any other', () => {
    const variables = JSON.parse('{"__proto__": {"x": "own"}, "constructor": "mine"}') as JsonObject
    expect(render('{{__proto__.x}} {{constructor}}', variables)).toBe('own mine')
  })
})

describe('literal braces', () => {
  it('are written with a backslash', () => {
    expect(render('\\{{name}} {{name}}', { name: 'x' })).toBe('{{name}} x')
    expect(render('\\\\{{name}}', { name: 'x' })).toBe('\\x')
    expect(render('\\\\\\{{name}}', { name: 'x' })).toBe('\\{{name}}')
    expect(render('C:\\dir\\ {x} }} \\n', {})).toBe('C:\\dir\\ {x} }} \\n')
  })

  it('single ones, as in JSON, need nothing', () => {
    expect(render('{"a":{"b":{{v}}}}', { v: 1 })).toBe('{"a":{"b":1}}')
  })

  it('every text can be written as a template', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('{', '}', '\\', 'a', '\n', 'é') }), (text) => {
        const escaped = text.replace(/(\\*)\{\{/g, (_, slashes: string) => `${slashes}${slashes}\\{{`)
        expect(render(escaped, {})).toBe(text)
      }),
      { numRuns: 1000 },
    )
  })
})

describe('a template that cannot be read', () => {
  it.each<[string, RegExp, number, number]>([
    ['Hi {{name', /has no `}}`/, 1, 4],
    ['a\nbc {{}}', /names no variable/, 2, 4],
    ['{{   }}', /names no variable/, 1, 1],
    ['{{#if x}}', /not the name of a variable/, 1, 1],
    ['ok {{a}}\n\n  {{a b}}', /not the name of a variable/, 3, 3],
    ['{{a.}}', /not the name of a variable/, 1, 1],
    ['{{.a}}', /not the name of a variable/, 1, 1],
    ['{{a|upper}}', /not the name of a variable/, 1, 1],
    ['{{{a}}}', /not the name of a variable/, 1, 1],
    [`{{${'x'.repeat(1000)}}}`, /not the name of a variable/, 1, 1],
  ])('%j is refused with its place and the way out', (source, reason, line, column) => {
    let thrown: unknown
    try {
      compileTemplate(source)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(TemplateError)
    expect(thrown).toMatchObject({ line, column, message: expect.stringMatching(reason) as unknown })
    expect((thrown as TemplateError).message).toContain('\\{{')
    expect((thrown as TemplateError).message.length).toBeLessThan(300)
  })
})

describe('for every template and every value', () => {
  const name = fc.constantFrom('a', 'b', 'long_name', 'ü')
  const literal = fc.string({ unit: 'grapheme' }).filter((text) => !/\{\{|\\|\{$/.test(text))
  const pieces = fc.array(
    fc.oneof(
      literal.map((text) => ({ text })),
      name.map((variable) => ({ variable })),
    ),
    { maxLength: 12 },
  )
  const hostile = fc.oneof(
    fc.constantFrom('{{a}}', '{{', '}}', '\\{{b}}', '$&', '$1', '{{constructor}}'),
    fc.string({ unit: 'binary' }),
  )

  it('each hole holds the value, verbatim and read only once', () => {
    fc.assert(
      fc.property(pieces, hostile, hostile, (parts, first, second) => {
        const values: Record<string, string> = { a: first, b: second, long_name: `${first}{{b}}`, ü: '{{ü}}' }
        const source = parts.map((part) => ('text' in part ? part.text : `{{ ${part.variable} }}`)).join('')
        const expected = parts.map((part) => ('text' in part ? part.text : (values[part.variable] ?? ''))).join('')
        expect(render(source, values)).toBe(expected)
      }),
      { numRuns: 1000 },
    )
  })

  it('names the variables it uses, each once', () => {
    expect(compileTemplate('{{b}} {{a.x}} {{b.0}} \\{{c}}').variables).toEqual(['b', 'a'])
  })
})
