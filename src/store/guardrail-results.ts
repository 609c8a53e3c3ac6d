import type { ExchangeRecord, GuardrailResult } from '../core/record.ts'
import type { GuardrailHour } from './guardrail-port.ts'

const hourMs = 3_600_000

/** What some exchanges add to a count of one tenant. */
export interface GuardrailCount extends GuardrailHour {
  readonly tenantId: string
}

/**
 * What the guardrails of these exchanges said, added up by hour. In one fixed order, so that two writers who add to the same
 * counts wait for each other instead of locking each other out.
 */
export function countGuardrails(
  records: Iterable<Pick<ExchangeRecord, 'tenantId' | 'createdAt' | 'guardrailResults'>>,
): readonly GuardrailCount[] {
  const counts = new Map<string, Mutable<GuardrailCount>>()
  for (const { tenantId, createdAt, guardrailResults } of records) {
    const hour = createdAt - (createdAt % hourMs)
    for (const { guardrail, stage, verdict, mode } of guardrailResults ?? []) {
      const key = JSON.stringify([tenantId, hour, guardrail, stage, verdict, mode])
      const count = counts.get(key)
      if (count === undefined) counts.set(key, { tenantId, hour, guardrail, stage, verdict, mode, count: 1 })
      else count.count += 1
    }
  }
  return [...counts].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, count]) => count)
}

/** Most results that are kept of one exchange; all of them are counted. */
export const mostGuardrailResults = 64

/** As many as are kept: those that say something go before those that passed. */
export function keptGuardrailResults(results: readonly GuardrailResult[]): readonly GuardrailResult[] {
  if (results.length <= mostGuardrailResults) return results
  const passed = results.filter(({ verdict }) => verdict === 'pass')
  const others = results.filter(({ verdict }) => verdict !== 'pass')
  return [...others, ...passed].slice(0, mostGuardrailResults)
}

type Mutable<Row> = { -readonly [Name in keyof Row]: Row[Name] }
