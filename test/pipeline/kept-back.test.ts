import { describe, expect, it } from 'vitest'
import { Cancellation } from '../../src/core/cancellation.ts'
import { Fault } from '../../src/core/fault.ts'
import { ExchangeRefused } from '../../src/pipeline/run-exchange.ts'
import { CollectingSink } from '../support/chat-bench.ts'
import { textChunk } from '../support/scripted-provider.ts'
import { begin, checkedKitchen, hit, miss, saidIn, say, usage } from './checked-chat.ts'

describe('while an answer is kept back', () => {
  it.each(['retry', 'error'] as const)(
    '%s: a hang-up stops the provider at once and is recorded once',
    async (policy) => {
      const { open, acme, bench } = checkedKitchen([], { on_output_mismatch: policy })
      const cancellation = new Cancellation()
      const exchange = open({ stream: true }, 'chat', cancellation)
      const call = await acme.nthCall(0)
      call.head()
      begin(call, '{"count": ')
      cancellation.cancel(new Fault('client_closed', 'gone'))
      await expect(exchange).rejects.toBeInstanceOf(ExchangeRefused)
      expect(call.asked).toEqual(['abort'])
      expect(bench.records).toMatchObject([{ outcome: 'client_closed', outputCheck: null, provider: 'acme' }])
      expect(bench.records[0]?.attempts).toMatchObject([{ errorType: 'client_closed' }])
    },
  )

  it('a hang-up during the second question records what the first cost', async () => {
    const { open, acme, bench } = checkedKitchen([say(miss)], { on_output_mismatch: 'retry' })
    const cancellation = new Cancellation()
    const exchange = open({}, 'chat', cancellation)
    const second = await acme.nthCall(1)
    cancellation.cancel(new Fault('client_closed', 'gone'))
    await expect(exchange).rejects.toBeInstanceOf(ExchangeRefused)
    expect(second.asked).toEqual(['abort'])
    expect(bench.records).toMatchObject([{ outcome: 'client_closed', usage, cost: { totalUsd: 3 } }])
  })

  it('one that breaks off falls over to the next target, because nobody has seen it', async () => {
    const half = (call: Parameters<ReturnType<typeof say>>[0]): void => {
      call.head()
      begin(call, '{"count": 4')
      call.fail(new Fault('upstream_interrupted', 'gone'))
    }
    const { ask, spare } = checkedKitchen([half], { on_output_mismatch: 'error' })
    const { seen, record } = await ask({ stream: true })
    expect(saidIn(seen)).toBe(hit)
    expect(spare.calls).toHaveLength(1)
    expect(record).toMatchObject({ outcome: 'ok', outputCheck: 'ok', provider: 'spare', usageSource: 'estimated' })
    expect(record?.attempts).toMatchObject([{ errorType: 'upstream_interrupted' }, { errorType: null }])
  })

  it('one that breaks off at the last target is an answer that broke off', async () => {
    const half = (call: Parameters<ReturnType<typeof say>>[0]): void => {
      call.head()
      begin(call, '{"count": 4')
      call.fail(new Fault('upstream_interrupted', 'gone'))
    }
    const { ask, bench } = checkedKitchen([half], { on_output_mismatch: 'error', fallback_models: [] })
    const { seen, fault, record } = await ask({ stream: true })
    expect({ seen, kind: fault?.kind }).toEqual({ seen: '', kind: 'upstream_interrupted' })
    expect(bench.records).toHaveLength(1)
    expect(record).toMatchObject({ outcome: 'incomplete', outputCheck: null, provider: 'acme' })
    expect(record?.bodies?.response).toContain('count')
  })

  it('a failure that the provider told in its own words is told to the client, who has heard none of them', async () => {
    const told = (call: Parameters<ReturnType<typeof say>>[0]): void => {
      call.head()
      begin(call, '{"count": 4')
      call.fail(new Fault('upstream_error', 'Out of memory', { code: 'oom', isTold: true }))
    }
    const { ask } = checkedKitchen([told], { on_output_mismatch: 'error', fallback_models: [] })
    const { fault } = await ask({ stream: true })
    expect(fault).toMatchObject({ kind: 'upstream_error', message: 'Out of memory', code: 'oom', isTold: false })
  })

  it('a deadline that passes is the end of it', async () => {
    const begun = (call: Parameters<ReturnType<typeof say>>[0]): void => {
      call.head()
      begin(call, '{"count": ')
    }
    const { ask, acme } = checkedKitchen([begun], { on_output_mismatch: 'retry' }, { exchangeTimeoutMs: 5 })
    const { fault, record } = await ask({ stream: true })
    expect(fault?.kind).toBe('upstream_timeout')
    expect(record?.outcome).toBe('incomplete')
    expect(acme.calls[0]?.asked).toEqual(['abort'])
  })

  it('one that is longer than is kept flows on under retry', async () => {
    const { open, acme, bench } = checkedKitchen([], { on_output_mismatch: 'retry' }, { maxHeldBytes: 500 })
    const exchange = open({ stream: true })
    const call = await acme.nthCall(0)
    call.head()
    begin(call, '{"count": 123}')
    const { answered, answer } = await exchange
    const sink = new CollectingSink()
    answer.start(sink)
    begin(call, ' or so')
    call.chunk({ ...textChunk(''), choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })
    call.end()
    await sink.over
    expect(saidIn(sink.texts.join('\n'))).toBe('{"count": 123} or so')
    expect(answered.checked?.result()).toBe('mismatch')
    expect(acme.calls).toHaveLength(1)
    expect(bench.records).toMatchObject([{ outputCheck: 'mismatch', outcome: 'ok' }])
    expect(bench.records[0]?.warnings[0]).toContain('too long to be kept back')
  })

  it('one that is longer than is kept is refused under error, and the provider is stopped', async () => {
    const endless = (call: Parameters<ReturnType<typeof say>>[0]): void => {
      call.head()
      begin(call, '{"count": 123}')
    }
    const { ask, acme } = checkedKitchen([endless], { on_output_mismatch: 'error' }, { maxHeldBytes: 500 })
    const { fault, record } = await ask({ stream: true })
    expect(fault).toMatchObject({ kind: 'output_mismatch', message: expect.stringContaining('too long') as unknown })
    expect(acme.calls[0]?.asked).toEqual(['abort'])
    expect(record).toMatchObject({ outcome: 'error', attempts: [{ errorType: 'output_mismatch' }] })
  })
})
