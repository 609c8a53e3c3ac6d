import { describe, expect, it } from 'vitest'
import { Fault } from '../../src/core/fault.ts'
import { withBreaker } from '../../src/pipeline/breaker.ts'
import type { CircuitSettings } from '../../src/pipeline/circuit.ts'
import type { Target } from '../../src/pipeline/exchange.ts'
import { credential, faultOf, plannedOf, ScriptedSend, surroundings, targetOf } from '../support/planned.ts'

const settings: CircuitSettings = {
  windowMs: 10_000,
  minimumCalls: 10,
  failurePercent: 50,
  consecutiveFailures: 3,
  coolDownMs: 5_000,
  longestCoolDownMs: 20_000,
  probes: 1,
}

const broken = new Fault('upstream_error', 'boom')
const one = targetOf('one/m')
const two = targetOf('two/m')

function bench(script: ScriptedSend) {
  const around = surroundings()
  const { clock, observe, log, cancellation } = around
  const send = withBreaker(script.call, { ...settings, clock, observe })
  const plan = plannedOf([one, two])
  const ask = (target: Target, planned = plan) => send(planned, target, log, cancellation)
  const fail = async (times: number, target = one, fault = broken): Promise<void> => {
    for (let time = 0; time < times; time++) {
      script.outcomes.unshift(fault)
      await faultOf(ask(target))
    }
  }
  return { ...around, ask, fail }
}

describe('a target that keeps failing', () => {
  it('is refused without a call, with the time after which it may be asked again', async () => {
    const script = new ScriptedSend()
    const { ask, fail, clock, log } = bench(script)
    await fail(3)
    clock.pass(1_500)
    const fault = await faultOf(ask(one))
    expect(fault).toMatchObject({
      kind: 'upstream_circuit_open',
      status: 503,
      code: 'upstream_unavailable',
      mayRetry: false,
      mayFallOver: true,
      retryAfterMs: 3_500,
    })
    expect(script.calls).toHaveLength(3)
    expect(log).toHaveLength(3)
  })

  it('is told apart by provider, address and model', async () => {
    const script = new ScriptedSend()
    const { ask, fail } = bench(script)
    await fail(3)
    await ask(targetOf('one/other'))
    await ask(targetOf('one/m', [credential('default', 'http://elsewhere.test/v1')]))
    await ask(two)
    expect(script.calls).toHaveLength(6)
  })

  it('is announced with each change of its state', async () => {
    const { ask, fail, clock, observations } = bench(new ScriptedSend())
    await fail(3)
    clock.pass(5_000)
    await ask(one)
    expect(observations).toMatchObject([
      { type: 'circuit-changed', provider: 'one', model: 'm', host: 'one.test', before: 'closed', state: 'open' },
      { before: 'open', state: 'half-open' },
      { before: 'half-open', state: 'closed' },
    ])
  })

  it.each([
    'upstream_connection',
    'upstream_timeout',
    'upstream_overloaded',
    'upstream_error',
    'upstream_interrupted',
  ] as const)('%s counts', async (kind) => {
    const { ask, fail } = bench(new ScriptedSend())
    await fail(3, one, new Fault(kind, 'failed'))
    expect((await faultOf(ask(one))).kind).toBe('upstream_circuit_open')
  })

  it('is not one that a prompt gives too little time', async () => {
    const { ask } = bench(
      new ScriptedSend(...Array.from({ length: 20 }, () => new Fault('upstream_timeout', 'too slow'))),
    )
    const reference = { id: 'hasty', selector: { kind: 'latest' }, implicit: false } as const
    const prompt = { slug: 'hasty', version: 1, hash: 'h', label: null, category: null, locale: null, reference }
    const hasty = plannedOf([one, two], { prompt, attemptTimeoutMs: 300 })
    for (let time = 0; time < 20; time++) await faultOf(ask(one, hasty))
    await ask(one)
  })

  it.each([
    new Fault('upstream_rejected', 'bad temperature', { status: 400 }),
    new Fault('upstream_rate_limited', 'slow down'),
    new Fault('upstream_authentication', 'bad key'),
    new Fault('upstream_error', 'refused in mid-stream', { type: 'invalid_request_error' }),
    new Fault('internal', 'ours'),
  ])('$kind ($message) does not count', async (fault) => {
    const script = new ScriptedSend()
    const { ask, fail } = bench(script)
    await fail(20, one, fault)
    await ask(one)
    expect(script.calls).toHaveLength(21)
  })
})

describe('an answer that was opened', () => {
  it('and dies in mid-stream is a failure', async () => {
    const script = new ScriptedSend('open', 'open', 'open')
    const { ask } = bench(script)
    for (let time = 0; time < 3; time++) await ask(one)
    for (const call of script.calls) call.end(new Fault('upstream_interrupted', 'reset'))
    expect((await faultOf(ask(one))).kind).toBe('upstream_circuit_open')
  })

  it('and hung up on by its client is neither good nor bad', async () => {
    const script = new ScriptedSend('open')
    const { ask, fail, cancellation } = bench(script)
    await fail(2)
    await ask(one)
    cancellation.cancel(new Fault('client_closed', 'gone'))
    await fail(1)
    expect((await faultOf(ask(one))).kind).toBe('upstream_circuit_open')
  })

  it('and ended by the limit of the whole exchange is not the failure of this call', async () => {
    const script = new ScriptedSend('open')
    const { ask, fail, cancellation } = bench(script)
    await fail(2)
    await ask(one)
    cancellation.cancel(new Fault('upstream_timeout', 'The exchange took too long.'))
    await ask(one)
    expect(script.calls).toHaveLength(4)
  })
})

describe('a probe', () => {
  it('holds its place until its answer is over', async () => {
    const script = new ScriptedSend()
    const { ask, fail, clock } = bench(script)
    await fail(3)
    clock.pass(5_000)
    script.outcomes.push('open')
    await ask(one)
    expect((await faultOf(ask(one))).kind).toBe('upstream_circuit_open')
    script.calls.at(-1)?.end(null)
    await ask(one)
    expect(script.calls).toHaveLength(5)
  })

  it('that dies in mid-stream opens the circuit for twice as long', async () => {
    const script = new ScriptedSend()
    const { ask, fail, clock } = bench(script)
    await fail(3)
    clock.pass(5_000)
    script.outcomes.push('open')
    await ask(one)
    script.calls.at(-1)?.end(new Fault('upstream_interrupted', 'reset'))
    expect((await faultOf(ask(one))).retryAfterMs).toBe(10_000)
  })

  it('leaves its place when its client hangs up', async () => {
    const script = new ScriptedSend()
    const { ask, fail, clock, cancellation } = bench(script)
    await fail(3)
    clock.pass(5_000)
    script.outcomes.push('open')
    await ask(one)
    cancellation.cancel(new Fault('client_closed', 'gone'))
    await ask(one)
    expect(script.calls).toHaveLength(5)
  })
})

describe('a request that has nobody else to ask', () => {
  it('passes an open circuit while no other such request waits for its answer', async () => {
    const script = new ScriptedSend()
    const { ask, fail } = bench(script)
    const alone = plannedOf([one])
    await fail(3)
    script.outcomes.push('open')
    const passed = ask(one, alone)
    expect((await faultOf(ask(one, alone))).kind).toBe('upstream_circuit_open')
    await passed
    await ask(one, alone)
    expect(script.calls).toHaveLength(5)
  })

  it('is one whose every target is left alone', async () => {
    const script = new ScriptedSend()
    const { ask, fail } = bench(script)
    await fail(3, one)
    expect((await faultOf(ask(one))).kind).toBe('upstream_circuit_open')
    await fail(3, two)
    await ask(one)
    expect(script.calls).toHaveLength(7)
  })
})

describe('what is remembered', () => {
  it('is bounded: of more models than that the healthy ones are forgotten, what is left alone is not', async () => {
    const { ask, fail } = bench(new ScriptedSend())
    const healthy = targetOf('one/healthy')
    await fail(3)
    await fail(2, healthy)
    for (let number = 0; number < 1_000; number++) await fail(1, targetOf(`one/invented-${number}`))
    await fail(2, healthy)
    await ask(healthy)
    expect((await faultOf(ask(one))).kind).toBe('upstream_circuit_open')
  })

  it('ends for a target that nobody calls: its state is said to be over', async () => {
    const { fail, clock, observations } = bench(new ScriptedSend())
    await fail(3)
    clock.pass(16 * 60_000)
    await fail(1, two)
    expect(observations.at(-1)).toMatchObject({
      type: 'circuit-changed',
      provider: 'one',
      before: 'open',
      state: 'closed',
    })
  })
})
