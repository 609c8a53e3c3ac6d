import { describe, expect, it } from 'vitest'
import { Cancellation } from '../../src/core/cancellation.ts'
import { Fault } from '../../src/core/fault.ts'
import { createSend, type SendLimits } from '../../src/pipeline/send.ts'
import type { Target } from '../../src/pipeline/exchange.ts'
import { askedOf, CollectingSink, chatBench, roomyLimits, snapshotOf } from '../support/chat-bench.ts'
import { credential, faultOf, plannedOf, surroundings, targetOf } from '../support/planned.ts'
import { completion, type ScriptedProvider, scriptedProvider, textChunk } from '../support/scripted-provider.ts'

const messages = [{ role: 'user', content: 'Hello' }]

function bench(provider: ScriptedProvider, limits: Partial<SendLimits> = {}, attemptTimeoutMs = 10_000) {
  const around = surroundings()
  const ends: (Fault | null)[] = []
  const call = createSend({ ...roomyLimits, ...limits }, around.clock, () => 'drop')
  const target: Target = { ...targetOf('one/m'), provider, endpoint: provider.endpoints.chat }
  const asked = askedOf({ model: 'one/m', messages, stream: true }, snapshotOf())
  return {
    ...around,
    ends,
    send: (changes: Partial<Target> = {}) => {
      const one = { ...target, ...changes }
      const planned = plannedOf([one], { asked, attemptTimeoutMs })
      return call(planned, one, around.log, around.cancellation, (fault) => ends.push(fault))
    },
  }
}

describe('the first chunk', () => {
  it('that does not come in time ends the attempt before anything was promised', async () => {
    const provider = scriptedProvider('one', (call) => {
      call.head()
    })
    const { send, ends } = bench(provider, { firstChunkTimeoutMs: 5 })
    const fault = await faultOf(send())
    expect(fault).toMatchObject({ kind: 'upstream_timeout', status: 504, mayRetry: false, mayFallOver: true })
    expect(fault.message).toContain('did not begin')
    expect(provider.calls[0]?.asked).toEqual(['abort'])
    expect(ends).toEqual([fault])
  })

  it('that does not come although the stream was opened for the client is an error in it', async () => {
    const provider = scriptedProvider('one', (call) => {
      call.head()
    })
    const { send, ends } = bench(provider, { firstChunkTimeoutMs: 20, firstEventGraceMs: 0 })
    const answer = await send()
    const sink = new CollectingSink()
    answer.start(sink)
    await sink.over
    expect(sink.steps).toEqual(['head', 'fail'])
    expect(sink.fault?.kind).toBe('upstream_timeout')
    expect(ends).toEqual([sink.fault])
  })

  it('is none when it holds tokens and nothing else: what follows may still be tried again', async () => {
    const usage = {
      inputTokens: 3,
      outputTokens: 2,
      cacheReadInputTokens: 0,
      cacheCreationInputTokens: 0,
      reasoningOutputTokens: 0,
    }
    const provider = scriptedProvider('one', (call, number) => {
      call.head()
      call.chunk({}, { ...usage, outputTokens: 1 }, true)
      call.chunk({}, usage, true)
      if (number === 0) return call.fail(new Fault('upstream_error', 'malformed call'))
      call.chunk(textChunk('begun'))
      call.end()
    })
    const { send } = bench(provider)
    expect(await faultOf(send())).toMatchObject({ kind: 'upstream_error', mayRetry: true })
    const sink = new CollectingSink()
    const told: unknown[] = []
    sink.chunk = (chunk) => told.push(chunk.usage)
    ;(await send()).start(sink)
    await sink.over
    expect(told).toEqual([usage, null])
  })

  it('that came leaves the rest of the answer the rest of the time', async () => {
    const provider = scriptedProvider('one', (call) => {
      call.head()
      call.chunk(textChunk('begun'))
    })
    const { send } = bench(provider, { firstChunkTimeoutMs: 2 }, 10)
    const sink = new CollectingSink()
    ;(await send()).start(sink)
    await sink.over
    expect(sink.fault?.message).toContain('did not finish its answer within 10 ms')
  })

  it('is not waited for when the answer is whole, but its head is, which the provider is told', async () => {
    const provider = scriptedProvider('one')
    const { cancellation, log, clock } = surroundings()
    const call = createSend({ ...roomyLimits, firstChunkTimeoutMs: 1 }, clock, () => 'drop')
    const target: Target = { ...targetOf('one/m'), endpoint: provider.endpoints.chat }
    const answer = call(plannedOf([target]), target, log, cancellation)
    const made = await provider.nthCall(0)
    expect(made.call.limits).toMatchObject({ headTimeoutMs: 1, firstChunkTimeoutMs: 1 })
    await new Promise((resolve) => setTimeout(resolve, 5))
    made.head({ stream: false })
    made.chunk(completion('late'))
    made.end()
    await answer
  })

  it('that does not come in time is a reason to ask the next model', async () => {
    const silent = scriptedProvider('one')
    const other = scriptedProvider('two', (call) => {
      call.head()
      call.chunk(textChunk('from two', 'stop'))
      call.end()
    })
    const snapshot = snapshotOf({ greet: [{ messages, model: 'one/m', fallback_models: ['two/n'] }] })
    const { ask } = chatBench([silent, other], { snapshot, limits: { firstChunkTimeoutMs: 5 } })
    const { answered } = await ask({ model: 'prompt:greet', stream: true })
    expect(answered.target.provider.id).toBe('two')
    expect(answered.attempts.map((attempt) => attempt.errorType)).toEqual(['upstream_timeout', null])
  })
})

describe('the end of a call', () => {
  it('is told once, also when it comes long after the opening', async () => {
    const provider = scriptedProvider('one', (call) => {
      call.head()
      call.chunk(textChunk('begun'))
    })
    const { send, ends } = bench(provider)
    await send()
    expect(ends).toEqual([])
    const call = await provider.nthCall(0)
    const reset = new Fault('upstream_interrupted', 'reset')
    call.fail(reset)
    call.end()
    expect(ends).toEqual([reset])
  })

  it('is told of a call that was never made', async () => {
    const provider = scriptedProvider('one')
    const { send, ends, cancellation, log } = bench(provider)
    const broken = new Fault('internal', 'no body')
    await faultOf(
      send({
        body: () => {
          throw broken
        },
      }),
    )
    const gone = new Fault('client_closed', 'gone')
    cancellation.cancel(gone)
    expect(await faultOf(send())).toBe(gone)
    expect(ends).toEqual([broken, gone])
    expect(log).toEqual([])
    expect(provider.calls).toHaveLength(0)
  })
})

describe('an endpoint with a defect', () => {
  it('ends its call and nothing else', async () => {
    const provider = scriptedProvider('one')
    const { send, ends } = bench(provider, { firstChunkTimeoutMs: 1 }, 2)
    const fault = await faultOf(
      send({
        endpoint: () => {
          throw new TypeError('a defect')
        },
      }),
    )
    expect(fault.kind).toBe('internal')
    expect(ends).toEqual([fault])
  })
})

describe('the row of a call', () => {
  it('names the credential, never the secret', async () => {
    const provider = scriptedProvider('one', (call) => {
      call.fail(new Fault('upstream_rate_limited', 'slow down', { upstreamStatus: 429 }))
    })
    const { send, log } = bench(provider)
    await faultOf(send({ credentials: [credential('backup')] }))
    expect(log).toMatchObject([{ credential: 'backup', httpStatus: 429, errorType: 'upstream_rate_limited' }])
    expect(JSON.stringify(log)).not.toContain('secret')
  })
})

describe('the whole way', () => {
  const limited = new Fault('upstream_rate_limited', 'slow down', { retryAfterMs: 600_000 })

  it('tries the next credential at once, within the calls of its target', async () => {
    const provider = scriptedProvider('one', (call) => {
      if (call.call.credential.name !== 'c') call.fail(limited)
      else {
        call.head()
        call.chunk(completion('third'))
        call.end()
      }
    })
    const credentials = ['a', 'b', 'c'].map((name) => ({ ...credential(name), provider: 'one' }))
    const snapshot = { ...snapshotOf(), credentials: new Map([['one', credentials]]) }
    const { ask } = chatBench([provider], { snapshot, retries: 2 })
    const { answered } = await ask({ model: 'one/m', messages })
    expect(answered.attempts.map((attempt) => attempt.credential)).toEqual(['a', 'b', 'c'])
  })

  it('leaves a model alone whose streams die, and answers from the next one', async () => {
    const dying = scriptedProvider('one', (call) => {
      call.head()
      call.chunk(textChunk('begun'))
      call.fail(new Fault('upstream_interrupted', 'reset'))
    })
    const other = scriptedProvider('two', (call) => {
      call.head()
      call.chunk(textChunk('from two', 'stop'))
      call.end()
    })
    const snapshot = snapshotOf({ greet: [{ messages, model: 'one/m', fallback_models: ['two/n'] }] })
    const { ask } = chatBench([dying, other], { snapshot, breaker: true, limits: { breakerConsecutiveFailures: 3 } })
    for (let time = 0; time < 3; time++) {
      const { answer } = await ask({ model: 'prompt:greet', stream: true })
      answer.start(new CollectingSink())
    }
    const { answered } = await ask({ model: 'prompt:greet', stream: true })
    expect(answered.target.provider.id).toBe('two')
    expect(answered.attempts).toHaveLength(1)
    expect(dying.calls).toHaveLength(3)
  })

  it('says 503 with retry-after when there is nobody else, and another such request is under way (no call)', async () => {
    const provider = scriptedProvider('one', (call, number) => {
      if (number < 3) call.fail(new Fault('upstream_error', 'boom'))
    })
    const { ask, records } = chatBench([provider], {
      retries: 0,
      breaker: true,
      limits: { breakerConsecutiveFailures: 3 },
    })
    for (let time = 0; time < 3; time++) await ask({ model: 'one/m', messages }).catch(() => undefined)
    const cancellation = new Cancellation()
    const waiting = ask({ model: 'one/m', messages }, { cancellation }).catch(() => undefined)
    await provider.nthCall(3)
    await ask({ model: 'one/m', messages }).catch(() => undefined)
    expect(records.at(-1)).toMatchObject({ httpStatus: 503, errorType: 'upstream_circuit_open', attempts: [] })
    cancellation.cancel(new Fault('client_closed', 'gone'))
    await waiting
    expect(provider.calls[3]?.asked).toEqual(['abort'])
  })
})
