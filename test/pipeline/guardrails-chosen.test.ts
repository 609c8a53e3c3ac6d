import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import type { guardrailBodySchema, VersionGuardrails } from '../../src/contract/guardrail-body.ts'
import type { JsonObject } from '../../src/core/json.ts'
import { ExchangeRefused } from '../../src/pipeline/run-exchange.ts'
import { CollectingSink, chatBench, snapshotOf } from '../support/chat-bench.ts'
import { completion, scriptedProvider } from '../support/scripted-provider.ts'

/** Which guardrails look at an exchange: by scope, and because a version asks for them. */

type Guardrail = z.input<typeof guardrailBodySchema>

const words: Guardrail = { type: 'keywords', stages: ['input'], settings: { words: ['swordfish'] } }

function bench(guardrails: Readonly<Record<string, Guardrail>>, pinned: VersionGuardrails = []) {
  const version = {
    model: 'acme/small',
    messages: [{ role: 'user', content: '{{text}}' }],
    variables: { type: 'object', properties: { text: { type: 'string' } } },
  }
  const snapshot = snapshotOf(
    { asking: [{ ...version, ...(pinned.length === 0 ? {} : { guardrails: pinned }) }], other: [version] },
    guardrails,
  )
  const acme = scriptedProvider('acme', (call) => {
    call.head()
    call.chunk(completion('Hi'))
    call.end()
  })
  const { ask, records } = chatBench([acme], { snapshot })
  return async (body: JsonObject): Promise<string> => {
    try {
      const { answer } = await ask(body)
      const sink = new CollectingSink()
      answer.start(sink)
      await sink.over
    } catch (error) {
      if (!(error instanceof ExchangeRefused)) throw error
      if (records.at(-1)?.guardrailResults === undefined) return error.fault.message
    }
    return records.at(-1)?.guardrails ?? ''
  }
}

const plain = { model: 'acme/small', messages: [{ role: 'user', content: 'swordfish' }] }
const asking = (prompt = 'asking') => ({ model: `prompt:${prompt}`, variables: { text: 'swordfish' } })

describe('scope', () => {
  it.each<readonly [string, Guardrail['scope'], readonly string[]]>([
    ['none', undefined, ['flagged:words', 'flagged:words', 'flagged:words']],
    ['a prompt', { prompts: ['asking'] }, ['flagged:words', 'pass', 'pass']],
    ['a key by its name', { keys: ['shop'] }, ['flagged:words', 'flagged:words', 'flagged:words']],
    ['a key by its id', { keys: ['key-1'] }, ['flagged:words', 'flagged:words', 'flagged:words']],
    ['another key', { keys: ['key-2'] }, ['pass', 'pass', 'pass']],
    ['a model', { models: ['acme/small'] }, ['flagged:words', 'flagged:words', 'flagged:words']],
    ['a provider', { models: ['acme/*'] }, ['flagged:words', 'flagged:words', 'flagged:words']],
    ['another model', { models: ['acme/large', 'spare/*'] }, ['pass', 'pass', 'pass']],
    ['a category', { categories: ['support'] }, ['pass', 'pass', 'pass']],
    ['a prompt with another key', { prompts: ['asking'], keys: ['key-2'] }, ['pass', 'pass', 'pass']],
  ])('of %s', async (_name, scope, expected) => {
    const ask = bench({ words: scope === undefined ? words : { ...words, scope } })
    expect([await ask(asking()), await ask(asking('other')), await ask(plain)]).toEqual(expected)
  })

  it('one that is off does not look', async () => {
    expect(await bench({ words: { ...words, enabled: false } })(plain)).toBe('pass')
  })
})

describe('a version', () => {
  it('asks for a guardrail whatever its scope says, for itself alone', async () => {
    const ask = bench({ words: { ...words, scope: { prompts: ['nothing'] } } }, ['words'])
    expect([await ask(asking()), await ask(asking('other')), await ask(plain)]).toEqual([
      'flagged:words',
      'pass',
      'pass',
    ])
  })

  it.each<readonly [Partial<Guardrail>, Exclude<VersionGuardrails[number], string>, string]>([
    [{ action: 'flag' }, { guardrail: 'words', action: 'block' }, 'blocked:words'],
    [{ action: 'flag' }, { guardrail: 'words', action: 'redact' }, 'redacted:words'],
    [{ action: 'redact' }, { guardrail: 'words', action: 'block' }, 'blocked:words'],
    [{ action: 'block' }, { guardrail: 'words', action: 'redact' }, 'blocked:words'],
    [{ action: 'block', mode: 'shadow' }, { guardrail: 'words' }, 'pass'],
    [{ action: 'block', mode: 'shadow' }, { guardrail: 'words', mode: 'enforce' }, 'blocked:words'],
  ])('makes %j stricter by %j, never weaker', async (own, pin, expected) => {
    expect(await bench({ words: { ...words, ...own } }, [pin])(asking())).toBe(expected)
  })

  it('is not served when what it asks for does not exist', async () => {
    expect(await bench({ words }, ['gone'])(asking())).toBe('blocked:gone;error:gone')
    expect(await bench({}, ['gone'])(asking())).toContain('`gone`')
  })

  it('leaves one off that an operator has switched off', async () => {
    expect(await bench({ words: { ...words, enabled: false } }, ['words'])(asking())).toBe('pass')
  })
})

describe('what a template is filled with', () => {
  it('is read by rules that do not read system messages', async () => {
    const version = {
      model: 'acme/small',
      messages: [
        { role: 'system', content: 'Context: {{text}}' },
        { role: 'user', content: 'Go on.' },
      ],
      variables: { type: 'object', properties: { text: { type: 'string' } } },
    }
    const acme = scriptedProvider('acme', (call) => {
      call.head()
      call.chunk(completion('Hi'))
      call.end()
    })
    const guardrails = { words: { ...words, roles: ['user'] as 'user'[], action: 'block' as const } }
    const { ask } = chatBench([acme], { snapshot: snapshotOf({ asking: [version] }, guardrails) })
    await expect(ask(asking())).rejects.toMatchObject({ fault: { kind: 'guardrail_blocked' } })
    expect(acme.calls).toHaveLength(0)
  })
})
