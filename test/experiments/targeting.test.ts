import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { targetingSchema } from '../../src/contract/targeting.ts'
import { compileTargeting } from '../../src/experiments/targeting.ts'

const said: Readonly<Record<string, string>> = {
  locale: 'de-AT',
  app_name: 'shop',
  'metadata.plan': 'Pro',
  'metadata.age': '42',
  'metadata.version': '2.10',
  'metadata.empty': '',
  'header.x-beta': 'on',
}

function holds(targeting: unknown): boolean {
  return compileTargeting(targetingSchema.parse(targeting))((name) => said[name])
}

describe('targeting', () => {
  test.each<[object, boolean]>([
    [{ attribute: 'app_name', equals: 'shop' }, true],
    [{ attribute: 'app_name', equals: 'Shop' }, false],
    [{ attribute: 'app_name', not_equals: 'shop' }, false],
    [{ attribute: 'app_name', in: ['web', 'shop'] }, true],
    [{ attribute: 'app_name', not_in: ['web', 'shop'] }, false],
    [{ attribute: 'metadata.plan', starts_with: 'Pr' }, true],
    [{ attribute: 'metadata.plan', ends_with: 'ro' }, true],
    [{ attribute: 'metadata.plan', contains: 'r' }, true],
    [{ attribute: 'metadata.plan', contains: 'x' }, false],
    [{ attribute: 'metadata.plan', starts_with: 'P', ends_with: 'x' }, false],
    [{ attribute: 'metadata.empty', exists: true }, true],
    [{ attribute: 'header.x-beta', exists: false }, false],
    // Numbers are compared as numbers, and what is none is neither above nor below.
    [{ attribute: 'metadata.age', above: 9 }, true],
    [{ attribute: 'metadata.age', above: 42 }, false],
    [{ attribute: 'metadata.age', at_least: 42, at_most: 42 }, true],
    [{ attribute: 'metadata.age', below: 100 }, true],
    [{ attribute: 'metadata.version', above: 2.09 }, true],
    [{ attribute: 'metadata.plan', above: -1 }, false],
    [{ attribute: 'metadata.plan', below: 1 }, false],
    [{ attribute: 'metadata.empty', at_most: 0 }, false],
    // Languages have no case.
    [{ attribute: 'language', equals: 'de' }, true],
    [{ attribute: 'language', in: ['EN', 'DE'] }, true],
    [{ attribute: 'locale', equals: 'de-at' }, true],
    [{ attribute: 'locale', starts_with: 'DE-' }, true],
    [{ attribute: 'locale', equals: 'de' }, false],
    // Together.
    [
      {
        all: [
          { attribute: 'language', equals: 'de' },
          { attribute: 'app_name', equals: 'shop' },
        ],
      },
      true,
    ],
    [
      {
        all: [
          { attribute: 'language', equals: 'de' },
          { attribute: 'app_name', equals: 'web' },
        ],
      },
      false,
    ],
    [
      {
        any: [
          { attribute: 'language', equals: 'fr' },
          { attribute: 'app_name', equals: 'shop' },
        ],
      },
      true,
    ],
    [
      {
        any: [
          { attribute: 'language', equals: 'fr' },
          { attribute: 'app_name', equals: 'web' },
        ],
      },
      false,
    ],
    [{ not: { attribute: 'language', equals: 'fr' } }, true],
    [{ not: { any: [{ not: { attribute: 'app_name', equals: 'shop' } }] } }, true],
  ])('%j: %j', (targeting, expected) => {
    expect(holds(targeting)).toBe(expected)
  })

  test.each<[object, boolean]>([
    [{ equals: '' }, false],
    [{ not_equals: 'x' }, true],
    [{ in: [''] }, false],
    [{ not_in: ['x'] }, true],
    [{ starts_with: '' }, false],
    [{ ends_with: '' }, false],
    [{ contains: '' }, false],
    [{ exists: true }, false],
    [{ exists: false }, true],
    [{ above: -1 }, false],
    [{ at_least: 0 }, false],
    [{ below: 1 }, false],
    [{ at_most: 0 }, false],
    [{ not_equals: 'x', exists: true }, false],
  ])('what a request does not say: %j: %j', (comparison, expected) => {
    expect(holds({ attribute: 'metadata.nothing', ...comparison })).toBe(expected)
    expect(compileTargeting({ attribute: 'language', ...comparison })(() => undefined)).toBe(expected)
  })

  test('is bounded in depth and in conditions, whatever it is nested in, and says so', () => {
    const condition = { attribute: 'language', equals: 'de' }
    const nested = (group: (inside: object) => object, times: number) => {
      let targeting: object = condition
      for (let time = 0; time < times; time += 1) targeting = group(targeting)
      return targeting
    }
    const groups = [
      (inside: object) => ({ not: inside }),
      (inside: object) => ({ all: [condition, inside] }),
      (inside: object) => ({ any: [inside] }),
    ]
    for (const group of groups) {
      expect(targetingSchema.safeParse(nested(group, 5)).success).toBe(true)
      for (const times of [6, 60, 20_000]) {
        const { error } = targetingSchema.safeParse(nested(group, times))
        expect(error?.issues).toMatchObject([{ path: [], message: expect.stringMatching(/deeper than 6; put/) }])
      }
    }
    const many = (count: number) => Array.from({ length: count }, () => ({ ...condition }))
    const wide = (groups: number) => ({
      any: Array.from({ length: groups }, () => ({ all: many(50) })),
    })
    expect(targetingSchema.safeParse(wide(2)).success).toBe(true)
    expect(targetingSchema.safeParse(wide(3)).error?.issues[0]?.message).toContain('at most 100 conditions')
    expect(targetingSchema.safeParse({ all: many(51) }).error?.issues).toHaveLength(1)
    expect(targetingSchema.safeParse({ all: many(1_000_000) }).success).toBe(false)
  })

  test('a condition and its opposite never both hold of what is said', () => {
    const texts = fc.string({ maxLength: 3 })
    fc.assert(
      fc.property(texts, texts, (value, wanted) => {
        const rule = (comparison: object) => compileTargeting({ attribute: 'metadata.a', ...comparison })(() => value)
        expect(rule({ equals: wanted })).toBe(!rule({ not_equals: wanted }))
        expect(rule({ in: [wanted] })).toBe(!rule({ not_in: [wanted] }))
        expect(rule({ starts_with: wanted })).toBe(value.startsWith(wanted))
      }),
    )
  })
})
