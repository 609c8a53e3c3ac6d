import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readConfig } from '../../../src/config.ts'
import { signal } from '../../support/scripted-upstream.ts'
import { anthropicStream, geminiAnswer, messages, request, startWire, type Wire, wholeStream } from './support.ts'

let wire: Wire
beforeAll(async () => {
  wire = await startWire({ PROMPTBOX_FIRST_EVENT_GRACE_MS: '20', PROMPTBOX_KEEPALIVE_MS: '40' })
})
afterAll(() => wire.dispose())

describe('a stream in time', () => {
  it('E08 E09 a silent provider: the head at once, then comments and nothing else', async () => {
    const goOn = signal()
    wire.openai.next(async (answer) => {
      answer.head(200, { 'content-type': 'text/event-stream' })
      await goOn.reached
      for (const event of wholeStream) await answer.event(event)
      answer.end()
    })
    const response = await wire.app.post('/chat/completions', { ...request, stream: true })
    expect(response.status).toBe(200)
    let text = ''
    for await (const piece of response.body ?? []) {
      text += Buffer.from(piece as Uint8Array).toString()
      if (text.split(': keepalive\n\n').length > 3) goOn.give()
    }
    expect(text).toMatch(/^(: keepalive\n\n){3,}data: /)
    expect(text).not.toMatch(/^(event|id|retry):/m)
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true)
  })

  it('E08 unless an operator says otherwise, no client hears nothing for more than 15 s', () => {
    const { limits } = readConfig({}, { cwd: '/nowhere' })
    expect(limits.firstEventGraceMs).toBeLessThanOrEqual(15_000)
    expect(limits.keepaliveMs).toBeLessThanOrEqual(15_000)
  })

  it('E21 each event is passed on before the next one is there, for every kind of provider', async () => {
    for (const [model, events] of [
      [
        'openai/gpt-4o-mini',
        wholeStream.map((each) => `data: ${typeof each === 'string' ? each : JSON.stringify(each)}\n\n`),
      ],
      [
        'anthropic/claude-haiku-4-5',
        anthropicStream.map((each) => `event: ${each.type}\ndata: ${JSON.stringify(each)}\n\n`),
      ],
      [
        'gemini/gemini-2.5-flash',
        ['a', 'b'].map((text) => `data: ${JSON.stringify(geminiAnswer([{ text }]))}\r\n\r\n`),
      ],
    ] as const) {
      const seen = signal()
      const upstream = { openai: wire.openai, anthropic: wire.anthropic, gemini: wire.gemini }[
        model.split('/')[0] as 'openai'
      ]
      upstream.next(async (answer) => {
        answer.head(200, { 'content-type': 'text/event-stream' })
        // The last event waits until the client has seen the text of those before it.
        for (const event of events.slice(0, -1)) await answer.write(event)
        await seen.reached
        await answer.write(events.at(-1) ?? '')
        answer.end()
      })
      const response = await wire.app.post('/chat/completions', { model, messages, stream: true })
      let text = ''
      for await (const piece of response.body ?? []) {
        text += Buffer.from(piece as Uint8Array).toString()
        if (/"content":"(Hello|a)"/.test(text)) seen.give()
      }
      expect(text.endsWith('data: [DONE]\n\n')).toBe(true)
    }
  })
})
