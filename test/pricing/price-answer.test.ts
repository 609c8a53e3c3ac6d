import { calcPrice, findProvider } from '@pydantic/genai-prices'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Cost } from '../../src/core/record.ts'
import type { Usage } from '../../src/core/usage.ts'
import { owesPrice, priceAnswer, type PricedAnswer, type PriceOverrides } from '../../src/pricing/price-answer.ts'
import type { OperatorPrices } from '../../src/snapshot/snapshot.ts'

const none: PriceOverrides = new Map<string, never>()
const at = Date.UTC(2026, 0, 15, 12)

function usage(parts: Partial<Usage>): Usage {
  return {
    inputTokens: 0,
    outputTokens: 0,
    cacheReadInputTokens: 0,
    cacheCreationInputTokens: 0,
    reasoningOutputTokens: 0,
    ...parts,
  }
}

function answer(parts: Partial<PricedAnswer>): PricedAnswer {
  return { providerPriceId: 'openai', provider: 'openai', model: 'gpt-4o-mini', usage: usage({}), at, ...parts }
}

function sumOfParts(cost: Cost): number {
  return cost.inputUsd + cost.cacheReadUsd + cost.cacheWriteUsd + cost.outputUsd + cost.reasoningUsd
}

function overridesOf(id: string, prices: OperatorPrices | null, aliases: readonly string[] = []): PriceOverrides {
  const model = { id, prices }
  return new Map([id, ...aliases].map((name) => [name, model]))
}

const anyUsage = fc
  .record({
    plain: fc.nat(300_000),
    read: fc.nat(300_000),
    write: fc.nat(50_000),
    text: fc.nat(100_000),
    reasoning: fc.nat(100_000),
  })
  .map(({ plain, read, write, text, reasoning }) =>
    usage({
      inputTokens: plain + read + write,
      cacheReadInputTokens: read,
      cacheCreationInputTokens: write,
      outputTokens: text + reasoning,
      reasoningOutputTokens: reasoning,
    }),
  )

const priceIds = ['openai', 'openrouter', 'azure', 'mistral', 'groq', 'deepseek', 'together', 'anthropic', 'google']
/** Without the models that search for every answer, whose fee the data does not have. */
const everyModel = priceIds.flatMap((priceId) =>
  (findProvider({ providerId: priceId })?.models ?? []).flatMap(({ id }) =>
    id.includes('-search-preview') ? [] : [{ priceId, model: id }],
  ),
)

describe('built-in prices', () => {
  test('the bill of one answer, part by part', () => {
    const priced = priceAnswer(
      answer({
        usage: usage({ inputTokens: 1000, cacheReadInputTokens: 400, outputTokens: 100, reasoningOutputTokens: 30 }),
      }),
      none,
    )
    expect(priced?.source).toBe('genai-prices:openai/gpt-4o-mini')
    expect(priced?.cost.inputUsd).toBeCloseTo(600 * 0.15e-6, 15)
    expect(priced?.cost.cacheReadUsd).toBeCloseTo(400 * 0.075e-6, 15)
    expect(priced?.cost.cacheWriteUsd).toBe(0)
    expect(priced?.cost.outputUsd).toBeCloseTo(70 * 0.6e-6, 15)
    expect(priced?.cost.reasoningUsd).toBeCloseTo(30 * 0.6e-6, 15)
    expect(priced?.cost.totalUsd).toBeCloseTo(0.00018, 15)
  })

  test('for every model of the data and any usage the total is the one the data itself gives, and the parts add up to it', () => {
    expect(everyModel.length).toBeGreaterThan(900)
    fc.assert(
      fc.property(
        fc.constantFrom(...everyModel),
        anyUsage,
        fc.date({ min: new Date('2024-01-01'), max: new Date('2027-01-01'), noInvalidDate: true }),
        ({ priceId, model }, used, date) => {
          const priced = priceAnswer(
            answer({ providerPriceId: priceId, provider: priceId, model, usage: used, at: date.getTime() }),
            none,
          )
          if (priced === null) return
          expect(priced.cost.totalUsd).toBeCloseTo(sumOfParts(priced.cost), 12)
          const oracle = calcPrice(
            {
              input_tokens: used.inputTokens,
              cache_read_tokens: used.cacheReadInputTokens,
              cache_write_tokens: used.cacheCreationInputTokens,
              output_tokens: used.outputTokens,
              output_reasoning_tokens: used.reasoningOutputTokens,
            },
            model,
            { providerId: priceId, timestamp: date },
          )
          expect(priced.cost.totalUsd).toBeCloseTo(oracle?.total_price ?? Number.NaN, 9)
        },
      ),
      { numRuns: 3000 },
    )
  })

  test('nearly every chat model of the data is priced, so the comparison above compares something', () => {
    const priced = everyModel.filter(
      ({ priceId, model }) =>
        priceAnswer(
          answer({ providerPriceId: priceId, model, usage: usage({ inputTokens: 10, outputTokens: 10 }) }),
          none,
        ) !== null,
    )
    expect(priced.length / everyModel.length).toBeGreaterThan(0.9)
  })

  test('a price that changed is the one of the day of the answer', () => {
    const million = usage({ inputTokens: 1_000_000 })
    const on = (date: string): number | undefined =>
      priceAnswer(answer({ model: 'o3', usage: million, at: Date.parse(date) }), none)?.cost.totalUsd
    expect(on('2025-06-09T23:59:59.999Z')).toBe(10)
    expect(on('2025-06-10T00:00:00Z')).toBe(2)
    expect(on('2025-06-09T12:00:00Z')).toBe(10)
  })

  test('a price for some hours of the day is the one of the hour', () => {
    const million = usage({ inputTokens: 1_000_000 })
    const on = (date: string): number | undefined =>
      priceAnswer(
        answer({ providerPriceId: 'deepseek', model: 'deepseek-reasoner', usage: million, at: Date.parse(date) }),
        none,
      )?.cost.totalUsd
    expect(on('2025-06-09T00:29:59Z')).toBe(0.135)
    expect(on('2025-06-09T00:30:00Z')).toBe(0.55)
    expect(on('2025-06-09T16:30:00Z')).toBe(0.135)
  })

  test('a long input moves the whole answer into the dearer tier', () => {
    const per = (inputTokens: number): number =>
      (priceAnswer(answer({ model: 'gpt-5.5-pro', usage: usage({ inputTokens }) }), none)?.cost.totalUsd ??
        Number.NaN) / inputTokens
    expect(per(272_000)).toBeCloseTo(2 * per(271_999), 12)
  })

  test('cached tokens without a price of their own cost what input costs, never nothing', () => {
    const priced = priceAnswer(
      answer({ model: 'gpt-4o-mini', usage: usage({ inputTokens: 100, cacheCreationInputTokens: 100 }) }),
      none,
    )
    expect(priced?.cost.cacheWriteUsd).toBeCloseTo(100 * 0.15e-6, 15)
    expect(priced?.cost.inputUsd).toBe(0)
  })

  test('the model that answered is more exact than the one that was called; the called one serves when the other is unknown', () => {
    const million = usage({ outputTokens: 1_000_000 })
    const total = (model: string, responseModel: string | null): number | undefined =>
      priceAnswer(answer({ model, responseModel, usage: million }), none)?.cost.totalUsd
    expect(total('gpt-4o', 'gpt-4o-2024-05-13')).toBe(15)
    expect(total('gpt-4o-mini', 'something-new')).toBe(total('gpt-4o-mini', null))
    expect(
      priceAnswer(
        answer({
          providerPriceId: 'azure',
          provider: 'azure',
          model: 'my-deployment',
          responseModel: 'gpt-4o',
          usage: million,
        }),
        none,
      )?.source,
    ).toBe('genai-prices:azure/gpt-4o')
  })
})

describe('unknown prices are null, never 0', () => {
  const some = usage({ inputTokens: 10, outputTokens: 10 })

  test.each([
    ['a model the data does not know', answer({ model: 'gpt-99-unheard-of', usage: some })],
    ['a provider the data does not know', answer({ providerPriceId: 'nobody', usage: some })],
    ['a name longer than any model', answer({ model: 'gpt-4o'.repeat(100), usage: some })],
    ['a model without a price for what was used', answer({ model: 'text-embedding-3-small', usage: some })],
    ['a model that is in the data without prices', answer({ model: 'omni-moderation-latest', usage: some })],
    ['counts that are no counts', answer({ usage: usage({ inputTokens: Number.NaN }) })],
    ['negative counts', answer({ usage: usage({ inputTokens: -1 }) })],
  ])('%s', (_name, unknown) => {
    expect(priceAnswer(unknown, none)).toBeNull()
  })

  test('a provider that sends no bill has no cost and owes no price', () => {
    expect(
      priceAnswer(answer({ providerPriceId: null, provider: 'mock', model: 'gpt-4o', usage: some }), none),
    ).toBeNull()
    expect(owesPrice({ providerPriceId: null })).toBe(false)
    expect(owesPrice({ providerPriceId: 'openai' })).toBe(true)
  })

  test('a model that the data calls free costs 0', () => {
    const free = everyModel.find(({ model }) => model.endsWith(':free'))
    expect(free).toBeDefined()
    expect(
      priceAnswer(answer({ providerPriceId: 'openrouter', model: free?.model ?? '', usage: some }), none)?.cost
        .totalUsd,
    ).toBe(0)
  })
})

describe("operators' prices", () => {
  const prices: OperatorPrices = {
    input_usd_per_million_tokens: 2,
    output_usd_per_million_tokens: 8,
    cache_read_usd_per_million_tokens: 0.5,
    cache_write_usd_per_million_tokens: 3,
  }

  test('win over the built-in ones', () => {
    const priced = priceAnswer(
      answer({ usage: usage({ inputTokens: 1_000_000, outputTokens: 1_000_000 }) }),
      overridesOf('openai/gpt-4o-mini', prices),
    )
    expect(priced).toMatchObject({ cost: { totalUsd: 10 }, source: 'operator:openai/gpt-4o-mini' })
  })

  test('hold for the model that answered', () => {
    const million = usage({ outputTokens: 1_000_000 })
    const overrides = overridesOf('openai/my-model', prices)
    expect(
      priceAnswer(answer({ model: 'x', responseModel: 'my-model', usage: million }), overrides)?.cost.outputUsd,
    ).toBe(8)
  })

  test('do not reach a model of another provider that has the same name', () => {
    const used = usage({ inputTokens: 1_000_000 })
    const aliased = overridesOf('azure/gpt-4o-mini', prices, ['gpt-4o-mini'])
    expect(priceAnswer(answer({ usage: used }), aliased)?.source).toBe('genai-prices:openai/gpt-4o-mini')
    const routed = answer({ providerPriceId: null, provider: 'local', model: 'openai/gpt-4o-mini', usage: used })
    expect(priceAnswer(routed, overridesOf('openai/gpt-4o-mini', prices))).toBeNull()
  })

  test('give a bill to a provider that sends none', () => {
    const local = answer({
      providerPriceId: null,
      provider: 'local',
      model: 'llama',
      usage: usage({ inputTokens: 1_000_000 }),
    })
    expect(priceAnswer(local, overridesOf('local/llama', prices))?.cost.totalUsd).toBe(2)
  })

  test('a model entry without prices leaves the built-in ones', () => {
    const priced = priceAnswer(answer({ usage: usage({ inputTokens: 1 }) }), overridesOf('openai/gpt-4o-mini', null))
    expect(priced?.source).toBe('genai-prices:openai/gpt-4o-mini')
  })

  test('parts add up to the total and every token is paid once, for any usage', () => {
    fc.assert(
      fc.property(anyUsage, (used) => {
        const flat: OperatorPrices = { input_usd_per_million_tokens: 1, output_usd_per_million_tokens: 1 }
        const priced = priceAnswer(answer({ usage: used }), overridesOf('openai/gpt-4o-mini', flat))
        if (priced === null) throw new Error('not priced')
        expect(priced.cost.totalUsd).toBeCloseTo(sumOfParts(priced.cost), 12)
        expect(priced.cost.totalUsd).toBeCloseTo((used.inputTokens + used.outputTokens) / 1_000_000, 9)
      }),
    )
  })

  test('parts that exceed their whole are billed as reported', () => {
    const priced = priceAnswer(
      answer({
        usage: usage({
          inputTokens: 10,
          cacheReadInputTokens: 1_000_000,
          outputTokens: 5,
          reasoningOutputTokens: 1_000_000,
        }),
      }),
      overridesOf('openai/gpt-4o-mini', prices),
    )
    expect(priced?.cost).toMatchObject({ inputUsd: 0, cacheReadUsd: 0.5, outputUsd: 0, reasoningUsd: 8, totalUsd: 8.5 })
  })
})
