import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Fault } from '../../src/core/fault.ts'
import { createSealer, equalSecrets, hashKey, newSecret } from '../../src/core/seal.ts'

const sealer = createSealer('an encryption key for tests')

describe('sealing', () => {
  test('any text comes back as it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (plain) => {
        expect(sealer.open(sealer.seal(plain))).toBe(plain)
      }),
      { numRuns: 50 },
    )
  })

  test('the same text is sealed differently each time and never readable', () => {
    const first = sealer.seal('sk-secret')
    expect(first).toMatch(/^v1:[A-Za-z0-9_-]+$/)
    expect(first).not.toBe(sealer.seal('sk-secret'))
    expect(Buffer.from(first.slice(3), 'base64url').includes('sk-secret')).toBe(false)
  })

  test('any changed byte is noticed', () => {
    const bytes = Buffer.from(sealer.seal('sk-secret').slice(3), 'base64url')
    for (let index = 0; index < bytes.length; index++) {
      const changed = Buffer.from(bytes)
      changed.writeUInt8(changed.readUInt8(index) ^ 1, index)
      expect(() => sealer.open(`v1:${changed.toString('base64url')}`)).toThrow(Fault)
    }
  })

  test('any cut is noticed', () => {
    const sealed = sealer.seal('sk-secret')
    for (let length = 3; length < sealed.length; length += 4)
      expect(() => sealer.open(sealed.slice(0, length))).toThrow(Fault)
  })

  test('another key does not open it, and the message says which variable to look at', () => {
    expect(() => createSealer('another key').open(sealer.seal('sk-secret'))).toThrow(/PROMPTBOX_ENCRYPTION_KEY/)
  })

  test('what is not sealed is refused', () => {
    expect(() => sealer.open('sk-plain')).toThrow(/must start with "v1:"/)
  })
})

describe('keys', () => {
  test('the stored form of a key is the same in every process', () => {
    expect(hashKey('pb-example')).toBe('hkqQRpaWA9J97VG9o_KE7YX4QrVXsBx9GfYL81Ft3SU')
    expect(hashKey('pb-example')).not.toBe(hashKey('pb-exampl3'))
  })

  test('a new secret has its prefix and 256 bits that nobody else has', () => {
    const secrets = new Set(Array.from({ length: 100 }, () => newSecret('pb-')))
    expect(secrets.size).toBe(100)
    for (const secret of secrets) expect(secret).toMatch(/^pb-[A-Za-z0-9_-]{43}$/)
  })

  test('secrets compare by content, whatever their lengths', () => {
    expect(equalSecrets('abc', 'abc')).toBe(true)
    expect(equalSecrets('abc', 'abd')).toBe(false)
    expect(equalSecrets('abc', 'abcd')).toBe(false)
    expect(equalSecrets('', '')).toBe(true)
  })
})
