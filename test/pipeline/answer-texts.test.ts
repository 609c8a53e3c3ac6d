import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../src/core/json.ts'
import type { Operation } from '../../src/core/operation.ts'
import { AnswerTexts } from '../../src/pipeline/answer-texts.ts'
import { verdictOn } from '../../src/pipeline/output-verdict.ts'
import { compileOutputRule } from '../../src/prompts/validate-output.ts'

function textsOf(operation: Operation, stream: boolean, values: readonly JsonObject[], mostChars = 1_000) {
  const texts = new AnswerTexts(operation, stream, mostChars)
  for (const value of values) texts.add({ json: JSON.stringify(value), value, usage: null, internal: false })
  return texts.texts()
}

/** An answer of this text, whole and in pieces, in the words of each operation. */
const told: Readonly<
  Record<string, { whole: (text: string) => JsonObject; stream: (pieces: readonly string[]) => readonly JsonObject[] }>
> = {
  chat: {
    whole: (content) => ({ choices: [{ index: 0, message: { content }, finish_reason: 'stop' }] }),
    stream: (pieces) => [
      ...pieces.map((content) => ({ choices: [{ index: 0, delta: { content }, finish_reason: null }] })),
      { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
    ],
  },
  text_completion: {
    whole: (text) => ({ choices: [{ index: 0, text, finish_reason: 'stop' }] }),
    stream: (pieces) => pieces.map((text) => ({ choices: [{ index: 0, text, finish_reason: null }] })),
  },
  responses: {
    whole: (text) => responseOf(text),
    stream: (pieces) => [
      ...pieces.map((delta) => ({ type: 'response.output_text.delta', delta })),
      { type: 'response.completed', response: responseOf(pieces.join('')) },
    ],
  },
  messages: {
    whole: (text) => ({
      content: [
        { type: 'thinking', thinking: 'Hm.' },
        { type: 'text', text },
      ],
      stop_reason: 'end_turn',
    }),
    stream: (pieces) => [
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      ...pieces.map((text) => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })),
      { type: 'message_delta', delta: { stop_reason: 'end_turn' } },
    ],
  },
}

function responseOf(text: string): JsonObject {
  const content = [{ type: 'output_text', text }]
  return { status: 'completed', output: [{ type: 'reasoning' }, { type: 'message', content }] }
}

describe.each(Object.keys(told) as Operation[])('%s', (operation) => {
  it('has the same text, and so the same verdict, however a stream is cut', () => {
    const rule = compileOutputRule({ output_format: 'json' })
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), fc.array(fc.nat(), { maxLength: 8 }), (text, cuts) => {
        const places = cuts.map((cut) => cut % (text.length + 1)).toSorted((left, right) => left - right)
        const pieces = [...places, text.length].map((end, at) => text.slice(places[at - 1] ?? 0, end))
        const whole = textsOf(operation, false, [told[operation]?.whole(text) ?? {}])
        const streamed = textsOf(operation, true, told[operation]?.stream(pieces) ?? [])
        expect(streamed).toEqual(whole)
        expect(whole).toEqual([{ text, wasCut: false, isAnswer: true }])
        if (rule !== null) expect(verdictOn(rule, streamed)).toEqual(verdictOn(rule, whole))
      }),
    )
  })
})

describe('what is no answer, and what was cut', () => {
  const cases: readonly [string, Operation, boolean, JsonObject, { wasCut?: boolean; isAnswer?: boolean }][] = [
    [
      'length',
      'chat',
      false,
      { choices: [{ index: 0, message: { content: 'x' }, finish_reason: 'length' }] },
      { wasCut: true },
    ],
    ['a function', 'chat', true, { choices: [{ index: 0, delta: { function_call: {} } }] }, { isAnswer: false }],
    ['max_tokens', 'messages', true, { type: 'message_delta', delta: { stop_reason: 'max_tokens' } }, { wasCut: true }],
    ['a refusal', 'messages', false, { content: [], stop_reason: 'refusal' }, { isAnswer: false }],
    [
      'a tool',
      'messages',
      true,
      { type: 'content_block_start', content_block: { type: 'tool_use' } },
      { isAnswer: false },
    ],
    [
      'incomplete',
      'responses',
      false,
      { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' }, output: [] },
      { wasCut: true },
    ],
    ['a call', 'responses', false, { status: 'completed', output: [{ type: 'function_call' }] }, { isAnswer: false }],
    [
      'a search',
      'responses',
      false,
      { status: 'completed', output: [{ type: 'web_search_call' }] },
      { isAnswer: true },
    ],
    ['not over', 'responses', false, { status: 'queued', output: [] }, { isAnswer: false }],
    [
      'a refusal',
      'responses',
      true,
      {
        type: 'response.completed',
        response: {
          status: 'completed',
          output: [{ type: 'message', content: [{ type: 'refusal', refusal: 'No.' }] }],
        },
      },
      { isAnswer: false },
    ],
  ]
  it.each(cases)('%s of %s, streamed: %s', (_what, operation, stream, value, expected) => {
    expect(textsOf(operation, stream, [value])).toMatchObject([expected])
  })

  it('an answer without choices is an empty one', () => {
    expect(textsOf('chat', false, [{ choices: [] }])).toEqual([{ text: '', wasCut: false, isAnswer: true }])
  })

  it('texts are kept up to one character more than the bound', () => {
    const [kept] = textsOf('chat', false, [told['chat']?.whole('x'.repeat(50)) ?? {}], 10)
    expect(kept?.text).toHaveLength(11)
  })
})
