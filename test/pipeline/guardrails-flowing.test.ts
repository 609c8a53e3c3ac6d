import { describe, expect, it } from 'vitest'
import { CollectingSink, chatBench, snapshotOf } from '../support/chat-bench.ts'
import { scriptedProvider, textChunk } from '../support/scripted-provider.ts'
import { choiceChunk, guardedChat, hello, lastChunk, said, saying, secretWord, turns, webhook } from './guarded-chat.ts'

/** A guarded stream flows as any other: what is held back comes in its place, and whoever reads slowly is waited for. */

describe('text that is held back', () => {
  it('comes before the end that the same event tells', async () => {
    const { ask } = guardedChat({ words: { ...secretWord, action: 'redact', stages: ['output'] } }, (call) => {
      call.head()
      call.chunk(textChunk('a sword'))
      call.chunk(textChunk('fish', 'stop'))
      call.end()
    })
    const { sink } = await ask({ ...hello, stream: true })
    expect(said(sink)).toEqual({ text: 'a <KEYWORD_1>', finish: 'stop' })
    const last = sink.texts.findLastIndex((text) => text.includes('KEYWORD'))
    expect(sink.texts.findIndex((text) => text.includes('"stop"'))).toBeGreaterThanOrEqual(last)
  })

  it('goes on behind the call of a tool that comes between', async () => {
    const call = { index: 0, id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }
    const { ask } = guardedChat({ personal: { type: 'pii', action: 'redact', stages: ['output'] } }, (scripted) => {
      scripted.head()
      scripted.chunk(textChunk('Mail ada.love'))
      scripted.chunk(choiceChunk({ tool_calls: [call] }))
      scripted.chunk(textChunk('lace@example.org now.'))
      scripted.chunk(lastChunk)
      scripted.end()
    })
    const { sink, all } = await ask({ ...hello, stream: true })
    expect(said(sink)).toEqual({ text: 'Mail <EMAIL_1> now.', finish: 'stop' })
    expect(all).not.toMatch(/ada|lace/)
    expect(all).toContain('"name":"f"')
  })
})

describe('while somebody is asked about a window', () => {
  /** A stream whose text somebody is asked about; nobody has answered yet. */
  async function waiting() {
    let pass = (): void => undefined
    const answer = new Promise<{ readonly status: number; readonly text: string }>((resolve) => {
      pass = () => resolve({ status: 200, text: '{"verdict":"pass"}' })
    })
    const acme = scriptedProvider('acme', (call) => {
      call.head()
      call.chunk(textChunk('Hi'))
      call.chunk(lastChunk)
    })
    const { ask } = chatBench([acme], {
      snapshot: snapshotOf({}, { remote: { ...webhook, action: 'block', stages: ['output'] } }),
      guardServices: { callWebhook: () => answer },
    })
    const opened = await ask({ ...hello, stream: true })
    const sink = new CollectingSink()
    opened.answer.start(sink)
    await turns()
    const call = await acme.nthCall(0)
    return { sink, call, pass, resumed: () => call.asked.filter((each) => each === 'resume').length }
  }

  it('the provider is paused, and resumed once, when whoever reads has resumed as well', async () => {
    const { sink, call, pass, resumed } = await waiting()
    expect(call.asked.at(-1)).toBe('pause')
    expect(sink.texts.join('')).not.toContain('Hi')
    sink.flow?.pause()
    pass()
    await turns()
    expect(said(sink).text).toBe('Hi')
    expect(resumed()).toBe(0)
    sink.flow?.resume()
    expect(resumed()).toBe(1)
    call.end()
    await sink.over
    expect(sink.steps.at(-1)).toBe('end')
  })

  it('the provider stays paused, however ready whoever reads is', async () => {
    const { sink, call, pass, resumed } = await waiting()
    sink.flow?.pause()
    sink.flow?.resume()
    expect(resumed()).toBe(0)
    pass()
    await turns()
    expect(resumed()).toBe(1)
    call.end()
    await sink.over
  })
})

describe('a long text that comes again', () => {
  it('is redacted again: only those are remembered in which nothing was found', async () => {
    const { ask, acme, records } = guardedChat({ words: { ...secretWord, action: 'redact', stages: ['input'] } })
    const harmless = 'x '.repeat(300)
    for (const text of [harmless, `${harmless}swordfish`, harmless, `${harmless}swordfish`]) await ask(saying(text))
    const bodies = acme.calls.map(({ call }) => JSON.stringify(call.body))
    expect(bodies.map((body) => body.includes('<KEYWORD_1>'))).toEqual([false, true, false, true])
    expect(bodies.join('')).not.toContain('swordfish')
    expect(records.map(({ guardrails }) => guardrails)).toEqual(['pass', 'redacted:words', 'pass', 'redacted:words'])
  })
})
