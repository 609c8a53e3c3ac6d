import { describe, expect, it } from 'vitest'
import { Fault } from '../../src/core/fault.ts'
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
  saidIn,
  say,
  usage,
} from './checked-chat.ts'

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
