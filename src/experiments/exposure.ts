import type { AssignmentExclusion, ExchangeRecord } from '../core/record.ts'

/** What one exchange of an experiment tells about its variant. */
export interface Exposure {
  readonly tenantId: string
  readonly experiment: string
  readonly phase: number
  readonly variant: string
  /** Digest of the unit; null: nobody was named. */
  readonly unit: string | null
  readonly requestId: string
  /** Milliseconds since 1970. */
  readonly at: number
  readonly excluded: AssignmentExclusion | null
  /** Its value of each metric that it counts in. */
  readonly measures: Readonly<Record<string, number>>
}

/** Of these not even the unit counts; of the others (`fallback`, `cache`) only what somebody else's answer cannot bias. */
const wholly: ReadonlySet<AssignmentExclusion> = new Set(['override', 'unsticky', 'request_override', 'moved'])

/** Whether an exchange that is kept out for this reason counts for nothing at all. */
export function countsForNothing(excluded: AssignmentExclusion | null): boolean {
  return excluded !== null && wholly.has(excluded)
}

/** Whether what people say of such an exchange is about its variant: an answer of a fallback is not. */
export function feedbackCounts(excluded: AssignmentExclusion | null): boolean {
  return excluded === null || excluded === 'cache'
}

/** null: the exchange is in no experiment. */
export function exposureOf(record: ExchangeRecord): Exposure | null {
  const { experiment, variant, assignment } = record
  if (experiment === null || variant === null || assignment === undefined) return null
  const { phase, excluded } = assignment
  return {
    tenantId: record.tenantId,
    experiment,
    phase,
    variant,
    unit: record.unit ?? null,
    requestId: record.requestId,
    at: record.createdAt,
    excluded,
    measures: countsForNothing(excluded) ? {} : measuresOf(record, excluded === null),
  }
}

/**
 * A client that goes away says neither that the answer was good nor that it was bad: such an exchange has no success and no
 * times. What blocked an exchange counts against the variant, as any other failure does.
 */
export function measuresOf(record: ExchangeRecord, isOwn: boolean): Readonly<Record<string, number>> {
  const { outcome, outputCheck, usage, cost, timeToFirstChunkMs } = record
  const measures: Record<string, number> = { guardrail_block_rate: outcome === 'blocked' ? 1 : 0 }
  const isRight = outputCheck !== 'mismatch'
  if (outcome !== 'client_closed') {
    measures['success_rate'] = outcome === 'ok' && isRight ? 1 : 0
    if (outcome === 'ok') measures['output_valid_rate'] = isRight ? 1 : 0
  }
  if (!isOwn) return measures
  if (outcome === 'ok') {
    measures['latency_ms'] = record.durationMs
    if (record.stream && timeToFirstChunkMs !== null) measures['time_to_first_chunk_ms'] = timeToFirstChunkMs
  }
  if (usage !== null) {
    measures['input_tokens'] = usage.inputTokens
    measures['output_tokens'] = usage.outputTokens
  }
  if (cost !== null) measures['cost_usd'] = cost.totalUsd
  return measures
}
