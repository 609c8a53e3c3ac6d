import { describe, expect, it } from 'vitest'
import type { RemoteQuestion } from '../../src/guardrails/remote.ts'
import { VerdictMemo } from '../../src/pipeline/verdict-memo.ts'
import { remoteRule } from '../guardrails/rules.ts'

const minute = 60_000
const rule = remoteRule('remote')
const question: RemoteQuestion = {
  guardrail: 'remote',
  text: 'a text',
  context: 'what came before',
  stage: 'input',
  role: 'user',
  requestId: 'request-1',
  tenantId: 'default',
  prompt: 'greeting',
}
const findings = [{ kind: 'word', start: 0, end: 1, score: 1 }]

/** A memo, and the hand of its clock. */
function memo() {
  const clock = { now: 0 }
  return { clock, memo: new VerdictMemo(() => clock.now) }
}

describe('what somebody said of a text', () => {
  it('is remembered for five minutes', () => {
    const { clock, memo: verdicts } = memo()
    verdicts.keep('key', findings)
    clock.now = 5 * minute - 1
    expect(verdicts.get('key')).toBe(findings)
    clock.now = 5 * minute
    expect(verdicts.get('key')).toBeNull()
    clock.now = 0
    expect(verdicts.get('key')).toBeNull()
  })

  it('is remembered when it was nothing, which is not the same as not knowing', () => {
    const { memo: verdicts } = memo()
    expect(verdicts.get('key')).toBeNull()
    verdicts.keep('key', [])
    expect(verdicts.get('key')).toEqual([])
  })

  it('is remembered from when it was said last', () => {
    const { clock, memo: verdicts } = memo()
    verdicts.keep('key', findings)
    clock.now = 4 * minute
    verdicts.keep('key', [])
    clock.now = 6 * minute
    expect(verdicts.get('key')).toEqual([])
  })

  it('goes before its time when there is too much, the oldest first', () => {
    const { memo: verdicts } = memo()
    for (let index = 0; index <= 5_000; index += 1) verdicts.keep(`key ${index}`, findings)
    expect(verdicts.get('key 0')).toBeNull()
    expect(verdicts.get('key 1')).toBe(findings)
    expect(verdicts.get('key 5000')).toBe(findings)
  })
})

describe('a question is another one', () => {
  const { memo: verdicts } = memo()
  const key = verdicts.key(rule, question)

  it.each<readonly [string, Partial<RemoteQuestion>]>([
    ['about another text', { text: 'another text' }],
    ['behind another text', { context: 'what else came before' }],
    ['with the same words cut elsewhere', { context: 'what came before a', text: ' text' }],
    ['at another stage', { stage: 'output' }],
    ['about the words of another role', { role: 'tool' }],
    ['of another tenant', { tenantId: 'other' }],
    ['for another prompt', { prompt: 'other' }],
    ['for none', { prompt: null }],
  ])('%s', (_, changes) => {
    expect(verdicts.key(rule, { ...question, ...changes })).not.toBe(key)
  })

  it('of a guardrail that was changed', () => {
    expect(verdicts.key(remoteRule('remote', { fingerprint: 'changed' }), question)).not.toBe(key)
  })

  it('but not in another request: the same text comes again with every turn', () => {
    expect(verdicts.key(rule, { ...question, requestId: 'request-2' })).toBe(key)
  })

  it('and has neither the text nor what came before it in its key', () => {
    expect(key).not.toMatch(/text|before/)
  })
})
