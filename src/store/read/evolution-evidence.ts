import { and, desc, eq, gte, inArray, sql } from 'drizzle-orm'
import type { Drizzle } from '../../../db/connection.ts'
import { exchangeBodies, exchanges, feedback } from '../../../db/schema/index.ts'
import type { FeedbackRecord } from '../../core/feedback.ts'
import { timestampOf } from '../../core/ids.ts'
import { isStorableMoment } from '../../core/moment.ts'
import type { ExchangeRecord } from '../../core/record.ts'
import {
  type EvidenceExchange,
  type EvidenceRange,
  feedbackSearched,
  longestTexts,
  mostTexts,
} from '../evolution-port.ts'

interface Wanted {
  readonly tenantId: string
  readonly prompt: string
  readonly version: number
}

const { requestId, createdAt, outcome, outputCheck, guardrails, guardrailResults, finishReasons, locale } = exchanges
const { inputTokens, outputTokens, unit } = exchanges
const columns = {
  requestId,
  createdAt,
  outcome,
  outputCheck,
  guardrails,
  guardrailResults,
  finishReasons,
  locale,
  inputTokens,
  outputTokens,
  unit,
}

/**
 * What a version answered and what people said of it, in three bounded reads: the newest feedback, its exchanges and the newest
 * others, their texts. Ids are looked up with the days they lie in, so that no other partition is touched.
 */
export async function readEvidence(
  database: Drizzle,
  wanted: Wanted,
  { since, most }: EvidenceRange,
): Promise<readonly EvidenceExchange[]> {
  const said = await newestFeedback(database, wanted.tenantId)
  const ofVersion = and(
    eq(exchanges.tenantId, wanted.tenantId),
    eq(exchanges.prompt, wanted.prompt),
    eq(exchanges.promptVersion, wanted.version),
    eq(exchanges.operation, 'chat'),
    gte(exchanges.createdAt, since),
  )
  const ids = [...said.keys()]
  const rated =
    ids.length === 0
      ? []
      : await database
          .select(columns)
          .from(exchanges)
          .where(and(ofVersion, isOneOf(exchanges, ids)))
  const newest = await database
    .select(columns)
    .from(exchanges)
    .where(ofVersion)
    .orderBy(desc(exchanges.createdAt), desc(exchanges.requestId))
    .limit(most)
  const place = (id: string): number => said.get(id)?.place ?? Infinity
  const rows = [...new Map([...rated, ...newest].map((row) => [row.requestId, row] as const)).values()]
    .sort((left, right) => right.createdAt - left.createdAt)
    .sort((left, right) =>
      place(left.requestId) === place(right.requestId) ? 0 : place(left.requestId) - place(right.requestId),
    )
    .slice(0, most)
  const spoken = rows.flatMap((row) => (said.has(row.requestId) ? [row.requestId] : []))
  const bodies = await bodiesOf(database, spoken.slice(0, mostTexts))
  return rows.map(({ guardrailResults: results, inputTokens: input, outputTokens: output, ...row }) => ({
    ...row,
    tokens: input === null || output === null ? null : { input, output },
    outcome: row.outcome as ExchangeRecord['outcome'],
    outputCheck: row.outputCheck as ExchangeRecord['outputCheck'],
    ...(results === null ? {} : { guardrailResults: results }),
    bodies: bodies.get(row.requestId) ?? null,
    feedback: said.get(row.requestId)?.records ?? [],
  }))
}

interface Said {
  /** Newest first, from 0. */
  readonly place: number
  readonly records: FeedbackRecord[]
}

async function newestFeedback(database: Drizzle, tenantId: string): Promise<ReadonlyMap<string, Said>> {
  const rows = await database
    .select()
    .from(feedback)
    .where(eq(feedback.tenantId, tenantId))
    .orderBy(desc(feedback.at))
    .limit(feedbackSearched)
  const said = new Map<string, Said>()
  for (const { number, truth, words, counted: _counted, ...row } of rows) {
    const moment = timestampOf(row.requestId)
    if (moment === null || !isStorableMoment(moment)) continue
    const known = said.get(row.requestId) ?? { place: said.size, records: [] }
    known.records.push({ ...row, value: number ?? truth ?? words ?? '' })
    said.set(row.requestId, known)
  }
  return said
}

/** An id tells its moment, which is the first column of the primary key and what the table is cut into days by. */
function isOneOf(table: typeof exchanges | typeof exchangeBodies, ids: readonly string[]) {
  const moments = ids.map((id) => timestampOf(id) ?? 0)
  // The bounds are for the planner: it takes days out of the search for these, and not for a list.
  return and(
    gte(
      table.createdAt,
      moments.reduce((least, each) => Math.min(least, each), Infinity),
    ),
    sql`${table.createdAt} <= ${sql.param(
      moments.reduce((most, each) => Math.max(most, each), 0),
      table.createdAt,
    )}`,
    inArray(table.requestId, [...ids]),
    inArray(table.createdAt, [...new Set(moments)]),
  )
}

async function bodiesOf(
  database: Drizzle,
  ids: readonly string[],
): Promise<ReadonlyMap<string, NonNullable<EvidenceExchange['bodies']>>> {
  if (ids.length === 0) return new Map()
  const { request, rendered, response } = exchangeBodies
  const length = sql`length(${request}) + coalesce(length(${rendered}), 0) + coalesce(length(${response}), 0)`
  const rows = await database
    .select({ requestId: exchangeBodies.requestId, request, rendered, response })
    .from(exchangeBodies)
    .where(and(isOneOf(exchangeBodies, ids), sql`${length} <= ${longestTexts}`))
  return new Map(rows.map(({ requestId: id, ...texts }) => [id, texts]))
}
