import { describe, expect, it } from 'vitest'
import { Cancellation } from '../../src/core/cancellation.ts'
import { Fault } from '../../src/core/fault.ts'
import { answerHeaders } from '../../src/routes/answer-headers.ts'
import { CollectingSink } from '../support/chat-bench.ts'
import { answerEcho, answerWith, call, chainBench, refusalOf, step, textOf } from '../support/chain-bench.ts'
import { type ScriptedCall, textChunk } from '../support/scripted-provider.ts'

/** What becomes of chains whose steps check their answers: every answer costs a dollar, given or not. */

const output_schema = { type: 'object', required: ['n'] }
const two = { steps: [step('a', '{{input.text}}'), step('b', '{{steps.a.output}}')] }

/** `a` and `b` answer with these, one after the other, for each of their calls. */
function saying(answers: Readonly<Record<string, readonly (string | ((each: ScriptedCall) => void))[]>>) {
  const seen: Record<string, number> = {}
  return (each: ScriptedCall): void => {
    const { model } = each.call
    const number = seen[model] ?? 0
    seen[model] = number + 1
    const answer = answers[model]?.[number]
    if (answer === undefined) answerEcho(each)
    else if (typeof answer === 'string') answerWith(each, answer)
    else answer(each)
  }
}
const cut = (each: ScriptedCall): void => {
  each.head()
  each.chunk(textChunk('{"n"'))
  each.fail(new Fault('upstream_interrupted', 'cut'))
}

describe.each([false, true])('with stream %s', (stream) => {
  it('an answer that was asked for again is billed with the first one, wherever its step stands', async () => {
    for (const checked of ['a', 'b']) {
      const versions = { [checked]: { output_schema, on_output_mismatch: 'retry' as const } }
      const bench = chainBench({ c1: two }, saying({ [checked]: ['no', '{"n":1}'] }), { versions })
      const { text } = await bench.read(call({ stream }))
      expect(text).toBe(checked === 'a' ? 'b({"n":1})' : '{"n":1}')
      expect(bench.records).toMatchObject([
        {
          outcome: 'ok',
          cost: { totalUsd: 3 },
          usage: { inputTokens: 9 },
          outputCheck: checked === 'b' ? 'repaired' : null,
          warnings: [],
        },
      ])
      expect(bench.records[0]?.attempts.map(({ costUsd }) => costUsd)).toEqual([1, 1, 1])
      const found = bench.records[0]?.attempts.map(({ prompt, outputCheck }) => `${prompt} ${outputCheck}`)
      expect(found).toEqual(checked === 'a' ? ['a null', 'a repaired', 'b null'] : ['a null', 'b null', 'b repaired'])
    }
  })

  it('an answer that is withheld ends the chain, is billed, and its fallback may answer instead', async () => {
    const versions = { b: { output_schema, on_output_mismatch: 'error' as const } }
    const plain = chainBench({ c1: two }, saying({ b: ['no'] }), { versions })
    const { fault } = await refusalOf(plain.ask(call({ stream })))
    expect(fault).toMatchObject({
      kind: 'output_mismatch',
      message: expect.stringMatching(/^Step `b` of chain `c1` failed: /),
      headers: { 'x-promptbox-output': 'mismatch' },
    })
    expect(plain.records).toMatchObject([
      { outcome: 'error', cost: { totalUsd: 2 }, attempts: [{}, { costUsd: 1, outputCheck: 'mismatch' }] },
    ])

    const steps = [step('a', '{{input.text}}'), step('b', '{{steps.a.output}}', { fallback: 'c' })]
    const bench = chainBench({ c1: { steps } }, saying({ b: ['no'] }), { versions })
    expect((await bench.read(call({ stream }))).text).toBe('c(a(hi))')
    expect(bench.records).toMatchObject([{ outcome: 'ok', cost: { totalUsd: 3 }, usage: { inputTokens: 9 } }])
  })

  it('a client that hangs up between the two answers pays for the first, and nobody is asked any more', async () => {
    const versions = { b: { output_schema, on_output_mismatch: 'retry' as const } }
    const cancellation = new Cancellation()
    const hang = (each: ScriptedCall): void => {
      if (each.call.model === 'a') answerEcho(each)
      else if (bench.one.calls.length === 2) answerWith(each, 'no')
    }
    const bench = chainBench({ c1: two }, hang, { versions })
    const asking = refusalOf(bench.ask(call({ stream }), { cancellation }))
    const second = await bench.one.nthCall(2)
    cancellation.cancel(new Fault('client_closed', 'gone'))
    expect((await asking).fault.kind).toBe('client_closed')
    expect(second.asked).toEqual(['abort'])
    expect(bench.records).toMatchObject([{ outcome: 'client_closed', cost: { totalUsd: 2 } }])
  })

  it('the answer of a step that comes from the cache is checked as it was, and costs nothing', async () => {
    const versions = { b: { output_schema, cache_ttl_seconds: 60, on_output_mismatch: 'error' as const } }
    const bench = chainBench({ c1: two }, saying({ b: ['{"n":1}'] }), { versions })
    await bench.read(call({ stream }))
    const again = await bench.ask(call({ stream }))
    expect(again.answered).toMatchObject({ cache: 'off', attempts: [{ step: 'a' }] })
    expect(answerHeaders(again.answered)).toMatchObject({ 'x-promptbox-output': 'ok', 'x-promptbox-cache': 'off' })
    again.answer.start(new CollectingSink())
    expect(bench.records[1]).toMatchObject({ outcome: 'ok', cost: { totalUsd: 1 }, outputCheck: 'ok' })
  })
})

it.each([
  ['the answer of a step', undefined],
  ['a text of several', '{{steps.a.output}} and {{steps.b.output}}'],
])('%s has the tokens of all steps, also when they come from the cache', async (_what, output) => {
  const chain = output === undefined ? two : { ...two, output }
  const versions = { a: { cache_ttl_seconds: 60 }, b: { cache_ttl_seconds: 60 } }
  const bench = chainBench({ c1: chain }, answerEcho, { versions })
  for (const stream of [false, true]) {
    for (let time = 0; time < 2; time++) {
      const { sink } = await bench.read(
        call({ stream, ...(stream ? { stream_options: { include_usage: true } } : {}) }),
      )
      expect(JSON.parse(sink.texts.at(-1) ?? '')).toMatchObject({ usage: { prompt_tokens: 6, completion_tokens: 4 } })
    }
  }
  expect(bench.records.map(({ cost, cache }) => [cost?.totalUsd, cache])).toEqual([
    [2, 'miss'],
    [0, 'hit'],
    [0, 'hit'],
    [0, 'hit'],
  ])
})

it('a stream under `flag` flows, and what was found is in the record', async () => {
  const bench = chainBench({ c1: two }, saying({ b: ['no'] }), { versions: { b: { output_schema } } })
  const { text } = await bench.read(call({ stream: true }))
  expect(text).toBe('no')
  expect(bench.records).toMatchObject([
    { outputCheck: 'mismatch', warnings: [expect.stringMatching(/^step `b`: the answer is not JSON/)] },
  ])
})

it('each call has its own cost, also where the second answer broke off', async () => {
  const versions = { b: { output_schema, on_output_mismatch: 'retry' as const } }
  const bench = chainBench({ c1: two }, saying({ b: ['no', cut] }), { versions })
  const sink = new CollectingSink()
  const { answer } = await bench.ask(call({ stream: true }))
  answer.start(sink)
  expect(textOf(sink)).toBe('no')
  const rows = bench.records[0]?.attempts.map(({ step: name, errorType, usage }) => [
    name,
    errorType,
    usage?.inputTokens,
  ])
  expect(rows).toEqual([
    ['a', null, 3],
    ['b', null, 3],
    // Counted by length: it never said.
    ['b', 'upstream_interrupted', expect.not.stringMatching(/^3$/)],
  ])
})
