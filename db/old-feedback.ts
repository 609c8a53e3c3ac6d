import type { Sql } from 'postgres'

/** Rows that one statement deletes: it ends well within its time limit, and holds up nobody who writes or counts. */
const mostAtOnce = 10_000

/** Deletes what was said of exchanges before `moment` (milliseconds since 1970); how much. What experiments counted of it stays. */
export async function dropFeedbackBefore(sql: Sql, moment: number, atOnce: number = mostAtOnce): Promise<number> {
  const before = new Date(moment).toISOString()
  for (let all = 0; ;) {
    // Rows that somebody writes or counts at this moment are for the next time.
    const deleted = await sql`
      delete from promptbox.feedback where ctid = any(array(
        select ctid from promptbox.feedback where at < ${before}::timestamptz
        order by at limit ${atOnce} for update skip locked))`
    all += deleted.count
    if (deleted.count < atOnce) return all
  }
}
