import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Finding, LocalDetector } from '../../src/guardrails/guardrail.ts'
import { type JudgeWindow, type Windowing, windowScanner } from '../../src/guardrails/window-scanner.ts'
import { cut, cutTexts, scanPieces } from './scanning.ts'

/** The windows of a text, each with its context. */
function windowsOf(
  windowing: Windowing,
  pieces: readonly string[],
): { context: string; window: string; start: number }[] {
  const seen: { context: string; window: string }[] = []
  const judge: JudgeWindow = (text, from, to) => {
    expect(to).toBe(text.length)
    seen.push({ context: text.slice(0, from), window: text.slice(from, to) })
    return [{ kind: 'window', start: from, end: to, score: 1 }]
  }
  const detector: LocalDetector = { reach: 'windows', open: () => windowScanner(judge, windowing) }
  return scanPieces(detector, pieces).map(({ start, end }, index) => {
    const { context = '', window = '' } = seen[index] ?? {}
    expect(pieces.join('').slice(start, end)).toBe(window)
    return { context, window, start }
  })
}
const wordsOf = (windowing: Windowing, text: string) => windowsOf(windowing, [text]).map(({ window }) => window)

describe('windows', () => {
  it('are one when the text fits', () => {
    expect(wordsOf({ windowChars: 10, contextChars: 4 }, 'One. Two. ')).toEqual(['One. Two. '])
    expect(wordsOf({ windowChars: 10, contextChars: 4 }, '')).toEqual([])
  })

  it('end after the last sentence or line, else after the last space, else at their longest', () => {
    const windowing = { windowChars: 12, contextChars: 0 }
    expect(wordsOf(windowing, 'One. Two. Three four.')).toEqual(['One. Two. ', 'Three four.'])
    expect(wordsOf(windowing, 'One\ntwo three four')).toEqual(['One\n', 'two three ', 'four'])
    expect(wordsOf(windowing, '一二三。四五六七八九十一二三四')).toEqual(['一二三。', '四五六七八九十一二三四'])
    expect(wordsOf(windowing, 'abcdefghijklmnop')).toEqual(['abcdefghijkl', 'mnop'])
    expect(wordsOf(windowing, 'see 1.5 or v2.0 now')).toEqual(['see 1.5 or ', 'v2.0 now'])
  })

  it('are judged with what came before', () => {
    expect(windowsOf({ windowChars: 6, contextChars: 4 }, ['One. Two. Six.'])).toEqual([
      { context: '', window: 'One. ', start: 0 },
      { context: 'ne. ', window: 'Two. ', start: 5 },
      { context: 'wo. ', window: 'Six.', start: 10 },
    ])
  })

  it('cut no character in two', () => {
    expect(windowsOf({ windowChars: 3, contextChars: 1 }, ['😀😀😀'])).toEqual([
      { context: '', window: '😀', start: 0 },
      { context: '', window: '😀', start: 2 },
      { context: '', window: '😀', start: 4 },
    ])
  })

  it('are told up to their end as soon as the text goes on behind the longest', () => {
    const scanner = windowScanner(() => [], { windowChars: 6, contextChars: 2 })
    const findings: Finding[] = []
    expect(scanner.push('One. T', findings)).toBe(0)
    expect(scanner.push('w', findings)).toBe(5)
    expect(scanner.push('o', findings)).toBe(5)
  })

  it('depend on the text and not on its pieces, and are all of it', () => {
    const parts = ['a', 'word', ' ', '. ', '.', '! ', '\n', '😀', '。', '漢字', '\r\n', '… ']
    const windowing = fc.record({
      windowChars: fc.integer({ min: 2, max: 20 }),
      contextChars: fc.integer({ min: 0, max: 30 }),
    })
    fc.assert(
      fc.property(cutTexts(parts), windowing, ({ text, lengths }, windowing) => {
        const whole = windowsOf(windowing, [text])
        expect(windowsOf(windowing, cut(text, lengths))).toEqual(whole)
        expect(whole.map(({ window }) => window).join('')).toBe(text)
        for (const { window, context, start } of whole) {
          expect(window.length).toBeLessThanOrEqual(windowing.windowChars)
          expect(context.length).toBeLessThanOrEqual(windowing.contextChars)
          expect(text.slice(0, start).endsWith(context)).toBe(true)
        }
      }),
      { numRuns: 500 },
    )
  })
})
