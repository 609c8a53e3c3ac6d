import { describe, expect, it } from 'vitest'
import { Cancellation } from '../../src/core/cancellation.ts'
import { Fault } from '../../src/core/fault.ts'
import { ExchangeRefused } from '../../src/pipeline/run-exchange.ts'
import { CollectingSink } from '../support/chat-bench.ts'
import { textChunk } from '../support/scripted-provider.ts'
import {
  begin,
  checkedKitchen,
  hit,
  miss,
  operations,
  policies,
  type PromptOperation,
  say,
  usage,
} from './checked-chat.ts'

/** What a client can put together from what it was sent. */
function saidIn(seen: string): string {
  const texts: string[] = []
  for (const line of seen.split('\n').filter((each) => each !== '')) collect(JSON.parse(line), texts)
  return texts.join('')
}

/** Deltas of a stream, or the texts of a whole answer, whatever the operation calls them. */
function collect(value: Record<string, unknown>, texts: string[]): void {
  const choices = (value['choices'] ?? []) as { delta?: Said; message?: Said; text?: string }[]
  for (const { delta, message, text } of choices) texts.push((delta ?? message)?.content ?? text ?? '')
  const delta = value['delta']
  if (typeof delta === 'string' && value['type'] === 'response.output_text.delta') texts.push(delta)
  if (typeof delta === 'object' && delta !== null && 'text' in delta) texts.push(String(delta.text))
  for (const part of (value['content'] ?? []) as { text: string }[]) texts.push(part.text)
  for (const item of (value['output'] ?? []) as { content: { text: string }[] }[])
    for (const part of item.content) texts.push(part.text)
}
interface Said {
  readonly content?: string | null
}

const rows = (Object.keys(operations) as PromptOperation[]).flatMap((operation) =>
  [false, true].flatMap((stream) => policies.map((policy) => ({ operation, stream, policy }))),
)

describe.each(rows)('$operation, streamed: $stream, policy $policy', ({ operation, stream, policy }) => {
  const version = { on_output_mismatch: policy }

  it('gives an answer that meets its rule, after one call', async () => {
    const { ask, acme } = checkedKitchen([say(hit)], version)
    const { seen, result, record } = await ask({ stream }, operation)
    expect(saidIn(seen)).toBe(hit)
    expect(result).toBe('ok')
    expect(record).toMatchObject({ outcome: 'ok', outputCheck: 'ok', warnings: [], usage, cost: { totalUsd: 3 } })
    expect(acme.calls).toHaveLength(1)
  })

  it('does with one that misses what the policy says', async () => {
    const { ask, bench, acme } = checkedKitchen([say(miss), say(hit)], version)
    const { seen, fault, record } = await ask({ stream }, operation)
    expect(bench.records).toHaveLength(1)
    if (policy === 'flag') {
      expect(saidIn(seen)).toBe(miss)
      expect(record).toMatchObject({ outcome: 'ok', outputCheck: 'mismatch' })
      expect(record?.warnings).toEqual(['the answer does not meet its schema: `count` must be a number, not a string'])
    } else if (policy === 'retry') {
      expect(saidIn(seen)).toBe(hit)
      expect(record).toMatchObject({
        outcome: 'ok',
        outputCheck: 'repaired',
        warnings: [],
        usage: { inputTokens: 6, outputTokens: 4 },
        usageSource: 'provider',
        cost: { totalUsd: 6, inputUsd: 2, outputUsd: 4 },
      })
      expect(record?.attempts).toHaveLength(2)
    } else {
      expect(seen).toBe('')
      expect(fault).toMatchObject({ kind: 'output_mismatch', status: 502, code: 'output_mismatch' })
      expect(fault?.message).toContain('`count` must be a number, not a string')
      expect(fault?.message).not.toContain('three')
      expect(record).toMatchObject({
        outcome: 'error',
        errorType: 'output_mismatch',
        httpStatus: 502,
        outputCheck: 'mismatch',
        provider: 'acme',
        usage,
        cost: { totalUsd: 3 },
      })
      expect(record?.bodies?.response).toContain('three')
    }
    expect(acme.calls).toHaveLength(policy === 'retry' ? 2 : 1)
  })
})

describe('retry', () => {
  const retry = { on_output_mismatch: 'retry' } as const

  it('says to the model what it said and what is wrong with it', async () => {
    const { ask, acme } = checkedKitchen([say(miss), say(hit)], retry)
    await ask()
    const { messages } = JSON.parse(acme.calls[1]?.call.body as string) as { messages: { content: string }[] }
    expect(messages).toMatchObject([
      { role: 'user', content: 'Count.' },
      { role: 'assistant', content: miss },
      { role: 'user', content: expect.stringContaining('`count` must be a number, not a string') as unknown },
    ])
    expect(messages[2]?.content).toContain('"required":["count"]')
  })

  it('gives a second answer that misses too, and says so', async () => {
    const { ask } = checkedKitchen([say(miss), say('{}')], retry)
    const { seen, record } = await ask({ stream: true })
    expect(saidIn(seen)).toBe('{}')
    expect(record).toMatchObject({ outputCheck: 'mismatch', usage: { inputTokens: 6 } })
    expect(record?.warnings).toEqual([expect.stringMatching(/`count` is missing.*also when asked again$/) as unknown])
  })

  it('gives the first answer when asking again fails', async () => {
    const { ask, spare } = checkedKitchen(
      [say(miss), (call) => call.fail(new Fault('upstream_overloaded', 'busy'))],
      retry,
    )
    const { seen, record } = await ask()
    expect(saidIn(seen)).toBe(miss)
    expect(record).toMatchObject({ outcome: 'ok', outputCheck: 'mismatch', usage })
    expect(record?.warnings.at(-1)).toContain('upstream_overloaded')
    expect(spare.calls).toHaveLength(0)
  })

  it('gives the first answer when the second breaks off, and counts both', async () => {
    const half = (call: Parameters<ReturnType<typeof say>>[0]): void => {
      call.head()
      begin(call, '{"count"')
      call.fail(new Fault('upstream_interrupted', 'gone'))
    }
    const { ask } = checkedKitchen([say(miss), half], retry)
    const { seen, record } = await ask({ stream: true })
    expect(saidIn(seen)).toBe(miss)
    expect(record).toMatchObject({ outputCheck: 'mismatch', usageSource: 'estimated' })
    expect(record?.usage?.inputTokens).toBeGreaterThan(usage.inputTokens)
  })

  it('says nothing of an empty answer but that it is empty', async () => {
    const { ask, acme } = checkedKitchen([say(''), say(hit)], retry)
    expect((await ask()).result).toBe('repaired')
    const { messages } = JSON.parse(acme.calls[1]?.call.body as string) as { messages: unknown[] }
    expect(messages).toHaveLength(2)
  })
})

describe('what is not an answer is not checked', () => {
  const calls = [{ index: 0, id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } }]
  it.each([
    ['a call of a tool', say('', 'tool_calls', { tool_calls: calls })],
    ['a refusal', say('', 'stop', { refusal: 'No.' })],
    ['what a filter cut', say('{"cou', 'content_filter')],
  ])('%s', async (_what, script) => {
    for (const stream of [false, true]) {
      for (const on_output_mismatch of policies) {
        const { ask, acme } = checkedKitchen([script], { on_output_mismatch })
        const { result, fault, record } = await ask({ stream })
        expect({ result, fault, check: record?.outputCheck }).toEqual({ result: null, fault: null, check: null })
        expect(acme.calls).toHaveLength(1)
      }
    }
  })

  it('but an answer that was cut at its limit is, and says that it was', async () => {
    const { ask } = checkedKitchen([say('{"count"', 'length')], { on_output_mismatch: 'error' })
    expect((await ask()).fault?.message).toContain('it was cut at the limit of tokens')
  })
})

it('checks every choice', async () => {
  const two = (call: Parameters<ReturnType<typeof say>>[0]): void => {
    call.head()
    const choices = [hit, miss].map((content, index) => ({
      index,
      message: { role: 'assistant', content },
      finish_reason: 'stop',
    }))
    call.chunk({ ...textChunk(''), object: 'chat.completion', choices }, usage)
    call.end()
  }
  const { ask } = checkedKitchen([two], {})
  expect((await ask({ n: 2 })).record?.warnings).toEqual([expect.stringContaining('(choice 2)') as unknown])
})

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

it('a stream under flag is passed on piece by piece', async () => {
  const { open, acme } = checkedKitchen([], {})
  const exchange = open({ stream: true })
  const call = await acme.nthCall(0)
  call.head()
  begin(call, '{"c')
  const { answered, answer } = await exchange
  const sink = new CollectingSink()
  answer.start(sink)
  expect(sink.texts).toHaveLength(1)
  expect(answered.checked?.result()).toBeNull()
  begin(call, 'oun')
  expect(sink.texts).toHaveLength(2)
  call.end()
  await sink.over
  expect(answered.checked?.result()).toBe('mismatch')
})
