import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonValue } from '../../src/core/json.ts'
import { hasDuplicateMembers } from '../../src/core/json-duplicates.ts'

/** An object as it is written: names and values in order, so that a name may stand in it twice. */
interface Written {
  readonly members: readonly (readonly [name: string, value: Value])[]
}
type Value = Written | readonly Value[] | string | number | null

const name = fc.oneof(fc.constantFrom('a', 'b', '', '__proto__', 'constructor', '"', '\\', 'é', '😀'), fc.string())

const { value } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.oneof(fc.string(), fc.nat(), fc.constantFrom(null, '{"a":1,"a":2}', '\\"', '"', ',"a":')),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(name, tie('value')), { maxLength: 5 }).map((members) => ({ members })),
  ),
}))

/** With the first character of some names as an escape, which changes nothing of what is read. */
function textOf(written: Value, space: string, escaped: boolean): string {
  const inner = (each: Value): string => textOf(each, space, escaped)
  if (written === null || typeof written !== 'object') return JSON.stringify(written)
  if (!('members' in written)) return `[${space}${written.map(inner).join(`${space},`)}]`
  const members = written.members.map(([own, each], at) => {
    const first = own.charCodeAt(0)
    const isEscaped = escaped && at % 2 === 0 && own !== '' && (first & 0xf800) !== 0xd800
    const rest = JSON.stringify(isEscaped ? own.slice(1) : own).slice(1)
    const start = isEscaped ? `"\\u${first.toString(16).padStart(4, '0')}` : '"'
    return `${start}${rest}${space}:${space}${inner(each)}`
  })
  return `{${space}${members.join(`${space},${space}`)}}`
}

function repeats(written: Value): boolean {
  if (written === null || typeof written !== 'object') return false
  if (!('members' in written)) return written.some(repeats)
  const names = new Set(written.members.map(([own]) => own))
  return names.size < written.members.length || written.members.some(([, each]) => repeats(each))
}

describe('a name that stands twice', () => {
  it.each([
    ['{"a":1,"b":2,"a":3}', 'a'],
    [
      '{"messages":[{"role":"user","content":"one"},{"content":"x","role":"user","content":"y"}]}',
      'messages[1].content',
    ],
    ['{"messages":[],"stream":true, "messages" : []}', 'messages'],
    ['{"a":{"b":[0,[{"c":1,"\\u0063":2}]]}}', 'a.b[1][0].c'],
    ['[{"":1,"":2}]', '[0].'],
    ['{"__proto__":1,"__proto__":2}', '__proto__'],
    ['{"a\\n":1,"a\\u000a":2}', 'a\n'],
    ['{"\\ud83d\\ude00":1,"😀":2}', '😀'],
  ])('is named by its path: %s', (text, path) => {
    expect(() => JSON.parse(text) as JsonValue).not.toThrow()
    expect(hasDuplicateMembers(text)).toBe(path)
  })

  it.each([
    '{}',
    '[]',
    '"a"',
    '7',
    '{"a":{"a":{"a":1}},"b":{"a":2}}',
    '[{"a":1},{"a":1}]',
    '{"a":"{\\"a\\":1,\\"a\\":2}","b":["a","a","b"]}',
    '{"a":"\\\\","b":",\\"a\\":"}',
    '{"ab":1,"a":2,"abc":3,"A":4}',
    '{"a":[{"b":1},{"c":2}],"b":3,"c":4}',
  ])('is not there: %s', (text) => {
    expect(hasDuplicateMembers(text)).toBeNull()
  })

  it('is found exactly when there is one, however it is written', () => {
    fc.assert(
      fc.property(value, fc.constantFrom('', ' ', '\n\t'), fc.boolean(), (written, space, escaped) => {
        const text = textOf(written, space, escaped)
        expect(() => JSON.parse(text) as JsonValue).not.toThrow()
        expect(hasDuplicateMembers(text) !== null).toBe(repeats(written))
      }),
    )
  })

  it('is found among a hundred thousand, and in the depth', () => {
    const many = Array.from({ length: 100_000 }, (_, at) => `"n${at}":{"n":${at}}`)
    expect(hasDuplicateMembers(`{${many.join()}}`)).toBeNull()
    expect(hasDuplicateMembers(`{${many.join()},"n77777":0}`)).toBe('n77777')
    const deep = (inner: string): string => `${'[{"a":'.repeat(50_000)}${inner}${'}]'.repeat(50_000)}`
    expect(hasDuplicateMembers(deep('1'))).toBeNull()
    expect(hasDuplicateMembers(deep('{"b":1,"b":2}'))).toMatch(/^a\[0\]\.a.*\.b$/)
  })

  it('is cut in its path when nobody would read all of it', () => {
    const long = 'x'.repeat(10_000)
    expect(hasDuplicateMembers(`{"${long}":1,"${long}":2}`)).toBe(`${'x'.repeat(64)}…`)
  })

  it('is looked for in any text without an end of its own', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('{', '}', '[', ']', '"', ',', ':', '\\', 'u', 'a', ' ')), (pieces) => {
        const found = hasDuplicateMembers(pieces.join(''))
        expect(found === null || typeof found === 'string').toBe(true)
      }),
    )
  })
})
