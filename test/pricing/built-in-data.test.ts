import { describe, expect, test } from 'vitest'
import { builtInModels, builtInPrices, providerOfBareModel } from '../../src/pricing/built-in-data.ts'

describe('builtInModels', () => {
  test('lists a provider’s models with their context windows', () => {
    const models = builtInModels('openai')
    expect(models.find((model) => model.model === 'gpt-4o-mini')).toEqual({
      model: 'gpt-4o-mini',
      contextWindow: 128_000,
    })
    expect(new Set(models.map((model) => model.model)).size).toBe(models.length)
  })

  test('leaves out what the data marks as deprecated', () => {
    expect(builtInModels('moonshotai').some((model) => model.model === 'kimi-k2-thinking-turbo')).toBe(false)
  })

  test('has none for a provider it does not know', () => {
    expect(builtInModels('nobody')).toEqual([])
  })
})

describe('providerOfBareModel', () => {
  const all = ['openrouter', 'azure', 'openai', 'mistral', 'groq', 'deepseek', 'together']

  test.each([
    ['gpt-4o', 'openai'],
    ['GPT-4o', 'openai'],
    ['gpt-4o-2024-08-06', 'openai'],
    ['o3', 'openai'],
    ['gpt-99-not-in-the-data-yet', 'openai'],
    ['mistral-large-latest', 'mistral'],
    ['deepseek-chat', 'deepseek'],
    ['no-such-model', null],
    ['', null],
    ['x'.repeat(10_000), null],
  ])('%#: %.30s belongs to %s', (name, provider) => {
    expect(providerOfBareModel(name, all)).toBe(provider)
  })

  test('a maker that is not enabled leaves the model to an enabled provider that lists it', () => {
    expect(providerOfBareModel('gpt-4o', ['groq', 'azure'])).toBe('azure')
    expect(providerOfBareModel('gpt-4o', ['groq'])).toBeNull()
    expect(providerOfBareModel('gpt-4o', [])).toBeNull()
  })
})

describe('builtInPrices', () => {
  test('gives the same value for the same day without looking it up again', () => {
    const noon = Date.UTC(2026, 1, 1, 12)
    expect(builtInPrices('openai', 'gpt-4o', noon)).toBe(builtInPrices('openai', 'gpt-4o', noon + 1000))
  })

  test('stays right after more model names than it remembers', () => {
    const at = Date.UTC(2026, 1, 1)
    const before = builtInPrices('openai', 'gpt-4o', at)
    for (let index = 0; index < 5000; index++) builtInPrices('openai', `invented-${index}`, at)
    expect(builtInPrices('openai', 'gpt-4o', at)).toEqual(before)
    expect(builtInPrices('openai', 'invented-1', at)).toBeNull()
  })

  test('a moment that is none has no price', () => {
    expect(builtInPrices('openai', 'gpt-4o', Number.NaN)).toBeNull()
  })
})
