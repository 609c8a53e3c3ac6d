import { calcPrice } from '@pydantic/genai-prices'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Cost } from '../../src/core/record.ts'
import type { Usage } from '../../src/core/usage.ts'
import { checkPrices } from '../../src/pricing/check-prices.ts'
import { priceAnswer, type PricedAnswer, type PriceOverrides } from '../../src/pricing/price-answer.ts'
import type { OperatorPrices } from '../../src/snapshot/snapshot.ts'

const none: PriceOverrides = new Map<string, never>()
const at = Date.UTC(2026, 0, 15, 12)

function usage(parts: Partial<Usage>): Usage {
  const nothing = {
    inputTokens: 0,
    outputTokens: 0,
    cacheReadInputTokens: 0,
    cacheCreationInputTokens: 0,
    reasoningOutputTokens: 0,
  }
  return { ...nothing, ...parts }
}

function bill(used: Usage, called: Partial<PricedAnswer> = {}, overrides: PriceOverrides = none): Cost {
  const sonnet = { providerPriceId: 'anthropic', provider: 'anthropic', model: 'claude-sonnet-4-5-20250929' }
  const priced = priceAnswer({ ...sonnet, usage: used, at, ...called }, overrides)
  if (priced === null) throw new Error('not priced')
  return priced.cost
}

function operator(prices: OperatorPrices): PriceOverrides {
  return new Map([['anthropic/own', { id: 'anthropic/own', prices }]])
}

const inputAndOutput = { input_usd_per_million_tokens: 1, output_usd_per_million_tokens: 5 }
const million = 1_000_000

/** A million tokens were cached for five minutes and a million for an hour. */
const bothWrites = usage({
  inputTokens: 2 * million,
  cacheCreationInputTokens: 2 * million,
  cacheCreationOneHourInputTokens: million,
})

describe('golden bills', () => {
  test('Sonnet 4.5: a request that reads the cache and writes it for five minutes and for an hour', () => {
    const cost = bill(
      usage({
        inputTokens: 12_000,
        cacheReadInputTokens: 5_000,
        cacheCreationInputTokens: 6_000,
        cacheCreationOneHourInputTokens: 4_000,
        outputTokens: 500,
        reasoningOutputTokens: 200,
      }),
    )
    expect(cost.inputUsd).toBeCloseTo(0.003, 12)
    expect(cost.cacheReadUsd).toBeCloseTo(0.0015, 12)
    expect(cost.cacheWriteUsd).toBeCloseTo(2_000 * 3.75e-6 + 4_000 * 6e-6, 12)
    expect(cost.outputUsd + cost.reasoningUsd).toBeCloseTo(0.0075, 12)
    expect(cost.totalUsd).toBeCloseTo(0.0435, 12)
  })

  test('Haiku 3, whose shorter writes are not 1.25 times the input: the data holds, not the rule', () => {
    const cost = bill(bothWrites, { model: 'claude-3-haiku-20240307' })
    expect(cost.cacheWriteUsd).toBeCloseTo(0.3 + 0.5, 12)
  })

  test('a reseller whose list has no price for the hour: twice its input price, in the tier of the answer', () => {
    const resold = { providerPriceId: 'openrouter', provider: 'openrouter', model: 'anthropic/claude-sonnet-4.5' }
    const small = usage({
      inputTokens: 1000,
      cacheCreationInputTokens: 1000,
      cacheCreationOneHourInputTokens: 1000,
    })
    expect(bill(small, resold).totalUsd).toBeCloseTo(0.006, 12)
    expect(bill(bothWrites, resold).cacheWriteUsd).toBeCloseTo(7.5 + 12, 9)
  })

  test('OpenAI’s cache writes are paid, and nothing of them for an hour', () => {
    const written = usage({ inputTokens: 100_000, cacheCreationInputTokens: 100_000 })
    const cost = bill(written, {
      providerPriceId: 'openai',
      provider: 'openai',
      model: 'gpt-5.6-sol',
      at: Date.UTC(2026, 10, 1),
    })
    expect(cost.cacheWriteUsd).toBeCloseTo(0.5, 12)
    expect(cost.inputUsd).toBe(0)
  })
})

describe("operators' prices for an hour", () => {
  const own = { model: 'own' }

  test('hold when they are given', () => {
    const prices = {
      ...inputAndOutput,
      cache_write_usd_per_million_tokens: 1.1,
      cache_write_one_hour_usd_per_million_tokens: 1.7,
    }
    expect(bill(bothWrites, own, operator(prices)).cacheWriteUsd).toBeCloseTo(2.8, 12)
  })

  test('left out: twice the input price, but never below the shorter write', () => {
    expect(bill(bothWrites, own, operator(inputAndOutput)).cacheWriteUsd).toBeCloseTo(1 + 2, 12)
    const dear = { ...inputAndOutput, cache_write_usd_per_million_tokens: 3 }
    expect(bill(bothWrites, own, operator(dear)).cacheWriteUsd).toBeCloseTo(3 + 3, 12)
    const free = { ...inputAndOutput, input_usd_per_million_tokens: 0 }
    expect(bill(bothWrites, own, operator(free)).totalUsd).toBe(0)
  })

  test('a price in the wrong unit is refused by name', () => {
    const typed = { ...inputAndOutput, cache_write_one_hour_usd_per_million_tokens: 0.000006 }
    expect(checkPrices(typed)).toMatch(/^cache_write_one_hour_usd_per_million_tokens is .*write 6;/)
  })
})

test('for any usage the total is what the data gives, the parts add up to it, and longer storage never costs less', () => {
  const parts = fc.record({
    plain: fc.nat(300_000),
    read: fc.nat(300_000),
    short: fc.nat(50_000),
    long: fc.nat(50_000),
    output: fc.nat(100_000),
  })
  fc.assert(
    fc.property(parts, ({ plain, read, short, long, output }) => {
      const used = usage({
        inputTokens: plain + read + short + long,
        cacheReadInputTokens: read,
        cacheCreationInputTokens: short + long,
        cacheCreationOneHourInputTokens: long,
        outputTokens: output,
      })
      const cost = bill(used)
      const { inputUsd, cacheReadUsd, cacheWriteUsd, outputUsd, reasoningUsd } = cost
      expect(cost.totalUsd).toBeCloseTo(inputUsd + cacheReadUsd + cacheWriteUsd + outputUsd + reasoningUsd, 12)
      const oracle = calcPrice(
        {
          input_tokens: used.inputTokens,
          cache_read_tokens: read,
          cache_write_tokens: short + long,
          cache_write_1h_tokens: long,
          output_tokens: output,
        },
        'claude-sonnet-4-5-20250929',
        { providerId: 'anthropic', timestamp: new Date(at) },
      )
      expect(cost.totalUsd).toBeCloseTo(oracle?.total_price ?? Number.NaN, 9)
      expect(cost.totalUsd).toBeGreaterThanOrEqual(bill({ ...used, cacheCreationOneHourInputTokens: 0 }).totalUsd)
    }),
  )
})

test.each([Number.NaN, -1, Number.POSITIVE_INFINITY])(
  'a count of %d for an hour is no count, so no price',
  (tokens) => {
    const used = usage({ inputTokens: 10, cacheCreationInputTokens: 5, cacheCreationOneHourInputTokens: tokens })
    expect(() => bill(used)).toThrow('not priced')
  },
)
