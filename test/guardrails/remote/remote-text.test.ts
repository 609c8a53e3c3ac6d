import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GuardrailError } from '../../../src/guardrails/remote.ts'
import { askAboutEach } from '../../../src/guardrails/remote-asking.ts'
import { categoryName, partsOf, withoutControlTokens } from '../../../src/guardrails/remote-text.ts'
import { signal } from '../../support/scripted-upstream.ts'
import { withoutThinking } from '../../../src/guardrails/remote-verdicts.ts'

const halves = (text: string): boolean => /^[\udc00-\udfff]|[\ud800-\udbff]$/.test(text)

describe('the parts of a text', () => {
  it('cover all of it, overlap, and cut no character', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', '🙂', ' ', 'é'), minLength: 0, maxLength: 6_000 }),
        fc.integer({ min: 500, max: 2_000 }),
        (text, maxChars) => {
          const parts = partsOf(text, maxChars)
          expect(parts[0]?.start).toBe(0)
          expect(parts.at(-1)?.end).toBe(text.length)
          parts.forEach(({ start, end }, index) => {
            expect(end - start).toBeLessThanOrEqual(maxChars)
            expect(halves(text.slice(start, end))).toBe(false)
            const next = parts[index + 1]
            if (next !== undefined) expect(end - next.start).toBeGreaterThanOrEqual(Math.floor(maxChars / 4) - 1)
          })
        },
      ),
      { numRuns: 50 },
    )
  })

  it('are one for a text that fits, also for an empty one', () => {
    expect(partsOf('', 500)).toEqual([{ start: 0, end: 0 }])
    expect(partsOf('x'.repeat(500), 500)).toEqual([{ start: 0, end: 500 }])
  })

  it('are never too many', () => {
    for (let length = 10_000; length < 14_000; length += 97) {
      let parts = 0
      try {
        parts = partsOf('x'.repeat(length), 500).length
      } catch (error) {
        expect(error).toBeInstanceOf(GuardrailError)
      }
      expect(parts).toBeLessThanOrEqual(33)
    }
  })
})

describe('a text without control tokens', () => {
  it('keeps everything else, and loses nothing of them but their effect', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('<', '|', 's>', '</', 'a', '[INST]', '<think>') }), (text) => {
        const without = withoutControlTokens(text)
        expect(without).not.toMatch(/<\||<\/?s>|\[INST\]|<think>/)
        expect(without.replaceAll(' ', '')).toBe(text)
      }),
    )
    expect(withoutControlTokens('if (a < b || c) { x[0] } <section> <strong>')).toBe(
      'if (a < b || c) { x[0] } <section> <strong>',
    )
  })
})

it.each([
  ['<think>a < b</think> yes', 'yes'],
  ['<think></think>yes', 'yes'],
  [' yes ', 'yes'],
  ['<think>yes', '<think>yes'],
  ['no <think>x</think>', 'no <think>x</think>'],
])('thinking before a verdict is taken off: %j', (answer, rest) => {
  expect(withoutThinking(answer)).toBe(rest)
})

it.each([
  ['hate/threatening', 'hate_threatening'],
  ['self-harm', 'self_harm'],
  ['S10', 's10'],
  ['  Sexual  Content ', 'sexual_content'],
  ['ß', null],
  ['', null],
])('a category %j is the name %j', (category, name) => {
  expect(categoryName(category)).toBe(name)
})

it('answers about many items come in their order, four at a time, each begun in a turn of the event loop of its own', async () => {
  const fourOpen = signal()
  let open = 0
  let most = 0
  let begunInThisTurn = 0
  const answers = await askAboutEach([5, 4, 3, 2, 1, 0], async (item) => {
    expect(++begunInThisTurn).toBe(1)
    setImmediate(() => (begunInThisTurn = 0))
    most = Math.max(most, ++open)
    if (open === 4) fourOpen.give()
    await fourOpen.reached
    open--
    return item * 10
  })
  expect(answers).toEqual([50, 40, 30, 20, 10, 0])
  expect(most).toBe(4)
})
