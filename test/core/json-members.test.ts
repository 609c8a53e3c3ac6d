import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  arrayInner,
  assembleObject,
  joinArrayInners,
  spliceMembers,
  topLevelMembers,
} from '../../src/core/json-members.ts'

const whitespace = fc.stringMatching(/^[ \t\n\r]{0,3}$/)
const name = fc.oneof(
  fc.constantFrom('model', 'messages', '__proto__', 'constructor', '', 'a"b', 'back\\slash', 'tab\t'),
  fc.string({ unit: 'binary', maxLength: 6 }),
)

/** A string as JSON text with some characters written as escapes that need none. */
const escapedString = (value: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.tuple(value, fc.nat()).map(([text, mask]) => {
    const units = text.split('').map((unit, index) => {
      if (((mask >> (index % 30)) & 1) === 1) return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
      return JSON.stringify(unit).slice(1, -1)
    })
    return `"${units.join('')}"`
  })

const scalar = fc.oneof(
  escapedString(fc.string({ unit: 'binary', maxLength: 20 })),
  fc.constantFrom(
    '9007199254740993',
    '1.0',
    '-0',
    '1e400',
    'true',
    'false',
    'null',
    '"\\\\"',
    '"\\\\\\""',
    '"}],{["',
    '""',
  ),
)

const { value: rawValue } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    scalar,
    fc
      .tuple(fc.array(fc.tuple(whitespace, tie('value'), whitespace), { maxLength: 4 }), whitespace)
      .map(([items, space]) =>
        items.length === 0 ? `[${space}]` : `[${items.map((item) => item.join('')).join(',')}]`,
      ),
    fc
      .tuple(
        fc.array(fc.tuple(whitespace, escapedString(name), whitespace, tie('value')), { maxLength: 4 }),
        whitespace,
      )
      .map(
        ([members, space]) => `{${members.map(([a, key, b, value]) => `${a}${key}${b}:${value}`).join(',')}${space}}`,
      ),
  ),
}))

const rawObject = fc
  .tuple(
    whitespace,
    fc.array(fc.tuple(whitespace, escapedString(name), whitespace, whitespace, rawValue, whitespace), { maxLength: 8 }),
    whitespace,
    whitespace,
  )
  .map(([before, members, inside, after]) => {
    const text = members.map(([a, key, b, c, value, d]) => `${a}${key}${b}:${c}${value}${d}`).join(',')
    return `${before}{${text}${inside}}${after}`
  })

const edits = fc.uniqueArray(fc.tuple(name, fc.option(rawValue, { nil: undefined })), {
  maxLength: 5,
  selector: ([key]) => key,
})

function parsedMembers(text: string): Map<string, unknown> {
  return new Map(Object.entries(JSON.parse(text) as Record<string, unknown>))
}

describe('topLevelMembers', () => {
  it('sees what JSON.parse sees, member by member', () => {
    fc.assert(
      fc.property(rawObject, (text) => {
        const members = topLevelMembers(text)
        const values = new Map([...members].map(([key, raw]) => [key, JSON.parse(raw) as unknown]))
        expect(new Map([...values].sort(byName))).toEqual(new Map([...parsedMembers(text)].sort(byName)))
      }),
      { numRuns: 1000 },
    )
  })

  it('gives the text of a value as the client wrote it', () => {
    const members = topLevelMembers(
      ' { "seed" : 9007199254740993 , "t":1.0,"s":"\\u0041\\"}" , "o": { "a" : [ 1 ] } } ',
    )
    expect([...members]).toEqual([
      ['seed', '9007199254740993'],
      ['t', '1.0'],
      ['s', '"\\u0041\\"}"'],
      ['o', '{ "a" : [ 1 ] }'],
    ])
  })

  it('decodes names, lets the last duplicate win and takes __proto__ for a name like any other', () => {
    const members = topLevelMembers('{"mod\\u0065l":1,"model":2,"__proto__":{"polluted":true}}')
    expect([...members]).toEqual([
      ['model', '2'],
      ['__proto__', '{"polluted":true}'],
    ])
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })

  it('refuses, rather than loops on, text that is no JSON object', () => {
    for (const text of [
      '',
      '[]',
      '{',
      '{"a',
      '{"a"',
      '{"a":',
      '{"a":1',
      '{"a":{',
      '{"a":"',
      '{a:1}',
      '{"a":}',
      'null',
      '{"a":1 "b"',
    ]) {
      expect(() => topLevelMembers(text), text).toThrow()
    }
  })
})

describe('spliceMembers', () => {
  it('changes exactly what the edits name, and nothing else', () => {
    fc.assert(
      fc.property(rawObject, edits, (text, pairs) => {
        const changed = spliceMembers(text, new Map(pairs))
        const expected = parsedMembers(text)
        for (const [key, raw] of pairs) {
          if (raw === undefined) expected.delete(key)
          else expected.set(key, JSON.parse(raw))
        }
        expect(new Map([...parsedMembers(changed)].sort(byName))).toEqual(new Map([...expected].sort(byName)))
      }),
      { numRuns: 1000 },
    )
  })

  it('is the identity, byte for byte, when every edit says what is there', () => {
    fc.assert(
      fc.property(rawObject, (text) => {
        expect(spliceMembers(text, new Map())).toBe(text)
        expect(spliceMembers(text, new Map([['no such member', undefined]]))).toBe(text)
      }),
    )
  })

  it('keeps white space and spelling of all other members', () => {
    const text = '{\n  "model" : "prompt:a",\n  "seed": 1.0,\n  "model" : "b"\n}\n'
    expect(spliceMembers(text, new Map([['model', '"x"']]))).toBe(
      '{\n  "model" : "x",\n  "seed": 1.0,\n  "model" : "x"\n}\n',
    )
    expect(spliceMembers(text, new Map([['model', undefined]]))).toBe('{\n  "seed": 1.0\n}\n')
    expect(spliceMembers(text, new Map([['seed', undefined]]))).toBe('{\n  "model" : "prompt:a",\n  "model" : "b"\n}\n')
  })

  it('inserts with the right commas', () => {
    expect(spliceMembers('{}', new Map([['a', '1']]))).toBe('{"a":1}')
    expect(spliceMembers('{ "b":2 }', new Map([['a"', '1']]))).toBe('{ "b":2,"a\\"":1 }')
    const all = new Map<string, string | undefined>([
      ['b', undefined],
      ['a', '1'],
      ['c', '2'],
    ])
    expect(spliceMembers('{"b":2}', all)).toBe('{"a":1,"c":2}')
  })
})

describe('putting together', () => {
  it('assembles what topLevelMembers took apart', () => {
    fc.assert(
      fc.property(rawObject, (text) => {
        expect(JSON.parse(assembleObject(topLevelMembers(text)))).toEqual(JSON.parse(text))
      }),
    )
  })

  it('joins arrays without reading their items', () => {
    const arrays = fc.array(
      fc
        .tuple(whitespace, fc.array(rawValue, { maxLength: 3 }))
        .map(([space, items]) => `[${space}${items.join(`${space},`)}${space}]`),
      { maxLength: 4 },
    )
    fc.assert(
      fc.property(arrays, (raws) => {
        const joined: unknown = JSON.parse(joinArrayInners(raws.map(arrayInner)))
        expect(joined).toEqual(raws.flatMap((raw) => JSON.parse(raw) as unknown[]))
      }),
    )
  })
})

function byName(left: readonly [string, unknown], right: readonly [string, unknown]): number {
  return left[0] < right[0] ? -1 : 1
}
