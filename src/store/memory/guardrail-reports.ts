import type { ExchangeRecord } from '../../core/record.ts'
import { guardrailRangeTooLong, noExchange, noGuardrailResult } from '../faults.ts'
import {
  type FeedbackVerdict,
  type GuardrailFeedback,
  type GuardrailFeedbackStore,
  type GuardrailReader,
  longestGuardrailRangeMs,
} from '../guardrail-port.ts'
import { type GuardrailCount, countGuardrails } from '../guardrail-results.ts'
import type { ExchangeReader } from '../ports.ts'
import type { MemoryDatabase } from './database.ts'

export interface MemoryGuardrailReports {
  readonly reader: GuardrailReader
  readonly feedback: GuardrailFeedbackStore
  /** Adds what these exchanges, that were never counted before, say. */
  count(records: readonly ExchangeRecord[]): void
}

export function createMemoryGuardrailReports(
  database: MemoryDatabase,
  exchanges: Pick<ExchangeReader, 'find'>,
): MemoryGuardrailReports {
  const counts = new Map<string, GuardrailCount>()
  const said = new Map<string, GuardrailFeedback & { readonly tenantId: string }>()
  const reader: GuardrailReader = {
    async hours(tenantId, { guardrail, from, until }) {
      database.reach()
      if (until - from > longestGuardrailRangeMs) throw guardrailRangeTooLong()
      return [...counts.values()]
        .filter((each) => each.tenantId === tenantId && each.hour >= from && each.hour < until)
        .filter((each) => guardrail === undefined || each.guardrail === guardrail)
        .sort((left, right) => compare(placeOf(left), placeOf(right)))
        .map(({ tenantId: _tenantId, ...row }) => row)
    },

    async feedback(tenantId, guardrail) {
      database.reach()
      const groups = new Map<string, { guardrail: string; verdict: FeedbackVerdict; count: number }>()
      for (const { tenantId: owner, guardrail: slug, verdict } of said.values()) {
        if (owner !== tenantId || (guardrail !== undefined && guardrail !== slug)) continue
        const key = JSON.stringify([slug, verdict])
        const group = groups.get(key)
        if (group === undefined) groups.set(key, { guardrail: slug, verdict, count: 1 })
        else group.count += 1
      }
      return [...groups.values()].sort((left, right) =>
        compare([left.guardrail, left.verdict], [right.guardrail, right.verdict]),
      )
    },
  }
  const feedback: GuardrailFeedbackStore = {
    async put(actor, given) {
      database.reach()
      const { requestId, guardrail, stage } = given
      const exchange = await exchanges.find(actor.tenantId, requestId)
      if (exchange === null) throw noExchange(requestId)
      const results = exchange.guardrailResults ?? []
      if (!results.some((each) => each.guardrail === guardrail && (stage === null || each.stage === stage)))
        throw noGuardrailResult(requestId, guardrail, stage)
      const key = JSON.stringify([actor.tenantId, exchange.requestId, guardrail, actor.id])
      said.set(key, { ...given, tenantId: actor.tenantId })
    },
  }
  return {
    reader,
    feedback,
    count(records) {
      for (const added of countGuardrails(records)) {
        const key = JSON.stringify([added.tenantId, ...placeOf(added)])
        counts.set(key, { ...added, count: added.count + (counts.get(key)?.count ?? 0) })
      }
    },
  }
}

function placeOf({ hour, guardrail, stage, verdict, mode }: GuardrailCount): readonly (number | string)[] {
  return [hour, guardrail, stage, verdict, mode]
}

/** The first place in which they differ decides. */
function compare(left: readonly (number | string)[], right: readonly (number | string)[]): number {
  const at = left.findIndex((value, index) => value !== right[index])
  const [one, other] = [left[at], right[at]]
  if (one === undefined || other === undefined) return 0
  return one < other ? -1 : 1
}
