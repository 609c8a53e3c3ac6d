import { describe, expect, test } from 'vitest'
import { createSubject } from './subject.ts'

const prices = { input_usd_per_million_tokens: 0.3, output_usd_per_million_tokens: 1.2 }

const nothingKnown = {
  context_window: null,
  max_output_tokens: null,
  capabilities: null,
  sunset_at: null,
  successor: null,
}

describe('models', () => {
  test('prices are kept per million tokens, with the bill of a sample', async () => {
    const subject = createSubject()
    const answer = await subject.send('PUT', '/v1/models/openai/my-finetune', { prices, aliases: ['finetune'] })
    expect(answer.json).toMatchObject({
      id: 'openai/my-finetune',
      provider: 'openai',
      model: 'my-finetune',
      aliases: ['finetune'],
      prices,
      sample_bill: { input_tokens: 1000, output_tokens: 500, price_source: 'operator:openai/my-finetune' },
    })
    expect(answer.json['sample_bill']?.['cost_usd']).toBeCloseTo(0.0009, 12)
    const list = await subject.send('GET', '/v1/models')
    expect(list.json['data']).toEqual([
      {
        id: 'openai/my-finetune',
        provider: 'openai',
        model: 'my-finetune',
        aliases: ['finetune'],
        prices,
        ...nothingKnown,
      },
    ])
  })

  test('without prices the built-in ones hold, and an unknown price is null, never 0', async () => {
    const subject = createSubject()
    const known = await subject.send('PUT', '/v1/models/openai/gpt-4o-mini', { aliases: ['cheap'] })
    expect(known.json['prices']).toBeNull()
    expect(known.json['sample_bill']?.['price_source']).toMatch(/^genai-prices:/)
    const unknown = await subject.send('PUT', '/v1/models/local/mine', {})
    expect(unknown.json['sample_bill']).toMatchObject({ cost_usd: null, price_source: null })
  })

  test('facts stand beside prices, null or left out is unknown, and a PUT replaces them all', async () => {
    const subject = createSubject()
    const facts = {
      context_window: 200_000,
      capabilities: { tools: true, vision: false },
      sunset_at: '2027-01-31',
      successor: 'gemini/next',
    }
    const put = await subject.send('PUT', '/v1/models/openai/x', { ...facts, max_output_tokens: null })
    expect(put.json).toMatchObject({ ...nothingKnown, ...facts, prices: null })
    const [stored] = await subject.stores.models.list()
    expect(stored?.facts).toEqual(facts)
    expect((await subject.send('PUT', '/v1/models/openai/x', { prices })).json).toMatchObject(nothingKnown)
    expect((await subject.stores.models.list())[0]?.facts).toBeNull()
  })

  test('a price for cache writes of one hour is kept, in the same unit as the others', async () => {
    const subject = createSubject()
    const more = { ...prices, cache_write_one_hour_usd_per_million_tokens: 0.6 }
    expect((await subject.send('PUT', '/v1/models/openai/x', { prices: more })).json['prices']).toEqual(more)
    const wrong = { ...prices, cache_write_one_hour_usd_per_million_tokens: 0.0000006 }
    const refused = await subject.send('PUT', '/v1/models/openai/x', { prices: wrong })
    expect(refused.json['error']?.['param']).toBe('prices.cache_write_one_hour_usd_per_million_tokens')
  })

  test('the slashes of an id may be written as they are or encoded; a provider may be named by another prefix', async () => {
    const subject = createSubject()
    expect((await subject.send('PUT', '/v1/models/openrouter/anthropic/claude', { prices })).json['model']).toBe(
      'anthropic/claude',
    )
    expect((await subject.send('DELETE', '/v1/models/openrouter%2Fanthropic%2Fclaude')).json).toEqual({
      id: 'openrouter/anthropic/claude',
      deleted: true,
    })
    expect((await subject.send('PUT', '/v1/models/google/gemini-x', { prices })).json['id']).toBe('gemini/gemini-x')
    expect((await subject.send('DELETE', '/v1/models/google/gemini-x')).status).toBe(200)
    expect((await subject.send('DELETE', '/v1/models/gemini/gemini-x')).status).toBe(404)
  })

  test('a price in the wrong unit is refused with what was probably meant', async () => {
    const answer = await createSubject().send('PUT', '/v1/models/openai/x', {
      prices: { ...prices, input_usd_per_million_tokens: 0.00000015 },
    })
    expect(answer.status).toBe(400)
    expect(answer.json['error']).toMatchObject({
      param: 'prices.input_usd_per_million_tokens',
      message: expect.stringContaining('0.15'),
    })
  })

  test.each([
    [
      '/v1/models/openai/x',
      { prices: { ...prices, output_usd_per_million_tokens: 5000 } },
      'prices.output_usd_per_million_tokens',
    ],
    [
      '/v1/models/openai/x',
      { prices: { ...prices, output_usd_per_million_tokens: -1 } },
      'prices.output_usd_per_million_tokens',
    ],
    ['/v1/models/openai/x', { prices: { input_usd_per_million_tokens: 1 } }, 'prices.output_usd_per_million_tokens'],
    ['/v1/models/openai/x', { prices: { ...prices, input_price: 1 } }, 'prices.input_price'],
    ['/v1/models/openai/x', { aliases: ['prompt:support-reply'] }, 'aliases[0]'],
    ['/v1/models/openai/x', { aliases: ['chain:triage'] }, 'aliases[0]'],
    ['/v1/models/openai/x', { aliases: ['a', 'a'] }, 'aliases'],
    ['/v1/models/openai/x', { context_window: 0 }, 'context_window'],
    ['/v1/models/openai/x', { capabilities: { tool: true } }, 'capabilities.tool'],
    ['/v1/models/openai/x', { sunset_at: '30.11.2026' }, 'sunset_at'],
    ['/v1/models/openai/x', { successor: 'nobody/y' }, 'successor'],
    ['/v1/models/openai/x', { successor: 'openai/x' }, 'successor'],
    ['/v1/models/openai/x', { successor: 'prompt:y' }, 'successor'],
    ['/v1/models/openai/x', { facts: { context_window: 1 } }, 'facts'],
    ['/v1/models/nobody/x', { prices }, 'id'],
    ['/v1/models/openai', { prices }, 'id'],
    ['/v1/models/openai/a%20b', { prices }, 'id'],
  ])('%s %j is refused, naming %s', async (path, body, param) => {
    const answer = await createSubject().send('PUT', path, body)
    expect(answer.status).toBe(400)
    expect(answer.json['error']?.['param']).toBe(param)
  })

  test('an alias that already means another model is a 409', async () => {
    const subject = createSubject()
    await subject.send('PUT', '/v1/models/openai/a', { aliases: ['fast'] })
    const answer = await subject.send('PUT', '/v1/models/openai/b', { aliases: ['fast'] })
    expect(answer.status).toBe(409)
    expect(answer.json['error']?.['param']).toBe('aliases')
  })
})
