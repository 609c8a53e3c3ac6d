import fc from 'fast-check'
import { RE2JS } from 're2js'
import { describe, expect, it } from 'vitest'
import type { Finding, TextScanner } from '../../src/guardrails/guardrail.ts'
import { regex } from '../../src/guardrails/regex.ts'
import { compilePattern } from '../../src/guardrails/regex/compile-pattern.ts'
import { factsOf } from '../../src/guardrails/regex/program.ts'
import { type SteppingScanner, regexScanner } from '../../src/guardrails/regex/regex-scanner.ts'
import {
  cut,
  cutTexts,
  detectorOf,
  expectCutsDoNotMatter,
  foundTexts,
  mistakeIn,
  scan,
  scanPieces,
} from './scanning.ts'

/** Pushes a piece and waits until it is read: one call takes a bounded time only. */
function pushAll(scanner: TextScanner, piece: string, findings: Finding[] = []): number {
  let decided = scanner.push(piece, findings)
  while ((scanner as SteppingScanner).isBehind) decided = scanner.push('', findings)
  return decided
}

const of = (pattern: string, flags = '') => detectorOf(regex, { pattern, flags })

describe('patterns', () => {
  it('are found wherever they stand, under their name', () => {
    expect(foundTexts(of('\\bPRJ-\\d{2,4}\\b'), 'PRJ-12, PRJ-3, XPRJ-44, PRJ-555')).toEqual(['PRJ-12', 'PRJ-555'])
    const named = detectorOf(regex, { patterns: [{ pattern: 'a+', name: 'letters' }, { pattern: '\\d+' }] })
    expect(scan(named, 'aa 12')).toEqual([
      { kind: 'letters', start: 0, end: 2, score: 1 },
      { kind: 'pattern', start: 3, end: 5, score: 1 },
    ])
  })

  it('obey their flags', () => {
    expect(foundTexts(of('^key', 'im'), 'Key\nKEY monkey')).toEqual(['Key', 'KEY'])
    expect(foundTexts(of('^key'), 'key\nkey')).toEqual(['key'])
    expect(foundTexts(of('key$'), 'key\nkey')).toEqual(['key'])
    expect(foundTexts(of('a.b', 's'), 'a\nb')).toEqual(['a\nb'])
    expect(foundTexts(of('a.b'), 'a\nb')).toEqual([])
  })

  it.each([
    ['\\d{3}-\\d{2}', 'tokens'],
    ['(?:ab|c){1,20}', 'tokens'],
    ['x\\n?y', 'tokens'],
    ['\\S+@\\S+', 'windows'],
    ['a.{0,400}b', 'windows'],
  ])('%s is told after %s', (pattern, reach) => {
    expect(of(pattern).reach).toBe(reach)
  })

  it('hold back no more than their longest match, and less where a line ends', () => {
    const scanner = of('\\d{3}-\\d{2}').open('output')
    expect(pushAll(scanner, `${'x'.repeat(99)}1`)).toBe(93)
    expect(pushAll(scanner, '\n')).toBe(101)
  })

  it('without a bound are told when their line ends', () => {
    const findings: Finding[] = []
    const scanner = of('password: .*').open('output')
    expect(pushAll(scanner, 'my password: abc', findings)).toBe(0)
    expect(pushAll(scanner, ' def\nand', findings)).toBe(21)
    expect(findings).toEqual([{ kind: 'pattern', start: 3, end: 20, score: 1 }])
  })
})

describe('patterns in long texts', () => {
  it('are found across any place when they have up to 4,096 characters', () => {
    const key = `BEGIN${'k\n'.repeat(1_500)}END`
    for (const before of [0, 1, 1_000, 4_000, 4_095, 8_191, 20_000]) {
      const text = `${'-'.repeat(before)}${key}${'-'.repeat(9_000)}`
      expect(scan(of('BEGIN(?:k|\\s)+END'), text)).toEqual([
        { kind: 'pattern', start: before, end: before + key.length, score: 1 },
      ])
    }
  })

  it('have no end of the text where only a stretch of it ends', () => {
    expect(scan(of('(?:a+)+$'), `${'a'.repeat(50_000)}b`)).toEqual([])
    expect(scan(of('a+$'), `${'b'.repeat(50_000)}aaa`)).toHaveLength(1)
  })

  it('become one finding over the rest of a block when they are found very often', () => {
    const detector = of('.{0,300}z|a')
    const text = `${'a'.repeat(10_000)}b`
    const findings = scan(detector, text)
    expect(findings.length).toBeLessThan(1_000)
    let covered = 0
    for (const { start, end } of findings) {
      expect(start).toBe(covered)
      covered = end
    }
    expect(covered).toBeGreaterThanOrEqual(10_000)
    expect(scanPieces(detector, cut(text, [701]))).toEqual(findings)
  })

  it('can be looked for a little at a time, with the same result', () => {
    const pattern = compilePattern('(?:\\w+ ){3}x', '', 'settings.pattern')
    const text = 'one two three x\n'.repeat(20_000)
    const whole: Finding[] = []
    const scanner = regexScanner([{ kind: 'pattern', pattern }])
    scanner.push(text, whole)
    scanner.end(whole)
    const stepped: Finding[] = []
    const stepping = regexScanner([{ kind: 'pattern', pattern }])
    let decided = stepping.push(text, stepped)
    while (stepping.isBehind) {
      const next = stepping.push('', stepped)
      expect(next).toBeGreaterThanOrEqual(decided)
      decided = next
    }
    let isDone = false
    while (!isDone) isDone = stepping.endStep(stepped)
    expect(stepped).toEqual(whole)
    expect(whole).toHaveLength(20_000)
  })
})

describe('patterns on a stream', () => {
  const parts = ['a', 'b', 'ab', '1', '12', '-', ' ', '\n', '@', '😀', 'é', 'xyz', 'key', 'b'.repeat(300)]

  it.each([
    ['a+b', ''],
    ['a{2,5}b?', ''],
    ['\\bkey\\b', 'i'],
    ['^a|b$', ''],
    ['^a|b$', 'm'],
    ['\\A.|.\\z', ''],
    ['a.{0,9}b', 's'],
    ['😀.?', ''],
    ['[^a]{3}', ''],
    ['\\S+@\\S+', ''],
    ['@[^@]*@', ''],
    ['key.*', ''],
    ['(?:ab|a)(?:1|12)', ''],
    ['a.{0,350}k', 's'],
    ['\\Bk|k\\B', ''],
  ])('are found as in a whole text: %s %s', (pattern, flags) => {
    expectCutsDoNotMatter(of(pattern, flags), cutTexts(parts), 150)
  })

  it('are found as RE2 finds them in the whole text', () => {
    const patterns = [
      'a+b',
      'a{2,5}b?',
      '\\bkey\\b',
      '(?m)^a|b$',
      '^a|b$',
      '(?:ab|a)(?:1|12)',
      '[^a]{3}',
      'key.*',
      '\\S+@\\S+',
      '@[^@]*@',
    ]
    fc.assert(
      fc.property(fc.constantFrom(...patterns), cutTexts(parts.slice(0, -1)), (pattern, { text }) => {
        const expected: [number, number][] = []
        const matcher = RE2JS.compile(pattern).matcher(text)
        while (matcher.find()) expected.push([matcher.start(), matcher.end()])
        expect(scan(of(pattern), text).map(({ start, end }) => [start, end])).toEqual(expected)
      }),
      { numRuns: 500 },
    )
  })
})

describe('what is known of a pattern', () => {
  it.each([
    ['a|bcd', 1, 3, false],
    ['a{2,5}b?', 2, 6, false],
    ['(?i)stra(?:ß|ss)e', 6, 7, false],
    ['[^z]x', 2, 2, true],
    ['(?s).', 1, 1, true],
    ['.', 1, 1, false],
    ['\\s', 1, 1, true],
    ['\\n', 1, 1, true],
    ['a+', 1, Infinity, false],
    ['\\b', 0, 0, false],
    ['😀{3}', 3, 3, false],
    ['(a)(b(c))', 3, 3, false],
  ])('%s', (pattern, shortest, longest, crossesLines) => {
    expect(factsOf(RE2JS.compile(pattern))).toMatchObject({ shortest, longest, crossesLines })
  })
})

describe('a pattern that cannot run', () => {
  it.each([
    ['(?=a)b', 'look-around'],
    ['(?<!a)b', 'look-around'],
    ['(a)\\1', 'back-reference'],
    ['(?P<n>a)(?P=n)', 'back-reference'],
    ['a++', 'possessive'],
    ['(?>a)', 'atomic group'],
    ['(?(1)a)', 'condition'],
    ['(?x) a', 'flag `x`'],
    ['\\u00e9', '\\x{e9}'],
    ['a\\Z', '\\z'],
    ['\\p{Script=Greek}', '\\p{Greek}'],
    ['a{2000}', 'up to 1000'],
    ['(?:a{50}){50}', 'too large'],
    ['a{600}b{600}', 'too large'],
    [`(?:${'ab'.repeat(450)}){1000}`, 'too large'],
    ['(?i)' + '\\pL'.repeat(300), 'too large'],
    ['a.{990}', 'needs 991 characters'],
    ['a*', 'empty text'],
    ['^', 'empty text'],
    ['[^\\x00-\\x{10FFFF}]', 'never be found'],
    ['(', 'missing closing )'],
    ['[z-a]', 'invalid character class range'],
    ['[', 'missing closing ]'],
  ])('%s is explained', (pattern, explanation) => {
    const { param, message } = mistakeIn(regex, { patterns: [{ pattern: 'fine' }, { pattern }] })
    expect(param).toBe('settings.patterns[1].pattern')
    expect(message).toContain(explanation)
    expect(mistakeIn(regex, { pattern }).param).toBe('settings.pattern')
  })

  it('never breaks the estimate of its size', () => {
    const sources = fc.string({
      unit: fc.constantFrom('a', '(', ')', '[', ']', '{', '}', '9', ',', '\\', 'p', '|', '*', '+', '?', '^'),
      maxLength: 30,
    })
    fc.assert(
      fc.property(
        sources.filter((source) => source !== ''),
        (pattern) => {
          try {
            of(pattern)
          } catch (error) {
            expect(error).toMatchObject({ kind: 'invalid_request', param: 'settings.pattern' })
          }
        },
      ),
      { numRuns: 500 },
    )
  })

  it('has settings that say what is missing', () => {
    expect(mistakeIn(regex, {}).message).toContain('either `pattern` or `patterns`')
    expect(mistakeIn(regex, { pattern: 'a', patterns: [{ pattern: 'b' }] }).message).toContain('either')
    expect(mistakeIn(regex, { pattern: 'a'.repeat(1_001) }).message).toContain('1 to 1000 characters')
    expect(mistakeIn(regex, { pattern: 'a', flags: 'g' }).message).toContain('`i`, `m` and `s`')
    expect(mistakeIn(regex, { patterns: [{ pattern: 'a', name: 'My Name' }] })).toMatchObject({
      param: 'settings.patterns.0.name',
    })
    const many = Array.from({ length: 20 }, () => ({ pattern: '(?:ab|c){150}' }))
    expect(mistakeIn(regex, { patterns: many }).message).toContain('together')
  })
})
