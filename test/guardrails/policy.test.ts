import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { type VersionGuardrails, guardrailBodySchema } from '../../src/contract/guardrail-body.ts'
import { type ExchangeFacts, Policy, type RuleSet } from '../../src/guardrails/policy.ts'
import type { RemoteServices } from '../../src/guardrails/remote.ts'

type Guardrail = z.input<typeof guardrailBodySchema>

const services: RemoteServices = {
  callWebhook: () => Promise.resolve({ problem: 'nobody is there' }),
  askModel: () => Promise.reject(new Error('nobody is there')),
  moderate: () => Promise.reject(new Error('nobody is there')),
  environment: {},
}
const words: Guardrail = { type: 'keywords', settings: { words: ['swordfish'] } }
const facts: ExchangeFacts = {
  prompt: 'greeting',
  category: 'support',
  keyId: 'key-1',
  keyName: 'shop',
  models: ['acme/small', 'spare/large'],
}

const policyOf = (guardrails: Readonly<Record<string, Guardrail>>): Policy =>
  new Policy(
    Object.entries(guardrails).map(([slug, body]) => ({ slug, body: guardrailBodySchema.parse(body) })),
    services,
  )
const slugs = ({ input }: RuleSet): readonly string[] => input.map(({ slug }) => slug)
const pinning = (...pinned: VersionGuardrails): ExchangeFacts => ({ ...facts, pinned })

describe('the guardrails of a tenant', () => {
  it('look in their order, each at its stages, the disabled ones not at all', () => {
    const { input, output } = policyOf({
      both: words,
      coming: { ...words, stages: ['input'] },
      off: { ...words, enabled: false },
      going: { ...words, stages: ['output'] },
    }).select(facts)
    expect(input.map(({ slug }) => slug)).toEqual(['both', 'coming'])
    expect(output.map(({ slug }) => slug)).toEqual(['both', 'going'])
  })

  it('that cannot be used as they are stored still look, and fail each time', () => {
    const [rule] = policyOf({ odd: { type: 'no-such-type', action: 'block' } }).select(facts).input
    expect(rule).toMatchObject({ slug: 'odd', onError: 'closed', detector: { kind: 'broken' } })
  })

  it('are chosen once for exchanges that have the same ones', () => {
    const policy = policyOf({ words, scoped: { ...words, scope: { prompts: ['greeting'] } } })
    expect(policy.select(facts)).toBe(policy.select({ ...facts, keyId: 'key-2' }))
    expect(policy.select(pinning('words'))).toBe(policy.select(pinning('words')))
    expect(policy.select(pinning('words'))).not.toBe(policy.select(facts))
  })

  it('are known by another name when anything of them changes', () => {
    const print = (guardrail: Guardrail): string => policyOf({ one: guardrail }).select(facts).fingerprint
    const changed: readonly Guardrail[] = [
      { ...words, action: 'block' },
      { ...words, mode: 'shadow' },
      { ...words, settings: { words: ['tuna'] } },
      { ...words, on_error: 'closed' },
      { ...words, stages: ['input'] },
    ]
    expect(print(words)).toBe(print({ ...words }))
    expect(new Set([words, ...changed].map(print)).size).toBe(changed.length + 1)
  })
})

describe('the scope of a guardrail', () => {
  const applies = (scope: Guardrail['scope'], changes: Partial<ExchangeFacts> = {}): boolean =>
    slugs(policyOf({ words: { ...words, scope } }).select({ ...facts, ...changes })).length > 0

  it.each<readonly [string, Guardrail['scope'], Partial<ExchangeFacts>, boolean]>([
    ['no prompt was named', { prompts: ['greeting'] }, { prompt: null }, false],
    ['one of the prompts', { prompts: ['other', 'greeting'] }, {}, true],
    ['the category', { categories: ['support'] }, {}, true],
    ['no category', { categories: ['support'] }, { category: null }, false],
    ['the id of the key', { keys: ['key-1'] }, {}, true],
    ['the name of the key', { keys: ['shop'] }, {}, true],
    ['any model that may be called', { models: ['spare/large'] }, {}, true],
    ['all of a provider', { models: ['spare/*'] }, {}, true],
    ['everything', { models: ['*'] }, {}, true],
    ['a part of a name', { models: ['spare'] }, {}, false],
    ['a star that is not at the end', { models: ['*/large'] }, {}, false],
    ['no model at all', { models: ['*'] }, { models: [] }, false],
    ['all but one of several', { prompts: ['greeting'], keys: ['key-2'] }, {}, false],
  ])('%s', (_, scope, changes, expected) => {
    expect(applies(scope, changes)).toBe(expected)
  })
})

describe('a version that asks for guardrails', () => {
  it('has them whatever their scope says, in the order of the tenant, each once', () => {
    const policy = policyOf({
      first: { ...words, scope: { prompts: ['other'] } },
      second: words,
      third: { ...words, scope: { keys: ['key-2'] } },
    })
    expect(slugs(policy.select(facts))).toEqual(['second'])
    expect(slugs(policy.select(pinning('third', 'first', 'second', 'first')))).toEqual(['first', 'second', 'third'])
  })

  it('is blocked where one does not exist, before all others and at both stages', () => {
    const { input, output } = policyOf({ words }).select(pinning('words', 'gone'))
    for (const [rule] of [input, output]) {
      expect(rule).toMatchObject({ slug: 'gone', action: 'block', onError: 'closed', detector: { kind: 'broken' } })
    }
    expect(input.map(({ slug }) => slug)).toEqual(['gone', 'words'])
  })

  it('has none that an operator has switched off', () => {
    expect(slugs(policyOf({ off: { ...words, enabled: false } }).select(pinning('off')))).toEqual([])
  })

  it('can make a guardrail stricter and never weaker, whatever both say', () => {
    const strength = { flag: 0, redact: 1, block: 2 }
    fc.assert(
      fc.property(
        fc.constantFrom('flag' as const, 'redact' as const, 'block' as const),
        fc.constantFrom('enforce' as const, 'shadow' as const),
        fc.constantFrom('open' as const, 'closed' as const),
        fc.constantFrom('redact' as const, 'block' as const, undefined),
        fc.constantFrom('enforce' as const, undefined),
        (action, mode, on_error, asked, enforce) => {
          const pin = {
            guardrail: 'words',
            ...(asked === undefined ? {} : { action: asked }),
            ...(enforce === undefined ? {} : { mode: enforce }),
          }
          const policy = policyOf({ words: { ...words, action, mode, on_error } })
          const [own] = policy.select(facts).input
          const [made] = policy.select(pinning(pin)).input
          expect(made?.action).toBe(asked !== undefined && strength[asked] > strength[action] ? asked : action)
          expect(made?.mode).toBe(enforce ?? mode)
          // Stricter than its operator meant it, it must not be gone round by breaking it.
          expect(made?.onError).toBe(made?.action === action ? own?.onError : 'closed')
        },
      ),
      { numRuns: 50 },
    )
  })

  it('cannot have redacted what has no places: that fails and blocks', () => {
    const policy = policyOf({ long: { type: 'length', settings: { max_chars: 3 } } })
    expect(policy.select(pinning({ guardrail: 'long', action: 'redact' })).input).toMatchObject([
      { action: 'redact', onError: 'closed', detector: { kind: 'broken' } },
    ])
    expect(policy.select(pinning({ guardrail: 'long', action: 'block' })).input).toMatchObject([
      { action: 'block', detector: { kind: 'local' } },
    ])
  })

  it('leaves other exchanges as they were', () => {
    const policy = policyOf({ words })
    policy.select(pinning({ guardrail: 'words', action: 'block' }))
    expect(policy.select(facts).input).toMatchObject([{ action: 'flag' }])
  })
})
