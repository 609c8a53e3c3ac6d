import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type SoughtValue, SoughtValues, shortestSought } from '../../src/guardrails/sought-values.ts'

/** The same, by trying every value at every place. */
function replacedOneByOne(values: readonly SoughtValue[], text: string): string {
  let result = ''
  for (let at = 0; at < text.length;) {
    const there = values.filter(({ value }) => text.startsWith(value, at))
    const longest = Math.max(...there.map(({ value }) => value.length))
    const found = there.find(({ value }) => value.length === longest)
    result += found?.placeholder ?? text[at] ?? ''
    at += found?.value.length ?? 1
  }
  return result
}

const numbered = (values: readonly string[]): SoughtValue[] =>
  values.map((value, index) => ({ value, placeholder: `<V_${index}>` }))

describe('values that are looked for', () => {
  it('are replaced from left to right, of several at one place the longest', () => {
    const letters = fc.constantFrom('a', 'b', 'ab', '1', '\ud83d', '\ude00')
    const strings = (least: number, most: number) =>
      fc.array(letters, { minLength: least, maxLength: most }).map((parts) => parts.join(''))
    const values = fc.array(strings(shortestSought, 9), { minLength: 1, maxLength: 8 })
    const both = values.chain((some) =>
      fc.tuple(fc.constant(some), fc.array(fc.oneof(fc.constantFrom(...some), letters), { maxLength: 30 })),
    )
    fc.assert(
      fc.property(both, ([values, parts]) => {
        const sought = numbered(values)
        const text = parts.join('')
        expect(new SoughtValues(sought).replaceIn(text)).toBe(replacedOneByOne(sought, text))
      }),
      { numRuns: 500 },
    )
  })

  it('are found among thousands that begin alike', () => {
    const values = Array.from({ length: 10_000 }, (_, index) => `+49 30 ${1_000_000 + index * 7}`)
    const text = values.map((value) => `call ${value}!`).join(' ')
    const wanted = values.map((_, index) => `call <V_${index}>!`).join(' ')
    expect(new SoughtValues(numbered(values)).replaceIn(text)).toBe(wanted)
  })

  it('are found where they begin with characters of two units', () => {
    expect(new SoughtValues(numbered(['\u{1f600}ab'])).replaceIn('a \u{1f600}abc')).toBe('a <V_0>c')
  })

  it('of equal ones the first counts', () => {
    expect(new SoughtValues(numbered(['word', 'word'])).replaceIn('a word')).toBe('a <V_0>')
  })

  it('are none in a text that has none', () => {
    expect(new SoughtValues([]).replaceIn('some text')).toBe('some text')
    expect(new SoughtValues(numbered(['words'])).replaceIn('word')).toBe('word')
  })
})
