import { describe, expect, it } from 'vitest'
import { answerHeaders } from '../../src/routes/answer-headers.ts'
import { CollectingSink, snapshotOf } from '../support/chat-bench.ts'
import { answerWith, askedText, call, chainBench, refusalOf, step, textOf } from '../support/chain-bench.ts'
import type { ScriptedCall } from '../support/scripted-provider.ts'

/** Guardrails look at every step of a chain; what one step redacted, the client gets back from the last. */

const two = { steps: [step('a', '{{input.text}}'), step('b', '{{steps.a.output}}')] }
const words = { type: 'keywords', settings: { words: ['swordfish'] } } as const
const { guardrails: redacting } = snapshotOf({}, { words: { ...words, action: 'redact' } })
const { guardrails: blocking } = snapshotOf({}, { words: { ...words, action: 'block' } })

describe.each([false, true])('with stream %s', (stream) => {
  it('no step is told what was redacted, and the answer has it again', async () => {
    const bench = chainBench({ c1: two }, undefined, { guardrails: redacting })
    const { text } = await bench.read(call({ stream, prompt_variables: { text: 'It is swordfish.' } }))
    expect(JSON.stringify(bench.one.calls.map((each) => each.call.body))).not.toContain('swordfish')
    expect(text).toContain('It is swordfish.')
    expect(bench.records).toHaveLength(1)
    expect(bench.records[0]).toMatchObject({ outcome: 'ok', guardrails: 'redacted:words' })
    expect(JSON.stringify(bench.records[0])).not.toContain('swordfish')
  })

  it('the answer of any step may be blocked', async () => {
    const leaking = (each: ScriptedCall): void => answerWith(each, each.call.model === 'b' ? 'so: swordfish' : 'fine')
    const bench = chainBench({ c1: two }, leaking, { guardrails: blocking })
    const { answered, answer } = await bench.ask(call({ stream, prompt_variables: { text: 'Hello' } }))
    const sink = new CollectingSink()
    answer.start(sink)
    await sink.over
    expect(sink.texts.join('')).toContain('content_filter')
    expect(textOf(sink)).not.toContain('sword')
    expect(bench.records[0]).toMatchObject({ outcome: 'blocked', guardrails: 'blocked:words' })
    if (!stream) expect(answerHeaders(answered)['x-promptbox-guardrails']).toBe('blocked:words')
  })

  it('what a step is asked may be blocked, before anybody is called', async () => {
    const bench = chainBench({ c1: two }, undefined, { guardrails: blocking })
    const { fault } = await refusalOf(bench.ask(call({ stream, prompt_variables: { text: 'swordfish' } })))
    expect(fault.kind).toBe('guardrail_blocked')
    expect(bench.one.calls).toHaveLength(0)
    expect(bench.records).toMatchObject([{ outcome: 'blocked' }])
  })

  it('an answer in the middle that is blocked ends the chain', async () => {
    const leaking = (each: ScriptedCall): void => answerWith(each, each.call.model === 'a' ? 'so: swordfish' : 'fine')
    const bench = chainBench({ c1: two }, leaking, { guardrails: blocking })
    const { fault } = await refusalOf(bench.ask(call({ stream, prompt_variables: { text: 'Hello' } })))
    expect(fault.kind).toBe('guardrail_blocked')
    expect(bench.one.calls).toHaveLength(1)
    expect(bench.records).toMatchObject([{ outcome: 'blocked', guardrails: 'blocked:words' }])
  })
})

describe("a guardrail's word is final", () => {
  it.each([
    ['a text', { text: 'Sorry.' }],
    ['a prompt', 'd'],
  ] as const)('a step that is blocked does not fall back on %s', async (_, fallback) => {
    const leaking = (each: ScriptedCall): void => answerWith(each, each.call.model === 'a' ? 'so: swordfish' : 'fine')
    const steps = [step('a', '{{input.text}}', { fallback }), step('b', '{{steps.a.output}}')]
    for (const stream of [false, true]) {
      const bench = chainBench({ c1: { steps } }, leaking, { guardrails: blocking })
      const { fault } = await refusalOf(bench.ask(call({ stream })))
      expect(fault).toMatchObject({ kind: 'guardrail_blocked', code: 'guardrail_blocked' })
      expect(bench.one.calls).toHaveLength(1)
      expect(bench.records).toMatchObject([{ outcome: 'blocked', guardrails: 'blocked:words' }])
      expect(JSON.stringify(bench.records)).not.toContain('swordfish')
    }
  })

  it('nor does one whose question is blocked', async () => {
    const steps = [step('a', '{{input.text}}', { fallback: { text: 'Sorry.' } })]
    const bench = chainBench({ c1: { steps } }, undefined, { guardrails: blocking })
    const { fault } = await refusalOf(bench.ask(call({ prompt_variables: { text: 'swordfish' } })))
    expect(fault.kind).toBe('guardrail_blocked')
    expect(bench.one.calls).toHaveLength(0)
  })
})

describe('a guardrail that a later step enforces', () => {
  it('is told with what followed there, beside what it said where it ran in shadow mode', async () => {
    const { guardrails } = snapshotOf({}, { words: { ...words, action: 'redact', mode: 'shadow', stages: ['input'] } })
    const bench = chainBench(
      { c1: { steps: [step('a', '{{input.text}}'), step('b', 'it is swordfish')] } },
      (each) => answerWith(each, 'fine'),
      { guardrails, versions: { b: { guardrails: [{ guardrail: 'words', mode: 'enforce' }] } } },
    )
    await bench.read(call({ stream: false }))
    expect(bench.one.calls.map(askedText)).toEqual(['hi', 'it is <KEYWORD_1>'])
    expect(bench.records).toMatchObject([
      {
        guardrails: 'redacted:words',
        guardrailResults: [
          { guardrail: 'words', mode: 'shadow', verdict: 'pass' },
          { guardrail: 'words', mode: 'enforce', verdict: 'redact', findingCount: 1 },
        ],
      },
    ])
  })
})
