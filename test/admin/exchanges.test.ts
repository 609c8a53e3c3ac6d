import { describe, expect, test } from 'vitest'
import { newRequestId } from '../../src/core/ids.ts'
import type { ExchangeRecord } from '../../src/core/record.ts'
import { type Subject, createSubject } from './subject.ts'

const start = Date.parse('2026-11-20T09:00:00.000Z')

function record(changes: Partial<ExchangeRecord> = {}): ExchangeRecord {
  const createdAt = changes.createdAt ?? start
  return {
    requestId: newRequestId(createdAt),
    tenantId: 'default',
    createdAt,
    operation: 'chat',
    outcome: 'ok',
    errorType: null,
    errorMessage: null,
    httpStatus: 200,
    stream: false,
    prompt: 'support-reply',
    promptVersion: 1,
    label: 'production',
    experiment: null,
    variant: null,
    chain: null,
    chainVersion: null,
    outputCheck: null,
    requestModel: 'prompt:support-reply',
    responseModel: 'gpt-4o-mini-2024-07-18',
    provider: 'openai',
    responseId: 'chatcmpl-1',
    upstreamRequestId: 'req_1',
    finishReasons: ['stop'],
    usage: {
      inputTokens: 100,
      outputTokens: 20,
      cacheReadInputTokens: 40,
      cacheCreationInputTokens: 0,
      reasoningOutputTokens: 5,
    },
    usageSource: 'provider',
    cost: {
      totalUsd: 0.00011,
      inputUsd: 0.00005,
      cacheReadUsd: 0.00001,
      cacheWriteUsd: 0,
      outputUsd: 0.00004,
      reasoningUsd: 0.00001,
    },
    priceSource: 'genai-prices:openai/gpt-4o-mini',
    durationMs: 812.5,
    timeToFirstChunkMs: 640,
    attempts: [
      {
        provider: 'openai',
        model: 'gpt-4o-mini',
        startedAt: createdAt,
        durationMs: 10,
        httpStatus: 500,
        errorType: 'upstream_error',
        errorMessage: 'down',
        upstreamRequestId: null,
      },
      {
        provider: 'openai',
        model: 'gpt-4o-mini',
        startedAt: createdAt + 20,
        durationMs: 790,
        httpStatus: 200,
        errorType: null,
        errorMessage: null,
        upstreamRequestId: 'req_1',
        credential: 'second',
      },
    ],
    keyId: 'key-1',
    appName: 'checkout',
    userId: 'user-1',
    sessionId: 'session-1',
    environment: 'staging',
    locale: 'de',
    metadata: { ticket: '81' },
    cache: 'off',
    guardrails: 'off',
    warnings: [],
    snapshotVersion: '17',
    bodies: {
      request: '{"model":"prompt:support-reply","seed":12345678901234567890}',
      rendered: '{"model":"gpt-4o-mini"}',
      response: '{"object":"chat.completion"',
      truncated: true,
    },
    estimate: null,
    savedInputTokens: 7,
    compressed: null,
    ...changes,
  }
}

async function withExchanges(...records: readonly ExchangeRecord[]): Promise<Subject> {
  const subject = createSubject()
  await subject.stores.exchangeWriter.write(records)
  return subject
}

const idsOf = (data: unknown): unknown[] =>
  (data as readonly { request_id: unknown }[]).map(({ request_id }) => request_id)

describe('one exchange', () => {
  test('has the names of the contract, its attempts, the parts of its cost and its bodies', async () => {
    const one = record()
    const subject = await withExchanges(one)
    const { text, json } = await subject.send('GET', `/v1/exchanges/${one.requestId}`)
    expect(json).toEqual({
      request_id: one.requestId,
      created_at: '2026-11-20T09:00:00.000Z',
      operation: 'chat',
      outcome: 'ok',
      error_type: null,
      error_message: null,
      http_status: 200,
      stream: false,
      prompt: 'support-reply',
      prompt_version: 1,
      label: 'production',
      experiment: null,
      variant: null,
      experiment_phase: null,
      assignment_reason: null,
      experiment_excluded: null,
      unit: null,
      chain: null,
      chain_version: null,
      output_check: null,
      request_model: 'prompt:support-reply',
      response_model: 'gpt-4o-mini-2024-07-18',
      provider: 'openai',
      response_id: 'chatcmpl-1',
      upstream_request_id: 'req_1',
      finish_reasons: ['stop'],
      input_tokens: 100,
      output_tokens: 20,
      cache_read_input_tokens: 40,
      cache_creation_input_tokens: 0,
      reasoning_output_tokens: 5,
      saved_input_tokens: 7,
      usage_source: 'provider',
      cost_usd: 0.00011,
      cost: {
        input_usd: 0.00005,
        cache_read_usd: 0.00001,
        cache_write_usd: 0,
        output_usd: 0.00004,
        reasoning_usd: 0.00001,
      },
      price_source: 'genai-prices:openai/gpt-4o-mini',
      duration_ms: 812.5,
      time_to_first_chunk_ms: 640,
      key_id: 'key-1',
      app_name: 'checkout',
      user_id: 'user-1',
      session_id: 'session-1',
      environment: 'staging',
      locale: 'de',
      metadata: { ticket: '81' },
      cache: 'off',
      guardrails: 'off',
      guardrail_results: [],
      feedback: [],
      warnings: [],
      snapshot_version: '17',
      attempts: [
        {
          provider: 'openai',
          model: 'gpt-4o-mini',
          started_at: '2026-11-20T09:00:00.000Z',
          duration_ms: 10,
          http_status: 500,
          error_type: 'upstream_error',
          error_message: 'down',
          upstream_request_id: null,
          credential: null,
        },
        {
          provider: 'openai',
          model: 'gpt-4o-mini',
          started_at: '2026-11-20T09:00:00.020Z',
          duration_ms: 790,
          http_status: 200,
          error_type: null,
          error_message: null,
          upstream_request_id: 'req_1',
          credential: 'second',
        },
      ],
      bodies: {
        request: expect.objectContaining({ model: 'prompt:support-reply' }),
        rendered: { model: 'gpt-4o-mini' },
        response: '{"object":"chat.completion"',
        truncated: true,
      },
    })
    expect(text).toContain('12345678901234567890')
  })

  test('unknown usage and price are null, never 0', async () => {
    const one = record({
      usage: null,
      usageSource: null,
      cost: null,
      priceSource: null,
      bodies: null,
      outcome: 'error',
      errorType: 'upstream_timeout',
    })
    const subject = await withExchanges(one)
    const { json } = await subject.send('GET', `/v1/exchanges/${one.requestId.toUpperCase()}`)
    expect(json).toMatchObject({
      input_tokens: null,
      output_tokens: null,
      cost_usd: null,
      cost: null,
      bodies: null,
      error_type: 'upstream_timeout',
    })
  })

  test('an id that is none is a 400, one that is nobody’s a 404', async () => {
    const subject = createSubject()
    expect((await subject.send('GET', '/v1/exchanges/chatcmpl-1')).json['error']).toMatchObject({
      param: 'request_id',
      code: null,
    })
    expect((await subject.send('GET', `/v1/exchanges/${newRequestId(start)}`)).status).toBe(404)
  })

  test('of another tenant is a 404', async () => {
    const one = record({ tenantId: 'other' })
    const subject = await withExchanges(one)
    expect((await subject.send('GET', `/v1/exchanges/${one.requestId}`)).status).toBe(404)
  })
})

describe('the list of exchanges', () => {
  test('counts attempts and has no bodies', async () => {
    const subject = await withExchanges(record())
    const row = (await subject.send('GET', '/v1/exchanges')).json['data']?.[0]
    expect(row).toMatchObject({ attempts: 2, cost_usd: 0.00011 })
    expect(row).not.toHaveProperty('bodies')
  })

  test.each([
    ['prompt=other', { prompt: 'other' }],
    ['prompt_version=2', { promptVersion: 2 }],
    ['chain=triage', { chain: 'triage' }],
    ['experiment=tone', { experiment: 'tone' }],
    ['variant=warm', { variant: 'warm' }],
    ['label=staging', { label: 'staging' }],
    ['outcome=client_closed', { outcome: 'client_closed' as const }],
    ['operation=messages', { operation: 'messages' as const }],
    ['cache=hit', { cache: 'hit' as const }],
    ['output_check=repaired', { outputCheck: 'repaired' as const }],
    ['error_type=upstream_timeout', { errorType: 'upstream_timeout' as const }],
    ['provider=mock', { provider: 'mock' }],
    ['model=mock/echo', { requestModel: 'mock/echo' }],
    ['model=echo-1', { responseModel: 'echo-1' }],
    ['app_name=other%20app', { appName: 'other app' }],
    ['user_id=u%26v', { userId: 'u&v' }],
    ['session_id=s2', { sessionId: 's2' }],
    ['key_id=key-2', { keyId: 'key-2' }],
    ['environment=production', { environment: 'production' }],
    ['stream=true', { stream: true }],
    ['metadata.team.name=a%3Db', { metadata: { 'team.name': 'a=b' } }],
    ['metadata%5Bteam%5D=blue', { metadata: { team: 'blue', more: 'x' } }],
    ['from=2026-11-21', { createdAt: start + 86_400_000 }],
    ['until=2026-11-20T08:00:00Z', { createdAt: start - 7_200_000 }],
    ['until=2026-11-20T10:00:00%2B02:00', { createdAt: start - 7_200_000 }],
  ])('%s finds only what fits', async (query, changes) => {
    const [wanted, other] = [record(changes), record()]
    const subject = await withExchanges(other, wanted)
    const answer = await subject.send('GET', `/v1/exchanges?${query}`)
    expect(answer.status).toBe(200)
    expect(idsOf(answer.json['data'])).toEqual([wanted.requestId])
  })

  test('all filters must fit', async () => {
    const subject = await withExchanges(record({ metadata: { a: '1', b: '2' } }), record({ metadata: { a: '1' } }))
    expect((await subject.send('GET', '/v1/exchanges?metadata.a=1&metadata.b=2')).json['data']).toHaveLength(1)
    expect((await subject.send('GET', '/v1/exchanges?metadata.a=1&outcome=error')).json['data']).toEqual([])
  })

  test('pages newest first, 50 at a time unless told otherwise', async () => {
    const records = Array.from({ length: 120 }, (_, index) => record({ createdAt: start + index }))
    const subject = await withExchanges(...records)
    expect((await subject.send('GET', '/v1/exchanges')).json['data']).toHaveLength(50)
    const seen: unknown[] = []
    let path = '/v1/exchanges?limit=33'
    for (;;) {
      const { json } = await subject.send('GET', path)
      seen.push(...idsOf(json['data']))
      if (json['next_cursor'] === null) break
      path = `/v1/exchanges?limit=33&cursor=${encodeURIComponent(String(json['next_cursor']))}`
    }
    expect(seen).toEqual(records.map(({ requestId }) => requestId).reverse())
  })

  test.each([
    ['limit=0', 'limit'],
    ['limit=201', 'limit'],
    ['limit=1e2', 'limit'],
    ['limit=', 'limit'],
    ['cursor=nonsense', 'cursor'],
    ['outcome=fine', 'outcome'],
    ['operation=chats', 'operation'],
    ['cache=yes', 'cache'],
    ['stream=yes', 'stream'],
    ['prompt_version=v1', 'prompt_version'],
    ['from=yesterday', 'from'],
    ['from=2026-13-01', 'from'],
    ['from=0000-01-01', 'from'],
    ['until=9999-12-31T23:59:59-23:59', 'until'],
    ['from=2026-11-20T09:00:00', 'from'],
    ['promt=x', 'promt'],
    ['metadata=x', 'metadata'],
    ['metadata.=x', 'metadata.'],
    ['prompt=a&prompt=b', 'prompt'],
    ['metadata.a=1&metadata[a]=2', 'metadata[a]'],
    ['q%00=1', 'q'],
    ['user_id=%00', 'user_id'],
    ['prompt=', 'prompt'],
    ['__proto__=1', '__proto__'],
    ['constructor.prototype=1', 'constructor.prototype'],
  ])('%s is a 400 naming %s', async (query, param) => {
    const answer = await createSubject().send('GET', `/v1/exchanges?${query}`)
    expect(answer.status).toBe(400)
    expect(answer.json['error']?.['param']).toBe(param)
  })

  test('a misspelt filter is told what was probably meant', async () => {
    const answer = await createSubject().send('GET', '/v1/exchanges?promt=x')
    expect(answer.json['error']?.['message']).toBe('`promt` is not a known query parameter. Did you mean `prompt`?')
  })
})
