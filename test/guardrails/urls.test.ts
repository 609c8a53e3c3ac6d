import { describe, expect, it } from 'vitest'
import { urls } from '../../src/guardrails/urls.ts'
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

const all = detectorOf(urls, {})
const allowing = detectorOf(urls, { allow_domains: ['good.example', 'bücher.example', 'good.com'] })
const denying = detectorOf(urls, { deny_domains: ['evil.com'] })

describe('addresses in a text', () => {
  it.each([
    ['See https://a.example/b?c=d#e. Next.', 'https://a.example/b?c=d#e'],
    ['(https://a.example/b_(c))', 'https://a.example/b_(c)'],
    ['![i](http://a.example/?q=SECRET) more', 'http://a.example/?q=SECRET'],
    ['[t](//a.com/x)', 'a.com/x'],
    ['<https://a.example>', 'https://a.example'],
    ['{"url":"https://a.example/x"}', 'https://a.example/x'],
    ['go to www.a.com, or', 'www.a.com'],
    ['go to a.com:8080/x!', 'a.com:8080/x'],
    ['请看a.com吧', 'a.com'],
    ['пишите на пример.рф сегодня', 'пример.рф'],
    ['http:a.example', 'http:a.example'],
    ['javascript:alert(1)', 'javascript:alert(1)'],
    ['user@a.com/path', 'a.com/path'],
  ])('are found: %s', (text, address) => {
    expect(foundTexts(all, text)).toEqual([address])
  })

  it.each([
    'README.md main.py node.js lib.rs v1.2.3 3.14',
    'e.g. this, i.e. that. Acme Inc. The end.It was late.',
    'mail me@a.com please',
    'a: b, 12:30, key:value, std::vector',
    '...',
  ])('are not seen in %j', (text) => {
    expect(foundTexts(all, text)).toEqual([])
  })
})

describe('a list of allowed domains', () => {
  it.each([
    'https://good.com',
    'https://sub.good.com/x',
    'HTTPS://GOOD.COM./',
    'good.com',
    'https://good.com:443/?u=x',
    'https://xn--bcher-kva.example/',
    'https://BÜCHER.example',
    'https://good%2Ecom/',
    'ｇｏｏｄ.com/x',
  ])('lets %s pass', (text) => {
    expect(foundTexts(allowing, text)).toEqual([])
  })

  it.each([
    'https://evil.com',
    'https://good.com.evil.com',
    'https://good.com@evil.com',
    'https://evil.com@good.com',
    'https://notgood.com',
    'https://good.com\\@evil.com',
    'http:/\\evil.com',
    'https://evil&#46;com/',
    'https://good.com&#64;evil.com/',
    'https://good.co',
    'https://gооd.com',
    'ftp://good.com/x',
    'http://127.0.0.1/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://[::1]:80/',
    'http://exa_mple',
    'http://good.com:99999/',
  ])('has %s found', (text) => {
    expect(foundTexts(allowing, text)).toEqual([text])
  })
})

describe('a list of denied domains', () => {
  it.each([
    'https://evil.com/x',
    'evil.com',
    'https://a.b.evil.com',
    'https://EVIL.com.',
    'https://%65vil.com',
    'https://evil。com/',
    'ＥＶＩＬ.com/x',
    'https://evil\\.com',
    'https://ok.example@evil.com',
  ])('has %s found', (text) => {
    expect(foundTexts(denying, `so ${text} it`)[0]?.slice(0, 8)).toBe(text.slice(0, 8))
  })

  it('lets others pass, and may be empty to ask only for the rest of the settings', () => {
    expect(foundTexts(denying, 'https://fine.example/ notevil.com evil.com.au')).toEqual([])
    const rest = detectorOf(urls, { deny_domains: [], schemes: ['https'] })
    expect(
      foundTexts(rest, 'https://fine.example http://fine.example https://a:b@fine.example https://10.0.0.1'),
    ).toEqual(['http://fine.example', 'https://a:b@fine.example', 'https://10.0.0.1'])
  })

  it('comes before the allowed ones', () => {
    const both = detectorOf(urls, { allow_domains: ['good.com'], deny_domains: ['bad.good.com'] })
    expect(foundTexts(both, 'https://good.com https://bad.good.com https://x.bad.good.com')).toHaveLength(2)
  })
})

describe('addresses on a stream', () => {
  const parts = [
    'http',
    '://',
    'evil',
    '.',
    'com',
    'good.com',
    '/',
    '?q=',
    '@',
    ' ',
    '\n',
    '(',
    ')',
    '"',
    '。',
    '😀',
    'é',
    '&#46;',
    ':',
    'x'.repeat(700),
  ]

  it.each([
    ['all', all],
    ['allowed', allowing],
    ['denied', denying],
  ])('are found as in a whole text: %s', (_, detector) => {
    expectCutsDoNotMatter(detector, cutTexts(parts))
  })

  it('are found to their end, however long they are, and wherever they stand in a text without white space', () => {
    const exfiltration = `https://evil.com/?q=${'A'.repeat(9_000)}`
    for (const before of ['', '(', '-'.repeat(1_530), '-'.repeat(1_540), '-'.repeat(2_040), '-'.repeat(5_000)]) {
      const text = `${before}${exfiltration} and on`
      const whole = scan(denying, text)
      expect(whole[0]?.start).toBe(before.length)
      expect(whole.at(-1)?.end).toBe(before.length + exfiltration.length)
      for (const [index, finding] of whole.entries()) if (index > 0) expect(finding.start).toBe(whole[index - 1]?.end)
      expect(scanPieces(denying, cut(text, [7, 300, 1]))).toEqual(whole)
    }
  })

  it('hold back one word', () => {
    const scanner = denying.open('output')
    expect(scanner.push('A few words, then htt', [])).toBe(18)
    expect(scanner.push('p ', [])).toBe(23)
  })
})

describe('settings of domains', () => {
  it('want a domain and nothing else', () => {
    for (const domain of ['https://a.example', 'a.example/x', 'a.example:80', 'u@a.example', 'a b', '*.'])
      expect(mistakeIn(urls, { allow_domains: ['ok.example', domain] })).toMatchObject({
        param: 'settings.allow_domains[1]',
      })
    expect(foundTexts(detectorOf(urls, { allow_domains: ['*.a.example'] }), 'https://b.a.example')).toEqual([])
  })

  it('want schemes as they are compared', () => {
    expect(mistakeIn(urls, { schemes: ['HTTPS:'] }).message).toContain('such as `https`')
    expect(mistakeIn(urls, { allow: [] }).message).toContain('allow')
  })
})
