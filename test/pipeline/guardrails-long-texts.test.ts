import { describe, expect, it } from 'vitest'
import type { JsonValue } from '../../src/core/json.ts'
import type { ScriptedCall } from '../support/scripted-provider.ts'
import {
  type Guardrails,
  answers,
  block,
  choiceChunk,
  guardedChat,
  hello,
  lastChunk,
  only,
  pass,
  said,
  secretWord,
  verdicts,
  webhook,
} from './guarded-chat.ts'

/** Texts longer than what may be held back, and longer than what is read in one go. */

describe('a stream longer than what may be held back', () => {
  const sentences = Array.from({ length: 100 }, (_, n) => `This is sentence ${n} of it. `)
  const long = sentences.join('')

  it('goes on whole, window by window, when each of them passes', async () => {
    const { ask, records, asked } = guardedChat(
      { remote: { ...webhook, action: 'block', stages: ['output'], stream_mode: 'sync' } },
      answers(...(long.match(/.{1,9}/gs) ?? [])),
      { mostHeld: 1_200 },
    )
    const { sink } = await ask({ ...hello, stream: true })
    expect(said(sink)).toEqual({ text: long, finish: 'stop' })
    expect(asked.map(({ text }) => text).join('')).toBe(long)
    expect(only(records)).toMatchObject({ outcome: 'ok', guardrails: 'pass' })
  })

  const waiting: readonly (readonly [string, Guardrails])[] = [
    ['asks somebody', { full: { ...webhook, action: 'block', stages: ['output'], stream_mode: 'full' } }],
    ['looks here', { full: { ...secretWord, action: 'block', stages: ['output'], stream_mode: 'full' } }],
  ]

  it.each(waiting)('cannot be judged by one that waits for its end and %s: open lets it through', async (_, rules) => {
    const full = { ...rules['full'], type: rules['full']?.type ?? '', on_error: 'open' } as const
    const pieces = [...sentences.slice(0, 20), 'swordfish', ' and a tail.']
    const { ask, records, asked } = guardedChat({ full }, answers(...pieces), { mostHeld: 200, judge: () => block })
    const { sink } = await ask({ ...hello, stream: true })
    expect(said(sink)).toEqual({ text: pieces.join(''), finish: 'stop' })
    expect(asked).toEqual([])
    expect(only(records)).toMatchObject({ outcome: 'ok', guardrails: 'error:full' })
    expect(only(records).guardrailResults).toMatchObject([{ verdict: 'error', problem: expect.any(String) as string }])
  })

  it.each(waiting)('cannot be judged by one that waits for its end and %s: closed blocks it', async (_, rules) => {
    const { ask, records } = guardedChat(rules, answers(...sentences), { mostHeld: 200 })
    const { sink } = await ask({ ...hello, stream: true })
    expect(said(sink)).toEqual({ text: '', finish: 'content_filter' })
    expect(only(records)).toMatchObject({ outcome: 'blocked', guardrails: 'blocked:full;error:full' })
  })

  it.each([true, false])('has the same end as a whole answer of that length, stream %s', async (stream) => {
    const rules: Guardrails = {
      full: { ...secretWord, action: 'block', on_error: 'open', stages: ['output'], stream_mode: 'full' },
    }
    const { ask, records } = guardedChat(rules, answers(long, 'swordfish'), { mostHeld: 100 })
    const { sink } = await ask({ ...hello, stream })
    expect(said(sink).text).toBe(`${long}swordfish`)
    expect(only(records).guardrails).toBe('error:full')
  })

  it('is no pass of one that only flags and could not hear it all', async () => {
    const pieces = [`{"a":"${'x'.repeat(3_000)}`, 'yyy', ' swordfish"}']
    const { ask, records } = guardedChat({ words: { ...secretWord, stages: ['output'] } }, answers(...pieces), {
      mostHeld: 1_000,
    })
    const { sink } = await ask({ ...hello, stream: true, response_format: { type: 'json_object' } })
    expect(said(sink).text).toBe(pieces.join(''))
    expect(verdicts(records)).toEqual(['words/output: error'])
  })
})

describe('a long result of a tool that comes whole in a Responses stream', () => {
  const harmless = 'Perfectly harmless words. '.repeat(400)
  const stream = (output: string) => {
    const item = { id: 'm1', type: 'mcp_call', name: 'x', arguments: '{}', output, status: 'completed' }
    const response = { id: 'r', object: 'response', output: [] as JsonValue[] }
    return (call: ScriptedCall): void => {
      call.head()
      call.chunk({ type: 'response.created', sequence_number: 0, response })
      call.chunk({ type: 'response.output_item.done', sequence_number: 1, output_index: 0, item })
      call.chunk({ type: 'response.completed', sequence_number: 2, response: { ...response, output: [item] } })
      call.end()
    }
  }
  const request = { model: 'acme/small', input: 'Hi', stream: true }
  const responses = { operation: 'responses', path: '/responses' } as const

  it.each(['flag', 'redact', 'block'] as const)('goes on where nothing is in it, action %s', async (action) => {
    const { ask, records } = guardedChat({ words: { ...secretWord, action, stages: ['output'] } }, stream(harmless))
    const { all } = await ask(request, responses)
    expect(all.split(harmless).length - 1).toBe(2)
    expect(only(records)).toMatchObject({ outcome: 'ok', guardrails: 'pass' })
  })

  it.each([
    ['redact', 'redacted:words'],
    ['block', 'blocked:words'],
  ] as const)('does not where something is at its end, action %s', async (action, summary) => {
    const { ask, records } = guardedChat(
      { words: { ...secretWord, action, stages: ['output'] } },
      stream(`${harmless}swordfish`),
    )
    const { all } = await ask(request, responses)
    expect(all).not.toContain('swordfish')
    expect(all.includes(`${harmless}<KEYWORD_1>`)).toBe(action === 'redact')
    expect(only(records).guardrails).toBe(summary)
  })

  it('is asked about as well', async () => {
    const { ask, asked, records } = guardedChat(
      { remote: { ...webhook, action: 'block', stages: ['output'] } },
      stream(harmless),
      { judge: ({ text }) => (text.includes('harmless') ? block : pass) },
    )
    const { all } = await ask(request, responses)
    expect(asked.map(({ text }) => text).join('')).toContain('Perfectly harmless')
    expect(all).not.toContain('harmless')
    expect(only(records).guardrails).toBe('blocked:remote')
  })
})

describe('a long part before a short one in one piece of a stream', () => {
  it('is one text with it, in which a word may lie across', async () => {
    const long = 'word '.repeat(1_000)
    const { ask } = guardedChat({ words: { ...secretWord, action: 'redact', stages: ['output'] } }, (call) => {
      call.head()
      const parts = [`${long}sword`, 'fish is here'].map((text) => ({ type: 'text', text }))
      call.chunk(choiceChunk({ content: parts }))
      call.chunk(lastChunk)
      call.end()
    })
    const { sink } = await ask({ ...hello, stream: true })
    expect(said(sink)).toEqual({ text: `${long}<KEYWORD_1> is here`, finish: 'stop' })
  })
})
