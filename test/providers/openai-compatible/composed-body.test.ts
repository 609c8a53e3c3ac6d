import { describe, expect, it } from 'vitest'
import { composedBody } from '../../../src/providers/openai-compatible/composed-body.ts'
import { openAiCompatibleProviders } from '../../../src/providers/openai-compatible/descriptions.ts'

const messages = [
  { role: 'system', content: [{ type: 'text', text: 'cache_control', cache_control: { type: 'ephemeral' } }] },
  {
    role: 'assistant',
    content: 'a',
    reasoning_content: 'Hm',
    reasoning_details: [{ type: 'reasoning.text', text: 'Hm', signature: 's' }],
    tool_calls: [
      {
        id: 'c',
        type: 'function',
        function: { name: 'f', arguments: '{"cache_control":1}' },
        extra_content: { google: { thought_signature: 's' } },
      },
    ],
  },
]

function sentTo(id: string, body: Record<string, unknown>): Record<string, unknown> {
  const description = openAiCompatibleProviders.find((each) => each.id === id)
  if (description === undefined) throw new Error(`no provider ${id}`)
  const members = new Map(Object.entries(body).map(([name, value]) => [name, JSON.stringify(value)]))
  const made = composedBody(members, description.composed)
  return Object.fromEntries([...made].map(([name, raw]) => [name, JSON.parse(raw)]))
}

describe('a chat request that was put together here', () => {
  it('goes to OpenAI without what other providers need of it', () => {
    const sent = sentTo('openai', { messages, max_completion_tokens: 5 })
    expect(sent).toEqual({
      max_completion_tokens: 5,
      messages: [
        { role: 'system', content: [{ type: 'text', text: 'cache_control' }] },
        {
          role: 'assistant',
          content: 'a',
          tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{"cache_control":1}' } }],
        },
      ],
    })
  })

  it('keeps thinking for those who read it again, and everything of Anthropic for OpenRouter', () => {
    const [, toDeepSeek] = sentTo('deepseek', { messages })['messages'] as Record<string, unknown>[]
    expect(toDeepSeek).toMatchObject({ reasoning_content: 'Hm' })
    expect(toDeepSeek).not.toHaveProperty('reasoning_details')
    expect(sentTo('openrouter', { messages })['messages']).toMatchObject([
      { content: [{ cache_control: { type: 'ephemeral' } }] },
      { reasoning_details: [{ signature: 's' }] },
    ])
  })

  it.each(['mistral', 'deepseek', 'together', 'ollama', 'local'])(
    'says the limit of the answer as %s understands it',
    (id) => {
      expect(sentTo(id, { max_completion_tokens: 5 })).toEqual({ max_tokens: 5 })
      expect(sentTo(id, { max_completion_tokens: 5, max_tokens: 4 })).toEqual({ max_tokens: 4 })
    },
  )

  it('tools lose their marks too, and what says nothing foreign stays the same text', () => {
    const tool = { type: 'function', function: { name: 'f', parameters: { properties: { cache_control: {} } } } }
    expect(sentTo('groq', { tools: [{ ...tool, cache_control: {} }] })).toEqual({ tools: [tool] })
    const members = new Map([['messages', '[ {"role":"user","content":"1.0"} ]']])
    expect(composedBody(members, { withoutMembers: ['cache_control'] })).toBe(members)
  })
})
