import { describe, expect, it } from 'vitest'
import { Fault } from '../../src/core/fault.ts'
import { CredentialPool, curedByAnother, withCredentials } from '../../src/pipeline/credential-pool.ts'
import type { Target } from '../../src/pipeline/exchange.ts'
import { credential, faultOf, plannedOf, ScriptedSend, surroundings, targetOf } from '../support/planned.ts'

const three = targetOf('one/m', [credential('a'), credential('b'), credential('c')])
const limited = new Fault('upstream_rate_limited', 'slow down')
const unauthorized = new Fault('upstream_authentication', 'bad key')

function bench(script: ScriptedSend, longestPauseMs = 1_000) {
  const around = surroundings()
  const { clock, observe, log, cancellation } = around
  const pool = new CredentialPool({ rateLimitedMs: 10_000, refusedMs: 60_000, clock, observe })
  const send = withCredentials(script.call, pool, longestPauseMs)
  const ask = (target: Target) => send(plannedOf([target]), target, log, cancellation)
  return { ...around, pool, ask }
}

describe('several credentials', () => {
  it('are used in turn', async () => {
    const script = new ScriptedSend()
    const { ask } = bench(script)
    for (let time = 0; time < 6; time++) await ask(three)
    expect(script.credentials).toEqual(['a', 'b', 'c', 'a', 'b', 'c'])
  })

  it('one that is limited rests as long as the provider says, the others go on', async () => {
    const script = new ScriptedSend(new Fault('upstream_rate_limited', 'slow down', { retryAfterMs: 30_000 }))
    const { ask, clock } = bench(script)
    await faultOf(ask(three))
    for (let time = 0; time < 4; time++) await ask(three)
    expect(script.credentials.slice(1)).not.toContain('a')
    clock.pass(30_000)
    for (let time = 0; time < 3; time++) await ask(three)
    expect(script.credentials.slice(5)).toContain('a')
  })

  it('share what one that rests would have got', async () => {
    const script = new ScriptedSend(limited)
    const { ask } = bench(script)
    await faultOf(ask(three))
    for (let time = 0; time < 6; time++) await ask(three)
    expect(script.credentials.slice(1).toSorted()).toEqual(['b', 'b', 'b', 'c', 'c', 'c'])
  })

  it.each([
    ['limited without saying how long', limited, 10_000],
    ['refused', unauthorized, 60_000],
    ['out of credit', new Fault('upstream_rate_limited', 'no credit', { code: 'insufficient_quota' }), 60_000],
  ])('one that is %s rests for a time of its own', async (_name, fault, forMs) => {
    const script = new ScriptedSend(fault)
    const { ask, observations } = bench(script)
    await faultOf(ask(three))
    expect(observations).toEqual([
      { type: 'credential-cooling', provider: 'one', model: 'm', credential: 'a', errorType: fault.kind, forMs },
    ])
  })

  it('rest for the model with which it happened', async () => {
    const script = new ScriptedSend(limited)
    const { ask } = bench(script)
    const other = targetOf('one/other', three.credentials)
    await faultOf(ask(three))
    for (let time = 0; time < 3; time++) await ask(other)
    expect(script.credentials.slice(1).toSorted()).toEqual(['a', 'b', 'c'])
  })

  it('one that was replaced under its name is used at once', async () => {
    const script = new ScriptedSend(unauthorized)
    const { ask } = bench(script)
    await faultOf(ask(three))
    const replaced = targetOf('one/m', [{ ...credential('a'), apiKey: 'another' }, credential('b')])
    await ask(replaced)
    await ask(replaced)
    expect(script.credentials.slice(1).toSorted()).toEqual(['a', 'b'])
  })

  it('what is no fault of a credential sets none aside', async () => {
    const script = new ScriptedSend(new Fault('upstream_error', 'boom'))
    const { ask, observations } = bench(script)
    await faultOf(ask(three))
    expect(observations).toEqual([])
  })
})

describe('when all credentials rest', () => {
  it('a request is refused with the time of the first that is ready', async () => {
    const script = new ScriptedSend(
      new Fault('upstream_rate_limited', '', { retryAfterMs: 30_000 }),
      new Fault('upstream_rate_limited', '', { retryAfterMs: 20_000 }),
      unauthorized,
    )
    const { ask, log } = bench(script)
    for (let time = 0; time < 3; time++) await faultOf(ask(three))
    expect(await faultOf(ask(three))).toMatchObject({
      kind: 'upstream_rate_limited',
      status: 429,
      retryAfterMs: 20_000,
    })
    expect(log).toHaveLength(3)
  })

  it('says that they are refused when that is so, and keeps their secrets', async () => {
    const script = new ScriptedSend(unauthorized, unauthorized, unauthorized)
    const { ask } = bench(script)
    for (let time = 0; time < 3; time++) await faultOf(ask(three))
    const fault = await faultOf(ask(three))
    expect(fault).toMatchObject({ kind: 'upstream_authentication', status: 502 })
    expect(fault.message).not.toContain('secret')
  })

  it('the first that is ready is waited for when that is soon', async () => {
    const soon = new Fault('upstream_rate_limited', '', { retryAfterMs: 5 })
    const script = new ScriptedSend(soon, soon, soon)
    const { ask, clock } = bench(script)
    for (let time = 0; time < 3; time++) await faultOf(ask(three))
    const answer = ask(three)
    clock.pass(5)
    await answer
    expect(script.calls).toHaveLength(4)
  })

  it('a hang-up ends the waiting, and nobody is called', async () => {
    const soon = new Fault('upstream_rate_limited', '', { retryAfterMs: 900 })
    const script = new ScriptedSend(soon, soon, soon)
    const { ask, cancellation } = bench(script)
    for (let time = 0; time < 3; time++) await faultOf(ask(three))
    const refused = faultOf(ask(three))
    cancellation.cancel(new Fault('client_closed', 'gone'))
    expect((await refused).kind).toBe('client_closed')
    expect(script.calls).toHaveLength(3)
  })
})

describe('a circuit that is open', () => {
  const open = new Fault('upstream_circuit_open', 'left alone')

  it('for one address is no reason not to use a credential for another', async () => {
    const target = targetOf('one/m', [
      credential('west', 'http://west.test/v1'),
      credential('east', 'http://east.test/v1'),
    ])
    const script = new ScriptedSend(open)
    const { ask } = bench(script)
    await ask(target)
    expect(script.credentials).toEqual(['west', 'east'])
  })

  it('for their common address is asked once', async () => {
    const script = new ScriptedSend(open)
    const { ask } = bench(script)
    expect(await faultOf(ask(three))).toBe(open)
    expect(script.calls).toHaveLength(1)
  })
})

describe('whether another credential is a cure', () => {
  it('at once, while one is ready; later, when all rest; not at all, when there is only one', async () => {
    const { ask, pool } = bench(new ScriptedSend(limited, limited, unauthorized))
    await faultOf(ask(three))
    expect(curedByAnother(pool, three, limited)).toBe(0)
    await faultOf(ask(three))
    await faultOf(ask(three))
    expect(curedByAnother(pool, three, unauthorized)).toBe(10_000)
    expect(curedByAnother(pool, targetOf('one/m'), limited)).toBeNull()
    expect(curedByAnother(pool, three, new Fault('upstream_error', 'boom'))).toBeNull()
  })
})

describe('a single credential', () => {
  it('never rests, and its target goes on untouched', async () => {
    const only = targetOf('one/m')
    const script = new ScriptedSend(limited, unauthorized)
    const seen: Target[] = []
    const around = surroundings()
    const pool = new CredentialPool({ rateLimitedMs: 1, refusedMs: 1, clock: around.clock, observe: around.observe })
    const send = withCredentials(
      (planned, target, log, cancellation) => {
        seen.push(target)
        return script.call(planned, target, log, cancellation)
      },
      pool,
      0,
    )
    const ask = () => send(plannedOf([only]), only, around.log, around.cancellation)
    await faultOf(ask())
    await faultOf(ask())
    await ask()
    expect(seen.every((target) => target === only)).toBe(true)
    expect(around.observations).toEqual([])
  })
})
