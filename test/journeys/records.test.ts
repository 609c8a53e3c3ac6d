import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { greeting, tokens } from '../support/fake-providers/said.ts'
import { type Journey, models, providers, startJourney, ways } from '../support/journey.ts'

/** However a question is asked, its record says the same: tokens, price, how it ended, what was said. */
let journey: Journey

beforeAll(async () => {
  journey = await startJourney()
})
afterAll(() => journey.dispose())

const messages = [{ role: 'user', content: 'Hello' }]
const apis = {
  '/chat/completions': { messages, reasoning_effort: 'low' },
  '/responses': { input: 'Hello', reasoning: { effort: 'low', summary: 'auto' } },
  '/messages': { messages, max_tokens: 4000, thinking: { type: 'enabled', budget_tokens: 1024 } },
} as const
const endings = { '/chat/completions': 'stop', '/responses': 'completed', '/messages': 'end_turn' } as const

async function recordOf(path: keyof typeof apis, model: string, stream: boolean): Promise<Record<string, unknown>> {
  const response = await journey.app.post(path, { ...apis[path], model, stream })
  expect(await response.text()).toContain(stream ? 'data: ' : JSON.stringify(greeting).slice(1, -1))
  return journey.app.exchange(response.headers.get('x-request-id') ?? '')
}

describe.each(providers)('%s', (provider) => {
  const asked = ways
    .filter((way) => way.provider === provider)
    .flatMap(({ as, model }) => (Object.keys(apis) as (keyof typeof apis)[]).map((path) => ({ as, model, path })))

  it.each(asked)('$path through $as, whole and streamed', async ({ as, model, path }) => {
    const records = await Promise.all([recordOf(path, model, false), recordOf(path, model, true)])
    for (const [at, record] of records.entries()) {
      expect(record).toMatchObject({
        outcome: 'ok',
        error_type: null,
        http_status: 200,
        stream: at === 1,
        provider,
        request_model: model,
        prompt: as === 'a prompt' ? `help-${provider}` : null,
        finish_reasons: [endings[path]],
        input_tokens: tokens.input,
        output_tokens: tokens.output,
        cache_read_input_tokens: tokens.cached,
        reasoning_output_tokens: tokens.reasoning,
        usage_source: 'provider',
        bodies: { truncated: false },
      })
      expect(record['response_model']).toContain(models[provider].split('/')[1])
      const { response } = record['bodies'] as { readonly response: unknown }
      expect(JSON.stringify(response)).toContain(JSON.stringify(greeting).slice(1, -1))
    }
  })

  it('costs the same by every way', async () => {
    const records = await Promise.all(
      asked.flatMap(({ model, path }) => [recordOf(path, model, false), recordOf(path, model, true)]),
    )
    expect([...new Set(records.map((record) => record['cost_usd']))]).toEqual([expect.any(Number)])
  })
})
