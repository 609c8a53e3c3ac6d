import { describe, expect, it } from 'vitest'
import type { JsonValue } from '../../src/core/json.ts'
import type { VersionBody } from '../../src/prompts/compiled-version.ts'
import { answers, guardedChat, only, secretWord, verdicts } from './guarded-chat.ts'

/** Prompts under guardrails: what their templates are filled with, and what their versions ask for. */

const customer: VersionBody = {
  messages: [
    { role: 'system', content: 'Customer: {{who}}' },
    { role: 'user', content: 'Go on' },
  ],
  variables: { type: 'object', properties: { who: {} } },
  model: 'acme/small',
}
const filled = (who: JsonValue) => ({ prompt_id: 'p1', prompt_variables: { who } })
const ofUsers = { ...secretWord, stages: ['input' as const], roles: ['user' as const] }

describe('what a template is filled with', () => {
  it('is redacted in a message of the author, where a rule reads users only', async () => {
    const { ask, acme, records } = guardedChat(
      { personal: { type: 'pii', action: 'redact', stages: ['input'], roles: ['user'] } },
      answers('Dear <EMAIL_1>'),
      { prompts: { p1: customer } },
    )
    const { headers, all } = await ask(filled('ada.lovelace@example.org'))
    expect(headers['x-promptbox-guardrails']).toBe('redacted:personal')
    expect(acme.calls[0]?.call.body).toContain('"Customer: <EMAIL_1>"')
    expect(all).toContain('Dear ada.lovelace@example.org')
    expect(JSON.stringify(records)).not.toContain('lovelace')
  })

  it.each<readonly [string, JsonValue]>([
    ['a list', ['a', 'swordfish']],
    ['an object', { is: { deep: 'swordfish' } }],
  ])('is blocked in %s as well', async (_, who) => {
    const { refused, acme } = guardedChat({ words: { ...ofUsers, action: 'block' } }, answers('Hi'), {
      prompts: { p1: customer },
    })
    expect((await refused(filled(who))).kind).toBe('guardrail_blocked')
    expect(acme.calls).toHaveLength(0)
  })

  it('is counted once where it stands in a message that the rule reads', async () => {
    const { ask, records } = guardedChat({ words: ofUsers }, answers('Hi'), {
      prompts: { p1: { ...customer, messages: [{ role: 'user', content: 'It is {{who}}' }] } },
    })
    await ask(filled('swordfish'))
    expect(only(records).guardrailResults).toMatchObject([
      { findingCount: 1, findings: [{ start: 6, end: 15, place: '0/user' }] },
    ])
  })

  it('is said to be a variable where it stands in no message that the rule reads', async () => {
    const { ask, records } = guardedChat({ words: ofUsers }, answers('Hi'), { prompts: { p1: customer } })
    await ask(filled('swordfish'))
    expect(only(records).guardrailResults).toMatchObject([{ findingCount: 1, findings: [{ place: 'variable/who' }] }])
  })

  it('is left alone where nothing is in it', async () => {
    const { ask, acme, records } = guardedChat({ words: { ...ofUsers, action: 'redact' } }, answers('Hi'), {
      prompts: { p1: customer },
    })
    await ask(filled('Ada'))
    expect(acme.calls[0]?.call.body).toContain('"Customer: Ada"')
    expect(only(records).guardrails).toBe('pass')
  })
})

describe('a version that asks for a guardrail', () => {
  const asking = (...guardrails: NonNullable<VersionBody['guardrails']>): VersionBody => ({
    model: 'acme/small',
    messages: [{ role: 'user', content: 'A long text' }],
    guardrails,
  })

  it('that does not exist is not served, and no other one has passed it', async () => {
    const { refused, acme, records } = guardedChat({ words: { ...secretWord, stages: ['input'] } }, answers('Hi'), {
      prompts: { p1: asking('gone') },
    })
    const fault = await refused({ prompt_id: 'p1' })
    expect(fault.kind).toBe('guardrail_blocked')
    expect(fault.headers['x-promptbox-guardrails']).toBe('blocked:gone;error:gone')
    expect(acme.calls).toHaveLength(0)
    expect(only(records)).toMatchObject({ outcome: 'blocked', guardrails: 'blocked:gone;error:gone' })
    expect(verdicts(records)).toEqual(['gone/input: error', 'words/input: skipped'])
  })

  it('to redact that finds no places is not served either: it would let through what it found', async () => {
    const { refused, acme, records } = guardedChat(
      { long: { type: 'length', settings: { max_chars: 3 }, stages: ['input'] } },
      answers('Hi'),
      { prompts: { p1: asking({ guardrail: 'long', action: 'redact' }) } },
    )
    const fault = await refused({ prompt_id: 'p1' })
    expect(fault.message).toContain('cannot redact')
    expect(acme.calls).toHaveLength(0)
    expect(only(records).guardrails).toBe('blocked:long;error:long')
  })
})
