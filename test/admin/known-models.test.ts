import { describe, expect, test } from 'vitest'
import type { KnownModel } from '../../src/admin/dependencies.ts'
import { createSubject } from './subject.ts'

function model(id: string, more: Partial<KnownModel> = {}): KnownModel {
  return { id, aliases: [], prices: null, priceSource: null, facts: null, ...more }
}

const prices = { input_usd_per_million_tokens: 0.15, output_usd_per_million_tokens: 0.6 }
const models = [
  model('openai/gpt-4o-mini', {
    aliases: ['Cheap'],
    prices,
    priceSource: 'genai-prices:openai/gpt-4o-mini',
    facts: { context_window: 128_000, capabilities: { tools: true } },
  }),
  model('anthropic/claude-haiku-4-5'),
  model('openai/gpt-4o'),
  model('openrouter/openai/gpt-4o'),
]
const idsOf = (data: unknown): unknown[] => (data as readonly { id: unknown }[]).map(({ id }) => id)
const open = () => createSubject({ knownModels: () => models })

describe('known models', () => {
  test('are listed by id with what holds of them; what is not known is null', async () => {
    const { json } = await open().send('GET', '/v1/known-models')
    expect(idsOf(json['data'])).toEqual([
      'anthropic/claude-haiku-4-5',
      'openai/gpt-4o',
      'openai/gpt-4o-mini',
      'openrouter/openai/gpt-4o',
    ])
    const nothing = { context_window: null, max_output_tokens: null, sunset_at: null, successor: null }
    expect(json['data']?.[2]).toEqual({
      id: 'openai/gpt-4o-mini',
      provider: 'openai',
      model: 'gpt-4o-mini',
      aliases: ['Cheap'],
      prices,
      price_source: 'genai-prices:openai/gpt-4o-mini',
      ...nothing,
      context_window: 128_000,
      capabilities: { tools: true },
    })
    expect(json['data']?.[1]).toMatchObject({ ...nothing, prices: null, price_source: null, capabilities: null })
  })

  test('come in pages, each model once', async () => {
    const subject = open()
    const ids: unknown[] = []
    let path = '/v1/known-models?limit=1'
    for (;;) {
      const { json } = await subject.send('GET', path)
      expect(json['data']).toHaveLength(1)
      ids.push(json['data']?.[0]?.['id'])
      if (json['next_cursor'] === null) break
      path = `/v1/known-models?limit=1&cursor=${String(json['next_cursor'])}`
    }
    expect(ids).toEqual(models.map(({ id }) => id).sort())
  })

  test('are found by provider and by a part of their names', async () => {
    const found = async (query: string) => idsOf((await open().send('GET', `/v1/known-models?${query}`)).json['data'])
    expect(await found('provider=openai')).toEqual(['openai/gpt-4o', 'openai/gpt-4o-mini'])
    expect(await found('provider=openai&q=MINI')).toEqual(['openai/gpt-4o-mini'])
    expect(await found('q=cheap')).toEqual(['openai/gpt-4o-mini'])
    expect(await found('provider=open')).toEqual([])
  })

  test('take no cursor of another list', async () => {
    const cursor = Buffer.from('["keys",1,"x"]').toString('base64url')
    const answer = await open().send('GET', `/v1/known-models?cursor=${cursor}`)
    expect(answer.status).toBe(400)
    expect(answer.json['error']?.['param']).toBe('cursor')
  })
})
