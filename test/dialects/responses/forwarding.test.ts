import { accumulateResponse } from 'openai/lib/responses/ResponseAccumulator'
import type { Response as OpenAiResponse, ResponseStreamEvent } from 'openai/resources/responses/responses'
import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../src/core/json.ts'
import { responsesForwarding } from '../../../src/providers/openai-compatible/responses-forwarding.ts'
import { completionOf, whole } from './over-chat.ts'

const usage = {
  input_tokens: 30,
  input_tokens_details: { cached_tokens: 10, cache_write_tokens: 5 },
  output_tokens: 12,
  output_tokens_details: { reasoning_tokens: 7 },
  total_tokens: 42,
}
const understood = {
  inputTokens: 30,
  outputTokens: 12,
  cacheReadInputTokens: 10,
  cacheCreationInputTokens: 5,
  reasoningOutputTokens: 7,
}

describe('a forwarded response', () => {
  it('says its tokens (I05)', () => {
    expect(responsesForwarding.wholeUsage({ object: 'response', usage })).toEqual(understood)
  })

  it.each([
    [{}, null],
    [{ usage: null }, null],
    [{ usage: { input_tokens: 'many' } }, null],
    [{ usage: { input_tokens: 3 } }, { inputTokens: 3, outputTokens: 0 }],
    [{ usage: { input_tokens: 3, output_tokens: -1 } }, { inputTokens: 3, outputTokens: 0 }],
    [
      { usage: { input_tokens: 3, output_tokens: 1, input_tokens_details: { cached_tokens: 9 } } },
      { inputTokens: 3, cacheReadInputTokens: 3 },
    ],
  ])('says what can be believed of them: %j', (value, expected) => {
    const read = responsesForwarding.wholeUsage(value)
    if (expected === null) expect(read).toBeNull()
    else expect(read).toMatchObject(expected)
  })

  it.each([
    ['response.completed', 'last'],
    ['response.incomplete', 'last'],
    ['response.failed', 'failed'],
  ])('ends with its tokens: %s (I06)', (type, state) => {
    expect(responsesForwarding.event({ type, response: { usage } }, type)).toEqual({ usage: understood, state })
  })

  it.each([
    [{ type: 'response.created', response: { usage: null } }, 'open'],
    [{ type: 'response.output_text.delta', delta: 'x' }, 'open'],
    [{ type: 'response.some_kind.that_came_later' }, 'open'],
    [{ type: 'keepalive', sequence_number: 3 }, 'open'],
    [{ type: 'error', sequence_number: 2, error: { code: 'server_error', message: 'x' } }, 'failed'],
    [{ type: 'error', code: 'server_error', message: 'x' }, 'failed'],
    [{ error: { message: 'x' } }, 'failed'],
  ])('goes on or fails: %j (I07)', (value, state) => {
    expect(responsesForwarding.event(value as JsonObject, undefined)).toEqual({ usage: null, state })
  })

  it('has a name where it has no type', () => {
    expect(responsesForwarding.event({}, 'error').state).toBe('failed')
  })
})

describe('a response that was not streamed though it was asked to be (E22)', () => {
  it('is a stream that the strict accumulator of the client accepts', () => {
    const tool = { id: 'call_a', type: 'function', function: { name: 'look', arguments: '{}' } }
    const message = { content: 'Hello', refusal: 'No.', reasoning_content: 'Hm.', tool_calls: [tool] }
    const { response } = whole(completionOf(message, 'tool_calls'))
    const events = responsesForwarding.wholeAsEvents?.(response) ?? []
    expect(events.map((event) => event['sequence_number'])).toEqual(events.map((_, index) => index))
    let snapshot: OpenAiResponse | undefined
    for (const event of events.slice(0, -1))
      snapshot = accumulateResponse(event as unknown as ResponseStreamEvent, snapshot)
    expect(snapshot?.output).toEqual(response['output'])
    expect(snapshot?.output_text).toBe('Hello')
    expect(events.at(-1)).toMatchObject({ type: 'response.completed', response })
  })

  it.each(['incomplete', 'failed'])('ends as it did: %s', (status) => {
    const events = responsesForwarding.wholeAsEvents?.({ status, output: [] }) ?? []
    expect(events.at(-1)).toMatchObject({ type: `response.${status}` })
  })
})
