import { describe, expect, test } from 'vitest'
import type { AnswerCache } from '../../src/cache/answer-cache.ts'
import { Cancellation } from '../../src/core/cancellation.ts'
import { Fault } from '../../src/core/fault.ts'
import { CollectingSink } from '../support/chat-bench.ts'
import { type ScriptedCall, textChunk } from '../support/scripted-provider.ts'
import { ada, answerWhole, kitchen, settled } from './cached-chat.ts'

describe('identical requests under way at the same time', () => {
  test('wait for one answer', async () => {
    const { ask, acme, lookups } = kitchen()
    const asks = [ask(ada), ask({ ...ada, stream: true }), ask(ada)]
    answerWhole('Hello.')(await acme.nthCall(0))
    const answers = await Promise.all(asks)
    expect(answers.map(({ cache }) => cache)).toEqual(['miss', 'hit', 'hit'])
    expect(new Set(answers.map(({ body }) => body['id'])).size).toBe(3)
    expect(acme.calls).toHaveLength(1)
    expect(lookups()).toEqual(['miss', 'shared', 'shared'])
  })

  test('do not wait for another request', async () => {
    const { ask, acme } = kitchen()
    const asks = [ask(ada), ask({ ...ada, variables: { name: 'Eve' } })]
    answerWhole('Hello, Eve.')(await acme.nthCall(1))
    expect((await asks[1])?.cache).toBe('miss')
    answerWhole('Hello, Ada.')(await acme.nthCall(0))
    expect((await asks[0])?.cache).toBe('miss')
  })

  test('one that comes between the end of the answer and its being stored finds it', async () => {
    const { cache: memory } = kitchen()
    let store = (): void => undefined
    const cache: AnswerCache = {
      ...memory,
      put: (...put) => new Promise((resolve) => (store = () => void memory.put(...put).then(resolve))),
    }
    const { ask, acme } = kitchen(answerWhole('Hello.'), { cache })
    await ask(ada)
    expect((await ask(ada)).cache).toBe('hit')
    store()
    await settled()
    expect((await ask(ada)).cache).toBe('hit')
    expect(acme.calls).toHaveLength(1)
  })

  test.each<[string, (call: ScriptedCall) => void]>([
    [
      'fails',
      (call) => {
        call.fail(new Fault('upstream_rejected', 'no', { status: 400 }))
      },
    ],
    ['gets an answer that cannot be shared', answerWhole('', { choices: [] })],
  ])('of those who waited for one that %s, one asks again and the others wait for it', async (_how, first) => {
    const { ask, acme } = kitchen()
    const asks = [1, 2, 3, 4].map(() => ask(ada))
    const leader = expect(asks[0])
      .resolves.toBeDefined()
      .catch(() => undefined)
    first(await acme.nthCall(0))
    await acme.nthCall(1)
    await settled()
    expect(acme.calls).toHaveLength(2)
    answerWhole('Hello.')(await acme.nthCall(1))
    await leader
    const caches = await Promise.all(asks.slice(1).map(async (each) => (await each).cache))
    expect(caches).toEqual(['miss', 'hit', 'hit'])
  })

  test('after a second failure each goes its own way', async () => {
    const { ask, acme } = kitchen((call, number) => {
      if (number >= 2) answerWhole('Hello.')(call)
    })
    const asks = [1, 2, 3, 4].map(() => ask(ada))
    for (const number of [0, 1]) {
      const failing = expect(asks[number]).rejects.toMatchObject({ fault: { kind: 'upstream_rejected' } })
      ;(await acme.nthCall(number)).fail(new Fault('upstream_rejected', 'no', { status: 400 }))
      await failing
    }
    await Promise.all(asks.slice(2))
    expect(acme.calls).toHaveLength(4)
  })

  test('the leader hanging up does not hurt those who wait', async () => {
    const { open, ask, acme } = kitchen()
    const cancellation = new Cancellation()
    const opening = open({ ...ada, stream: true }, { cancellation })
    const followers = [ask(ada), ask(ada)]
    const call = await acme.nthCall(0)
    call.head()
    call.chunk(textChunk('Hel'))
    const { answer } = await opening
    answer.start(new CollectingSink())
    cancellation.cancel(new Fault('client_closed', 'gone'))
    answerWhole('Hello.')(await acme.nthCall(1))
    expect((await Promise.all(followers)).map(({ cache }) => cache)).toEqual(['miss', 'hit'])
  })

  test('a leader that hangs up before it is answered neither', async () => {
    const { open, ask, acme } = kitchen()
    const cancellation = new Cancellation()
    const leader = expect(open(ada, { cancellation })).rejects.toMatchObject({ fault: { kind: 'client_closed' } })
    const follower = ask(ada)
    await acme.nthCall(0)
    cancellation.cancel(new Fault('client_closed', 'gone'))
    await leader
    answerWhole('Hello.')(await acme.nthCall(1))
    expect((await follower).cache).toBe('miss')
  })

  test('one that waits may hang up at once, and nobody else notices', async () => {
    const { open, ask, acme } = kitchen()
    const leader = ask(ada)
    const cancellation = new Cancellation()
    const follower = expect(open(ada, { cancellation })).rejects.toMatchObject({ fault: { kind: 'client_closed' } })
    const call = await acme.nthCall(0)
    cancellation.cancel(new Fault('client_closed', 'gone'))
    await follower
    expect(call.asked).toEqual([])
    answerWhole('Hello.')(call)
    expect((await leader).cache).toBe('miss')
    expect((await ask(ada)).cache).toBe('hit')
  })

  test('nobody waits longer than the limit, and who comes later waits for the newer one', async () => {
    const { ask, acme } = kitchen(undefined, {
      waitMs: 20,
      clock: { now: Date.now, monotonic: () => performance.now() },
    })
    const slow = ask(ada)
    await acme.nthCall(0)
    const impatient = ask(ada)
    answerWhole('second')(await acme.nthCall(1))
    expect((await impatient).body).toMatchObject({ choices: [{ message: { content: 'second' } }] })
    answerWhole('first')(await acme.nthCall(0))
    expect((await slow).cache).toBe('miss')
  })

  test('with a limit of nothing each goes its own way', async () => {
    const { ask, acme } = kitchen(undefined, { waitMs: 0 })
    const asks = [ask(ada), ask(ada)]
    for (const number of [0, 1]) answerWhole('Hello.')(await acme.nthCall(number))
    expect((await Promise.all(asks)).map(({ cache }) => cache)).toEqual(['miss', 'miss'])
  })
})
