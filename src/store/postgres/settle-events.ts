import { sql } from 'drizzle-orm'
import { rowsOf } from './fold-rows.ts'
import type { Transaction } from './transaction.ts'

/** A statement, and which number of it is in the sums now; null: none. */
export interface Counted {
  readonly tenant: string
  readonly request: string
  readonly name: string | null
  readonly source: string | null
  readonly counted: number | null
}

/** What was counted is remembered with its statement; what waits gets its time; all other events are done. */
export async function settle(
  transaction: Transaction,
  news: {
    readonly counted: readonly Counted[]
    readonly waiting: readonly { readonly id: number; readonly until: string }[]
    readonly all: readonly number[]
  },
): Promise<void> {
  if (news.counted.length > 0) {
    await transaction.execute(sql`
      update promptbox.feedback set counted = given.counted
      from ${rowsOf(news.counted, 'tenant text, request uuid, name text, source text, counted float8')}
      where feedback.tenant_id = given.tenant and feedback.request_id = given.request and feedback.name = given.name
        and feedback.source = given.source`)
  }
  if (news.waiting.length > 0) {
    await transaction.execute(sql`
      update promptbox.experiment_events events set not_before = given.until
      from ${rowsOf(news.waiting, 'id int8, until timestamptz')}
      where events.id = given.id`)
  }
  const waiting = new Set(news.waiting.map(({ id }) => id))
  const done = news.all.filter((id) => !waiting.has(id))
  if (done.length === 0) return
  await transaction.execute(sql`
    delete from promptbox.experiment_events where id = any(${`{${done.join(',')}}`}::int8[])`)
}
