import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Fault } from '../../src/core/fault.ts'
import type { JsonObject } from '../../src/core/json.ts'
import { schemaProblems } from '../../src/prompts/schema-compiler.ts'
import { compileVariables } from '../../src/prompts/variables.ts'

function faultOf(run: () => unknown): Fault {
  try {
    run()
  } catch (error) {
    if (error instanceof Fault) return error
    throw error
  }
  throw new Error('nothing was refused')
}

const object = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({ type: 'object', properties, ...more })
const values = (schema: JsonObject | null, given: JsonObject, used: string[] = []): JsonObject => ({
  ...compileVariables(schema, used).read(given).values,
})
const refused = (schema: JsonObject | null, given: JsonObject, used: string[] = []): Fault =>
  faultOf(() => compileVariables(schema, used).read(given))

describe('without a schema', () => {
  it('every variable the templates use is required, of any type', () => {
    expect(values(null, { a: 1, b: null }, ['a', 'b'])).toEqual({ a: 1, b: null })
    const fault = refused(null, { a: 1 }, ['a', 'b', 'c'])
    expect(fault).toMatchObject({ kind: 'invalid_variables', status: 400, param: 'variables.b' })
    expect(fault.message).toMatch(/`b` is missing.*`c` is missing/)
  })

  it('a variable no template uses is ignored by name', () => {
    expect(compileVariables(null, ['a']).read({ a: 1, zz: 2 })).toMatchObject({ unknown: ['zz'] })
  })

  it('a name of object members is missing like any other', () => {
    expect(refused(null, {}, ['constructor']).param).toBe('variables.constructor')
    expect(refused(null, {}, ['__proto__']).param).toBe('variables.__proto__')
  })
})

describe('with a schema', () => {
  const schema = object(
    {
      company: { type: 'string', default: 'Acme' },
      question: { type: 'string' },
      count: { type: 'integer', minimum: 1 },
    },
    { required: ['company', 'question'] },
  )

  it('fills in defaults, also of what is required, and leaves the given object alone', () => {
    const given = Object.freeze({ question: 'why?' })
    expect(values(schema, given)).toEqual({ company: 'Acme', question: 'why?' })
    expect(given).toEqual({ question: 'why?' })
  })

  it('defaults inside values go into a copy too', () => {
    const nested = object({
      user: object({ name: { default: 'Ada' } }),
      list: { type: 'array', items: object({ n: { default: 1 } }) },
    })
    const given = { user: {}, list: [{}, { n: 2 }] }
    expect(values(nested, given)).toEqual({ user: { name: 'Ada' }, list: [{ n: 1 }, { n: 2 }] })
    expect(given).toEqual({ user: {}, list: [{}, { n: 2 }] })
  })

  it('a default that is an object is never shared between requests', () => {
    const reader = compileVariables(object({ tags: { default: [] } }), [])
    const first = reader.read({}).values['tags'] as string[]
    first.push('changed')
    expect(reader.read({}).values['tags']).toEqual([])
  })

  it.each<[string, JsonObject, string, RegExp]>([
    ['missing', {}, 'variables.question', /`question` is missing; it is required and must be a string/],
    ['wrong type', { question: 5 }, 'variables.question', /`question` must be a string, not a number/],
    ['null is no string', { question: null }, 'variables.question', /must be a string, not null/],
    ['not converted', { question: 'x', count: '5' }, 'variables.count', /`count` must be an integer, not a string/],
    ['a fraction', { question: 'x', count: 1.5 }, 'variables.count', /must be an integer, not a fraction/],
    ['a rule', { question: 'x', count: 0 }, 'variables.count', /`count` must be at least 1/],
  ])('%s: names the variable and the rule', (_, given, param, message) => {
    const fault = refused(schema, given)
    expect(fault).toMatchObject({ kind: 'invalid_variables', status: 400, code: 'invalid_variables', param })
    expect(fault.message).toMatch(message)
  })

  it('names everything that is wrong at once', () => {
    expect(refused(schema, { count: 'x', company: 1 }).message).toMatch(
      /`question` is missing.*`company` must be|`company` must be.*`count` must be/,
    )
  })

  it.each<[JsonObject, unknown, string, RegExp]>([
    [{ enum: ['a', 'b'] }, 'c', 'variables.v', /must be one of "a", "b"/],
    [{ const: 1 }, 2, 'variables.v', /must be 1/],
    [{ anyOf: [{ type: 'string' }, { type: 'null' }] }, 5, 'variables.v', /must be a string or null, not a number/],
    [{ type: ['string', 'null'] }, 5, 'variables.v', /must be a string or null/],
    [{ type: 'string', maxLength: 2 }, 'abc', 'variables.v', /must have at most 2 characters/],
    [object({ city: { type: 'string' } }, { required: ['city'] }), {}, 'variables.v.city', /`v.city` is missing/],
    [object({}, { additionalProperties: false }), { x: 1 }, 'variables.v.x', /`v.x` is not a member/],
    [{ type: 'array', items: { type: 'string' } }, ['a', 1], 'variables.v.1', /`v.1` must be a string/],
    [
      { type: 'array', uniqueItems: true },
      [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ],
      'variables.v',
      /same item twice/,
    ],
    [{ type: 'string', minLength: 1 }, '', 'variables.v', /`v` must have at least 1 character\./],
    [{ type: 'array', maxItems: 1 }, [1, 2], 'variables.v', /must have at most 1 item\./],
    [{ type: 'object', minProperties: 2 }, { a: 1 }, 'variables.v', /must have at least 2 members/],
    [{ exclusiveMaximum: 3 }, 3, 'variables.v', /must be less than 3/],
    [{ multipleOf: 5 }, 3, 'variables.v', /must be a multiple of 5/],
    [{ not: { type: 'string' } }, 'x', 'variables.v', /must not be what the `not` of its schema describes/],
    [{ type: 'array', contains: { type: 'string' } }, [1], 'variables.v', /as many items of the kind its schema wants/],
    [{ propertyNames: { maxLength: 1 } }, { ab: 1 }, 'variables.v', /must not have a member of the name ab/],
    [
      { dependentRequired: { a: ['b'] } },
      { a: 1 },
      'variables.v.b',
      /`v.b` is missing; it is required where a is given/,
    ],
    [false as never, 1, 'variables.v', /must not be given/],
  ])('rule %j', (property, value, param, message) => {
    const fault = refused(object({ v: property }), { v: value as JsonObject })
    expect(fault.param).toBe(param)
    expect(fault.message).toMatch(message)
  })

  it('never repeats a value', () => {
    expect(refused(schema, { question: ['sk-secret'] }).message).not.toContain('sk-secret')
  })

  it('unknown variables are ignored by name, also where the schema would forbid them', () => {
    const strict = object({ a: {} }, { additionalProperties: false })
    expect(compileVariables(strict, []).read({ a: 1, extra: 3 }).unknown).toEqual(['extra'])
    expect(compileVariables(object({ a: {} }), ['used']).read({ a: 1, used: 2 }).unknown).toEqual([])
    expect(
      compileVariables(object({ a: {} }, { patternProperties: { '^x_': {} } }), []).read({ x_1: 1, y: 1 }).unknown,
    ).toEqual(['y'])
    const either = { type: 'object', anyOf: [object({ a: {} }, { required: ['a'] }), { required: ['b'] }] }
    expect(compileVariables(either, []).read({ b: 1 }).unknown).toEqual([])
  })

  it('keeps schemas with the same $id apart', () => {
    const one = { ...object({ a: { type: 'string' } }), $id: 'https://example.com/s' }
    const two = {
      ...object({ a: { $ref: '#/$defs/n' } }, { $defs: { n: { type: 'number' } } }),
      $id: 'https://example.com/s',
    }
    expect(values(one, { a: 'x' })).toEqual({ a: 'x' })
    expect(values(two, { a: 1 })).toEqual({ a: 1 })
  })
})

describe('hostile values', () => {
  it('names of object members are values like any other', () => {
    const given = JSON.parse('{"__proto__":{"polluted":1},"constructor":"c","toString":5}') as JsonObject
    expect(compileVariables(object({}), []).read(given).unknown.toSorted()).toEqual([
      '__proto__',
      'constructor',
      'toString',
    ])
    expect(refused(object({ toString: { type: 'string' } }), given).param).toBe('variables.toString')
    expect(refused(object({ toString: {} }, { required: ['toString'] }), {}).param).toBe('variables.toString')
  })

  it('a pattern that would stop a backtracking engine answers, and a text too long for patterns is refused', () => {
    const schema = object({ v: { type: 'string', pattern: '^(a+)+$' } })
    expect(refused(schema, { v: `${'a'.repeat(50_000)}!` }).param).toBe('variables.v')
    expect(values(schema, { v: 'aaa' })).toEqual({ v: 'aaa' })
    expect(refused(schema, { v: 'a'.repeat(100_001) }).message).toMatch(/at most 100000 characters/)
  })

  it('a hundred thousand distinct items are distinct, and as many wrong ones make one error', () => {
    const many = Array.from({ length: 100_000 }, (_, index) => ({ index }))
    expect(values(object({ v: { type: 'array', uniqueItems: true } }), { v: many })['v']).toHaveLength(100_000)
    expect(
      refused(object({ v: { type: 'array', items: { type: 'string' } } }), { v: many }).message.length,
    ).toBeLessThan(500)
  })

  it('nesting without end is refused', () => {
    let deep: JsonObject = {}
    for (let level = 0; level < 200; level++) deep = { deep }
    expect(refused(null, { v: deep }, ['v'])).toMatchObject({
      param: 'variables.v',
      message: expect.stringContaining('64 levels') as unknown,
    })
    const recursive = object(
      { v: { $ref: '#/$defs/tree' } },
      { $defs: { tree: object({ deep: { $ref: '#/$defs/tree' } }) } },
    )
    expect(refused(recursive, { v: deep }).param).toBe('variables.v')
  })

  it('whatever is given: values or a Fault', () => {
    const schema = object(
      { a: { type: 'string', pattern: '^x' }, b: { type: 'array', items: { type: 'integer' } }, c: { $ref: '#' } },
      { required: ['a'] },
    )
    const reader = compileVariables(schema, ['a'])
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__'), fc.jsonValue() as fc.Arbitrary<JsonObject>),
        (given) => {
          const before = JSON.stringify(given)
          try {
            reader.read(given)
          } catch (error) {
            expect(error).toBeInstanceOf(Fault)
          }
          expect(JSON.stringify(given)).toBe(before)
        },
      ),
    )
  })
})

describe('a schema that cannot be used', () => {
  it.each<[JsonObject, RegExp]>([
    [object({ a: { type: 'strin' } }), /no valid JSON Schema/],
    [{ type: 'object', required: 'a' }, /no valid JSON Schema: must be array/],
    [object({ a: { pattern: '(?=x)' } }), /pattern "\(\?=x\)" .*look-around/],
    [object({ a: { pattern: '(' } }), /pattern/],
    [object({ a: { $ref: 'https://example.com/other' } }), /can't resolve reference/],
    [{ type: 'object', allOf: [{ $ref: '#' }] }, /refers to itself/],
    [{ type: 'object', $async: true }, /asynchronous/],
  ])('%j', (schema, message) => {
    expect(
      schemaProblems(schema)
        .map((problem) => problem.message)
        .join(),
    ).toMatch(message)
  })

  it('is told from one that can', () => {
    expect(
      schemaProblems({
        $schema: 'http://json-schema.org/draft-07/schema#',
        ...object({ a: { type: 'string', format: 'email', 'x-note': 1 } }),
      }),
    ).toEqual([])
    expect(
      schemaProblems(object({ a: { $ref: '#/$defs/t' } }, { $defs: { t: object({ child: { $ref: '#/$defs/t' } }) } })),
    ).toEqual([])
  })
})
