import type { Sql } from 'postgres'

/** Deletes the counts of what guardrails said in hours that began before `moment` (milliseconds since 1970); how many. */
export async function dropGuardrailHoursBefore(sql: Sql, moment: number): Promise<number> {
  const deleted =
    await sql`delete from promptbox.guardrail_hours where hour < ${new Date(moment).toISOString()}::timestamptz`
  return deleted.count
}
