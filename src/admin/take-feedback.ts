import {
  type FeedbackBody,
  type FeedbackStatement,
  fieldOfStatement,
  requirePossibleTimes,
  statementsOf,
} from '../contract/feedback.ts'
import type { Clock } from '../core/clock.ts'
import { Fault } from '../core/fault.ts'
import type { FeedbackRecord } from '../core/feedback.ts'
import { timestampOf } from '../core/ids.ts'
import type { Observe } from '../core/observation.ts'
import type { FeedbackReader } from '../store/feedback-port.ts'

export interface FeedbackNeeds {
  readonly reader: Pick<FeedbackReader, 'hasExchange'>
  /** Records of this process that wait to be written. */
  readonly waiting: () => number
  readonly clock: Clock
  readonly observe: Observe
}

/** Who says it. */
export interface FeedbackGiver {
  readonly tenantId: string
  readonly keyId: string
  /** Of statements that name none. */
  readonly source: string
}

/** An exchange is recorded within seconds; a process that lost its database may keep it longer. */
const surelyRecordedAfterMs = 3_600_000
/** With more records than that in the spool, what is not in the database may well be there. */
const mostWaiting = 1_000
const patienceMs = 250
const lanes = 4

/**
 * The records that a body makes, each statement once: of several for the same exchange, name and source the last counts. Fault
 * `invalid_request` for an impossible request id; `not_found`, code `exchange_not_found`, when the database says soon enough that there is no such exchange,
 * and it is too old to be on its way there.
 */
export async function takeFeedback(
  giver: FeedbackGiver,
  body: FeedbackBody,
  needs: FeedbackNeeds,
): Promise<readonly FeedbackRecord[]> {
  const now = needs.clock.now()
  requirePossibleTimes(body, now)
  await requireExchanges(giver.tenantId, body, needs, now)
  const statements = statementsOf(body)
  const records = new Map<string, FeedbackRecord>()
  for (const statement of statements) {
    const record = recordOf(statement, giver, now)
    records.set(`${record.requestId} ${record.name} ${record.source}`, record)
  }
  needs.observe({ type: 'feedback-received', names: statements.map(({ name }) => name) })
  return [...records.values()]
}

function recordOf(statement: FeedbackStatement, giver: FeedbackGiver, at: number): FeedbackRecord {
  return {
    tenantId: giver.tenantId,
    requestId: statement.request_id.toLowerCase(),
    name: statement.name,
    source: statement.source ?? giver.source,
    value: statement.value,
    comment: statement.comment ?? null,
    at,
    keyId: giver.keyId,
  }
}

async function requireExchanges(
  tenantId: string,
  body: FeedbackBody,
  needs: FeedbackNeeds,
  now: number,
): Promise<void> {
  if (needs.waiting() > mostWaiting) return
  const old = new Map<string, number>()
  for (const [index, { request_id: id }] of statementsOf(body).entries()) {
    const isOld = (timestampOf(id) ?? now) < now - surelyRecordedAfterMs
    if (isOld && !old.has(id.toLowerCase())) old.set(id.toLowerCase(), index)
  }
  const missing = await firstMissing(tenantId, [...old.keys()], needs)
  if (missing === null) return
  throw new Fault(
    'not_found',
    `There is no exchange ${missing}. Send the \`x-request-id\` of the answer; an old exchange may be past its retention.`,
    { code: 'exchange_not_found', param: fieldOfStatement(body, old.get(missing) ?? 0, 'request_id') },
  )
}

/** An id that the database does not have; null: it has all, or it does not say so in time, and then feedback is taken as it is. */
async function firstMissing(tenantId: string, ids: readonly string[], needs: FeedbackNeeds): Promise<string | null> {
  if (ids.length === 0) return null
  const queue = ids.values()
  let isOver = false
  let missing: string | null = null
  const ask = async (): Promise<void> => {
    for (const id of queue) {
      if (isOver) return
      if (await needs.reader.hasExchange(tenantId, id)) continue
      missing ??= id
      isOver = true
    }
  }
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, patienceMs)
  })
  const asked = Promise.all(Array.from({ length: lanes }, ask)).then(
    () => {},
    (error: unknown) => {
      // Feedback outlives a database that is away; anything else is a defect, and no reason to lose it either.
      if (error instanceof Fault && error.kind === 'unavailable') return
      needs.observe({ type: 'defect', where: 'feedback: look for an exchange', error })
    },
  )
  await Promise.race([asked, late])
  clearTimeout(timer)
  isOver = true
  return missing
}
