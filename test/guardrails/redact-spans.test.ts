import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PlaceholderVault } from '../../src/guardrails/placeholder-vault.ts'
import { type Span, redactSpans, united } from '../../src/guardrails/redact-spans.ts'
import { ruleNamed } from './rules.ts'

const rule = ruleNamed('r')
const span = (start: number, end: number, kind = 'word', more: Partial<Span> = {}): Span => ({
  start,
  end,
  kind,
  rule,
  ...more,
})
const redacted = (text: string, ...spans: readonly Span[]): string =>
  redactSpans(text, spans, 'output', new PlaceholderVault())

describe('stretches of a text', () => {
  it('that touch stay two, and those that overlap are one', () => {
    expect(redacted('abcdef', span(0, 2), span(2, 4))).toBe('<WORD_1><WORD_2>ef')
    expect(redacted('abcdef', span(0, 3), span(2, 4))).toBe('<WORD_1>ef')
  })

  it('that overlap over others are one as well, however they are told', () => {
    expect(redacted('abcdefgh', span(4, 6), span(0, 3), span(2, 5))).toBe('<WORD_1>gh')
  })

  it('are named by the rule that comes first, and of one rule by the longest', () => {
    expect(redacted('abcdef', span(0, 4, 'late', { order: 1 }), span(3, 5, 'early', { order: 0 }))).toBe('<EARLY_1>f')
    expect(redacted('abcdef', span(0, 2, 'short'), span(1, 5, 'long'))).toBe('<LONG_1>f')
  })

  it('of one value have one placeholder', () => {
    expect(redacted('ab and ab', span(0, 2), span(7, 9))).toBe('<WORD_1> and <WORD_1>')
  })

  it('of no length leave no placeholder', () => {
    expect(redacted('abc', span(1, 1))).toBe('abc')
  })

  it('come back when all of their rules give values back, of a request only', () => {
    const giving = ruleNamed('giving', { restores: true })
    const keeping = ruleNamed('keeping', { restores: false })
    const restored = (stage: 'input' | 'output', ...rules: readonly (typeof giving)[]): string => {
      const vault = new PlaceholderVault()
      const spans = rules.map((each, index) => span(index, index + 3, 'word', { rule: each }))
      return vault.restore(redactSpans('abcdef', spans, stage, vault))
    }
    expect(restored('input', giving)).toBe('abcdef')
    expect(restored('input', giving, giving)).toBe('abcdef')
    expect(restored('input', giving, keeping)).toBe('<WORD_1>ef')
    expect(restored('output', giving)).toBe('<WORD_1>def')
  })
})

describe('any stretches', () => {
  const letters = 'abcdefghijklmnopqrst'
  const spans = fc.array(
    fc
      .tuple(fc.nat(letters.length), fc.nat(letters.length), fc.constantFrom('one', 'two'), fc.nat(2))
      .map(([one, other, kind, order]) => span(Math.min(one, other), Math.max(one, other), kind, { order })),
    { maxLength: 8 },
  )

  it('leave exactly the characters that lie in none of them', () => {
    fc.assert(
      fc.property(spans, (set) => {
        const left = redacted(letters, ...set).replace(/<[A-Z]+_\d+>/g, '')
        const kept = Array.from(letters).filter((_, at) => !set.some(({ start, end }) => start <= at && at < end))
        expect(left).toBe(kept.join(''))
      }),
    )
  })

  it('come to the same text in whatever order they are told, but for the names', () => {
    fc.assert(
      fc.property(spans, fc.infiniteStream(fc.nat()), (set, keys) => {
        const shuffled = set
          .map((each) => ({ each, key: keys.next().value ?? 0 }))
          .sort((left, right) => left.key - right.key)
          .map(({ each }) => each)
        const shape = (text: string): string => text.replace(/<[A-Z]+_\d+>/g, '<>')
        expect(shape(redacted(letters, ...shuffled))).toBe(shape(redacted(letters, ...set)))
      }),
    )
  })

  it('fall into groups that do not overlap and hold each of them', () => {
    fc.assert(
      fc.property(spans, (set) => {
        const groups = united([], set)
        for (const [index, { start }] of groups.entries()) {
          expect(start).toBeGreaterThanOrEqual(groups[index - 1]?.end ?? 0)
        }
        for (const each of set) {
          expect(groups.some(({ start, end }) => each.start >= start && each.end <= end)).toBe(true)
        }
      }),
    )
  })

  it('fall into the same groups when some are told later', () => {
    fc.assert(
      fc.property(spans, spans, (first, later) => {
        const shape = (groups: ReturnType<typeof united>) =>
          groups
            .filter(({ start, end }) => end > start)
            .map(({ start, end, best, restores }) => ({
              start,
              end,
              first: best.start,
              length: best.end - best.start,
              restores,
            }))
        expect(shape(united(united([], first), later))).toEqual(shape(united([], [...first, ...later])))
      }),
    )
  })
})
