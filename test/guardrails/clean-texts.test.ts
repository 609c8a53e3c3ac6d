import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CleanTexts } from '../../src/guardrails/clean-texts.ts'

const long = (word: string): string => `${word} `.repeat(256)

/** The digest of a text that is long enough to have one. */
function digest(texts: CleanTexts, fingerprint: string, text: string): string {
  const found = texts.digest(fingerprint, text)
  if (found === null) throw new Error('It has no digest.')
  return found
}

describe('a text in which nothing was found', () => {
  it('is known when it comes again, under the same rules and no others', () => {
    const texts = new CleanTexts(10)
    texts.add(digest(texts, 'rules', long('plain')))
    expect(texts.has(digest(texts, 'rules', long('plain')))).toBe(true)
    expect(texts.has(digest(texts, 'other rules', long('plain')))).toBe(false)
    expect(texts.has(digest(texts, 'rules', long('other')))).toBe(false)
  })

  it('is not worth keeping when it is short', () => {
    const texts = new CleanTexts(10)
    expect(texts.digest('rules', 'x'.repeat(255))).toBeNull()
    expect(texts.digest('rules', 'x'.repeat(256))).not.toBeNull()
  })

  it('is told from every other, also by halves of characters', () => {
    const texts = new CleanTexts(10)
    const lone = `${long('x')}\ud83d`
    expect(digest(texts, 'r', lone)).not.toBe(digest(texts, 'r', `${long('x')}\ud83e`))
    expect(digest(texts, 'r', `${long('x')}\ufffd`)).not.toBe(digest(texts, 'r', lone))
    const ends = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '\n', '\ud83d', '\ude00', '\ufffd'), maxLength: 6 })
    fc.assert(
      fc.property(ends, ends, (one, other) => {
        fc.pre(one !== other)
        expect(digest(texts, 'r', long('x') + one)).not.toBe(digest(texts, 'r', long('x') + other))
      }),
    )
  })
})

describe('so many of them', () => {
  const numbered = (count: number, prefix = 'text'): string[] =>
    Array.from({ length: count }, (_, index) => `${prefix} ${index}`)

  it('are kept at least, and twice as many at most', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 100 }), (most, count) => {
        const kept = (asked: (all: readonly string[]) => readonly string[]): readonly string[] => {
          const texts = new CleanTexts(most)
          const all = numbered(count)
          for (const each of all) texts.add(each)
          return asked(all).filter((each) => texts.has(each))
        }
        expect(kept((all) => all.slice(-most))).toHaveLength(Math.min(most, count))
        expect(kept((all) => all.slice(0, -2 * most))).toEqual([])
      }),
    )
  })

  it('go when they do not come again, and stay when they do', () => {
    const texts = new CleanTexts(5)
    texts.add('comes again')
    texts.add('once')
    for (const each of numbered(40)) {
      texts.add(each)
      expect(texts.has('comes again')).toBe(true)
    }
    expect(texts.has('once')).toBe(false)
  })

  it('none, where none are to be kept for longer than the next', () => {
    const texts = new CleanTexts(0)
    for (const each of numbered(3)) texts.add(each)
    expect(texts.has('text 0')).toBe(false)
  })
})
