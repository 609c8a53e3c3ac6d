import { describe, expect, it } from 'vitest'
import { topics } from '../../src/guardrails/topics.ts'
import { cut, cutTexts, detectorOf, expectCutsDoNotMatter, mistakeIn, scan, scanPieces } from './scanning.ts'

const legal = {
  denied: [
    {
      name: 'legal_advice',
      phrases: ['sue my landlord', { text: 'lawsuit', weight: 0.5 }, { text: 'attorney', weight: 0.5 }],
    },
    { name: 'mail', phrases: ['email address'] },
  ],
}
const kinds = (settings: object, text: string) => scan(detectorOf(topics, settings), text).map(({ kind }) => kind)

describe('topics', () => {
  it('are found by a phrase, whatever its case, accents, hyphens and plural', () => {
    expect(kinds(legal, 'Can I SUE my landlords?')).toEqual(['topic_legal_advice'])
    for (const text of ['your e-mail address', 'your email addresses', 'E-Mail-Address', 'EMAIL ADDRESS'])
      expect(kinds(legal, text)).toEqual(['topic_mail'])
    expect(kinds({ denied: [{ name: 'x', phrases: ['credit-card party'] }] }, 'crédit card parties')).toEqual([
      'topic_x',
    ])
  })

  it('are not found by parts of words or of phrases', () => {
    expect(kinds(legal, 'I sue. My landlord is nice. Pursue my landlordship.')).toEqual([])
  })

  it('are found when different phrases count enough together, not the same one twice', () => {
    expect(kinds(legal, 'A lawsuit and another lawsuit, lawsuits everywhere.')).toEqual([])
    expect(kinds(legal, 'The lawsuit needs an attorney.')).toEqual(['topic_legal_advice'])
  })

  it('are found in the window where the last phrase stands, with what was said before', () => {
    const text = `${'Some words about it. '.repeat(26)}There is a lawsuit. ${'More words follow here. '.repeat(6)}Ask an attorney. ${'And so on. '.repeat(60)}`
    const [finding, ...more] = scan(detectorOf(topics, legal), text)
    expect(more).toEqual([])
    expect(text.slice(finding?.start, finding?.end)).toContain('attorney')
  })

  it('are not found when the phrases stand far apart', () => {
    expect(kinds(legal, `There is a lawsuit. ${'Words follow here. '.repeat(100)}Ask an attorney.`)).toEqual([])
  })

  it('are found in scripts that set no space between words', () => {
    expect(kinds({ denied: [{ name: 'law', phrases: ['起诉房东'] }] }, '我想起诉房东可以吗')).toEqual(['topic_law'])
  })

  it('are found alike on a stream and in a whole text', () => {
    const parts = [
      'lawsuit ',
      'attorney ',
      'sue my ',
      'landlords',
      '. ',
      '\n',
      'e-',
      'mail address',
      '漢',
      '。',
      '😀',
      'word '.repeat(30),
      'x'.repeat(200),
    ]
    expectCutsDoNotMatter(detectorOf(topics, legal), cutTexts(parts), 200)
  })

  it('are judged at the end of a window, not of the text', () => {
    const scanner = detectorOf(topics, legal).open('output')
    const findings: { kind: string }[] = []
    expect(scanner.push(`Sue my landlord. ${'x'.repeat(582)}`, findings as never)).toBe(0)
    expect(scanner.push('xx', findings as never)).toBe(17)
    expect(findings).toMatchObject([{ kind: 'topic_legal_advice', start: 0, end: 17 }])
  })

  it('are looked for once by each phrase', () => {
    const settings = {
      denied: [
        {
          name: 'x',
          phrases: [
            { text: 'cat', weight: 0.5 },
            { text: 'Cats', weight: 0.5 },
          ],
        },
      ],
    }
    expect(kinds(settings, 'cat')).toEqual([])
    expect(scanPieces(detectorOf(topics, settings), cut('cats cat', [1]))).toEqual([])
  })

  it('need a name and phrases with a word in them', () => {
    expect(mistakeIn(topics, { denied: [] }).message).toContain('1 to 50 topics')
    expect(mistakeIn(topics, { denied: [{ name: 'Legal', phrases: ['x'] }] })).toMatchObject({
      param: 'settings.denied.0.name',
    })
    expect(mistakeIn(topics, { denied: [{ name: 'x', phrases: ['ok', '!?'] }] })).toMatchObject({
      param: 'settings.denied[0].phrases[1]',
    })
    expect(mistakeIn(topics, { denied: [{ name: 'x', phrases: ['ok'], threshold: 0 }] })).toMatchObject({
      param: 'settings.denied.0.threshold',
    })
    const many = Array.from({ length: 11 }, (_, topic) => ({
      name: `t${topic}`,
      phrases: Array.from({ length: 200 }, (_, index) => `phrase ${index}`),
    }))
    expect(mistakeIn(topics, { denied: many }).message).toContain('2000 phrases')
  })
})
