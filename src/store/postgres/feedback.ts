import { and, eq } from 'drizzle-orm'
import type { Sql } from 'postgres'
import type { Drizzle } from '../../../db/connection.ts'
import { exchanges, feedback } from '../../../db/schema/index.ts'
import type { FeedbackRecord } from '../../core/feedback.ts'
import { timestampOf } from '../../core/ids.ts'
import { isStorableMoment } from '../../core/moment.ts'
import type { FeedbackReader, FeedbackWriter } from '../feedback-port.ts'
import { RecordsRefused } from '../refused-records.ts'
import { compareFeedback, storableFeedback } from '../storable-feedback.ts'
import { withFaults } from './database-errors.ts'

/**
 * Writes statements, and for each that changed something an event to be counted, in one SQL statement. In one order for all
 * writers, so that two with the same statements wait for each other instead of locking each other out. Throws
 * `RecordsRefused` for those that can never be kept, when the others are committed.
 */
export function createFeedbackWriter(sql: Sql): FeedbackWriter {
  return {
    async writeFeedback(records) {
      const { good, refused } = storableFeedback(records)
      const written = good.length === 0 ? 0 : await withFaults(() => insert(sql, good))
      if (refused.length > 0) throw new RecordsRefused(refused, written)
      return written
    },
  }
}

async function insert(sql: Sql, records: readonly FeedbackRecord[]): Promise<number> {
  const rows = await sql.unsafe(statement, [JSON.stringify(records.map(toRow))], { prepare: true })
  return rows.count
}

function toRow({ tenantId, requestId, name, source, value, comment, keyId, at }: FeedbackRecord) {
  return {
    tenant_id: tenantId,
    request_id: requestId,
    name,
    source,
    number: typeof value === 'number' ? value : null,
    truth: typeof value === 'boolean' ? value : null,
    words: typeof value === 'string' ? value : null,
    comment,
    key_id: keyId,
    at: new Date(at).toISOString(),
  }
}

/** What says the same again changes nothing, so that what the spool brings twice is counted once. */
const statement = `
  with written as (
    insert into promptbox.feedback as kept
      (tenant_id, request_id, name, source, number, truth, words, comment, key_id, at)
    select tenant_id, request_id, name, source, number, truth, words, comment, key_id, at
    from jsonb_to_recordset($1::text::jsonb) as given (tenant_id text, request_id uuid, name text, source text,
      number float8, truth bool, words text, comment text, key_id text, at timestamptz)
    order by tenant_id collate "C", request_id, name collate "C", source collate "C"
    on conflict (tenant_id, request_id, name, source) do update set number = excluded.number, truth = excluded.truth,
      words = excluded.words, comment = excluded.comment, key_id = excluded.key_id, at = excluded.at
    where excluded.at >= kept.at and (kept.number, kept.truth, kept.words, kept.comment)
      is distinct from (excluded.number, excluded.truth, excluded.words, excluded.comment)
    returning tenant_id, request_id, name, source, at
  )
  insert into promptbox.experiment_events (tenant_id, request_id, at, not_before, feedback_name, feedback_source)
  select tenant_id, request_id, at, at, name, source from written`

export function createFeedbackReader(database: Drizzle): FeedbackReader {
  return {
    ofExchange: (tenantId, requestId) =>
      withFaults(async () => {
        if (timestampOf(requestId) === null) return []
        const rows = await database
          .select()
          .from(feedback)
          .where(and(eq(feedback.tenantId, tenantId), eq(feedback.requestId, requestId)))
        return rows.map(toRecord).sort(compareFeedback)
      }),

    hasExchange: (tenantId, requestId) =>
      withFaults(async () => {
        // The id's own millisecond is its row's, so one partition is read.
        const createdAt = timestampOf(requestId)
        if (createdAt === null || !isStorableMoment(createdAt)) return false
        const rows = await database
          .select({ requestId: exchanges.requestId })
          .from(exchanges)
          .where(
            and(
              eq(exchanges.createdAt, createdAt),
              eq(exchanges.requestId, requestId),
              eq(exchanges.tenantId, tenantId),
            ),
          )
        return rows.length > 0
      }),
  }
}

function toRecord({ number, truth, words, counted: _counted, ...row }: typeof feedback.$inferSelect): FeedbackRecord {
  return { ...row, value: number ?? truth ?? words ?? '' }
}
