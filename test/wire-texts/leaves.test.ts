import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonValue } from '../../src/core/json.ts'
import { isOrdinaryName, mapJsonText, mapJsonValue, mapLeaves } from '../../src/wire-texts/leaves.ts'

function seen(text: string): string[] {
  const found: string[] = []
  mapJsonText(text, (leaf) => {
    found.push(leaf)
    return leaf
  })
  return found
}

describe('a text that is JSON', () => {
  it('visits long numbers too, and writes what becomes of one as a string', () => {
    const text = '{"card": 4111111111111111, "n": 12345678, "list": [-1234567890.5, 1e400]}'
    const visited: string[] = []
    const mapped = mapJsonText(text, (leaf) => {
      visited.push(leaf)
      return leaf.startsWith('4') ? '<CARD>' : leaf
    })
    expect(visited).toEqual(['4111111111111111', '-1234567890.5'])
    expect(mapped).toBe('{"card": "<CARD>", "n": 12345678, "list": [-1234567890.5, 1e400]}')
  })

  it('visits a number as it is written, never a part of one', () => {
    const text = '{"a":0.1234567891,"b":12345678901e3}'
    expect(seen(text)).toEqual(['0.1234567891', '12345678901e3'])
    expect(mapJsonText(text, () => '*')).toBe('{"a":"*","b":"*"}')
  })

  it('is visited value by value, decoded', () => {
    expect(seen('{"a" : "x\\u0040y", "b":["\\"", {"c":"d"}], "e":1}')).toEqual(['x@y', '"', 'd'])
  })

  it('is visited by its names too, but for those that every schema has', () => {
    const ordinary = ['location', 'unit_2', 'a.b-c', 'x'.repeat(64), '__proto__', '12345']
    const telling = ['jane@example.org', 'card 41', '123456', 'x'.repeat(65), 'é', 'a/b']
    expect(ordinary.filter((name) => !isOrdinaryName(name))).toEqual([])
    expect(telling.filter(isOrdinaryName)).toEqual([])
    const text = JSON.stringify(Object.fromEntries([...ordinary, ...telling].map((name) => [name, true])))
    expect(seen(text).toSorted()).toEqual(telling.toSorted())
    expect(mapJsonText('{"jane\\u0040example.org":{"ok":"jane"},"": 1}', () => '*')).toBe('{"*":{"ok":"*"},"": 1}')
  })

  it('keeps everything but the strings that changed, byte for byte', () => {
    const text = '{ "n": 12345678901234567890, "x": 1.0, "s": "old", "s": "other", "t": "\\u0041" }'
    expect(mapJsonText(text, (leaf) => (leaf === 'old' ? 'new\n' : leaf))).toBe(
      '{ "n": 12345678901234567890, "x": 1.0, "s": "new\\n", "s": "other", "t": "\\u0041" }',
    )
  })

  it.each(['', 'plain', '{"cut": "of', '4111', 'null'])('is visited as it is when it has no strings: %s', (text) => {
    expect(seen(text)).toEqual(text === '' ? [] : [text])
    expect(mapJsonText(text, (own) => `<${own}>`)).toBe(text === '' ? '' : `<${text}>`)
  })

  it.each([
    ['words beside the strings', '{"a":"b" secret}'],
    ['something behind the end', '{"a":"b"} secret'],
    ['an end that is missing', '[["a","b"]'],
    ['a string that does not end', '["a","secret'],
    ['a name in front', 'call {"a":"b"}'],
  ])('has to be JSON in all of it, or nothing of it would be seen: %s', (_what, text) => {
    expect(seen(text)).toEqual([text])
  })

  it('may be nested as deeply as it likes', () => {
    const text = `${'['.repeat(100_000)}"secret"${']'.repeat(100_000)}`
    expect(seen(text)).toEqual(['secret'])
  })

  it('is seen whole even where its escapes are not JSON', () => {
    expect(seen('{"a":"\\x secret","b":"c"}')).toEqual(['\\x secret', 'c'])
  })

  it('is visited as it is whenever JSON.parse would not make an object, a list or a string of it, or string by string', () => {
    const piece = fc.constantFrom('{', '}', '[', ']', '"', ':', ',', 'a', '1', 'true', '\\', ' ', 'e', '-')
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 12 }), (pieces) => {
        const text = pieces.join('')
        const outside = text.replaceAll(/"(?:[^"\\]|\\.)*"/g, '').replaceAll(/true|[\d\s{}[\]:,.e-]/g, '')
        // Whatever it takes the text for: a letter that is no JSON and stands outside of all strings has to be seen.
        if (outside !== '') expect(seen(text)).toEqual([text])
      }),
    )
  })

  it('is rewritten to what its value would be', () => {
    const shout = (text: string): string => text.toUpperCase()
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(0, 2), (value, space) => {
        fc.pre(typeof value === 'object' && value !== null)
        const text = JSON.stringify(value, null, space)
        const parsed = JSON.parse(text) as JsonValue
        expect(JSON.parse(mapJsonText(text, shout))).toEqual(mapJsonValue(parsed, shout))
        expect(mapJsonText(text, (leaf) => leaf)).toBe(text)
      }),
    )
  })
})

describe('a value that was JSON', () => {
  it('is visited like its text: strings, long numbers, names that tell something', () => {
    const value = { card: 4111111111111111, n: 12, 'jane@example.org': ['x', null], list: [{ deep: 'y' }] }
    const visited: string[] = []
    const same = mapJsonValue(value, (text) => {
      visited.push(text)
      return text
    })
    expect(same).toBe(value)
    expect(visited).toEqual(seen(JSON.stringify(value)))
    expect(mapJsonValue(value, () => '*')).toEqual({ card: '*', n: 12, '*': ['*', null], list: [{ deep: '*' }] })
    expect(mapLeaves(value, () => '*')).toEqual({
      card: 4111111111111111,
      n: 12,
      'jane@example.org': ['*', null],
      list: [{ deep: '*' }],
    })
  })
})
