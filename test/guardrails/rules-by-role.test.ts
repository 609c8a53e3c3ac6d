import { describe, expect, it } from 'vitest'
import { roles } from '../../src/guardrails/guardrail.ts'
import type { Rule } from '../../src/guardrails/rule.ts'
import { type Speaker, parted, rulesOfRole } from '../../src/guardrails/rules-by-role.ts'
import { remoteRule, ruleNamed } from './rules.ts'

const names = (rules: readonly Rule[]): readonly string[] => rules.map(({ slug }) => slug)

describe('who reads whose words', () => {
  const rules = [
    ruleNamed('users', { roles: new Set(['user']) }),
    remoteRule('authors', { roles: new Set(['system']) }),
    remoteRule('both', { roles: new Set(['user', 'system']) }),
    ruleNamed('models', { roles: new Set(['assistant']) }),
  ]

  it.each<readonly [Speaker, readonly string[]]>([
    ['user', ['users', 'both']],
    ['system', ['authors', 'both']],
    ['assistant', ['models']],
    ['tool', []],
    // The others read the message that it stands in.
    ['variable', ['users']],
    ['anybody', ['users', 'authors', 'both', 'models']],
  ])('%s', (speaker, expected) => {
    expect(names(rulesOfRole(rules, speaker).all)).toEqual(expected)
  })

  it('those that ask somebody outside are told apart', () => {
    expect(names(rulesOfRole(rules, 'anybody').remote)).toEqual(['authors', 'both'])
    expect(names(rulesOfRole(rules, 'system').remote)).toEqual(['authors', 'both'])
    expect(rulesOfRole(rules, 'assistant').remote).toEqual([])
  })

  it('is known by one name for the same rules with the same settings, whoever speaks', () => {
    const one = ruleNamed('one', { roles: new Set(roles) })
    const other = ruleNamed('other', { roles: new Set(['user']) })
    const list = [one, other]
    expect(rulesOfRole(list, 'system').fingerprint).toBe(rulesOfRole([one], 'user').fingerprint)
    expect(rulesOfRole(list, 'user').fingerprint).not.toBe(rulesOfRole(list, 'system').fingerprint)
    const changed = { ...one, fingerprint: 'changed' }
    expect(rulesOfRole([changed], 'user').fingerprint).not.toBe(rulesOfRole([one], 'user').fingerprint)
  })

  it('is worked out once for each list', () => {
    expect(rulesOfRole(rules, 'user')).toBe(rulesOfRole(rules, 'user'))
    expect(rulesOfRole([...rules], 'user')).not.toBe(rulesOfRole(rules, 'user'))
  })
})

describe('which of them text waits for', () => {
  const cases: readonly (readonly [string, Partial<Rule>, boolean])[] = [
    ['one that blocks', { action: 'block' }, true],
    ['one that redacts, and fails open', { action: 'redact', onError: 'open' }, true],
    ['one that flags', { action: 'flag', onError: 'open' }, false],
    ['one that flags, and must not fail', { action: 'flag', onError: 'closed' }, true],
    ['one in shadow mode', { action: 'block', mode: 'shadow', onError: 'closed' }, false],
  ]

  it.each(cases)('%s', (_, changes, waits) => {
    const rule = ruleNamed('r', changes)
    expect(parted([rule])).toEqual(waits ? { acting: [rule], listening: [] } : { acting: [], listening: [rule] })
  })

  it('all of them, each in one of the two, in their order', () => {
    const rules = cases.map(([slug, changes]) => ruleNamed(slug, changes))
    const { acting, listening } = parted(rules)
    expect([...acting, ...listening].toSorted((left, right) => rules.indexOf(left) - rules.indexOf(right))).toEqual(
      rules,
    )
    expect(names(acting)).toEqual(cases.filter(([, , waits]) => waits).map(([slug]) => slug))
    expect(parted(rules)).toBe(parted(rules))
  })
})
