import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  doublePrecision,
  index,
  integer,
  jsonb,
  numeric,
  primaryKey,
  text,
  uuid,
} from 'drizzle-orm/pg-core'
import type { AttemptRecord, GuardrailResult } from '../../src/core/record.ts'
import { instant, promptbox } from './promptbox.ts'

const tokens = (name: string) => bigint(name, { mode: 'number' })
const usd = (name: string) => numeric(name, { mode: 'number' })

/**
 * The exchange log: one wide row per `ExchangeRecord`, partitioned by UTC day (`db/partitions.ts`), messages apart in
 * `exchange_bodies`. `createdAt` is the request id's own millisecond (the writer takes it from the UUIDv7), which makes the
 * primary key as good as the id alone: a replay conflicts, and one id finds its partition.
 *
 * Columns of fixed width stand first (no padding between them). Each index costs every insert, so there is one only for the
 * filters people start from; the others narrow down within a range of time. Keyset pages run backwards over any of them:
 * `(created_at, request_id) < ($1, $2) order by created_at desc, request_id desc`.
 *
 * PostgreSQL refuses the character U+0000 in `text` and `jsonb` and unpaired surrogates in `jsonb`: replace them first.
 */
export const exchanges = promptbox.table(
  'exchanges',
  {
    requestId: uuid('request_id').notNull(),
    createdAt: instant('created_at').notNull(),
    durationMs: doublePrecision('duration_ms').notNull(),
    timeToFirstChunkMs: doublePrecision('time_to_first_chunk_ms'),
    inputTokens: tokens('input_tokens'),
    outputTokens: tokens('output_tokens'),
    cacheReadInputTokens: tokens('cache_read_input_tokens'),
    cacheCreationInputTokens: tokens('cache_creation_input_tokens'),
    reasoningOutputTokens: tokens('reasoning_output_tokens'),
    httpStatus: integer('http_status').notNull(),
    promptVersion: integer('prompt_version'),
    stream: boolean('stream').notNull(),

    tenantId: text('tenant_id').notNull(),
    operation: text('operation').notNull(),
    outcome: text('outcome').notNull(),
    errorType: text('error_type'),
    errorMessage: text('error_message'),

    prompt: text('prompt'),
    label: text('label'),
    experiment: text('experiment'),
    variant: text('variant'),

    requestModel: text('request_model').notNull(),
    responseModel: text('response_model'),
    provider: text('provider'),
    responseId: text('response_id'),
    upstreamRequestId: text('upstream_request_id'),
    finishReasons: text('finish_reasons').array().notNull(),

    usageSource: text('usage_source'),
    /** The whole; NULL is unknown, never 0. The parts below add up to it. */
    costUsd: usd('cost_usd'),
    costInputUsd: usd('cost_input_usd'),
    costCacheReadUsd: usd('cost_cache_read_usd'),
    costCacheWriteUsd: usd('cost_cache_write_usd'),
    costOutputUsd: usd('cost_output_usd'),
    costReasoningUsd: usd('cost_reasoning_usd'),
    priceSource: text('price_source'),

    keyId: text('key_id'),
    appName: text('app_name'),
    userId: text('user_id'),
    sessionId: text('session_id'),
    environment: text('environment'),
    locale: text('locale'),

    cache: text('cache').notNull(),
    guardrails: text('guardrails').notNull(),
    warnings: text('warnings').array().notNull(),
    snapshotVersion: text('snapshot_version').notNull(),
    attempts: jsonb('attempts').$type<readonly AttemptRecord[]>().notNull(),
    metadata: jsonb('metadata').$type<Readonly<Record<string, string>>>().notNull(),
    /** Taken out of the prompt by compression; NULL: it was off. These stand last because they came last. */
    savedInputTokens: tokens('saved_input_tokens'),
    chain: text('chain'),
    chainVersion: integer('chain_version'),
    outputCheck: text('output_check'),
    /** NULL: none applied. Lists never read it. */
    guardrailResults: jsonb('guardrail_results').$type<readonly GuardrailResult[]>(),
    experimentPhase: integer('experiment_phase'),
    assignmentReason: text('assignment_reason'),
    /** Why it is kept out of what it would bias; NULL: it is not, or is in no experiment. */
    experimentExcluded: text('experiment_excluded'),
    /** Digest of whom it was for; NULL: nobody was named, or no prompt. */
    unit: text('unit'),
  },
  (table) => [
    primaryKey({ name: 'exchanges_pkey', columns: [table.createdAt, table.requestId] }),
    index('exchanges_tenant_index').on(table.tenantId, table.createdAt, table.requestId),
    index('exchanges_prompt_index')
      .on(table.tenantId, table.prompt, table.createdAt, table.requestId)
      .where(sql`${table.prompt} is not null`),
    index('exchanges_user_index')
      .on(table.tenantId, table.userId, table.createdAt, table.requestId)
      .where(sql`${table.userId} is not null`),
    index('exchanges_session_index')
      .on(table.tenantId, table.sessionId, table.createdAt, table.requestId)
      .where(sql`${table.sessionId} is not null`),
    index('exchanges_experiment_index')
      .on(table.tenantId, table.experiment, table.createdAt, table.requestId)
      .where(sql`${table.experiment} is not null`),
    index('exchanges_not_ok_index')
      .on(table.tenantId, table.createdAt, table.requestId)
      .where(sql`${table.outcome} <> 'ok'`),
    index('exchanges_metadata_index').using('gin', table.metadata.op('jsonb_path_ops')),
  ],
)
