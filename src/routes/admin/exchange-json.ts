import type { ExchangeRowAnswer, WholeExchangeAnswer } from '../../contract/admin/exchanges.ts'
import type { FeedbackRecord } from '../../core/feedback.ts'
import type { AttemptRecord, Cost, RecordedBodies } from '../../core/record.ts'
import type { ExchangeRow, WholeExchange } from '../../store/ports.ts'
import { guardrailResultJson } from './guardrail-json.ts'
import { jsonOrString } from './json-text.ts'
import { instantJson } from './page-json.ts'

export function exchangeRowJson(row: ExchangeRow): ExchangeRowAnswer {
  return { ...sharedJson(row), attempts: row.attempts }
}

export function wholeExchangeJson(exchange: WholeExchange, feedback: readonly FeedbackRecord[]): WholeExchangeAnswer {
  return {
    ...sharedJson(exchange),
    attempts: exchange.attempts.map(attemptJson),
    guardrail_results: (exchange.guardrailResults ?? []).map(guardrailResultJson),
    feedback: feedback.map(feedbackJson),
    bodies: exchange.bodies === null ? null : bodiesJson(exchange.bodies),
  }
}

function sharedJson(row: Omit<ExchangeRow, 'attempts'>): Omit<ExchangeRowAnswer, 'attempts'> {
  return {
    request_id: row.requestId,
    created_at: instantJson(row.createdAt),
    operation: row.operation,
    outcome: row.outcome,
    error_type: row.errorType,
    error_message: row.errorMessage,
    http_status: row.httpStatus,
    stream: row.stream,
    prompt: row.prompt,
    prompt_version: row.promptVersion,
    label: row.label,
    experiment: row.experiment,
    variant: row.variant,
    experiment_phase: row.assignment?.phase ?? null,
    assignment_reason: row.assignment?.reason ?? null,
    experiment_excluded: row.assignment?.excluded ?? null,
    unit: row.unit ?? null,
    chain: row.chain,
    chain_version: row.chainVersion,
    output_check: row.outputCheck,
    request_model: row.requestModel,
    response_model: row.responseModel,
    provider: row.provider,
    response_id: row.responseId,
    upstream_request_id: row.upstreamRequestId,
    finish_reasons: [...row.finishReasons],
    input_tokens: row.usage?.inputTokens ?? null,
    output_tokens: row.usage?.outputTokens ?? null,
    cache_read_input_tokens: row.usage?.cacheReadInputTokens ?? null,
    cache_creation_input_tokens: row.usage?.cacheCreationInputTokens ?? null,
    reasoning_output_tokens: row.usage?.reasoningOutputTokens ?? null,
    saved_input_tokens: row.savedInputTokens,
    usage_source: row.usageSource,
    cost_usd: row.cost?.totalUsd ?? null,
    cost: row.cost === null ? null : costJson(row.cost),
    price_source: row.priceSource,
    duration_ms: row.durationMs,
    time_to_first_chunk_ms: row.timeToFirstChunkMs,
    key_id: row.keyId,
    app_name: row.appName,
    user_id: row.userId,
    session_id: row.sessionId,
    environment: row.environment,
    locale: row.locale,
    metadata: row.metadata,
    cache: row.cache,
    guardrails: row.guardrails,
    warnings: [...row.warnings],
    snapshot_version: row.snapshotVersion,
  }
}

function feedbackJson({ name, source, value, comment, at }: FeedbackRecord): WholeExchangeAnswer['feedback'][number] {
  return { name, source, value, comment, at: instantJson(at) }
}

function costJson(cost: Cost): NonNullable<ExchangeRowAnswer['cost']> {
  return {
    input_usd: cost.inputUsd,
    cache_read_usd: cost.cacheReadUsd,
    cache_write_usd: cost.cacheWriteUsd,
    output_usd: cost.outputUsd,
    reasoning_usd: cost.reasoningUsd,
  }
}

function attemptJson(attempt: AttemptRecord): WholeExchangeAnswer['attempts'][number] {
  return {
    provider: attempt.provider,
    model: attempt.model,
    started_at: instantJson(attempt.startedAt),
    duration_ms: attempt.durationMs,
    http_status: attempt.httpStatus,
    error_type: attempt.errorType,
    error_message: attempt.errorMessage,
    upstream_request_id: attempt.upstreamRequestId,
    credential: attempt.credential ?? null,
    ...(attempt.step === undefined
      ? {}
      : {
          step: attempt.step,
          prompt: attempt.prompt ?? null,
          prompt_version: attempt.promptVersion ?? null,
          input_tokens: attempt.usage?.inputTokens ?? null,
          output_tokens: attempt.usage?.outputTokens ?? null,
          cost_usd: attempt.costUsd ?? null,
          output_check: attempt.outputCheck ?? null,
        }),
  }
}

function bodiesJson(bodies: RecordedBodies): NonNullable<WholeExchangeAnswer['bodies']> {
  return {
    request: jsonOrString(bodies.request),
    rendered: bodies.rendered === null ? null : jsonOrString(bodies.rendered),
    response: bodies.response === null ? null : jsonOrString(bodies.response),
    truncated: bodies.truncated,
  }
}
