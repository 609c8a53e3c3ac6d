import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../src/core/json.ts'
import { topLevelMembers } from '../../src/core/json-members.ts'
import { compileVersion } from '../../src/prompts/compile-version.ts'
import type { VersionBody } from '../../src/prompts/compiled-version.ts'
import { expandResponses } from '../../src/prompts/expand-responses.ts'

const body: VersionBody = {
  model: 'openai/gpt-4o-mini',
  compression: 'whitespace',
  messages: [
    { role: 'system', content: 'You answer  for Acme. ' },
    {
      role: 'user',
      content: [
        { type: 'text', text: '{{question}}  ' },
        { type: 'image_url', image_url: { url: 'a  b' } },
      ],
    },
  ],
}

function expand(version: VersionBody, variables: JsonObject = { question: 'Why  so?' }, client: JsonObject = {}) {
  const compiled = compileVersion(version)
  const { members, compressed } = compiled.expand({ variables, members: topLevelMembers(JSON.stringify(client)) })
  return { messages: JSON.parse(members.get('messages') ?? '') as unknown, compressed, compiled }
}

describe('a version with compression', () => {
  it('sends its texts compressed, variables included, and says which', () => {
    expect(expand(body)).toMatchObject({
      messages: [
        { role: 'system', content: 'You answer for Acme.' },
        { role: 'user', content: [{ text: 'Why so?' }, { image_url: { url: 'a  b' } }] },
      ],
      compressed: {
        before: 'You answer  for Acme. \nWhy  so?  ',
        after: 'You answer for Acme.\nWhy so?',
      },
    })
  })

  it('says the same of every request, also of messages that never change', () => {
    const compiled = compileVersion(body)
    const once = compiled.expand({ variables: { question: 'a  b' }, members: new Map() })
    const twice = compiled.expand({ variables: { question: 'a  b' }, members: new Map() })
    expect(twice).toEqual(once)
  })

  it('leaves messages of the client, of tools, and calls of tools as they are', () => {
    const calls = [{ id: 'a  b', type: 'function', function: { name: 'f', arguments: '{"a":  "b  c"}' } }]
    const messages = [
      { role: 'assistant', content: null, tool_calls: calls },
      { role: 'tool', tool_call_id: 'a  b', content: 'x  y' },
    ]
    const asked = { role: 'user', content: 'mine  stays ' }
    expect(expand({ ...body, messages }, {}, { messages: [asked] })).toMatchObject({
      messages: [...messages, asked],
      compressed: null,
    })
  })

  it.each([undefined, 'off'] as const)('does none of this when it is %s', (compression) => {
    expect(expand({ ...body, compression })).toMatchObject({
      messages: [{ content: 'You answer  for Acme. ' }, { content: [{ text: 'Why  so?  ' }, {}] }],
      compressed: null,
    })
  })

  it('has nothing to say of texts that are compact already', () => {
    const messages = [{ role: 'system', content: 'You answer for Acme.' }]
    expect(expand({ ...body, messages }).compressed).toBeNull()
  })

  it('says so for the Responses API too', () => {
    const { compressed } = expandResponses(compileVersion(body), { variables: { question: 'a' }, members: new Map() })
    expect(compressed).toMatchObject({ after: 'You answer for Acme.\na' })
  })
})
