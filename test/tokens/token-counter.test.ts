import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { afterEach, describe, expect, it } from 'vitest'
import type { Observation } from '../../src/core/observation.ts'
import { countTokens } from '../../src/tokens/count-tokens.ts'
import {
  type CounterTuning,
  type TokenCounter,
  createTokenCounter,
  estimateByLength,
} from '../../src/tokens/token-counter.ts'

const open: TokenCounter[] = []
afterEach(async () => {
  for (const counter of open.splice(0)) await counter.close()
})

function counterOf(tuning: Partial<CounterTuning> = {}) {
  const observations: Observation[] = []
  let threads = 0
  const { startThread } = tuning
  const counter = createTokenCounter((observation) => observations.push(observation), {
    ...tuning,
    ...(startThread === undefined
      ? {}
      : {
          startThread: () => {
            threads++
            return startThread()
          },
        }),
  })
  open.push(counter)
  return { counter, observations, threads: () => threads }
}

/** A thread of plain JavaScript. */
const thread = (code: string) => () => new Worker(code, { eval: true })
const deaf = thread('require("node:worker_threads").parentPort.on("message", () => {})')
const counting = thread(
  'const { parentPort } = require("node:worker_threads"); parentPort.on("message", ({ id, text }) => parentPort.postMessage({ id, tokens: text.length }))',
)

describe('the token counter', () => {
  it('counts in its thread what the tokenizer counts', async () => {
    const { counter, observations } = counterOf()
    const texts = ['hello world', 'The quick brown fox. '.repeat(50), '東京都に住んでいます', '']
    const counts = await Promise.all(texts.map((text) => counter.count(text, 'openai/gpt-4o-mini')))
    expect(counts).toEqual(
      texts.map((text) => ({ tokens: countTokens(text, 'openai/gpt-4o-mini'), source: 'tokenizer' })),
    )
    expect(observations).toEqual([])
  })

  it('starts no thread before there is something to count, and one for all', async () => {
    const { counter, threads } = counterOf({ startThread: counting })
    expect(threads()).toBe(0)
    expect(await Promise.all([counter.count('abc', 'm'), counter.count('abcd', 'm')])).toEqual([
      { tokens: 3, source: 'tokenizer' },
      { tokens: 4, source: 'tokenizer' },
    ])
    expect(threads()).toBe(1)
  })

  it.each([
    ['dies', thread('throw new Error("no tokenizer here")')],
    ['ends', thread('process.exit(3)')],
    ['does not answer', deaf],
  ])('estimates when the thread %s, says so once, and leaves it alone for a while', async (_, startThread) => {
    const { counter, observations, threads } = counterOf({ startThread, timeoutMs: 300 })
    const text = 'x'.repeat(400)
    const estimated = { tokens: 100, source: 'estimated' }
    expect(await Promise.all([counter.count(text, 'm'), counter.count(text, 'm')])).toEqual([estimated, estimated])
    expect(await counter.count(text, 'm')).toEqual(estimated)
    expect(threads()).toBe(1)
    expect(observations).toMatchObject([{ type: 'defect', where: expect.stringMatching(/^tokens: /) as string }])
  })

  it('tries again after its rest', async () => {
    let isBroken = true
    const startThread = () => (isBroken ? thread('throw new Error("not yet")')() : counting())
    const { counter } = counterOf({ startThread, restMs: 0 })
    expect((await counter.count('abc', 'm')).source).toBe('estimated')
    isBroken = false
    expect(await counter.count('abc', 'm')).toEqual({ tokens: 3, source: 'tokenizer' })
  })

  it('estimates what is too long or one too many', async () => {
    const { counter } = counterOf({ startThread: counting, maxChars: 10, maxWaiting: 1 })
    const [first, second, long] = await Promise.all([
      counter.count('abc', 'm'),
      counter.count('abc', 'm'),
      counter.count('x'.repeat(11), 'm'),
    ])
    expect([first.source, second.source, long.source]).toEqual(['tokenizer', 'estimated', 'estimated'])
  })

  it('gives what waits an estimate when it is closed, and counts no more', async () => {
    const { counter, threads, observations } = counterOf({ startThread: deaf })
    const waiting = counter.count('abcd', 'm')
    await counter.close()
    expect(await waiting).toEqual({ tokens: 1, source: 'estimated' })
    expect(await counter.count('abcd', 'm')).toEqual({ tokens: 1, source: 'estimated' })
    expect(threads()).toBe(1)
    expect(observations).toEqual([])
  })

  it('starts a new thread after an idle one was ended', async () => {
    const started: Worker[] = []
    const startThread = () => {
      const worker = counting()
      started.push(worker)
      return worker
    }
    const { counter } = counterOf({ startThread, idleMs: 0 })
    await counter.count('abc', 'm')
    const [first] = started
    if (first !== undefined) await once(first, 'exit')
    expect(await counter.count('abc', 'm')).toEqual({ tokens: 3, source: 'tokenizer' })
    expect(started).toHaveLength(2)
  })
})

it('an estimate goes by the script', () => {
  expect(estimateByLength('x'.repeat(40)).tokens).toBe(10)
  expect(estimateByLength('東京').tokens).toBe(2)
  expect(estimateByLength('').tokens).toBe(0)
})
