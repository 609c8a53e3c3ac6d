import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonObject, JsonValue } from '../../../src/core/json.ts'
import { toMessagesRequest } from '../../../src/providers/anthropic/request.ts'
import { CompletionBuilder } from '../../../src/providers/chat/chunks-to-completion.ts'
import type { AnswerChunk } from '../../../src/providers/provider.ts'
import { ThinkingMemory } from '../../../src/providers/thinking-memory.ts'
import { accumulated, chatChunk, tellStream, tellWhole, toChat, usage, usageChunk } from './support.ts'

const said = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
const visible = said.filter((text) => text.trim() !== '')
const input = fc
  .dictionary(fc.string({ maxLength: 4 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 })
  .map((object) => JSON.parse(JSON.stringify(object)) as JsonObject)

/** A text cut into pieces, none of them empty. */
const pieces = (text: string) =>
  fc.array(fc.nat({ max: text.length }), { maxLength: 4 }).map((cuts) => {
    const places = [0, ...cuts.sort((left, right) => left - right), text.length]
    return places
      .slice(1)
      .map((end, index) => text.slice(places[index], end))
      .filter((piece) => piece !== '')
  })

describe('any Messages conversation', () => {
  const turn = fc.record({
    question: visible,
    answer: fc.option(visible, { nil: null }),
    thinking: fc.option(fc.record({ thinking: visible, signature: fc.base64String({ minLength: 4 }) }), { nil: null }),
    calls: fc.array(fc.record({ input, result: visible }), { maxLength: 3 }),
  })

  it('reaches Anthropic through chat with its texts, calls and results', () => {
    fc.assert(
      fc.property(fc.array(turn, { minLength: 1, maxLength: 4 }), visible, (turns, last) => {
        const messages: { role: string; content: readonly JsonValue[] }[] = []
        let number = 0
        for (const { question, answer, thinking, calls } of turns) {
          const made = calls.map((call) => ({ ...call, id: `toolu_${(number += 1)}` }))
          messages.push({ role: 'user', content: [{ type: 'text', text: question }] })
          messages.push({
            role: 'assistant',
            content: [
              ...(thinking === null ? [] : [{ type: 'thinking', ...thinking }]),
              { type: 'text', text: answer ?? 'So.' },
              ...made.map(({ id, input: given }) => ({ type: 'tool_use', id, name: 'do_it', input: given })),
            ],
          })
          if (made.length === 0) continue
          messages.push({
            role: 'user',
            content: made.map(({ id, result }) => ({ type: 'tool_result', tool_use_id: id, content: result })),
          })
        }
        messages.push({ role: 'user', content: [{ type: 'text', text: last }] })
        const { chat } = toChat({ messages, max_tokens: 4096, thinking: { type: 'adaptive' } })
        const sent = toMessagesRequest(chat as unknown as JsonObject, {
          model: 'claude-opus-4-6',
          partition: 'default',
          unsupportedParameters: 'reject',
          memory: new ThinkingMemory({ maxEntries: 10, maxChars: 1000 }),
        })
        const upstream = (JSON.parse(sent.body) as { messages: typeof messages }).messages
        expect(joined(upstream)).toEqual(joined(messages))
      }),
    )
  })
})

/** Anthropic takes turns in a row of one side as one. */
function joined(messages: readonly { readonly role: string; readonly content: readonly JsonValue[] }[]): object[] {
  const turns: { role: string; content: JsonValue[] }[] = []
  for (const { role, content } of messages) {
    const last = turns.at(-1)
    if (last?.role === role) last.content.push(...content)
    else turns.push({ role, content: [...content] })
  }
  return turns
}

describe('any chat stream in normal form', () => {
  const answer = fc
    .record({
      thinking: fc.string({ unit: 'grapheme', maxLength: 20 }),
      signature: fc.option(fc.base64String({ minLength: 4 }), { nil: null }),
      text: fc.string({ unit: 'grapheme', maxLength: 20 }),
      inputs: fc.array(input, { maxLength: 3 }),
      finish: fc.constantFrom('stop', 'length', 'content_filter', 'tool_calls'),
      order: fc.array(fc.nat({ max: 2 }), { maxLength: 12 }),
    })
    .chain((shape) =>
      fc
        .tuple(
          pieces(shape.thinking),
          pieces(shape.text),
          fc.tuple(...shape.inputs.map((value) => pieces(JSON.stringify(value)))),
        )
        .map(([thinking, text, calls]) => ({ ...shape, chunks: chunksOf(shape, thinking, text, calls) })),
    )

  it('is for Anthropic’s client the message that the whole answer is', async () => {
    await fc.assert(
      fc.asyncProperty(answer, async ({ chunks }) => {
        const builder = new CompletionBuilder()
        for (const chunk of chunks) builder.add(structuredClone(chunk.value) as Record<string, unknown>)
        const whole = tellWhole(builder.build() as JsonObject, usage).chunks[0]?.value
        const streamed = await accumulated(tellStream([...chunks, usageChunk()]))
        expect(JSON.parse(JSON.stringify(streamed))).toEqual(JSON.parse(JSON.stringify(whole)))
      }),
    )
  })
})

interface Shape {
  readonly signature: string | null
  readonly finish: string
  readonly order: readonly number[]
}

/** The chunks of an answer; the arguments of its calls come mixed, in the given order. */
function chunksOf(
  shape: Shape,
  thinking: readonly string[],
  text: readonly string[],
  calls: readonly (readonly string[])[],
): AnswerChunk[] {
  const chunks = [chatChunk({ role: 'assistant', content: '' })]
  for (const piece of thinking) chunks.push(chatChunk({ reasoning_content: piece }))
  if (shape.signature !== null && thinking.length > 0) {
    const detail = { type: 'reasoning.text', text: thinking.join(''), signature: shape.signature, index: 0 }
    chunks.push(chatChunk({ reasoning_details: [detail] }))
  }
  for (const piece of text) chunks.push(chatChunk({ content: piece }))
  calls.forEach((_, index) => {
    const called = { name: `tool_${index}`, arguments: '' }
    chunks.push(chatChunk({ tool_calls: [{ index, id: `call_${index}`, type: 'function', function: called }] }))
  })
  const waiting = calls.map((list) => [...list])
  const order = [...shape.order, ...calls.flatMap((list, index) => list.map(() => index))]
  for (const index of order) {
    const piece = waiting[index]?.shift()
    if (piece !== undefined) chunks.push(chatChunk({ tool_calls: [{ index, function: { arguments: piece } }] }))
  }
  chunks.push(chatChunk({}, shape.finish))
  return chunks
}
