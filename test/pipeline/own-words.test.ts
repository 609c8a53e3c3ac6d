import { describe, expect, it } from 'vitest'
import { Cancellation } from '../../src/core/cancellation.ts'
import type { JsonObject } from '../../src/core/json.ts'
import { runExchange } from '../../src/pipeline/run-exchange.ts'
import type { Provider } from '../../src/providers/provider.ts'
import type { Snapshot } from '../../src/snapshot/snapshot.ts'
import { askedOf, chatBench, CollectingSink, snapshotOf } from '../support/chat-bench.ts'
import { completion, scriptedProvider } from '../support/scripted-provider.ts'

/** Two providers behind one route: `talks` has chat only, `native` the Responses API too. */
const talks = scriptedProvider('talks', (call) => {
  call.head()
  call.chunk(completion('Hi'))
  call.end()
})
const both = scriptedProvider('native', (call) => {
  call.head()
  call.chunk({ id: 'resp_1', object: 'response', status: 'completed', model: 'm', output: [] })
  call.end()
})
const native: Provider = { ...both, endpoints: { chat: both.endpoints.chat, responses: both.endpoints.chat } }

function routed(...models: readonly string[]): Snapshot {
  const targets = models.map((model) => ({ model, when: { max_input_tokens: 1_000_000 } }))
  return {
    ...snapshotOf({
      greet: [{ model: 'r', messages: [{ role: 'system', content: 'Be kind.' }] }],
    }),
    routes: new Map([['r', { slug: 'r', body: { strategy: 'ordered', targets } }]]),
  }
}

async function ask(body: JsonObject, snapshot: Snapshot) {
  const bench = chatBench([talks, native])
  const asked = { ...askedOf(body, snapshot), operation: 'responses' as const, path: '/responses' }
  const { answered, answer } = await runExchange(bench.dependencies, asked, new Cancellation())
  const sink = new CollectingSink()
  answer.start(sink)
  await sink.over
  return { provider: answered.target.provider.id, warnings: bench.records[0]?.warnings }
}

describe('a request that only one of two providers has words for', () => {
  const conversation = { model: 'r', input: 'And then?', conversation: 'conv_1' }

  it('goes to the one that has, and the other is named', async () => {
    const { provider, warnings } = await ask(conversation, routed('talks/m', 'native/m'))
    expect(provider).toBe('native')
    expect(warnings).toEqual(['model `talks/m` cannot be asked this on /responses and was skipped'])
  })

  it('goes there with a prompt too', async () => {
    const { provider } = await ask({ ...conversation, model: 'prompt:greet' }, routed('talks/m', 'native/m'))
    expect(provider).toBe('native')
  })

  it('is a 400 that names the field when nobody has', async () => {
    await expect(ask(conversation, routed('talks/m'))).rejects.toMatchObject({
      fault: { kind: 'invalid_request', param: 'conversation' },
    })
  })
})

describe('what putting a request into other words dropped', () => {
  const truncated: JsonObject = { input: 'Hello', truncation: 'auto' }

  it('is told when the provider was asked in these words', async () => {
    const { warnings } = await ask({ model: 'r', ...truncated }, routed('talks/m'))
    expect(warnings).toEqual([expect.stringContaining('`truncation`')])
  })

  it('is not told when a route only looked at them', async () => {
    expect((await ask({ model: 'r', ...truncated }, routed('native/m'))).warnings).toEqual([])
    expect((await ask({ model: 'prompt:greet', ...truncated }, routed('native/m'))).warnings).toEqual([])
  })

  it('is told once, whoever else says it', async () => {
    const body = { model: 'prompt:greet', input: 'Hello', prompt_variables: { nobody: 1 } }
    expect((await ask(body, routed('native/m', 'talks/m'))).warnings).toEqual([
      'variable `nobody` is not known to the prompt and was ignored',
    ])
  })
})
