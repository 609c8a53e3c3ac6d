import { describe, expect, test } from 'vitest'
import type { AnswerCache } from '../../src/cache/answer-cache.ts'
import { Cancellation } from '../../src/core/cancellation.ts'
import { Fault } from '../../src/core/fault.ts'
import type { JsonObject } from '../../src/core/json.ts'
import { withCache } from '../../src/pipeline/cache.ts'
import { runExchange } from '../../src/pipeline/run-exchange.ts'
import type { Asked } from '../../src/pipeline/exchange.ts'
import type { Snapshot } from '../../src/snapshot/snapshot.ts'
import { CollectingSink, chatBench, snapshotOf } from '../support/chat-bench.ts'
import { completion, scriptedProvider } from '../support/scripted-provider.ts'
import {
  type Options,
  ada,
  answerStream,
  answerWhole,
  asking,
  greeting,
  kitchen,
  settled,
  textOf,
  usage,
} from './cached-chat.ts'

describe('a second identical request', () => {
  test('is answered without anybody being asked', async () => {
    const { ask, acme, lookups } = kitchen(answerWhole('Hello, Ada.'))
    const first = await ask(ada)
    const second = await ask(ada)
    expect([first.cache, second.cache]).toEqual(['miss', 'hit'])
    expect(acme.calls).toHaveLength(1)
    expect(second.answered.attempts).toEqual([])
    expect(second.answered.target.provider.id).toBe('acme')
    expect(second.answered.answer.opening).toEqual({ status: 200, stream: false, headers: {}, upstreamRequestId: null })
    expect(lookups()).toEqual(['miss', 'hit'])
  })

  test('gets the same answer under an id of its own', async () => {
    const { ask } = kitchen(answerWhole('Hello, Ada.'))
    const first = await ask(ada)
    const second = await ask(ada)
    const { id, ...rest } = second.body
    expect(id).toBe(`chatcmpl-${second.answered.planned.asked.requestId}`)
    expect({ ...rest, id: 'chatcmpl-1' }).toEqual(first.body)
  })

  test('tells who answered when that was not the first choice', async () => {
    const { ask, spare } = kitchen((call) => {
      call.fail(new Fault('upstream_connection', 'away'))
    })
    await ask(ada)
    const second = await ask(ada)
    expect(second.cache).toBe('hit')
    expect(second.answered.target.provider.id).toBe('spare')
    expect(spare.calls).toHaveLength(1)
  })

  test('is told again what the provider could not honour', async () => {
    const { ask } = kitchen((call) => {
      call.head({ warnings: ['`seed` was dropped'] })
      call.chunk(completion('Hello.'))
      call.end()
    })
    await ask(ada)
    expect((await ask(ada)).answered.answer.opening.warnings).toEqual(['`seed` was dropped'])
  })

  test('is asked anew when the time of the answer is over', async () => {
    const { ask, pass } = kitchen(answerWhole('Hello.'))
    await ask(ada)
    pass(60_000)
    expect((await ask(ada)).cache).toBe('miss')
  })
})

describe('a stream', () => {
  test('is answered from a whole answer, in the normal form of a stream', async () => {
    const { ask } = kitchen(answerWhole('Hello, Ada.'))
    await ask(ada)
    const { sink, cache } = await ask({ ...ada, stream: true })
    expect(cache).toBe('hit')
    expect(textOf(sink)).toBe('Hello, Ada.')
    const chunks = sink.texts.map((text) => JSON.parse(text) as JsonObject & { choices: JsonObject[] })
    expect(new Set(chunks.map(({ object, id, created }) => JSON.stringify([object, id, created]))).size).toBe(1)
    expect(chunks.map(({ choices }) => choices[0]?.['finish_reason'])).toEqual([null, 'stop'])
    expect(sink.steps.at(-1)).toBe('end')
  })

  test('is put together for those who want it whole', async () => {
    const { ask, acme } = kitchen(answerStream('Hel', 'lo.'))
    await ask({ ...ada, stream: true })
    const { body, cache } = await ask(ada)
    expect(cache).toBe('hit')
    expect(acme.calls).toHaveLength(1)
    expect(body).toMatchObject({
      object: 'chat.completion',
      choices: [{ index: 0, message: { role: 'assistant', content: 'Hello.' }, finish_reason: 'stop' }],
      usage,
    })
  })

  test.each([
    [true, 1],
    [false, 0],
  ])('include_usage %j: the usage chunk is there %i times, and counted either way', async (wanted, times) => {
    const { ask, bench } = kitchen(answerStream('Hello.'))
    const asks = { ...ada, stream: true, stream_options: { include_usage: wanted } }
    await ask({ ...ada, stream: true })
    const { sink, cache } = await ask(asks)
    expect(cache).toBe('hit')
    expect(sink.texts.filter((text) => (JSON.parse(text) as JsonObject)['usage'] !== undefined)).toHaveLength(times)
    expect(bench.records.at(-1)).toMatchObject({ cache: 'hit', outcome: 'ok' })
  })

  test('comes in pieces when it is long, and no character is torn', async () => {
    const long = `x${'👋'.repeat(5_000)}`
    const args = JSON.stringify({ text: 'y'.repeat(5_000) })
    const call = { id: 'call_1', type: 'function', function: { name: 'say', arguments: args } }
    const message = { role: 'assistant', reasoning_content: 'z'.repeat(5_000), content: long, tool_calls: [call] }
    const { ask } = kitchen(answerWhole('', { choices: [{ index: 0, message, finish_reason: 'tool_calls' }] }))
    await ask(ada)
    const { sink } = await ask({ ...ada, stream: true })
    expect(textOf(sink)).toBe(long)
    const deltas = sink.texts.flatMap((text) => (JSON.parse(text) as { choices: { delta: JsonObject }[] }).choices)
    const texts = deltas.map(({ delta }) => delta['content']).filter((text) => typeof text === 'string')
    expect(texts.length).toBeGreaterThan(1)
    expect(texts.every((text) => text.isWellFormed())).toBe(true)
    expect(sink.texts.every((text) => text.length < 10_000)).toBe(true)
    const order = deltas.flatMap(({ delta }) => Object.keys(delta)).filter((name) => name !== 'role')
    expect([...new Set(order)]).toEqual(['reasoning_content', 'content', 'tool_calls'])
    const calls = deltas.flatMap(({ delta }) => (delta['tool_calls'] as JsonObject[] | undefined) ?? [])
    expect(calls[0]).toMatchObject({ index: 0, id: 'call_1', function: { name: 'say', arguments: '' } })
    expect(calls.map((each) => (each['function'] as { arguments: string }).arguments).join('')).toBe(args)
  })
})

describe('an answer is shared only', () => {
  const same: [string, JsonObject, Options][] = [
    ['the order of the members', { variables: { name: 'Ada' }, model: 'prompt:greeting' }, {}],
    ['whom it is for', { ...ada, user: 'u', safety_identifier: 's', metadata: { user_id: 'x' } }, {}],
    ['hints for caches upstream', { ...ada, prompt_cache_key: 'k', prompt_cache_retention: '24h' }, {}],
    ['the name of the request', ada, { headers: { 'x-client-request-id': 'a', 'idempotency-key': 'b' } }],
    ['the key, with the same scopes', ada, { key: { id: 'key-2', name: 'desk' } }],
  ]
  test.each(same)('whatever %s', async (_what, body, options) => {
    const { ask } = kitchen(answerWhole('Hello.'))
    await ask(ada)
    expect((await ask(body, options)).cache).toBe('hit')
  })

  const other: [string, JsonObject, Options][] = [
    ['scopes of the key', ada, { key: { scopes: ['inference', 'beta'] } }],
    ['variables', { ...ada, variables: { name: 'Eve' } }, {}],
    ['parameters', { ...ada, temperature: 1 }, {}],
    ['tools', { ...ada, tools: [{ type: 'function', function: { name: 'f' } }] }, {}],
    ['response_format', { ...ada, response_format: { type: 'json_object' } }, {}],
    ['messages', { ...ada, messages: [{ role: 'user', content: 'Please.' }] }, {}],
    ['model', { ...ada, model: 'acme/large', prompt_id: 'greeting' }, {}],
    ['prompt', { ...ada, model: 'prompt:parting' }, {}],
    ['account', ada, { headers: { 'openai-organization': 'org-2' } }],
  ]
  test.each(other)('with the same %s', async (_what, body, options) => {
    const { ask } = kitchen(answerWhole('Hello.'))
    await ask(ada)
    expect((await ask(body, options)).cache).toBe('miss')
    expect((await ask(body, options)).cache).toBe('hit')
  })

  test('with the same exact number, also one that JSON.parse rounds', async () => {
    const { ask } = kitchen(answerWhole('Hello.'))
    const text = (seed: string) => `{"model":"prompt:greeting","variables":{"name":"Ada"},"seed":${seed}}`
    await ask({ ...ada, seed: 1 }, { text: text('9007199254740993') })
    expect((await ask({ ...ada, seed: 1 }, { text: text('9007199254740992') })).cache).toBe('miss')
  })

  test('within a tenant, whatever else is the same', async () => {
    const { bench, cache } = kitchen()
    const acme = scriptedProvider('acme', answerWhole('Hello.'))
    const snapshot = snapshotOf({ greeting: [greeting] })
    const theirs: Snapshot = {
      ...snapshot,
      prompts: snapshot.prompts.with(
        [...snapshot.prompts].map(
          ([name, prompt]) => [name.replace('default', 'other'), { ...prompt, tenantId: 'other' }] as const,
        ),
      ),
    }
    const { dependencies } = chatBench([acme], { snapshot })
    const dispatch = withCache(dependencies.dispatch, {
      cache,
      clock: bench.dependencies.ledger.clock,
      observe: () => undefined,
      waitMs: 1_000,
      maxEntryBytes: 1 << 16,
      guardrailPolicy: () => '',
    })
    const cacheOf = async (asked: Asked) => {
      const { answered, answer } = await runExchange({ ...dependencies, dispatch }, asked, new Cancellation())
      const sink = new CollectingSink()
      answer.start(sink)
      await sink.over
      return answered.cache
    }
    expect(await cacheOf(asking(ada, snapshot, {}))).toBe('miss')
    expect(await cacheOf(asking(ada, theirs, { key: { tenantId: 'other' } }))).toBe('miss')
    expect(await cacheOf(asking(ada, snapshot, {}))).toBe('hit')
  })

  test('under the same guardrails', async () => {
    let policy = 'pii:1'
    const { ask } = kitchen(answerWhole('Hello.'), { guardrailPolicy: () => policy })
    await ask(ada)
    policy = 'pii:2'
    expect((await ask(ada)).cache).toBe('miss')
    policy = 'pii:1'
    expect((await ask(ada)).cache).toBe('hit')
  })
})

describe('cache-control of the request', () => {
  test('no-cache asks anew and keeps the new answer', async () => {
    const { ask } = kitchen((call, number) => answerWhole(`answer ${number}`)(call))
    await ask(ada)
    expect((await ask(ada, { headers: { 'cache-control': 'no-cache' } })).cache).toBe('miss')
    expect((await ask(ada)).body).toMatchObject({ choices: [{ message: { content: 'answer 1' } }] })
  })

  test('no-store takes an answer that is there, and keeps none', async () => {
    const { ask } = kitchen(answerWhole('Hello.'))
    await ask(ada)
    expect((await ask(ada, { headers: { 'cache-control': 'no-store' } })).cache).toBe('hit')
  })

  test('both together leave the cache out of it', async () => {
    const { ask, lookups } = kitchen(answerWhole('Hello.'))
    expect((await ask(ada, { headers: { 'cache-control': 'no-cache, no-store' } })).cache).toBe('off')
    expect(lookups()).toEqual([])
  })
})

test('a cache that breaks its promise is a defect, and everybody is answered', async () => {
  const broken: AnswerCache = {
    get: () => Promise.reject(new Error('get')),
    put: () => Promise.reject(new Error('put')),
    purge: () => Promise.resolve(0),
    close: () => Promise.resolve(),
  }
  const { ask, observations } = kitchen(answerWhole('Hello.'), { cache: broken })
  expect((await ask(ada)).cache).toBe('miss')
  await settled()
  expect(observations.filter(({ type }) => type === 'defect')).toHaveLength(2)
})
