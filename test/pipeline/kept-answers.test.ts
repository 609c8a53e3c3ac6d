import { describe, expect, test } from 'vitest'
import { Cancellation } from '../../src/core/cancellation.ts'
import { Fault } from '../../src/core/fault.ts'
import type { JsonObject } from '../../src/core/json.ts'
import { CollectingSink } from '../support/chat-bench.ts'
import { type ScriptedCall, textChunk } from '../support/scripted-provider.ts'
import { type Options, ada, answerStream, answerWhole, kitchen, textOf } from './cached-chat.ts'

describe('nothing is kept or served again', () => {
  test.each<[string, JsonObject, Options]>([
    ['when the version does not say so', { ...ada, model: 'prompt:plain' }, {}],
    ['for a request without a prompt', { model: 'acme/small', messages: [{ role: 'user', content: 'Hi' }] }, {}],
    ['when several answers are asked for', { ...ada, n: 2 }, {}],
    ['when the provider is to keep the answer', { ...ada, store: true }, {}],
    ['when sound is asked for', { ...ada, modalities: ['text', 'audio'], audio: { voice: 'a', format: 'wav' } }, {}],
    ['when the request says no-store', ada, { headers: { 'cache-control': 'No-Store, max-age=0' } }],
  ])('%s', async (_what, body, options) => {
    const { ask, acme, observations } = kitchen(answerWhole('Hello.'))
    expect((await ask(body, options)).cache).toBe('off')
    expect((await ask(body, options)).cache).toBe('off')
    expect(acme.calls).toHaveLength(2)
    expect(observations.filter(({ type }) => type === 'cache-stored')).toEqual([])
  })

  const choice = (message: JsonObject, reason: string | null): JsonObject => ({
    choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: reason }],
  })
  test.each<[string, JsonObject]>([
    ['that a filter cut', choice({ content: 'He' }, 'content_filter')],
    ['that the model broke off', choice({ content: 'He' }, 'length')],
    ['that ended for a reason nobody knows', choice({ content: 'He' }, 'error')],
    ['that gave no reason to end', choice({ content: 'He' }, null)],
    ['that says nothing', choice({ content: '' }, 'stop')],
    ['that refuses', choice({ content: null, refusal: 'No.' }, 'stop')],
    ['without choices', { choices: [] }],
    ['that is too large', choice({ content: 'x'.repeat(1 << 16) }, 'stop')],
  ])('of an answer %s', async (_what, changes) => {
    const { ask, acme } = kitchen(answerWhole('', changes))
    expect((await ask(ada)).cache).toBe('miss')
    expect((await ask(ada)).cache).toBe('miss')
    expect(acme.calls).toHaveLength(2)
  })

  test('but an answer cut at the bound the request set is complete', async () => {
    const { ask } = kitchen(answerWhole('', choice({ content: 'Yes' }, 'length')))
    await ask({ ...ada, max_tokens: 1 })
    expect((await ask({ ...ada, max_tokens: 1 })).cache).toBe('hit')
  })

  test('and one that calls a tool and says nothing is complete', async () => {
    const calls = [{ id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } }]
    const { ask } = kitchen(answerWhole('', choice({ content: null, tool_calls: calls }, 'tool_calls')))
    await ask(ada)
    const { body, cache } = await ask(ada)
    expect(cache).toBe('hit')
    expect(body).toMatchObject({ choices: [{ message: { tool_calls: calls } }] })
  })

  test('of a stream that is too large, however small its pieces are', async () => {
    const pieces = Array.from({ length: 200 }, () => 'x'.repeat(500))
    const { ask } = kitchen(answerStream(...pieces))
    await ask({ ...ada, stream: true })
    expect((await ask(ada)).cache).toBe('miss')
    const small = kitchen(answerStream(...pieces.slice(0, 100)))
    await small.ask({ ...ada, stream: true })
    expect((await small.ask(ada)).cache).toBe('hit')
  })

  test.each<[string, (call: ScriptedCall) => void]>([
    [
      'a stream that broke off',
      (call) => {
        call.head()
        call.chunk(textChunk('Hel'))
        call.fail(new Fault('upstream_interrupted', 'gone'))
      },
    ],
    [
      'an answer with another status',
      (call) => {
        call.head({ status: 203 })
        call.chunk(textChunk('Hello.', 'stop'))
        call.end()
      },
    ],
  ])('of %s', async (_what, script) => {
    const { ask, acme } = kitchen((call, number) => (number === 0 ? script(call) : answerStream('Hello.')(call)))
    await ask({ ...ada, stream: true })
    const second = await ask({ ...ada, stream: true })
    expect(second.cache).toBe('miss')
    expect(textOf(second.sink)).toBe('Hello.')
    expect(acme.calls).toHaveLength(2)
  })

  test('of an error', async () => {
    const { open, ask, acme } = kitchen((call, number) => {
      if (number === 0) call.fail(new Fault('upstream_rejected', 'no', { status: 400 }))
      else answerWhole('Hello.')(call)
    })
    await expect(open(ada)).rejects.toMatchObject({ fault: { kind: 'upstream_rejected' } })
    expect((await ask(ada)).cache).toBe('miss')
    expect(acme.calls).toHaveLength(2)
  })

  test('of an answer whose client hung up', async () => {
    const { open, ask, acme } = kitchen((call, number) => {
      if (number === 1) answerStream('Hello.')(call)
    })
    const cancellation = new Cancellation()
    const opening = open({ ...ada, stream: true }, { cancellation })
    const call = await acme.nthCall(0)
    call.head()
    call.chunk(textChunk('Hel'))
    const { answer } = await opening
    answer.start(new CollectingSink())
    cancellation.cancel(new Fault('client_closed', 'gone'))
    call.chunk(textChunk('lo', 'stop'))
    call.end()
    expect((await ask({ ...ada, stream: true })).cache).toBe('miss')
  })
})
