import { describe, expect, it } from 'vitest'
import { language } from '../../src/guardrails/language.ts'
import { detectLanguage, knownLanguages } from '../../src/guardrails/language/detect-language.ts'
import { samples } from './language-samples.ts'
import { cutTexts, detectorOf, expectCutsDoNotMatter, mistakeIn, scan } from './scanning.ts'

describe('the language of a text', () => {
  it.each(samples)('is told for %s', (code, texts) => {
    expect(texts.map((text) => detectLanguage(text)?.code)).toEqual([code, code])
  })

  it('is known to settings', () => {
    expect(knownLanguages).toEqual(expect.arrayContaining(samples.map(([code]) => code)))
  })

  it.each([
    '',
    'ok',
    'Hello!',
    '12 345 678 901 234 567 890 123',
    'const total = items.map((item) => item.price)',
    '{"id": 3, "name": "foo", "tags": ["bar"]}',
  ])('is not told for %j', (text) => {
    expect(detectLanguage(text)).toBeNull()
  })

  it('is told by its beginning, and costs no more for a long text', () => {
    const [[, [english]], [, [german]]] = [samples[0], samples[1]] as [(typeof samples)[0], (typeof samples)[0]]
    expect(detectLanguage(english.repeat(60) + german.repeat(500))?.code).toBe('en')
  })
})

describe('a guardrail for languages', () => {
  const german = 'Das ist ein Satz, der nicht in der Sprache ist, die hier erwartet wird.'
  const english = 'This is a sentence in the language that is expected here.'

  it('finds what is not allowed', () => {
    const detector = detectorOf(language, { allowed: ['en', 'fr'] })
    expect(scan(detector, english)).toEqual([])
    expect(scan(detector, german)).toMatchObject([{ kind: 'language_de', start: 0, end: german.length }])
  })

  it('finds what is denied', () => {
    const detector = detectorOf(language, { denied: ['de'] })
    expect(scan(detector, english)).toEqual([])
    expect(scan(detector, german)).toMatchObject([{ kind: 'language_de' }])
  })

  it('finds nothing where the language cannot be told', () => {
    expect(scan(detectorOf(language, { allowed: ['fr'] }), 'Hello!')).toEqual([])
  })

  it('reads a stream as it reads a whole text', () => {
    const words = ['der ', 'die ', 'the ', 'und ', 'and ', 'ist ', 'is ', 'é', '漢', '😀', 'и ', 'не ']
    expectCutsDoNotMatter(detectorOf(language, { denied: ['de', 'en', 'zh', 'ru'] }), cutTexts(words), 200)
  })

  it('needs a list of languages that it knows', () => {
    expect(mistakeIn(language, {}).message).toContain('`allowed` or `denied`')
    expect(mistakeIn(language, { allowed: ['en'], denied: ['de'] }).message).toContain('`allowed` or `denied`')
    expect(mistakeIn(language, { allowed: ['english'] })).toMatchObject({ param: 'settings.allowed.0' })
    expect(mistakeIn(language, { denied: [] }).message).toContain('at least one language')
  })
})
