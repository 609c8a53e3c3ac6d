import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  compareSemver,
  isLabel,
  isAlias,
  isPromptId,
  isSemver,
  labelSchema,
  parseSemver,
  slugSchema,
} from '../../src/contract/names.ts'

describe('prompt ids', () => {
  it.each(['a', '0', 'support-reply', 'a.b_c-d', 'pmpt_689', 'x'.repeat(128)])('takes %s', (id) => {
    expect(isPromptId(id)).toBe(true)
  })

  it.each(['', '-a', '.a', '_a', 'A', 'a b', 'a/b', 'a@1', 'ä', 'a\n', 'x'.repeat(129)])('refuses %j', (id) => {
    expect(isPromptId(id)).toBe(false)
  })

  it('lets an alias keep the capitals it had elsewhere', () => {
    expect(isAlias('Support.Reply')).toBe(true)
    expect(isAlias('a b')).toBe(false)
  })

  it('says the rule and gives an example', () => {
    const message = slugSchema.safeParse('Not OK').error?.issues[0]?.message
    expect(message).toMatch(/lower-case letters.*such as/)
    expect(slugSchema.safeParse(5).error?.issues[0]?.message).toBe(message)
  })
})

describe('labels', () => {
  it.each(['production', 'a', 'v', 'vip', 'v3-hotfix', 'latest-good', 'x'.repeat(64)])('takes %s', (label) => {
    expect(isLabel(label)).toBe(true)
    expect(labelSchema.safeParse(label).success).toBe(true)
  })

  it.each(['', '3', '007', 'v3', 'v0', 'latest', '-a', 'Production', 'a.b', '1.2.0', 'x'.repeat(65), 'v3\n'])(
    'refuses %j',
    (label) => {
      expect(isLabel(label)).toBe(false)
      expect(labelSchema.safeParse(label).error?.issues[0]?.message).toMatch(/neither `latest` nor `v` with a number/)
    },
  )

  it('is never also a semantic version', () => {
    fc.assert(fc.property(fc.string({ maxLength: 12 }), (text) => !(isLabel(text) && isSemver(text))))
  })
})

describe('semantic versions', () => {
  it.each(['1.2.0', '0.0.0', '1.0.0-alpha.1', '1.0.0+build.5', '1.0.0-0a'])('takes %s', (text) => {
    expect(parseSemver(text)).not.toBeNull()
  })

  it.each([
    '1',
    '1.2',
    '01.2.3',
    '1.2.3.4',
    'v1.2.3',
    '1.2.3-',
    '1.2.3-01',
    '1.2.3+',
    ' 1.2.3',
    `1.2.3-${'a'.repeat(200)}`,
  ])('refuses %j', (text) => {
    expect(parseSemver(text)).toBeNull()
  })

  it('orders as semver.org says', () => {
    const ordered = [
      '0.9.9',
      '1.0.0-alpha',
      '1.0.0-alpha.1',
      '1.0.0-alpha.beta',
      '1.0.0-beta',
      '1.0.0-beta.2',
      '1.0.0-beta.11',
      '1.0.0-rc.1',
      '1.0.0',
      '1.2.0',
      '1.10.0',
      '2.0.0',
    ]
    const order = (left: string, right: string): number => {
      const [a, b] = [parseSemver(left), parseSemver(right)]
      if (a === null || b === null) throw new Error('unparsable')
      return Math.sign(compareSemver(a, b))
    }
    for (const [i, left] of ordered.entries()) {
      for (const [j, right] of ordered.entries()) expect(order(left, right), `${left} ${right}`).toBe(Math.sign(i - j))
    }
    expect(order('1.0.0+a', '1.0.0+b')).toBe(0)
  })

  it('orders all there are: one way only, and through any third', () => {
    const identifier = fc.oneof(fc.nat(20).map(String), fc.stringMatching(/^[a-zA-Z-][0-9a-zA-Z-]{0,3}$/))
    const semver = fc
      .tuple(fc.nat(3), fc.nat(3), fc.nat(3), fc.array(identifier, { maxLength: 3 }))
      .map(([major, minor, patch, tail]) => {
        const text = `${major}.${minor}.${patch}${tail.length === 0 ? '' : `-${tail.join('.')}`}`
        const parsed = parseSemver(text)
        if (parsed === null) throw new Error(`${text} was not read`)
        return { text, parsed }
      })
    fc.assert(
      fc.property(semver, semver, semver, (a, b, c) => {
        const sign = (left: typeof a, right: typeof a): number => Math.sign(compareSemver(left.parsed, right.parsed))
        expect(sign(a, b) + sign(b, a)).toBe(0)
        expect(sign(a, b) === 0).toBe(a.text === b.text)
        if (sign(a, b) <= 0 && sign(b, c) <= 0) expect(sign(a, c)).toBeLessThanOrEqual(0)
        const release = { text: '', parsed: { ...a.parsed, prerelease: [] } }
        expect(sign(a, release)).toBe(a.parsed.prerelease.length === 0 ? 0 : -1)
      }),
      { numRuns: 500 },
    )
  })
})
