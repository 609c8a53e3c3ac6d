import { findProvider } from '@pydantic/genai-prices'
import { describe, expect, test } from 'vitest'
import { builtInPrices } from '../../src/pricing/built-in-data.ts'
import { checkPrices } from '../../src/pricing/check-prices.ts'
import { announceUnknownPrices } from '../../src/pricing/unknown-price.ts'

describe('checkPrices', () => {
  const sane = { input_usd_per_million_tokens: 2.5, output_usd_per_million_tokens: 10 }

  test('accepts sane prices, and free ones', () => {
    expect(checkPrices(sane)).toBeNull()
    expect(checkPrices({ input_usd_per_million_tokens: 0, output_usd_per_million_tokens: 0 })).toBeNull()
  })

  test('a price for one token is refused with what was probably meant', () => {
    expect(checkPrices({ ...sane, input_usd_per_million_tokens: 0.0000025 })).toMatch(
      /^input_usd_per_million_tokens is 0\.0000025.*write 2\.5;/,
    )
  })

  test.each([
    ['output_usd_per_million_tokens', 2001],
    ['cache_read_usd_per_million_tokens', 0.0000003],
    ['cache_write_usd_per_million_tokens', -1],
    ['cache_write_usd_per_million_tokens', Number.NaN],
    ['input_usd_per_million_tokens', Number.POSITIVE_INFINITY],
  ])('%s = %d is refused by name', (field, usd) => {
    expect(checkPrices({ ...sane, [field]: usd })).toContain(field)
  })

  test('every model that is sold lies within the band', () => {
    for (const priceId of ['openai', 'openrouter', 'mistral', 'groq', 'deepseek', 'together', 'anthropic', 'google']) {
      for (const { id } of findProvider({ providerId: priceId })?.models ?? []) {
        const prices = builtInPrices(priceId, id, Date.UTC(2026, 0, 1))
        if (!prices?.input || !prices.output) continue
        const sold = {
          input_usd_per_million_tokens: prices.input.base,
          output_usd_per_million_tokens: prices.output.base,
        }
        expect(checkPrices(sold), `${priceId}/${id}`).toBeNull()
      }
    }
  })
})

test('an unknown price is announced once for each model', () => {
  const seen: unknown[] = []
  const announce = announceUnknownPrices((observation) => seen.push(observation))
  announce('openai', 'gpt-99')
  announce('openai', 'gpt-99')
  announce('groq', 'gpt-99')
  expect(seen).toEqual([
    { type: 'price-unknown', provider: 'openai', model: 'gpt-99' },
    { type: 'price-unknown', provider: 'groq', model: 'gpt-99' },
  ])
})
