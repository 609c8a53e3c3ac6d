import { describe, expect, it } from 'vitest'
import type { ChainBody } from '../../src/contract/chain-body.ts'
import { Cancellation } from '../../src/core/cancellation.ts'
import { Fault } from '../../src/core/fault.ts'
import { CollectingSink } from '../support/chat-bench.ts'
import { answerEcho, call, chainBench, refusalOf, row, step } from '../support/chain-bench.ts'
import { textChunk } from '../support/scripted-provider.ts'

describe('a step that fails', () => {
  const failing = (each: Parameters<typeof answerEcho>[0]): void => {
    if (each.call.model === 'b') each.fail(new Fault('upstream_error', 'boom'))
    else answerEcho(each)
  }

  it('has its fallback asked with the same variables, and that is recorded', async () => {
    const bench = chainBench(
      {
        c1: {
          steps: [
            step('a', '{{input.text}}'),
            step('b', '{{steps.a.output}}', { fallback: 'd' }),
            step('c', '{{steps.b.output}}'),
          ],
        },
      },
      failing,
    )
    expect((await bench.read(call({ stream: true }))).text).toBe('c(d(a(hi)))')
    expect(
      bench.records[0]?.attempts.map(({ step: name, prompt, errorType, costUsd }) => [
        name,
        prompt,
        errorType,
        costUsd,
      ]),
    ).toEqual([
      ['a', 'a', null, 1],
      ['b', 'b', 'upstream_error', null],
      ['b', 'd', null, 1],
      ['c', 'c', null, 1],
    ])
    expect(bench.records[0]).toMatchObject({
      outcome: 'ok',
      cost: { totalUsd: 3 },
      warnings: ['step `b`: failed (upstream_error) and its fallback was used'],
    })
  })

  it('may have a text instead, also as the step that streams', async () => {
    const bench = chainBench(
      {
        c1: { steps: [step('a', '{{input.text}}'), step('b', 'x', { fallback: { text: 'Sorry, {{input.text}}.' } })] },
      },
      failing,
    )
    expect((await bench.read(call({ stream: true }))).text).toBe('Sorry, hi.')
    expect(bench.records[0]).toMatchObject({ outcome: 'ok', provider: 'promptbox', cost: { totalUsd: 1 } })
  })

  it('ends the exchange without one, with an error that names it', async () => {
    const bench = chainBench({ c1: row }, failing)
    const { fault } = await refusalOf(bench.ask(call()))
    expect(fault).toMatchObject({ kind: 'upstream_error', status: 502, message: 'Step `b` of chain `c1` failed: boom' })
    expect(bench.records).toMatchObject([
      {
        outcome: 'error',
        errorType: 'upstream_error',
        chain: 'c1',
        usage: { inputTokens: 3 },
        cost: { totalUsd: 1 },
        attempts: [{ step: 'a' }, { step: 'b' }],
      },
    ])
  })

  it('is one whose prompt is not there, too', async () => {
    const bench = chainBench({ c1: { steps: [step('a', 'x'), step('gone', 'x')] } })
    const { fault } = await refusalOf(bench.ask(call()))
    expect(fault).toMatchObject({
      kind: 'prompt_not_found',
      message: expect.stringMatching(/^Step `gone` of chain `c1` failed: There is no prompt/),
    })
  })

  it('a stream that breaks in the last step ends with an error that names it, and with the cost of what came', async () => {
    const bench = chainBench({ c1: { steps: [step('a', 'x'), step('b', 'y', { fallback: 'd' })] } }, (each) => {
      if (each.call.model === 'a') return answerEcho(each)
      each.head()
      each.chunk(textChunk('Half'))
      each.fail(new Fault('upstream_interrupted', 'cut'))
    })
    const { text, sink } = await bench.read(call({ stream: true }))
    expect(text).toBe('Half')
    expect(sink.fault).toMatchObject({ kind: 'upstream_interrupted', message: 'Step `b` of chain `c1` failed: cut' })
    expect(bench.records).toMatchObject([
      { outcome: 'incomplete', usageSource: 'estimated', attempts: [{ step: 'a' }, { step: 'b' }] },
    ])
  })

  it('is one that takes longer than its own limit', async () => {
    const bench = chainBench({ c1: { steps: [step('a', 'x', { timeout_ms: 1, fallback: 'd' })] } }, (each) => {
      if (each.call.model !== 'a') answerEcho(each)
    })
    expect((await bench.read(call())).text).toBe('d(x)')
    expect(bench.one.calls[0]?.asked).toEqual(['abort'])
  })
})

describe('budgets', () => {
  it('no step begins once the money is spent', async () => {
    const bench = chainBench({ c1: { ...row, budget: { usd: 2 } } })
    const { fault } = await refusalOf(bench.ask(call()))
    expect(fault).toMatchObject({
      kind: 'chain_budget_exceeded',
      code: 'chain_budget_exceeded',
      status: 422,
      message: expect.stringMatching(/`c1`.*2 US dollars.*step `c`/),
    })
    expect(bench.records).toMatchObject([{ outcome: 'error', cost: { totalUsd: 2 } }])
  })

  it('a price that nobody knows cannot be held, which is said, and the cost is unknown', async () => {
    const bench = chainBench({
      c1: { steps: [step('a', 'x', { model: 'two/m' }), step('b', 'y')], budget: { usd: 1 } },
    })
    await bench.read(call())
    expect(bench.records[0]).toMatchObject({ cost: null, usage: { inputTokens: 6 } })
    expect(bench.records[0]?.warnings).toEqual([expect.stringContaining('cannot be held')])
  })

  it.each([false, true])('time that is up stops what runs, no fallback is tried (stream: %s)', async (stream) => {
    const bench = chainBench({ c1: { steps: [step('a', 'x', { fallback: 'd' })], budget: { ms: 1 } } }, () => undefined)
    const { fault } = await refusalOf(bench.ask(call({ stream })))
    expect(fault.kind).toBe('chain_budget_exceeded')
    expect(bench.one.calls).toMatchObject([{ asked: ['abort'] }])
    expect(bench.records).toHaveLength(1)
  })

  it('time that is up in the middle of the stream ends it, and says so', async () => {
    const bench = chainBench({ c1: { steps: [step('a', 'x')], budget: { ms: 50 } } }, (each) => {
      each.head()
      each.chunk(textChunk('Half'))
    })
    const { text, sink } = await bench.read(call({ stream: true }))
    expect(text).toBe('Half')
    expect(sink.fault).toMatchObject({ kind: 'chain_budget_exceeded', message: expect.stringContaining('50 ms') })
    expect(bench.one.calls[0]?.asked).toEqual(['abort'])
    expect(bench.records).toMatchObject([{ outcome: 'incomplete', errorType: 'chain_budget_exceeded' }])
  })

  it('questions are bounded, however chains lie in each other', async () => {
    const wide = (prompt: string): ChainBody => ({
      steps: Array.from({ length: 32 }, (_, at) => ({ name: `s${at}`, prompt })),
    })
    const bench = chainBench({ c1: wide('chain:c2'), c2: wide('chain:c3'), c3: wide('a') })
    const { fault } = await refusalOf(bench.ask(call()))
    expect(fault).toMatchObject({ kind: 'chain_budget_exceeded', message: expect.stringContaining('128 questions') })
  })
})

describe('hanging up', () => {
  const hangUp = new Fault('client_closed', 'gone')

  it.each([0, 1])('while step %i is being asked: stops its call, records once', async (number) => {
    const bench = chainBench({ c1: row }, (each, at) => {
      if (at < number) answerEcho(each)
    })
    const cancellation = new Cancellation()
    const asking = refusalOf(bench.ask(call({ stream: true }), { cancellation }))
    const waiting = await bench.one.nthCall(number)
    cancellation.cancel(hangUp)
    expect(waiting.asked).toEqual(['abort'])
    expect((await asking).fault.kind).toBe('client_closed')
    expect(bench.records).toMatchObject([{ outcome: 'client_closed', chain: 'c1' }])
    expect(bench.records[0]?.attempts).toHaveLength(number + 1)
    expect(bench.one.calls).toHaveLength(number + 1)
  })

  it('while the last step streams: stops it, records once', async () => {
    const bench = chainBench({ c1: row }, (each, at) => {
      if (at < 2) return answerEcho(each)
      each.head()
      each.chunk(textChunk('Hel'))
    })
    const cancellation = new Cancellation()
    const { answer } = await bench.ask(call({ stream: true }), { cancellation })
    const sink = new CollectingSink()
    answer.start(sink)
    cancellation.cancel(hangUp)
    expect(bench.one.calls[2]?.asked).toEqual(['abort'])
    expect(sink.fault?.kind).toBe('client_closed')
    expect(bench.records).toMatchObject([{ outcome: 'client_closed' }])
  })

  it('the limit of the whole exchange holds', async () => {
    const bench = chainBench({ c1: { steps: [step('a', 'x', { fallback: 'b' })] } }, () => undefined, {
      exchangeTimeoutMs: 1,
    })
    expect((await refusalOf(bench.ask(call()))).fault).toMatchObject({ kind: 'upstream_timeout' })
    expect(bench.one.calls).toHaveLength(1)
  })
})

describe('a request that cannot be', () => {
  it('names a chain of another tenant', async () => {
    const bench = chainBench({ c1: row }, answerEcho, { tenantId: 'other' })
    expect((await refusalOf(bench.ask(call()))).fault).toMatchObject({ code: 'chain_not_found', status: 404 })
  })

  it.each([
    ['an unknown chain', { model: 'chain:nobody' }, 'model_not_found', 'no chain `nobody`'],
    ['an unknown version', { model: 'chain:c1@9' }, 'model_not_found', 'no version 9'],
    ['a label', { model: 'chain:c1@production' }, 'invalid_request', 'must be the number of a version'],
    ['a malformed id', { model: 'chain:C 1' }, 'invalid_request', 'id of the chain'],
    ['a prompt beside it', { model: 'chain:c1', prompt_id: 'a' }, 'prompt_reference_conflict', '`prompt_id`'],
    ['a version elsewhere', { model: 'chain:c1', prompt_version: 1 }, 'prompt_reference_conflict', '`prompt_version`'],
    ['variables that are none', { model: 'chain:c1', variables: 5 }, 'invalid_request', '`variables`'],
    ['a switch that is none', { model: 'chain:c1', stream: 'true' }, 'invalid_request', '`stream`'],
  ])('%s is refused with what is wrong, and recorded', async (_what, body, kind, words) => {
    const bench = chainBench({ c1: row })
    expect((await refusalOf(bench.ask(body))).fault).toMatchObject({ kind, message: expect.stringContaining(words) })
    expect(bench.records).toMatchObject([{ outcome: 'error', errorType: kind }])
  })
})
