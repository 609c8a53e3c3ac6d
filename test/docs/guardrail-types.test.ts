import { describe, expect, it } from 'vitest'
import { jsonSchemaOf } from '../../src/contract/admin/json-schemas.ts'
import { guardrailTypes } from '../../src/guardrails/index.ts'
import { piiKinds } from '../../src/guardrails/pii/pii.ts'
import { secretKinds } from '../../src/guardrails/secrets/secrets.ts'
import { readDocument } from './markdown.ts'

/** docs/guardrail-types.md is where people read what a guardrail can be told. */
const page = readDocument('docs/guardrail-types.md')

const sectionOf = (type: string): string => page.split(new RegExp(`^## ${type}$`, 'm'))[1]?.split(/^## /m)[0] ?? ''

describe.each([...guardrailTypes.values()])('the type $type', ({ type, settings, hasSpans, roles }) => {
  it('has a section with a row for each of its settings', () => {
    const table = sectionOf(type).match(/^\| setting \|.*\n(?:\|.*\n)+/m)?.[0] ?? ''
    const named = [...table.matchAll(/^\| ([^|]*) \|/gm)].flatMap((row) =>
      [...(row[1] ?? '').matchAll(/`([a-z_]+)`/g)].map((name) => name[1] ?? ''),
    )
    const known = Object.keys(jsonSchemaOf(settings)['properties'] ?? {})
    expect(known.filter((name) => !named.includes(name))).toEqual([])
    // `denied[].name` and the like are no settings of their own.
    expect(named.filter((name) => !known.includes(name))).toEqual([])
  })

  it('has a row in the overview, which says whether it redacts and whom it reads', () => {
    const row = new RegExp(`^\\| \\[\`${type}\`\\]\\(#${type}\\) \\|(.*)$`, 'm').exec(page)?.[1] ?? ''
    expect(row).toMatch(hasSpans ? /\| yes/ : /\| no \|/)
    const told = row.split('|').map((cell) => cell.trim().split(', ').toSorted().join(', '))
    expect(told).toContain(roles.length === 4 ? 'everybody' : roles.toSorted().join(', '))
  })
})

it.each([
  ['pii', piiKinds],
  ['secrets', secretKinds],
])('every kind that %s finds is listed', (type, kinds) => {
  const section = sectionOf(type)
  expect(kinds.filter((kind) => !section.includes(`\`${kind}\``))).toEqual([])
})
