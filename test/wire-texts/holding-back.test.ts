import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../src/core/json.ts'
import type { Operation } from '../../src/core/operation.ts'
import { responseAsEvents } from '../../src/providers/openai-compatible/response-as-events.ts'
import { filtered, holding, readerOf, textsOf } from './holding-back.ts'

const word = fc.stringMatching(/^[a-z ]{1,6}$/)

/** What a delta of a chat may bring, in any mixture a provider could come up with. */
const delta = fc.oneof(
  word.map((content): JsonObject => ({ content })),
  word.map((refusal): JsonObject => ({ refusal })),
  word.map((text): JsonObject => ({ reasoning_content: text, reasoning: text, reasoning_details: [{ text }] })),
  word.map((reasoning): JsonObject => ({ reasoning })),
  fc.tuple(word, word).map(([content, reasoning]): JsonObject => ({ content, reasoning })),
  fc.tuple(fc.nat(2), word).map(([index, text]): JsonObject => ({
    tool_calls: [{ index, function: { arguments: text } }],
  })),
  word.map((thinking): JsonObject => ({ thinking })),
)

const chat = fc
  .tuple(fc.array(fc.tuple(fc.nat(1), delta), { maxLength: 20 }), fc.boolean())
  .map(([deltas, endsWithText]) => {
    const chunk = (choices: readonly JsonObject[]): JsonObject => ({
      id: 'c',
      object: 'chat.completion.chunk',
      choices,
    })
    const last = [0, 1].map((index) => ({
      index,
      delta: endsWithText ? { content: 'end' } : {},
      finish_reason: 'stop',
    }))
    return [...deltas.map(([index, own]) => chunk([{ index, delta: own, finish_reason: null }])), chunk(last)]
  })

const message = fc
  .array(fc.tuple(fc.constantFrom('text', 'thinking'), fc.array(word, { maxLength: 4 })), { maxLength: 4 })
  .map((blocks): JsonObject[] => [
    { type: 'message_start', message: { id: 'm', content: [] } },
    ...blocks.flatMap(([kind, pieces], index): JsonObject[] => [
      { type: 'content_block_start', index, content_block: { type: kind, [kind]: '' } },
      ...pieces.map((piece) => ({
        type: 'content_block_delta',
        index,
        delta: { type: `${kind}_delta`, [kind]: piece },
      })),
      { type: 'content_block_stop', index },
    ]),
    { type: 'message_delta', delta: { stop_reason: 'end_turn' } },
    { type: 'message_stop' },
  ])

const response = fc.array(fc.array(word, { maxLength: 3 }), { maxLength: 3 }).map((messages): JsonObject[] => {
  const output = messages.map((parts, index) => ({
    id: `msg_${index}`,
    type: 'message',
    role: 'assistant',
    content: parts.map((text) => ({ type: 'output_text', text, annotations: [], logprobs: [] })),
  }))
  return [...responseAsEvents({ id: 'r', object: 'response', status: 'completed', output })]
})

const streams: readonly (readonly [Operation, fc.Arbitrary<readonly JsonObject[]>])[] = [
  ['chat', chat],
  ['messages', message],
  ['responses', response],
]

describe.each(streams)('any stream of %s', (operation, events) => {
  it('passes as it is while its texts stay the same', () => {
    fc.assert(
      fc.property(events, (values) => {
        const same = filtered(operation, values, () => ({ push: ({ text }) => text, end: () => '' }))
        expect(same.map((value, index) => value === values[index])).toEqual(values.map(() => true))
      }),
    )
  })

  it('says the same when all of its texts are held back until they are over', () => {
    fc.assert(
      fc.property(events, (values) => {
        const sent = filtered(operation, values, () => holding())
        expect(textsOf(operation, sent)).toEqual(textsOf(operation, values))
      }),
    )
  })

  it('has nothing of its texts anywhere when they are replaced', () => {
    fc.assert(
      fc.property(events, (values) => {
        const sent = JSON.stringify(filtered(operation, values, () => holding(() => '*')))
        const marked = JSON.stringify(
          filtered(operation, values, () => ({ push: ({ text }) => `§${text}§`, end: () => '' })),
        )
        // The reader finds the texts that it is asked to mark, and no others are left over without a mark.
        expect(sent).not.toMatch(/"(?:content|refusal|text|thinking|reasoning|reasoning_content)":"[^*"]/)
        expect(marked).not.toMatch(/"(?:content|refusal|text|thinking|reasoning|reasoning_content)":"[^§"]/)
      }),
    )
  })

  it('can be ended by a filter after any event, without a text that was not sent', () => {
    fc.assert(
      fc.property(events, fc.nat(30), (values, at) => {
        const reader = readerOf(operation)
        for (const value of values.slice(0, at)) {
          const event = reader.read(value)
          if (event.pieces.length === 0 && !event.repeats) reader.renumber(value)
        }
        const end = JSON.stringify(reader.blocked(() => '').map(({ value }) => value))
        expect(end).not.toMatch(/"(?:content|refusal|text|thinking)":"[^"]/)
      }),
    )
  })
})
