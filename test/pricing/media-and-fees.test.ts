import { calcPrice, findProvider } from '@pydantic/genai-prices'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Cost } from '../../src/core/record.ts'
import type { Usage } from '../../src/core/usage.ts'
import { priceAnswer, type PriceOverrides } from '../../src/pricing/price-answer.ts'
import { usageOf } from './usage-of.ts'

const none: PriceOverrides = new Map<string, never>()
const at = Date.UTC(2026, 7, 19, 12)

/** What an answer of `<price provider>/<model>` costs; null: nobody knows. */
function bill(id: string, parts: Partial<Usage>, overrides: PriceOverrides = none): Cost | null {
  const [provider = '', ...model] = id.split('/')
  const answer = { providerPriceId: provider, provider, model: model.join('/'), usage: usageOf(parts), at }
  return priceAnswer(answer, overrides)?.cost ?? null
}

/** Every part to the last digit, and their sum. */
function expectBill(cost: Cost | null, parts: Partial<Omit<Cost, 'totalUsd'>>): void {
  if (cost === null) throw new Error('not priced')
  const { totalUsd, ...found } = cost
  let sum = 0
  for (const [name, usd] of Object.entries(found)) {
    expect(usd, name).toBeCloseTo(parts[name as keyof typeof parts] ?? 0, 12)
    sum += usd
  }
  expect(totalUsd).toBeCloseTo(sum, 12)
}

describe('golden bills of sound', () => {
  test('gpt-audio hears and speaks: each at its own price, beside the text', () => {
    const used = { inputTokens: 1000, audioInputTokens: 700, outputTokens: 500, audioOutputTokens: 400 }
    expectBill(bill('openai/gpt-audio', used), {
      inputUsd: (300 * 2.5 + 700 * 32) / 1e6,
      outputUsd: (100 * 10 + 400 * 64) / 1e6,
    })
  })

  test('Gemini 2.5 Flash: sound that goes in, some of it cached', () => {
    const used = {
      inputTokens: 3000,
      audioInputTokens: 2000,
      cacheReadInputTokens: 1500,
      audioCacheReadInputTokens: 1200,
      outputTokens: 100,
      reasoningOutputTokens: 40,
    }
    expectBill(bill('google/gemini-2.5-flash', used), {
      inputUsd: (700 * 0.3 + 800 * 1) / 1e6,
      cacheReadUsd: (300 * 0.03 + 1200 * 0.1) / 1e6,
      outputUsd: (60 * 2.5) / 1e6,
      reasoningUsd: (40 * 2.5) / 1e6,
    })
  })

  test('Gemini 2.5 Pro: sound costs what text costs, by its list', () => {
    const used = { inputTokens: 1000, audioInputTokens: 900, cacheReadInputTokens: 500, audioCacheReadInputTokens: 500 }
    expectBill(bill('google/gemini-2.5-pro', used), { inputUsd: 500 * 1.25e-6, cacheReadUsd: 500 * 0.125e-6 })
  })

  test('a transcription: sound goes in, text comes out', () => {
    const used = { inputTokens: 114, audioInputTokens: 100, outputTokens: 45 }
    expectBill(bill('openai/gpt-4o-transcribe', used), { inputUsd: (14 * 2.5 + 100 * 6) / 1e6, outputUsd: 45e-5 })
  })

  test('a model that only speaks: the price of its output is that of its sound', () => {
    const used = { inputTokens: 10, outputTokens: 200, audioOutputTokens: 200 }
    expectBill(bill('google/gemini-2.5-flash-preview-tts', used), { inputUsd: 5e-6, outputUsd: 2e-3 })
  })

  test('cached sound without a price of its own costs what sound costs, not what text does', () => {
    const used = { inputTokens: 100, audioInputTokens: 100, cacheReadInputTokens: 100, audioCacheReadInputTokens: 100 }
    expectBill(bill('openai/gpt-audio', used), { cacheReadUsd: 100 * 32e-6 })
  })
})

describe('golden bills of pictures', () => {
  test('Gemini 2.5 Flash Image: a picture comes out, with some text and thoughts', () => {
    const used = { inputTokens: 270, imageInputTokens: 258, outputTokens: 1400, imageOutputTokens: 1290 }
    expectBill(bill('google/gemini-2.5-flash-image', { ...used, reasoningOutputTokens: 50 }), {
      inputUsd: 270 * 0.3e-6,
      outputUsd: (60 * 2.5 + 1290 * 30) / 1e6,
      reasoningUsd: 50 * 2.5e-6,
    })
  })

  test('gpt-image-1: pictures go in and come out', () => {
    const used = { inputTokens: 400, imageInputTokens: 300, outputTokens: 1056, imageOutputTokens: 1056 }
    expectBill(bill('openai/gpt-image-1', used), { inputUsd: (100 * 5 + 300 * 10) / 1e6, outputUsd: 1056 * 40e-6 })
  })

  test('gpt-image-1.5: text and pictures come out at prices of their own', () => {
    const used = { inputTokens: 10, outputTokens: 1100, imageOutputTokens: 1056 }
    expectBill(bill('openai/gpt-image-1.5', used), { inputUsd: 5e-5, outputUsd: (44 * 10 + 1056 * 32) / 1e6 })
  })
})

describe('golden bills of searches', () => {
  test('Claude Sonnet 4.5 searched the web three times', () => {
    const used = { inputTokens: 2000, cacheReadInputTokens: 500, outputTokens: 100, webSearches: 3 }
    expectBill(bill('anthropic/claude-sonnet-4-5-20250929', used), {
      inputUsd: 1500 * 3e-6 + 0.03,
      cacheReadUsd: 500 * 0.3e-6,
      outputUsd: 100 * 15e-6,
    })
  })

  test('gpt-5 searched over the Responses API', () => {
    expectBill(bill('openai/gpt-5', { inputTokens: 1000, webSearches: 2 }), { inputUsd: 1000 * 1.25e-6 + 0.02 })
  })

  test.each([
    ['gpt-4o-mini-search-preview-2025-03-11', 0.15, 0.6],
    ['gpt-4o-mini-search-preview', 0.15, 0.6],
    ['gpt-4o-search-preview', 2.5, 10],
  ])('%s searches for every answer', (model, input, output) => {
    expectBill(bill(`openai/${model}`, { inputTokens: 13, outputTokens: 197 }), {
      inputUsd: (13 * input) / 1e6 + 0.025,
      outputUsd: (197 * output) / 1e6,
    })
  })
})

describe('the cost is unknown, and not a price of text', () => {
  test.each<readonly [string, string, Partial<Usage>]>([
    ['sound for a model whose price of it is in no list', 'openai/gpt-4o-audio-preview', { audioInputTokens: 44 }],
    ['sound of a model whose price of it is in no list', 'openai/gpt-4o-audio-preview', { audioOutputTokens: 9 }],
    ['cached sound of such a model', 'openai/gpt-4o-audio-preview', { audioCacheReadInputTokens: 44 }],
    ['sound at a reseller that lists text alone', 'openrouter/google/gemini-2.5-flash', { audioInputTokens: 44 }],
    ['a picture of a reseller', 'openrouter/google/gemini-2.5-flash-image', { imageOutputTokens: 9 }],
    ['a picture of a model that is listed for text', 'google/gemini-2.0-flash-exp', { imageOutputTokens: 9 }],
    ['searches without a fee in the list', 'google/gemini-2.5-flash', { webSearches: 1 }],
    ['searches of a model that cannot', 'anthropic/claude-3-haiku-20240307', { webSearches: 1 }],
    ['a free model’s searches', 'openrouter/deepseek/deepseek-r1:free', { webSearches: 1 }],
    ['a search model of a reseller', 'openrouter/openai/gpt-4o-mini-search-preview', {}],
    ['a number of searches that is none', 'openai/gpt-5', { webSearches: Number.NaN }],
    ['sound that is no number', 'google/gemini-2.5-flash', { audioInputTokens: -1 }],
  ])('%s', (_name, id, parts) => {
    const text = { inputTokens: 100, cacheReadInputTokens: 50, outputTokens: 10 }
    expect(bill(id, { ...text, ...parts })).toBeNull()
  })

  test('but text of the same models is priced', () => {
    const text = { inputTokens: 1_000_000 }
    expect(bill('openai/gpt-4o-audio-preview', text)?.totalUsd).toBe(2.5)
    expect(bill('google/gemini-2.0-flash-exp', text)?.totalUsd).toBe(0.1)
    expect(bill('anthropic/claude-3-haiku-20240307', text)?.totalUsd).toBe(0.25)
  })
})

describe('an operator names one price for all that goes in and one for all that comes out', () => {
  const prices = { input_usd_per_million_tokens: 2, output_usd_per_million_tokens: 8 }
  const own = (id: string): PriceOverrides => new Map([[id, { id, prices }]])

  test('sound and pictures cost what text costs', () => {
    const id = 'openai/gpt-4o-audio-preview'
    const used = {
      inputTokens: 100,
      audioInputTokens: 60,
      imageInputTokens: 30,
      outputTokens: 10,
      audioOutputTokens: 10,
    }
    expectBill(bill(id, used, own(id)), { inputUsd: 100 * 2e-6, outputUsd: 10 * 8e-6 })
  })

  test('fees that the built-in list names are paid on top', () => {
    const searched = { inputTokens: 100, webSearches: 2 }
    const claude = 'anthropic/claude-sonnet-4-5'
    expectBill(bill(claude, searched, own(claude)), { inputUsd: 100 * 2e-6 + 0.02 })
    const gemini = 'google/gemini-2.5-flash'
    expectBill(bill(gemini, searched, own(gemini)), { inputUsd: 100 * 2e-6 })
    const search = 'openai/gpt-4o-mini-search-preview'
    expectBill(bill(search, { inputTokens: 100 }, own(search)), { inputUsd: 100 * 2e-6 + 0.025 })
  })
})

/** Every model that is listed with a price of its own for sound or pictures, with the counts it has prices for. */
const mediaModels = ['openai', 'google', 'azure'].flatMap((provider) =>
  (findProvider({ providerId: provider })?.models ?? []).flatMap(({ id }) => {
    const priced = calcPrice({}, id, { providerId: provider, timestamp: new Date(at) })?.model_price ?? {}
    const names = ['input_audio', 'output_audio', 'cache_audio_read', 'input_image', 'output_image', 'cache_image_read']
    const has = new Set(names.filter((name) => priced[`${name}_mtok`] !== undefined))
    return has.size === 0 ? [] : [{ id: `${provider}/${id}`, provider, model: id, has }]
  }),
)

test('where the list prices sound and pictures, any usage costs what the list itself reckons, and the parts add up', () => {
  expect(mediaModels.length).toBeGreaterThan(20)
  const tokens = fc.nat(100_000)
  fc.assert(
    fc.property(
      fc.constantFrom(...mediaModels),
      fc.array(tokens, { minLength: 9, maxLength: 9 }),
      ({ id, provider, model, has }, counts) => {
        const [text = 0, cached = 0, said = 0, ...media] = counts
        const part = (name: string, index: number): number => (has.has(name) ? (media[index] ?? 0) : 0)
        const audioRead = has.has('input_audio') ? part('cache_audio_read', 0) : 0
        const imageRead = has.has('input_image') ? part('cache_image_read', 1) : 0
        const audio = part('input_audio', 2) + audioRead
        const image = part('input_image', 3) + imageRead
        const spoken = part('output_audio', 4)
        const drawn = part('output_image', 5)
        const cost = bill(id, {
          inputTokens: text + cached + audio + image,
          cacheReadInputTokens: cached + audioRead + imageRead,
          audioInputTokens: audio,
          audioCacheReadInputTokens: audioRead,
          imageInputTokens: image,
          imageCacheReadInputTokens: imageRead,
          outputTokens: said + spoken + drawn,
          audioOutputTokens: spoken,
          imageOutputTokens: drawn,
        })
        if (cost === null) return
        const oracle = calcPrice(
          {
            input_tokens: text + cached + audio + image,
            cache_read_tokens: cached + audioRead + imageRead,
            input_audio_tokens: audio,
            cache_audio_read_tokens: audioRead,
            input_image_tokens: image,
            cache_image_read_tokens: imageRead,
            output_tokens: said + spoken + drawn,
            output_audio_tokens: spoken,
            output_image_tokens: drawn,
          },
          model,
          { providerId: provider, timestamp: new Date(at) },
        )
        expect(cost.totalUsd, id).toBeCloseTo(oracle?.total_price ?? Number.NaN, 9)
        const { inputUsd, cacheReadUsd, cacheWriteUsd, outputUsd, reasoningUsd } = cost
        expect(cost.totalUsd).toBeCloseTo(inputUsd + cacheReadUsd + cacheWriteUsd + outputUsd + reasoningUsd, 12)
      },
    ),
    { numRuns: 1000 },
  )
})
