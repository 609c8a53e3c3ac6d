import { describe, expect, test } from 'vitest'
import { inDependencyOrder, partialsOf } from '../../src/interchange/dependency-order.ts'
import { NoteBook } from '../../src/interchange/fields.ts'
import type { ImportedPrompt } from '../../src/interchange/imported.ts'
import { langfuse } from '../../src/interchange/langfuse.ts'
import { toModel } from '../../src/interchange/models.ts'
import { openai } from '../../src/interchange/openai/openai.ts'

const prompt = (slug: string, text: string, aliases: readonly string[] = []): ImportedPrompt => ({
  slug,
  metadata: { aliases },
  versions: [{ model: 'mock/echo', messages: [{ role: 'user', content: text }] }],
  labels: {},
  problems: [],
})

describe('prompts are imported', () => {
  test('after those that they put in, by slug or alias, else in their order', () => {
    const { ordered, cycles } = inDependencyOrder([
      prompt('mail', '{{> footer@production}} {{> pmpt_9}}'),
      prompt('other', '{{name}}'),
      prompt('footer', '{{> address}} {{> not-here}}'),
      prompt('address', 'x'),
      prompt('rules', 'x', ['pmpt_9']),
    ])
    expect(ordered.map(({ slug }) => slug)).toEqual(['address', 'footer', 'rules', 'mail', 'other'])
    expect(cycles.size).toBe(0)
  })

  test('not at all when they put themselves in, which is said', () => {
    const { ordered, cycles } = inDependencyOrder([
      prompt('a', '{{> b}}'),
      prompt('b', '{{> a}}'),
      prompt('c', '{{> c}}'),
      prompt('d', '{{> a}}'),
    ])
    expect(ordered).toHaveLength(4)
    expect(Object.fromEntries(cycles)).toEqual({ a: 'a → b → a', b: 'a → b → a', c: 'c → c' })
  })

  test('without taking a text for a partial', () => {
    expect([...partialsOf(prompt('a', String.raw`\{{> text}} \\{{> partial}} "{{> quoted}}`))]).toEqual([
      'partial',
      'quoted',
    ])
  })

  test('also in very long rows', () => {
    const row = Array.from({ length: 20_000 }, (_, index) => prompt(`p${index}`, `{{> p${index + 1}}}`))
    expect(inDependencyOrder(row).ordered[0]?.slug).toBe('p19999')
  })
})

test.each([
  ['gpt-4o', undefined, 'openai/gpt-4o', 0],
  ['claude-sonnet-4-5', undefined, 'anthropic/claude-sonnet-4-5', 0],
  ['gemini-2.5-pro', 'google', 'gemini/gemini-2.5-pro', 0],
  ['openai::gpt-5', undefined, 'openai/gpt-5', 0],
  ['@mistral-ai/codestral', undefined, 'mistral/codestral', 0],
  ['meta-llama/Llama-3-70b', 'together_ai', 'together/meta-llama/Llama-3-70b', 0],
  ['my-model', undefined, 'my-model', 1],
  ['titan', 'amazon.bedrock', 'titan', 1],
  [undefined, undefined, 'mock/echo', 1],
])('the model %s of %s is %s', (name, provider, expected, notes) => {
  const book = new NoteBook('file')
  expect(toModel({ name, provider, field: 'model' }, 'mock/echo', book)).toBe(expected)
  expect(book.notes).toHaveLength(notes)
})

test.each([
  'openai',
  'anthropic',
  'gemini',
  'azure',
  'openrouter',
  'mistral',
  'groq',
  'deepseek',
  'together',
  'ollama',
  'local',
  'mock',
])('a model of %s by our own name for it stays as it is, without a note', (provider) => {
  const book = new NoteBook('file')
  expect(toModel({ name: `${provider}/x`, field: 'model' }, 'mock/echo', book)).toBe(`${provider}/x`)
  expect(book.notes).toEqual([])
})

test('a placeholder of any name is a placeholder here', () => {
  const text = JSON.stringify({
    name: 'chat',
    type: 'chat',
    prompt: [{ type: 'placeholder', name: 'history' }],
    config: { model: 'gpt-4o' },
  })
  const [found] = langfuse.reads([{ path: 'a.json', text }], { model: 'mock/echo' }).prompts
  // Where only `messages` may be the name of one, the prompt is refused in words; elsewhere it is taken.
  if (found?.problems.length === 0)
    expect(found.versions[0]?.messages).toEqual([{ role: 'placeholder', name: 'history' }])
  else expect(found?.problems.join()).toMatch(/`messages\[0\]\.name` must be `messages`/)
})

test.each([
  ['a.py', 'client.responses.create(model="gpt-4o", instructions="Be nice to " + name, input=f"Hello {name}")'],
  ['a.ts', 'await client.responses.create({ model, instructions: `Be kind to ${name}`, input: [{ role: "user" }] })'],
])('a text that code puts together is reported, never dropped without a word: %s', (path, text) => {
  const { prompts, notes } = openai.reads([{ path, text }], { model: 'mock/echo' })
  expect(prompts).toEqual([])
  for (const name of ['instructions', 'input'])
    expect(notes).toContainEqual(expect.objectContaining({ severity: 'dropped', field: `call 1.${name}` }))
})

test('a call whose instructions are written out keeps them, and what is computed beside them is reported', () => {
  const text = 'client.responses.create(model="gpt-4o", instructions="Be nice.", input=question)'
  const { prompts, notes } = openai.reads([{ path: 'a.py', text }], { model: 'mock/echo' })
  expect(prompts).toMatchObject([{ problems: [], versions: [{ messages: [{ content: 'Be nice.' }] }] }])
  expect(notes.map(({ field }) => field)).toEqual(['call 1.input'])
})
