import { and, asc, count, eq, gte, lt, sql } from 'drizzle-orm'
import type { Drizzle } from '../../../db/connection.ts'
import { guardrailFeedback, guardrailHours } from '../../../db/schema/index.ts'
import { guardrailRangeTooLong } from '../faults.ts'
import { type GuardrailHour, type GuardrailReader, longestGuardrailRangeMs } from '../guardrail-port.ts'
import { withFaults } from '../postgres/database-errors.ts'

export function createGuardrailReader(database: Drizzle): GuardrailReader {
  return {
    hours: (tenantId, { guardrail, from, until }) =>
      withFaults(async () => {
        if (until - from > longestGuardrailRangeMs) throw guardrailRangeTooLong()
        const { tenantId: tenant, ...columns } = counted
        const rows = await database
          .select(columns)
          .from(guardrailHours)
          .where(
            and(
              eq(tenant, tenantId),
              gte(columns.hour, from),
              lt(columns.hour, until),
              guardrail === undefined ? undefined : eq(columns.guardrail, guardrail),
            ),
          )
          .orderBy(
            asc(columns.hour),
            asc(sql`${columns.guardrail} collate "C"`),
            asc(columns.stage),
            asc(columns.verdict),
            asc(columns.mode),
          )
        return rows as readonly GuardrailHour[]
      }),

    feedback: (tenantId, guardrail) =>
      withFaults(() =>
        database
          .select({ guardrail: guardrailFeedback.guardrail, verdict: guardrailFeedback.verdict, count: count() })
          .from(guardrailFeedback)
          .where(
            and(
              eq(guardrailFeedback.tenantId, tenantId),
              guardrail === undefined ? undefined : eq(guardrailFeedback.guardrail, guardrail),
            ),
          )
          .groupBy(guardrailFeedback.guardrail, guardrailFeedback.verdict)
          .orderBy(asc(sql`${guardrailFeedback.guardrail} collate "C"`), asc(guardrailFeedback.verdict)),
      ),
  }
}

const { tenantId, hour, guardrail, stage, verdict, mode, count: number } = guardrailHours
const counted = { tenantId, guardrail, stage, hour, verdict, mode, count: number }
