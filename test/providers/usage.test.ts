import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readUsage } from '../../src/providers/usage.ts'

const read = (value: object): unknown => Object.values(readUsage(value as never) ?? {})

describe('readUsage', () => {
  it.each([
    [
      'OpenAI',
      {
        prompt_tokens: 100,
        completion_tokens: 50,
        total_tokens: 150,
        prompt_tokens_details: { cached_tokens: 64 },
        completion_tokens_details: { reasoning_tokens: 30 },
      },
      [100, 50, 64, 0, 30],
    ],
    [
      'DeepSeek',
      {
        prompt_tokens: 339,
        completion_tokens: 83,
        total_tokens: 422,
        prompt_cache_hit_tokens: 320,
        prompt_cache_miss_tokens: 19,
      },
      [339, 83, 320, 0, 0],
    ],
    [
      'OpenRouter with cache writes',
      {
        prompt_tokens: 100,
        completion_tokens: 5,
        total_tokens: 105,
        prompt_tokens_details: { cached_tokens: 20, cache_write_tokens: 70 },
      },
      [100, 5, 20, 70, 0],
    ],
    [
      'xAI, reasoning beside completion',
      {
        prompt_tokens: 291,
        completion_tokens: 26,
        total_tokens: 513,
        prompt_tokens_details: { cached_tokens: 290 },
        completion_tokens_details: { reasoning_tokens: 196 },
      },
      [291, 222, 290, 0, 196],
    ],
    [
      'Google, reasoning not listed',
      { prompt_tokens: 35, completion_tokens: 12, total_tokens: 109 },
      [35, 74, 0, 0, 62],
    ],
    [
      'cached tokens on top of the prompt',
      { prompt_tokens: 10, completion_tokens: 5, total_tokens: 115, prompt_tokens_details: { cached_tokens: 100 } },
      [110, 5, 100, 0, 0],
    ],
    [
      'more cached than prompt',
      { prompt_tokens: 7, completion_tokens: 8, total_tokens: 15, prompt_tokens_details: { cached_tokens: 161 } },
      [7, 8, 7, 0, 0],
    ],
    ['only the prompt', { prompt_tokens: 7 }, [7, 0, 0, 0, 0]],
  ])('reads %s', (_name, value, expected) => {
    expect(read(value)).toEqual(expected)
  })

  it('is null for anything that counts nothing', () => {
    for (const value of [
      null,
      undefined,
      'x',
      [],
      {},
      { prompt_tokens: '7' },
      { prompt_tokens: -1, completion_tokens: Number.NaN },
    ])
      expect(readUsage(value as never)).toBeNull()
  })

  it('always has parts that fit into their totals', () => {
    const count = fc.oneof(fc.nat(1000), fc.constant(null), fc.double())
    const details = fc.option(
      fc.record({ cached_tokens: count, cache_write_tokens: count, reasoning_tokens: count }, { requiredKeys: [] }),
      { nil: undefined },
    )
    fc.assert(
      fc.property(
        fc.record(
          {
            prompt_tokens: count,
            completion_tokens: count,
            total_tokens: count,
            prompt_tokens_details: details,
            completion_tokens_details: details,
          },
          { requiredKeys: [] },
        ),
        (value) => {
          const usage = readUsage(value as never)
          if (usage === null) return
          expect(usage.cacheReadInputTokens + usage.cacheCreationInputTokens).toBeLessThanOrEqual(usage.inputTokens)
          expect(usage.reasoningOutputTokens).toBeLessThanOrEqual(usage.outputTokens)
          for (const part of Object.values(usage)) expect(Number.isSafeInteger(part) && part >= 0).toBe(true)
        },
      ),
    )
  })

  it('knows the part of a cache write that is kept for an hour, and lets it be no more than the whole', () => {
    const usage = (oneHour: number): object =>
      readUsage({
        prompt_tokens: 100,
        completion_tokens: 1,
        prompt_tokens_details: { cache_write_tokens: 40, cache_write_one_hour_tokens: oneHour },
      }) ?? {}
    expect(usage(30)).toMatchObject({ cacheCreationInputTokens: 40, cacheCreationOneHourInputTokens: 30 })
    expect(usage(90)).toMatchObject({ cacheCreationOneHourInputTokens: 40 })
    expect(usage(0)).not.toHaveProperty('cacheCreationOneHourInputTokens')
  })
})
