import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Finding } from '../../src/guardrails/guardrail.ts'
import {
  contextChars,
  type OpenFinding,
  type ScanSegment,
  segmentScanner,
} from '../../src/guardrails/segment-scanner.ts'

/** Tells of every segment where it lies, what it says and what was to be seen before it. */
const tellAll: ScanSegment = (text, from, to) => [
  { kind: `${text.slice(0, from)}⇥${text.slice(from)}`, start: from, end: to, score: 1 },
]

/** Opens a long finding at each `BEGIN`, and tells of every segment too. */
const tellKeys: ScanSegment = (text, from, to) => {
  const at = text.indexOf('BEGIN', from)
  if (at < 0) return tellAll(text, from, to)
  const key: OpenFinding = { kind: 'key', start: at, end: at + 5, score: 1, until: 'END', mostChars: 20 }
  return [key, ...tellAll(text, from, to)]
}

function read(scan: ScanSegment, pieces: readonly string[]): { findings: Finding[]; decided: number[] } {
  const scanner = segmentScanner(scan)
  const findings: Finding[] = []
  const decided: number[] = []
  for (const piece of pieces) {
    const before = findings.length
    const least = decided.at(-1) ?? 0
    decided.push(scanner.push(piece, findings))
    for (const late of findings.slice(before)) expect(Math.min(late.start, late.end)).toBeGreaterThanOrEqual(least)
  }
  const before = findings.length
  scanner.end(findings)
  for (const late of findings.slice(before)) expect(late.start).toBeGreaterThanOrEqual(decided.at(-1) ?? 0)
  return { findings, decided }
}

function segments(text: string): string[] {
  return read(tellAll, [text]).findings.map((found) => text.slice(found.start, found.end))
}

const alphabet = [...'0123456789aAbZ   \n-./()+:=@"'.split(''), '\t', '\u00a0', '\u2009', '\u2011', 'é', '电', '😀']
const words = [
  'DE89 3704',
  'GB57 IHWA 7477',
  'AB 12 34 56 C',
  '+49 (0)8',
  'me@site.org',
  'BEGIN',
  'END',
  ' of ',
  'the ',
]
const texts = fc
  .array(fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...alphabet) }, fc.constantFrom(...words)), {
    maxLength: 120,
  })
  .map((parts) => parts.join(''))
const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 20 })

function cut(text: string, lengths: readonly number[]): string[] {
  const pieces: string[] = []
  for (let at = 0, index = 0; at < text.length; index += 1) {
    const length = lengths[index % lengths.length] ?? 1
    pieces.push(text.slice(at, at + length))
    at += length
  }
  return pieces
}

describe('segments of a text', () => {
  it('are the same however the text was cut, with the same context, and nothing changes behind what is decided', () => {
    fc.assert(
      fc.property(texts, sizes, (text, lengths) => {
        expect(read(tellAll, cut(text, lengths)).findings).toEqual(read(tellAll, [text]).findings)
      }),
      { numRuns: 500 },
    )
  })

  it('give the same findings that go on over lines, however the text was cut', () => {
    const byPlace = (found: Finding, other: Finding): number =>
      found.start - other.start || found.end - other.end || found.kind.localeCompare(other.kind)
    fc.assert(
      fc.property(texts, sizes, (text, lengths) => {
        const cutUp = read(tellKeys, cut(text, lengths)).findings.sort(byPlace)
        expect(cutUp).toEqual(read(tellKeys, [text]).findings.sort(byPlace))
      }),
      { numRuns: 500 },
    )
  })

  it('lie behind one another and leave out only what no value is written with', () => {
    fc.assert(
      fc.property(texts, (text) => {
        let at = 0
        for (const found of read(tellAll, [text]).findings) {
          expect(text.slice(at, found.start)).toMatch(/^[\s"电😀]*$/u)
          expect(found.end).toBeGreaterThan(found.start)
          at = found.end
        }
        expect(text.slice(at)).toMatch(/^[\s"电😀]*$/u)
      }),
    )
  })

  it('decide more and more, and never half an emoji', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const { decided } = read(tellAll, [...cut(text, [1])])
        for (const [index, offset] of decided.entries()) {
          expect(offset).toBeGreaterThanOrEqual(decided[index - 1] ?? 0)
          expect(offset).toBeLessThanOrEqual(index + 1)
          expect(text.charCodeAt(offset - 1) >= 0xd800 && text.charCodeAt(offset - 1) < 0xdc00).toBe(false)
        }
      }),
    )
  })

  it.each([
    'DE89 3704 0044 0532 0130 00',
    'GB57 IHWA 7477 7638 8691 80',
    'FR14 2004 1010 0505 0001 3M02 606',
    'IBAN:MT84 MALT 0110 0001 2345 MTLC AST0 01S',
    '4111 1111 1111 1111',
    '+41 (0)96 471 07 95',
    '(443) 280-4057',
    '06 - 1234 5678',
    '+49\u00a0151\u2009234567',
    'AB 12 34 56 C',
    '12345678 Z',
    'RSSMRA 85M01 H501Z',
    '1 84 12 76 451 089 46',
  ])('never come between the groups of %s', (value) => {
    expect(segments(`so: ${value}`)).toContain(value)
  })

  it('are words where a text is words', () => {
    expect(segments('It takes 5 cats, "two" of them 电话13912345678了.')).toEqual([
      'It',
      'takes',
      '5',
      'cats,',
      'two',
      'of',
      'them',
      '13912345678',
      '.',
    ])
    expect(segments('12\n34  56')).toEqual(['12', '34', '56'])
  })

  it('are bounded', () => {
    const longest = Math.max(...segments('1234 '.repeat(1000)).map((each) => each.length))
    expect(longest).toBeLessThan(270)
    expect(segments('x'.repeat(10_000)).map((each) => each.length)).toEqual([4096, 4096, 1808])
  })

  it('show exactly the context that a stream has', () => {
    const found = read(tellAll, [`${'word '.repeat(40)}last`]).findings.at(-1)
    expect(found?.kind.indexOf('⇥')).toBe(contextChars)
  })

  it('are asked about only when they could hold something', () => {
    const asked: string[] = []
    const scanner = segmentScanner(
      (text, from) => {
        asked.push(text.slice(from))
        return []
      },
      { isWorthScanning: (facts) => facts.digits >= 4 || facts.colons > 1 || (facts.marks & 4) !== 0 },
    )
    scanner.push('in 2020 they met a:b:c and me@b.org "x:y" 12 3 for 5 ab 678 ', [])
    scanner.end([])
    expect(asked).toEqual(['in 2020', 'a:b:c', 'me@b.org', '5 ab 678'])
  })
})

describe('a finding that goes on', () => {
  const openOf = (pieces: readonly string[]): string[] => {
    const text = pieces.join('')
    return read(tellKeys, pieces)
      .findings.filter((found) => found.kind === 'key')
      .map((found) => text.slice(found.start, found.end))
  }

  it('ends with the line in which its end stands', () => {
    expect(openOf(['a BEGIN x\ny\nEND z\nmore'])).toEqual(['BEGIN x\ny\nEND z'])
  })

  it('ends with the quotation in which its end stands', () => {
    expect(openOf(['{"k":"BEGIN x END","m":1}'])).toEqual(['BEGIN x END'])
  })

  it('ends at its bound, and never between the halves of an emoji', () => {
    expect(openOf(['BEGIN ' + 'y'.repeat(30)])).toEqual(['BEGIN ' + 'y'.repeat(14)])
    expect(openOf(['BEGIN ' + 'y'.repeat(13) + '😀 and on'])).toEqual(['BEGIN ' + 'y'.repeat(13)])
  })

  it('ends with the text', () => {
    expect(openOf(['BEGIN', ' x\n'])).toEqual(['BEGIN x\n'])
  })

  it('holds back everything from its start on', () => {
    const { decided } = read(tellKeys, ['ab BEGIN x\n', 'y\n', 'END\n'])
    expect(decided).toEqual([3, 3, 17])
  })
})
