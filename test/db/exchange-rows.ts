import type { Sql } from 'postgres'
import { v7 } from 'uuid'

export interface ExchangeAndBody {
  readonly row: Readonly<Record<string, unknown>>
  readonly body: Readonly<Record<string, unknown>>
}

/** Rows of one exchange at this moment (milliseconds since 1970), in columns of the two log tables. */
export function exchangeAt(moment: number): ExchangeAndBody {
  const request_id = v7({ msecs: moment })
  const created_at = new Date(moment).toISOString()
  const row = {
    request_id,
    created_at,
    duration_ms: 812.25,
    time_to_first_chunk_ms: 120.5,
    input_tokens: 120,
    output_tokens: 45,
    cache_read_input_tokens: 0,
    cache_creation_input_tokens: 0,
    reasoning_output_tokens: 0,
    http_status: 200,
    prompt_version: 3,
    stream: true,
    tenant_id: 'default',
    operation: 'chat',
    outcome: 'ok',
    prompt: 'support-reply',
    label: 'production',
    request_model: 'prompt:support-reply',
    response_model: 'gpt-4o-mini-2024-07-18',
    provider: 'openai',
    response_id: 'chatcmpl-1',
    finish_reasons: ['stop'],
    usage_source: 'provider',
    cost_usd: '0.000045',
    price_source: 'genai-prices:openai/gpt-4o-mini',
    key_id: 'key_1',
    app_name: 'shop',
    user_id: 'user-7',
    session_id: 'session-9',
    cache: 'off',
    guardrails: 'off',
    warnings: [],
    snapshot_version: '17',
    attempts: [{ provider: 'openai', model: 'gpt-4o-mini', startedAt: moment, durationMs: 812 }],
    metadata: { tier: 'gold' },
  }
  const body = {
    request_id,
    created_at,
    truncated: false,
    tenant_id: 'default',
    request: '{"messages":[]}',
    response: '{}',
  }
  return { row, body }
}

/** One statement for each of the two tables, in one transaction. */
export async function insertExchanges(sql: Sql, exchanges: readonly ExchangeAndBody[]): Promise<void> {
  const rows = JSON.stringify(exchanges.map(({ row }) => row))
  const bodies = JSON.stringify(exchanges.map(({ body }) => body))
  await sql.begin(async (transaction) => {
    await transaction`insert into promptbox.exchanges
      select * from json_populate_recordset(null::promptbox.exchanges, ${rows}::json)`
    await transaction`insert into promptbox.exchange_bodies
      select * from json_populate_recordset(null::promptbox.exchange_bodies, ${bodies}::json)`
  })
}
