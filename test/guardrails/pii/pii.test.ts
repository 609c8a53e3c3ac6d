import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pii, piiKinds } from '../../../src/guardrails/pii/pii.ts'
import { findPii, namePii } from './find-pii.ts'

describe('personal data', () => {
  it.each([
    ['email', 'ann.lee+shop@mail.example.org'],
    ['email', 'jörg@bücher.de'],
    ['payment_card', '4111 1111 1111 1111'],
    ['payment_card', '5555-5555-5555-4444'],
    ['payment_card', '378282246310005'],
    ['payment_card', '3782 822463 10005'],
    ['payment_card', '6011000990139424'],
    ['iban', 'DE89 3704 0044 0532 0130 00'],
    ['iban', 'de89370400440532013000'],
    ['iban', 'MT84 MALT 0110 0001 2345 MTLC AST0 01S'],
    ['iban', 'NO93 8601 1117 947'],
    ['ip_address', '192.168.14.7'],
    ['ip_address', '2001:db8:85a3::8a2e:370:7334'],
    ['ip_address', 'fe80::1ff:fe23:4567:890a'],
    ['mac_address', '00:1B:44:11:3A:B7'],
    ['mac_address', '00-1b-44-11-3a-b7'],
    ['mac_address', '001b.4411.3ab7'],
    ['crypto_address', '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa'],
    ['crypto_address', '3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy'],
    ['crypto_address', 'bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq'],
    ['crypto_address', 'bc1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcr'],
    ['crypto_address', '0x52908400098527886E0F7030069857D2E4169EE7'],
  ])('of the kind %s is found: %s', (kind, value) => {
    expect(namePii(`Take ${value}, please.`)).toEqual([`${kind}: ${value}`])
    expect(namePii(`{"a":"${value}"}`)).toEqual([`${kind}: ${value}`])
  })

  it.each([
    '+49 151 23456789',
    '+44 (0)20 7946 0958',
    '+1-212-555-0142',
    '+33 6 12 34 56 78',
    '(212) 555-0142',
    '212-555-0142',
    '212.555.0142',
    '06 12 34 56 78',
    '0151/23456789',
    '07700 900123',
    '0049 151 23456789',
    '09-7654321',
    '098765 43210',
    '001-212-555-0142',
    '+49\u2011151\u201123456789',
  ])('phone number without a word: %s', (value) => {
    expect(namePii(`take ${value} then`)).toEqual([`phone: ${value}`])
  })

  it.each([
    ['My phone is', '2125550142'],
    ['Telefon:', '23 45 67 89'],
    ['Fax\n', '434 14 557'],
    ['Please call', '9469 9966'],
    ['contact no.', '9876543210'],
    ['reach me at', '9876543210'],
    ['我的电话是', '13912345678'],
  ])('phone number behind a word: %s %s', (before, value) => {
    expect(namePii(`${before} ${value} .`)).toEqual([`phone: ${value}`])
    expect(namePii(`boxes ${value} .`)).toEqual([])
  })

  it('knows phone numbers of a region that was named', () => {
    expect(namePii('numéro 612 34 56 78 là')).toEqual([])
    expect(namePii('numéro 612 34 56 78 là', { default_region: 'ES' })).toEqual(['phone: 612 34 56 78'])
  })

  it.each([
    'from 2021-10-19 to 19.10.2021 and 10/19/2021 at 10:15:30',
    'weights = [0.590285, 0.870490, 12.345678]',
    'v1.25.28.4 and version 10.0.2.1, release 4.7.6',
    'the timestamp 1586092969 or 1750651318286 ms',
    'Order no. 7732306785, invoice 20240117-0042',
    'git checkout 98d2ef29b98df66edc385599adcb2ab5bc7a726a',
    'id 78b379fd-7cc7-4250-a728-8c93208b724b',
    'ISBN 978-3-16-148410-0',
    'What is 217 - 18 - 8476 + 871095049?',
    'It sold 1 234 567 890 times, 12.345.678 in 2020',
    'Part HAG-47-7797 replaces EAD-28-7672',
    'std::vector a::b ::1 127.0.0.1 0.0.0.0 256.1.1.1 1.2.3',
    'logo@2x.png @app.route ping @ann git@github.com:a/b.git x@y',
    '4111 1111 1111 1112 and 4111111111111112',
    'DE88 3704 0044 0532 0130 00 or XX89 3704 0044 0532 0130 00',
    '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb 0x52908400098527886E0F',
    'color:#159988; margin:83px 2px; z-index:91143; 50% of 5551234567%',
    'tracking number 4242424242424242',
    'Phone support from 2021-10-19 for 1200000 mobile users',
    'see RFC 2616, section 8.1.2.2',
    'call 2010-2020 the decade of text 123 456',
  ])('is not there: %s', (text) => {
    expect(namePii(text)).toEqual([])
  })

  it('stands one behind the other', () => {
    expect(
      namePii('Ann, ann@b.org; 4111 1111 1111 1111 12/28, SSN 536-22-1234 phone 212-555-0142 +49 151 23456789'),
    ).toEqual([
      'email: ann@b.org',
      'payment_card: 4111 1111 1111 1111',
      'us_ssn: 536-22-1234',
      'phone: 212-555-0142',
      'phone: +49 151 23456789',
    ])
  })

  it('stands in any way of writing behind another one', () => {
    expect(namePii('4242424242424242 4242-4242-4242-4242 4242 4242 4242 4242')).toHaveLength(3)
  })

  it('is one finding where kinds overlap', () => {
    expect(namePii('phone 943 476 5919')).toEqual(['phone: 943 476 5919'])
    expect(namePii('NHS 943 476 5919')).toEqual(['gb_nhs_number: 943 476 5919'])
  })
})

describe('the settings', () => {
  it('limit the kinds', () => {
    const text = 'ann@b.org 4111 1111 1111 1111'
    expect(namePii(text, { kinds: ['email'] })).toEqual(['email: ann@b.org'])
    expect(pii.settings.safeParse({ kinds: ['name'] }).success).toBe(false)
    expect(pii.settings.safeParse({ kinds: [] }).success).toBe(false)
  })

  it('except values', () => {
    expect(namePii('Help@b.org and ann@b.org', { allow: ['help@b.org'] })).toEqual(['email: ann@b.org'])
  })

  it('are strict, and have defaults', () => {
    expect(pii.settings.safeParse({ regions: [] }).success).toBe(false)
    expect(pii.settings.safeParse({ default_region: 'XX' }).success).toBe(false)
    expect(pii.settings.parse({})).toEqual({ restore: true, allow: [] })
  })

  it('name national ids of at least ten countries', () => {
    const countries = piiKinds.filter((kind) => /^[a-z]{2}_/.test(kind)).map((kind) => kind.slice(0, 2))
    expect(new Set(countries).size).toBeGreaterThan(40)
  })
})

describe('a text that comes in pieces', () => {
  const values = [
    '+49 151 23456789',
    '4111 1111 1111 1111',
    'DE89 3704 0044 0532 0130 00',
    'ann@b.org',
    '192.168.14.7',
    'fe80::12:3',
    'AB 12 34 56 C',
    '536-22-1234',
    '(212) 555-0142',
    '2341 2341 2346',
  ]
  const between = [
    ' ',
    ' ',
    ' ',
    '\n',
    ', ',
    ': ',
    '-',
    '.',
    '/',
    '(',
    ')',
    '+',
    '@',
    'x',
    'Ab',
    '😀',
    '电',
    '"',
    '\u00a0',
  ]
  const parts = [...values, ...between, 'phone', 'call ', 'version ', 'SSN', '12', '7.5', '0', '9']
  const texts = fc.array(fc.constantFrom(...parts), { maxLength: 30 }).map((each) => each.join(''))

  it('has the same findings as in one', () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 1, max: 8 }), (text, size) => {
        const pieces = Array.from({ length: Math.ceil(text.length / size) }, (_, index) =>
          text.slice(index * size, (index + 1) * size),
        )
        expect(findPii(pieces)).toEqual(findPii(text))
      }),
      { numRuns: 1000 },
    )
  })

  it('never has findings that overlap or lie outside', () => {
    fc.assert(
      fc.property(texts, (text) => {
        let at = 0
        for (const found of findPii(text)) {
          expect(found.start).toBeGreaterThanOrEqual(at)
          expect(found.end).toBeGreaterThan(found.start)
          expect(found.end).toBeLessThanOrEqual(text.length)
          at = found.end
        }
      }),
    )
  })
})
