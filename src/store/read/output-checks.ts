import { and, desc, eq, gte, isNotNull, lt, sql } from 'drizzle-orm'
import type { Drizzle } from '../../../db/connection.ts'
import { exchanges } from '../../../db/schema/index.ts'
import type { OutputCheck } from '../../core/record.ts'
import type { OutputCheckReader } from '../output-checks-port.ts'
import { withFaults } from '../postgres/database-errors.ts'

export function createOutputCheckReader(database: Drizzle): OutputCheckReader {
  return {
    count: (tenantId, prompt, { from, until }) =>
      withFaults(() =>
        database
          .select({
            // The condition below leaves no row without one.
            version: sql<number>`${exchanges.promptVersion}`,
            ok: countOf('ok'),
            repaired: countOf('repaired'),
            mismatch: countOf('mismatch'),
          })
          .from(exchanges)
          .where(
            and(
              eq(exchanges.tenantId, tenantId),
              eq(exchanges.prompt, prompt),
              gte(exchanges.createdAt, from),
              lt(exchanges.createdAt, until),
              isNotNull(exchanges.promptVersion),
              isNotNull(exchanges.outputCheck),
            ),
          )
          .groupBy(exchanges.promptVersion)
          .orderBy(desc(exchanges.promptVersion)),
      ),
  }
}

function countOf(result: OutputCheck) {
  return sql<number>`count(*) filter (where ${exchanges.outputCheck} = ${result})`.mapWith(Number)
}
