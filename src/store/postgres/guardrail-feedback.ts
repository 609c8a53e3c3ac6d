import { and, eq, sql } from 'drizzle-orm'
import type { Drizzle } from '../../../db/connection.ts'
import { exchanges, guardrailFeedback } from '../../../db/schema/index.ts'
import { timestampOf } from '../../core/ids.ts'
import { isStorableMoment } from '../../core/moment.ts'
import type { GuardrailResult } from '../../core/record.ts'
import { noExchange, noGuardrailResult } from '../faults.ts'
import type { GuardrailFeedbackStore } from '../guardrail-port.ts'
import { type Session, note, write } from './transaction.ts'

export function createGuardrailFeedbackStore(database: Drizzle): GuardrailFeedbackStore {
  return {
    put: (actor, { requestId, guardrail, stage, verdict, kind, comment }) =>
      write(database, async (transaction) => {
        const { tenantId } = actor
        const results = await resultsOf(transaction, tenantId, requestId)
        if (results === null) throw noExchange(requestId)
        if (!results.some((each) => each.guardrail === guardrail && (stage === null || each.stage === stage)))
          throw noGuardrailResult(requestId, guardrail, stage)
        const said = { stage, verdict, kind, comment, createdAt: sql`clock_timestamp()` }
        const { tenantId: tenant, requestId: request, guardrail: slug, actor: who } = guardrailFeedback
        await transaction
          .insert(guardrailFeedback)
          .values({ tenantId, requestId, guardrail, actor: actor.id, ...said })
          .onConflictDoUpdate({ target: [tenant, request, slug, who], set: said })
        const thing = { noun: 'guardrail', tenantId, id: guardrail } as const
        await note(transaction, actor, thing, { event: 'guardrail_feedback', reason: `${verdict}: ${requestId}` })
        return { value: undefined, changed: null }
      }),
  }
}

/** null: there is no such exchange. */
async function resultsOf(
  session: Session,
  tenantId: string,
  requestId: string,
): Promise<readonly GuardrailResult[] | null> {
  // The id's own millisecond is its row's, so one partition is read.
  const createdAt = timestampOf(requestId)
  if (createdAt === null || !isStorableMoment(createdAt)) return null
  const [row] = await session
    .select({ results: exchanges.guardrailResults })
    .from(exchanges)
    .where(
      and(eq(exchanges.createdAt, createdAt), eq(exchanges.requestId, requestId), eq(exchanges.tenantId, tenantId)),
    )
  return row === undefined ? null : (row.results ?? [])
}
