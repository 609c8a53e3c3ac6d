import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RawJson } from '../../../src/dialects/messages/raw-json.ts'

const tricky = fc.oneof(fc.string(), fc.constantFrom('"', '\\', '\\"', '],[', '{,}', ', ', '\\\\"]'))
const value = fc.array(
  fc.oneof(tricky, fc.array(tricky), fc.dictionary(tricky, tricky), fc.jsonValue(), fc.constant(null)),
  { maxLength: 5 },
)

describe('a value as the client wrote it', () => {
  it('is cut into its items whatever stands in them and however it is spaced', () => {
    fc.assert(
      fc.property(value, fc.constantFrom('', ' ', '\n  ', '\t'), (list, space) => {
        const text = `${space}${JSON.stringify(list, null, space)}${space}`
        const raw = new RawJson(text)
        list.forEach((item, index) => {
          const part = raw.item(index).text
          expect(JSON.parse(part)).toEqual(JSON.parse(JSON.stringify(item)))
          expect(part).toBe(part.trim())
        })
        expect(() => raw.item(list.length)).toThrow('no such value')
      }),
    )
  })

  it('is found by its members, level by level', () => {
    const raw = new RawJson('{"a": [1.0, {"b": 9007199254740993}], "__proto__": 2}')
    expect(raw.member('a').item(0).text).toBe('1.0')
    expect(raw.member('a').item(1).member('b').text).toBe('9007199254740993')
    expect(raw.member('__proto__').text).toBe('2')
    expect(() => raw.member('c')).toThrow('no such value')
  })
})
