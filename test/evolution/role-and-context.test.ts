import { describe, expect, test } from 'vitest'
import { systemText } from '../../src/evolution/proposal.ts'
import type { VersionBody } from '../../src/prompts/compiled-version.ts'
import { requireUsableVersion } from '../../src/prompts/lint-version.ts'
import { body, evidence, exchange, propose } from './strategy-bench.ts'

describe('role and context', () => {
  const about = {
    name: 'Bills',
    description: 'Explains {{bills}}',
    domain: 'energy',
    useCase: null,
    appContexts: ['app'],
  }
  const bare: Partial<VersionBody> = { messages: [{ role: 'user', content: '{{question}}' }] }

  test('a role is added where none is, as data', () => {
    const [proposal] = propose('role', evidence([], { about }), bare)
    expect(proposal?.body.messages).toHaveLength(2)
    expect(systemText(proposal?.body ?? body)).toContain(
      String.raw`specialist for energy. Your task: Explains \{{bills}}.`,
    )
    expect(() => requireUsableVersion(proposal?.body ?? body)).not.toThrow()
    expect(propose('role', evidence([], { about }))).toEqual([])
  })

  test('context tells variables that always have a value, languages and places', () => {
    const variables = {
      type: 'object',
      properties: {
        company: { type: 'string' },
        plan: { type: 'string', description: 'Plan of the customer', default: 'basic' },
        note: { type: 'string', description: 'May be missing' },
      },
    }
    const given = evidence([exchange({ locale: 'de-AT' }), exchange({ locale: 'en' })], { about })
    const [proposal] = propose('context', given, { variables })
    const text = systemText(proposal?.body ?? body)
    expect(text).toContain('- Plan of the customer: {{plan}}')
    expect(text).toContain("language of the user's message")
    expect(text).toContain('Answers are shown in: app.')
    expect(text).not.toContain('note')
  })
})
