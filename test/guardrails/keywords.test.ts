import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keywords } from '../../src/guardrails/keywords.ts'
import { cutTexts, detectorOf, expectCutsDoNotMatter, foundTexts, mistakeIn, scan, scanPieces } from './scanning.ts'

const ofWords = (words: readonly string[], more: object = {}) => detectorOf(keywords, { words, ...more })

describe('keywords', () => {
  it('are found as words of their own, whatever their case', () => {
    const detector = ofWords(['falcon', 'C++'])
    expect(foundTexts(detector, 'FALCON, falcons, unfalcon, falcon_2; Falcon')).toEqual(['FALCON', 'Falcon'])
    expect(foundTexts(detector, 'C++ and c++, not abc++')).toEqual(['C++', 'c++'])
  })

  it('are found inside of words when asked for', () => {
    expect(foundTexts(ofWords(['falcon'], { match: 'substring' }), 'unfalcons')).toEqual(['falcon'])
  })

  it('respect case when asked to', () => {
    expect(foundTexts(ofWords(['ACME'], { case_sensitive: true }), 'Acme acme ACME')).toEqual(['ACME'])
  })

  it('have any white space for theirs', () => {
    expect(foundTexts(ofWords(['internal only']), 'internal \n\t only, internalonly')).toEqual(['internal \n\t only'])
  })

  it('are not hidden by full-width letters, mathematical letters or invisible characters', () => {
    const detector = ofWords(['falcon'])
    for (const hidden of [
      'ｆａｌｃｏｎ',
      '\u{1D41F}\u{1D41A}\u{1D425}\u{1D41C}\u{1D428}\u{1D427}',
      'fal\u200Bcon',
      'fa\u00ADlcon',
    ])
      expect(foundTexts(detector, `a ${hidden}.`)).toEqual([hidden])
  })

  it('are found in scripts that set no space between words', () => {
    expect(foundTexts(ofWords(['機密', 'ความลับ']), 'この機密文書 นี่คือความลับนะ')).toEqual(['機密', 'ความลับ'])
  })

  it('know the case of other alphabets', () => {
    expect(foundTexts(ofWords(['Straße', 'ΣΟΦΟΣ', 'секрет']), 'straße σοφος σοφοσ СЕКРЕТ')).toHaveLength(4)
  })

  it('are each found where one is within another', () => {
    expect(foundTexts(ofWords(['new york', 'new york city', 'york']), 'in New York City')).toEqual([
      'New York',
      'New York City',
    ])
    expect(foundTexts(ofWords(['b', 'abcd']), 'b abc b')).toEqual(['b', 'b'])
  })

  it('hold back no more than a phrase that is open', () => {
    const scanner = ofWords(['internal only']).open('output')
    expect(scanner.push('This is all fine. ', [])).toBe(18)
    expect(scanner.push('intern', [])).toBe(18)
    expect(scanner.push('ational', [])).toBe(31)
    expect(scanner.push(` internal${' '.repeat(20)}`, [])).toBe(32)
    expect(scanner.push(' '.repeat(20), [])).toBe(80)
  })

  it('are found alike by search and by scanner', () => {
    const words = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 4 }), {
      minLength: 1,
      maxLength: 6,
    })
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '-'), maxLength: 40 })
    fc.assert(
      fc.property(words, text, (words, text) => {
        const longest = new Map<number, string>()
        for (const word of words)
          for (let at = text.indexOf(word); at !== -1; at = text.indexOf(word, at + 1))
            if (word.length > (longest.get(at + word.length)?.length ?? 0)) longest.set(at + word.length, word)
        const found = scan(ofWords(words, { match: 'substring' }), text)
        expect(new Map(found.map(({ start, end }) => [end, text.slice(start, end)]))).toEqual(longest)
        expect(found).toHaveLength(longest.size)
      }),
    )
  })

  it.each(['word', 'substring'])('are found alike on a stream and in a whole text (%s)', (match) => {
    const detector = ofWords(['a b', 'ab', 'abc', 'new york', 'ñandú', '😀 b', '機'], { match })
    expectCutsDoNotMatter(
      detector,
      cutTexts([
        'a',
        'b',
        'ab',
        'c',
        ' ',
        '  ',
        '\n',
        'new',
        'york',
        'Ñandú',
        '😀',
        '機',
        '\u200B',
        '.',
        ' '.repeat(33),
        '_',
      ]),
    )
  })

  it('are found across a cut through a surrogate pair', () => {
    expect(scanPieces(ofWords(['😀']), ['x \uD83D', '\uDE00'])).toEqual([
      { kind: 'keyword', start: 2, end: 4, score: 1 },
    ])
  })

  it('must be there, have something to see in them, and be bounded', () => {
    expect(mistakeIn(keywords, { words: [] }).message).toContain('1 to 1000 words')
    expect(mistakeIn(keywords, { words: ['x'.repeat(129)] })).toMatchObject({ param: 'settings.words.0' })
    expect(mistakeIn(keywords, { words: ['ok', ' \u200B '] })).toMatchObject({ param: 'settings.words[1]' })
    expect(mistakeIn(keywords, { words: ['ok'], match: 'part' }).message).toContain('`word` or `substring`')
    const many = Array.from({ length: 1_000 }, (_, index) => `${index}`.padEnd(30, 'x'))
    expect(mistakeIn(keywords, { words: many }).message).toContain('20000 characters')
  })
})
