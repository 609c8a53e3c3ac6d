import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PlaceholderVault } from '../../src/guardrails/placeholder-vault.ts'

function vaultOf(...values: readonly string[]): PlaceholderVault {
  const vault = new PlaceholderVault()
  for (const value of values) vault.placeholderFor('v', value, true)
  return vault
}

/** Letters that no placeholder has; few, so that values overlap and contain each other. */
const overlapping = (least: number, most: number) =>
  fc.string({ unit: fc.constantFrom('a', 'b', ' ', 'ü', '\u{1f600}'), minLength: least, maxLength: most })

/** What is left of a text in which every character of every value is taken out, one by one. */
function uncovered(text: string, values: readonly string[]): string {
  const units = [...Array(text.length).keys()].map(() => true)
  for (const value of values) {
    for (let at = text.indexOf(value); at !== -1; at = text.indexOf(value, at + 1))
      units.fill(false, at, at + value.length)
  }
  return Array.from(units, (isLeft, at) => (isLeft ? text.charAt(at) : '')).join('')
}

describe('what the log gets of a text', () => {
  it('is everything but the values, whatever overlaps, and of these not a character', () => {
    fc.assert(
      fc.property(fc.array(overlapping(4, 9), { maxLength: 20 }), overlapping(0, 80), (values, text) => {
        const concealed = vaultOf(...values).conceal(text)
        for (const value of values) expect(concealed).not.toContain(value)
        expect(concealed.replaceAll(/<V_\d+>/g, '')).toBe(uncovered(text, values))
      }),
      { numRuns: 500 },
    )
  })

  it('is the same when values become known in between', () => {
    fc.assert(
      fc.property(fc.array(overlapping(4, 9), { maxLength: 20 }), overlapping(0, 60), (values, text) => {
        const vault = new PlaceholderVault()
        for (const value of values) {
          vault.placeholderFor('v', value, true)
          vault.conceal(text)
        }
        expect(vault.conceal(text)).toBe(vaultOf(...values).conceal(text))
      }),
    )
  })

  it('comes back whole where values stand apart', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '@', '.'), minLength: 4, maxLength: 12 })
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 30 }), (values) => {
        const vault = vaultOf(...values)
        const text = values.join(' and ')
        expect(vault.restore(vault.conceal(text))).toBe(text)
      }),
    )
  })

  it('is the same again when it is concealed already', () => {
    const vault = vaultOf('V_1>', 'V_', 'a value', '<V_3')
    const once = vault.conceal('with a value in it')
    expect(once).toBe('with <V_3> in it')
    expect(vault.conceal(once)).toBe(once)
  })

  it('names stretches that overlap by the value that begins first, of those by the longest', () => {
    expect(vaultOf('cdef', 'abcd', 'abcdefg').conceal('abcdef abcdefgh')).toBe('<V_2> <V_3>h')
  })

  it('has no short values where they are words, and leaves them in other words', () => {
    const vault = vaultOf('q7z', 'x', '王伟', '-5')
    expect(vault.conceal('It is q7z, not q7zz or aq7z. (x) taxi x1')).toBe(
      'It is <V_1>, not q7zz or aq7z. (<V_2>) taxi x1',
    )
    // Nothing tells where a word ends in scripts without spaces.
    expect(vault.conceal('我叫王伟吗')).toBe('我叫<V_3>吗')
    expect(vault.conceal('_q7z_ n-5')).toBe('_<V_1>_ n<V_4>')
  })

  it('has no values that begin alike, however many', () => {
    const values = Array.from({ length: 10_000 }, (_, index) => `customer-number-of-ours-${index}!`)
    const vault = vaultOf(...values)
    expect(vault.conceal(values.join(' '))).toBe(values.map((_, index) => `<V_${index + 1}>`).join(' '))
    expect(vault.forgets).toBe(false)
  })

  it('has none of a value that is longer than what it is told by', () => {
    const long = Array.from({ length: 2_000 }, (_, index) => `line ${index} `).join('')
    expect(vaultOf(long, 'else').conceal(`before ${long}after, or else`)).toBe('before <V_1>after, or <V_2>')
  })

  it('has no first part of a value where it was cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 4, maxLength: 9 }), { minLength: 1 }),
        fc.string({ unit: fc.constantFrom('x', 'y', ' '), maxLength: 20 }),
        fc.nat(),
        (values, before, wanted) => {
          const [value = ''] = values
          const cut = `${before}${value.slice(0, wanted % value.length)}`
          const kept = vaultOf(...values).conceal(cut, true)
          expect(kept.replaceAll(/<V_\d+>/g, '')).toBe(before)
        },
      ),
    )
    expect(vaultOf('secret').conceal('a sec', false)).toBe('a sec')
  })
})

describe('placeholders', () => {
  it('are the same for the same value, and pass over numbers that a text has of its own', () => {
    const vault = new PlaceholderVault()
    vault.reserve('my <EMAIL_1>')
    expect(vault.placeholderFor('email', 'ada@example.org', true)).toBe('<EMAIL_2>')
    expect(vault.placeholderFor('email', 'ada@example.org', false)).toBe('<EMAIL_2>')
    expect(vault.placeholderFor('email', 'bob@example.org', false)).toBe('<EMAIL_3>')
    expect(vault.restore('<EMAIL_1> <EMAIL_2> <EMAIL_3>')).toBe('<EMAIL_1> ada@example.org <EMAIL_3>')
  })

  it('have no number beyond what can be remembered, and that is told', () => {
    const vault = vaultOf(...Array.from({ length: 10_000 }, (_, index) => `value ${index}`))
    expect(vault.forgets).toBe(false)
    expect(vault.placeholderFor('v', 'value 9999', true)).toBe('<V_10000>')
    expect(vault.forgets).toBe(false)
    expect(vault.placeholderFor('v', 'one more', true)).toBe('<V>')
    expect(vault.forgets).toBe(true)
  })

  it('are given for more characters than can be looked for, and that is told', () => {
    const vault = vaultOf(...Array.from({ length: 600 }, (_, index) => `${index} ${'long '.repeat(200)}`))
    expect(vault.forgets).toBe(true)
    expect(vault.restore('<V_600>')).toMatch(/^599 long/)
  })
})
