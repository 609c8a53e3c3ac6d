import { and, desc, eq, getTableColumns, gte, lt, lte, or, sql, type SQL } from 'drizzle-orm'
import type { Drizzle } from '../../../db/connection.ts'
import { exchangeBodies, exchanges } from '../../../db/schema/index.ts'
import { timestampOf } from '../../core/ids.ts'
import { isStorableMoment } from '../../core/moment.ts'
import type { Cost, ExchangeRecord } from '../../core/record.ts'
import type { Usage } from '../../core/usage.ts'
import { toPage } from '../cursor.ts'
import { readExchangeCursor, writeExchangeCursor } from '../exchange-cursor.ts'
import { guardrailsPattern } from '../guardrail-filter.ts'
import type { ExchangeFilter, ExchangeReader, ExchangeRow, WholeExchange } from '../ports.ts'
import { withFaults } from '../postgres/database-errors.ts'

const { attempts, guardrailResults, ...plainColumns } = getTableColumns(exchanges)
/** The list wants only how many there were: the database counts, so that the list never reads what failed attempts said. */
const rowColumns = { ...plainColumns, attempts: sql<number>`jsonb_array_length(${attempts})` }

export function createExchangeReader(database: Drizzle): ExchangeReader {
  return {
    list: (tenantId, filter) =>
      withFaults(async () => {
        const rows = await database
          .select(rowColumns)
          .from(exchanges)
          .where(and(eq(exchanges.tenantId, tenantId), ...conditionsOf(filter)))
          .orderBy(desc(exchanges.createdAt), desc(exchanges.requestId))
          .limit(filter.limit + 1)
        return toPage(
          rows,
          filter.limit,
          (row): ExchangeRow => ({ ...toExchange(row), attempts: row.attempts }),
          writeExchangeCursor,
        )
      }),

    find: (tenantId, requestId) =>
      withFaults(async () => {
        // The id's own millisecond is its row's, so one partition is read.
        const createdAt = timestampOf(requestId)
        if (createdAt === null || !isStorableMoment(createdAt)) return null
        const { request, rendered, response, truncated } = exchangeBodies
        const [row] = await database
          .select({
            exchange: { ...plainColumns, attempts, guardrailResults },
            bodies: { request, rendered, response, truncated },
          })
          .from(exchanges)
          .leftJoin(
            exchangeBodies,
            and(
              eq(exchangeBodies.createdAt, exchanges.createdAt),
              eq(exchangeBodies.requestId, exchanges.requestId),
              eq(exchangeBodies.createdAt, createdAt),
            ),
          )
          .where(
            and(
              eq(exchanges.createdAt, createdAt),
              eq(exchanges.requestId, requestId),
              eq(exchanges.tenantId, tenantId),
            ),
          )
        if (row === undefined) return null
        return {
          ...toExchange(row.exchange),
          attempts: row.exchange.attempts,
          bodies: row.bodies,
          ...(row.exchange.guardrailResults === null ? {} : { guardrailResults: row.exchange.guardrailResults }),
        } satisfies WholeExchange
      }),
  }
}

function conditionsOf(filter: ExchangeFilter): (SQL | undefined)[] {
  const { model, metadata, from, until, cursor } = filter
  const conditions: (SQL | undefined)[] = []
  for (const field of sameFields) {
    const wanted = filter[field]
    if (wanted !== undefined) conditions.push(eq(exchanges[field], wanted))
  }
  if (model !== undefined) conditions.push(or(eq(exchanges.requestModel, model), eq(exchanges.responseModel, model)))
  const said = guardrailsPattern(filter)
  if (said !== null) conditions.push(sql`${exchanges.guardrails} ~ ${said}`)
  if (metadata !== undefined) conditions.push(sql`${exchanges.metadata} @> ${JSON.stringify(metadata)}::jsonb`)
  if (from !== undefined) conditions.push(gte(exchanges.createdAt, from))
  if (until !== undefined) conditions.push(lt(exchanges.createdAt, until))
  if (cursor !== undefined) {
    const last = readExchangeCursor(cursor)
    const createdAt = sql`${sql.param(last.createdAt, exchanges.createdAt)}::timestamptz`
    // The planner takes no day out of the search for a comparison of rows, but for this one.
    conditions.push(lte(exchanges.createdAt, last.createdAt))
    conditions.push(sql`(${exchanges.createdAt}, ${exchanges.requestId}) < (${createdAt}, ${last.requestId}::uuid)`)
  }
  return conditions
}

/** Filters that ask for the very value of the column of that name. */
const sameFields = [
  'operation',
  'cache',
  'outputCheck',
  'prompt',
  'promptVersion',
  'label',
  'chain',
  'experiment',
  'variant',
  'outcome',
  'errorType',
  'provider',
  'appName',
  'userId',
  'sessionId',
  'keyId',
  'environment',
  'locale',
  'stream',
] as const satisfies readonly (keyof ExchangeFilter & keyof typeof plainColumns)[]

type PlainRow = Omit<typeof exchanges.$inferSelect, 'attempts' | 'guardrailResults'>

function toExchange(row: PlainRow): Omit<WholeExchange, 'attempts' | 'bodies' | 'guardrailResults'> {
  return {
    requestId: row.requestId,
    tenantId: row.tenantId,
    createdAt: row.createdAt,
    operation: row.operation as ExchangeRecord['operation'],
    outcome: row.outcome as ExchangeRecord['outcome'],
    errorType: row.errorType as ExchangeRecord['errorType'],
    errorMessage: row.errorMessage,
    httpStatus: row.httpStatus,
    stream: row.stream,
    prompt: row.prompt,
    promptVersion: row.promptVersion,
    label: row.label,
    experiment: row.experiment,
    variant: row.variant,
    requestModel: row.requestModel,
    responseModel: row.responseModel,
    provider: row.provider,
    responseId: row.responseId,
    upstreamRequestId: row.upstreamRequestId,
    finishReasons: row.finishReasons,
    usage: usageOf(row),
    usageSource: row.usageSource as ExchangeRecord['usageSource'],
    cost: costOf(row),
    priceSource: row.priceSource,
    durationMs: row.durationMs,
    timeToFirstChunkMs: row.timeToFirstChunkMs,
    keyId: row.keyId,
    appName: row.appName,
    userId: row.userId,
    sessionId: row.sessionId,
    environment: row.environment,
    locale: row.locale,
    metadata: row.metadata,
    cache: row.cache as ExchangeRecord['cache'],
    guardrails: row.guardrails,
    warnings: row.warnings,
    snapshotVersion: row.snapshotVersion,
    savedInputTokens: row.savedInputTokens,
    chain: row.chain,
    chainVersion: row.chainVersion,
    outputCheck: row.outputCheck as ExchangeRecord['outputCheck'],
    ...assignmentOf(row),
    ...(row.unit === null ? {} : { unit: row.unit }),
  }
}

function assignmentOf(row: PlainRow): Pick<ExchangeRecord, 'assignment'> {
  const { experimentPhase: phase, assignmentReason: reason, experimentExcluded: excluded } = row
  if (phase === null || reason === null) return {}
  return { assignment: { phase, reason, excluded } as NonNullable<ExchangeRecord['assignment']> }
}

/** The writer fills all parts or none, so the total speaks for them. */
function usageOf(row: PlainRow): Usage | null {
  if (row.inputTokens === null) return null
  return {
    inputTokens: row.inputTokens,
    outputTokens: row.outputTokens ?? 0,
    cacheReadInputTokens: row.cacheReadInputTokens ?? 0,
    cacheCreationInputTokens: row.cacheCreationInputTokens ?? 0,
    reasoningOutputTokens: row.reasoningOutputTokens ?? 0,
  }
}

function costOf(row: PlainRow): Cost | null {
  if (row.costUsd === null) return null
  return {
    totalUsd: row.costUsd,
    inputUsd: row.costInputUsd ?? 0,
    cacheReadUsd: row.costCacheReadUsd ?? 0,
    cacheWriteUsd: row.costCacheWriteUsd ?? 0,
    outputUsd: row.costOutputUsd ?? 0,
    reasoningUsd: row.costReasoningUsd ?? 0,
  }
}
