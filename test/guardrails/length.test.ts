import { describe, expect, it } from 'vitest'
import type { Finding } from '../../src/guardrails/guardrail.ts'
import { length } from '../../src/guardrails/length.ts'
import { cutTexts, detectorOf, expectCutsDoNotMatter, mistakeIn, scan } from './scanning.ts'

const kinds = (settings: object, text: string) =>
  scan(detectorOf(length, settings), text).map(({ kind, start }) => [kind, start])

describe('the length of a text', () => {
  it('is found too large from the first character on that is too much', () => {
    expect(kinds({ max_chars: 3 }, 'abc')).toEqual([])
    expect(kinds({ max_chars: 3 }, 'abcd and more')).toEqual([['too_long', 3]])
    expect(kinds({ max_chars: 2 }, '😀😀')).toEqual([])
    expect(kinds({ max_chars: 2 }, '😀😀x')).toEqual([['too_long', 4]])
  })

  it('counts words between white space, and Chinese and Japanese by the character', () => {
    expect(kinds({ max_words: 3 }, 'one  two\nthree ')).toEqual([])
    expect(kinds({ max_words: 3 }, 'one two three four')).toEqual([['too_long', 14]])
    expect(kinds({ max_words: 4 }, '天気がいい')).toEqual([['too_long', 4]])
    expect(kinds({ max_words: 1 }, '안녕하세요')).toEqual([])
  })

  it('estimates tokens as four characters each', () => {
    expect(kinds({ max_tokens: 2 }, 'x'.repeat(8))).toEqual([])
    expect(kinds({ max_tokens: 2 }, 'x'.repeat(9))).toEqual([['too_long', 8]])
  })

  it('is found too small at the end of the text', () => {
    expect(kinds({ min_chars: 3 }, 'ab')).toEqual([['too_short', 0]])
    expect(kinds({ min_words: 2 }, 'one ')).toEqual([['too_short', 0]])
    expect(kinds({ min_words: 2, min_chars: 4 }, 'one two')).toEqual([])
    expect(kinds({ min_chars: 1 }, '')).toEqual([['too_short', 0]])
  })

  it('is told once, whatever number of limits is passed', () => {
    expect(kinds({ max_chars: 10, max_words: 1, max_tokens: 1 }, 'one two three four')).toEqual([['too_long', 4]])
  })

  it('is known to be too large before the text has ended', () => {
    const scanner = detectorOf(length, { max_chars: 4 }).open('output')
    const findings: Finding[] = []
    scanner.push('abc', findings)
    expect(findings).toEqual([])
    scanner.push('de', findings)
    expect(findings).toEqual([{ kind: 'too_long', start: 4, end: 5, score: 1 }])
  })

  it.each([{ max_chars: 9 }, { max_words: 3, min_words: 2 }, { max_tokens: 3, min_chars: 8 }])(
    'is the same on a stream and in a whole text: %j',
    (settings) => {
      expectCutsDoNotMatter(
        detectorOf(length, settings),
        cutTexts(['a', ' ', '\n', '😀', '漢', 'word', '한글', '\u200B'], 12),
      )
    },
  )

  it('needs a limit that makes sense', () => {
    expect(mistakeIn(length, {}).message).toContain('"max_chars": 8000')
    expect(mistakeIn(length, { max_chars: 0 })).toMatchObject({ param: 'settings.max_chars' })
    expect(mistakeIn(length, { min_words: 5, max_words: 4 })).toMatchObject({ param: 'settings.min_words' })
    expect(mistakeIn(length, { max_lines: 4 }).message).toContain('max_lines')
  })
})
