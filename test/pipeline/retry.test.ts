import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Fault } from '../../src/core/fault.ts'
import { dispatch } from '../../src/pipeline/dispatch.ts'
import { withBound } from '../../src/pipeline/resilient-send.ts'
import { type RetrySettings, withRetries } from '../../src/pipeline/retry.ts'
import type { Target } from '../../src/pipeline/exchange.ts'
import type { Send } from '../../src/pipeline/send.ts'
import { faultOf, plannedOf, rowOf, ScriptedSend, someAnswer, surroundings, targetOf } from '../support/planned.ts'

const one = targetOf('one/m')
const two = targetOf('two/m')
const boom = new Fault('upstream_error', 'boom')

function bench(script: ScriptedSend, changes: Partial<RetrySettings> = {}) {
  const around = surroundings()
  const send = withRetries(script.call, {
    firstPauseMs: 0,
    longestPauseMs: 1_000,
    random: () => 0,
    observe: around.observe,
    ...changes,
  })
  return {
    ...around,
    send,
    ask: (retries = 2) => send(plannedOf([one], { retries }), one, around.log, around.cancellation),
  }
}

/** Refuses without a call. */
const refusing =
  (fault: Fault): Send =>
  () =>
    Promise.reject(fault)

describe('retries', () => {
  it('call one target at most 1 + retries times', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(6), fc.nat(8), async (retries, failures) => {
        const script = new ScriptedSend(...Array.from({ length: failures }, () => boom))
        await bench(script)
          .ask(retries)
          .catch(() => undefined)
        expect(script.calls).toHaveLength(Math.min(failures, retries) + 1)
      }),
    )
  })

  it('wait a random share of a bound that doubles', async () => {
    const asked: number[] = []
    const script = new ScriptedSend(boom, boom, boom)
    const { ask } = bench(script, {
      firstPauseMs: 2,
      longestPauseMs: 4,
      random: () => {
        asked.push(script.calls.length)
        return 0.999
      },
    })
    await ask(3)
    expect(asked).toEqual([1, 2, 3])
  })

  it('do not wait longer than the provider lets them hope', async () => {
    const script = new ScriptedSend(new Fault('upstream_overloaded', 'busy', { retryAfterMs: 1_001 }))
    const { ask } = bench(script)
    expect((await faultOf(ask())).retryAfterMs).toBe(1_001)
    expect(script.calls).toHaveLength(1)
  })

  it('try at once again when another credential is the cure, also for what they would not try again', async () => {
    const script = new ScriptedSend(
      new Fault('upstream_rate_limited', 'slow down', { retryAfterMs: 600_000 }),
      new Fault('upstream_authentication', 'bad key'),
    )
    const { ask, observations } = bench(script, { curedInMs: () => 0 })
    await ask(2)
    expect(script.calls).toHaveLength(3)
    expect(observations).toMatchObject([{ willRetry: true }, { willRetry: true }])
  })

  it('count the call with another credential as one of theirs', async () => {
    const script = new ScriptedSend(new Fault('upstream_authentication', 'bad key'))
    const { ask } = bench(script, { curedInMs: () => 0 })
    expect((await faultOf(ask(0))).kind).toBe('upstream_authentication')
    expect(script.calls).toHaveLength(1)
  })

  it('end where no call is made, and say what the last call said', async () => {
    const refused = new Fault('upstream_circuit_open', 'left alone')
    const around = surroundings()
    let calls = 0
    const send = withRetries(
      (_planned, target, log) => {
        if (calls++ > 0) return Promise.reject(refused)
        log.push(rowOf(target))
        return Promise.reject(boom)
      },
      { firstPauseMs: 0, longestPauseMs: 0, random: () => 0, observe: around.observe },
    )
    expect(await faultOf(send(plannedOf([one]), one, around.log, around.cancellation))).toBe(boom)
    expect(around.observations).toHaveLength(1)
    expect(calls).toBe(2)
  })

  it('are over at once when the client hangs up in a pause', async () => {
    const script = new ScriptedSend(new Fault('upstream_error', 'boom', { retryAfterMs: 900 }))
    const { ask, cancellation } = bench(script)
    const refused = faultOf(ask())
    await Promise.resolve()
    cancellation.cancel(new Fault('client_closed', 'gone'))
    expect((await refused).kind).toBe('client_closed')
    expect(script.calls).toHaveLength(1)
  })
})

describe('dispatch', () => {
  const open = (retryAfterMs: number) => new Fault('upstream_circuit_open', 'left alone', { retryAfterMs })

  it('passes over targets that are left alone', async () => {
    const { log, cancellation } = surroundings()
    const send: Send = (_planned, target) =>
      target === one ? Promise.reject(open(1_000)) : Promise.resolve(someAnswer)
    const answered = await dispatch(plannedOf([one, two]), send, log, cancellation)
    expect(answered.target).toBe(two)
    expect(answered.cache).toBe('off')
  })

  it('says how soon the first may be called when all are left alone', async () => {
    const { log, cancellation } = surroundings()
    const send: Send = (_planned, target) => Promise.reject(open(target === one ? 3_000 : 7_000))
    expect((await faultOf(dispatch(plannedOf([one, two]), send, log, cancellation))).retryAfterMs).toBe(3_000)
  })

  it('says what a provider said rather than that another is left alone', async () => {
    const { log, cancellation } = surroundings()
    const script = new ScriptedSend(boom)
    const send: Send = (planned, target, ...rest) =>
      target === one ? script.call(planned, target, ...rest) : refusing(open(3_000))(planned, target, ...rest)
    expect(await faultOf(dispatch(plannedOf([one, two]), send, log, cancellation))).toBe(boom)
  })

  it('passes over a target that has no words for the request, and says so only when there is no other', async () => {
    const { log, cancellation } = surroundings()
    const unaskable = new Fault('invalid_request', '`conversation` has no meaning here')
    const script = new ScriptedSend(boom)
    const send: Send = (planned, target, ...rest) =>
      target === one ? refusing(unaskable)(planned, target, ...rest) : script.call(planned, target, ...rest)
    const ask = (...targets: Target[]): Promise<unknown> => dispatch(plannedOf(targets), send, log, cancellation)
    expect(await faultOf(ask(two, one))).toBe(boom)
    expect(await ask(one, two)).toMatchObject({ target: two })
    expect(await faultOf(ask(one))).toBe(unaskable)
  })

  it('does not take a mistake of ours for a target that cannot be asked', async () => {
    const { log, cancellation } = surroundings()
    const script = new ScriptedSend()
    const send: Send = (planned, target, ...rest) =>
      target === one ? Promise.reject(new TypeError('defect')) : script.call(planned, target, ...rest)
    expect((await faultOf(dispatch(plannedOf([one, two]), send, log, cancellation))).kind).toBe('internal')
    expect(script.calls).toHaveLength(0)
  })

  it('tries no further target once the client has gone', async () => {
    const { log, cancellation } = surroundings()
    const script = new ScriptedSend()
    const send: Send = (planned, target, rows, stop) => {
      cancellation.cancel(new Fault('client_closed', 'gone'))
      return script.calls.length > 0 ? script.call(planned, target, rows, stop) : Promise.reject(boom)
    }
    expect((await faultOf(dispatch(plannedOf([one, two]), send, log, cancellation))).kind).toBe('client_closed')
    expect(script.calls).toHaveLength(0)
  })

  it('makes no more calls for one exchange than its bound, whatever the targets and retries', async () => {
    const { log, cancellation, observe } = surroundings()
    const script = new ScriptedSend(...Array.from({ length: 40 }, () => boom))
    const send = withRetries(withBound(script.call, 7), {
      firstPauseMs: 0,
      longestPauseMs: 0,
      random: () => 0,
      observe,
    })
    const targets = ['a/m', 'b/m', 'c/m', 'd/m', 'e/m'].map((name) => targetOf(name))
    expect(await faultOf(dispatch(plannedOf(targets), send, log, cancellation))).toBe(boom)
    expect(script.calls.map((call) => call.target)).toEqual(['a/m', 'a/m', 'a/m', 'b/m', 'b/m', 'b/m', 'c/m'])
  })
})
