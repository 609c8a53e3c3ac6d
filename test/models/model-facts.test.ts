import { describe, expect, test } from 'vitest'
import { modelFactsSchema } from '../../src/contract/model-facts.ts'
import { builtInFacts } from '../../src/models/built-in-facts.ts'
import { builtInModelsDate, builtInModelsJson } from '../../src/models/built-in-models.ts'
import { factsOf } from '../../src/models/model-facts.ts'
import type { ModelFacts } from '../../src/contract/model-facts.ts'
import type { SnapshotModel } from '../../src/snapshot/snapshot.ts'

describe('built-in facts', () => {
  test('of every model in the data are facts by the schema', () => {
    let models = 0
    for (const [priceId, json] of Object.entries(builtInModelsJson)) {
      for (const model of Object.keys(JSON.parse(json) as Record<string, unknown>)) {
        const facts = builtInFacts(priceId, model)
        expect(Object.keys(facts), `${priceId}/${model}`).not.toEqual([])
        expect(modelFactsSchema.safeParse(facts).error, `${priceId}/${model}`).toBeUndefined()
        models++
      }
    }
    expect(models).toBeGreaterThan(400)
    expect(builtInModelsDate).toMatch(/^\d{4}-\d{2}-\d{2}$/)
  })

  test('say what is known and leave out what is not', () => {
    expect(builtInFacts('openai', 'gpt-4o')).toEqual({
      context_window: 128_000,
      max_output_tokens: 16_384,
      capabilities: { tools: true, vision: true, reasoning: false },
    })
    expect(builtInFacts('openai', 'gpt-5.4').capabilities).toMatchObject({ tools: true, vision: true, reasoning: true })
    expect(builtInFacts('anthropic', 'claude-sonnet-5-5').max_output_tokens).toBe(128_000)
    expect(builtInFacts('google', 'gemini-2.5-pro').capabilities).toMatchObject({ audio: true, documents: true })
  })

  test.each([
    ['openai', 'gpt-4o-2024-08-06', 'gpt-4o'],
    ['openai', 'gpt-4-0613', 'gpt-4'],
    ['openai', 'ft:gpt-4o-mini-2024-07-18:acme::x1', 'gpt-4o-mini'],
    ['openai', 'GPT-4o', 'gpt-4o'],
    ['anthropic', 'claude-sonnet-4-5-20250929', 'claude-sonnet-4-5'],
    ['anthropic', 'claude-3-7-sonnet', 'claude-3-7-sonnet-20250219'],
    ['anthropic', 'claude-3-7-sonnet-latest', 'claude-3-7-sonnet-20250219'],
    ['anthropic', 'claude-opus-4-0', 'claude-opus-4-20250514'],
    ['anthropic', 'claude-opus-4-1', 'claude-opus-4-1-20250805'],
    ['google', 'gemini-2.0-flash-001', 'gemini-2.0-flash'],
    ['google', 'models/gemini-2.5-pro', 'gemini-2.5-pro'],
    ['google', 'gemini-2.5-pro-preview-03-25', 'gemini-2.5-pro'],
  ])('%s: `%s` is known as `%s`', (priceId, name, family) => {
    const facts = builtInFacts(priceId, name)
    expect(facts.context_window).toBeGreaterThan(0)
    expect(facts).toEqual(builtInFacts(priceId, family))
  })

  test('a reseller’s model has the facts of its maker where its own are unknown', () => {
    expect(builtInFacts('openrouter', 'anthropic/claude-opus-4.1-20250805').max_output_tokens).toBe(32_000)
    expect(builtInFacts('openrouter', 'openai/gpt-4o')).toEqual(builtInFacts('openai', 'gpt-4o'))
    expect(builtInFacts('azure', 'gpt-5-nano').capabilities?.tools).toBe(true)
    expect(builtInFacts('openrouter', 'openai/gpt-4o-mini:nitro').max_output_tokens).toBe(16_384)
  })

  test('one release says nothing about another, nor a model about a longer name', () => {
    expect(builtInFacts('mistral', 'mistral-medium-2399')).toEqual(builtInFacts('mistral', 'mistral-medium-9923'))
    expect(builtInFacts('mistral', 'mistral-medium-2399')).not.toEqual(builtInFacts('mistral', 'mistral-medium-2508'))
    expect(builtInFacts('openai', 'gpt-4o-turbo-nonsense')).toEqual({})
  })

  test('what a moving name cannot do is unknown: the model behind it changes', () => {
    expect(Object.values(builtInFacts('mistral', 'mistral-large-latest').capabilities ?? {})).not.toContain(false)
  })

  test.each([
    [null, 'gpt-4o'],
    ['nobody', 'gpt-4o'],
    ['constructor', 'gpt-4o'],
    ['openai', ''],
    ['openai', 'constructor'],
    ['openai', '__proto__'],
    ['openai', 'gpt-4o'.padEnd(300, 'o')],
    ['openrouter', '/gpt-4o'],
  ])('%s, `%s`: nothing is known', (priceId, model) => {
    expect(builtInFacts(priceId, model)).toEqual({})
  })

  test('stay right after more names than are remembered', () => {
    for (let number = 0; number < 10_000; number++) builtInFacts('openai', `made-up-${number}x`)
    expect(builtInFacts('openai', 'gpt-4o').context_window).toBe(128_000)
  })
})

describe("an operator's row", () => {
  const row = (facts: ModelFacts | null): SnapshotModel => ({
    id: 'openai/gpt-4o',
    provider: 'openai',
    model: 'gpt-4o',
    aliases: [],
    prices: null,
    facts,
  })
  const openai = { priceId: 'openai' }

  test('wins field by field, a capability being a field', () => {
    const facts = factsOf(
      openai,
      'gpt-4o',
      row({ context_window: 64_000, capabilities: { vision: false, json: true }, sunset_at: '2026-12-01' }),
    )
    expect(facts).toEqual({
      context_window: 64_000,
      max_output_tokens: 16_384,
      capabilities: { tools: true, vision: false, json: true, reasoning: false },
      sunset_at: '2026-12-01',
    })
  })

  test('that leaves a member undefined or has no facts takes nothing away', () => {
    const bare = builtInFacts('openai', 'gpt-4o')
    expect(factsOf(openai, 'gpt-4o', row({ context_window: undefined, capabilities: { tools: undefined } }))).toEqual(
      bare,
    )
    expect(factsOf(openai, 'gpt-4o', row(null))).toEqual(bare)
    expect(factsOf(openai, 'gpt-4o', undefined)).toEqual(bare)
  })

  test('holds for a provider of which nothing is built in', () => {
    expect(factsOf({ priceId: null }, 'llama', row({ context_window: 8192 }))).toEqual({ context_window: 8192 })
  })
})
