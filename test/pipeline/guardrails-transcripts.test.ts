import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { Fault } from '../../src/core/fault.ts'
import type { ScriptedCall } from '../support/scripted-provider.ts'
import { block, guardedChat, only, secretWord, verdicts, webhook } from './guarded-chat.ts'

/** Answers that are text without any form: transcripts, subtitles. */

const audio = { operation: 'audio', path: '/audio/transcriptions' } as const
const request = { model: 'acme/whisper', response_format: 'text' }

/** A transcript of these bytes, however they are cut. */
function transcript(text: string, cutAt = 4) {
  return (call: ScriptedCall): void => {
    const bytes = Buffer.from(text)
    call.head({ stream: false, raw: { contentType: 'text/plain', contentLength: bytes.length } })
    for (const json of [bytes.subarray(0, cutAt), bytes.subarray(cutAt)]) {
      call.sink.chunk({ json, value: {}, usage: null, internal: false })
    }
    call.end()
  }
}

describe('a transcript as text', () => {
  it('is refused when a guardrail blocks it: it has no form to say so in', async () => {
    const { refused, records } = guardedChat(
      { words: { ...secretWord, action: 'block', stages: ['output'] } },
      transcript('It is swordfish'),
    )
    const fault = await refused(request, audio)
    expect(fault).toMatchObject({ kind: 'guardrail_blocked', code: 'guardrail_blocked', status: 400 })
    expect(fault.message).toContain('`words`')
    expect(only(records)).toMatchObject({ outcome: 'blocked', guardrails: 'blocked:words' })
    expect(JSON.stringify(records)).not.toContain('swordfish')
  })

  it('is redacted, its length that of what is left in bytes', async () => {
    const left = 'Schön, <KEYWORD_1> für 5 €'
    const { ask, records } = guardedChat(
      { words: { ...secretWord, action: 'redact', stages: ['output'] } },
      // Cut within a character.
      transcript('Schön, swordfish für 5 €', 4),
    )
    const { sink, opening, headers } = await ask(request, audio)
    expect(sink.texts.join('')).toBe(left)
    expect(sink.steps.at(-1)).toBe('end')
    expect(opening.raw).toEqual({ contentType: 'text/plain', contentLength: Buffer.byteLength(left) })
    expect(headers['x-promptbox-guardrails']).toBe('redacted:words')
    expect(only(records).outcome).toBe('ok')
  })

  it('is the bytes of the provider where nothing is found', async () => {
    const { ask, records } = guardedChat(
      { words: { ...secretWord, action: 'block', stages: ['output'] } },
      transcript('Schön, nothing'),
    )
    const { sink, opening, headers } = await ask(request, audio)
    expect(Buffer.from(sink.texts.join('')).length).toBeGreaterThan(0)
    expect(opening.raw?.contentLength).toBe(Buffer.byteLength('Schön, nothing'))
    expect(headers['x-promptbox-guardrails']).toBe('pass')
    expect(verdicts(records)).toEqual(['words/output: pass'])
  })

  it('is judged by somebody outside as well, also by one that only flags', async () => {
    const { ask, records, asked } = guardedChat(
      { remote: { ...webhook, stages: ['output'] } },
      transcript('It is swordfish'),
      {
        judge: async () => {
          await setImmediate()
          return block
        },
      },
    )
    const { headers } = await ask(request, audio)
    expect(asked.map(({ text }) => text)).toEqual(['It is swordfish'])
    expect(headers['x-promptbox-guardrails']).toBe('flagged:remote')
    expect(only(records)).toMatchObject({ outcome: 'ok', guardrails: 'flagged:remote' })
  })

  it('gives nothing of itself when it breaks off before anybody could look', async () => {
    const { ask, records } = guardedChat({ words: { ...secretWord, action: 'block', stages: ['output'] } }, (call) => {
      call.head({ stream: false, raw: { contentType: 'text/plain', contentLength: null } })
      call.sink.chunk({ json: Buffer.from('It is sword'), value: {}, usage: null, internal: false })
      call.fail(new Fault('upstream_interrupted', 'The provider broke off.'))
    })
    const { sink } = await ask(request, audio)
    expect(sink.texts).toEqual([])
    expect(sink.fault?.kind).toBe('upstream_interrupted')
    expect(verdicts(records)).toEqual(['words/output: skipped'])
  })

  it.each([
    ['open', 'error:words'],
    ['closed', 'blocked:words;error:words'],
  ] as const)('is too long to be looked at: fails %s', async (on_error, summary) => {
    const text = 'plain words '.repeat(100)
    const { ask, records } = guardedChat(
      { words: { ...secretWord, action: 'block', on_error, stages: ['output'] } },
      transcript(text),
      { mostHeld: 100 },
    )
    const given = await ask(request, audio).then(
      ({ sink }) => sink.texts.join(''),
      () => 'refused',
    )
    expect(given).toBe(on_error === 'open' ? text : 'refused')
    expect(only(records).guardrails).toBe(summary)
  })
})

describe('speech', () => {
  it('is nothing that can be looked at, and says so', async () => {
    const { ask, records } = guardedChat({ words: { ...secretWord, action: 'block' } }, transcript('RIFF'))
    const { sink } = await ask({ model: 'acme/tts', input: 'Hello' }, { operation: 'audio', path: '/audio/speech' })
    expect(sink.texts.join('')).toBe('RIFF')
    expect(verdicts(records)).toContain('words/output: skipped')
    expect(only(records).guardrails).toBe('skipped:words')
  })

  it('ends when those have spoken who still look at what is to be spoken', async () => {
    const { ask, records } = guardedChat(
      { remote: webhook, words: { ...secretWord, stages: ['output'] } },
      transcript('RIFF'),
    )
    await ask({ model: 'acme/tts', input: 'Hello' }, { operation: 'audio', path: '/audio/speech' })
    expect(verdicts(records)).toContain('remote/input: pass')
  })
})
