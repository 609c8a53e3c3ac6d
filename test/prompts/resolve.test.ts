import { describe, expect, it } from 'vitest'
import { Fault } from '../../src/core/fault.ts'
import type { Selector } from '../../src/prompts/reference.ts'
import { resolveVersion } from '../../src/prompts/resolve.ts'
import type { SnapshotPrompt, SnapshotVersion } from '../../src/snapshot/snapshot.ts'

const version = (number: number, semver: string | null = null): SnapshotVersion => ({
  number,
  semver,
  hash: `hash-${number}`,
  compiled: () => {
    throw new Error('resolving compiles nothing')
  },
})

function prompt(versions: readonly SnapshotVersion[], labels: Record<string, number> = {}): SnapshotPrompt {
  return {
    tenantId: 't',
    slug: 'support-reply',
    aliases: [],
    category: null,
    labels: new Map(Object.entries(labels)),
    versions: new Map(versions.map((each) => [each.number, each])),
  }
}

const full = prompt([version(1, '1.0.0'), version(3, '1.2.0'), version(2)], { production: 1, staging: 3, broken: 9 })

describe('a selector', () => {
  it.each<[Selector, number, string | null]>([
    [{ kind: 'label', label: 'production' }, 1, 'production'],
    [{ kind: 'label', label: 'staging' }, 3, 'staging'],
    [{ kind: 'version', number: 2 }, 2, null],
    [{ kind: 'semver', semver: '1.2.0' }, 3, null],
    [{ kind: 'latest' }, 3, null],
  ])('%j means exactly version %i', (selector, number, label) => {
    const resolved = resolveVersion(full, selector)
    expect(resolved.version).toBe(full.versions.get(number))
    expect(resolved.label).toBe(label)
  })

  it.each<[Selector, RegExp]>([
    [{ kind: 'label', label: 'prod' }, /no label "prod".*"broken", "production", "staging".*versions 1 to 3/],
    [{ kind: 'label', label: 'broken' }, /label "broken" at version 9, which is not there/],
    [{ kind: 'label', label: 'constructor' }, /no label "constructor"/],
    [{ kind: 'version', number: 4 }, /no version 4.*versions 1 to 3/],
    [{ kind: 'semver', semver: '1.0' }, /semantic version "1.0".*1.0.0, 1.2.0/],
  ])('%j that leads nowhere is a 404 that says what there is', (selector, message) => {
    try {
      resolveVersion(full, selector)
    } catch (error) {
      expect(error).toBeInstanceOf(Fault)
      expect(error).toMatchObject({
        kind: 'prompt_not_found',
        status: 404,
        code: 'prompt_not_found',
        message: expect.stringMatching(message) as unknown,
      })
      return
    }
    throw new Error('it led somewhere')
  })

  it('of a prompt without versions, or with gaps from a file, says so', () => {
    expect(() => resolveVersion(prompt([]), { kind: 'latest' })).toThrow(/has no version yet/)
    expect(() => resolveVersion(prompt([version(2), version(5)]), { kind: 'version', number: 3 })).toThrow(
      /versions 2, 5/,
    )
    expect(() => resolveVersion(prompt([version(2)]), { kind: 'label', label: 'production' })).toThrow(
      /It has no labels; version 2/,
    )
    expect(() => resolveVersion(prompt([version(2)]), { kind: 'semver', semver: '1.0.0' })).toThrow(
      /None of its versions has one/,
    )
  })
})
