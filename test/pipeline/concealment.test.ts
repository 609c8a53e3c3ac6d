import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PlaceholderVault } from '../../src/guardrails/placeholder-vault.ts'
import { Concealment } from '../../src/pipeline/concealment.ts'

function concealing(values: readonly string[], rewritten: readonly (readonly [string, string])[] = []): Concealment {
  const vault = new PlaceholderVault()
  for (const value of values) vault.placeholderFor('v', value, false)
  return new Concealment({ vault, rewritten: new Map(rewritten) })
}

const whole = 1 << 20

describe('a body for the record', () => {
  it('has each text as guardrails left it, whatever their placeholders stand for', () => {
    const concealment = concealing([], [['ab12cd', 'ab<N_1>cd']])
    expect(concealment.body('{"a": "ab12cd", "b": "ab12", "c": ["\\u0061b12cd"]}', whole)).toBe(
      '{"a": "ab<N_1>cd", "b": "ab12", "c": ["ab<N_1>cd"]}',
    )
  })

  it('keeps every byte of what has nothing in it', () => {
    const bodies = fc.oneof(
      fc.json(),
      fc.json().map((json) => JSON.stringify({ json, list: [json] })),
      fc.string(),
      fc.string({ unit: fc.constantFrom('"', '\\', '{', '[', ' ', '1', 'u', 'a', '\n') }),
    )
    fc.assert(
      fc.property(bodies, (body) => {
        expect(concealing(['no such value'], [['nor such a text', 'x']]).body(body, whole)).toBe(body)
      }),
    )
  })

  it('is JSON with the same structure when it was JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom('value', '"value"', 'va\\lue', 'true', ':{'), (value, taken) => {
        const body = JSON.stringify({ value, told: `so ${taken} it is`, [`as ${taken}`]: [taken, true] })
        const left = JSON.parse(concealing([taken]).body(body, whole)) as Record<string, unknown>
        expect(left).toMatchObject({ told: 'so <V_1> it is', 'as <V_1>': ['<V_1>', true] })
      }),
    )
  })

  it.each([1, 2, 3, 4])('has no value that is written with escapes in JSON in JSON, %i deep', (depth) => {
    let text = '{"street":"M\\u00fcllerstra\\u00dfe 4"}'
    for (let level = 1; level < depth; level += 1) text = JSON.stringify({ arguments: text })
    const left = concealing(['Müllerstraße']).body(JSON.stringify({ said: text }), whole)
    expect(left).not.toContain('llerstra')
    expect(left).toContain('<V_1> 4')
  })

  it('has no value in the first of two members of the same name', () => {
    expect(concealing(['value']).body('{"a":"a value","a":"none"}', whole)).toBe('{"a":"a <V_1>","a":"none"}')
  })

  it('has no number that is a value, and other numbers as they were written', () => {
    const left = concealing(['4111111111111111', '42.50']).body('{"card":4111111111111111,"n":[42.50,1.0,42]}', whole)
    expect(left).toBe('{"card":"<V_1>","n":["<V_2>",1.0,42]}')
  })

  it('that is no JSON is read as it stands', () => {
    expect(concealing(['value']).body('no JSON, but a value "of some', whole)).toBe('no JSON, but a <V_1> "of some')
    expect(concealing(['value']).body('[a value, 2 values', whole)).toBe('[a value, 2 values')
    expect(concealing(['value']).text('[a value, 2 values')).toBe('[a <V_1>, 2 <V_1>s')
  })

  it('does not end within a value, wherever it is cut', () => {
    const plain = JSON.stringify({ messages: [{ content: 'Say swordfish to "swordfish", says\nswordfish' }] })
    const escaped = plain.replaceAll('swordfish', Array.from('swordfish', unicodeEscape).join(''))
    const inner = JSON.stringify({ arguments: escaped })
    for (const body of [plain, escaped, inner]) {
      for (let longest = 0; longest <= body.length; longest += 1) {
        const left = concealing(['swordfish']).body(body, longest)
        expect(left.replaceAll('<V_1>', '')).not.toMatch(/sw|\\u0073|u0077/)
      }
    }
  })

  it('keeps the beginning of a text that is longer than what is kept', () => {
    const long = 'x'.repeat(10_000)
    const concealment = concealing(['swordfish'], [[`ab12${long}`, `<N_1>${long}`]])
    expect(concealment.body(JSON.stringify([`swordfish ${long}`]), 100)).toMatch(/^\["<V_1> x{80,}$/)
    expect(concealment.body(JSON.stringify([`ab12${long}`]), 100)).toMatch(/^\["<N_1>x{80,}$/)
  })

  it('has no first part of a value in texts that were cut before', () => {
    const response = JSON.stringify({ content: 'It goes on and on and on with sword', finish_reason: 'stops' })
    const left = concealing(['swordfish', 'sword of stops']).body(response, whole, true)
    expect(JSON.parse(left)).toEqual({ content: 'It goes on and on and on with ', finish_reason: 'stops' })
  })
})

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
