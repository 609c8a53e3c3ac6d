import type { ExchangeRecord } from '../../core/record.ts'
import type { Exposure } from '../../experiments/exposure.ts'
import { type GuardrailCount, keptGuardrailResults } from '../guardrail-results.ts'
import { textArray } from './array-literal.ts'

type Value = string | number | boolean | null

interface Column<Row> {
  readonly name: string
  /** Type of the parameter; `text` needs quoting inside an array, the others do not. */
  readonly type: 'uuid' | 'timestamptz' | 'float8' | 'int8' | 'int4' | 'bool' | 'numeric' | 'text'
  /** What the column really is, when a parameter cannot have that type: an array of arrays is not one. */
  readonly cast?: 'text[]' | 'jsonb'
  readonly of: (row: Row) => Value
}

const moment = (milliseconds: number): string => new Date(milliseconds).toISOString()

/** Every column of `exchanges`, and how a record fills it. */
export const exchangeColumns: readonly Column<ExchangeRecord>[] = [
  { name: 'request_id', type: 'uuid', of: (record) => record.requestId },
  { name: 'created_at', type: 'timestamptz', of: (record) => moment(record.createdAt) },
  { name: 'duration_ms', type: 'float8', of: (record) => record.durationMs },
  { name: 'time_to_first_chunk_ms', type: 'float8', of: (record) => record.timeToFirstChunkMs },
  { name: 'input_tokens', type: 'int8', of: (record) => record.usage?.inputTokens ?? null },
  { name: 'output_tokens', type: 'int8', of: (record) => record.usage?.outputTokens ?? null },
  { name: 'cache_read_input_tokens', type: 'int8', of: (record) => record.usage?.cacheReadInputTokens ?? null },
  { name: 'cache_creation_input_tokens', type: 'int8', of: (record) => record.usage?.cacheCreationInputTokens ?? null },
  { name: 'reasoning_output_tokens', type: 'int8', of: (record) => record.usage?.reasoningOutputTokens ?? null },
  { name: 'http_status', type: 'int4', of: (record) => record.httpStatus },
  { name: 'prompt_version', type: 'int4', of: (record) => record.promptVersion },
  { name: 'stream', type: 'bool', of: (record) => record.stream },
  { name: 'tenant_id', type: 'text', of: (record) => record.tenantId },
  { name: 'operation', type: 'text', of: (record) => record.operation },
  { name: 'outcome', type: 'text', of: (record) => record.outcome },
  { name: 'error_type', type: 'text', of: (record) => record.errorType },
  { name: 'error_message', type: 'text', of: (record) => record.errorMessage },
  { name: 'prompt', type: 'text', of: (record) => record.prompt },
  { name: 'label', type: 'text', of: (record) => record.label },
  { name: 'experiment', type: 'text', of: (record) => record.experiment },
  { name: 'variant', type: 'text', of: (record) => record.variant },
  { name: 'request_model', type: 'text', of: (record) => record.requestModel },
  { name: 'response_model', type: 'text', of: (record) => record.responseModel },
  { name: 'provider', type: 'text', of: (record) => record.provider },
  { name: 'response_id', type: 'text', of: (record) => record.responseId },
  { name: 'upstream_request_id', type: 'text', of: (record) => record.upstreamRequestId },
  { name: 'finish_reasons', type: 'text', cast: 'text[]', of: (record) => textArray(record.finishReasons) },
  { name: 'usage_source', type: 'text', of: (record) => record.usageSource },
  { name: 'cost_usd', type: 'numeric', of: (record) => record.cost?.totalUsd ?? null },
  { name: 'cost_input_usd', type: 'numeric', of: (record) => record.cost?.inputUsd ?? null },
  { name: 'cost_cache_read_usd', type: 'numeric', of: (record) => record.cost?.cacheReadUsd ?? null },
  { name: 'cost_cache_write_usd', type: 'numeric', of: (record) => record.cost?.cacheWriteUsd ?? null },
  { name: 'cost_output_usd', type: 'numeric', of: (record) => record.cost?.outputUsd ?? null },
  { name: 'cost_reasoning_usd', type: 'numeric', of: (record) => record.cost?.reasoningUsd ?? null },
  { name: 'price_source', type: 'text', of: (record) => record.priceSource },
  { name: 'key_id', type: 'text', of: (record) => record.keyId },
  { name: 'app_name', type: 'text', of: (record) => record.appName },
  { name: 'user_id', type: 'text', of: (record) => record.userId },
  { name: 'session_id', type: 'text', of: (record) => record.sessionId },
  { name: 'environment', type: 'text', of: (record) => record.environment },
  { name: 'locale', type: 'text', of: (record) => record.locale },
  { name: 'cache', type: 'text', of: (record) => record.cache },
  { name: 'guardrails', type: 'text', of: (record) => record.guardrails },
  { name: 'warnings', type: 'text', cast: 'text[]', of: (record) => textArray(record.warnings) },
  { name: 'snapshot_version', type: 'text', of: (record) => record.snapshotVersion },
  { name: 'attempts', type: 'text', cast: 'jsonb', of: (record) => JSON.stringify(record.attempts) },
  { name: 'saved_input_tokens', type: 'int8', of: (record) => record.savedInputTokens },
  { name: 'chain', type: 'text', of: (record) => record.chain },
  { name: 'chain_version', type: 'int4', of: (record) => record.chainVersion },
  { name: 'output_check', type: 'text', of: (record) => record.outputCheck },
  { name: 'metadata', type: 'text', cast: 'jsonb', of: (record) => JSON.stringify(record.metadata) },
  { name: 'guardrail_results', type: 'text', cast: 'jsonb', of: guardrailResults },
  { name: 'experiment_phase', type: 'int4', of: (record) => record.assignment?.phase ?? null },
  { name: 'assignment_reason', type: 'text', of: (record) => record.assignment?.reason ?? null },
  { name: 'experiment_excluded', type: 'text', of: (record) => record.assignment?.excluded ?? null },
  { name: 'unit', type: 'text', of: (record) => record.unit ?? null },
]

function guardrailResults({ guardrailResults: results }: ExchangeRecord): string | null {
  return results === undefined ? null : JSON.stringify(keptGuardrailResults(results))
}

/** Every column of `exchange_bodies`; only for records that have bodies. */
export const bodyColumns: readonly Column<ExchangeRecord>[] = [
  { name: 'request_id', type: 'uuid', of: (record) => record.requestId },
  { name: 'created_at', type: 'timestamptz', of: (record) => moment(record.createdAt) },
  { name: 'truncated', type: 'bool', of: (record) => record.bodies?.truncated ?? false },
  { name: 'tenant_id', type: 'text', of: (record) => record.tenantId },
  { name: 'request', type: 'text', of: (record) => record.bodies?.request ?? '' },
  { name: 'rendered', type: 'text', of: (record) => record.bodies?.rendered ?? null },
  { name: 'response', type: 'text', of: (record) => record.bodies?.response ?? null },
]

/** Columns of `experiment_events` for an exposure. It may be counted at once. */
export const exposureColumns: readonly Column<Exposure>[] = [
  { name: 'tenant_id', type: 'text', of: (exposure) => exposure.tenantId },
  { name: 'request_id', type: 'uuid', of: (exposure) => exposure.requestId },
  { name: 'at', type: 'timestamptz', of: (exposure) => moment(exposure.at) },
  { name: 'not_before', type: 'timestamptz', of: (exposure) => moment(exposure.at) },
  { name: 'experiment', type: 'text', of: (exposure) => exposure.experiment },
  { name: 'phase', type: 'int4', of: (exposure) => exposure.phase },
  { name: 'variant', type: 'text', of: (exposure) => exposure.variant },
  { name: 'unit', type: 'text', of: (exposure) => exposure.unit },
  { name: 'excluded', type: 'text', of: (exposure) => exposure.excluded },
  { name: 'measures', type: 'text', cast: 'jsonb', of: (exposure) => JSON.stringify(exposure.measures) },
]

/** Every column of `guardrail_hours`. */
export const hourColumns: readonly Column<GuardrailCount>[] = [
  { name: 'tenant_id', type: 'text', of: (count) => count.tenantId },
  { name: 'hour', type: 'timestamptz', of: (count) => moment(count.hour) },
  { name: 'guardrail', type: 'text', of: (count) => count.guardrail },
  { name: 'stage', type: 'text', of: (count) => count.stage },
  { name: 'verdict', type: 'text', of: (count) => count.verdict },
  { name: 'mode', type: 'text', of: (count) => count.mode },
  { name: 'count', type: 'int8', of: (count) => count.count },
]

export type { Column }
