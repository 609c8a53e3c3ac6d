import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonObject, JsonValue } from '../../src/core/json.ts'
import { schemaCheck } from '../../src/prompts/schema-check.ts'
import { compileOutputRule } from '../../src/prompts/validate-output.ts'
import { compileVariables } from '../../src/prompts/variables.ts'

const textsOf = (schema: JsonObject, value: JsonValue): readonly string[] =>
  schemaCheck(schema, { fillsDefaults: false })(value).map(({ text }) => text)

/** JSON in which members have the names that every object answers to. */
const jsonOfStrangers = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<JsonValue>(null, true, 0, 1, '', 'a'),
    fc.array(tie('value'), { maxLength: 2 }),
    fc
      .array(
        fc.tuple(fc.constantFrom('valueOf', 'toString', 'constructor', '__proto__', 'toJSON', 'a'), tie('value')),
        {
          maxLength: 2,
        },
      )
      .map((members) => Object.fromEntries(members)),
  ),
})).value

describe('`const` and `enum`', () => {
  it('hold exactly for what is equal as JSON, whatever its members are called', () => {
    fc.assert(
      fc.property(jsonOfStrangers, jsonOfStrangers, jsonOfStrangers, (one, other, given) => {
        const sent = JSON.parse(JSON.stringify(given)) as JsonValue
        expect(textsOf({ const: one }, sent).length === 0).toBe(isDeepStrictEqual(one, sent))
        const isIn = isDeepStrictEqual(one, sent) || isDeepStrictEqual(other, sent)
        expect(textsOf({ enum: [one, other] }, sent).length === 0).toBe(isIn)
        expect(textsOf({ const: sent }, JSON.parse(JSON.stringify(given)) as JsonValue)).toEqual([])
      }),
    )
  })

  it('say what they want, for plain values and for objects', () => {
    expect(textsOf({ const: 'a' }, 'b')).toEqual(['must be "a"'])
    expect(textsOf({ const: { a: 1 } }, { valueOf: '' })).toEqual(['must be {"a":1}'])
    expect(textsOf({ enum: ['a', null] }, 3)).toEqual(['must be one of "a", null'])
    expect(textsOf({ enum: ['a', { b: [1] }] }, { toString: 1 })).toEqual(['must be one of "a", {"b":[1]}'])
  })

  it('are the first that is told of, as of old', () => {
    const schema = { allOf: [{ minimum: 8 }], not: { type: 'number' }, enum: [{ a: 1 }] }
    expect(textsOf(schema, 3)[0]).toBe('must be one of {"a":1}')
  })
})

describe('what a stranger sends as `valueOf`', () => {
  const schema = { type: 'object', properties: { mode: { enum: ['off', { level: 1 }] } }, required: ['mode'] }

  it('is a wrong variable like any other', () => {
    const { read } = compileVariables(schema, [])
    const given = JSON.parse('{"mode": {"valueOf": ""}}') as JsonObject
    expect(() => read(given)).toThrow(/`mode` must be one of "off", \{"level":1\}/)
    expect(read({ mode: { level: 1 } }).values).toEqual({ mode: { level: 1 } })
  })

  it('is an answer that misses like any other', () => {
    const rule = compileOutputRule({ output_schema: schema })
    expect(rule?.check('{"mode": {"valueOf": ""}}', false)).toMatch(/^does not meet its schema: `mode` must be one of/)
    expect(rule?.check('{"mode": {"level": 1}}', false)).toBeNull()
  })
})
