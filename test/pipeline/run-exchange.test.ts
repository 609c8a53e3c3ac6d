import { describe, expect, it } from 'vitest'
import { Cancellation } from '../../src/core/cancellation.ts'
import { Fault } from '../../src/core/fault.ts'
import { ExchangeRefused } from '../../src/pipeline/run-exchange.ts'
import { CollectingSink, chatBench, snapshotOf } from '../support/chat-bench.ts'
import { completion, scriptedProvider, textChunk } from '../support/scripted-provider.ts'

const messages = [{ role: 'user', content: 'Hello' }]
const usage = {
  inputTokens: 3,
  outputTokens: 2,
  cacheReadInputTokens: 0,
  cacheCreationInputTokens: 0,
  reasoningOutputTokens: 0,
}

async function refusalOf(promise: Promise<unknown>): Promise<ExchangeRefused> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  )
  if (error instanceof ExchangeRefused) return error
  throw new Error('The exchange was not refused.')
}

describe('an exchange that is answered', () => {
  it('is recorded once, with usage and model, before the end is passed on', async () => {
    const provider = scriptedProvider('one', (call) => {
      call.head({ upstreamRequestId: 'up-1' })
      call.chunk(completion('Hi'), usage)
      call.end()
    })
    const bench = chatBench([provider])
    const { answer } = await bench.ask({ model: 'one/m', messages })
    const recordedAtEnd: number[] = []
    const sink = new CollectingSink()
    const passEnd = sink.end.bind(sink)
    sink.end = () => {
      recordedAtEnd.push(bench.records.length)
      passEnd()
    }
    answer.start(sink)
    expect(recordedAtEnd).toEqual([1])
    expect(bench.records).toHaveLength(1)
    expect(bench.records[0]).toMatchObject({
      outcome: 'ok',
      httpStatus: 200,
      requestModel: 'one/m',
      responseModel: 'scripted-1',
      provider: 'one',
      usage,
      usageSource: 'provider',
      upstreamRequestId: 'up-1',
      finishReasons: ['stop'],
      appName: 'shop',
      snapshotVersion: '7',
      estimate: null,
    })
    expect(bench.records[0]?.attempts).toHaveLength(1)
    expect(JSON.parse(bench.records[0]?.bodies?.response ?? '')).toEqual(completion('Hi'))
  })

  it('puts a stream together for the record and hides chunks that serve our accounting only', async () => {
    const provider = scriptedProvider('one', (call) => {
      call.head()
      call.chunk(textChunk('Hel'))
      call.chunk(textChunk('lo', 'stop'))
      call.chunk({ id: 'chatcmpl-1', choices: [] }, usage, true)
      call.end()
    })
    const bench = chatBench([provider])
    const { answer } = await bench.ask({ model: 'one/m', messages, stream: true })
    const sink = new CollectingSink()
    answer.start(sink)
    expect(sink.texts).toHaveLength(2)
    expect(bench.records[0]).toMatchObject({ outcome: 'ok', stream: true, usage, finishReasons: ['stop'] })
    const response = JSON.parse(bench.records[0]?.bodies?.response ?? '') as {
      choices: [{ message: { content: string } }]
    }
    expect(response.choices[0].message.content).toBe('Hello')
    expect(bench.records[0]?.timeToFirstChunkMs).not.toBeNull()
  })

  it('owes an estimate when the provider said nothing about tokens', async () => {
    const provider = scriptedProvider('one', (call) => {
      call.head()
      call.chunk(textChunk('Hello there', 'stop'))
      call.end()
    })
    const bench = chatBench([provider])
    const { answer } = await bench.ask({ model: 'one/m', messages, stream: true })
    answer.start(new CollectingSink())
    expect(bench.records[0]).toMatchObject({ usage: null, usageSource: null, cost: null })
    expect(bench.records[0]?.estimate?.output).toContain('Hello there')
    expect(bench.records[0]?.estimate?.input).toContain('Hello')
  })
})

describe('where no messages may be kept', () => {
  it.each(['off', 'redacted'] as const)('%s: none goes into the record for counting either', async (bodyPolicy) => {
    const provider = scriptedProvider('one', (call) => {
      call.head()
      call.chunk(textChunk('a secret answer', 'stop'))
      call.end()
    })
    const bench = chatBench([provider], { bodyPolicy })
    const { answer } = await bench.ask({
      model: 'one/m',
      messages: [{ role: 'user', content: 'a secret question' }],
      stream: true,
    })
    answer.start(new CollectingSink())
    expect(JSON.stringify(bench.records[0])).not.toContain('secret')
    expect(bench.records[0]).toMatchObject({ estimate: null, usageSource: 'estimated' })
    expect(bench.records[0]?.usage?.outputTokens).toBeGreaterThan(0)
  })
})

describe('before the first byte', () => {
  it('tries the same target again as often as it may, and sends the same body each time (C16)', async () => {
    const provider = scriptedProvider('one', (call, number) => {
      if (number < 2) call.fail(new Fault('upstream_error', 'boom'))
      else {
        call.head()
        call.chunk(completion('third time'), usage)
        call.end()
      }
    })
    const bench = chatBench([provider], { retries: 2 })
    const { answered } = await bench.ask({ model: 'one/m', messages })
    expect(provider.calls).toHaveLength(3)
    expect(new Set(provider.calls.map((call) => call.call.body)).size).toBe(1)
    expect(answered.attempts.map((attempt) => attempt.errorType)).toEqual(['upstream_error', 'upstream_error', null])
  })

  it('never calls one target more than 1 + retries times', async () => {
    const provider = scriptedProvider('one', (call) => {
      call.fail(new Fault('upstream_overloaded', 'busy'))
    })
    const bench = chatBench([provider], { retries: 2 })
    const refused = await refusalOf(bench.ask({ model: 'one/m', messages }))
    expect(refused.fault.kind).toBe('upstream_overloaded')
    expect(provider.calls).toHaveLength(3)
    expect(bench.records).toHaveLength(1)
    expect(bench.records[0]).toMatchObject({ outcome: 'error', errorType: 'upstream_overloaded', httpStatus: 503 })
    expect(bench.records[0]?.attempts).toHaveLength(3)
  })

  it('does not retry what the provider says about the request itself', async () => {
    const provider = scriptedProvider('one', (call) => {
      call.fail(new Fault('upstream_rejected', 'bad temperature', { status: 400, param: 'temperature' }))
    })
    const bench = chatBench([provider])
    await refusalOf(bench.ask({ model: 'one/m', messages }))
    expect(provider.calls).toHaveLength(1)
  })

  it('falls over to the next model of the prompt when the first has used up its tries', async () => {
    const first = scriptedProvider('one', (call) => {
      call.fail(new Fault('upstream_connection', 'refused'))
    })
    const second = scriptedProvider('two', (call) => {
      call.head()
      call.chunk(completion('from two'), usage)
      call.end()
    })
    const snapshot = snapshotOf({ greet: [{ messages, model: 'one/m', fallback_models: ['two/n'], retries: 1 }] })
    const bench = chatBench([first, second], { snapshot })
    const { answered } = await bench.ask({ model: 'prompt:greet' })
    expect(first.calls).toHaveLength(2)
    expect(answered.target.provider.id).toBe('two')
    expect(JSON.parse(second.calls[0]?.call.body as string)).toMatchObject({ model: 'n', messages })
  })

  it('treats an error as first event of a 200 stream as a failure that may be retried (C10)', async () => {
    const provider = scriptedProvider('one', (call, number) => {
      call.head()
      if (number === 0) call.fail(new Fault('upstream_overloaded', 'overloaded'))
      else {
        call.chunk(textChunk('ok', 'stop'))
        call.end()
      }
    })
    const bench = chatBench([provider])
    const { answered } = await bench.ask({ model: 'one/m', messages, stream: true })
    expect(answered.attempts).toHaveLength(2)
  })

  it('gives up a pause that the provider wants longer than we wait', async () => {
    const provider = scriptedProvider('one', (call) => {
      call.fail(new Fault('upstream_rate_limited', 'slow down', { retryAfterMs: 48_000 }))
    })
    const bench = chatBench([provider])
    const refused = await refusalOf(bench.ask({ model: 'one/m', messages }))
    expect(provider.calls).toHaveLength(1)
    expect(refused.fault.retryAfterMs).toBe(48_000)
  })

  it('opens a silent stream after the grace time, so that the client sees its head', async () => {
    const provider = scriptedProvider('one', (call) => {
      call.head()
    })
    const bench = chatBench([provider], { firstEventGraceMs: 5 })
    const { answer } = await bench.ask({ model: 'one/m', messages, stream: true })
    const sink = new CollectingSink()
    answer.start(sink)
    expect(sink.steps).toEqual(['head'])
    const call = await provider.nthCall(0)
    call.chunk(textChunk('late', 'stop'))
    call.end()
    expect(sink.steps).toEqual(['head', 'chunk', 'flush', 'end'])
  })

  it('ends an attempt that takes too long and aborts its call', async () => {
    const provider = scriptedProvider('one')
    const bench = chatBench([provider], { attemptTimeoutMs: 5, retries: 0 })
    const refused = await refusalOf(bench.ask({ model: 'one/m', messages }))
    expect(refused.fault).toMatchObject({ kind: 'upstream_timeout', status: 504 })
    expect(provider.calls[0]?.asked).toEqual(['abort'])
  })
})

describe('after the first byte', () => {
  it('never tries again; the exchange is incomplete (C21, E16)', async () => {
    const provider = scriptedProvider('one', (call) => {
      call.head()
      call.chunk(textChunk('begun'))
      call.fail(new Fault('upstream_interrupted', 'reset'))
    })
    const bench = chatBench([provider])
    const { answer } = await bench.ask({ model: 'one/m', messages, stream: true })
    const sink = new CollectingSink()
    answer.start(sink)
    expect(sink.fault?.code).toBe('upstream_stream_interrupted')
    expect(sink.steps).not.toContain('end')
    expect(provider.calls).toHaveLength(1)
    expect(bench.records).toHaveLength(1)
    expect(bench.records[0]).toMatchObject({ outcome: 'incomplete', errorType: 'upstream_interrupted' })
    expect(bench.records[0]?.estimate?.output).toContain('begun')
  })
})

describe('a client that hangs up', () => {
  const gone = new Fault('client_closed', 'gone')

  it('before the first byte: the call is aborted, one record says client_closed (F02)', async () => {
    const provider = scriptedProvider('one')
    const bench = chatBench([provider])
    const cancellation = new Cancellation()
    const refused = refusalOf(bench.ask({ model: 'one/m', messages }, { cancellation }))
    const call = await provider.nthCall(0)
    cancellation.cancel(gone)
    expect((await refused).fault.kind).toBe('client_closed')
    expect(call.asked).toEqual(['abort'])
    expect(bench.records).toHaveLength(1)
    expect(bench.records[0]).toMatchObject({ outcome: 'client_closed', httpStatus: 499 })
  })

  it('in mid-stream: the call is aborted, what came is estimated (F01)', async () => {
    const provider = scriptedProvider('one', (call) => {
      call.head()
      call.chunk(textChunk('some text'))
    })
    const bench = chatBench([provider])
    const cancellation = new Cancellation()
    const { answer } = await bench.ask({ model: 'one/m', messages, stream: true }, { cancellation })
    answer.start(new CollectingSink())
    cancellation.cancel(gone)
    expect(provider.calls[0]?.asked).toEqual(['abort'])
    expect(bench.records).toHaveLength(1)
    expect(bench.records[0]).toMatchObject({ outcome: 'client_closed', httpStatus: 200 })
    expect(bench.records[0]?.estimate?.output).toContain('some text')
  })

  it('during the pause before a retry: no further call is made (F04)', async () => {
    const provider = scriptedProvider('one', (call) => {
      call.fail(new Fault('upstream_error', 'boom', { retryAfterMs: 900 }))
    })
    const bench = chatBench([provider])
    const cancellation = new Cancellation()
    const refused = refusalOf(bench.ask({ model: 'one/m', messages }, { cancellation }))
    await provider.nthCall(0)
    // The pause has begun once the failed attempt was noticed.
    await new Promise((resolve) => setImmediate(resolve))
    expect(bench.observations.map((each) => each.type)).toContain('attempt-failed')
    cancellation.cancel(gone)
    expect((await refused).fault.kind).toBe('client_closed')
    expect(provider.calls).toHaveLength(1)
  })

  it('after the last byte: the record stays as it is', async () => {
    const provider = scriptedProvider('one', (call) => {
      call.head()
      call.chunk(completion('done'), usage)
      call.end()
    })
    const bench = chatBench([provider])
    const cancellation = new Cancellation()
    const { answer } = await bench.ask({ model: 'one/m', messages }, { cancellation })
    answer.start(new CollectingSink())
    cancellation.cancel(gone)
    expect(bench.records).toHaveLength(1)
    expect(bench.records[0]?.outcome).toBe('ok')
  })
})

describe('an exchange that cannot be planned', () => {
  it.each([
    ['no model', { messages }, 'invalid_request', 'model'],
    ['no messages (C02)', { model: 'one/m' }, 'invalid_request', 'messages'],
    ['empty messages (C02)', { model: 'one/m', messages: [] }, 'invalid_request', 'messages'],
    ['messages that are no list (C02)', { model: 'one/m', messages: 'hi' }, 'invalid_request', 'messages'],
    ['an unknown provider (A04)', { model: 'nobody/m', messages }, 'model_not_found', 'model'],
    ['an unknown bare name (A04)', { model: 'gpt-nope', messages }, 'model_not_found', 'model'],
    ['an unknown prompt', { model: 'prompt:nope' }, 'prompt_not_found', 'prompt'],
  ])('%s: a clear refusal, one record, no call', async (_name, body, kind, param) => {
    const provider = scriptedProvider('one')
    const bench = chatBench([provider])
    const refused = await refusalOf(bench.ask(body))
    expect(refused.fault).toMatchObject({ kind, param })
    expect(provider.calls).toHaveLength(0)
    expect(bench.records).toHaveLength(1)
    expect(bench.records[0]).toMatchObject({ outcome: 'error', errorType: kind })
  })
})

describe('what goes upstream', () => {
  it("is the client's own text but for the model, when no prompt is named", async () => {
    const provider = scriptedProvider('one')
    const bench = chatBench([provider], { attemptTimeoutMs: 5, retries: 0 })
    await refusalOf(bench.ask({ model: 'one/m', messages, seed: 1, x_custom: { a: [1.5] } }))
    expect(provider.calls[0]?.call.body).toBe(
      '{"model":"m","messages":[{"role":"user","content":"Hello"}],"seed":1,"x_custom":{"a":[1.5]}}',
    )
  })

  it('asks for usage on a stream whose client did not, and says that the chunk is ours', async () => {
    const provider = scriptedProvider('one')
    const bench = chatBench([provider], { attemptTimeoutMs: 5, retries: 0 })
    await refusalOf(
      bench.ask({ model: 'one/m', messages, stream: true, stream_options: { include_obfuscation: false } }),
    )
    const call = provider.calls[0]?.call
    expect(JSON.parse(call?.body as string)).toMatchObject({
      stream_options: { include_obfuscation: false, include_usage: true },
    })
    expect(call?.clientWantsUsage).toBe(false)
  })
})
