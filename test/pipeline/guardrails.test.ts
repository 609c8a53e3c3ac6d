import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import type { guardrailBodySchema } from '../../src/contract/guardrail-body.ts'
import type { JsonObject } from '../../src/core/json.ts'
import { answerHeaders } from '../../src/routes/answer-headers.ts'
import { ExchangeRefused } from '../../src/pipeline/run-exchange.ts'
import { type BenchOptions, CollectingSink, chatBench, snapshotOf } from '../support/chat-bench.ts'
import { type ScriptedCall, completion, scriptedProvider, textChunk } from '../support/scripted-provider.ts'

type Guardrails = Readonly<Record<string, z.input<typeof guardrailBodySchema>>>

const hello = { model: 'acme/small', messages: [{ role: 'user', content: 'Hello' }] }

/** Answers with these pieces, streamed when a stream is asked for. */
function answers(...pieces: readonly string[]) {
  return (call: ScriptedCall): void => {
    call.head()
    if (call.call.stream) {
      for (const piece of pieces) call.chunk(textChunk(piece))
      call.chunk({ ...textChunk(''), choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })
    } else call.chunk(completion(pieces.join('')))
    call.end()
  }
}

function bench(
  guardrails: Guardrails,
  script: (call: ScriptedCall) => void = answers('Hi'),
  options: BenchOptions = {},
) {
  const acme = scriptedProvider('acme', script)
  const made = chatBench([acme], { snapshot: snapshotOf({}, guardrails), ...options })
  return {
    acme,
    records: made.records,
    async ask(body: JsonObject) {
      const { answered, answer } = await made.ask(body)
      const sink = new CollectingSink()
      answer.start(sink)
      await sink.over
      return { answered, headers: answerHeaders(answered), sink, ...said(sink, body['stream'] === true) }
    },
    refused: (body: JsonObject) =>
      made.ask(body).then(
        () => Promise.reject(new Error('It was not refused.')),
        (error: unknown) => {
          if (error instanceof ExchangeRefused) return error.fault
          throw error
        },
      ),
  }
}

interface Choice {
  readonly message?: { readonly content?: string | null }
  readonly delta?: { readonly content?: string | null }
  readonly finish_reason?: string | null
}

function said(sink: CollectingSink, stream: boolean) {
  const choices = sink.texts.flatMap((text) => (JSON.parse(text) as { choices: Choice[] }).choices)
  const text = choices.map(({ message, delta }) => (stream ? delta : message)?.content ?? '').join('')
  return { text, finish: choices.map(({ finish_reason }) => finish_reason).findLast((reason) => reason) ?? null }
}

const secretWord = { type: 'keywords', settings: { words: ['swordfish'] } } as const

describe('a guardrail on the way in', () => {
  it('blocks before anybody is called, and says which one it was', async () => {
    const { acme, refused, records } = bench({ words: { ...secretWord, action: 'block', stages: ['input'] } })
    const fault = await refused({ ...hello, messages: [{ role: 'user', content: 'The word is swordfish.' }] })
    expect(fault).toMatchObject({ kind: 'guardrail_blocked', status: 400, code: 'guardrail_blocked' })
    expect(fault.message).toContain('`words`')
    expect(fault.headers['x-promptbox-guardrails']).toBe('blocked:words')
    expect(acme.calls).toHaveLength(0)
    expect(records).toMatchObject([
      {
        outcome: 'blocked',
        guardrails: 'blocked:words',
        guardrailResults: [{ guardrail: 'words', stage: 'input', verdict: 'block', findingCount: 1 }],
      },
    ])
    expect(records[0]?.bodies?.request).not.toContain('swordfish')
  })

  it('only says so when it flags', async () => {
    const { ask, records } = bench({ words: { ...secretWord, stages: ['input'] } })
    const { headers, text } = await ask({ ...hello, messages: [{ role: 'user', content: 'swordfish' }] })
    expect(headers['x-promptbox-guardrails']).toBe('flagged:words')
    expect(text).toBe('Hi')
    expect(records[0]).toMatchObject({ outcome: 'ok', guardrails: 'flagged:words' })
  })

  it('counts in shadow mode what it would have done, and does nothing', async () => {
    const { ask, records } = bench({ words: { ...secretWord, action: 'block', mode: 'shadow' } })
    const { headers } = await ask({ ...hello, messages: [{ role: 'user', content: 'swordfish' }] })
    expect(headers['x-promptbox-guardrails']).toBe('pass')
    expect(records[0]?.guardrailResults).toMatchObject([
      { stage: 'input', verdict: 'block', mode: 'shadow' },
      { stage: 'output', verdict: 'pass', mode: 'shadow' },
    ])
  })

  it.each([false, true])('redacts for the model, gives the client its own value back, stream: %s', async (stream) => {
    const script = (call: ScriptedCall): void => {
      const text = JSON.parse(call.call.body as string) as { messages: { content: string }[] }
      const echo = text.messages[0]?.content ?? ''
      answers(...echo.split(/(?=[ _])/))(call)
    }
    const { acme, ask, records } = bench({ words: { ...secretWord, action: 'redact', stages: ['input'] } }, script)
    const { headers, text } = await ask({
      ...hello,
      stream,
      messages: [{ role: 'user', content: 'The word is swordfish, yes swordfish.' }],
    })
    expect(acme.calls[0]?.call.body).toContain('The word is <KEYWORD_1>, yes <KEYWORD_1>.')
    expect(text).toBe('The word is swordfish, yes swordfish.')
    expect(headers['x-promptbox-guardrails']).toBe('redacted:words')
    expect(records[0]?.bodies?.request).toContain('<KEYWORD_1>')
    expect(records[0]?.bodies?.response).toContain('<KEYWORD_1>')
    expect(JSON.stringify(records[0])).not.toContain('swordfish')
  })

  it('leaves alone what a client writes that looks like a placeholder', async () => {
    const { acme, ask } = bench({ words: { ...secretWord, action: 'redact' } }, answers('<KEYWORD_1> <KEYWORD_2>'))
    const { text } = await ask({
      ...hello,
      messages: [{ role: 'user', content: 'My <KEYWORD_1> is swordfish.' }],
    })
    expect(acme.calls[0]?.call.body).toContain('My <KEYWORD_1> is <KEYWORD_2>.')
    expect(text).toBe('<KEYWORD_1> swordfish')
  })

  it('sends the bytes of the client where it finds nothing', async () => {
    const { acme, ask } = bench({ words: { ...secretWord, action: 'redact' } })
    const body = { ...hello, model: 'acme/small', seed: 12 }
    await ask(body)
    expect(acme.calls[0]?.call.body).toBe(JSON.stringify({ ...body, model: 'small' }))
  })
})

describe('a guardrail on the way out', () => {
  const cuttings: readonly (readonly string[])[] = [
    ['Well, swordfish it is, my friend.'],
    ['Well, sword', 'fish it is, my friend.'],
    Array.from('Well, swordfish it is, my friend.'),
    ['Well, ', 'swordfish', ' it is, ', 'my friend.'],
  ]

  it.each(cuttings)('redacts a stream as it does a whole answer: %j …', async (...pieces) => {
    const { ask } = bench({ words: { ...secretWord, action: 'redact' } }, answers(...pieces))
    const streamed = await ask({ ...hello, stream: true })
    const whole = await ask(hello)
    expect(streamed.text).toBe('Well, <KEYWORD_1> it is, my friend.')
    expect(streamed.text).toBe(whole.text)
    expect(whole.headers['x-promptbox-guardrails']).toBe('redacted:words')
  })

  it.each(cuttings)('ends a stream as a filter does, letting nothing of it through: %j …', async (...pieces) => {
    const { ask, records } = bench({ words: { ...secretWord, action: 'block' } }, answers(...pieces))
    const { text, finish, sink } = await ask({ ...hello, stream: true })
    expect('Well, '.startsWith(text)).toBe(true)
    expect(finish).toBe('content_filter')
    expect(sink.steps.at(-1)).toBe('end')
    expect(records[0]).toMatchObject({
      outcome: 'blocked',
      errorType: 'guardrail_blocked',
      guardrails: 'blocked:words',
      httpStatus: 200,
    })
    expect(JSON.stringify(records[0])).not.toContain('swordfish')
  })

  it('gives a whole answer the end of a filter, with nothing in it', async () => {
    const { ask, records } = bench({ words: { ...secretWord, action: 'block' } }, answers('It is swordfish.'))
    const { text, finish, headers } = await ask(hello)
    expect({ text, finish }).toEqual({ text: '', finish: 'content_filter' })
    expect(headers['x-promptbox-guardrails']).toBe('blocked:words')
    expect(records[0]).toMatchObject({ outcome: 'blocked', httpStatus: 200 })
  })

  it('stops the provider at once, and what nobody got is paid for all the same', async () => {
    const acme = scriptedProvider('acme')
    const { ask, records } = chatBench([acme], {
      snapshot: snapshotOf({}, { words: { ...secretWord, action: 'block' } }),
    })
    const opening = ask({ ...hello, stream: true })
    const call = await acme.nthCall(0)
    call.head()
    call.chunk(textChunk('So the word is '))
    const { answer } = await opening
    const sink = new CollectingSink()
    answer.start(sink)
    call.chunk(textChunk('swordfish and '))
    await sink.over
    expect(call.asked).toContain('abort')
    call.chunk(textChunk('more'))
    call.end()
    expect(said(sink, true)).toEqual({ text: 'So the word is ', finish: 'content_filter' })
    expect(records).toHaveLength(1)
    expect(records[0]).toMatchObject({ outcome: 'blocked', estimate: { output: 'So the word is <KEYWORD_1> and ' } })
  })

  it('holds nothing back for a rule that only flags', async () => {
    const { ask, records } = bench({ words: secretWord }, answers('sword', 'fish'))
    const { sink } = await ask({ ...hello, stream: true })
    expect(
      sink.texts.slice(0, 2).map((text) => said({ texts: [text] } as unknown as CollectingSink, true).text),
    ).toEqual(['sword', 'fish'])
    expect(records[0]).toMatchObject({ outcome: 'ok', guardrails: 'flagged:words' })
  })
})

describe('a guardrail that cannot look', () => {
  const broken = { type: 'webhook', settings: { url: 'http://127.0.0.1:9/' } } as const

  it.each([
    ['closed', 'block'],
    ['closed', 'flag'],
  ] as const)('blocks when it fails %s, action %s', async (on_error, action) => {
    const { refused, records, acme } = bench({ remote: { ...broken, action, on_error, stages: ['input'] } })
    const fault = await refused(hello)
    expect(fault.kind).toBe('guardrail_blocked')
    expect(acme.calls).toHaveLength(0)
    expect(records[0]?.guardrailResults).toMatchObject([{ verdict: 'error', problem: expect.any(String) as string }])
    expect(records[0]?.guardrails).toBe('blocked:remote;error:remote')
  })

  it('lets through when it fails open, and says so', async () => {
    const { ask, records } = bench({ remote: { ...broken, action: 'block', on_error: 'open' } })
    const { headers, text } = await ask(hello)
    expect(text).toBe('Hi')
    expect(headers['x-promptbox-guardrails']).toBe('error:remote')
    expect(records[0]?.guardrailResults).toMatchObject([
      { stage: 'input', verdict: 'error' },
      { stage: 'output', verdict: 'error' },
    ])
  })

  it('never counts as a pass when its type is unknown', async () => {
    const { refused } = bench({ odd: { type: 'no-such-type', action: 'block' } })
    expect((await refused(hello)).message).toContain('`odd`')
  })
})
