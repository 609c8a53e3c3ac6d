import { describe, expect, test } from 'vitest'
import { addressKind, readBaseUrl } from '../../src/core/address.ts'

describe('kinds of addresses', () => {
  test.each([
    '169.254.169.254',
    '::ffff:169.254.169.254',
    '[::ffff:a9fe:a9fe]',
    '64:ff9b::a9fe:a9fe',
    'fe80::1',
    '[::a9fe:a9fe]',
    '::169.254.169.254',
    '::ffff:0:169.254.169.254',
    '[2002:a9fe:a9fe::1]',
    '2001:0:4136:e378:8000:63bf:5601:5601',
    'fd00:ec2::254',
    '100.100.100.200',
    'metadata.google.internal',
    'METADATA.google.internal.',
  ])('%s is a metadata address', (host) => {
    expect(addressKind(host)).toBe('metadata')
  })

  test.each([
    '127.0.0.1',
    '0.0.0.0',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '10.1.2.3',
    '172.31.0.1',
    '192.168.1.1',
    'fd12::1',
    '[64:ff9b::a00:1]',
    '64:ff9b:1::1',
    '2002:7f00:1::',
    '::127.0.0.1',
    'fec0::1',
    'localhost',
    'database',
    'printer.local',
  ])('%s is private', (host) => {
    expect(addressKind(host)).toBe('private')
  })

  test.each(['8.8.8.8', '172.32.0.1', '2606:4700::1', '64:ff9b::808:808', '2002:808:808::1', 'api.openai.com'])(
    '%s is public',
    (host) => {
      expect(addressKind(host)).toBe('public')
    },
  )
})

describe('base URLs', () => {
  test('come back without trailing slash', () => {
    expect(readBaseUrl('https://api.example.com/v1//', { allowPrivate: false })).toEqual({
      url: 'https://api.example.com/v1',
    })
    expect(readBaseUrl('http://127.0.0.1:1234', { allowPrivate: true })).toEqual({ url: 'http://127.0.0.1:1234' })
  })

  test.each([
    ['api.example.com', /whole URL/],
    ['ftp://api.example.com', /https:\/\/ or http:\/\//],
    ['https://name:word@api.example.com/v1', /user name or password/],
    ['https://api.example.com/v1?x=1', /take away what follows/],
    ['http://127.0.0.1/v1', /PROMPTBOX_ALLOW_PRIVATE_URLS/],
  ])('%s is refused with its rule', (text, rule) => {
    expect(readBaseUrl(text, { allowPrivate: false })).toEqual({ problem: expect.stringMatching(rule) })
  })

  test.each([
    'http://169.254.169.254/latest',
    'http://2852039166/',
    'http://0xa9fea9fe/',
    'http://[::ffff:169.254.169.254]/',
  ])('%s is refused also where private addresses are allowed', (text) => {
    expect(readBaseUrl(text, { allowPrivate: true })).toEqual({ problem: expect.stringMatching(/never called/) })
  })
})
