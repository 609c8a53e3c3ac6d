import { describe, expect, it } from 'vitest'
import { createMemoryCache } from '../../src/cache/memory-cache.ts'
import { Cancellation } from '../../src/core/cancellation.ts'
import type { JsonObject } from '../../src/core/json.ts'
import { withCache } from '../../src/pipeline/cache.ts'
import { withOutputCheck } from '../../src/pipeline/check-output.ts'
import { runExchange } from '../../src/pipeline/run-exchange.ts'
import { CollectingSink, askedOf, chatBench, snapshotOf } from '../support/chat-bench.ts'
import { type ScriptedCall, scriptedProvider } from '../support/scripted-provider.ts'
import { hit, miss, policies, say } from './checked-chat.ts'

/** The cache around the check, as a request meets them. */
function kitchen(policy: (typeof policies)[number], answers: readonly ((call: ScriptedCall) => void)[]) {
  const acme = scriptedProvider('acme', (call, number) => answers[number]?.(call))
  const version = {
    model: 'acme/small',
    messages: [{ role: 'user', content: 'Count.' }],
    output_schema: { type: 'object', properties: { count: { type: 'number' } } },
    on_output_mismatch: policy,
    cache_ttl_seconds: 60,
    retries: 0,
  }
  const snapshot = snapshotOf({ counting: [version] })
  const bench = chatBench([acme], { snapshot })
  const clock = { now: () => 0, monotonic: () => 0 }
  const observe = (): void => undefined
  const dispatch = withCache(
    withOutputCheck(bench.dependencies.dispatch, { maxHeldBytes: 1 << 20, keptChars: 1 << 20, observe }),
    {
      cache: createMemoryCache({ maxBytes: 1 << 24, maxEntries: 1_000, maxEntryBytes: 1 << 20 }, clock, observe),
      clock,
      observe,
      waitMs: 0,
      maxEntryBytes: 1 << 16,
      guardrailPolicy: () => '',
    },
  )
  const ask = async (stream: boolean): Promise<string> => {
    const body: JsonObject = { model: 'prompt:counting', stream }
    try {
      const asked = askedOf(body, snapshot)
      const { answered, answer } = await runExchange({ ...bench.dependencies, dispatch }, asked, new Cancellation())
      const sink = new CollectingSink()
      answer.start(sink)
      await sink.over
      return `${answered.cache} ${answered.checked?.result() ?? 'none'}`
    } catch {
      return 'refused'
    }
  }
  return { ask, bench }
}

describe.each([false, true])('streamed: %s', (stream) => {
  it.each(policies)('an answer that met its rule is served again and was checked (%s)', async (policy) => {
    const { ask, bench } = kitchen(policy, [say(hit)])
    expect([await ask(stream), await ask(stream), await ask(!stream)]).toEqual(['miss ok', 'hit ok', 'hit ok'])
    expect(bench.records.map(({ outputCheck }) => outputCheck)).toEqual(['ok', 'ok', 'ok'])
  })

  it.each([
    ['flag', ['miss mismatch', 'miss ok', 'hit ok']],
    ['error', ['refused', 'miss ok', 'hit ok']],
  ] as const)('one that missed is not (%s)', async (policy, expected) => {
    const { ask } = kitchen(policy, [say(miss), say(hit)])
    expect([await ask(stream), await ask(stream), await ask(stream)]).toEqual(expected)
  })

  it('one that was repaired is, and one that missed twice is not', async () => {
    const { ask } = kitchen('retry', [say(miss), say(miss), say(miss), say(hit)])
    expect([await ask(stream), await ask(stream), await ask(stream)]).toEqual([
      'miss mismatch',
      'miss repaired',
      'hit ok',
    ])
  })

  it('a call of a tool is kept, and is still no answer that was checked', async () => {
    const calls = [{ index: 0, id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } }]
    const { ask } = kitchen('error', [say('', 'tool_calls', { tool_calls: calls })])
    expect([await ask(stream), await ask(stream)]).toEqual(['miss none', 'hit none'])
  })
})
