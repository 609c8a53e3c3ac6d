import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../src/core/json.ts'
import { ForwardAnswer } from '../../../src/providers/forward/forward-answer.ts'
import { completionsForwarding } from '../../../src/providers/openai-compatible/completions-forwarding.ts'
import { callTo, CollectingSink } from '../../providers/collecting-sink.ts'
import { noFlow } from '../messages/support.ts'

const counted = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 }

function completion(text: string, finish: string | null, more: JsonObject = {}): JsonObject {
  const choices = [{ text, index: 0, logprobs: null, finish_reason: finish }]
  return { id: 'cmpl-1', object: 'text_completion', created: 1, model: 'gpt-3.5-turbo-instruct', choices, ...more }
}

/** A provider's answer on its way through, with no network between. */
function forward(body: string, options: { stream: boolean; clientWantsUsage?: boolean }): CollectingSink {
  const sink = new CollectingSink()
  const call = callTo('http://127.0.0.1:9/v1', { path: '/completions', ...options })
  const answer = new ForwardAnswer(call, sink, completionsForwarding, () => 0)
  answer.sentBy(noFlow)
  answer.head(200, {
    'content-type': options.stream && body.startsWith('data') ? 'text/event-stream' : 'application/json',
  })
  answer.data(Buffer.from(body))
  answer.end()
  return sink
}

const events = (...list: readonly (JsonObject | string)[]): string =>
  list.map((event) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`).join('')

const tokens = {
  inputTokens: 3,
  outputTokens: 2,
  cacheReadInputTokens: 0,
  cacheCreationInputTokens: 0,
  reasoningOutputTokens: 0,
}

describe('native completions of an OpenAI-type provider', () => {
  it('go through as they are, and their tokens are read (I03)', () => {
    const body = JSON.stringify(completion('Hello', 'stop', { usage: counted }), null, 1)
    const sink = forward(body, { stream: false })
    expect(sink.texts).toEqual([body])
    expect(sink.usages).toEqual([tokens])
    expect(sink.ended).toBe(true)
  })

  it('stream as they are, until the end mark (I03)', () => {
    const list = [completion('Hel', null), completion('lo', 'stop')]
    const sink = forward(events(...list, '[DONE]'), { stream: true })
    expect(sink.texts).toEqual(list.map((event) => JSON.stringify(event)))
    expect(sink.ended).toBe(true)
  })

  it('are whole with a finish reason, also without the end mark (E06)', () => {
    expect(forward(events(completion('Hello', 'stop')), { stream: true }).ended).toBe(true)
    expect(forward(events(completion('Hello', null)), { stream: true }).fault).toMatchObject({
      kind: 'upstream_interrupted',
    })
  })

  it('show the chunk of tokens to the client that asked, and count it always (E01, E02)', () => {
    const list = events(completion('Hello', 'stop'), completion('', null, { choices: [], usage: counted }), '[DONE]')
    const quiet = forward(list, { stream: true })
    expect([quiet.texts.length, quiet.usages]).toEqual([1, [tokens]])
    const asked = forward(list, { stream: true, clientWantsUsage: true })
    expect([asked.texts.length, asked.usages]).toEqual([2, [tokens]])
  })

  it('become a stream when the provider answered in one piece (E22)', () => {
    const sink = forward(JSON.stringify(completion('Hello', 'stop', { usage: counted })), { stream: true })
    expect(sink.answerHead?.stream).toBe(true)
    expect(sink.sent).toMatchObject([
      { object: 'text_completion', choices: [{ text: 'Hello', finish_reason: 'stop' }] },
    ])
    expect(sink.usages).toEqual([tokens])
  })

  it('fail when the provider says so in mid-stream (E15)', () => {
    const error = { error: { message: 'Out of memory', type: 'server_error', param: null, code: null } }
    const sink = forward(events(completion('Hel', null), error), { stream: true })
    expect(sink.fault).not.toBeNull()
    expect(sink.ended).toBe(false)
  })
})
