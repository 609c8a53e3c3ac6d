import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../src/core/json.ts'
import { Fault } from '../../../src/core/fault.ts'
import { map, newest, type SentBlock } from './support.ts'

/** Texts with much white space, and with something to say at times. */
const anyText = fc.oneof(
  fc.constantFrom('', ' ', '\n\t'),
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.lorem({ maxCount: 3 }),
)
const content = fc.oneof(
  anyText,
  fc.array(
    anyText.map((text) => ({ type: 'text', text })),
    { maxLength: 3 },
  ),
)
const image = fc.constant({ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } })
const user = fc
  .oneof(content, fc.array(image, { minLength: 1, maxLength: 2 }))
  .map((said): JsonObject[] => [{ role: 'user', content: said }])
const system = fc
  .tuple(fc.constantFrom('system', 'developer'), content)
  .map(([role, said]): JsonObject[] => [{ role, content: said }])
const assistant = content.map((said): JsonObject[] => [{ role: 'assistant', content: said }])

/** Calls and their results, in any order, with ids that may come again in a later round and be of any characters. */
const round = fc
  .uniqueArray(fc.oneof(fc.string({ minLength: 1, maxLength: 4 }), fc.constantFrom('call_0', 'call_1')), {
    minLength: 1,
    maxLength: 4,
  })
  .chain((ids) =>
    fc.tuple(
      fc.constant(ids),
      fc.shuffledSubarray(ids, { minLength: ids.length, maxLength: ids.length }),
      content,
      fc.array(content, { minLength: ids.length, maxLength: ids.length }),
      fc.option(anyText, { nil: undefined }),
    ),
  )
  .map(([ids, order, said, results, aside]): JsonObject[] => [
    {
      role: 'assistant',
      content: said,
      tool_calls: ids.map((id) => ({
        id,
        type: 'function',
        function: { name: 'f', arguments: JSON.stringify({ id }) },
      })),
    },
    ...(aside === undefined ? [] : [{ role: 'user', content: aside }]),
    ...order.map((id, index) => ({ role: 'tool', tool_call_id: id, content: results[index] }) as JsonObject),
  ])

/** Conversations that OpenAI takes: every call is answered before the assistant speaks again. */
const conversation = fc
  .array(fc.oneof(user, system, assistant, round), { minLength: 1, maxLength: 8 })
  .map((parts) => parts.flat())

const isBlankText = (block: SentBlock): boolean => block.type === 'text' && String(block['text']).trim() === ''

function says(messages: readonly JsonObject[]): boolean {
  return messages.some((message) => {
    if (Array.isArray(message['tool_calls'])) return true
    const parts =
      typeof message['content'] === 'string'
        ? [{ type: 'text', text: message['content'] }]
        : (message['content'] as JsonObject[])
    return parts.some(
      (part) => part['type'] !== 'text' || (typeof part['text'] === 'string' && part['text'].trim() !== ''),
    )
  })
}

describe('any conversation that OpenAI takes', () => {
  it('becomes turns that Anthropic takes', () => {
    fc.assert(
      fc.property(conversation, fc.constantFrom('claude-haiku-4-5', newest), (messages, model) => {
        fc.pre(says(messages))
        const { sent } = map({ messages }, { model })
        const turns = sent.messages
        turns.forEach((turn, index) => {
          expect(turn.role).toBe(index % 2 === 0 ? 'user' : 'assistant')
          expect(turn.content.length).toBeGreaterThan(0)
          expect(turn.content.some(isBlankText)).toBe(false)
          const calls = turn.content.filter(({ type }) => type === 'tool_use').map(({ id }) => String(id))
          const next = turns[index + 1]?.content ?? []
          const answered = next.slice(0, calls.length).map((block) => String(block['tool_use_id']))
          expect(answered.sort()).toEqual(calls.sort())
          expect(next.slice(calls.length).some(({ type }) => turn.role === 'assistant' && type === 'tool_result')).toBe(
            false,
          )
        })
        const ids = turns.flatMap(({ content: blocks }) =>
          blocks.filter(({ type }) => type === 'tool_use').map(({ id }) => String(id)),
        )
        expect(new Set(ids).size).toBe(ids.length)
        for (const id of ids) expect(id).toMatch(/^[a-zA-Z0-9_-]+$/)
        expect((sent.system ?? []).some(isBlankText)).toBe(false)
        const last = turns.at(-1)
        const end = last?.content.at(-1)
        if (last?.role === 'assistant') expect(String(end?.['text'])).toBe(String(end?.['text']).trimEnd())
      }),
      { numRuns: 300 },
    )
  })

  it('keeps every text that says something, in its order', () => {
    fc.assert(
      fc.property(conversation, (messages) => {
        fc.pre(says(messages))
        const { sent } = map({ messages })
        const blocks = [...(sent.system ?? []), ...sent.messages.flatMap(({ content: list }) => list)]
        const kept = new Map<string, number>()
        const count = (text: unknown, by: number): void => {
          const key = String(text).trim()
          if (key !== '') kept.set(key, (kept.get(key) ?? 0) + by)
        }
        for (const block of blocks) {
          if (block.type === 'text') count(block['text'], 1)
          else if (typeof block['content'] === 'string') count(block['content'], 1)
          else if (Array.isArray(block['content'])) for (const part of block['content']) count(part.text, 1)
        }
        for (const message of messages) {
          if (typeof message['content'] === 'string') count(message['content'], -1)
          else for (const part of message['content'] as JsonObject[]) count(part['text'] ?? '', -1)
        }
        kept.delete('(The conversation begins.)')
        expect([...kept].filter(([, left]) => left !== 0)).toEqual([])
      }),
      { numRuns: 300 },
    )
  })

  it('maps to the same bytes every time, so that a cached beginning stays cached', () => {
    fc.assert(
      fc.property(conversation, user, (messages, more) => {
        fc.pre(says(messages))
        expect(map({ messages }).sent).toEqual(map({ messages }).sent)
        const before = map({ messages: [...messages, { role: 'user', content: 'a' }] }).sent.messages
        const after = map({ messages: [...messages, { role: 'user', content: 'a' }, ...more] }).sent.messages
        expect(after.slice(0, before.length - 1)).toEqual(before.slice(0, -1))
      }),
    )
  })
})

it('any JSON at all is mapped or refused with the name of a field', () => {
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.constantFrom(
          'messages',
          'tools',
          'tool_choice',
          'stop',
          'response_format',
          'reasoning_effort',
          'max_tokens',
          'temperature',
          'functions',
          'function_call',
          'thinking',
          'n',
        ),
        fc.jsonValue(),
      ),
      (body) => {
        try {
          map(body as JsonObject)
        } catch (error) {
          expect(error).toBeInstanceOf(Fault)
          expect((error as Fault).status).toBe(400)
          expect((error as Fault).param).toMatch(/./)
        }
      },
    ),
    { numRuns: 500 },
  )
})
