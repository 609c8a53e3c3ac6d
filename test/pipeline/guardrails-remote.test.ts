import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import type { guardrailBodySchema } from '../../src/contract/guardrail-body.ts'
import { Cancellation } from '../../src/core/cancellation.ts'
import { Fault } from '../../src/core/fault.ts'
import type { JsonObject } from '../../src/core/json.ts'
import type { RemoteServices } from '../../src/guardrails/remote.ts'
import { ExchangeRefused } from '../../src/pipeline/run-exchange.ts'
import { CollectingSink, chatBench, snapshotOf } from '../support/chat-bench.ts'
import { type ScriptedCall, completion, scriptedProvider, textChunk } from '../support/scripted-provider.ts'

/** Guardrails that ask somebody outside, on whole answers and on streams. */

interface Asked {
  readonly text: string
  readonly context: string
  readonly stage: string
  readonly guardrail: string
}

type Judge = (asked: Asked) => { readonly verdict: string; readonly findings?: readonly object[] } | Promise<never>

const hello = { model: 'acme/small', messages: [{ role: 'user', content: 'Hello' }] }
const remote = { type: 'webhook', settings: { url: 'http://127.0.0.1:9/', timeout_ms: 50 } } as const

function bench(
  guardrails: Readonly<Record<string, z.input<typeof guardrailBodySchema>>>,
  pieces: readonly string[],
  judge: Judge,
) {
  const asked: Asked[] = []
  const callWebhook: RemoteServices['callWebhook'] = async ({ body }) => {
    const question = JSON.parse(body) as Asked
    asked.push(question)
    return { status: 200, text: JSON.stringify(await judge(question)) }
  }
  const acme = scriptedProvider('acme', (call: ScriptedCall): void => {
    call.head()
    if (call.call.stream) {
      for (const piece of pieces) call.chunk(textChunk(piece))
      call.chunk({ ...textChunk(''), choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })
    } else call.chunk(completion(pieces.join('')))
    call.end()
  })
  const { ask, records } = chatBench([acme], { snapshot: snapshotOf({}, guardrails), guardServices: { callWebhook } })
  return {
    acme,
    asked,
    records,
    ask: async (body: JsonObject, cancellation = new Cancellation()) => {
      const { answer } = await ask(body, { cancellation })
      const sink = new CollectingSink()
      answer.start(sink)
      await sink.over
      return said(sink)
    },
  }
}

interface Choice {
  readonly message?: { readonly content?: string }
  readonly delta?: { readonly content?: string }
  readonly finish_reason?: string | null
}

function said(sink: CollectingSink) {
  const choices = sink.texts.flatMap((text) => (JSON.parse(text) as { choices: Choice[] }).choices)
  const text = choices.map(({ message, delta }) => (message ?? delta)?.content ?? '').join('')
  return { text, finish: choices.findLast(({ finish_reason }) => finish_reason)?.finish_reason ?? null }
}

const pass = { verdict: 'pass' }
const bad = (text: string): { readonly verdict: string } => (text.includes('bad') ? { verdict: 'block' } : pass)

describe('on the way in', () => {
  it('hears each text once, without what local guardrails took out of it', async () => {
    const { asked, ask } = bench(
      {
        words: { type: 'keywords', action: 'redact', settings: { words: ['swordfish'] }, order: 200 },
        remote: { ...remote, action: 'block', stages: ['input'], order: 1 },
      },
      ['Hi'],
      () => pass,
    )
    const messages = [
      { role: 'system', content: 'Be kind.' },
      { role: 'user', content: 'It is swordfish.' },
      { role: 'user', content: 'It is swordfish.' },
    ]
    await ask({ ...hello, messages })
    expect(asked.map(({ text }) => text).toSorted()).toEqual(['Be kind.', 'It is <KEYWORD_1>.'])
    expect(asked[0]?.guardrail).toBe('remote')
  })

  it('does not ask again about the history of a conversation', async () => {
    const { asked, ask } = bench({ remote: { ...remote, action: 'block', stages: ['input'] } }, ['Hi'], () => pass)
    const first = [{ role: 'user', content: 'One' }]
    await ask({ ...hello, messages: first })
    await ask({
      ...hello,
      messages: [...first, { role: 'assistant', content: 'Hi' }, { role: 'user', content: 'Two' }],
    })
    expect(asked.map(({ text }) => text)).toEqual(['One', 'Hi', 'Two'])
  })

  it('blocks before the provider is called', async () => {
    const { acme, ask, records } = bench({ remote: { ...remote, action: 'block' } }, ['Hi'], ({ text }) => bad(text))
    const refused = ask({ ...hello, messages: [{ role: 'user', content: 'bad' }] })
    await expect(refused).rejects.toBeInstanceOf(ExchangeRefused)
    expect(acme.calls).toHaveLength(0)
    expect(records[0]).toMatchObject({ outcome: 'blocked', guardrails: 'blocked:remote' })
  })

  it('does not keep a request waiting for one that only flags, and has its word in the record', async () => {
    let answer: (verdict: object) => void = () => undefined
    const verdict = new Promise<object>((resolve) => {
      answer = resolve
    })
    const { acme, ask, records } = bench(
      { remote: { ...remote, settings: { ...remote.settings, timeout_ms: 5_000 }, stages: ['input'] } },
      ['Hi'],
      () => verdict as Promise<never>,
    )
    const answered = ask(hello)
    await acme.nthCall(0)
    answer({ verdict: 'flag' })
    expect(await answered).toEqual({ text: 'Hi', finish: 'stop' })
    expect(records[0]?.guardrailResults).toMatchObject([{ guardrail: 'remote', stage: 'input', verdict: 'flag' }])
  })

  it('redacts what it is told to, and gives it back', async () => {
    const { acme, ask } = bench(
      { remote: { ...remote, action: 'redact', stages: ['input'] } },
      ['Dear <NAME_1>'],
      ({ text }) => ({
        verdict: 'redact',
        findings: [{ kind: 'name', start: text.indexOf('Ada'), end: text.indexOf('Ada') + 3 }],
      }),
    )
    const { text } = await ask({ ...hello, messages: [{ role: 'user', content: 'I am Ada.' }] })
    expect(acme.calls[0]?.call.body).toContain('I am <NAME_1>.')
    expect(text).toBe('Dear Ada')
  })

  it('stops asking when the client hangs up', async () => {
    const cancellation = new Cancellation()
    const { ask } = bench({ remote: { ...remote, action: 'block', stages: ['input'] } }, ['Hi'], () => {
      cancellation.cancel(new Fault('client_closed', 'Gone.'))
      return new Promise<never>(() => undefined)
    })
    await expect(ask(hello, cancellation)).rejects.toMatchObject({ fault: { kind: 'client_closed' } })
  })
})

describe('on the way out', () => {
  const sentences = Array.from(
    { length: 40 },
    (_, n) => `This is sentence ${n} of an answer that goes on for a while. `,
  )
  const long = sentences.join('')

  it.each(['full', 'sync'] as const)('lets a stream go on after the verdict, mode %s', async (stream_mode) => {
    const { asked, ask } = bench(
      { remote: { ...remote, action: 'block', stages: ['output'], stream_mode } },
      long.match(/.{1,7}/gs) ?? [],
      () => pass,
    )
    expect(await ask({ ...hello, stream: true })).toEqual({ text: long, finish: 'stop' })
    expect(asked.map(({ text }) => text).join('')).toBe(long)
    expect(asked.length > 1).toBe(stream_mode === 'sync')
  })

  it('lets nothing of a window through that it blocks', async () => {
    const pieces = `${long}bad ${long}`.match(/.{1,7}/gs) ?? []
    const { ask, records } = bench(
      { remote: { ...remote, action: 'block', stages: ['output'], stream_mode: 'sync' } },
      pieces,
      ({ text }) => bad(text),
    )
    const { text, finish } = await ask({ ...hello, stream: true })
    expect(finish).toBe('content_filter')
    expect(long.startsWith(text)).toBe(true)
    expect(text).not.toBe('')
    expect(records[0]).toMatchObject({ outcome: 'blocked', guardrails: 'blocked:remote' })
  })

  it.each([true, false])(
    'hears the answer of one that only flags before the end is told, stream: %s',
    async (stream) => {
      const { ask, records } = bench({ remote: { ...remote, stages: ['output'] } }, ['so ', 'bad'], ({ text }) =>
        bad(text),
      )
      expect(await ask({ ...hello, stream })).toEqual({ text: 'so bad', finish: 'stop' })
      expect(records[0]?.guardrailResults).toMatchObject([{ stage: 'output', verdict: 'flag', findingCount: 1 }])
    },
  )

  const failures: readonly (readonly [string, Judge])[] = [
    ['hangs', () => new Promise<never>(() => undefined)],
    ['answers nonsense', () => ({ verdict: 'perhaps' })],
    ['finds what is not there', () => ({ verdict: 'block', findings: [{ kind: 'x', start: 5, end: 99_999 }] })],
    ['breaks', () => Promise.reject(new Error('boom'))],
  ]
  const cases = failures.flatMap(([name, judge]) =>
    ([true, false] as const).flatMap((stream) =>
      (['open', 'closed'] as const).map((on_error) => ({ name, judge, stream, on_error })),
    ),
  )
  it.each(cases)('one that $name fails $on_error, stream: $stream', async ({ judge, stream, on_error }) => {
    const { ask, records } = bench(
      { remote: { ...remote, action: 'block', stages: ['output'], on_error } },
      ['Hi'],
      judge,
    )
    const answer = await ask({ ...hello, stream })
    const isClosed = on_error === 'closed'
    expect(answer).toEqual(isClosed ? { text: '', finish: 'content_filter' } : { text: 'Hi', finish: 'stop' })
    expect(records[0]).toMatchObject({
      outcome: isClosed ? 'blocked' : 'ok',
      guardrails: isClosed ? 'blocked:remote;error:remote' : 'error:remote',
      guardrailResults: [{ verdict: 'error', problem: expect.any(String) as string }],
    })
  })
})
