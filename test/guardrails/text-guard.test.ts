import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import type { GuardrailAction, GuardrailMode } from '../../src/contract/guardrail-body.ts'
import { GuardReport } from '../../src/guardrails/guard-report.ts'
import type { Finding, LocalDetector, Reach } from '../../src/guardrails/guardrail.ts'
import { PlaceholderVault } from '../../src/guardrails/placeholder-vault.ts'
import type { Rule } from '../../src/guardrails/rule.ts'
import { TextGuard } from '../../src/guardrails/text-guard.ts'

/** A detector of one literal that says what it finds as late as its delay allows: `delay` characters after the literal. */
function literal(text: string, kind: string, delay: number): LocalDetector {
  return {
    reach: 'tokens',
    open: () => {
      let whole = ''
      let reported = 0
      const report = (until: number, findings: Finding[]): void => {
        for (
          let at = whole.indexOf(text, reported);
          at !== -1 && at + text.length <= until;
          at = whole.indexOf(text, reported)
        ) {
          findings.push({ kind, start: at, end: at + text.length, score: 1 })
          reported = at + text.length
        }
      }
      return {
        push: (piece, findings) => {
          whole += piece
          const until = Math.max(0, whole.length - delay)
          report(until, findings)
          return Math.max(reported, until - text.length + 1, 0)
        },
        end: (findings) => report(whole.length, findings),
      }
    },
  }
}

function rule(slug: string, local: LocalDetector, changes: Partial<Rule> = {}): Rule {
  return {
    slug,
    type: 'test',
    stages: new Set(['output']),
    roles: new Set(['assistant']),
    action: 'redact',
    severity: 'warning',
    mode: 'enforce',
    onError: 'closed',
    streamMode: 'redact',
    scope: {},
    hasSpans: true,
    restores: false,
    fingerprint: slug,
    detector: { kind: 'local', local },
    ...changes,
  }
}

function guarded(rules: readonly Rule[], pieces: readonly string[]) {
  const report = new GuardReport()
  const vault = new PlaceholderVault()
  const guard = new TextGuard(rules, { stage: 'output', place: '0/content', report, vault })
  const released = pieces.map((piece) => guard.push(piece))
  const text = released.join('') + guard.end()
  return { text, released, report, blocked: guard.blockedBy?.slug ?? null }
}

const cut = (text: string, cuts: readonly number[]): string[] => {
  const at = [...new Set(cuts.map((each) => each % (text.length + 1)))].sort((left, right) => left - right)
  return [...at, text.length].map((end, index) => text.slice(index === 0 ? 0 : at[index - 1], end))
}

const texts = fc.string({ unit: fc.constantFrom('a', 'b', 'c', ' ', '😀'), maxLength: 60 })
const cuts = fc.array(fc.nat(), { maxLength: 30 })
const actions = fc.constantFrom<GuardrailAction>('redact', 'block', 'flag')
const modes = fc.constantFrom<GuardrailMode>('enforce', 'shadow')
const streamModes = fc.constantFrom('redact', 'sync', 'full' as const)

describe('a text in pieces', () => {
  it('comes to the same as the whole, whichever rules overlap in it', () => {
    const rules = fc
      .tuple(
        fc.array(fc.tuple(fc.constantFrom('ab', 'abc', 'bca', 'c', 'aa'), fc.nat(4), actions, modes, streamModes), {
          minLength: 1,
          maxLength: 4,
        }),
      )
      .map(([specs]) =>
        specs.map(([text, delay, action, mode, streamMode], index) =>
          rule(`r${index}`, literal(text, `k${index}`, delay), { action, mode, streamMode }),
        ),
      )
    fc.assert(
      fc.property(rules, texts, cuts, (set, text, where) => {
        const whole = guarded(set, [text])
        const cutUp = guarded(set, cut(text, where))
        expect(cutUp.report.summary().split(';')[0]?.split(':')[0]).toBe(
          whole.report.summary().split(';')[0]?.split(':')[0],
        )
        if (whole.blocked === null) expect(cutUp.text).toBe(whole.text)
        else expect(cutUp.blocked).not.toBeNull()
        expect(cutUp.report.results().map(({ findingCount }) => findingCount)).toEqual(
          whole.report.results().map(({ findingCount }) => findingCount),
        )
      }),
    )
  })

  it('lets go no part of what is redacted or blocked', () => {
    fc.assert(
      fc.property(texts, cuts, fc.constantFrom<GuardrailAction>('redact', 'block'), (text, where, action) => {
        const word = 'abca'
        const { released, text: all } = guarded([rule('r', literal(word, 'word', 2), { action })], cut(text, where))
        expect(all).not.toContain(word)
        const start = text.indexOf(word)
        if (start !== -1 && action === 'block') expect(text.slice(0, start).startsWith(released.join(''))).toBe(true)
      }),
    )
  })

  it('passes untouched, piece by piece, where nothing has to wait', () => {
    const { released } = guarded([rule('r', literal('abc', 'word', 0), { action: 'flag' })], ['xa', 'bc', 'y'])
    expect(released).toEqual(['xa', 'bc', 'y'])
  })

  it('waits for its end in the mode full', () => {
    const { released, text } = guarded(
      [rule('r', literal('abc', 'word', 0), { streamMode: 'full' })],
      ['xa', 'bc', 'y'],
    )
    expect(released).toEqual(['', '', ''])
    expect(text).toBe('x<WORD_1>y')
  })
})

describe('a detector that breaks', () => {
  const breaking = (where: 'open' | 'push' | 'end', reach: Reach = 'tokens'): LocalDetector => ({
    reach,
    open: () => {
      if (where === 'open') throw new Error('a secret of the text')
      return {
        push: (piece) => {
          if (where === 'push') throw new Error('a secret of the text')
          return piece.length
        },
        end: () => {
          if (where === 'end') throw new TypeError('a secret of the text')
        },
      }
    },
  })
  const places = ['open', 'push', 'end'] as const

  it.each(places)('in %s is an error that blocks when it fails closed', (where) => {
    const { text, blocked, report } = guarded([rule('r', breaking(where))], ['some', 'thing'])
    expect(blocked).toBe('r')
    expect(where === 'end' || text === '').toBe(true)
    expect(report.results()).toMatchObject([{ verdict: 'error', findingCount: 0 }])
    expect(JSON.stringify(report.results())).not.toContain('secret of the text')
    expect(report.summary()).toBe('blocked:r;error:r')
  })

  it.each(places)('in %s is an error the others go on without when it fails open', (where) => {
    const rules = [rule('r', breaking(where), { onError: 'open' }), rule('s', literal('abc', 'word', 1))]
    const { text, blocked, report } = guarded(rules, ['x ab', 'c y'])
    expect({ text, blocked }).toEqual({ text: 'x <WORD_1> y', blocked: null })
    expect(report.summary()).toBe('redacted:s;error:r')
  })
})

describe('more than may be held back', () => {
  it.each(['open', 'closed'] as const)('is an error of who waits for the end, which fails %s', (onError) => {
    const report = new GuardReport()
    const guard = new TextGuard([rule('r', literal('abc', 'word', 0), { streamMode: 'full', onError })], {
      stage: 'output',
      place: '0/content',
      report,
      vault: new PlaceholderVault(),
    })
    expect(guard.push('xxxx')).toBe('')
    guard.overflow()
    expect(guard.blockedBy?.slug ?? null).toBe(onError === 'closed' ? 'r' : null)
    expect(guard.push('yyyy') + guard.end()).toBe(onError === 'closed' ? '' : 'xxxxyyyy')
    expect(report.results()).toMatchObject([{ verdict: 'error' }])
  })
})

describe('findings too uncertain to act on', () => {
  it('only flag, whatever the action is', () => {
    const unsure: LocalDetector = {
      reach: 'tokens',
      open: () => ({
        push: (piece, findings) => {
          findings.push({ kind: 'doubt', start: 0, end: piece.length, score: 0.4, flagOnly: true })
          return piece.length
        },
        end: () => undefined,
      }),
    }
    const { text, blocked, report } = guarded([rule('r', unsure, { action: 'block' })], ['hello'])
    expect({ text, blocked }).toEqual({ text: 'hello', blocked: null })
    expect(report.results()).toMatchObject([{ verdict: 'flag', findings: [{ kind: 'doubt', score: 0.4 }] }])
  })
})

describe('thousands of findings', () => {
  it.each(['full', 'redact'] as const)('are put in order in proportion to their number, mode %s', (streamMode) => {
    const pieces = Array.from({ length: 4_000 }, () => 'ab')
    // Each overlaps with the next, so that the whole text is one stretch.
    const rules = [
      rule('r', literal('ab', 'word', 0), { streamMode }),
      rule('s', literal('ba', 'word', 1), { streamMode }),
    ]
    const sort = vi.spyOn(Array.prototype, 'sort')
    const { text } = guarded(rules, pieces)
    const sorted = sort.mock.contexts.reduce<number>((sum, list) => sum + (Array.isArray(list) ? list.length : 0), 0)
    sort.mockRestore()
    expect(text).toBe('<WORD_1>')
    expect(sorted).toBeLessThan(10 * pieces.length)
  })
})
