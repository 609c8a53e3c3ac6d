import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chooseLocale, languagesOf, wantedLanguages } from '../../src/prompts/locale.ts'

const languages = (tags: readonly string[], locale?: string) =>
  languagesOf({
    messages: [],
    model: 'm',
    ...(locale === undefined ? {} : { locale }),
    locales: Object.fromEntries(tags.map((tag) => [tag, { examples: [] }])),
  }) ?? new Map<string, string | null>()

describe('the languages a request wants', () => {
  it.each<[string, string | null, string | undefined, readonly string[]]>([
    ['none', null, undefined, []],
    ['the one it names', 'fr', undefined, ['fr']],
    ['the one it names, then those of the header', 'de-AT', 'fr, en;q=0.5', ['de-at', 'fr', 'en']],
    ['by quality', null, 'en;q=0.3, fr;q=0.9, pt-BR', ['pt-br', 'fr', 'en']],
    ['in their order when they are wanted alike', null, 'en;q=0.8,fr;q=0.8', ['en', 'fr']],
    ['not those of quality 0', null, 'fr;q=0, de;q=0.0, en', ['en']],
    ['not those whose quality is none', null, 'fr;q=2, de;q=-1, es;q=x, en;Q=0.5', ['en']],
    ['any', null, '*', ['*']],
    ['any, and rather French', null, '*;q=0.5, fr', ['fr', '*']],
    ['with the underscore of other systems', 'pt_BR', undefined, ['pt-br']],
    ['no rubbish', '; DROP', 'f r, , é, "x", en-', []],
  ])('%s', (_, named, header, wanted) => {
    expect(wantedLanguages(named, header)).toEqual(wanted)
  })

  it('are bounded, whatever is sent', () => {
    fc.assert(
      fc.property(fc.option(fc.string()), fc.string({ maxLength: 2000 }), (named, header) => {
        const wanted = wantedLanguages(named, `${header},${'x,'.repeat(1000)}`)
        expect(wanted.length).toBeLessThanOrEqual(33)
        for (const tag of wanted) expect(tag).toMatch(/^(?:\*|[a-z0-9-]{1,64})$/)
      }),
    )
  })
})

describe('the language that answers', () => {
  it.each<[string, readonly string[], string | undefined, string | null, string | undefined, string | null]>([
    ['the very tag', ['pt', 'pt-BR'], 'en', 'pt-BR', undefined, 'pt-BR'],
    ['whatever the case', ['pt-BR'], 'en', 'PT-br', undefined, 'pt-BR'],
    ['a shorter tag', ['pt', 'fr'], 'en', 'pt-BR', undefined, 'pt'],
    ['a shorter tag, by more than one part', ['zh'], 'en', 'zh-Hant-TW', undefined, 'zh'],
    ['a shorter tag without the single letter', ['de'], 'en', 'de-u-co', undefined, 'de'],
    ['never a longer tag', ['pt-BR'], 'en', 'pt', undefined, null],
    ['the next that is wanted', ['fr'], 'en', null, 'nl, fr;q=0.5', 'fr'],
    ['the header’s where the named one is not there', ['fr'], 'en', 'nl', 'fr', 'fr'],
    ['the named one before the header’s', ['fr', 'de'], 'en', 'de', 'fr', 'de'],
    ['the version’s own, which is wanted more', ['fr'], 'en', null, 'en-GB, fr;q=0.5', null],
    ['the version’s own, for any', ['fr'], 'en', null, '*, fr;q=0.5', null],
    ['the version’s own, when nothing fits', ['fr'], 'en', 'ja', 'ko', null],
    ['the version’s own, when nothing is wanted', ['fr'], undefined, null, undefined, null],
    ['another, when the version does not say which its own is', ['fr'], undefined, null, 'en, fr;q=0.1', 'fr'],
  ])('%s', (_, tags, own, named, header, expected) => {
    expect(chooseLocale(wantedLanguages(named, header), languages(tags, own))).toBe(expected)
  })

  it('is always one of the version, and its own tags lead to themselves', () => {
    const tag = fc.stringMatching(/^[a-z]{2,3}(-[A-Z]{2})?$/)
    fc.assert(
      fc.property(fc.uniqueArray(tag, { minLength: 1, selector: (each) => each.toLowerCase() }), tag, (tags, named) => {
        const chosen = chooseLocale(wantedLanguages(named, undefined), languages(tags))
        expect(chosen === null || tags.includes(chosen)).toBe(true)
        for (const each of tags) expect(chooseLocale(wantedLanguages(each, undefined), languages(tags))).toBe(each)
      }),
    )
  })

  it('is no question for a version without others', () => {
    expect(languagesOf({ messages: [], model: 'm', locale: 'en' })).toBeNull()
    expect(languagesOf({ messages: [], model: 'm', locales: {} })).toBeNull()
  })
})
