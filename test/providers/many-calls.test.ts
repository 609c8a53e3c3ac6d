import { describe, expect, it } from 'vitest'
import { responsesDialect } from '../../src/dialects/index.ts'
import type { JsonObject } from '../../src/core/json.ts'
import { map } from './anthropic/support.ts'
import { ask } from './gemini/ask.ts'

/** A request of a few megabytes; comparing each result with each call would take minutes. */
const count = 60_000
const numbers = Array.from({ length: count }, (_, number) => number)

function conversation(id: (number: number) => string): JsonObject {
  const called = { name: 'f', arguments: '' }
  const calls = numbers.map((number) => ({ id: id(number), type: 'function', function: called }))
  const results = numbers.map((number) => ({ role: 'tool', tool_call_id: id(count - 1 - number), content: 'x' }))
  return { messages: [{ role: 'user', content: 'Go' }, { role: 'assistant', tool_calls: calls }, ...results] }
}

describe('a request with very many calls of tools is written in one go', () => {
  it('for Gemini', () => {
    const { sent } = ask(conversation((number) => `call_${number}`)) as unknown as {
      sent: { contents: { parts: unknown[] }[] }
    }
    expect(sent.contents.at(-1)?.parts).toHaveLength(count)
  })

  it('for Claude, also when all calls have one name or one id', () => {
    const { sent } = map(conversation((number) => `call_${number}`))
    expect(sent.messages.at(-1)?.content).toHaveLength(count)
    const asks = { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{}' } }
    const answers = { role: 'function', name: 'f', content: 'x' }
    const messages = [{ role: 'user', content: 'Go' }, ...numbers.map(() => asks), ...numbers.map(() => answers)]
    expect(map({ messages }).sent.messages.at(-1)?.content).toHaveLength(count)
  })

  it('from the Responses API', () => {
    const outputs = numbers.map((number) => ({ type: 'function_call_output', call_id: `call_${number}`, output: 'x' }))
    const calls = numbers.map((number) => ({
      type: 'function_call',
      call_id: `call_${count - 1 - number}`,
      name: 'f',
      arguments: '{}',
    }))
    for (const input of [outputs, [...calls, { role: 'user', content: 'Wait' }, ...outputs]]) {
      const body = { model: 'm', input }
      const { members } = responsesDialect.toChat(body, JSON.stringify(body))
      const messages = JSON.parse(members.get('messages') ?? '[]') as JsonObject[]
      expect(messages.filter(({ role }) => role === 'tool')).toHaveLength(count)
    }
  })
})
