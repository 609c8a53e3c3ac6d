import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { guardrailBodySchema } from '../../src/contract/guardrail-body.ts'
import { Fault } from '../../src/core/fault.ts'
import { checkGuardrail, typeNamed } from '../../src/guardrails/check-guardrail.ts'
import { guardrailTypes } from '../../src/guardrails/index.ts'

type Guardrail = z.input<typeof guardrailBodySchema>

const check = (body: Guardrail) => checkGuardrail(guardrailBodySchema.parse(body))

/** What a guardrail is refused with. */
function mistake(body: Guardrail): { readonly param: string | null; readonly message: string } {
  try {
    check(body)
  } catch (error) {
    if (error instanceof Fault && error.kind === 'invalid_request') return error
    throw error
  }
  throw new Error('It was not refused.')
}

const words: Guardrail = { type: 'keywords', settings: { words: ['swordfish'] } }
const length: Guardrail = { type: 'length', settings: { max_chars: 3 } }
const json: Guardrail = { type: 'json_schema', settings: { schema: { type: 'object' } } }
const topics: Guardrail = { type: 'topics', settings: { denied: [{ name: 'fishing', phrases: ['a swordfish'] }] } }
const webhook: Guardrail = { type: 'webhook', settings: { url: 'http://127.0.0.1:9/' } }

describe('what is left out', () => {
  it.each([
    ['flag', 'open'],
    ['redact', 'closed'],
    ['block', 'closed'],
  ] as const)('a failure of one that would %s fails %s', (action, onError) => {
    expect(check({ ...words, action }).onError).toBe(onError)
    expect(check({ ...words, action, on_error: 'open' }).onError).toBe('open')
    expect(check({ ...words, action, on_error: 'closed' }).onError).toBe('closed')
  })

  it.each<readonly [string, Guardrail, string]>([
    ['a few characters, for what is redacted there', { ...words, action: 'redact' }, 'redact'],
    ['a few characters, for what is blocked there', { ...words, action: 'block' }, 'sync'],
    ['a window, for what is judged in windows', { ...topics, action: 'block' }, 'sync'],
    ['the end, for what is known there', { ...json, action: 'block' }, 'full'],
    ['the end, for whoever is asked outside', { ...webhook, action: 'block' }, 'full'],
    ['the end, for what somebody outside takes out', { ...webhook, action: 'redact' }, 'full'],
  ])('a stream waits for %s', (_, body, mode) => {
    expect(check(body).streamMode).toBe(mode)
  })
})

describe('what fits', () => {
  it('is ready to look: a detector of our own, or the settings for asking somebody', () => {
    const local = check(words).detector
    expect(local.isRemote).toBe(false)
    expect(local.isRemote ? null : typeof local.local.open('input').push).toBe('function')
    expect(check(webhook).detector).toMatchObject({ isRemote: true, settings: { timeout_ms: 2_000 } })
  })

  it('a stream may wait longer than it has to', () => {
    expect(check({ ...words, action: 'redact', stream_mode: 'full' }).streamMode).toBe('full')
    expect(check({ ...words, action: 'redact', stream_mode: 'sync' }).streamMode).toBe('sync')
    expect(check({ ...webhook, action: 'block', stream_mode: 'sync' }).streamMode).toBe('sync')
  })
})

describe('what does not fit is refused with the field and what would be right', () => {
  it.each<readonly [string, Guardrail, string, RegExp]>([
    ['a type that nearly is one', { ...words, type: 'keyword' }, 'type', /Did you mean `keywords`\?$/],
    ['a type that is none', { ...words, type: 'zzzzzzzz' }, 'type', /Use one of .*keywords.*\.$/],
    ['settings of another type', { type: 'keywords', settings: { max_chars: 3 } }, 'settings', /`settings\./],
    ['settings that are missing', { type: 'keywords' }, 'settings', /`settings/],
    ['a pattern that is none', { type: 'regex', settings: { patterns: ['('] } }, 'settings', /settings/],
    ['redacting what has no places', { ...length, action: 'redact' }, 'action', /Use `block` or `flag`\.$/],
    [
      'holding back a few characters for a window',
      { ...topics, action: 'block', stream_mode: 'redact' },
      'stream_mode',
      /Use `sync` or `full`\.$/,
    ],
    [
      'redacting window by window what somebody outside finds',
      { ...webhook, action: 'redact', stream_mode: 'sync' },
      'stream_mode',
      /use `full`\.$/,
    ],
    [
      'going on before the end that it needs',
      { ...json, action: 'block', stream_mode: 'sync' },
      'stream_mode',
      /Use `full`\.$/,
    ],
  ])('%s', (_, body, field, message) => {
    const fault = mistake(body)
    expect(fault.param).toMatch(new RegExp(`^${field}`))
    expect(fault.message).toMatch(message)
  })
})

it('every type is found by its name', () => {
  expect(guardrailTypes.size).toBeGreaterThan(10)
  for (const [name, type] of guardrailTypes) {
    expect(typeNamed(name)).toBe(type)
    expect(type.type).toBe(name)
  }
})
